"""Rounds of the core with nothing, one thing, or too much in them.

Each has a typed outcome, none has a price that is not there, and every bid is exactly one of awarded, partly awarded,
not awarded, invalid.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from engine.auction.terms import RoundStatus
from engine.commands import RoundAction
from engine.limits import AMOUNT_MINOR_MAX, PRICE_TICKS_MAX
from engine.outcomes import Outcome
from tests.core.test_rounds import venue_with
from tests.core.venue import UNIFORM, Key, Venue, outcomes

S = RoundStatus
VOID: dict[Key, int | str] = {"auction.below_reserve": "void_at_clearing", "auction.reserve_price": 100}
LARGEST = AMOUNT_MINOR_MAX // PRICE_TICKS_MAX


class Case(NamedTuple):
    name: str
    values: dict[Key, int | str]
    bids: list[tuple[int, int]]  # price, lots; of bidders 3, 4, 5 in turn
    status: RoundStatus
    price: int | None
    awards: list[int]
    supply: int = 10


CASES = (
    Case("no bids", {}, [], S.NO_VALID_BIDS, None, []),
    Case("one bid, smaller", {}, [(120, 5)], S.PARTIALLY_CLEARED, 120, [5]),
    Case("one bid, larger", {}, [(120, 15)], S.CLEARED, 120, [10]),
    Case("one bid, equal", {}, [(120, 10)], S.CLEARED, 120, [10]),
    Case("all below the floor", {}, [(99, 5), (1, 50)], S.RESERVE_NOT_MET, None, [0, 0]),
    Case("at a floor one must pass", {"auction.reserve_comparator": "above"}, [(100, 5)], S.RESERVE_NOT_MET, None, [0]),
    Case("demand equals supply", {}, [(130, 4), (120, 6), (90, 9)], S.CLEARED, 120, [4, 6, 0]),
    Case("demand below supply", {}, [(130, 4), (120, 5)], S.PARTIALLY_CLEARED, 120, [4, 5]),
    Case("short, at the reserve", {"auction.undersubscription_rule": "at_reserve"}, [(130, 4), (120, 5)],
         S.PARTIALLY_CLEARED, 100, [4, 5]),
    Case("short, cancelled", {"auction.undersubscription_rule": "cancel"}, [(130, 4)], S.CANCELLED, None, [0]),
    Case("short, cancelled, as bid", {"auction.undersubscription_rule": "cancel", "auction.price_rule": "pay_as_bid"},
         [(130, 4)], S.CANCELLED, None, [0]),
    Case("ties only", {}, [(120, 6), (120, 6), (120, 6)], S.CLEARED, 120, [6, 4, 0]),
    Case("ties only, pro rata", {"auction.margin_rule": "pro_rata_largest_remainder"}, [(120, 6)] * 3, S.CLEARED, 120,
         [4, 3, 3]),
    Case("nothing left under a cap", {"bid.cap_excess": "trimmed_at_clearing", "bid.cap_share": 0}, [(120, 6)],
         S.NO_VALID_BIDS, None, [0]),
    Case("all above the ceiling", {"auction.ceiling_price": 110}, [(120, 6)], S.RESERVE_NOT_MET, None, [0]),
    Case("nobody at the fixed price", {"auction.price_rule": "fixed", "auction.fixed_price": 130}, [(120, 6)],
         S.RESERVE_NOT_MET, None, [0]),
    Case("the smallest of everything", {"auction.reserve_price": 0}, [(1, 1)], S.CLEARED, 1, [1], 1),
    Case("the largest worth there can be", {}, [(PRICE_TICKS_MAX, LARGEST)], S.PARTIALLY_CLEARED, PRICE_TICKS_MAX,
         [LARGEST], 2**31),
)  # fmt: skip


def played(case: Case) -> Venue:
    venue = venue_with({**UNIFORM, **VOID, **case.values})
    venue.deposit_units(2, 1, case.supply)
    if any(price * lots > 1_000_000 for price, lots in case.bids):
        venue.deposit_cash(3, AMOUNT_MINOR_MAX)
    venue.round("case", 1)
    venue.supply(1, 2, case.supply)
    venue.act(1, RoundAction.OPEN)
    for place, (price, lots) in enumerate(case.bids):
        assert outcomes(venue.bid(1, 3 + place, price, lots)) == [Outcome.ACCEPTED]
    venue.act(1, RoundAction.CLOSE)
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ACCEPTED]
    return venue


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_degenerate_round_has_a_typed_outcome(case: Case) -> None:
    venue = played(case)
    result = venue.core.round_result(1)
    assert result is not None
    found = result.status, result.price_ticks, [award.awarded_lots for award in result.awards]
    assert found == (case.status, case.price, case.awards)
    assert venue.core.conservation() == []
    for award in result.awards:
        classes = [
            not award.valid,
            award.valid and award.awarded_lots == 0,
            0 < award.awarded_lots < award.bid_quantity_lots,
            award.awarded_lots == award.bid_quantity_lots,
        ]
        assert sum(classes) == 1
        assert (award.price_ticks > 0) == (award.awarded_lots > 0)
    sold = sum(line.sold_lots for line in result.supply)
    assert sold == sum(award.awarded_lots for award in result.awards) == result.sold_lots


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_its_figures_follow_from_its_bids(case: Case) -> None:
    result = played(case).core.round_result(1)
    assert result is not None
    assert result.submitted_demand_lots == sum(lots for _, lots in case.bids)
    assert result.valid_demand_lots <= result.submitted_demand_lots
    assert (result.price_ticks is None) == (result.sold_lots == 0)
    assert result.proceeds_minor == sum(award.payment_minor for award in result.awards)
