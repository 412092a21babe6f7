"""A round in the core, from draft to settled: what may happen when, what is held meanwhile, who ends up with what."""

from __future__ import annotations

import pytest

from engine.auction.terms import RoundStatus
from engine.commands import ParticipantClass, RoundAction, SupplyKind, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Basis, Parameter
from engine.views import Cash
from tests.core.venue import CONSIGNED, DAY, UNIFORM, Key, Venue, kinds, only, outcomes

EMITTER, INSTITUTION, GOVERNMENT = (
    ParticipantClass.KEY_EMITTER,
    ParticipantClass.INSTITUTION,
    ParticipantClass.GOVERNMENT,
)


def venue_with(values: dict[Key, int | str]) -> Venue:
    """Participants 2 (government, 10,000 lots), 3 and 4 (emitters) and 5 (institution), each with 10,000.00."""
    venue = Venue()
    book = venue.adopt(values)
    venue.instrument("SZEA", book)
    for name, klass in (("gov", GOVERNMENT), ("a", EMITTER), ("b", EMITTER), ("c", INSTITUTION)):
        number = venue.register(name, klass)
        venue.deposit_cash(number, 1_000_000)
    venue.deposit_units(2, 1, 10_000)
    return venue


def opened(values: dict[Key, int | str], lots: int = 100) -> Venue:
    venue = venue_with(values)
    venue.round("first", 1)
    assert outcomes(venue.supply(1, 2, lots)) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]
    return venue


def cleared(venue: Venue) -> None:
    assert outcomes(venue.act(1, RoundAction.CLOSE)) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ACCEPTED]
    assert venue.core.conservation() == []


def test_uniform_round_settles_every_account() -> None:
    venue = opened(UNIFORM)
    venue.bid(1, 3, 1_500, 60)
    venue.bid(1, 4, 1_200, 60)
    venue.bid(1, 5, 1_100, 60)
    assert venue.core.cash(4) == Cash(4, 1_000_000 - 72_000, 72_000)
    cleared(venue)
    result = venue.core.round_result(1)
    assert result is not None
    assert (result.status, result.price_ticks, result.sold_lots) == (RoundStatus.CLEARED, 1_200, 100)
    assert [(a.bidder, a.awarded_lots, a.payment_minor) for a in result.awards] == [
        (3, 60, 72_000),
        (4, 40, 48_000),
        (5, 0, 0),
    ]
    assert venue.core.cash(3) == Cash(3, 1_000_000 - 72_000, 0)
    assert venue.core.cash(5) == Cash(5, 1_000_000, 0)
    assert venue.core.cash(2).available_minor == 1_000_000 + 120_000
    assert [h.available_lots for h in venue.core.holdings(4)] == [40]
    assert [h.locked_lots for h in venue.core.holdings(2)] == [0]


def test_pay_as_bid_pools_the_proceeds_of_two_sellers() -> None:
    venue = venue_with({**UNIFORM, "auction.price_rule": "pay_as_bid"})
    venue.deposit_units(5, 1, 10)
    venue.round("first", 1)
    venue.supply(1, 2, 20)
    venue.supply(1, 5, 10, kind=SupplyKind.RETURNED)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 3, 1_001, 10)
    venue.bid(1, 4, 1_000, 20)
    cleared(venue)
    result = venue.core.round_result(1)
    assert result is not None
    assert result.proceeds_minor == 10_010 + 20_000
    assert [line.proceeds_minor for line in result.supply] == [20_007, 10_003]


def test_a_dry_run_is_the_clear_and_moves_nothing() -> None:
    venue = opened(UNIFORM)
    venue.bid(1, 3, 1_500, 60)
    venue.bid(1, 4, 1_200, 60)
    before = venue.core.digest()
    preview = venue.core.preview_clear(1)
    assert venue.core.digest() == before
    cleared(venue)
    assert preview == venue.core.round_result(1)
    with pytest.raises(KeyError, match="neither open nor closed"):
        venue.core.preview_clear(1)


def test_a_round_nobody_bids_in_has_no_price() -> None:
    venue = opened(UNIFORM)
    cleared(venue)
    result = venue.core.round_result(1)
    assert result is not None
    assert (result.status, result.price_ticks, result.sold_lots) == (RoundStatus.NO_VALID_BIDS, None, 0)
    assert [h.available_lots for h in venue.core.holdings(2)] == [10_000]


