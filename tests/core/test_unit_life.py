"""The life of a unit, step by step: what each does, who may take it, and that a refusal moves nothing."""

from __future__ import annotations

import pytest

from engine.commands import Fact, ParticipantClass, RoundAction, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.views import Applied
from engine.words.reserve import AllocationStep
from engine.words.units import UnitStep, UnitType
from tests.core.venue import OPERATOR, TRADING, UNIFORM, Key, Venue, kinds, only, outcomes

GOVERNMENT, EMITTER, BANK, OTHER = 2, 3, 4, 5
SZA, SZA_2025, CCER = 1, 2, 3
YEAR = 2024
OK = [Outcome.ACCEPTED]

RULES: dict[Key, int | str] = {
    **TRADING,
    "surrender.offset_share": 100_000,
    "surrender.offset_share_ccer": 50_000,
    "surrender.banking_years": 1,
    ("transfer.giver", ParticipantClass.KEY_EMITTER): 1,
    ("transfer.taker", ParticipantClass.KEY_EMITTER): 1,
    ("pledge.allowed", ParticipantClass.KEY_EMITTER): 1,
    "pledge.release": "either",
    ("retirement.allowed", ParticipantClass.INSTITUTION): 0,
}


def venue_of_units(rules: dict[Key, int | str] | None = None) -> Venue:
    """SZA of 2024, SZA of 2025 and CCER; a government, two emitters and a bank; 1,000 t to surrender for 2024."""
    venue = Venue()
    book = venue.adopt(RULES if rules is None else rules)
    for name in ("SZA-2024", "SZA-2025", "CCER"):
        venue.instrument(name, book, trading=False)
    for name, klass in (
        ("government", ParticipantClass.GOVERNMENT),
        ("emitter", ParticipantClass.KEY_EMITTER),
        ("bank", ParticipantClass.INSTITUTION),
        ("other emitter", ParticipantClass.KEY_EMITTER),
    ):
        venue.register(name, klass)
    for instrument, unit_type, vintage in ((SZA, UnitType.ALLOWANCE, 2024), (SZA_2025, UnitType.ALLOWANCE, 2025)):
        set_type(venue, instrument, unit_type, vintage)
    set_type(venue, CCER, UnitType.CCER, 0)
    venue.fact(EMITTER, Fact.EMISSIONS, YEAR, 1_000)
    return venue


def set_type(venue: Venue, instrument: int, unit_type: int, vintage: int) -> Applied:
    return venue.send(Table.UNIT_TYPES, [{"instrument": instrument, "unit_type": unit_type, "vintage": vintage}])


def take(
    venue: Venue, step: int, actor: int, lots: int, instrument: int = SZA, reason: str = "", **columns: int
) -> Applied:
    """One row of UNIT_STEPS."""
    data = reason.encode()
    row = {"step": step, "instrument": instrument, "quantity_lots": lots, "text_length": len(data), **columns}
    return venue.send(Table.UNIT_STEPS, [{**venue.key(actor), **row}], data, actor)


def issue(venue: Venue, participant: int, lots: int, instrument: int = SZA, year: int = YEAR) -> Applied:
    return take(venue, UnitStep.ISSUE, OPERATOR, lots, instrument, participant=participant, year=year)


def surrender(venue: Venue, lots: int, instrument: int = SZA, year: int = YEAR, obligation: int = SZA) -> Applied:
    return take(venue, UnitStep.SURRENDER, EMITTER, lots, instrument, year=year, obligation=obligation)


def pockets(venue: Venue, participant: int, instrument: int = SZA) -> tuple[int, int, int]:
    """Free, pledged, and good for surrender only."""
    for view in venue.core.holdings(participant):
        if view.instrument == instrument:
            return view.available_lots, view.pledged_lots, view.compliance_lots
    return 0, 0, 0


def refused(applied: Applied, outcome: Outcome, parameter: Parameter = Parameter.NONE) -> bool:
    return outcomes(applied) == [outcome] and int(applied.parameters[0]) == parameter


# -- what an instrument's units are ------------------------------------------------------------------------------------


def test_the_type_of_an_instrument_is_set_once() -> None:
    venue = venue_of_units()
    assert [(k.instrument, k.unit_type, k.vintage) for k in venue.core.unit_kinds()] == [
        (SZA, UnitType.ALLOWANCE, 2024),
        (SZA_2025, UnitType.ALLOWANCE, 2025),
        (CCER, UnitType.CCER, 0),
    ]
    assert refused(set_type(venue, SZA, UnitType.CCER, 0), Outcome.UNIT_TYPE_ALREADY_SET)
    assert refused(set_type(venue, 9, UnitType.CCER, 0), Outcome.INSTRUMENT_UNKNOWN)
    assert refused(set_type(venue, SZA, 9, 0), Outcome.UNKNOWN_COMMAND)
    assert refused(set_type(venue, SZA, UnitType.CCER, 20), Outcome.UNKNOWN_COMMAND)


