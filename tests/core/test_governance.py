"""The life of a round as a table: every stage, every step, every role; and nobody approves what is its own."""

from __future__ import annotations

import itertools

import pytest

from engine.commands import ParticipantClass, RoundAction
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.governance import STEPS
from engine.rounds.layout import Stage
from engine.views import Cash
from tests.core.test_rounds import venue_with
from tests.core.venue import UNIFORM, Key, Venue, kinds, only, outcomes

A, S = RoundAction, Stage
OK = [Outcome.ACCEPTED]

STRICT: dict[Key, int | str] = {
    **UNIFORM,
    "governance.four_eyes": 1,
    "governance.monitor": 1,
    "governance.announcement": 1,
    "governance.decline": 1,
}
DRAFTER, SECOND, MONITOR, AUTHORITY, EMITTER = 1, 6, 7, 2, 3

WAY: dict[Stage, list[tuple[RoundAction, int]]] = {
    S.DRAFT: [],
    S.PROPOSED: [(A.PROPOSE, DRAFTER)],
    S.APPROVED: [(A.PROPOSE, DRAFTER), (A.APPROVE, SECOND)],
    S.PUBLISHED: [(A.PROPOSE, DRAFTER), (A.APPROVE, SECOND), (A.PUBLISH, SECOND)],
}
WAY[S.OPEN] = [*WAY[S.PUBLISHED], (A.OPEN, DRAFTER)]
WAY[S.SUSPENDED] = [*WAY[S.OPEN], (A.SUSPEND, DRAFTER)]
WAY[S.CLOSED] = [*WAY[S.OPEN], (A.CLOSE, DRAFTER)]
WAY[S.CANCELLED] = [*WAY[S.OPEN], (A.CANCEL, DRAFTER)]
WAY[S.CLEARED] = [*WAY[S.CLOSED], (A.CLEAR, DRAFTER)]
WAY[S.CERTIFIED] = [*WAY[S.CLEARED], (A.CERTIFY, MONITOR)]
WAY[S.ANNOUNCED] = [*WAY[S.CERTIFIED], (A.ANNOUNCE, SECOND)]
WAY[S.DECLINED] = [*WAY[S.CERTIFIED], (A.DECLINE, SECOND)]
WAY[S.SETTLED] = [*WAY[S.ANNOUNCED], (A.SETTLE, DRAFTER)]

LEADS: dict[tuple[Stage, RoundAction], Stage] = {
    (S.DRAFT, A.PROPOSE): S.PROPOSED,
    (S.PROPOSED, A.APPROVE): S.APPROVED,
    (S.PROPOSED, A.RETURN_TO_DRAFT): S.DRAFT,
    (S.APPROVED, A.RETURN_TO_DRAFT): S.DRAFT,
    (S.APPROVED, A.PUBLISH): S.PUBLISHED,
    (S.PUBLISHED, A.OPEN): S.OPEN,
    (S.OPEN, A.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, A.RESUME): S.OPEN,
    (S.OPEN, A.EXTEND): S.OPEN,
    (S.SUSPENDED, A.EXTEND): S.SUSPENDED,
    (S.OPEN, A.CLOSE): S.CLOSED,
    (S.CLOSED, A.CLEAR): S.CLEARED,
    (S.CLEARED, A.CERTIFY): S.CERTIFIED,
    (S.CERTIFIED, A.ANNOUNCE): S.ANNOUNCED,
    (S.CLEARED, A.DECLINE): S.DECLINED,
    (S.CERTIFIED, A.DECLINE): S.DECLINED,
    (S.ANNOUNCED, A.SETTLE): S.SETTLED,
    **{(stage, A.CANCEL): S.CANCELLED
       for stage in (S.DRAFT, S.PROPOSED, S.APPROVED, S.PUBLISHED, S.OPEN, S.SUSPENDED, S.CLOSED)},
}  # fmt: skip
"""Written out again, by hand: every step that is right under a book with four eyes, a monitor and an announcement."""

OTHER = {A.APPROVE: {DRAFTER}, A.PUBLISH: {DRAFTER}, A.ANNOUNCE: {DRAFTER}, A.CERTIFY: {DRAFTER, SECOND}}
"""Who may not, because another step before was theirs."""

AUTHORITY_MAY = {A.APPROVE, A.CERTIFY, A.RETURN_TO_DRAFT}


