"""Consigned bidding: the order of sale, minimums, proceeds, and the rules around a round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.auction import PriceRule, RoundStatus, Supply, Terms, clear
from engine.auction.consignment.paired import WITHHELD, pair
from engine.auction.consignment.permitted import (
    default_of,
    fee_minor,
    ladder_ppm,
    permitted_lots,
    required_lots,
    unsold_of,
)
from engine.auction.order_of_sale import divide_sale
from engine.auction.terms import ProceedsRule, ShortSaleRule, SupplyStepRule, UndersubscriptionRule, UnsoldRule
from engine.words.rounds import ConsignmentBase

CONSIGNED_FIRST = Supply.of([100, 60, 40], ranks=[1, 0, 0], sellers=[0, 1, 2])


def test_consigned_lots_sell_first_and_consignors_share() -> None:
    result = clear(Terms(PriceRule.UNIFORM), [30], [51], supply=CONSIGNED_FIRST)
    # 51 x 60 % = 30.6 and 51 x 40 % = 20.4: the lot left over goes to the larger remainder.
    assert result.supply_sold_lots.tolist() == [0, 31, 20]
    assert result.supply_proceeds_minor.tolist() == [0, 930, 600]


def test_a_minimum_above_the_price_keeps_lots_out_of_the_supply() -> None:
    supply = Supply.of([50, 50], sellers=[1, 2], minimum_price_ticks=[0, 35])
    result = clear(Terms(PriceRule.UNIFORM), [40, 30], [30, 40], supply=supply)
    # At 40 there is demand for 30 of 50 lots without a minimum; at 30 for 70: the price is 30, B stays out.
    assert (result.price_ticks, result.supply_sold_lots.tolist()) == (30, [50, 0])
    assert result.status == RoundStatus.PARTIALLY_CLEARED


def test_a_minimum_that_nobody_bid_may_set_the_price() -> None:
    supply = Supply.of([50, 50], sellers=[1, 2], minimum_price_ticks=[0, 35])
    bids = ([40, 30], [60, 40])
    assert clear(Terms(PriceRule.UNIFORM), *bids, supply=supply).price_ticks == 35
    terms = Terms(PriceRule.UNIFORM, supply_step_rule=SupplyStepRule.LOWEST_ACCEPTED_BID)
    assert clear(terms, *bids, supply=supply).price_ticks == 40


def test_minimums_that_no_bid_meets_end_without_a_price() -> None:
    supply = Supply.of([50], minimum_price_ticks=[35])
    result = clear(Terms(PriceRule.UNIFORM), [30], [60], supply=supply)
    assert (result.status, result.price_ticks) == (RoundStatus.RESERVE_NOT_MET, None)


def test_pay_as_bid_proceeds_as_one_pool_or_by_tranche() -> None:
    bids = ([50, 30], [60, 60])
    pool = clear(Terms(PriceRule.PAY_AS_BID), *bids, supply=CONSIGNED_FIRST)
    # 60 at 50 and 60 at 30 is 4,800 for 120 lots: 40 a lot.
    assert pool.supply_proceeds_minor.tolist() == [800, 2400, 1600]
    terms = Terms(PriceRule.PAY_AS_BID, proceeds_rule=ProceedsRule.BY_TRANCHE)
    by_tranche = clear(terms, *bids, supply=CONSIGNED_FIRST)
    # The consigned 100 lots get the 60 at 50 and 40 at 30 = 4,200; the government 20 at 30.
    assert by_tranche.supply_proceeds_minor.tolist() == [600, 2520, 1680]


def test_random_units_among_consignors_follow_the_draw() -> None:
    supply = Supply.of([1000, 700, 301], draws=[1, 2, 0])
    assert divide_sale(supply, 1000, short_sale_rule=ShortSaleRule.RANDOM_UNITS).tolist() == [500, 349, 151]


def test_more_than_is_on_offer_cannot_be_divided() -> None:
    supply = Supply.of([10, 5], minimum_price_ticks=[0, 9])
    for sold, price in ((16, 9), (11, 8), (-1, 9)):
        with pytest.raises(ValueError, match="on offer at this price"):
            divide_sale(supply, sold, price_ticks=price)


def test_what_may_and_must_be_consigned() -> None:
    assert permitted_lots(300_000, ConsignmentBase.ALLOCATION, 1001, 5000) == 300
    assert permitted_lots(300_000, ConsignmentBase.ALLOCATION, 1001, 200) == 200
    assert permitted_lots(300_000, ConsignmentBase.HOLDING, 1001, 200) == 60
    # Washington's ladder: 65 % in 2023, five points more each year, the whole in 2030.
    assert [ladder_ppm(650_000, 50_000, 2023, year) for year in (2023, 2024, 2030, 2031)] == [
        650_000, 700_000, 1_000_000, 1_000_000,
    ]  # fmt: skip
    assert required_lots(650_000, 1001) == 651


def test_the_unsold_the_fee_and_a_default() -> None:
    assert unsold_of(UnsoldRule.RETURN_TO_OWNER, 100, 40) == (60, 0)
    assert unsold_of(UnsoldRule.NEXT_ROUND, 100, 40) == (0, 60)
    assert fee_minor(1010, 50_000) == 51
    lost = default_of(500, 10_000, 9_999, 250_000, 2_000)
    assert (lost.returned_lots, lost.forfeited_minor) == (500, 2_000)
    assert default_of(500, 10_000, 10_000, 250_000, 2_000).returned_lots == 0


def test_pairs_give_the_lowest_asker_the_highest_bid() -> None:
    sale = pair([(200, 100), (180, 50), (160, 80), (120, 100)], 120, [(170, 40), (100, 60), (150, 100)])
    assert [(t.offer, t.bid, t.lots, t.price_ticks) for t in sale.trades] == [
        (WITHHELD, 0, 100, 200), (WITHHELD, 1, 20, 180), (1, 1, 30, 180), (1, 2, 30, 160), (2, 2, 50, 160),
    ]  # fmt: skip
    assert sale.offers_unsold_lots == (40, 0, 50)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=6),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5),
)
def test_pairs_keep_every_minimum_and_every_lot(bids, withheld, offers) -> None:
    sale = pair(bids, withheld, offers)
    for k, (_, lots) in enumerate(offers):
        assert sale.offers_unsold_lots[k] + sum(t.lots for t in sale.trades if t.offer == k) == lots
    assert sale.withheld_unsold_lots + sum(t.lots for t in sale.trades if t.offer == WITHHELD) == withheld
    for i, (_, lots) in enumerate(bids):
        assert sum(t.lots for t in sale.trades if t.bid == i) <= lots
    assert all(trade.offer == WITHHELD or trade.price_ticks >= offers[trade.offer][0] for trade in sale.trades)


def test_returned_units_do_not_change_who_pays_what() -> None:
    terms = Terms(PriceRule.UNIFORM, UndersubscriptionRule.AT_RESERVE, reserve_price_ticks=20)
    result = clear(terms, [40, 30], [10, 10], supply=Supply.of([30, 30], ranks=[0, 1]))
    assert (result.price_ticks, result.supply_sold_lots.tolist()) == (20, [20, 0])
