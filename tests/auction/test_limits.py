"""Limits inside the clear, worked by hand: what is trimmed, what comes back, and at which price."""

from __future__ import annotations

import pytest

from engine.auction import BidderLimits, PriceRule, SharedCap, Terms, clear, demand_schedule
from engine.auction.caps import (
    holding_limit_by_cap,
    room_to_hold,
    share_less_holding,
    share_of_offer,
    share_of_own,
    tightest,
)
from engine.auction.terms import GuaranteeExcess, GuaranteeRule

UNIFORM = Terms(PriceRule.UNIFORM)
PLENTY = 10**9


def test_guarantees_restored_at_bid_prices_or_at_every_tick_clear_at_7_and_at_8() -> None:
    # A has 500 for 100 lots at 10: 50 lots at 10, 62 at 8, 71 at 7; B bids 1 lot at 7; 60 lots are on offer.
    limits = BidderLimits([1, 2], [1000, 1000], [500, 1_000_000])
    for excess, price in ((GuaranteeExcess.RESTORED_AT_BID_PRICES, 7), (GuaranteeExcess.RESTORED_AT_EVERY_TICK, 8)):
        terms = Terms(PriceRule.UNIFORM, guarantee_excess=excess)
        result = clear(terms, [10, 7], [100, 1], bidders=[1, 2], supply=60, limits=limits)
        assert (result.price_ticks, result.sold_lots) == (price, 60)


def test_statistics_count_qualified_bids_and_every_cut_lot_has_its_limit() -> None:
    limits = BidderLimits([1, 2, 3], [30, -1, -1], [-1, 100, -1], (SharedCap((3,), 5),))
    result = clear(UNIFORM, [10, 10, 10, 4], [50, 50, 50, 50], bidders=[1, 2, 3, 3], supply=40, limits=limits)
    assert (result.submitted_demand_lots, result.valid_demand_lots) == (200, 45)
    assert result.cuts is not None
    assert result.cuts.by_cap_lots.tolist() == [20, 0, 0, 0]
    assert result.cuts.by_guarantee_lots.tolist() == [0, 40, 0, 0]
    assert result.cuts.by_shared_cap_lots.tolist() == [0, 0, 45, 50]


def test_lots_are_trimmed_from_the_lowest_price_up_and_in_whole_steps() -> None:
    terms = Terms(PriceRule.UNIFORM, limit_step_lots=10)
    result = clear(terms, [20, 15], [30, 20], bidders=[1, 1], supply=PLENTY, limits=BidderLimits([1], [45]))
    assert result.awarded_lots.tolist() == [30, 10]


def test_a_guarantee_by_sum_under_pay_as_bid() -> None:
    # 100 pays for 5 lots at 10; of the 10 lots at 8 another 6 (48); nothing lower is kept once a cut was made.
    terms = Terms(PriceRule.PAY_AS_BID, guarantee_rule=GuaranteeRule.SUM_OF_VALUES)
    limits = BidderLimits([1], guarantee_minor=[100])
    result = clear(terms, [10, 8, 1], [5, 10, 1], bidders=[1, 1, 1], supply=PLENTY, limits=limits)
    assert result.awarded_lots.tolist() == [5, 6, 0]


def test_linked_bidders_share_one_cap_best_bids_first() -> None:
    limits = BidderLimits(shared=(SharedCap((1, 2), 25),))
    result = clear(UNIFORM, [9, 8, 7], [10, 10, 10], bidders=[1, 2, 1], supply=PLENTY, limits=limits)
    assert result.awarded_lots.tolist() == [10, 10, 5]


def test_schedule_of_a_guarantee_price_by_price() -> None:
    terms = Terms(PriceRule.UNIFORM, guarantee_excess=GuaranteeExcess.RESTORED_AT_BID_PRICES)
    counted = demand_schedule(terms, [15, 12, 10], [10, 50, 40], [1, 1, 1], BidderLimits([1], guarantee_minor=[700]),
                              [15, 12, 11, 10])  # fmt: skip
    # 700 covers 58 lots at 12, 63 at 11 (of 60 bid at 11 or above), 70 at 10.
    assert counted.tolist() == [10, 58, 60, 70]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Shenzhen 2022: 50 % and 30 % of 580,764 t.
        (share_of_offer(500_000, 580_764), 290_382),
        (share_of_offer(300_000, 580_764), 174_229),
        # Beijing 2024: 15 %, 3 % and 20 % of 1.5 Mt.
        (share_of_offer(150_000, 1_500_000), 225_000),
        (share_of_offer(30_000, 1_500_000), 45_000),
        (share_of_offer(200_000, 1_500_000), 300_000),
        # Consigned units count by default, released ones do not; both are choices.
        (share_of_offer(100_000, 100, consigned_lots=50, released_lots=50), 15),
        (share_of_offer(100_000, 100, consigned_lots=50, released_lots=50, count_consigned=False), 10),
        (share_of_offer(100_000, 100, consigned_lots=50, released_lots=50, count_released=True), 20),
        (share_of_own(150_000, 1_000), 150),
        (share_of_own(150_000, -5), 0),
        (share_less_holding(350_000, 10_000_000_000, 1_000_000_000), 2_500_000_000),
        (share_less_holding(350_000, 100, 90), 0),
        (holding_limit_by_cap(400_000_000), 11_875_000),
        (room_to_hold(100, 30, step_lots=20), 60),
        (tightest([-1, 40, 30]), 30),
        (tightest([-1, -1]), -1),
    ],
)
def test_caps(found: int, expected: int) -> None:
    assert found == expected
