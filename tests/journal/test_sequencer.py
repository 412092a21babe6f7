"""The way of a submission: what is durable when, in which order, and what happens when disk or core fail."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Table, rows_of
from engine.limits import BATCH_ROWS_MAX, REQUEST_ID_MAX, TEXT_BYTES_MAX
from engine.outcomes import Outcome
from services.clock import SetClock
from services.journal.anchor import read_anchor
from services.journal.files import ANCHOR
from services.journal.journal import Journal
from services.journal.problems import BatchFailed, JournalError, JournalInUse, WriteFailed
from services.journal.record import Record
from services.journal.store import Addition
from services.journal.verify import verify
from services.sequencer import Limits, Malformed, QueueFull, Sequencer, Stopped
from tests.journal.fake_core import FAILING_PRICE, REFUSED_PRICE, FakeCore
from tests.journal.journal_helpers import (
    ACTOR,
    BEGIN_NS,
    named_rows,
    open_session,
    order_rows,
    replayed,
    running,
    send,
    start_once,
    write_journal,
)


class GatedJournal:
    """Stands between a sequencer and its journal: holds commits back, counts them, and can fail."""

    def __init__(self, sequencer: Sequencer[FakeCore]) -> None:
        self.groups: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()
        self.failure: Exception | None = None
        self._append = sequencer._journal.append
        sequencer._journal.append = self.append  # type: ignore[method-assign]
        self._write = sequencer._journal.store.append
        sequencer._journal.store.append = self.write  # type: ignore[method-assign]

    def append(self, entries: list, addition: Addition) -> list[Record]:
        assert self.open.wait(10)
        if entries:
            self.groups.append([entry.number for entry in entries])
        return self._append(entries, addition)

    def write(self, addition: Addition) -> None:
        if self.failure is not None:
            raise self.failure
        self._write(addition)


def test_the_first_batch_registers_the_operator(tmp_path: Path) -> None:
    async def go() -> FakeCore:
        async with running(tmp_path) as sequencer:
            assert sequencer.durable_through == 1
            return sequencer.core

    core = asyncio.run(go())
    assert [(table, text) for table, _, text in core.batches] == [(Table.PARTICIPANTS, b"operator")]
    assert start_once(tmp_path).next_sequence == 2, "a second start registers nobody"


def test_what_gathers_during_a_commit_goes_into_the_next_in_order_of_arrival(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            gate = GatedJournal(sequencer)
            gate.open.clear()
            tasks = [asyncio.create_task(send(sequencer, [1]))]
            await asyncio.sleep(0.05)
            tasks += [asyncio.create_task(send(sequencer, [request_id])) for request_id in range(2, 50)]
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in tasks)
            gate.open.set()
            answers = await asyncio.gather(*tasks)
            assert gate.groups == [[3], list(range(4, 52))]
            assert [answer.first_sequence for answer in answers] == list(range(3, 52))
            assert [int(answer.references[0]) & 0xFFFF for answer in answers] == list(range(1, 50))

    asyncio.run(go())


def test_nothing_is_judged_shown_or_answered_before_it_is_durable(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            gate = GatedJournal(sequencer)
            gate.open.clear()
            events = sequencer.subscribe(sequencer.core.next_sequence)
            shown = asyncio.create_task(anext(events))
            answered = asyncio.create_task(send(sequencer, [1, 2]))
            await asyncio.sleep(0.1)
            assert len(sequencer.core.batches) == 2
            assert not shown.done()
            assert not answered.done()
            gate.open.set()
            answer = await answered
            reading = read_anchor(tmp_path / ANCHOR, sequencer._journal.genesis.chain)
            assert reading is not None
            assert reading.head.number == answer.durable_through == 3
            first, rows = await shown
            assert (first, len(rows)) == (answer.first_sequence, 2)

    asyncio.run(go())


def test_while_one_group_is_judged_the_next_is_written_and_says_so(tmp_path: Path) -> None:
    """Rows carry how far the core had come; with stages that overlap that lies behind, and replay honours it."""

    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            await asyncio.gather(*(send(sequencer, [request_id]) for request_id in range(1, 200)))

    asyncio.run(go())
    journal = Journal.open_for_reading(tmp_path)
    behind = {record.entry.number - record.entry.judged.number for record in journal.records()}
    journal.close()
    assert min(behind) == 1
    assert max(behind) > 1
    assert replayed(tmp_path).next_sequence == 202


def test_a_full_queue_refuses_and_records_nothing(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path, limits=Limits(queue_batches=3, queue_rows=10)) as sequencer:
            await open_session(sequencer)
            gate = GatedJournal(sequencer)
            gate.open.clear()
            first = asyncio.create_task(send(sequencer, [1]))
            await asyncio.sleep(0.05)
            waiting = [asyncio.create_task(send(sequencer, [request_id])) for request_id in (2, 3, 4)]
            await asyncio.sleep(0.05)
            with pytest.raises(QueueFull, match="3 batches are waiting and at most 3 may"):
                await send(sequencer, [5])
            gate.open.set()
            await asyncio.gather(first, *waiting)
            gate.open.clear()
            first = asyncio.create_task(send(sequencer, [6]))
            await asyncio.sleep(0.05)
            waiting = [asyncio.create_task(send(sequencer, list(range(7, 15))))]
            await asyncio.sleep(0.05)
            with pytest.raises(QueueFull, match="8 rows are waiting and at most 10 may"):
                await send(sequencer, [20, 21, 22])
            gate.open.set()
            await asyncio.gather(first, *waiting)
            assert sequencer.durable_through == 2 + 4 + 2
            answer = await send(sequencer, [20, 21, 22])
            assert not answer.repeated.any()

    asyncio.run(go())
    assert [order & 0xFF for order in replayed(tmp_path).accepted] == [1, 2, 3, 4, *range(6, 15), 20, 21, 22]


def test_time_never_goes_back(tmp_path: Path) -> None:
    clock = SetClock(BEGIN_NS)

    async def go(folder: Path, *times: int) -> None:
        async with running(folder, clock=clock) as sequencer:
            for time_ns in times:
                clock.time_ns = time_ns
                rows, text = named_rows(Table.SESSIONS, ["s"], actor=ACTOR)
                await sequencer.submit(Table.SESSIONS, rows, text)

    asyncio.run(go(tmp_path, BEGIN_NS + 10, BEGIN_NS + 5, BEGIN_NS + 10))
    clock.time_ns = 1
    asyncio.run(go(tmp_path, 2, BEGIN_NS + 11))
    journal = Journal.open_for_reading(tmp_path)
    times = [record.entry.time_ns - BEGIN_NS for record in journal.records()]
    journal.close()
    assert times == [0, 10, 10, 10, 10, 11]


@pytest.mark.parametrize(
    ("rows", "text", "problem"),
    [
        (order_rows([]), b"", "rows: 0, allowed are 1 to"),
        (rows_of(Table.ORDERS, BATCH_ROWS_MAX + 1), b"", f"rows: {BATCH_ROWS_MAX + 1}, allowed"),
        (rows_of(Table.BIDS, 1), b"", "wanted is 1-d of the columns of ORDERS"),
        (order_rows([1]).reshape(1, 1), b"", "2-d array"),
        (order_rows([3, 2]), b"", "row 1: request id 2 does not increase after 3 in session 1"),
        (order_rows([3, 3]), b"", "row 1: request id 3 does not increase after 3"),
        (order_rows([0]), b"", "row 0: request id 0, allowed are 1 to"),
        (order_rows([REQUEST_ID_MAX + 1]), b"", "allowed are 1 to"),
        (order_rows([1, 2], session=0), b"", "row 0: a request id needs a session"),
        (order_rows([1]), b"x", "text: 1 bytes, but ORDERS carries no text"),
        (order_rows([1]), b"x" * (TEXT_BYTES_MAX + 1), "allowed are at most"),
    ],
)
def test_what_is_no_batch_is_refused_before_it_is_recorded(
    tmp_path: Path, rows: np.ndarray, text: bytes, problem: str
) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            with pytest.raises(Malformed, match=problem):
                await sequencer.submit(Table.ORDERS, rows, text)
            assert sequencer.durable_through == 1

    asyncio.run(go())


def test_texts_are_checked_before_they_are_recorded(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            rows, text = named_rows(Table.SESSIONS, ["竞价", "b"], actor=ACTOR)
            with pytest.raises(Malformed, match="row 1: its text ends at byte 7, the text has 6"):
                await sequencer.submit(Table.SESSIONS, rows, text[:-1])
            rows["text_length"][0] = 2
            with pytest.raises(Malformed, match="row 0: its text is not UTF-8"):
                await sequencer.submit(Table.SESSIONS, rows, text)
            with pytest.raises(Malformed, match="text: not UTF-8"):
                await sequencer.submit(Table.RULE_BOOKS, rows_of(Table.RULE_BOOKS, 1), b"\xff")
            assert sequencer.durable_through == 1

    asyncio.run(go())


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    rows = np.concatenate([order_rows([5, 5]), order_rows([1, 1], session=2), order_rows([1], session=0)])

    async def go() -> None:
        async with running(tmp_path) as sequencer:
            with pytest.raises(Malformed) as caught:
                await sequencer.submit(Table.ORDERS, rows)
            assert len(caught.value.problems) == 3

    asyncio.run(go())


@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), sqlite3.OperationalError("disk I/O error")])
def test_a_failed_write_stops_the_writer_and_is_never_tried_again(tmp_path: Path, failure: Exception) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            await send(sequencer, [1])
            gate = GatedJournal(sequencer)
            gate.open.clear()
            waiting = [asyncio.create_task(send(sequencer, [2]))]
            await asyncio.sleep(0.05)
            waiting.append(asyncio.create_task(send(sequencer, [3])))
            await asyncio.sleep(0.05)
            gate.failure = failure
            gate.open.set()
            results = await asyncio.gather(*waiting, return_exceptions=True)
            for result in results:
                assert isinstance(result, Stopped)
                assert "could not write batches 4 to 4" in result.reason
                assert str(failure) in result.reason
            gate.failure = None
            with pytest.raises(Stopped, match="could not write batches 4"):
                await send(sequencer, [4])
            assert sequencer.stopped.is_set()
            assert gate.groups == [[4]]
            with pytest.raises(Stopped):
                async for _ in sequencer.subscribe(1):
                    pass

    asyncio.run(go())
    assert [order & 0xFF for order in replayed(tmp_path).accepted] == [1]


def test_a_journal_that_failed_once_refuses_to_write(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, clock=SetClock(BEGIN_NS))
    with pytest.raises(JournalError, match="not open for writing"):
        journal.append((), Addition())
    journal.begin(BEGIN_NS, Addition())

    def fail(addition: Addition) -> None:
        raise OSError(28, "No space left on device")

    append, journal.store.append = journal.store.append, fail  # type: ignore[method-assign]
    with pytest.raises(WriteFailed, match="No space"):
        journal.begin(BEGIN_NS, Addition())
    journal.store.append = append  # type: ignore[method-assign]
    with pytest.raises(JournalError, match="An earlier write failed"):
        journal.begin(BEGIN_NS, Addition())
    journal.close()


def test_after_a_failed_write_closing_moves_nothing_into_the_main_file(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            journal = sequencer._journal
            journal._anchor.close()  # type: ignore[union-attr]
            with pytest.raises(Stopped, match="Bad file descriptor"):
                await send(sequencer, [1])

    asyncio.run(go())
    log = tmp_path / "journal.sqlite-wal"
    assert log.stat().st_size > 0
    report = verify(tmp_path)
    assert report.problems == []
    assert (report.batches, report.anchor_number) == (3, 2)
    assert start_once(tmp_path).accepted == [1 << 40 | 1], "committed and never answered: it is kept"


DISK_FULL = """
import asyncio, resource, sys
from pathlib import Path
from tests.journal.journal_helpers import open_session, running, send
from services.sequencer import Stopped

