"""Batches that were taken out because no core could judge them: proposed by one operator, approved by another.

The core does not number batches and keeps no journal; it holds two persons to their word. Whoever drives it passes over
a batch that was approved, with `Core.void`, and lets it judge the proposal and the approval where they stand.
"""

from __future__ import annotations

from engine.commands import Batch, is_code
from engine.digest import integers
from engine.events import EventKind
from engine.limits import NAME_BYTES_MAX
from engine.outcomes import Outcome
from engine.recorder import Recorder
from engine.words.floor import VoidAction


class Voids:
    """Who proposed to void which batch, and who approved."""

    KEPT = ("_proposals", "_approved")

    def __init__(self) -> None:
        self._proposals: dict[int, int] = {}
        self._approved: dict[int, int] = {}

    def act(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of VOIDS."""
        number, action = int(batch.rows["batch_number"][row]), int(batch.rows["action"][row])
        person, reason = int(batch.rows["actor"][row]), batch.text_of(row)
        if not is_code(VoidAction, action) or number < 1:
            return out.refuse(row, Outcome.UNKNOWN_COMMAND)
        if not reason.strip() or len(reason.encode()) > NAME_BYTES_MAX:
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        if number in self._approved:
            return out.refuse(row, Outcome.BATCH_ALREADY_VOIDED)
        if action == VoidAction.PROPOSE:
            self._proposals[number] = person
            return out.add(EventKind.BATCH_VOID_PROPOSED, row, participant=person, order_id=number)
        proposer = self._proposals.get(number)
        if proposer is None:
            return out.refuse(row, Outcome.VOID_NOT_PROPOSED)
        if proposer == person:
            return out.refuse(row, Outcome.VOID_NEEDS_SECOND_PERSON)
        self._approved[number] = person
        out.add(EventKind.BATCH_VOID_APPROVED, row, participant=person, counterparty=proposer, order_id=number)

    def approved(self) -> dict[int, tuple[int, int]]:
        """Voided batches, each with who proposed and who approved."""
        return {number: (self._proposals[number], person) for number, person in self._approved.items()}

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of them."""
        return [
            integers(number, person, self._approved.get(number, 0))
            for number, person in sorted(self._proposals.items())
        ]
