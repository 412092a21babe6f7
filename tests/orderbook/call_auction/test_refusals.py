"""Input that the call auction refuses, with the words of the refusal."""

from __future__ import annotations

import numpy as np
import pytest

from engine.orderbook.call_auction import Quote, call_rule, indicative, uncross

RULE = call_rule("sse")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (([0], [10], [5]), r"row 0: side 0 is not allowed; 1 \(buy\) or 2 \(sell\)"),
        (([1], [-1], [5]), r"row 0: price -1 is not allowed; 0 \(market order\) to 1073741824 ticks"),
        (([1], [2**30 + 1], [5]), "price 1073741825 is not allowed"),
        (([1], [10], [0]), "row 0: quantity 0 is not allowed; 1 to 4294967295 lots"),
        (([1], [10], [2**32]), "quantity 4294967296 is not allowed"),
        (([1, 1], [10], [5]), "columns differ in length: 2, 1, 1"),
        (([1], [10.0], [5]), "prices_ticks: a column of whole numbers is needed, found 1-d float64"),
        (([[1]], [10], [5]), "sides: a column of whole numbers is needed, found 2-d int64"),
    ],
)
def test_columns(columns: tuple, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        uncross(RULE, *columns)


def test_all_rows_are_told_at_once_up_to_a_cap() -> None:
    with pytest.raises(ValueError, match=r"row 0: side 7.*row 1: price -3.*row 1: quantity 0"):
        uncross(RULE, [7, 1], [10, -3], [5, 0])
    with pytest.raises(ValueError, match=r"row 19: quantity 0 .* lots; and 30 more$"):
        uncross(RULE, np.ones(50, int), np.full(50, 10), np.zeros(50, int))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"price_step_ticks": 3}, "row 0: price 10 is not allowed; a multiple of 3 ticks"),
        ({"price_step_ticks": 0}, "price step 0: at least 1 tick is allowed"),
        ({"reference_ticks": 0}, "reference price 0: a multiple of 1 from 1 to"),
        ({"price_step_ticks": 5, "reference_ticks": 12}, "reference price 12: a multiple of 5"),
        ({"band_ppm": 1_000_000}, "band of 1000000 ppm: 0 to 999999 is allowed"),
        ({"quote": Quote(12, 11)}, "quote 12 to 11: 1 <= bid <= ask"),
        ({"quote": Quote(0, 11)}, "quote 0 to 11: 1 <= bid <= ask"),
        ({"price_step_ticks": 5, "quote": Quote(10, 12)}, "quote 10 to 12: multiples of 5 ticks are allowed"),
        ({"quote": Quote(10, 12, -1)}, "quote of -1 and 0 lots"),
    ],
)
def test_settings(settings: dict, says: str) -> None:
    for auction in (uncross, indicative):
        with pytest.raises(ValueError, match=says):
            auction(RULE, [1], [10], [5], **settings)


def test_taking_off_more_than_stands_names_the_first_row() -> None:
    with pytest.raises(ValueError, match=r"row 2: takes 6 lots off price 10, where fewer stand"):
        indicative(RULE, [1, 1, 1, 1], [10, 11, 10, 11], [5, 50, -6, -60])


def test_taking_off_at_another_price_or_side_does_not_count() -> None:
    with pytest.raises(ValueError, match="row 1: takes 5 lots off price 10"):
        indicative(RULE, [1, 2], [10, 10], [5, -5])
    with pytest.raises(ValueError, match="row 1: takes 5 lots off price 11"):
        indicative(RULE, [1, 1], [10, 11], [5, -5])
