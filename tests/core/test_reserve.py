"""The reserve and the years of allocation: reports, triggers, decisions, budgets, expiry; nothing gets lost."""

from __future__ import annotations

import pytest

from engine.commands import Fact, ParticipantClass, RoundAction, SupplyKind, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.views import Applied, Movement
from engine.words.reserve import AllocationStep, ReserveStep
from tests.core.test_rounds import EMITTER, venue_with
from tests.core.venue import DAY, OPERATOR, UNIFORM, Key, Venue, kinds, only, outcomes

OK = [Outcome.ACCEPTED]
GOVERNMENT, SELLER, SECOND = 2, 3, 6

RULES: dict[Key, int | str] = {
    **UNIFORM,
    "reserve.intake_above": 8_000,
    "reserve.intake_share": 120_000,
    "reserve.release_below": 4_000,
    "reserve.release_quantity": 300,
    "reserve.release_price": 6_000,
    "reserve.release_days": 3,
    "reserve.release_budget": 500,
    "reserve.buy_back_price": 2_000,
    "reserve.buy_back_days": 2,
    "reserve.buy_back_share": 100_000,
    "reserve.decision_days": 10,
    "reserve.expiry_years": 2,
    "governance.four_eyes": 1,
}


def founded(values: dict[Key, int | str] = RULES, lots: int = 1_000) -> Venue:
    venue = venue_with(values)
    assert venue.register("second operator", ParticipantClass.OPERATOR) == SECOND
    assert kinds(venue.reserve(ReserveStep.FOUND, rule_book=1, participant=GOVERNMENT)) == [EventKind.RESERVE_CHANGED]
    if lots:
        assert outcomes(venue.reserve(ReserveStep.ENDOW, quantity_lots=lots)) == OK
    return venue


def whole(venue: Venue) -> Venue:
    assert venue.core.conservation() == []
    return venue


def test_a_reserve_is_locked_in_its_account() -> None:
    venue = whole(founded())
    assert [(h.available_lots, h.locked_lots) for h in venue.core.holdings(GOVERNMENT)] == [(9_000, 1_000)]
    assert outcomes(venue.reserve(ReserveStep.FOUND, rule_book=1, participant=GOVERNMENT)) == [
        Outcome.RESERVE_ALREADY_FOUNDED
    ]
    assert outcomes(venue.reserve(ReserveStep.ENDOW, quantity_lots=9_001)) == [Outcome.HOLDING_INSUFFICIENT]
    assert outcomes(venue.reserve(ReserveStep.ENDOW, instrument=9)) == [Outcome.INSTRUMENT_UNKNOWN]
    view = venue.core.reserves()[0]
    assert (view.lots, view.vintages) == (1_000, ((2022, 1_000),))


@pytest.mark.parametrize(
    ("circulation", "movement", "most"),
    [
        (8_000, None, 0),
        (8_001, Movement.INTAKE, 960),
        (10_000, Movement.INTAKE, 1_200),
        (4_000, None, 0),
        (3_999, Movement.RELEASE, 300),
    ],
)
def test_circulation_is_compared_with_the_bands_strictly(
    circulation: int, movement: Movement | None, most: int
) -> None:
    venue = founded()
    before = venue.core.holdings(GOVERNMENT)
    applied = venue.reserve(ReserveStep.REPORT_CIRCULATION, quantity_lots=circulation)
    assert kinds(applied) == [EventKind.TRIGGER_TESTED]
    found = [(t.movement, t.most_lots) for t in venue.core.reserves()[0].triggers]
    assert found == ([(movement, most)] if movement else [])
    assert venue.core.holdings(GOVERNMENT) == before  # A report moves nothing.