def test_cancelling_releases_every_hold() -> None:
    venue = opened(UNIFORM)
    accounts_before = [venue.core.cash(number) for number in range(1, 6)]
    venue.bid(1, 3, 1_500, 60)
    assert kinds(venue.act(1, RoundAction.CANCEL)) == [EventKind.ROUND_CANCELLED]
    assert [venue.core.cash(number) for number in range(1, 6)] == accounts_before
    assert [h.locked_lots for h in venue.core.holdings(2)] == [0]
    assert outcomes(venue.bid(1, 3, 1_500, 60)) == [Outcome.ROUND_NOT_OPEN]


def test_maximum_value_guarantee_is_not_the_sum_of_values() -> None:
    venue = opened({**UNIFORM, "bid.guarantee": "maximum_value"})
    venue.bid(1, 3, 2_000, 10)
    assert venue.core.cash(3).held_minor == 20_000
    venue.bid(1, 3, 1_500, 10)
    assert venue.core.cash(3).held_minor == 30_000
    venue.bid(1, 3, 1_000, 1)
    assert venue.core.cash(3).held_minor == 30_000


BID_REFUSALS: list[tuple[str, dict[Key, int | str], tuple[int, int, int, int], Outcome, Parameter]] = [
    ("unknown round", {}, (9, 3, 1_500, 10), Outcome.ROUND_UNKNOWN, Parameter.NONE),
    ("price of nothing", {}, (1, 3, 0, 10), Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    ("price too large", {}, (1, 3, 2**30 + 1, 10), Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    ("quantity of nothing", {}, (1, 3, 1_500, 0), Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    ("quantity too large", {}, (1, 3, 1_500, 2**32), Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    ("class", {("auction.eligible", EMITTER): 0}, (1, 3, 1_500, 10), Outcome.CLASS_NOT_ELIGIBLE,
     Parameter.AUCTION_ELIGIBLE),
    ("off tick", {"bid.tick": 7}, (1, 3, 1_500, 10), Outcome.BID_PRICE_OFF_TICK, Parameter.BID_TICK),
    ("below reserve", {}, (1, 3, 999, 10), Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE),
    ("at a reserve one must pass", {"auction.reserve_comparator": "above"}, (1, 3, 1_000, 10),
     Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE),
    ("off lot", {"bid.lot": 7}, (1, 3, 1_500, 10), Outcome.BID_QUANTITY_OFF_LOT, Parameter.BID_LOT),
    ("below minimum", {("bid.minimum", EMITTER): 11}, (1, 3, 1_500, 10), Outcome.BID_QUANTITY_BELOW_MINIMUM,
     Parameter.BID_MINIMUM),
    ("cap by share", {("bid.cap_share", EMITTER): 99_999}, (1, 3, 1_500, 10), Outcome.BID_CAP_EXCEEDED,
     Parameter.BID_CAP_SHARE),
    ("cap by quantity", {("bid.cap_quantity", EMITTER): 9}, (1, 3, 1_500, 10), Outcome.BID_CAP_EXCEEDED,
     Parameter.BID_CAP_QUANTITY),
    ("more than its cash", {}, (1, 3, 100_001, 10), Outcome.CASH_INSUFFICIENT, Parameter.BID_GUARANTEE),
    ("the operator", {}, (1, 1, 1_500, 10), Outcome.NOT_PERMITTED_FOR_CLASS, Parameter.NONE),
]  # fmt: skip


@pytest.mark.parametrize(("values", "bid", "outcome", "parameter"), [row[1:] for row in BID_REFUSALS],
                         ids=[row[0] for row in BID_REFUSALS])  # fmt: skip
def test_refused_bid_names_its_rule_and_moves_nothing(
    values: dict[Key, int | str], bid: tuple[int, int, int, int], outcome: Outcome, parameter: Parameter
) -> None:
    venue = opened({**UNIFORM, **values})
    venue.session(bid[1])
    cash, holdings = venue.core.cash(3), venue.core.holdings(2)
    applied = venue.bid(*bid)
    assert outcomes(applied) == [outcome]
    assert applied.parameters[0] == parameter
    assert (venue.core.cash(3), venue.core.holdings(2)) == (cash, holdings)
    assert venue.core.rounds()[0].bids == 0


def test_a_book_that_names_who_may_bid_leaves_out_the_others() -> None:
    venue = opened({**UNIFORM, ("auction.eligible", EMITTER): 1})
    assert outcomes(venue.bid(1, 3, 1_500, 1)) == [Outcome.ACCEPTED]
    for other in (2, 5):
        assert outcomes(venue.bid(1, other, 1_500, 1)) == [Outcome.CLASS_NOT_ELIGIBLE]


def test_a_count_of_bids_is_used_up() -> None:
    venue = opened({**UNIFORM, "bid.count_max": 2})
    assert [outcomes(venue.bid(1, 3, 1_500, 1))[0] for _ in range(3)] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.BID_COUNT_EXCEEDED,
    ]


def test_a_cap_counts_all_bids_of_a_bidder_and_is_rounded_down() -> None:
    venue = opened({**UNIFORM, ("bid.cap_share", EMITTER): 335_000})
    assert outcomes(venue.bid(1, 3, 1_500, 30)) == [Outcome.ACCEPTED]
    assert outcomes(venue.bid(1, 3, 1_500, 4)) == [Outcome.BID_CAP_EXCEEDED]
    assert outcomes(venue.bid(1, 3, 1_500, 3)) == [Outcome.ACCEPTED]


def test_consigned_units_are_locked_sold_first_and_the_rest_returned() -> None:
    venue = venue_with(CONSIGNED)
    venue.deposit_units(3, 1, 50)
    venue.deposit_units(4, 1, 25)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    assert outcomes(venue.consign(1, 3, 50)) == [Outcome.ACCEPTED]
    assert outcomes(venue.consign(1, 4, 25)) == [Outcome.ACCEPTED]
    assert [h.locked_lots for h in venue.core.holdings(3)] == [50]
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 5, 1_100, 60)
    cleared(venue)
    result = venue.core.round_result(1)
    assert result is not None
    assert result.status is RoundStatus.PARTIALLY_CLEARED
    sold = {(line.seller, line.kind): (line.sold_lots, line.proceeds_minor) for line in result.supply}
    assert sold == {
        (2, SupplyKind.GOVERNMENT): (0, 0),
        (3, SupplyKind.CONSIGNED): (40, 44_000),
        (4, SupplyKind.CONSIGNED): (20, 22_000),
    }
    assert [(h.available_lots, h.locked_lots) for h in venue.core.holdings(3)] == [(10, 0)]


def test_unsold_consigned_units_wait_locked_for_the_next_round() -> None:
    venue = venue_with({**CONSIGNED, "consignment.unsold": "next_round"})
    venue.deposit_units(3, 1, 50)
    venue.round("first", 1)
    venue.consign(1, 3, 50, group=7)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 5, 1_100, 20)
    cleared(venue)
    assert [(h.available_lots, h.locked_lots) for h in venue.core.holdings(3)] == [(0, 30)]
    venue.round("second", 1)
    applied = venue.act(2, RoundAction.OPEN)
    assert kinds(applied) == [EventKind.UNITS_CONSIGNED, EventKind.ROUND_OPENED]
    line = venue.core.rounds()[1].supply[0]
    assert (line.kind, line.group, line.seller, line.quantity_lots) == (SupplyKind.CONSIGNED, 7, 3, 30)
    venue.bid(2, 5, 1_100, 30)
    venue.act(2, RoundAction.CLOSE)
    venue.act(2, RoundAction.CLEAR)
    assert venue.core.conservation() == []
    assert [h.locked_lots for h in venue.core.holdings(3)] == []


CONSIGNMENT_REFUSALS: list[tuple[str, dict[Key, int | str], tuple[int, int, int, int], Outcome, Parameter]] = [
    ("class", {}, (1, 5, 10, 0), Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS, Parameter.CONSIGNMENT_ALLOWED),
    ("ratio", {("consignment.ratio", EMITTER): 300_000}, (1, 3, 31, 0), Outcome.CONSIGNMENT_RATIO_EXCEEDED,
     Parameter.CONSIGNMENT_RATIO),
    ("minimum", {}, (1, 3, 10, 1_200), Outcome.CONSIGNMENT_MINIMUM_NOT_ALLOWED, Parameter.CONSIGNMENT_MINIMUM_ALLOWED),
    ("units it lacks", {}, (1, 3, 101, 0), Outcome.HOLDING_INSUFFICIENT, Parameter.NONE),
    ("unknown round", {}, (9, 3, 10, 0), Outcome.ROUND_UNKNOWN, Parameter.NONE),
    ("nothing", {}, (1, 3, 0, 0), Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    ("absurd minimum", {}, (1, 3, 10, 2**31), Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
]  # fmt: skip


@pytest.mark.parametrize(("values", "lot", "outcome", "parameter"), [row[1:] for row in CONSIGNMENT_REFUSALS],
                         ids=[row[0] for row in CONSIGNMENT_REFUSALS])  # fmt: skip
def test_refused_consignment_names_its_rule_and_moves_nothing(
    values: dict[Key, int | str], lot: tuple[int, int, int, int], outcome: Outcome, parameter: Parameter
) -> None:
    venue = venue_with({**CONSIGNED, **values})
    venue.deposit_units(3, 1, 100)
    venue.deposit_units(5, 1, 100)
    venue.round("first", 1)
    venue.session(lot[1])
    before = [venue.core.holdings(number) for number in (3, 5)]
    applied = venue.consign(*lot)
    assert outcomes(applied) == [outcome]
    assert applied.parameters[0] == parameter
    assert [venue.core.holdings(number) for number in (3, 5)] == before


def test_the_offer_is_fixed_once_bidding_has_begun_and_consignors_may_not_bid() -> None:
    venue = venue_with(CONSIGNED)
    for participant in (3, 4):
        venue.deposit_units(participant, 1, 100)
    venue.round("first", 1)
    venue.consign(1, 3, 10)
    venue.act(1, RoundAction.OPEN)
    assert outcomes(venue.consign(1, 4, 10)) == [Outcome.ACCEPTED]
    refused = venue.bid(1, 3, 1_500, 1)
    assert outcomes(refused) == [Outcome.CONSIGNOR_MAY_NOT_BID]
    assert refused.parameters[0] == Parameter.CONSIGNMENT_MAY_BID
    venue.bid(1, 5, 1_500, 1)
    assert outcomes(venue.consign(1, 4, 10)) == [Outcome.CONSIGNMENT_AFTER_FIRST_BID]


def test_opening_needs_supply_and_every_needed_value() -> None:
    venue = venue_with({**UNIFORM, "bid.guarantee": "unknown"})
    venue.round("first", 1)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ROUND_WITHOUT_SUPPLY]
    venue.supply(1, 2, 100)
    refused = venue.act(1, RoundAction.OPEN)
    assert outcomes(refused) == [Outcome.PARAMETER_WITHOUT_VALUE]
    assert refused.parameters[0] == Parameter.BID_GUARANTEE
    assert outcomes(venue.set_value(1, "bid.guarantee", "sum_of_values")) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ROUND_NOT_IN_DRAFT]
    assert outcomes(venue.set_value(1, "bid.guarantee", "sum_of_values")) == [Outcome.ROUND_NOT_IN_DRAFT]
    assert outcomes(venue.supply(1, 2, 100)) == [Outcome.ROUND_NOT_IN_DRAFT]


def test_an_operator_may_not_move_what_the_text_states() -> None:
    venue = Venue()
    venue.adopt(UNIFORM, basis=Basis.STATED)
    venue.instrument("SZEA", 1)
    venue.round("first", 1)
    refused = venue.set_value(1, "auction.reserve_price", 5)
    assert outcomes(refused) == [Outcome.PARAMETER_NOT_OPEN_TO_OPERATOR]
    assert refused.parameters[0] == Parameter.AUCTION_RESERVE_PRICE
    assert outcomes(venue.set_value(1, "bid.cap_share", 1_000_001)) == [Outcome.PARAMETER_VALUE_NOT_ALLOWED]
    assert outcomes(venue.set_value(1, "bid.cap_share", 1, klass=99)) == [Outcome.PARAMETER_VALUE_NOT_ALLOWED]
    unknown = {"round_number": 1, "parameter": 9_999, "value": 1}
    assert outcomes(venue.send(Table.ROUND_VALUES, [unknown])) == [Outcome.PARAMETER_UNKNOWN]


def test_bids_without_minimums_of_their_own_cannot_share_by_them() -> None:
    venue = venue_with({**UNIFORM, "auction.margin_rule": "pro_rata_with_minimums"})
    venue.round("first", 1)
    venue.supply(1, 2, 10)
    refused = venue.act(1, RoundAction.OPEN)
    assert outcomes(refused) == [Outcome.PARAMETER_VALUE_NOT_ALLOWED]
    assert refused.parameters[0] == Parameter.AUCTION_MARGIN_RULE


def test_proceeds_by_tranche_stay_with_their_place_in_the_order_of_sale() -> None:
    venue = venue_with({**UNIFORM, "auction.price_rule": "pay_as_bid", "supply.proceeds": "by_tranche"})
    venue.deposit_units(5, 1, 10)
    venue.round("first", 1)
    venue.supply(1, 2, 20, rank=2)
    venue.supply(1, 5, 10, kind=SupplyKind.RETURNED, rank=1)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 3, 1_001, 10)
    venue.bid(1, 4, 1_000, 20)
    cleared(venue)
    result = venue.core.round_result(1)
    assert result is not None
    assert [line.proceeds_minor for line in result.supply] == [20_000, 10_010]


