"""Every setting of the clear in a round of the core, with the inputs it needs: given, recorded, settled."""

from __future__ import annotations

import pytest

from engine.auction.terms import RoundStatus
from engine.commands import Drawn, Fact, ParticipantClass, RoundAction, SupplyKind, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis, Parameter
from engine.views import RoundResult
from tests.core.test_rounds import EMITTER, INSTITUTION, venue_with
from tests.core.venue import CONSIGNED, UNIFORM, Key, Venue, kinds, outcomes, stored

OK = [Outcome.ACCEPTED]
YEAR_BEFORE = 2021
"""The year before that of `DAY`, 2022-01-08."""


def opened(values: dict[Key, int | str], lots: int = 100) -> Venue:
    venue = venue_with({**UNIFORM, **values})
    venue.round("first", 1)
    assert outcomes(venue.supply(1, 2, lots)) == OK
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    return venue


def closed(venue: Venue) -> None:
    assert outcomes(venue.act(1, RoundAction.CLOSE)) == OK


def result_of(venue: Venue) -> RoundResult:
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == OK
    assert venue.core.conservation() == []
    result = venue.core.round_result(1)
    assert result is not None
    return result


def refused_clear(venue: Venue, outcome: Outcome, parameter: Parameter) -> None:
    """The clear is refused for this reason, and changes nothing."""
    accounts = [venue.core.cash(n) for n in range(1, 6)], [venue.core.holdings(n) for n in range(1, 6)]
    refused = venue.act(1, RoundAction.CLEAR)
    assert (outcomes(refused), refused.parameters[0]) == ([outcome], parameter)
    assert ([venue.core.cash(n) for n in range(1, 6)], [venue.core.holdings(n) for n in range(1, 6)]) == accounts


def test_a_lottery_takes_its_order_from_the_recorded_draw() -> None:
    venue = opened({"auction.margin_rule": "random_order"})
    ids = []
    for bidder in (3, 4, 5):
        venue.bid(1, bidder, 1_200, 60)
        ids.append(venue.bid_id(bidder))
    assert outcomes(venue.draw(1, ids)) == [Outcome.ROUND_NOT_CLOSED] * 3
    closed(venue)
    refused_clear(venue, Outcome.DRAW_MISSING, Parameter.AUCTION_MARGIN_RULE)
    assert outcomes(venue.draw(1, [ids[2], 77, ids[2], ids[0]])) == [
        Outcome.ACCEPTED,
        Outcome.DRAW_TARGET_UNKNOWN,
        Outcome.DRAW_REPEATED,
        Outcome.ACCEPTED,
    ]
    refused_clear(venue, Outcome.DRAW_MISSING, Parameter.AUCTION_MARGIN_RULE)
    assert kinds(venue.draw(1, [ids[1]])) == [EventKind.DRAW_RECORDED]
    result = result_of(venue)
    assert [award.awarded_lots for award in result.awards] == [40, 0, 60]
    assert [(draw.target, draw.place) for draw in result.draws] == [(ids[2], 1), (ids[0], 2), (ids[1], 3)]


def test_consignors_may_share_single_units_by_draw() -> None:
    venue = venue_with({**CONSIGNED, "consignment.split": "random_units"})
    venue.deposit_units(3, 1, 5)
    venue.deposit_units(4, 1, 5)
    venue.round("first", 1)
    venue.consign(1, 3, 5)
    venue.consign(1, 4, 5)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 5, 1_000, 5)
    closed(venue)
    refused_clear(venue, Outcome.DRAW_MISSING, Parameter.CONSIGNMENT_SPLIT)
    assert outcomes(venue.draw(1, [2, 1], Drawn.SUPPLY_LINE)) == OK * 2
    assert [line.sold_lots for line in result_of(venue).supply] == [2, 3]