def test_a_decision_moves_at_most_what_its_trigger_allows_and_is_another_persons() -> None:
    venue = founded()
    venue.reserve(ReserveStep.REPORT_CIRCULATION, quantity_lots=10_000)
    assert outcomes(venue.reserve(ReserveStep.DECIDE, target=2, quantity_lots=1)) == [Outcome.TRIGGER_NOT_MET]
    same = venue.reserve(ReserveStep.DECIDE, target=1, quantity_lots=1_200)
    assert (outcomes(same), same.parameters[0]) == ([Outcome.SAME_PERSON], Parameter.GOVERNANCE_FOUR_EYES)
    assert outcomes(decide(venue, 1, 1_201)) == [Outcome.RESERVE_INSUFFICIENT]
    late = decide(venue, 1, 1_200, day=DAY + 11)
    assert (outcomes(late), late.parameters[0]) == ([Outcome.DECISION_TOO_LATE], Parameter.RESERVE_DECISION_DAYS)
    assert whole(venue).core.reserves()[0].lots == 1_000
    assert kinds(decide(venue, 1, 1_200)) == [EventKind.RESERVE_CHANGED, EventKind.RESERVE_DECIDED]
    assert whole(venue).core.reserves()[0].lots == 2_200
    assert outcomes(decide(venue, 1, 1)) == [Outcome.TRIGGER_NOT_MET]


def decide(venue: Venue, trigger: int, lots: int, day: int = DAY, price_ticks: int = 0) -> Applied:
    row = {"step": ReserveStep.DECIDE, "instrument": 1, "day": day, "target": trigger}
    return venue.send(Table.RESERVE_STEPS, [{**row, "quantity_lots": lots, "price_ticks": price_ticks}], actor=SECOND)


def report_prices(venue: Venue, *prices: int, start: int = 0) -> list[int]:
    """Reports a price a day; the triggers that were met, 0 where none was."""
    found = []
    for day, price in enumerate(prices, start=DAY + start):
        applied = venue.reserve(ReserveStep.REPORT_PRICE, day=day, price_ticks=price)
        found.append(int(only(applied, EventKind.TRIGGER_TESTED)["reference"][0]))
    return found


def test_a_price_has_to_lie_beyond_the_trigger_on_days_in_a_row() -> None:
    venue = founded()
    assert report_prices(venue, 6_001, 6_001, 6_000, 6_001, 6_001, 6_001, 6_001) == [0, 0, 0, 0, 0, 1, 0]
    assert outcomes(venue.reserve(ReserveStep.REPORT_PRICE, day=DAY + 6, price_ticks=6_001)) == [
        Outcome.REPORT_OUT_OF_ORDER
    ]
    assert outcomes(decide(venue, 1, 500, day=DAY + 6)) == OK
    assert [(h.available_lots, h.locked_lots) for h in whole(venue).core.holdings(GOVERNMENT)] == [(9_500, 500)]
    assert report_prices(venue, 5_000, 6_001, 6_001, 6_001, start=7) == [0, 0, 0, 2]
    # The year's budget of 500 is used up: the trigger is met, and allows nothing.
    assert venue.core.reserves()[0].triggers[1].most_lots == 0
    assert outcomes(decide(venue, 2, 1, day=DAY + 10)) == [Outcome.RESERVE_INSUFFICIENT]


def test_two_triggers_share_one_yearly_budget() -> None:
    venue = founded()
    report_prices(venue, 6_001, 6_001, 6_001)
    venue.reserve(ReserveStep.REPORT_CIRCULATION, quantity_lots=3_000, day=DAY + 3)
    assert outcomes(decide(venue, 1, 400, day=DAY + 3)) == OK
    over = decide(venue, 2, 300, day=DAY + 3)
    assert outcomes(over) == [Outcome.RESERVE_BUDGET_EXCEEDED]
    assert outcomes(decide(venue, 2, 100, day=DAY + 3)) == OK


