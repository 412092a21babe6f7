"""What the auditor writes down of a round: its charter, its stages and who took them, and a result on paper."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.commands import RoundAction
from engine.outcomes import Outcome
from engine.rounds.layout import Stage
from tests.simulation.levies import FREE_OF_CHARGE, Levies

_A, _S = RoundAction, Stage
BEFORE_OPENING = (_S.DRAFT, _S.PROPOSED, _S.APPROVED, _S.PUBLISHED)
LEADS: dict[tuple[Stage, RoundAction], Stage] = {
    (_S.DRAFT, _A.PROPOSE): _S.PROPOSED,
    (_S.PROPOSED, _A.APPROVE): _S.APPROVED,
    (_S.PROPOSED, _A.RETURN_TO_DRAFT): _S.DRAFT,
    (_S.APPROVED, _A.RETURN_TO_DRAFT): _S.DRAFT,
    (_S.APPROVED, _A.PUBLISH): _S.PUBLISHED,
    (_S.DRAFT, _A.OPEN): _S.OPEN,
    (_S.PUBLISHED, _A.OPEN): _S.OPEN,
    (_S.OPEN, _A.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _A.RESUME): _S.OPEN,
    (_S.OPEN, _A.EXTEND): _S.OPEN,
    (_S.SUSPENDED, _A.EXTEND): _S.SUSPENDED,
    (_S.OPEN, _A.CLOSE): _S.CLOSED,
    (_S.CLOSED, _A.CLEAR): _S.CLEARED,
    (_S.CLEARED, _A.CERTIFY): _S.CERTIFIED,
    (_S.CLEARED, _A.ANNOUNCE): _S.ANNOUNCED,
    (_S.CERTIFIED, _A.ANNOUNCE): _S.ANNOUNCED,
    (_S.CLEARED, _A.DECLINE): _S.DECLINED,
    (_S.CERTIFIED, _A.DECLINE): _S.DECLINED,
    (_S.ANNOUNCED, _A.SETTLE): _S.SETTLED,
    **{(stage, _A.CANCEL): _S.CANCELLED for stage in (*BEFORE_OPENING, _S.OPEN, _S.SUSPENDED, _S.CLOSED)},
}  # fmt: skip
"""Every step that some book allows, written out by hand."""

WRONG_STAGE = [
    Outcome.STEP_NOT_ALLOWED_IN_STAGE, Outcome.ROUND_NOT_IN_DRAFT, Outcome.ROUND_NOT_OPEN, Outcome.ROUND_NOT_CLOSED,
]  # fmt: skip
REASONED = (_A.RETURN_TO_DRAFT, _A.SUSPEND, _A.RESUME, _A.EXTEND, _A.DECLINE)


@dataclass(frozen=True)
class Charter:
    """What a world's book says of its rounds."""

    name: str = "plain"
    four_eyes: bool = False
    announces: bool = False
    amendable: bool = False
    posted: bool = False
    draws: bool = False
    reserve: int = 95
    levies: Levies = FREE_OF_CHARGE
    """What trades cost, in and beside the book."""


@dataclass
class Claim:
    """A result on paper, by participant, and by line."""

    price: int = 0
    sold: int = 0
    proceeds: int = 0
    awarded: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass
class RoundBook:
    """A round: what was offered, bid and held, and who took which step."""

    drafted_by: int = 0
    stage: Stage = _S.DRAFT
    taken_by: dict[RoundAction, int] = field(default_factory=dict)
    supply: dict[int, list[int]] = field(default_factory=dict)
    bids: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    drawn: list[int] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    posted: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    had_bids: bool = False
    extended: int = 0
    claim: Claim | None = None
    fees: dict[tuple[int, int], int] = field(default_factory=dict)
    defaults: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return not self.supply and not self.held