def strict_venue(values: dict[Key, int | str] | None = None) -> Venue:
    venue = venue_with(STRICT if values is None else values)
    assert venue.register("second operator", ParticipantClass.OPERATOR) == SECOND
    assert venue.register("monitor", ParticipantClass.OPERATOR) == MONITOR
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    return venue


def taken_to(venue: Venue, stage: Stage) -> Venue:
    for action, actor in WAY[stage]:
        assert outcomes(venue.step(1, action, actor)) == OK, (stage, action)
        if action is A.OPEN:
            venue.bid(1, 4, 1_500, 60)
    assert venue.core.rounds()[0].stage == stage.name.lower()
    return venue


@pytest.mark.parametrize("stage", list(WAY), ids=lambda stage: stage.name)
def test_every_step_in_every_stage_by_every_role(stage: Stage) -> None:
    venue = taken_to(strict_venue(), stage)
    for action, actor in itertools.product(A, (DRAFTER, SECOND, MONITOR, AUTHORITY, EMITTER)):
        before = venue.core.rounds()[0], venue.core.conservation(), [venue.core.cash(n) for n in range(1, 6)]
        applied = venue.step(1, action, actor, argument=5)
        named = (stage, action, actor)
        is_right = (
            (stage, action) in LEADS
            and actor not in OTHER.get(action, set())
            and (actor in (DRAFTER, SECOND, MONITOR) or (actor == AUTHORITY and action in AUTHORITY_MAY))
        )
        if is_right:
            assert outcomes(applied) == OK, named
            assert venue.core.rounds()[0].stage == LEADS[stage, action].name.lower(), named
            step = venue.core.rounds()[0].steps[-1]
            assert (step.action, step.actor, step.reason) == (action, actor, "as agreed")
            venue = taken_to(strict_venue(), stage)
        else:
            assert outcomes(applied) != OK, named
            after = venue.core.rounds()[0], venue.core.conservation(), [venue.core.cash(n) for n in range(1, 6)]
            assert after == before, named
        assert venue.core.conservation() == []


def test_the_table_of_the_engine_knows_no_other_step() -> None:
    known = {(stage, action): after for action, ways in STEPS.items() for stage, after in ways.items()}
    without_four_eyes = {(S.DRAFT, A.OPEN): S.OPEN, (S.CLEARED, A.ANNOUNCE): S.ANNOUNCED}
    assert known == {**LEADS, **without_four_eyes}


@pytest.mark.parametrize(
    ("stage", "action", "actor", "outcome", "parameter"),
    [
        (S.DRAFT, A.OPEN, DRAFTER, Outcome.STEP_NOT_ALLOWED_IN_STAGE, Parameter.GOVERNANCE_FOUR_EYES),
        (S.PROPOSED, A.APPROVE, DRAFTER, Outcome.SAME_PERSON, Parameter.GOVERNANCE_FOUR_EYES),
        (S.APPROVED, A.PUBLISH, DRAFTER, Outcome.SAME_PERSON, Parameter.GOVERNANCE_FOUR_EYES),
        (S.CLEARED, A.CERTIFY, SECOND, Outcome.SAME_PERSON, Parameter.GOVERNANCE_MONITOR),
        (S.CLEARED, A.ANNOUNCE, SECOND, Outcome.STEP_NOT_ALLOWED_IN_STAGE, Parameter.GOVERNANCE_MONITOR),
        (S.CERTIFIED, A.ANNOUNCE, DRAFTER, Outcome.SAME_PERSON, Parameter.GOVERNANCE_FOUR_EYES),
        (S.OPEN, A.CLOSE, EMITTER, Outcome.NOT_PERMITTED_FOR_CLASS, Parameter.NONE),
        (S.OPEN, A.CLOSE, AUTHORITY, Outcome.NOT_PERMITTED_FOR_CLASS, Parameter.NONE),
        (S.SETTLED, A.CANCEL, DRAFTER, Outcome.ROUND_NOT_OPEN, Parameter.NONE),
    ],
)
def test_a_refused_step_names_its_rule(
    stage: Stage, action: RoundAction, actor: int, outcome: Outcome, parameter: Parameter
) -> None:
    refused = taken_to(strict_venue(), stage).step(1, action, actor)
    assert (outcomes(refused), refused.parameters[0]) == ([outcome], parameter)