def test_units_are_bought_back_at_the_price_decided_until_the_decision_is_used_up() -> None:
    venue = founded()
    venue.fact(SELLER, Fact.ALLOCATION, 2022, 1_000)
    venue.deposit_units(SELLER, 1, 300)
    assert report_prices(venue, 1_999, 1_999) == [0, 1]
    assert outcomes(decide(venue, 1, 101, day=DAY + 1, price_ticks=1_900)) == [Outcome.RESERVE_INSUFFICIENT]
    assert outcomes(decide(venue, 1, 100, day=DAY + 1)) == [Outcome.PRICE_OUT_OF_BOUNDS]
    assert outcomes(decide(venue, 1, 100, day=DAY + 1, price_ticks=1_900)) == OK
    assert outcomes(venue.reserve(ReserveStep.SELL_BACK, SELLER, target=1, quantity_lots=101)) == [
        Outcome.BUY_BACK_NOT_OPEN
    ]
    assert outcomes(venue.reserve(ReserveStep.SELL_BACK, SELLER, target=1, quantity_lots=60)) == OK
    assert outcomes(venue.reserve(ReserveStep.SELL_BACK, SELLER, target=1, quantity_lots=41)) == [
        Outcome.BUY_BACK_NOT_OPEN
    ]
    assert venue.core.cash(SELLER).available_minor == 1_000_000 + 60 * 1_900
    assert venue.core.cash(GOVERNMENT).available_minor == 1_000_000 - 60 * 1_900
    assert whole(venue).core.reserves()[0].lots == 1_060
    assert outcomes(venue.reserve(ReserveStep.SELL_BACK, OPERATOR, target=1, quantity_lots=1)) == [
        Outcome.NOT_PERMITTED_FOR_CLASS
    ]
    assert outcomes(venue.reserve(ReserveStep.REPORT_PRICE, SELLER, price_ticks=1)) == [Outcome.NOT_PERMITTED_FOR_CLASS]


def test_units_lapse_after_their_years() -> None:
    venue = founded(lots=400)
    venue.reserve(ReserveStep.ENDOW, quantity_lots=100, day=DAY + 365)
    venue.reserve(ReserveStep.EXPIRE, day=DAY + 2 * 365)
    assert whole(venue).core.reserves()[0].lots == 500
    applied = venue.reserve(ReserveStep.EXPIRE, day=DAY + 3 * 365)
    assert only(applied, EventKind.RESERVE_CHANGED)["quantity_lots"][0] == -400
    assert whole(venue).core.reserves()[0].vintages == ((2023, 100),)


def test_what_lies_above_last_years_sales_may_be_cancelled() -> None:
    venue = founded({**RULES, "reserve.invalidated_above_sales": 1}, lots=400)
    venue.reserve(ReserveStep.EXPIRE, quantity_lots=150)
    assert whole(venue).core.reserves()[0].lots == 150


def test_without_a_reserve_nothing_is_asked_of_it() -> None:
    venue = venue_with(UNIFORM)
    assert outcomes(venue.reserve(ReserveStep.REPORT_PRICE, price_ticks=1)) == [Outcome.RESERVE_UNKNOWN]
    venue.round("first", 1)
    venue.supply(1, 2, 10)
    venue.set_value(1, "supply.unsold", "reserve")
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == ([Outcome.RESERVE_UNKNOWN], Parameter.SUPPLY_UNSOLD)


def test_unsold_units_may_go_into_the_reserve() -> None:
    venue = founded({**UNIFORM, "supply.unsold": "reserve"}, lots=0)
    venue.round("first", 1)
    venue.supply(1, GOVERNMENT, 100)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 4, 1_500, 30)
    venue.act(1, RoundAction.CLOSE)
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == OK
    assert whole(venue).core.reserves()[0].lots == 70


def test_unsold_units_are_spread_over_later_rounds_up_to_a_cap() -> None:
    spread: dict[Key, int | str] = {
        **UNIFORM,
        "supply.unsold": "spread_over_rounds",
        "supply.unsold_rounds": 2,
        "supply.unsold_cap_percent": 125,
    }
    venue = venue_with(spread)
    for number in (1, 2, 3, 4):
        venue.round(f"round {number}", 1)
        venue.supply(number, GOVERNMENT, 100)
    offered = []
    for number in (1, 2, 3, 4):
        venue.act(number, RoundAction.OPEN)
        offered.append(sum(line.quantity_lots for line in venue.core.rounds()[number - 1].supply))
        venue.bid(number, 4, 1_500, 19 if number == 1 else offered[-1])
        venue.act(number, RoundAction.CLOSE)
        venue.act(number, RoundAction.CLEAR)
        assert whole(venue).core.round_result(number) is not None
    # 81 unsold: 41 for the second round, 40 for the third; each takes 25, the rest goes on.
    assert offered == [100, 125, 125, 125]


