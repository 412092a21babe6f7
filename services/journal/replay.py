"""Replay: a journal applied to a fresh core. The start of a server, the audit and the standby are all this function.

Promise: a replay that ends has found every row whole, the event chain equal at each row that carries one, what each
batch was told equal to what is stored, and the state digest equal at each checkpoint; otherwise it stops at the first
batch that differs and names it. It reads no clock and needs no network: the same journal gives the same result.

A batch that two persons voided is passed over, not judged: the rows that say so come later in the journal, are looked
up first (`services.journal.voids`), and are judged by the core in their turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from engine.commands import Batch
from engine.views import Applied
from services.journal.journal import READ_ROWS, Journal
from services.journal.problems import BatchFailed, JournalDamaged, ReplayDiffers
from services.journal.record import Entry, Head, Judged
from services.journal.store import Answers
from services.journal.voids import claimed, proposed_by


class Judge(Protocol):
    """What a replay needs of the core (`engine.core.Core`)."""

    @property
    def next_sequence(self) -> int:
        """Number of the next event, from 1."""

    @property
    def event_chain(self) -> bytes:
        """SHA-256 chain over the events of all batches applied."""

    def apply(self, batch: Batch) -> Applied:
        """Applies one batch."""

    def void(self, batch: Batch) -> Applied:
        """Passes over one batch: its rows are refused, nothing else changes."""

    def digest(self) -> str:
        """SHA-256 of the state by meaning, hex."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a replay begins when the core already stands after a batch: that batch, the rows up to it, its time."""

    head: Head
    rows: int
    time_ns: int


Progress = Callable[[int, int], None]
"""Called with (batches done, batches in all) now and then."""

PROGRESS_BATCHES = 256


@dataclass(frozen=True, slots=True)
class Step:
    """One batch replayed. `answers_stored`: what it was told is in the journal (and is the same)."""

    entry: Entry
    batch: Batch
    applied: Applied
    answers: Answers
    answers_stored: bool


def judged(core: Judge, number: int) -> Judged:
    """How far the core has come, after batch `number`."""
    return Judged(number, core.next_sequence - 1, core.event_chain)


def answers_of(number: int, applied: Applied) -> Answers:
    """What a batch was told, in the form in which it is stored."""
    return Answers(number, applied.first_sequence, len(applied.events), applied.answers)


def replay(
    journal: Journal,
    core: Judge,
    *,
    base: Base | None = None,
    until: int | None = None,
    voided: Collection[int] = (),
    progress: Progress | None = None,
) -> Iterator[Step]:
    """Applies the batches up to `until` (all of them without it) to `core`, yielding each step.

    `core` is fresh, or stands after the batch `base` and gets those that follow. Batches that two persons voided are
    passed over, and so are those in `voided`.

    Raises JournalDamaged, ReplayDiffers, BatchFailed, each naming the batch.
    """
    last = journal.head.number if until is None else min(until, journal.head.number)
    last_answered = journal.store.last_answered()
    passed_over = {*voided, *claimed(journal)}
    base = base or Base(journal.genesis, 0, 0)
    stored_answers = _stored_answers(journal, base.head.number)
    checkpoints = journal.store.checkpoint_numbers()
    waiting: deque[Judged] = deque([judged(core, base.head.number)])
    first_row, time_ns = base.rows + 1, base.time_ns
    for record in journal.records(last, base.head):
        entry = record.entry
        _check_order(entry, first_row, time_ns)
        first_row, time_ns = entry.first_row + entry.row_count, entry.time_ns
        if entry.judged.number >= base.head.number:
            _check_judged(journal, entry, waiting)
        batch = entry.batch()
        try:
            applied = core.void(batch) if entry.number in passed_over else core.apply(batch)
        except Exception as error:
            raise BatchFailed(entry.number, error, proposed_by(journal, entry.number)) from error
        waiting.append(judged(core, entry.number))
        answers = answers_of(entry.number, applied)
        stored = entry.number <= last_answered
        if stored:
            _check_answers(answers, next(stored_answers, None))
        if entry.number in checkpoints:
            _check_checkpoint(journal, core, entry.number)
        if progress is not None and (entry.number % PROGRESS_BATCHES == 0 or entry.number == last):
            progress(entry.number, last)
        yield Step(entry, batch, applied, answers, stored)


def _check_order(entry: Entry, first_row: int, time_ns: int) -> None:
    if entry.first_row != first_row or entry.row_count < 1 or entry.time_ns < time_ns:
        raise JournalDamaged(
            f"its first row is {entry.first_row} (expected {first_row}) and its time {entry.time_ns} "
            f"(not before {time_ns})",
            entry.number,
        )


def _check_judged(journal: Journal, entry: Entry, waiting: deque[Judged]) -> None:
    """The row says how far the core had come when it was written; this replay came to the same then."""
    while waiting and waiting[0].number < entry.judged.number:
        waiting.popleft()
    if not waiting or waiting[0].number != entry.judged.number:
        raise JournalDamaged(f"it names batch {entry.judged.number} as judged before it", entry.number)
    if waiting[0] != entry.judged:
        raise ReplayDiffers(
            entry.judged.number,
            f"its events differ from those of its own time (event chain {waiting[0].event_chain.hex()[:16]}..., "
            f"recorded {entry.judged.event_chain.hex()[:16]}..., last event {waiting[0].sequence}, "
            f"recorded {entry.judged.sequence})",
            written_by(journal, entry.judged.number),
        )


def _stored_answers(journal: Journal, after: int) -> Iterator[Callable[[], Answers]]:
    """What batches above `after` were told, as stored; read many at a time, each checked when it is called."""
    while answers := journal.store.read_answers(after, READ_ROWS):
        yield from answers
        after += len(answers)


def _check_answers(answers: Answers, read: Callable[[], Answers] | None) -> None:
    """Raises where the answers are stored otherwise, or are missing among later ones."""
    stored = None if read is None else read()
    if stored is None or stored.number != answers.number:
        raise JournalDamaged("what it was told is missing", answers.number)
    same_events = (stored.first_sequence, stored.event_count) == (answers.first_sequence, answers.event_count)
    if not same_events or stored.rows.tobytes() != answers.rows.tobytes():
        raise JournalDamaged("what it was told is stored otherwise than the replay gives it", answers.number)


def _check_checkpoint(journal: Journal, core: Judge, number: int) -> None:
    stored = journal.store.checkpoint(number)
    if stored is None:
        return
    now = judged(core, number)
    if (stored.sequence, stored.event_chain) != (now.sequence, now.event_chain):
        raise ReplayDiffers(number, "the events up to here differ from the checkpoint's", written_by(journal, number))
    digest = core.digest()
    if digest != stored.state_digest:
        raise ReplayDiffers(
            number, f"the state digest is {digest}, the checkpoint's {stored.state_digest}", written_by(journal, number)
        )


def written_by(journal: Journal, number: int) -> str:
    """The release that wrote batch `number`, for a message."""
    start = journal.store.start_before(number)
    return "an unknown release" if start is None else start.release