# -- issue and allocation ----------------------------------------------------------------------------------------------


def test_units_are_issued_by_vintage() -> None:
    venue = venue_of_units()
    assert kinds(issue(venue, GOVERNMENT, 500)) == [EventKind.UNITS_ISSUED]
    assert outcomes(take(venue, UnitStep.ISSUE, GOVERNMENT, 100, participant=GOVERNMENT, year=YEAR)) == OK
    assert refused(issue(venue, GOVERNMENT, 1, year=2025), Outcome.VINTAGE_NOT_OF_INSTRUMENT)
    assert refused(
        take(venue, UnitStep.ISSUE, EMITTER, 1, participant=EMITTER, year=YEAR), Outcome.NOT_PERMITTED_FOR_CLASS
    )
    assert pockets(venue, GOVERNMENT) == (600, 0, 0)


def test_free_allocation_outside_a_plan_adds_up() -> None:
    venue = venue_of_units()
    issue(venue, GOVERNMENT, 500)
    for lots in (100, 50):
        applied = take(venue, UnitStep.ALLOCATE, GOVERNMENT, lots, participant=EMITTER, year=YEAR)
        assert kinds(applied) == [EventKind.UNITS_MOVED]
    assert pockets(venue, EMITTER) == (150, 0, 0)
    by_operator = {"participant": EMITTER, "counterparty": GOVERNMENT, "year": YEAR}
    assert outcomes(take(venue, UnitStep.ALLOCATE, OPERATOR, 10, **by_operator)) == OK
    assert venue.core._facts.lots(Fact.ALLOCATION, EMITTER, SZA, YEAR) == 160
    venue.allocation(AllocationStep.PLAN, GOVERNMENT, 2030, 10, rule_book=1)
    planned = take(venue, UnitStep.ALLOCATE, GOVERNMENT, 1, participant=EMITTER, year=2030)
    assert refused(planned, Outcome.YEAR_HAS_PLAN)
    of_another = take(venue, UnitStep.ALLOCATE, GOVERNMENT, 1, participant=BANK, counterparty=EMITTER, year=YEAR)
    assert refused(of_another, Outcome.NOT_PERMITTED_FOR_CLASS)


# -- transfer, retirement, pledge --------------------------------------------------------------------------------------


def test_who_may_transfer_is_a_rule_by_class() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100)
    issue(venue, BANK, 100)
    assert outcomes(take(venue, UnitStep.TRANSFER, EMITTER, 40, participant=OTHER)) == OK
    assert (pockets(venue, EMITTER), pockets(venue, OTHER)) == ((60, 0, 0), (40, 0, 0))
    for actor, taker, parameter in (
        (BANK, EMITTER, Parameter.TRANSFER_GIVER),
        (EMITTER, BANK, Parameter.TRANSFER_TAKER),
    ):
        applied = take(venue, UnitStep.TRANSFER, actor, 1, participant=taker)
        assert refused(applied, Outcome.TRANSFER_NOT_ALLOWED, parameter)
    assert refused(take(venue, UnitStep.TRANSFER, EMITTER, 1, participant=EMITTER), Outcome.TRANSFER_TO_SELF)


def test_units_are_retired_unless_the_rules_forbid_it() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100)
    issue(venue, BANK, 100)
    assert kinds(take(venue, UnitStep.RETIRE, EMITTER, 30, reason="for a concert")) == [EventKind.UNITS_RETIRED]
    assert pockets(venue, EMITTER) == (70, 0, 0)
    forbidden = take(venue, UnitStep.RETIRE, BANK, 1)
    assert refused(forbidden, Outcome.RETIREMENT_NOT_ALLOWED, Parameter.RETIREMENT_ALLOWED)


