"""What the sequencer remembers of the batches so far, and how a start rebuilds it from the journal.

Running and replaying keep it up with the same two methods, `advance` and `observe`, so that a start ends exactly where
the writer was.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable

import numpy as np

from engine.commands import Batch
from engine.events import EventKind
from engine.views import Applied
from services.clock import Clock
from services.journal.journal import Journal
from services.journal.problems import JournalDamaged
from services.journal.record import Entry
from services.journal.replay import Base, Judge, Progress, Step, replay
from services.journal.store import Addition, Answers
from services.sequencer.feed import Feed
from services.sequencer.keys import WHOLE_TEXT_TABLES, SessionRegister, keys_of


class Trail:
    """The end of the journal (`number`, `rows`, `time_ns`), sessions and their ids, rule books, the latest events."""

    def __init__(self, feed: Feed) -> None:
        """Before the first batch."""
        self.number = 0
        self.rows = 0
        self.time_ns = 0
        self.register = SessionRegister()
        self.feed = feed
        self._adoptions: list[int] = []
        self._rule_books: list[bytes] = []

    def advance(self, entry: Entry) -> None:
        """A batch has its number."""
        self.number = entry.number
        self.rows = entry.first_row + entry.row_count - 1
        self.time_ns = entry.time_ns

    def observe(self, number: int, batch: Batch, applied: Applied) -> None:
        """Batch `number` was judged: notes opened sessions and adopted books, publishes the events."""
        self.register.observe(batch, applied.events)
        # A book that is proposed counts from its proposal on: that is the batch which carries its text.
        taken = np.isin(applied.events["kind"], (EventKind.RULE_BOOK_ADOPTED, EventKind.CHANGE_STEPPED)).any()
        if batch.table in WHOLE_TEXT_TABLES and not applied.outcomes[0] and taken:
            self._adoptions.append(number)
            self._rule_books.append(hashlib.sha256(batch.text).digest())
        applied.events.flags.writeable = False
        self.feed.publish(applied.first_sequence, applied.events)

    def adoptions(self, number: int) -> list[tuple[int, str]]:
        """Batches up to `number` that adopted a rule book, and the SHA-256 (hex) of its text."""
        books = zip(self._adoptions, self._rule_books, strict=True)
        return [(batch, sha256.hex()) for batch, sha256 in books if batch <= number]

    def restore(
        self,
        base: Base,
        *,
        owners: dict[int, int],
        last_ids: dict[int, int],
        adoptions: list[tuple[int, str]],
        chunks: list[tuple[int, np.ndarray]],
        next_sequence: int,
    ) -> None:
        """Stands where the writer stood after the batch `base`, as a snapshot has it."""
        self.number, self.rows, self.time_ns = base.head.number, base.rows, base.time_ns
        self.register.restore(owners, last_ids)
        self._adoptions = [batch for batch, _ in adoptions]
        self._rule_books = [bytes.fromhex(sha256) for _, sha256 in adoptions]
        self.feed.next_sequence = next_sequence
        for first_sequence, events in chunks:
            self.feed.publish(first_sequence, events)

    def rule_books_sha256(self, number: int) -> bytes:
        """SHA-256 over the SHA-256 values of all books adopted up to batch `number`, in order; empty before any."""
        count = bisect_right(self._adoptions, number)
        return hashlib.sha256(b"".join(self._rule_books[:count])).digest() if count else b""


def recover(
    journal: Journal,
    core: Judge,
    trail: Trail,
    clock: Clock,
    progress: Progress | None,
    load: Callable[[Journal, Trail], Base | None] | None = None,
) -> Base:
    """Checks and replays the journal into a fresh core and a fresh trail, then opens it for writing.

    `load` may restore both from a snapshot: then the batches after it are replayed, and those before it are not looked
    at. Returns where the replay began. What was told but not yet stored when the writer
    ended is stored now. Raises JournalError, naming the batch where there is one; nothing was written then.
    """
    base = None if load is None else load(journal, trail)
    if base is None:
        found = journal.store.inspect()
        if found:
            raise JournalDamaged(f"the data base finds itself damaged: {'; '.join(found[:3])}")
    unsaved: list[Answers] = []
    spans = 0
    for step in replay(journal, core, base=base, progress=progress):
        spans += _check_spans(journal, trail, step)
        if step.entry.rule_books_sha256 != trail.rule_books_sha256(step.entry.judged.number):
            raise JournalDamaged("it names other rule books than were adopted before it", step.entry.number)
        trail.advance(step.entry)
        trail.observe(step.entry.number, step.batch, step.applied)
        if not step.answers_stored:
            unsaved.append(step.answers)
    if base is None and journal.store.count_spans() != spans:
        raise JournalDamaged(f"the index of request ids has {journal.store.count_spans()} spans, wanted are {spans}")
    journal.begin(clock(), Addition(answers=unsaved))
    return base or Base(journal.genesis, 0, 0)


def _check_spans(journal: Journal, trail: Trail, step: Step) -> int:
    """The index of request ids leads to this batch for each session in it; returns how many there are."""
    spans = trail.register.spans(step.entry.number, trail.register.owned(keys_of(step.batch.rows)))
    for span in spans:
        if journal.store.find_span(span.actor, span.session, span.last_request_id) != span:
            raise JournalDamaged(f"the index of request ids does not lead to session {span.session}", span.number)
    return len(spans)
