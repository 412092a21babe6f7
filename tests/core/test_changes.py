"""Changes of the rules while the venue runs: who may, in which state, from when they hold, and what they leave."""

from __future__ import annotations

import itertools
import json

import pytest

from engine.commands import ParticipantClass, Phase, Side, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis, Parameter
from engine.views import Applied, ChangeState
from engine.words.floor import ChangeStep
from tests.core.venue import OPERATOR, TRADING, Key, Venue, kinds, only, outcomes

OK = [Outcome.ACCEPTED]
FIRST, SECOND, AUTHORITY, MEMBER = OPERATOR, 4, 3, 2
FOUR_EYES: dict[Key, int | str] = {
    **TRADING,
    "trading.band": 100_000,
    "trading.reference_price": 5_000,
    "governance.trading_four_eyes": 1,
}
BAND = BY_KEY["trading.band"]
S, C = ChangeStep, ChangeState


def venue_with(book: dict[Key, int | str]) -> Venue:
    venue = Venue()
    venue.instrument("SZEA", venue.adopt(book))
    assert venue.register("member", ParticipantClass.INSTITUTION) == MEMBER
    assert venue.register("authority", ParticipantClass.GOVERNMENT) == AUTHORITY
    assert venue.register("second operator", ParticipantClass.OPERATOR) == SECOND
    venue.deposit_cash(MEMBER, 10**9)
    return venue


def propose(venue: Venue, value: int = 50_000, actor: int = FIRST, **columns: int) -> Applied:
    row = {"step": S.PROPOSE, "instrument": 1, "parameter": BAND, "value": value, **columns}
    return venue.worded(Table.VENUE_CHANGES, "calm the market", actor, **row)


def answer(venue: Venue, step: ChangeStep, actor: int = SECOND, change: int = 1) -> Applied:
    return venue.worded(Table.VENUE_CHANGES, "", actor, step=step, change=change)


def bids(venue: Venue, price: int) -> Outcome:
    venue.order(MEMBER, Side.BUY, price, 1)
    (outcome,) = outcomes(venue.applied)  # type: ignore[arg-type]
    return outcome


def in_state(state: ChangeState | None) -> Venue:
    """A venue whose first change is in a state; None: there is none."""
    venue = venue_with(FOUR_EYES)
    later = {"effective_ns": venue.time_ns + 1_000}
    if state is not None:
        assert outcomes(propose(venue, **later)) == OK
    if state in (C.APPROVED, C.IN_FORCE):
        assert outcomes(answer(venue, S.APPROVE)) == OK
    if state is C.WITHDRAWN:
        assert outcomes(answer(venue, S.WITHDRAW)) == OK
    if state in (C.IN_FORCE, C.LAPSED):
        venue.time_ns += 2_000
        venue.deposit_cash(MEMBER, 1)
    if state is not None:
        assert venue.core.floor.changes()[0].state is state
    return venue


LEADS = {
    (C.WAITING, S.APPROVE): C.APPROVED,
    (C.WAITING, S.WITHDRAW): C.WITHDRAWN,
    (C.APPROVED, S.WITHDRAW): C.WITHDRAWN,
}
MAY = {S.APPROVE: {SECOND, AUTHORITY}, S.WITHDRAW: {FIRST, SECOND}}
"""Written out by hand: the steps that lead anywhere, and whose they are when the first operator has proposed."""


def _against(state: ChangeState | None, step: ChangeStep, actor: int) -> Outcome:
    """What speaks against a step that leads nowhere: first the person, then the change, then both together."""
    if actor == MEMBER or (step is not S.APPROVE and actor not in (FIRST, SECOND)):
        return Outcome.NOT_PERMITTED_FOR_CLASS
    if state is None:
        return Outcome.CHANGE_UNKNOWN
    if (state, step) not in LEADS:
        return Outcome.CHANGE_NO_LONGER_WAITING
    return Outcome.SAME_PERSON


@pytest.mark.parametrize("state", [None, *C], ids=lambda state: "none" if state is None else state.name)
def test_every_step_in_every_state_by_every_role(state: ChangeState | None) -> None:
    for step, actor in itertools.product((S.APPROVE, S.WITHDRAW), (FIRST, SECOND, AUTHORITY, MEMBER)):
        venue = in_state(state)
        before = venue.core.floor.changes(), venue.core.floor.own_values(1)
        applied = answer(venue, step, actor)
        named = (state, step, actor)
        if state is not None and (state, step) in LEADS and actor in MAY[step]:
            assert outcomes(applied) == OK, named
            assert venue.core.floor.changes()[0].state is LEADS[state, step], named
            assert kinds(applied) == [EventKind.CHANGE_STEPPED], named
        else:
            assert outcomes(applied) == [_against(state, step, actor)], named
            assert (venue.core.floor.changes(), venue.core.floor.own_values(1)) == before, named