def test_a_round_past_the_last_confirmed_day_is_refused() -> None:
    venue = venue_with({**UNIFORM, "book.last_confirmed": DAY})
    for name, day, outcome in (
        ("on the day", DAY, Outcome.ACCEPTED),
        ("a day late", DAY + 1, Outcome.DATE_AFTER_LAST_CONFIRMED),
    ):
        number = venue.round(name, 1, day=day)
        venue.supply(number, 2, 10)
        assert outcomes(venue.act(number, RoundAction.OPEN)) == [outcome]


def test_stages_cannot_be_skipped() -> None:
    venue = venue_with(UNIFORM)
    venue.round("first", 1)
    venue.supply(1, 2, 10)
    assert outcomes(venue.act(1, RoundAction.CLOSE)) == [Outcome.ROUND_NOT_OPEN]
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ROUND_NOT_CLOSED]
    assert outcomes(venue.bid(1, 3, 1_500, 1)) == [Outcome.ROUND_NOT_OPEN]
    venue.act(1, RoundAction.OPEN)
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ROUND_NOT_CLOSED]
    cleared(venue)
    for action in RoundAction:
        assert outcomes(venue.act(1, action)) != [Outcome.ACCEPTED]
    assert outcomes(venue.act(2, RoundAction.OPEN)) == [Outcome.ROUND_UNKNOWN]
    assert outcomes(venue.send(Table.ROUND_ACTIONS, [{"round_number": 1, "action": 99}])) == [Outcome.UNKNOWN_COMMAND]


