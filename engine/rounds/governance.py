"""The life of a round as a table: which step leads from which stage to which, and who may take it (治理).

A book that asks for four eyes (`governance.four_eyes`) has a round proposed by one person, approved and published by
others, and its result announced by somebody other than who cleared it; the operator's office gives no way around that.
A book that does not may open a draft at once, and settles with the clear unless it makes the announcement a step.

Every step is an event with its actor, and the reason that was given lies in the round's dossier.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import ParticipantClass, RoundAction
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.dossier import Dossier
from engine.rounds.layout import Stage
from engine.words.rounds import CancelUntil

_A, _S = RoundAction, Stage

STEPS: dict[RoundAction, dict[Stage, Stage]] = {
    _A.PROPOSE: {_S.DRAFT: _S.PROPOSED},
    _A.APPROVE: {_S.PROPOSED: _S.APPROVED},
    _A.RETURN_TO_DRAFT: {_S.PROPOSED: _S.DRAFT, _S.APPROVED: _S.DRAFT},
    _A.PUBLISH: {_S.APPROVED: _S.PUBLISHED},
    _A.OPEN: {_S.DRAFT: _S.OPEN, _S.PUBLISHED: _S.OPEN},
    _A.SUSPEND: {_S.OPEN: _S.SUSPENDED},
    _A.RESUME: {_S.SUSPENDED: _S.OPEN},
    _A.EXTEND: {_S.OPEN: _S.OPEN, _S.SUSPENDED: _S.SUSPENDED},
    _A.CLOSE: {_S.OPEN: _S.CLOSED},
    _A.CLEAR: {_S.CLOSED: _S.CLEARED},
    _A.CERTIFY: {_S.CLEARED: _S.CERTIFIED},
    _A.ANNOUNCE: {_S.CLEARED: _S.ANNOUNCED, _S.CERTIFIED: _S.ANNOUNCED},
    _A.SETTLE: {_S.ANNOUNCED: _S.SETTLED},
    _A.DECLINE: {_S.CLEARED: _S.DECLINED, _S.CERTIFIED: _S.DECLINED},
    _A.CANCEL: dict.fromkeys(
        (_S.DRAFT, _S.PROPOSED, _S.APPROVED, _S.PUBLISHED, _S.OPEN, _S.SUSPENDED, _S.CLOSED), _S.CANCELLED
    ),
}
"""Where each step leads, by the stage it is taken in."""

OTHER_THAN: dict[RoundAction, tuple[RoundAction, ...]] = {
    _A.APPROVE: (_A.PROPOSE,),
    _A.PUBLISH: (_A.PROPOSE,),
    _A.ANNOUNCE: (_A.CLEAR,),
}
"""Under four eyes: the steps whose takers may not take this one. Who drafted the round counts as its proposer."""

NEEDS_REASON = frozenset({_A.RETURN_TO_DRAFT, _A.SUSPEND, _A.RESUME, _A.EXTEND, _A.DECLINE})
"""Steps that are not taken without saying why. (Nor is a cancellation under four eyes.)"""

_LAST_BEFORE: dict[CancelUntil, frozenset[Stage]] = {
    CancelUntil.OPENING: frozenset({_S.DRAFT, _S.PROPOSED, _S.APPROVED, _S.PUBLISHED}),
    CancelUntil.CLOSE: frozenset({_S.DRAFT, _S.PROPOSED, _S.APPROVED, _S.PUBLISHED, _S.OPEN, _S.SUSPENDED}),
    CancelUntil.CLEARING: frozenset(STEPS[_A.CANCEL]),
}

_PLAIN: dict[RoundAction, Outcome] = {
    _A.OPEN: Outcome.ROUND_NOT_IN_DRAFT,
    _A.CLOSE: Outcome.ROUND_NOT_OPEN,
    _A.CLEAR: Outcome.ROUND_NOT_CLOSED,
    _A.CANCEL: Outcome.ROUND_NOT_OPEN,
}
"""What is said of a step in the wrong stage, where there is a plainer word than that."""

GOVERNMENT_STEPS = frozenset({_A.APPROVE, _A.CERTIFY, _A.RETURN_TO_DRAFT})
"""What a supervising authority may do; everything else is the operators'."""


@dataclass(frozen=True)
class Charter:
    """What the rules say of governance, on the round's day."""

    four_eyes: bool = False
    monitor: bool = False
    announcement: bool = False
    decline: bool = False
    cancel_until: CancelUntil = CancelUntil.CLEARING
    extension_max_minutes: int = 0


Verdict = tuple[Outcome, Parameter]


def judge_step(
    action: RoundAction, stage: Stage, actor: int, klass: ParticipantClass, dossier: Dossier, charter: Charter
) -> Verdict | None:
    """Why somebody may not take a step now, or None. The reason's text is judged by `judge_reason`."""
    if klass is not ParticipantClass.OPERATOR and not (
        klass is ParticipantClass.GOVERNMENT and action in GOVERNMENT_STEPS
    ):
        return Outcome.NOT_PERMITTED_FOR_CLASS, Parameter.NONE
    if stage not in STEPS[action]:
        return _PLAIN.get(action, Outcome.STEP_NOT_ALLOWED_IN_STAGE), Parameter.NONE
    return _against_charter(action, stage, actor, dossier, charter)


def _against_charter(
    action: RoundAction, stage: Stage, actor: int, dossier: Dossier, charter: Charter
) -> Verdict | None:
    if charter.four_eyes:
        if action is _A.OPEN and stage is _S.DRAFT:
            return Outcome.STEP_NOT_ALLOWED_IN_STAGE, Parameter.GOVERNANCE_FOUR_EYES
        others = {dossier.actor_of(step) for step in OTHER_THAN.get(action, ())}
        if action in (_A.APPROVE, _A.PUBLISH):
            others.add(dossier.created_by)
        if actor in others:
            return Outcome.SAME_PERSON, Parameter.GOVERNANCE_FOUR_EYES
    match action:
        case _A.CERTIFY if actor in {dossier.actor_of(step) for step in (_A.PROPOSE, _A.APPROVE, _A.CLEAR)}:
            return Outcome.SAME_PERSON, Parameter.GOVERNANCE_MONITOR
        case _A.CERTIFY | _A.ANNOUNCE if not charter.announcement:
            return Outcome.STEP_NOT_ALLOWED_IN_STAGE, Parameter.GOVERNANCE_ANNOUNCEMENT
        case _A.ANNOUNCE if charter.monitor and stage is not _S.CERTIFIED:
            return Outcome.STEP_NOT_ALLOWED_IN_STAGE, Parameter.GOVERNANCE_MONITOR
        case _A.DECLINE if not (charter.decline and charter.announcement):
            return Outcome.RESULT_MAY_NOT_BE_DECLINED, Parameter.GOVERNANCE_DECLINE
        case _A.CANCEL if stage not in _LAST_BEFORE[charter.cancel_until]:
            return Outcome.CANCEL_TOO_LATE, Parameter.GOVERNANCE_CANCEL_UNTIL
    return None


def needs_reason(action: RoundAction, charter: Charter) -> bool:
    """Whether the step has to say why."""
    return action in NEEDS_REASON or (action is _A.CANCEL and charter.four_eyes)