@pytest.mark.parametrize(
    ("rule", "status", "price"),
    [
        ("decline", RoundStatus.DECLINED, None),
        ("cancel", RoundStatus.CANCELLED, None),
        ("raise_price", RoundStatus.PARTIALLY_CLEARED, 1_500),
    ],
)
def test_a_hidden_reserve_is_sealed_before_and_revealed_after(
    rule: str, status: RoundStatus, price: int | None
) -> None:
    venue = venue_with({**UNIFORM, "auction.hidden_reserve_rule": rule})
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.HIDDEN_RESERVE_MISSING],
        Parameter.AUCTION_HIDDEN_RESERVE_RULE,
    )
    assert outcomes(venue.worded(Table.HIDDEN_RESERVES, "1300", round_number=1)) == [Outcome.COMMITMENT_INVALID]
    assert outcomes(venue.seal(1, 1_300)) == OK
    assert outcomes(venue.seal(1, 1_400)) == [Outcome.HIDDEN_RESERVE_ALREADY_GIVEN]
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 3, 1_500, 60)
    venue.bid(1, 4, 1_200, 60)
    assert outcomes(venue.reveal(1, 1_300)) == [Outcome.ROUND_NOT_CLOSED]
    closed(venue)
    refused_clear(venue, Outcome.HIDDEN_RESERVE_STILL_SEALED, Parameter.AUCTION_HIDDEN_RESERVE_RULE)
    assert outcomes(venue.reveal(1, 1_200)) == [Outcome.HIDDEN_RESERVE_NOT_AS_SEALED]
    assert outcomes(venue.reveal(1, 1_300, "sugar")) == [Outcome.HIDDEN_RESERVE_NOT_AS_SEALED]
    assert kinds(venue.reveal(1, 1_300)) == [EventKind.HIDDEN_RESERVE_REVEALED]
    result = result_of(venue)
    assert (result.status, result.price_ticks, result.hidden_reserve_ticks) == (status, price, 1_300)


def test_a_fixed_price_is_paid_by_everybody() -> None:
    venue = opened({"auction.price_rule": "fixed", "auction.fixed_price": 1_250})
    venue.bid(1, 3, 1_500, 60)
    venue.bid(1, 4, 1_250, 30)
    venue.bid(1, 5, 1_200, 60)
    closed(venue)
    assert [a.payment_minor for a in result_of(venue).awards] == [75_000, 37_500, 0]


def test_a_bid_above_the_ceiling_is_void() -> None:
    venue = opened({"auction.ceiling_price": 1_400})
    venue.bid(1, 3, 1_500, 60)
    venue.bid(1, 4, 1_400, 60)
    closed(venue)
    assert [(a.awarded_lots, a.valid) for a in result_of(venue).awards] == [(0, False), (60, True)]


def test_payments_are_rounded_to_the_step_of_the_rules() -> None:
    venue = opened({"auction.price_rule": "pay_as_bid", "auction.payment_step": 5})
    venue.bid(1, 3, 1_001, 3)
    closed(venue)
    assert result_of(venue).awards[0].payment_minor == 3_005


def test_a_percentage_rounded_up_takes_its_overshoot_from_free_units_of_the_seller() -> None:
    venue = venue_with({**UNIFORM, "auction.margin_rule": "percentage_rounded_up"})
    venue.round("first", 1)
    venue.supply(1, 2, 10)
    venue.act(1, RoundAction.OPEN)
    for bidder, lots in ((3, 30), (4, 30), (5, 31)):
        venue.bid(1, bidder, 1_000, lots)
    free = venue.core.holdings(2)[0].available_lots
    venue.round("all the rest", 1)
    venue.supply(2, 2, free)
    closed(venue)
    refused_clear(venue, Outcome.OVERSHOOT_NOT_COVERED, Parameter.AUCTION_MARGIN_RULE)
    venue.deposit_units(2, 1, 2)
    assert result_of(venue).sold_lots == 12
    assert venue.core.holdings(2)[0].available_lots == 0


RELEASE: dict[Key, int | str] = {
    "supply.release_rule": "demand_above_trigger",
    "supply.release_trigger_1": 1_500,
    "supply.release_budget_1": 40,
}


