"""Rounds with nothing, one thing, or too much in them: each has an outcome, none has a price that is not there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from engine.auction import MarginRule, PriceRule, RoundInputError, RoundStatus, Supply, Terms, clear
from engine.auction.terms import UndersubscriptionRule
from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX

S = RoundStatus
UNIFORM = Terms(PriceRule.UNIFORM, reserve_price_ticks=100)
PRO_RATA = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER, reserve_price_ticks=100)
CANCEL = Terms(PriceRule.UNIFORM, UndersubscriptionRule.CANCEL, reserve_price_ticks=100)
AT_RESERVE = Terms(PriceRule.UNIFORM, UndersubscriptionRule.AT_RESERVE, reserve_price_ticks=100)


class Case(NamedTuple):
    name: str
    terms: Terms
    supply: int
    bids: list[tuple[int, int]]  # price, lots
    status: RoundStatus
    price: int | None
    awards: list[int]


CASES = (
    Case("no bids", UNIFORM, 10, [], S.NO_VALID_BIDS, None, []),
    Case("no supply", UNIFORM, 0, [(120, 5)], S.NO_VALID_BIDS, None, [0]),
    Case("neither", UNIFORM, 0, [], S.NO_VALID_BIDS, None, []),
    Case("one bid, smaller", UNIFORM, 10, [(120, 5)], S.PARTIALLY_CLEARED, 120, [5]),
    Case("one bid, larger", UNIFORM, 10, [(120, 15)], S.CLEARED, 120, [10]),
    Case("one bid, equal", UNIFORM, 10, [(120, 10)], S.CLEARED, 120, [10]),
    Case("all below the floor", UNIFORM, 10, [(99, 5), (1, 50)], S.RESERVE_NOT_MET, None, [0, 0]),
    Case("demand equals supply", UNIFORM, 10, [(130, 4), (120, 6), (90, 9)], S.CLEARED, 120, [4, 6, 0]),
    Case("demand below supply", UNIFORM, 10, [(130, 4), (120, 5)], S.PARTIALLY_CLEARED, 120, [4, 5]),
    Case("demand below supply, at reserve", AT_RESERVE, 10, [(130, 4), (120, 5)], S.PARTIALLY_CLEARED, 100, [4, 5]),
    Case("demand below supply, cancel", CANCEL, 10, [(130, 4), (120, 5)], S.CANCELLED, None, [0, 0]),
    Case("ties only", UNIFORM, 10, [(120, 6), (120, 6), (120, 6)], S.CLEARED, 120, [6, 4, 0]),
    Case("ties only, pro rata", PRO_RATA, 10, [(120, 6), (120, 6), (120, 6)], S.CLEARED, 120, [4, 3, 3]),
    Case("a bid of nothing is not the margin", UNIFORM, 10, [(130, 10), (120, 0)], S.CLEARED, 130, [10, 0]),
    Case("only bids of nothing", UNIFORM, 10, [(130, 0)], S.NO_VALID_BIDS, None, [0]),
    Case(
        "the largest of everything",
        UNIFORM,
        HOLDING_LOTS_MAX,
        [(PRICE_TICKS_MAX, QUANTITY_LOTS_MAX)],
        S.PARTIALLY_CLEARED,
        PRICE_TICKS_MAX,
        [QUANTITY_LOTS_MAX],
    ),
    Case("the smallest of everything", Terms(PriceRule.UNIFORM), 1, [(1, 1)], S.CLEARED, 1, [1]),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_outcome(case: Case) -> None:
    result = clear(case.terms, [p for p, _ in case.bids], [q for _, q in case.bids], supply=case.supply)
    assert (result.status, result.price_ticks) == (case.status, case.price)
    assert result.awarded_lots.tolist() == case.awards
    assert result.sold_lots == sum(case.awards)
    # Each bid is in exactly one of: invalid, not served, partly served, served.
    assert not result.awarded_lots[~result.valid].any()
    assert result.proceeds_minor == sum(award * (case.price or 0) for award in case.awards)


def test_a_round_leaves_nothing_behind_for_the_next() -> None:
    first = clear(UNIFORM, [120, 110], [10, 10], supply=15)
    clear(UNIFORM, [500], [1000], supply=Supply.of([7, 8], minimum_price_ticks=[0, 300]))
    again = clear(UNIFORM, [120, 110], [10, 10], supply=15)
    assert first.awarded_lots.tolist() == again.awarded_lots.tolist() == [10, 5]


def test_bad_arrays_are_told_all_at_once() -> None:
    terms = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.RANDOM_ORDER)
    with pytest.raises(RoundInputError) as caught:
        clear(terms, [0, 5, PRICE_TICKS_MAX + 1], [1, -1, QUANTITY_LOTS_MAX + 1], times=[1], supply=-3)
    text = str(caught.value)
    for said in (
        "prices_ticks[0] is 0; allowed are 1 to 1073741824 (2 such values)",
        "quantities_lots[1] is -1",
        "times has 1 entries for 3 bids",
        "supply.quantity_lots[0] is -3",
        "RANDOM_ORDER needs tie_order",
    ):
        assert said in text
    assert len(caught.value.problems) == 5


def test_bids_worth_more_than_int64_are_refused_and_not_wrapped() -> None:
    prices, lots = np.full(3, PRICE_TICKS_MAX), np.full(3, QUANTITY_LOTS_MAX)
    with pytest.raises(RoundInputError, match="worth more than"):
        clear(Terms(PriceRule.UNIFORM), prices, lots, supply=5)
    with pytest.raises(RoundInputError, match="worth more than"):
        clear(Terms(PriceRule.UNIFORM, tick_value_minor=10**9), prices[:1], lots[:1], supply=5)


def test_a_column_of_fractions_is_refused() -> None:
    with pytest.raises(RoundInputError, match="prices_ticks holds float64"):
        clear(Terms(PriceRule.UNIFORM), [70.5], [1], supply=5)