@pytest.mark.parametrize("actor", [SECOND, AUTHORITY, MEMBER])
def test_only_operators_propose(actor: int) -> None:
    wanted = OK if actor == SECOND else [Outcome.NOT_PERMITTED_FOR_CLASS]
    assert outcomes(propose(venue_with(FOUR_EYES), actor=actor)) == wanted


def test_who_proposed_may_not_approve_and_the_rule_is_named() -> None:
    venue = venue_with(FOUR_EYES)
    propose(venue)
    applied = answer(venue, S.APPROVE, FIRST)
    assert outcomes(applied) == [Outcome.SAME_PERSON]
    assert applied.parameters.tolist() == [Parameter.GOVERNANCE_TRADING_FOUR_EYES]


def test_a_change_holds_from_the_stated_time_within_the_day_and_after() -> None:
    venue = venue_with(FOUR_EYES)
    assert bids(venue, 5_500) is Outcome.ACCEPTED
    at = venue.time_ns + 100
    propose(venue, effective_ns=at)
    answer(venue, S.APPROVE)
    assert bids(venue, 5_500) is Outcome.ACCEPTED
    venue.time_ns = at - 1
    assert bids(venue, 5_500) is Outcome.PRICE_OUTSIDE_BAND
    first, refusal = venue.applied.events  # type: ignore[union-attr]
    assert first["kind"] == EventKind.CHANGE_TOOK_EFFECT
    assert (first["quantity_lots"], first["remaining_lots"], first["reference"]) == (4_750, 5_250, 1)
    assert refusal["parameter"] == BAND
    assert len(venue.core.orders(1)) == 2, "what rests is left alone"
    for phase in (Phase.CLOSED, Phase.CONTINUOUS):
        venue.send(Table.PHASES, [{"instrument": 1, "phase": phase}])
    assert only(venue.applied, EventKind.TRADING_DAY_BEGAN)["remaining_lots"].tolist() == [5_250]  # type: ignore[arg-type]


def test_a_change_holds_from_the_stated_sequence_number() -> None:
    venue = venue_with(FOUR_EYES)
    propose(venue, effective_sequence=venue.core.next_sequence + 4)
    answer(venue, S.APPROVE)
    while venue.core.floor.changes()[0].state is ChangeState.APPROVED:
        before = venue.core.next_sequence
        venue.deposit_cash(MEMBER, 1)
    (effect,) = only(venue.applied, EventKind.CHANGE_TOOK_EFFECT)  # type: ignore[arg-type]
    assert before == venue.core.floor.changes()[0].effective_sequence
    assert venue.applied.events["kind"].tolist() == [effect["kind"], EventKind.CASH_DEPOSITED]  # type: ignore[union-attr]
    assert venue.applied.first_sequence == before  # type: ignore[union-attr]
    assert venue.core.next_sequence == before + 2


def test_one_person_is_enough_where_the_book_does_not_ask_for_two() -> None:
    venue = venue_with({**FOUR_EYES, "governance.trading_four_eyes": 0})
    applied = propose(venue)
    assert kinds(applied) == [EventKind.CHANGE_STEPPED, EventKind.CHANGE_TOOK_EFFECT]
    assert bids(venue, 5_251) is Outcome.PRICE_OUTSIDE_BAND
    assert venue.core.floor.own_values(1) == {BAND: 50_000}


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({"instrument": 2}, Outcome.INSTRUMENT_UNKNOWN),
        ({"parameter": BY_KEY["trading.close_formula"]}, Outcome.PARAMETER_NOT_CHANGEABLE),
        ({"parameter": 9_999}, Outcome.PARAMETER_NOT_CHANGEABLE),
        ({"value": 2_000_000}, Outcome.PARAMETER_VALUE_NOT_ALLOWED),
        ({"value": -1}, Outcome.PARAMETER_VALUE_NOT_ALLOWED),
        ({"parameter": 0, "value": 7}, Outcome.RULE_BOOK_UNKNOWN),
        ({"effective_ns": 5}, Outcome.CHANGE_EFFECT_IN_PAST),
        ({"effective_sequence": 2}, Outcome.CHANGE_EFFECT_IN_PAST),
        ({"effective_ns": -5}, Outcome.CHANGE_EFFECT_IN_PAST),
        ({"step": 9}, Outcome.UNKNOWN_COMMAND),
    ],
)
def test_a_proposal_that_cannot_be_made(columns: dict[str, int], outcome: Outcome) -> None:
    venue = venue_with(FOUR_EYES)
    row = {"step": S.PROPOSE, "instrument": 1, "parameter": BAND, "value": 50_000, **columns}
    before = venue.core.floor.changes(), venue.core.floor.own_values(1)
    assert outcomes(venue.worded(Table.VENUE_CHANGES, "so", **row)) == [outcome]
    assert (venue.core.floor.changes(), venue.core.floor.own_values(1)) == before