def test_a_tier_is_released_above_its_trigger_and_within_its_yearly_budget() -> None:
    venue = venue_with({**UNIFORM, **RELEASE})
    for number in (1, 2):
        venue.round(f"round {number}", 1)
        venue.supply(number, 2, 100)
        assert kinds(venue.line(number, 2, 30, tier=1)) == [EventKind.SUPPLY_ADDED, EventKind.SUPPLY_CONDITION]
    assert outcomes(venue.line(1, 2, 30, tier=4)) == [Outcome.SUPPLY_LINE_INVALID]
    sold = []
    for number in (1, 2):
        venue.act(number, RoundAction.OPEN)
        venue.bid(number, 3, 1_600, 70)
        venue.bid(number, 4, 1_550, 60)
        venue.act(number, RoundAction.CLOSE)
        venue.act(number, RoundAction.CLEAR)
        result = venue.core.round_result(number)
        assert result is not None
        sold.append([line.sold_lots for line in result.supply])
    # The second round finds 10 of the year's 40 lots left.
    assert sold == [[100, 30], [100, 10]]
    assert venue.core.conservation() == []


def test_a_tier_without_a_trigger_keeps_the_round_shut() -> None:
    venue = venue_with({**UNIFORM, **RELEASE})
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.line(1, 2, 30, tier=2)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.RELEASE_TIER_UNKNOWN],
        Parameter.SUPPLY_RELEASE_TRIGGER_2,
    )


def test_units_are_withheld_below_their_price_within_a_yearly_budget() -> None:
    venue = venue_with({**UNIFORM, "supply.withheld_trigger": 1_400, "supply.withheld_budget": 30})
    for number in (1, 2):
        venue.round(f"round {number}", 1)
        venue.supply(number, 2, 100)
        venue.line(number, 2, 20, kind=SupplyKind.GOVERNMENT, withheld=1)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 3, 1_300, 110)
    closed(venue)
    assert [line.sold_lots for line in result_of(venue).supply] == [100, 0]
    refused = venue.act(2, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.RESERVE_BUDGET_EXCEEDED],
        Parameter.SUPPLY_WITHHELD_BUDGET,
    )


def test_a_cap_may_trim_at_the_clear() -> None:
    venue = opened({("bid.cap_share", EMITTER): 300_000, "bid.cap_excess": "trimmed_at_clearing"})
    venue.bid(1, 3, 1_500, 20)
    venue.bid(1, 3, 1_400, 20)
    venue.bid(1, 5, 1_300, 80)
    closed(venue)
    result = result_of(venue)
    assert [a.awarded_lots for a in result.awards] == [20, 10, 70]
    assert (result.valid_demand_lots, result.submitted_demand_lots) == (110, 120)


def test_caps_of_a_class_and_of_linked_bidders_bind_them_together() -> None:
    venue = opened({("bid.class_cap_share", EMITTER): 500_000, "bid.linked_cap_share": 300_000})
    assert kinds(venue.link(4, 7)) == [EventKind.PARTICIPANT_LINKED]
    venue.link(5, 7)
    venue.bid(1, 3, 1_500, 40)
    venue.bid(1, 4, 1_400, 40)
    venue.bid(1, 5, 1_300, 40)
    closed(venue)
    lots = {a.bidder: a.awarded_lots for a in result_of(venue).awards}
    assert lots[3] + lots[4] <= 50
    assert lots[4] + lots[5] <= 30


OWN_CAPS: list[tuple[dict[Key, int | str], Fact | None, Parameter]] = [
    ({("bid.cap_shortfall_share", EMITTER): 150_000}, Fact.SHORTFALL, Parameter.BID_CAP_SHORTFALL_SHARE),
    ({("bid.cap_emissions_share", EMITTER): 150_000}, Fact.EMISSIONS, Parameter.BID_CAP_EMISSIONS_SHARE),
    ({("bid.holding_limit", EMITTER): 35}, None, Parameter.BID_HOLDING_LIMIT),
]