def test_what_a_round_cannot_take_is_shared_out_over_the_later_ones() -> None:
    """120 unsold are 40 for each of three rounds. The second takes 25: of the 15 over, 8 go to the third and 7 to the
    fourth, and those have room."""
    spread: dict[Key, int | str] = {
        **UNIFORM,
        "supply.unsold": "spread_over_rounds",
        "supply.unsold_rounds": 3,
        "supply.unsold_cap_percent": 125,
    }
    venue = venue_with(spread)
    planned = (121, 100, 400, 400)
    for number, lots in enumerate(planned, start=1):
        venue.round(f"round {number}", 1)
        venue.supply(number, GOVERNMENT, lots)
    offered = []
    for number in range(1, 5):
        venue.act(number, RoundAction.OPEN)
        offered.append(sum(line.quantity_lots for line in venue.core.rounds()[number - 1].supply))
        venue.bid(number, 4, 1_500, 1 if number == 1 else offered[-1])
        venue.act(number, RoundAction.CLOSE)
        venue.act(number, RoundAction.CLEAR)
        assert whole(venue).core.round_result(number) is not None
    assert offered == [121, 125, 448, 447]


TIERS: dict[Key, int | str] = {
    **UNIFORM,
    "auction.price_rule": "fixed",
    "reserve.tier_price_1": 3_000,
    "reserve.tier_price_2": 4_000,
    "reserve.tier_budget_1": 50,
    "reserve.tier_due_share": 600_000,
    "reserve.tier_margin_rule": "pro_rata_largest_remainder",
}


def test_a_tier_is_sold_at_its_price_when_it_is_due_and_within_its_budget() -> None:
    venue = founded(TIERS, lots=0)
    venue.round("first", 1)
    venue.line(1, GOVERNMENT, 80, kind=SupplyKind.RESERVE, tier=1)
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == ([Outcome.TRIGGER_NOT_MET], Parameter.RESERVE_TIER_DUE_SHARE)
    venue.reserve(ReserveStep.REPORT_PRICE, price_ticks=1_800)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    venue.bid(1, 3, 3_000, 40)
    venue.bid(1, 4, 3_500, 60)
    venue.act(1, RoundAction.CLOSE)
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == OK
    result = whole(venue).core.round_result(1)
    assert result is not None
    assert [(a.awarded_lots, a.payment_minor) for a in result.awards] == [(20, 60_000), (30, 90_000)]


# -- years ----------------------------------------------------------------------------------------------------------

PAID: dict[Key, int | str] = {
    **UNIFORM,
    "allocation.reserve_share": 20_000,
    "allocation.new_entrant_share": 20_000,
    ("allocation.paid_share", EMITTER): 30_000,
    "allocation.rounds_per_year": 4,
    "allocation.no_growth_from": 2023,
    "allocation.decline_from": 2024,
    "allocation.decline_share": 10_000,
}


def plan(venue: Venue, year: int, lots: int) -> Applied:
    return venue.allocation(AllocationStep.PLAN, GOVERNMENT, year, lots, rule_book=1)