def test_a_result_says_nothing_before_it_is_announced() -> None:
    venue = taken_to(strict_venue(), S.CLOSED)
    assert kinds(venue.step(1, A.CLEAR)) == [EventKind.ROUND_STEPPED]
    assert not venue.core.rounds()[0].result_is_public
    venue.step(1, A.CERTIFY, MONITOR)
    applied = venue.step(1, A.ANNOUNCE, SECOND)
    assert kinds(applied)[0] is EventKind.ROUND_CLEARED
    assert venue.core.rounds()[0].result_is_public


def test_nothing_moves_between_clear_and_settlement() -> None:
    venue = taken_to(strict_venue(), S.ANNOUNCED)
    assert venue.core.cash(4) == Cash(4, 1_000_000 - 90_000, 90_000)
    result = venue.core.round_result(1)
    assert result is not None
    assert result.sold_lots == 60
    applied = venue.step(1, A.SETTLE, DRAFTER)
    assert kinds(applied) == [EventKind.ROUND_SETTLED, EventKind.ROUND_STEPPED]
    assert venue.core.cash(4) == Cash(4, 1_000_000 - 90_000, 0)
    assert [h.available_lots for h in venue.core.holdings(4)] == [60]


def test_a_declined_result_is_undone() -> None:
    venue = taken_to(strict_venue(), S.DECLINED)
    assert venue.core.cash(4) == Cash(4, 1_000_000, 0)
    assert venue.core.round_result(1) is None
    assert [h.locked_lots for h in venue.core.holdings(2)] == [0]


@pytest.mark.parametrize(("until", "last"), [("opening", S.PUBLISHED), ("close", S.OPEN), ("clearing", S.CLOSED)])
def test_a_round_may_be_cancelled_up_to_a_stage(until: str, last: Stage) -> None:
    for stage in (S.PUBLISHED, S.OPEN, S.CLOSED):
        venue = taken_to(strict_venue({**STRICT, "governance.cancel_until": until}), stage)
        applied = venue.step(1, A.CANCEL)
        if list(WAY).index(stage) <= list(WAY).index(last):
            assert outcomes(applied) == OK
        else:
            assert outcomes(applied) == [Outcome.CANCEL_TOO_LATE]
            assert applied.parameters[0] == Parameter.GOVERNANCE_CANCEL_UNTIL


def test_under_four_eyes_a_cancellation_says_why() -> None:
    venue = taken_to(strict_venue(), S.OPEN)
    assert outcomes(venue.act(1, A.CANCEL)) == [Outcome.REASON_MISSING]
    assert outcomes(venue.step(1, A.CANCEL, reason="  ")) == [Outcome.REASON_MISSING]
    assert outcomes(venue.step(1, A.CANCEL, reason="n" * 201)) == [Outcome.REASON_MISSING]
    assert outcomes(venue.step(1, A.CANCEL, reason="the notice named a wrong day")) == OK


def test_no_round_loosens_its_own_governance() -> None:
    venue = strict_venue()
    for key in ("governance.four_eyes", "governance.monitor", "governance.cancel_until"):
        refused = venue.set_value(1, key, "clearing" if key.endswith("until") else 0)
        assert outcomes(refused) == [Outcome.PARAMETER_NOT_OPEN_TO_OPERATOR]


def test_a_round_that_is_proposed_changes_no_more_unless_it_is_returned() -> None:
    venue = taken_to(strict_venue(), S.PROPOSED)
    assert outcomes(venue.supply(1, 2, 1)) == [Outcome.ROUND_NOT_IN_DRAFT]
    assert outcomes(venue.set_value(1, "auction.reserve_price", 1_100)) == [Outcome.ROUND_NOT_IN_DRAFT]
    assert outcomes(venue.step(1, A.RETURN_TO_DRAFT, AUTHORITY, reason="the supply is wrong")) == OK
    assert outcomes(venue.supply(1, 2, 1)) == OK


def test_a_book_that_does_not_ask_lets_one_person_do_it_all() -> None:
    venue = strict_venue(UNIFORM)
    for action in (A.OPEN, A.CLOSE, A.CLEAR):
        assert outcomes(venue.act(1, action)) == OK
    assert only(venue.act(1, A.SETTLE), EventKind.REFUSED)["outcome"][0] == Outcome.STEP_NOT_ALLOWED_IN_STAGE


def test_who_took_a_step_and_why_is_part_of_the_state() -> None:
    digests = set()
    for reason in ("a rumour", "a report"):
        venue = taken_to(strict_venue(), S.OPEN)
        venue.step(1, A.SUSPEND, reason=reason)
        digests.add(venue.core.digest())
    assert len(digests) == 2