@pytest.mark.parametrize(("values", "fact", "parameter"), OWN_CAPS, ids=[p.name for _, _, p in OWN_CAPS])
@pytest.mark.parametrize("excess", ["refused_at_entry", "trimmed_at_clearing"])
def test_a_cap_by_what_is_the_bidders_own(
    values: dict[Key, int | str], fact: Fact | None, parameter: Parameter, excess: str
) -> None:
    venue = venue_with({**UNIFORM, **values, "bid.cap_excess": excess})
    venue.deposit_units(3, 1, 20)
    if fact is not None:
        assert outcomes(venue.fact(3, fact, YEAR_BEFORE, 100)) == OK
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    assert outcomes(venue.bid(1, 3, 1_500, 15)) == OK
    more = venue.bid(1, 3, 1_400, 1)
    if excess == "refused_at_entry":
        assert (outcomes(more), more.parameters[0]) == ([Outcome.BID_CAP_EXCEEDED], parameter)
    else:
        assert outcomes(more) == OK
    closed(venue)
    assert sum(a.awarded_lots for a in result_of(venue).awards) == 15


def test_who_has_no_verified_shortfall_may_not_bid_where_that_is_the_rule() -> None:
    venue = venue_with({**UNIFORM, "auction.shortfall_only": 1})
    venue.fact(3, Fact.SHORTFALL, YEAR_BEFORE, 10)
    venue.fact(4, Fact.SHORTFALL, YEAR_BEFORE, 0)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    late = venue.register("late", EMITTER)
    assert outcomes(venue.bid(1, 3, 1_500, 10)) == OK
    for other in (4, late):
        refused = venue.bid(1, other, 1_500, 10)
        assert (outcomes(refused), refused.parameters[0]) == (
            [Outcome.SHORTFALL_MISSING],
            Parameter.AUCTION_SHORTFALL_ONLY,
        )


@pytest.mark.parametrize(("counts", "cap"), [(1, 45), (0, 30)])
def test_consigned_units_count_in_the_base_of_a_cap_or_not(counts: int, cap: int) -> None:
    venue = venue_with({**CONSIGNED, ("bid.cap_share", INSTITUTION): 300_000, "bid.cap_counts_consigned": counts})
    venue.deposit_units(3, 1, 50)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    venue.consign(1, 3, 50)
    assert outcomes(venue.bid(1, 5, 1_500, cap + 1)) == [Outcome.BID_CAP_EXCEEDED]
    assert outcomes(venue.bid(1, 5, 1_500, cap)) == OK


POSTED: dict[Key, int | str] = {
    "bid.guarantee": "maximum_value",
    "bid.guarantee_excess": "trimmed",
    "settlement.default_units": "return_to_sellers",
}


def test_a_guarantee_put_up_beforehand_bounds_what_counts() -> None:
    venue = opened(POSTED)
    assert kinds(venue.guarantee(1, 3, 60_000)) == [EventKind.GUARANTEE_CHANGED]
    assert venue.core.cash(3).held_minor == 60_000
    assert outcomes(venue.bid(1, 3, 1_500, 60)) == OK
    assert outcomes(venue.guarantee(1, 3, -1)) == [Outcome.GUARANTEE_IN_USE]
    closed(venue)
    award = result_of(venue).awards[0]
    assert (award.awarded_lots, award.payment_minor) == (40, 60_000)
    assert venue.core.cash(3).held_minor == 0


def test_a_guarantee_is_taken_only_where_the_rules_want_it() -> None:
    venue = opened({})
    refused = venue.guarantee(1, 3, 60_000)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.GUARANTEE_NOT_TAKEN],
        Parameter.BID_GUARANTEE_EXCESS,
    )
    assert venue.core.cash(3).held_minor == 0


def test_a_part_of_the_value_may_be_held_where_a_default_has_its_rule() -> None:
    values: dict[Key, int | str] = {**UNIFORM, "bid.guarantee_share": 200_000}
    venue = venue_with(values)
    venue.round("first", 1)
    venue.supply(1, 2, 10)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.PARAMETER_WITHOUT_VALUE],
        Parameter.SETTLEMENT_DEFAULT_UNITS,
    )
    venue.set_value(1, "settlement.default_units", "return_to_sellers")
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    venue.bid(1, 3, 1_501, 3)
    assert venue.core.cash(3).held_minor == 901  # A fifth of 4,503, rounded up.


