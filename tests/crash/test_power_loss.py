"""Power fails under SQLite and the anchor, after every write: nothing acknowledged is lost, whatever got through.

One venue's life, with a restart in it, is recorded once (`tests.crash.disk`); then each moment of it is a power
cut, and each thing that the disk may hold then is started from. A disk that reports an error is another test below.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Table
from services.clock import SetClock
from services.journal import sqlite as store
from services.journal.journal import Journal
from services.journal.problems import JournalError
from services.sequencer import Sequencer, Stopped
from tests.conftest import Seen
from tests.crash.disk import Step, Tape, is_the_library_of_python, put, watched
from tests.journal.fake_core import FakeCore
from tests.journal.journal_helpers import BEGIN_NS, SESSION, open_session, order_rows, start_once

pytestmark = pytest.mark.skipif(
    not is_the_library_of_python(), reason="sqlite3 is not linked to the shared library libsqlite3.so.0"
)
SEED = 97
BATCHES = 9
PAGE_BYTES = 512


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: the disk is made up here."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def _small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is moved into the main file every few batches."""
    monkeypatch.setattr(store, "_LOG_BYTES_BEFORE_CHECKPOINT", 4_000)


async def life(folder: Path, tape: Tape, first_id: int) -> str:
    """Starts, sends batches of one to three orders, stops; notes every answer on the tape. Returns why it ended."""
    clock = SetClock(BEGIN_NS)
    try:
        sequencer = Sequencer(FakeCore(), Journal.open(folder, clock=clock, page_bytes=PAGE_BYTES), clock=clock)
    except JournalError as error:
        return str(error)
    try:
        await sequencer.start()
        if first_id == 1:
            await open_session(sequencer)
        for batch in range(BATCHES):
            ids = [first_id + 3 * batch + place for place in range(1 + batch % 3)]
            await sequencer.submit(Table.ORDERS, order_rows(ids))
            tape.mark(",".join(map(str, ids)))
    except (Stopped, JournalError) as error:
        return str(error)
    finally:
        try:
            await sequencer.stop()
        except JournalError as error:
            return str(error)
    return ""


def acknowledged(tape: Tape, end: int) -> set[int]:
    """Ids of all requests that were answered within the first `end` steps."""
    return {
        SESSION << 40 | int(number)
        for step in tape.steps[:end]
        if step.kind == "mark"
        for number in step.file.split(",")
    }


def check(image: dict[str, bytes], owed: set[int], folder: Path, where: str) -> int:
    """Starts from an image of the disk: it may not refuse, and has everything that is owed. Returns what it has."""
    put(image, folder)
    try:
        core = start_once(folder)
    except JournalError as error:
        raise AssertionError(f"{where}: refused ({error})") from error
    finally:
        shutil.rmtree(folder)
    assert owed <= set(core.accepted), f"{where}: {len(owed - set(core.accepted))} acknowledged are gone"
    assert len(core.accepted) == len(set(core.accepted)), f"{where}: something is there twice"
    return len(core.accepted)


def two_lives(folder: Path, tape: Tape) -> str:
    return asyncio.run(life(folder, tape, 1)) or asyncio.run(life(folder, tape, 101))


def cut_everywhere(tape: Tape, memory: Path, stride: int) -> tuple[int, set[int]]:
    """Power cuts after every `stride`-th step; returns how many disks were started from, and how much they held."""
    random = np.random.default_rng(SEED)
    seen: set[tuple[bytes, int]] = set()
    found = set()
    for end in range(int(random.integers(stride)), len(tape.steps) + 1, stride):
        owed = acknowledged(tape, end)
        for image in tape.images(end, random):
            key = hashlib.sha256(repr(sorted(image.items())).encode()).digest(), len(owed)
            if key not in seen:
                seen.add(key)
                found.add(check(image, owed, memory / "image", f"cut after step {end} (seed {SEED})"))
    return len(seen), found


@pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=pytest.mark.long, id="every write"), pytest.param(5, id="every 5th write")]
)
def test_power_fails_after_every_write(memory: Path, monkeypatch: pytest.MonkeyPatch, seen: Seen, stride: int) -> None:
    with watched(monkeypatch) as tape:
        assert two_lives(memory / "venue", tape) == ""
    kinds = {step.kind for step in tape.steps}
    assert kinds >= {"write", "sync", "mark", "delete"}
    assert {step.file for step in tape.steps if step.kind == "sync"} >= {
        "journal.sqlite", "journal.sqlite-wal", "journal.anchor",
    }  # fmt: skip
    disks, found = cut_everywhere(tape, memory, stride)
    assert disks > 1_500 // stride
    assert len(found) > min(10, 200 // stride)
    assert max(found) == 2 * sum(1 + batch % 3 for batch in range(BATCHES))
    seen("steps of two lives after which the power fails", len(tape.steps) // stride)
    seen("disks as a power cut may leave them, each started from", disks)


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_store_that_syncs_less_is_found_out(memory: Path, monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    """The test above must fail for a journal that does not wait for the disk."""

    def less_durable(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={level}")
        connection.execute("PRAGMA wal_autocheckpoint=0")

    monkeypatch.setattr(store, "_set_durable", less_durable)
    with watched(monkeypatch) as tape:
        assert two_lives(memory / "venue", tape) == ""
    with pytest.raises(AssertionError, match=r"acknowledged batches are gone|acknowledged are gone|malformed"):
        cut_everywhere(tape, memory, 5)


@pytest.mark.parametrize(
    "stride", [pytest.param(1, marks=pytest.mark.long, id="every one"), pytest.param(9, id="every 9th")]
)
@pytest.mark.parametrize("kind", ["write", "sync", "truncate"])
def test_a_disk_that_reports_an_error_stops_the_writer(
    memory: Path, monkeypatch: pytest.MonkeyPatch, seen: Seen, kind: str, stride: int
) -> None:
    """The n-th of them fails, once: the writer says so, nothing is written again, nothing acknowledged is lost."""
    random = np.random.default_rng(SEED)
    stopped = 0
    for number in range(1, 1_000, stride):
        folder = memory / f"venue{number}"
        with watched(monkeypatch) as tape:
            tape.fail = lambda step, count, number=number: step.kind == kind and count == number  # type: ignore[misc]
            reason = two_lives(folder, tape)
        shutil.rmtree(folder)
        if not tape.failed:
            break
        failed_at = next(at for at, step in enumerate(tape.steps) if step.kind == "failed")
        after = [step for step in tape.steps[failed_at + 1 :] if step.kind in ("write", "sync", "truncate")]
        if reason:
            stopped += 1
            assert "could not write" in reason or "disk I/O error" in reason, reason
            assert not [step for step in after if _is_of_the_journal(step)], f"{kind} {number} was tried again"
        owed = acknowledged(tape, len(tape.steps))
        for image in tape.images(len(tape.steps), random):
            check(image, owed, memory / "image", f"{kind} {number} failed")
    else:
        raise AssertionError("the lives never ended by themselves")
    if kind != "truncate":
        assert stopped > 60 // stride
    seen(f"the n-th {kind} fails, one after the other: the writer stops, nothing is lost", number // stride)


def _is_of_the_journal(step: Step) -> bool:
    return step.file in ("journal.sqlite", "journal.sqlite-wal", "journal.anchor")