def test_pledged_units_are_free_again_by_consent_or_by_order() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100)
    applied = take(venue, UnitStep.PLEDGE, EMITTER, 60, participant=BANK)
    assert int(applied.references[0]) == 1
    assert pockets(venue, EMITTER) == (40, 60, 0)
    assert refused(take(venue, UnitStep.TRANSFER, EMITTER, 41, participant=OTHER), Outcome.HOLDING_INSUFFICIENT)
    assert refused(
        take(venue, UnitStep.RELEASE, EMITTER, 1, target=1), Outcome.PLEDGE_RELEASE_NOT_YOURS, Parameter.PLEDGE_RELEASE
    )
    assert refused(take(venue, UnitStep.RELEASE, BANK, 61, target=1), Outcome.PLEDGE_EXCEEDED)
    assert refused(take(venue, UnitStep.RELEASE, BANK, 1, target=2), Outcome.PLEDGE_UNKNOWN)
    assert refused(take(venue, UnitStep.RELEASE, BANK, 1, SZA_2025, target=1), Outcome.PLEDGE_UNKNOWN)
    assert outcomes(take(venue, UnitStep.RELEASE, BANK, 20, target=1)) == OK
    without_reason = take(venue, UnitStep.RELEASE, OPERATOR, 40, target=1)
    assert refused(without_reason, Outcome.REASON_MISSING, Parameter.PLEDGE_RELEASE)
    assert [(p.owner, p.pledgee, p.lots) for p in venue.core.pledges()] == [(EMITTER, BANK, 40)]
    assert outcomes(take(venue, UnitStep.RELEASE, OPERATOR, 40, target=1, reason="court order 7")) == OK
    assert venue.core.pledges() == []
    assert pockets(venue, EMITTER) == (100, 0, 0)
    assert refused(take(venue, UnitStep.PLEDGE, BANK, 1, participant=EMITTER), Outcome.PLEDGE_NOT_ALLOWED,
                   Parameter.PLEDGE_ALLOWED)  # fmt: skip
    assert refused(take(venue, UnitStep.PLEDGE, EMITTER, 1, participant=EMITTER), Outcome.PLEDGE_TO_SELF)


@pytest.mark.parametrize(
    ("rule", "by_pledgee", "by_order"), [("consent", True, False), ("order", False, True), (None, True, False)]
)
def test_who_ends_a_pledge_is_a_rule(rule: str | None, by_pledgee: bool, by_order: bool) -> None:
    rules = {**RULES, "pledge.release": rule} if rule else {k: v for k, v in RULES.items() if k != "pledge.release"}
    venue = venue_of_units(rules)
    issue(venue, EMITTER, 100)
    take(venue, UnitStep.PLEDGE, EMITTER, 60, participant=BANK)
    assert (outcomes(take(venue, UnitStep.RELEASE, BANK, 1, target=1)) == OK) is by_pledgee
    assert (outcomes(take(venue, UnitStep.RELEASE, OPERATOR, 1, target=1, reason="order")) == OK) is by_order


# -- surrender ---------------------------------------------------------------------------------------------------------


def test_surrender_meets_an_obligation_and_no_more() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 2_000)
    event = only(surrender(venue, 600), EventKind.UNITS_SURRENDERED)
    assert (int(event["quantity_lots"][0]), int(event["remaining_lots"][0])) == (600, 400)
    assert refused(surrender(venue, 401), Outcome.SURRENDER_ABOVE_OBLIGATION)
    assert outcomes(surrender(venue, 400)) == OK
    assert refused(surrender(venue, 1, year=2023), Outcome.OBLIGATION_UNKNOWN)
    view = venue.core.obligations(EMITTER)[0]
    assert (view.emissions, view.surrendered, view.owed) == (1_000, ((UnitType.ALLOWANCE, 1_000),), 0)
    assert pockets(venue, EMITTER) == (1_000, 0, 0)


def test_offsets_count_up_to_their_share() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100, CCER, year=0)
    over = surrender(venue, 51, CCER)
    assert refused(over, Outcome.OFFSET_LIMIT_EXCEEDED, Parameter.SURRENDER_OFFSET_SHARE_CCER)
    assert outcomes(surrender(venue, 50, CCER)) == OK
    again = surrender(venue, 1, CCER)
    assert refused(again, Outcome.OFFSET_LIMIT_EXCEEDED, Parameter.SURRENDER_OFFSET_SHARE_CCER)


@pytest.mark.parametrize(("base", "most"), [(None, 100), ("emissions", 100), ("allocation", 60), ("shortfall", 40)])
def test_the_base_of_the_offset_limit_is_a_rule(base: str | None, most: int) -> None:
    rules: dict[Key, int | str] = {**TRADING, "surrender.offset_share": 100_000}
    venue = venue_of_units({**rules, "surrender.offset_base": base} if base else rules)
    venue.fact(EMITTER, Fact.ALLOCATION, YEAR, 600)
    venue.fact(EMITTER, Fact.SHORTFALL, YEAR, 400)
    issue(venue, EMITTER, 500, CCER, year=0)
    assert refused(surrender(venue, most + 1, CCER), Outcome.OFFSET_LIMIT_EXCEEDED, Parameter.SURRENDER_OFFSET_SHARE)
    assert outcomes(surrender(venue, most, CCER)) == OK


