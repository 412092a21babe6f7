"""The kill switch as a table: every action in every state by every role, for every kind of target."""

from __future__ import annotations

import itertools

import pytest

from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, ParticipantClass, Side, Table
from engine.outcomes import Outcome
from engine.views import Applied
from engine.words.floor import ControlAction
from tests.core.venue import OPERATOR, TRADING, Venue, outcomes

A = ControlAction
FIRST, MEMBER, OTHER, AUTHORITY, SECOND = OPERATOR, 2, 3, 4, 5
TARGETS = {
    "member": (MEMBER, ALL_INSTRUMENTS),
    "instrument": (ALL_PARTICIPANTS, 1),
    "everything": (ALL_PARTICIPANTS, ALL_INSTRUMENTS),
}
WAY: dict[str, list[tuple[ControlAction, int]]] = {
    "trading": [],
    "stopped": [(A.STOP, FIRST)],
    "resumption proposed": [(A.STOP, FIRST), (A.PROPOSE_RESUMPTION, FIRST)],
}
LEADS = {
    ("trading", A.STOP): "stopped",
    ("stopped", A.PROPOSE_RESUMPTION): "resumption proposed",
    ("resumption proposed", A.PROPOSE_RESUMPTION): "resumption proposed",
    ("resumption proposed", A.APPROVE_RESUMPTION): "trading",
}
"""Written out by hand: where each action leads; the first operator has proposed."""


def venue_with_orders() -> Venue:
    venue = Venue()
    venue.instrument("SZEA", venue.adopt(TRADING))
    for name, klass in (
        ("member", ParticipantClass.INSTITUTION),
        ("other", ParticipantClass.INSTITUTION),
        ("authority", ParticipantClass.GOVERNMENT),
        ("second", ParticipantClass.OPERATOR),
    ):
        number = venue.register(name, klass)
        if klass is ParticipantClass.INSTITUTION:
            venue.deposit_cash(number, 10**6)
            venue.order(number, Side.BUY, 100, 5)
    return venue


def act(venue: Venue, action: int, actor: int, target: str, reason: str = "as agreed") -> Applied:
    participant, instrument = TARGETS[target]
    row = {"action": action, "participant": participant, "instrument": instrument}
    return venue.worded(Table.MARKET_CONTROLS, reason, actor, **row)


def state(venue: Venue) -> str:
    if not venue.core.floor.stops():
        return "trading"
    return "resumption proposed" if venue.core.floor.proposals_to_resume() else "stopped"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("before", WAY)
def test_every_action_in_every_state_by_every_role(before: str, target: str) -> None:
    for action, actor in itertools.product(A, (FIRST, SECOND, MEMBER, OTHER, AUTHORITY)):
        venue, named = venue_with_orders(), (before, target, action, actor)
        for step, who in WAY[before]:
            assert outcomes(act(venue, step, who, target)) == [Outcome.ACCEPTED], named
        assert state(venue) == before
        digest = [len(venue.core.orders(1)), venue.core.floor.stops(), venue.core.floor.proposals_to_resume()]
        applied = act(venue, action, actor, target)
        own = action is A.STOP and actor == MEMBER and target == "member"
        is_right = (before, action) in LEADS and (actor in (FIRST, SECOND) or own)
        if is_right and not (action is A.APPROVE_RESUMPTION and actor == FIRST):
            assert outcomes(applied) == [Outcome.ACCEPTED], named
            assert state(venue) == LEADS[before, action], named
        else:
            assert outcomes(applied) != [Outcome.ACCEPTED], named
            after = [len(venue.core.orders(1)), venue.core.floor.stops(), venue.core.floor.proposals_to_resume()]
            assert after == digest, named


@pytest.mark.parametrize("target", TARGETS)
def test_a_stop_is_in_the_digest_and_survives_a_dump(target: str) -> None:
    venue = venue_with_orders()
    before = venue.core.digest()
    act(venue, A.STOP, FIRST, target)
    act(venue, A.PROPOSE_RESUMPTION, SECOND, target)
    assert venue.core.digest() != before
    other = Venue()
    other.core.restore(venue.core.dump())
    other.time_ns = venue.time_ns
    assert other.core.digest() == venue.core.digest()
    for one in (venue, other):
        assert outcomes(act(one, A.APPROVE_RESUMPTION, SECOND, target)) == [Outcome.SAME_PERSON]
        assert outcomes(act(one, A.APPROVE_RESUMPTION, FIRST, target)) == [Outcome.ACCEPTED]
    assert other.core.digest() == venue.core.digest()


def test_each_stop_stands_for_itself() -> None:
    venue = venue_with_orders()
    for target in TARGETS:
        act(venue, A.STOP, FIRST, target)
    for lifted, target in enumerate(TARGETS, 1):
        act(venue, A.PROPOSE_RESUMPTION, FIRST, target)
        act(venue, A.APPROVE_RESUMPTION, SECOND, target)
        venue.order(MEMBER, Side.BUY, 100, 5)
        wanted = Outcome.ACCEPTED if lifted == len(TARGETS) else Outcome.TRADING_STOPPED
        assert outcomes(venue.applied) == [wanted]  # type: ignore[arg-type]