def test_a_year_is_divided_and_turns_from_free_to_paid() -> None:
    venue = founded(PAID, lots=0)
    assert kinds(plan(venue, 2022, 10_001)) == [EventKind.YEAR_PLANNED, EventKind.RESERVE_CHANGED]
    year = whole(venue).core.allocation_years()[0]
    assert (year.emitter_lots, year.new_entrant_lots, year.reserve_lots) == (9_601, 200, 200)
    assert venue.core.reserves()[0].lots == 200
    assert kinds(venue.allocation(AllocationStep.ALLOCATE, 3, 2022, 1_001)) == [EventKind.UNITS_ALLOCATED]
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 4, 2022, 500, exempt=1)) == OK
    # 97 % of 1,001 t are 970.97 t: 970 t free, 31 t to be paid for; who is exempt gets all of its 500 t.
    assert [h.available_lots for n in (3, 4) for h in venue.core.holdings(n)] == [970, 500]
    year = whole(venue).core.allocation_years()[0]
    assert (year.free_lots, year.paid_lots, year.round_lots) == (1_470, 31, (8, 8, 8, 7))


def test_the_path_of_the_cap_is_kept() -> None:
    venue = founded({**PAID, "allocation.reserve_share": 0}, lots=0)
    for year, lots, outcome, parameter in (
        (2022, 10_000, Outcome.ACCEPTED, Parameter.NONE),
        (2022, 9_000, Outcome.YEAR_ALREADY_PLANNED, Parameter.NONE),
        (2023, 10_001, Outcome.CAP_PATH_BROKEN, Parameter.ALLOCATION_NO_GROWTH_FROM),
        (2023, 10_000, Outcome.ACCEPTED, Parameter.NONE),
        (2024, 10_000, Outcome.CAP_PATH_BROKEN, Parameter.ALLOCATION_DECLINE_FROM),
        (2024, 9_901, Outcome.CAP_PATH_BROKEN, Parameter.ALLOCATION_DECLINE_SHARE),
        (2024, 9_900, Outcome.ACCEPTED, Parameter.NONE),
    ):
        applied = plan(venue, year, lots)
        assert (outcomes(applied), applied.parameters[0]) == ([outcome], parameter), (year, lots)
    assert [y.total_lots for y in whole(venue).core.allocation_years()] == [10_000, 10_000, 9_900]


def test_allocations_stay_within_the_plan() -> None:
    venue = founded({**PAID, "allocation.reserve_share": 0}, lots=0)
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 3, 2022, 10)) == [Outcome.YEAR_NOT_PLANNED]
    plan(venue, 2022, 1_000)
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 3, 2022, 981)) == [Outcome.ALLOCATION_EXCEEDS_PLAN]
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 3, 2022, 980)) == OK
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 3, 2022, 1)) == [Outcome.ALLOCATION_EXCEEDS_PLAN]
    assert outcomes(venue.allocation(AllocationStep.ALLOCATE, 99, 2022, 1)) == [Outcome.PARTICIPANT_UNKNOWN]
    assert outcomes(venue.allocation(9, 3, 2022, 1)) == [Outcome.UNKNOWN_COMMAND]
    whole(venue)


def test_a_share_for_the_reserve_needs_a_reserve() -> None:
    venue = venue_with(PAID)
    refused = plan(venue, 2022, 1_000)
    assert outcomes(refused) == [Outcome.RESERVE_UNKNOWN]
    assert venue.core.allocation_years() == []


def test_reserve_and_years_are_part_of_the_state() -> None:
    digests = set()
    for price in (5_000, 6_001):
        venue = founded(PAID, lots=0)
        digests.add(venue.core.digest())
        venue.reserve(ReserveStep.REPORT_PRICE, price_ticks=price)
        digests.add(venue.core.digest())
        plan(venue, 2022, price)
        digests.add(venue.core.digest())
    assert len(digests) == 5


def test_enough_of_a_year_has_to_be_sold() -> None:
    venue = founded({**PAID, "allocation.reserve_share": 0, "allocation.paid_share_minimum": 29_401}, lots=0)
    refused = plan(venue, 2022, 1_000)
    # 98 % of the total go to emitters, who pay for 3 % of that: 2.94 %.
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.PARAMETER_VALUE_NOT_ALLOWED],
        Parameter.ALLOCATION_PAID_SHARE_MINIMUM,
    )
    enough = founded({**PAID, "allocation.reserve_share": 0, "allocation.paid_share_minimum": 29_400}, lots=0)
    assert outcomes(plan(enough, 2022, 1_000)) == OK