def test_no_offset_counts_where_the_rules_name_no_share() -> None:
    venue = venue_of_units(TRADING)
    issue(venue, EMITTER, 500, CCER, year=0)
    assert refused(surrender(venue, 1, CCER), Outcome.OFFSET_NOT_ELIGIBLE, Parameter.SURRENDER_OFFSET_SHARE)


def test_a_share_that_nobody_knows_stands_in_the_way() -> None:
    venue = venue_of_units({**TRADING, "surrender.offset_share": "unknown"})
    issue(venue, EMITTER, 500, CCER, year=0)
    assert refused(surrender(venue, 1, CCER), Outcome.PARAMETER_WITHOUT_VALUE, Parameter.SURRENDER_OFFSET_SHARE)


@pytest.mark.parametrize(
    ("rules", "year", "parameter"),
    [
        ({}, 2023, Parameter.SURRENDER_BORROWING_YEARS),
        ({"surrender.borrowing_years": 1}, 2023, None),
        ({"surrender.borrowing_years": 1}, 2022, Parameter.SURRENDER_BORROWING_YEARS),
        ({}, 2024, None),
        ({}, 2030, None),
        ({"surrender.banking_years": 0}, 2025, Parameter.SURRENDER_BANKING_YEARS),
        ({"surrender.banking_years": 2}, 2026, None),
        ({"surrender.banking_years": 2}, 2027, Parameter.SURRENDER_BANKING_YEARS),
    ],
)
def test_banking_and_borrowing_are_rules(rules: dict[Key, int], year: int, parameter: Parameter | None) -> None:
    venue = venue_of_units({**TRADING, **rules})
    venue.fact(EMITTER, Fact.EMISSIONS, year, 10)
    issue(venue, EMITTER, 10)
    applied = surrender(venue, 10, year=year)
    if parameter is None:
        assert outcomes(applied) == OK
    else:
        assert refused(applied, Outcome.VINTAGE_NOT_ELIGIBLE, parameter)


# -- units that serve surrender only -----------------------------------------------------------------------------------


def test_restricted_units_may_be_surrendered_and_nothing_else() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100)
    assert refused(take(venue, UnitStep.RESTRICT, OPERATOR, 80, participant=EMITTER), Outcome.REASON_MISSING)
    assert outcomes(take(venue, UnitStep.RESTRICT, OPERATOR, 80, participant=EMITTER, reason="article 9")) == OK
    assert pockets(venue, EMITTER) == (20, 0, 80)
    for step, columns in (
        (UnitStep.TRANSFER, {"participant": OTHER}),
        (UnitStep.PLEDGE, {"participant": BANK}),
        (UnitStep.RETIRE, {}),
    ):
        assert refused(take(venue, step, EMITTER, 21, **columns), Outcome.HOLDING_INSUFFICIENT)
    event = only(surrender(venue, 90), EventKind.UNITS_SURRENDERED)
    assert int(event["counter_order_id"][0]) == 80
    assert pockets(venue, EMITTER) == (10, 0, 0)


def test_a_restriction_is_lifted() -> None:
    venue = venue_of_units()
    issue(venue, EMITTER, 100)
    take(venue, UnitStep.RESTRICT, OPERATOR, 80, participant=EMITTER, reason="article 9")
    assert outcomes(take(venue, UnitStep.LIFT, OPERATOR, 50, participant=EMITTER, reason="decision 3")) == OK
    assert pockets(venue, EMITTER) == (70, 0, 30)
    assert refused(
        take(venue, UnitStep.LIFT, OPERATOR, 31, participant=EMITTER, reason="again"), Outcome.HOLDING_INSUFFICIENT
    )


@pytest.mark.parametrize("restricted", [True, False])
def test_what_a_round_sells_for_surrender_only_lies_apart(restricted: bool) -> None:
    venue = Venue()
    venue.instrument("SZA", venue.adopt({**UNIFORM, "use.compliance_only": int(restricted)}))
    for name, klass in (("government", ParticipantClass.GOVERNMENT), ("emitter", ParticipantClass.KEY_EMITTER)):
        venue.register(name, klass)
    venue.deposit_units(GOVERNMENT, 1, 100)
    venue.deposit_cash(EMITTER, 1_000_000)
    number = venue.round("first", 1)
    venue.supply(number, GOVERNMENT, 100)
    venue.act(number, RoundAction.OPEN)
    venue.bid(number, EMITTER, 1_500, 60)
    venue.act(number, RoundAction.CLOSE)
    applied = venue.act(number, RoundAction.CLEAR)
    assert (EventKind.UNITS_MOVED in kinds(applied)) is restricted
    assert pockets(venue, EMITTER) == ((0, 0, 60) if restricted else (60, 0, 0))
    assert venue.core.conservation() == []
