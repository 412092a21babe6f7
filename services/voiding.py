"""Voiding a batch on which the core fails: what two persons do to a journal that no start can get past.

Promise: only a batch that was never answered, and on which this build fails now, can be voided; proposal and approval
are batches of the journal like any other, chained and anchored; both persons are operators registered before the batch
was, and they are two. Each step is tried first: the whole journal is replayed with the batch passed over.

Not promised: who sits at the keyboard. Whoever may write the journal's folder is trusted to give his own name; what
the journal keeps is that two names stood for it, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.commands import ParticipantClass, Table, rows_of
from engine.core import Core
from engine.outcomes import ADVICE, Outcome
from engine.words.floor import VoidAction
from services.clock import Clock
from services.errors import BadInput, CheckFailed
from services.journal.journal import Journal
from services.journal.problems import BatchFailed
from services.journal.record import Entry
from services.journal.replay import Progress, judged, replay
from services.journal.store import Addition
from services.journal.voids import claimed
from services.sequencer.feed import Feed
from services.sequencer.trail import Trail


@dataclass(frozen=True)
class Voiding:
    """What was written: row `number` of the journal, and what it is about."""

    action: str
    number: int
    batch: int
    person: str
    reason: str
    error: str
    rows: int
    voided: bool


class _Stuck:
    """A journal open for writing whose replay fails at `batch`, and the core as it stood just before."""

    def __init__(self, journal: Journal, batch: int, make_core: Callable[[], Core], progress: Progress | None) -> None:
        self.journal, self.batch, self.make_core = journal, batch, make_core
        self.error = self._failure(progress)
        self.core, self.trail = make_core(), Trail(Feed(1))
        self._replay(self.core, self.trail, until=batch - 1)
        record = journal.store.read(batch - 1, 1)[0]
        self.rows = record.entry.row_count
        if journal.store.last_answered() >= batch:
            raise BadInput(f"--batch {batch}: its senders were answered, so a core did judge it; it cannot be voided")

    def _failure(self, progress: Progress | None) -> str:
        if not 1 <= self.batch <= self.journal.head.number:
            raise BadInput(f"--batch {self.batch}: the journal ends with batch {self.journal.head.number}")
        if self.batch in claimed(self.journal):
            raise BadInput(f"--batch {self.batch}: {ADVICE[Outcome.BATCH_ALREADY_VOIDED]}")
        try:
            for _ in replay(self.journal, self.make_core(), progress=progress):
                pass
        except BatchFailed as failed:
            if failed.number != self.batch:
                raise BadInput(
                    f"--batch {self.batch}: the batch on which the core fails is {failed.number}"
                ) from failed
            return f"{type(failed.cause).__name__}: {failed.cause}"
        raise BadInput(f"--batch {self.batch}: the core judges every batch of this journal; there is nothing to void")

    def _replay(self, core: Core, trail: Trail, *, until: int | None = None, voided: tuple[int, ...] = ()) -> None:
        for step in replay(self.journal, core, until=until, voided=voided):
            trail.advance(step.entry)
            trail.observe(step.entry.number, step.batch, step.applied)

    def person(self, name: str) -> int:
        """The number of an operator. Raises BadInput for anybody else."""
        person = self.core.participant_by_name(name)
        if person is None or person.participant_class is not ParticipantClass.OPERATOR:
            operators = [p.name for p in self.core.participants() if p.participant_class is ParticipantClass.OPERATOR]
            raise BadInput(f"--person {name!r}: allowed are the operators {', '.join(operators)}")
        return person.number

    def try_rows(self, entry: Entry) -> None:
        """Lets a core judge the row as a later start will. Raises CheckFailed when it is refused there."""
        core = self.make_core()
        self._replay(core, Trail(Feed(1)), voided=(self.batch,))
        outcome = Outcome(int(core.apply(entry.batch()).outcomes[0]))
        if outcome is not Outcome.ACCEPTED:
            raise CheckFailed(f"{outcome.name}: {ADVICE[outcome]}")

    def entry(self, rows: np.ndarray, text: bytes, clock: Clock) -> Entry:
        """The rows as the next batch of the journal, written when the batch before the failing one was judged last."""
        last = self.journal.store.read(self.journal.head.number - 1, 1)[0].entry
        return Entry(
            number=last.number + 1,
            table=int(Table.VOIDS),
            time_ns=max(last.time_ns, clock()),
            first_row=last.first_row + last.row_count,
            row_count=len(rows),
            rows=rows.tobytes(),
            text=text,
            rule_books_sha256=self.trail.rule_books_sha256(self.batch - 1),
            judged=judged(self.core, self.batch - 1),
        )


def void(
    folder: Path,
    batch: int,
    action: VoidAction,
    person: str,
    reason: str,
    *,
    clock: Clock,
    make_core: Callable[[], Core],
    progress: Progress | None = None,
) -> Voiding:
    """Proposes or approves to void a batch, in the journal in `folder`, which no server may be writing.

    Raises BadInput or CheckFailed where that is not allowed, JournalError for what is wrong with the journal;
    nothing is written then.
    """
    journal = Journal.open(folder, clock=clock)
    try:
        stuck = _Stuck(journal, batch, make_core, progress)
        actor = stuck.person(person)
        text = reason.encode()
        rows = rows_of(Table.VOIDS, 1)
        rows["actor"], rows["batch_number"], rows["action"], rows["text_length"] = actor, batch, action, len(text)
        entry = stuck.entry(rows, text, clock)
        stuck.try_rows(entry)
        journal.begin(entry.time_ns, Addition())
        journal.append([entry], Addition())
        return Voiding(
            action=action.name.lower(),
            number=entry.number,
            batch=batch,
            person=person,
            reason=reason,
            error=stuck.error,
            rows=stuck.rows,
            voided=batch in claimed(journal),
        )
    finally:
        journal.close()