def test_a_proposal_says_why() -> None:
    row = {"step": S.PROPOSE, "instrument": 1, "parameter": BAND, "value": 50_000}
    venue = venue_with(FOUR_EYES)
    assert outcomes(venue.worded(Table.VENUE_CHANGES, " ", **row)) == [Outcome.REASON_MISSING]


def test_changes_that_wait_are_limited() -> None:
    venue = venue_with(FOUR_EYES)
    for _ in range(64):
        assert outcomes(propose(venue)) == OK
    assert outcomes(propose(venue)) == [Outcome.CHANGES_FULL]
    answer(venue, S.WITHDRAW, FIRST)
    assert outcomes(propose(venue)) == OK
    assert outcomes(answer(venue, S.APPROVE, change=99)) == [Outcome.CHANGE_UNKNOWN]


def test_an_instrument_goes_over_to_another_book_and_loses_its_own_values() -> None:
    venue = venue_with({**FOUR_EYES, "governance.trading_four_eyes": 0})
    propose(venue)
    wide = venue.adopt({**TRADING, "trading.band": 300_000}, name="wide")
    coarse = venue.adopt({**TRADING, "trading.tick": 5}, name="coarse")
    assert outcomes(propose(venue, parameter=0, value=coarse)) == [Outcome.PARAMETER_VALUE_NOT_ALLOWED]
    assert venue.applied.parameters.tolist() == [Parameter.TRADING_TICK]  # type: ignore[union-attr]
    assert outcomes(propose(venue, parameter=0, value=wide)) == OK
    assert venue.core.floor.own_values(1) == {}
    assert venue.core.instruments()[0].rule_book == wide
    assert bids(venue, 6_500) is Outcome.ACCEPTED
    assert bids(venue, 6_501) is Outcome.PRICE_OUTSIDE_BAND


# -- rule books ----------------------------------------------------------------------------------------------------


def propose_book(venue: Venue, actor: int = FIRST, **columns: int) -> Applied:
    rows = [
        {"parameter": BY_KEY[key], "basis": Basis.OPERATOR, "value": value, **columns} for key, value in TRADING.items()
    ]
    return venue.send(Table.BOOK_PROPOSALS, rows, json.dumps({"files": {}, "name": "next"}).encode(), actor)


def test_a_book_is_adopted_by_two_persons_where_a_book_says_so() -> None:
    venue = venue_with(FOUR_EYES)
    strict = venue.adopt({**TRADING, "governance.adoption_four_eyes": 1}, name="strict")
    direct = venue.send(Table.RULE_BOOKS, [{"parameter": 101, "basis": 3, "value": 1}], b'{"name": "alone"}')
    assert outcomes(direct) == [Outcome.CHANGE_NEEDS_SECOND_PERSON]
    assert direct.parameters.tolist() == [Parameter.GOVERNANCE_ADOPTION_FOUR_EYES]
    assert outcomes(propose_book(venue)) == 2 * OK
    assert len(venue.core.rule_books()) == strict
    assert outcomes(answer(venue, S.APPROVE, FIRST)) == [Outcome.SAME_PERSON]
    applied = answer(venue, S.APPROVE)
    assert kinds(applied) == [
        EventKind.CHANGE_STEPPED,
        EventKind.RULE_BOOK_ADOPTED,
        EventKind.CHANGE_TOOK_EFFECT,
    ]
    assert venue.core.rule_books()[-1].name == "next"
    assert venue.core.floor.changes()[0].value == strict + 1


def test_a_book_may_wait_for_its_time() -> None:
    venue = venue_with(FOUR_EYES)
    at = venue.time_ns + 50
    propose_book(venue, effective_ns=at)
    assert len(venue.core.rule_books()) == 1
    venue.time_ns = at
    venue.deposit_cash(MEMBER, 1)
    assert len(venue.core.rule_books()) == 2


def test_a_faulty_book_is_refused_as_a_whole() -> None:
    venue = venue_with(FOUR_EYES)
    rows = [{"parameter": 101, "basis": 3}, {"parameter": 9_999, "basis": 3}]
    applied = venue.send(Table.BOOK_PROPOSALS, rows, b'{"name": "bad"}')
    assert outcomes(applied) == [Outcome.PARAMETER_UNKNOWN] * 2
    assert venue.core.floor.changes() == []


def test_what_waits_is_in_the_digest_and_in_a_dump() -> None:
    venue = venue_with(FOUR_EYES)
    before = venue.core.digest()
    propose_book(venue, effective_ns=venue.time_ns + 10**6)
    propose(venue)
    assert venue.core.digest() != before
    other = Venue()
    other.core.restore(venue.core.dump())
    assert other.core.digest() == venue.core.digest()
    other.time_ns = venue.time_ns
    assert outcomes(answer(other, S.APPROVE, change=2)) == outcomes(answer(venue, S.APPROVE, change=2)) == OK
    assert other.core.digest() == venue.core.digest()