async def go():
    async with running(Path(sys.argv[1])) as sequencer:
        await open_session(sequencer)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        for request_id in range(1, 10_000, 100):
            try:
                await send(sequencer, list(range(request_id, request_id + 100)))
            except Stopped as stopped:
                print(stopped.reason)
                return
            print("answered", request_id, flush=True)

asyncio.run(go())
"""


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """The file size limit of the process stands in for a full disk: writes really fail, in the middle of the log."""
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-c", DISK_FULL, str(tmp_path / "journal")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=60, check=True)
    *answered, reason = done.stdout.splitlines()
    assert "could not write batches" in reason
    assert len(answered) > 5
    accepted = [order & 0xFFFFFF for order in start_once(tmp_path / "journal").accepted]
    last = int(answered[-1].split()[1]) + 99
    assert accepted[:last] == list(range(1, last + 1))
    assert len(accepted) in (last, last + 100)


def test_a_batch_that_makes_the_core_fail_stops_this_start_and_the_next(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            await send(sequencer, [1])
            bad = asyncio.create_task(send(sequencer, [2], price_ticks=FAILING_PRICE))
            after = asyncio.create_task(send(sequencer, [3]))
            for result in await asyncio.gather(bad, after, return_exceptions=True):
                assert isinstance(result, Stopped)
                assert "batch 4 makes the core fail (CoreFailed: a defect)" in result.reason
            with pytest.raises(Stopped, match="batch 4"):
                await send(sequencer, [4])

    asyncio.run(go())
    assert verify(tmp_path).problems == []
    for _ in range(2):
        with pytest.raises(BatchFailed, match=r"batch 4 makes the core fail .* every start will stop here") as caught:
            start_once(tmp_path)
        assert caught.value.number == 4


def test_refused_rows_are_history_too(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            answer = await send(sequencer, [1, 2, 3], price_ticks=[100, REFUSED_PRICE, 100])
            assert answer.outcomes.tolist() == [0, Outcome.CASH_INSUFFICIENT, 0]
            assert len(answer.events) == 3

    asyncio.run(go())
    assert replayed(tmp_path).accepted == [1 << 40 | 1, 1 << 40 | 3]


def test_stopping_answers_what_waits_and_refuses_what_comes(tmp_path: Path) -> None:
    async def go() -> int:
        journal = Journal.open(tmp_path, clock=SetClock(BEGIN_NS))
        sequencer = Sequencer(FakeCore(), journal, clock=SetClock(BEGIN_NS))
        with pytest.raises(Stopped, match="not started"):
            await send(sequencer, [1])
        await sequencer.start()
        await open_session(sequencer)
        tasks = [asyncio.create_task(send(sequencer, [request_id])) for request_id in range(1, 100)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(sequencer.stop())
        await asyncio.sleep(0)
        with pytest.raises(Stopped, match="stopping"):
            await send(sequencer, [100])
        answers = await asyncio.gather(*tasks)
        await stopping
        await sequencer.stop()
        with pytest.raises(Stopped):
            await send(sequencer, [101])
        return len(answers)

    assert asyncio.run(go()) == 99
    assert len(start_once(tmp_path).accepted) == 99
    assert not (tmp_path / "journal.sqlite-wal").exists(), "a clean stop leaves no log"


def test_a_caller_who_goes_away_undoes_nothing(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            gate = GatedJournal(sequencer)
            gate.open.clear()
            task = asyncio.create_task(send(sequencer, [1]))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            gate.open.set()
            answer = await send(sequencer, [1, 2])
            assert answer.repeated.tolist() == [True, False]
            assert not sequencer._waiting

    asyncio.run(go())


def test_only_one_process_writes(tmp_path: Path) -> None:
    write_journal(tmp_path, 1)

    async def go() -> None:
        async with running(tmp_path):
            with pytest.raises(JournalInUse, match="is being written by process"):
                Journal.open(tmp_path, clock=SetClock(BEGIN_NS))

    asyncio.run(go())
    start_once(tmp_path)


def test_readers_never_meet_a_lock_and_see_a_whole_journal(tmp_path: Path) -> None:
    """Verify and replay, over and over, while a writer commits (and moves its log) as fast as it can."""
    write_journal(tmp_path, 1)
    over = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not over.is_set():
            assert verify(tmp_path).problems == []
            seen.add(replayed(tmp_path).next_sequence)
        return seen

    async def go() -> None:
        async with running(tmp_path) as sequencer:
            sequencer._journal.store._log_bytes = 0  # type: ignore[attr-defined]
            readers = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(2)]
            for start in range(100, 6_100, 100):
                await send(sequencer, list(range(start, start + 100)))
                if start % 1000 == 0:
                    sequencer._journal.store._log_bytes = 1 << 30  # type: ignore[attr-defined]
            over.set()
            for seen in await asyncio.gather(*readers):
                assert len(seen) > 1

    asyncio.run(go())
    assert len(replayed(tmp_path).accepted) == 6_002
