"""The bounds hold together: no product or sum of admitted values leaves int64, at the very bounds themselves."""

from __future__ import annotations

import numpy as np
import pytest

from engine import limits
from engine.capacity import CLASSES
from engine.commands import order_id

INT64_MAX = 2**63 - 1


def test_price_times_quantity_fits() -> None:
    assert limits.PRICE_TICKS_MAX * limits.QUANTITY_LOTS_MAX < 2**62


def test_amounts_are_bounded_before_they_are_multiplied() -> None:
    """A tick value may take the product beyond int64, so admission compares with the quotient, never the product."""
    assert limits.PRICE_TICKS_MAX * limits.QUANTITY_LOTS_MAX * limits.TICK_VALUE_MINOR_MAX > INT64_MAX
    for tick_value in (1, 3, 100, limits.TICK_VALUE_MINOR_MAX):
        largest = limits.AMOUNT_MINOR_MAX // tick_value
        assert largest * tick_value <= limits.AMOUNT_MINOR_MAX < (largest + 1) * tick_value <= INT64_MAX


def test_sums_of_money_fit() -> None:
    """All cash plus one more amount, and twice an amount plus a divisor (half-up rounding), stay below 2**63."""
    assert limits.AMOUNT_MINOR_MAX <= limits.CASH_TOTAL_MINOR_MAX
    assert limits.CASH_TOTAL_MINOR_MAX + limits.AMOUNT_MINOR_MAX <= INT64_MAX
    assert 2 * limits.CASH_TOTAL_MINOR_MAX + limits.AMOUNT_MINOR_MAX <= INT64_MAX


def test_sums_of_units_fit() -> None:
    """A batch of the largest orders, and a level on which a million of the largest orders rest."""
    assert limits.BATCH_ROWS_MAX * limits.QUANTITY_LOTS_MAX < 2**62
    assert max(capacity.orders for capacity in CLASSES.values()) * limits.QUANTITY_LOTS_MAX < 2**62
    assert limits.QUANTITY_LOTS_MAX <= limits.HOLDING_LOTS_MAX


def test_ids_fit_and_never_meet() -> None:
    largest = order_id(limits.SESSIONS_MAX, limits.REQUEST_ID_MAX)
    assert largest < 2**63
    assert order_id(1, limits.REQUEST_ID_MAX) + 1 == order_id(2, 0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (limits.PRICE_TICKS_MAX, limits.QUANTITY_LOTS_MAX),
        (limits.PRICE_TICKS_MAX - 1, limits.QUANTITY_LOTS_MAX - 1),
        (limits.BATCH_ROWS_MAX, limits.QUANTITY_LOTS_MAX),
    ],
)
def test_int64_and_python_agree_at_the_bounds(left: int, right: int) -> None:
    with np.errstate(over="raise"):
        assert int(np.int64(left) * np.int64(right)) == left * right
        assert int(np.int64(left) + np.int64(right)) == left + right


def test_the_clock_fits_for_a_century() -> None:
    year_2100_ns = 4_102_444_800 * 10**9
    assert year_2100_ns < limits.TIME_NS_MAX < INT64_MAX
