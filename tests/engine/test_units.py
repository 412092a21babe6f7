"""Rounding and splitting, against `decimal` and `fractions`, and by the properties a split must have."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.units import (
    amount_minor,
    divide_ceiling,
    divide_floor,
    divide_half_up,
    format_scaled,
    parse_scaled,
    split_largest_remainder,
)

HUGE = 2**80
"""Beyond int64: these functions are exact for Python integers of any size."""

FEN = Decimal("0.01")


def test_limit_prices_round_half_up_as_the_rule_writes_them() -> None:
    """22,000 limit prices: 10 % up and down from every close from 0.01 to 110.00, to 0.01, a half going up."""
    wrong = []
    for close in range(1, 11_001):
        for percent in (110, 90):
            by_decimal = (Decimal(close) * percent / 10_000).quantize(FEN, ROUND_HALF_UP)
            if Decimal(divide_half_up(close * percent, 100)) / 100 != by_decimal:
                wrong.append((close, percent))
    assert wrong == []


def test_python_rounding_would_set_wrong_limit_prices() -> None:
    """Why rounding has a name here: 8.225 x 1.1 is 9.0475, and 9.045 to two places is 9.05 by the rule."""
    assert round(9.045, 2) == 9.04
    assert divide_half_up(9_045, 10) == 905
    disagreeing = sum(round(close * 1.1) != divide_half_up(close * 110, 100) for close in range(1, 11_001))
    assert disagreeing > 100


@given(st.integers(0, HUGE), st.integers(1, HUGE))
def test_the_three_roundings_stand_where_they_must(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    floor, ceiling, nearest = (
        divide(numerator, denominator) for divide in (divide_floor, divide_ceiling, divide_half_up)
    )
    assert floor <= exact < floor + 1
    assert ceiling - 1 < exact <= ceiling
    assert -Fraction(1, 2) < nearest - exact <= Fraction(1, 2)


@given(st.integers(-HUGE, HUGE), st.integers(1, HUGE))
def test_floor_and_ceiling_hold_below_zero_too(numerator: int, denominator: int) -> None:
    assert divide_floor(numerator, denominator) <= Fraction(numerator, denominator)
    assert divide_ceiling(numerator, denominator) == -divide_floor(-numerator, denominator)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, (1, 1, 1), [4, 3, 3]),  # 3 1/3 each: the spare unit goes to the earliest of equal remainders
        (2, (1, 1, 1), [1, 1, 0]),
        (7, (3, 2, 2), [3, 2, 2]),
        (100, (50, 30, 21), [49, 30, 21]),  # 49.50, 29.70, 20.79: floors sum to 98, the .79 and the .70 get one each
        (5, (0, 1, 0), [0, 5, 0]),
        (0, (0, 0), [0, 0]),
        (0, (), []),
    ],
)
def test_splits_worked_by_hand(total: int, weights: tuple[int, ...], parts: list[int]) -> None:
    assert split_largest_remainder(total, weights) == parts


splits = st.tuples(st.integers(0, 2**61), st.lists(st.integers(0, 2**50), min_size=1, max_size=12)).filter(
    lambda split: sum(split[1]) > 0
)


@given(splits)
def test_a_split_sums_exactly_and_stays_within_one_of_its_share(split: tuple[int, list[int]]) -> None:
    total, weights = split
    parts = split_largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        share = Fraction(total * weight, sum(weights))
        assert share - 1 < part < share + 1
        assert weight or not part


@given(splits)
def test_who_gets_a_spare_unit_has_the_larger_remainder_or_comes_first(split: tuple[int, list[int]]) -> None:
    total, weights = split
    parts = split_largest_remainder(total, weights)
    shares = [Fraction(total * weight, sum(weights)) for weight in weights]
    remainders = [share - share.__floor__() for share in shares]
    raised = [at for at, (part, share) in enumerate(zip(parts, shares, strict=True)) if part > share.__floor__()]
    for winner in raised:
        for loser in set(range(len(weights))) - set(raised):
            assert (-remainders[winner], winner) < (-remainders[loser], loser)


@given(splits, st.randoms(use_true_random=False))
def test_the_parts_do_not_depend_on_the_order_but_for_equal_remainders(split: tuple[int, list[int]], shuffle) -> None:
    total, weights = split
    order = list(range(len(weights)))
    shuffle.shuffle(order)
    moved = split_largest_remainder(total, [weights[at] for at in order])
    assert sorted(moved) == sorted(split_largest_remainder(total, weights))


def test_a_split_over_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot split 5 over weights that sum to 0"):
        split_largest_remainder(5, [0, 0])


@given(st.integers(-HUGE, HUGE), st.sampled_from([1, 10, 100, 10_000, 1_000_000]))
def test_written_units_are_read_back(units: int, scale: int) -> None:
    assert parse_scaled(format_scaled(units, scale), scale) == units


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [(2_964, 100, "29.64"), (5, 100, "0.05"), (-5, 100, "-0.05"), (-100, 100, "-1.00"), (7, 1, "7"), (0, 10, "0.0")],
)
def test_units_as_people_write_them(units: int, scale: int, text: str) -> None:
    assert format_scaled(units, scale) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("29.645", "is not a multiple of 0.01"),
        ("1e-3", "is not a multiple of 0.01"),
        ("", "is not a decimal number"),
        ("29,64", "is not a decimal number"),
        ("NaN", "is not a finite number"),
        ("-Infinity", "is not a finite number"),
        ("0x10", "is not a decimal number"),
    ],
)
def test_what_is_no_whole_number_of_units_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        parse_scaled(text, 100)
    assert repr(text) in str(error.value)


def test_a_scale_that_is_no_power_of_ten_is_refused() -> None:
    with pytest.raises(ValueError, match="scale 12 is not a power of ten"):
        format_scaled(5, 12)


@given(st.integers(1, 2**30), st.integers(1, 2**32 - 1), st.integers(1, 10**9))
def test_an_amount_is_the_exact_product(price: int, quantity: int, tick_value: int) -> None:
    assert Fraction(amount_minor(price, quantity, tick_value), price * quantity) == tick_value
