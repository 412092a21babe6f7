"""Verification without judging: is the journal what was written? Every problem is reported, not only the first.

It reads the data base's own structure, every row with its checksum and chain, the anchor, and whether what is derived
(key spans, answers) fits the rows. What the rows mean is the replay's question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from services.journal.journal import READ_ROWS, Journal
from services.journal.problems import JournalDamaged, JournalError, NoJournal
from services.journal.record import Head, faults
from services.journal.replay import PROGRESS_BATCHES, Progress
from services.journal.store import Answers, KeySpan

_READ_BESIDE = 16
"""Batches or spans read at a time beside a venue that serves: each reading keeps its threads from running."""

Breathe = Callable[[], None]
"""Called after each batch and each span, so that a verification beside a running venue can give way to it."""

PROBLEMS_MAX = 100
"""Most problems reported; a file that is damaged throughout need not be listed row by row."""


@dataclass
class Report:
    """What a verification saw. `problems` is empty when the journal is whole; `notes` are no problems."""

    folder: str
    store: str = ""
    journal_id: str = ""
    created_ns: int = 0
    batches: int = 0
    rows: int = 0
    first_time_ns: int = 0
    last_time_ns: int = 0
    head_chain: str = ""
    anchor_number: int = 0
    key_spans: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Notes one problem, up to the limit."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)


def verify(folder: Path, progress: Progress | None = None, breathe: Breathe | None = None) -> Report:
    """Reads the whole journal in `folder`, beside its writer or not. Raises NoJournal where there is none.

    `breathe`: for a verification in a thread of the writer's own process; it may rest, or raise to end it.
    """
    report = Report(str(folder))
    try:
        journal = Journal.open_for_reading(folder)
    except NoJournal:
        raise
    except JournalError as error:
        report.add(str(error))
        return report
    try:
        _describe(journal, report)
        for problem in journal.store.inspect():
            report.add(f"data base: {problem}")
        _verify_rows(journal, report, progress, breathe)
        _verify_spans(journal, report, progress, breathe)
    except JournalDamaged as error:
        report.add(str(error))
    finally:
        journal.close()
    return report


def _describe(journal: Journal, report: Report) -> None:
    report.store = journal.store.describe()
    report.journal_id = journal.identity.journal_id.hex()
    report.created_ns = journal.identity.created_ns
    report.head_chain = journal.head.chain.hex()
    if journal.anchored is None:
        report.notes.append("there is no anchor yet: nothing was ever acknowledged")
        return
    report.anchor_number = journal.anchored.head.number
    if journal.anchored.torn_slots:
        report.notes.append("one of the anchor's two slots cannot be read: an interrupted write, or damage")
    ahead = journal.head.number - report.anchor_number
    if ahead > 0:
        report.notes.append(f"{ahead} batches after the anchor: durable, not yet acknowledged when it was written")


def _verify_rows(journal: Journal, report: Report, progress: Progress | None, breathe: Breathe | None) -> None:
    """Goes on after a damaged row with the hash that row carries, so that each damage is reported once."""
    head = journal.genesis
    last = journal.head.number
    last_answered = journal.store.last_answered()
    while head.number < last:
        records = journal.store.read(head.number, READ_ROWS if breathe is None else _READ_BESIDE)
        if not records:
            report.add(f"batches {head.number + 1} to {last} are missing")
            return
        for record in records:
            entry = record.entry
            for found in faults(record, head):
                report.add(f"batch {entry.number}: {found}")
            head = Head(entry.number, record.chain)
            anchor = journal.anchored.head if journal.anchored is not None else journal.genesis
            if head.number == anchor.number and head != anchor:
                report.add(f"batch {entry.number}: its chain hash is not the one the anchor holds")
            _verify_answers(journal, report, entry.number, entry.row_count, last_answered)
            report.batches += 1
            report.rows += entry.row_count
            report.first_time_ns = report.first_time_ns or entry.time_ns
            report.last_time_ns = entry.time_ns
            if progress is not None and entry.number % PROGRESS_BATCHES == 0:
                progress(entry.number, last)
            if breathe is not None:
                breathe()
            if entry.number >= last:
                break
    if progress is not None:
        progress(last, last)


def _verify_answers(journal: Journal, report: Report, number: int, row_count: int, last_answered: int) -> None:
    if number > last_answered:
        return
    try:
        answers: Answers | None = journal.store.answers(number)
    except JournalDamaged as error:
        report.add(str(error))
        return
    if answers is None or len(answers.rows) != row_count:
        report.add(f"batch {number}: what it was told is missing or not one answer a row")


def _spans(journal: Journal, limit: int) -> Iterator[KeySpan]:
    after = (-1, -1, -1)
    while spans := journal.store.read_spans(after, limit):
        yield from spans
        after = (spans[-1].actor, spans[-1].session, spans[-1].last_request_id)


def _verify_spans(journal: Journal, report: Report, progress: Progress | None, breathe: Breathe | None) -> None:
    """Every span names a batch that holds rows of that session from its first to its last id."""
    for span in _spans(journal, READ_ROWS if breathe is None else _READ_BESIDE):
        report.key_spans += 1
        if breathe is not None:
            breathe()
        if progress is not None and report.key_spans % PROGRESS_BATCHES == 0:
            progress(journal.head.number, journal.head.number)
        records = journal.store.read(span.number - 1, 1)
        if records and records[0].entry.number == span.number:
            rows = records[0].entry.batch().rows
            ids = rows["request_id"][(rows["actor"] == span.actor) & (rows["session"] == span.session)]
            if len(ids) and (int(np.min(ids)), int(np.max(ids))) == (span.first_request_id, span.last_request_id):
                continue
        report.add(
            f"batch {span.number}: the index of request ids says that it holds {span.first_request_id} to "
            f"{span.last_request_id} of session {span.session}, and it does not"
        )
