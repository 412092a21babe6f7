"""Damage: one byte changed anywhere, or a file cut anywhere, is refused or makes no difference to what is read."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.clock import SetClock
from services.journal.files import ANCHOR, DATABASE
from services.journal.journal import Journal
from services.journal.problems import JournalDamaged, JournalError, NoJournal
from services.journal.verify import verify
from tests.conftest import Seen
from tests.journal.journal_helpers import BEGIN_NS, open_session, replayed, running, send, start_once, write_journal

LOG = DATABASE + "-wal"
SEED = 20231124
PAGE_BYTES = 512


def everything(folder: Path) -> tuple[object, ...]:
    """All that a start, a replay or a repeat reads; raises JournalError."""
    journal = Journal.open_for_reading(folder)
    try:
        store = journal.store
        records = tuple(journal.records())
        numbers = range(1, journal.head.number + 1)
        for number in numbers:
            # A checkpoint only confirms: without it a replay comes to the same. A wrong one raises.
            store.checkpoint(number)
        answers = [store.answers(number) for number in numbers]
        return (
            journal.identity,
            records,
            tuple(store.read_spans((-1, -1, -1), 10_000)),
            store.last_answered(),
            tuple(None if a is None else (a.first_sequence, a.event_count, a.rows.tobytes()) for a in answers),
        )
    finally:
        journal.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of openings, and no claim about the disk."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def closed(memory: Path) -> Path:
    """A small journal, cleanly closed: everything is in the main file."""
    folder = memory / "closed"
    write_journal(folder, 4, page_bytes=PAGE_BYTES)
    assert not (folder / LOG).exists()
    return folder


@pytest.fixture
def killed(memory: Path) -> Path:
    """A small journal as a killed writer leaves it: the last batches are in the log only."""
    folder, copy = memory / "live", memory / "killed"
    write_journal(folder, 1, page_bytes=PAGE_BYTES)

    async def write_on() -> None:
        async with running(folder) as sequencer:
            for batch in range(3):
                await send(sequencer, [11 + batch * 2, 12 + batch * 2])
            copy.mkdir()
            for name in (DATABASE, LOG, ANCHOR):
                shutil.copy(folder / name, copy / name)

    asyncio.run(write_on())
    return copy


def flips(folder: Path, step: int, seed: int, first: int | None = None) -> Iterator[tuple[str, int]]:
    """Damages every `step`-th byte in the files of `folder`, one after another, with the old content back after each.

    It begins with byte `first`, or with a drawn one.
    """
    random = np.random.default_rng(seed)
    for name in (DATABASE, LOG, ANCHOR):
        path = folder / name
        if not path.exists():
            continue
        whole = path.read_bytes()
        begin = int(random.integers(step)) if first is None else first
        for place in range(begin, len(whole), step):
            with path.open("r+b") as file:
                file.seek(place)
                file.write(bytes([whole[place] ^ int(random.integers(1, 256))]))
            yield name, place
            for leftover in folder.iterdir():
                if leftover.name not in (DATABASE, LOG, ANCHOR):
                    leftover.unlink()
            path.write_bytes(whole)


@pytest.mark.parametrize(
    ("first", "step"), [(None, 13), *(pytest.param(first, 8, marks=pytest.mark.long) for first in range(8))]
)
@pytest.mark.parametrize("state", ["closed", "killed"])
def test_a_changed_byte_is_refused_or_never_read(
    state: str, first: int | None, step: int, request: pytest.FixtureRequest, seen: Seen
) -> None:
    """Every 13th byte in the suite; each of the eight tests of `make long` takes another eighth of all bytes."""
    folder = request.getfixturevalue(state)
    expected = everything(folder)
    assert len(expected[1]) >= 5  # type: ignore[arg-type]
    refused: dict[str, int] = {}
    tried = 0
    for name, place in flips(folder, step, SEED, first):
        tried += 1
        try:
            noticed = everything(folder) != expected and bool(verify(folder).problems)
        except JournalError:
            noticed = True
        if noticed:
            refused[name] = refused.get(name, 0) + 1
        else:
            assert everything(folder) == expected, f"byte {place} of {name}: unnoticed (seed {SEED})"
    assert refused[DATABASE] > 1000 // step
    if state == "killed":
        assert refused[LOG] > 1000 // step
    seen("bytes of a journal changed, one at a time: refused, or nothing reads it", tried)


@pytest.mark.parametrize("state", ["closed", "killed"])
def test_a_start_refuses_a_changed_byte_or_comes_to_the_same_state(
    state: str, memory: Path, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(state)
    digest = replayed(folder).digest()
    refused = same = 0
    for name, place in flips(folder, 41, SEED + 1):
        copy = memory / "copy"
        shutil.copytree(folder, copy)
        try:
            core = start_once(copy)
        except JournalError:
            refused += 1
        else:
            same += 1
            assert core.digest() == digest, f"byte {place} of {name} (seed {SEED + 1})"
            assert not verify(copy).problems
        shutil.rmtree(copy)
    assert refused > 30
    assert same > 30


def test_a_log_cut_anywhere_behind_the_anchor_is_refused(killed: Path) -> None:
    """Every batch in the log was acknowledged: no cut may pass for an interrupted write."""
    whole = (killed / LOG).read_bytes()
    expected = everything(killed)
    for cut in range(0, len(whole), 7):
        (killed / LOG).write_bytes(whole[:cut])
        with pytest.raises(JournalDamaged, match=r"acknowledged batches are gone|anchor"):
            everything(killed)
    (killed / LOG).write_bytes(whole)
    assert everything(killed) == expected


def test_a_log_cut_in_what_was_never_acknowledged_is_taken_for_what_it_is(memory: Path) -> None:
    """Killed after the commit and before the anchor: each cut leaves all anchored batches and perhaps the last one."""
    folder, copy = memory / "live", memory / "copy"
    write_journal(folder, 2, page_bytes=PAGE_BYTES)

    async def write_on() -> int:
        async with running(folder) as sequencer:
            await send(sequencer, [11, 12])
            anchored, before = (folder / ANCHOR).read_bytes(), (folder / LOG).stat().st_size
            await send(sequencer, [13, 14])
            copy.mkdir()
            for name in (DATABASE, LOG):
                shutil.copy(folder / name, copy / name)
            (copy / ANCHOR).write_bytes(anchored)
            return before

    before = asyncio.run(write_on())
    whole = (copy / LOG).read_bytes()
    assert len(whole) > before
    numbers = set()
    for cut in range(before, len(whole) + 1, 5):
        (copy / LOG).write_bytes(whole[:cut])
        numbers.add(len(everything(copy)[1]))  # type: ignore[arg-type]
        for leftover in copy.glob("*-shm"):
            leftover.unlink()
    (copy / LOG).write_bytes(whole)
    numbers.add(len(everything(copy)[1]))  # type: ignore[arg-type]
    assert numbers == {5, 6}


def test_a_torn_tail_is_repaired_and_appended_to_twice(killed: Path) -> None:
    """Crash, start, append, crash, start: what was written after each start is still there."""
    with (killed / LOG).open("ab") as log:
        log.write(b"\x00\x01half a frame")

    async def append(request_id: int) -> None:
        async with running(killed) as sequencer:
            await send(sequencer, [request_id])
            for name in (DATABASE, LOG, ANCHOR):
                shutil.copy(killed / name, killed / f"{name}.kept")

    for request_id in (101, 102):
        asyncio.run(append(request_id))
        for name in (DATABASE, LOG, ANCHOR):
            (killed / f"{name}.kept").replace(killed / name)
        with (killed / LOG).open("ab") as log:
            log.write(b"torn")
    assert [order & 0xFFFF for order in replayed(killed).accepted][-2:] == [101, 102]


@pytest.mark.parametrize(
    ("lost", "message"),
    [(ANCHOR, "anchor journal.anchor is gone"), (DATABASE, "is there, but its journal")],
)
def test_a_missing_file_is_refused(closed: Path, lost: str, message: str) -> None:
    (closed / lost).unlink()
    with pytest.raises(JournalDamaged, match=message):
        Journal.open(closed, clock=SetClock(BEGIN_NS))


def test_an_anchor_of_another_journal_is_refused(closed: Path, tmp_path: Path) -> None:
    write_journal(tmp_path / "other", 4)
    shutil.copy(tmp_path / "other" / ANCHOR, closed / ANCHOR)
    with pytest.raises(JournalDamaged, match="another journal"):
        Journal.open(closed, clock=SetClock(BEGIN_NS))


def test_an_older_copy_of_the_data_base_is_refused(closed: Path) -> None:
    """Somebody restores yesterday's file beside today's anchor."""
    old = (closed / DATABASE).read_bytes()

    async def write_on() -> None:
        async with running(closed) as sequencer:
            await send(sequencer, [50])

    asyncio.run(write_on())
    (closed / DATABASE).write_bytes(old)
    with pytest.raises(JournalDamaged, match="1 acknowledged batches are gone") as caught:
        Journal.open(closed, clock=SetClock(BEGIN_NS))
    assert caught.value.number == 7


def test_verify_reports_every_damaged_row(closed: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(closed / DATABASE)
    for table in ("batches", "answers"):
        connection.execute(f"DROP TRIGGER {table}_no_update")
    connection.execute("UPDATE batches SET rows = zeroblob(length(rows)) WHERE number IN (3, 5)")
    connection.commit()
    trigger = "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for table in ("batches", "answers"):
        connection.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {trigger}")
    connection.commit()
    connection.close()
    problems = verify(closed).problems
    assert [problem for problem in problems if "checksum" in problem] == [
        "batch 3: its checksum does not match its fields",
        "batch 5: its checksum does not match its fields",
    ]
    assert any("index of request ids" in problem for problem in problems)
    with pytest.raises(JournalDamaged, match="batch 3: its checksum") as caught:
        replayed(closed)
    assert caught.value.number == 3
    assert "Restore the folder from a copy" in str(caught.value)


def test_rows_cannot_be_changed_or_deleted_by_sql(closed: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(closed / DATABASE)
    for statement in ("UPDATE batches SET time_ns = 0", "DELETE FROM batches", "DELETE FROM key_spans"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_a_folder_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(NoJournal, match="holds no journal"):
        verify(tmp_path)


def test_creation_can_be_interrupted(tmp_path: Path) -> None:
    """A killed first start leaves an empty file, or an anchor file without content: the next start begins anew."""
    (tmp_path / DATABASE).write_bytes(b"")
    (tmp_path / ANCHOR).write_bytes(bytes(8192))
    assert start_once(tmp_path).next_sequence == 2


def test_sessions_survive(closed: Path) -> None:
    async def go() -> int:
        async with running(closed) as sequencer:
            return await open_session(sequencer, name="another")

    assert asyncio.run(go()) == 2