def test_supply_above_its_maximum_keeps_the_round_shut() -> None:
    venue = venue_with({**UNIFORM, "auction.supply_max": 99})
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.SUPPLY_ABOVE_MAXIMUM],
        Parameter.AUCTION_SUPPLY_MAX,
    )


def test_facts_are_judged() -> None:
    venue = venue_with(UNIFORM)
    for row, outcome in (
        ((3, 9, 2021, 5, 1), Outcome.UNKNOWN_COMMAND),
        ((3, Fact.SHORTFALL, 1066, 5, 1), Outcome.UNKNOWN_COMMAND),
        ((3, Fact.SHORTFALL, 2021, -5, 1), Outcome.QUANTITY_OUT_OF_BOUNDS),
        ((9, Fact.SHORTFALL, 2021, 5, 1), Outcome.PARTICIPANT_UNKNOWN),
        ((3, Fact.SHORTFALL, 2021, 5, 9), Outcome.INSTRUMENT_UNKNOWN),
    ):
        assert outcomes(venue.fact(*row)) == [outcome]
    assert outcomes(venue.link(99, 1)) == [Outcome.PARTICIPANT_UNKNOWN]


def test_a_preview_takes_an_order_that_is_not_drawn_as_that_of_arrival() -> None:
    venue = opened({"auction.margin_rule": "random_order"})
    venue.bid(1, 3, 1_200, 60)
    venue.bid(1, 4, 1_200, 60)
    before = venue.core.digest()
    assert [a.awarded_lots for a in venue.core.preview_clear(1).awards] == [60, 40]
    assert venue.core.digest() == before


@pytest.mark.parametrize("klass", [ParticipantClass.KEY_EMITTER, ParticipantClass.GOVERNMENT])
def test_only_the_operator_records_inputs(klass: ParticipantClass) -> None:
    venue = opened({})
    actor = venue.register("somebody", klass)
    for table in (Table.SUPPLY_LINES, Table.DRAWS, Table.HIDDEN_RESERVES, Table.LINKS, Table.FACTS, Table.ALLOCATIONS):
        assert outcomes(venue.send(table, [{}], actor=actor)) == [Outcome.NOT_PERMITTED_FOR_CLASS], table


def test_inputs_are_part_of_the_state() -> None:
    digests = set()
    for price in (1_300, 1_301):
        venue = venue_with({**UNIFORM, "auction.hidden_reserve_rule": "decline"})
        venue.round("first", 1)
        venue.seal(1, price)
        digests.add(venue.core.digest())
        venue.fact(3, Fact.EMISSIONS, 2020, price)
        digests.add(venue.core.digest())
        venue.link(3, price)
        digests.add(venue.core.digest())
    assert len(digests) == 6


def test_a_guarantee_for_a_tiny_share_covers_more_than_any_number_holds() -> None:
    venue = opened({**POSTED, "bid.guarantee_share": 1})
    venue.deposit_cash(3, 2**59)
    assert outcomes(venue.guarantee(1, 3, 2**59)) == OK
    venue.bid(1, 3, 1_500, 60)
    closed(venue)
    assert result_of(venue).sold_lots == 60


@pytest.mark.parametrize(
    "key", ["auction.price_rule", "auction.margin_rule", "fee.rounding", "auction.clock", "settlement.default_units"]
)
def test_a_word_that_no_rule_has_keeps_the_round_shut(key: str) -> None:
    """A book is loaded before it is adopted, so such a number comes from a defect or a stranger: it stops nothing."""
    venue = venue_with(UNIFORM)
    row = {"parameter": BY_KEY[key], "basis": Basis.OPERATOR, "value": 9_999}
    rows = [{"parameter": BY_KEY[name], "basis": Basis.OPERATOR, "value": stored(name, value)}
            for name, value in UNIFORM.items() if name != key]  # fmt: skip
    book = int(venue.send(Table.RULE_BOOKS, [*rows, row], b'{"files": {}, "name": "strange"}').references[0])
    venue.round("first", book)
    venue.supply(1, 2, 100)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == ([Outcome.PARAMETER_VALUE_NOT_ALLOWED], BY_KEY[key])