def test_supply_lines_are_judged() -> None:
    venue = venue_with(UNIFORM)
    venue.round("first", 1)
    for columns, outcome in (
        ((1, 2, 0), Outcome.QUANTITY_OUT_OF_BOUNDS),
        ((1, 9, 10), Outcome.PARTICIPANT_UNKNOWN),
        ((7, 2, 10), Outcome.ROUND_UNKNOWN),
        ((1, 2, 10_001), Outcome.HOLDING_INSUFFICIENT),
    ):
        assert outcomes(venue.supply(*columns)) == [outcome]
    assert outcomes(venue.supply(1, 2, 10, kind=SupplyKind.CONSIGNED)) == [Outcome.SUPPLY_LINE_INVALID]
    assert [h.locked_lots for h in venue.core.holdings(2)] == [0]


def test_bids_of_one_round_stay_out_of_the_next() -> None:
    venue = opened(UNIFORM)
    venue.bid(1, 3, 1_500, 10)
    cleared(venue)
    venue.round("second", 1)
    venue.supply(2, 2, 10)
    venue.act(2, RoundAction.OPEN)
    assert venue.core.rounds()[1].bids == 0
    assert only(venue.act(2, RoundAction.CLOSE), EventKind.ROUND_CLOSED)["quantity_lots"][0] == 0
