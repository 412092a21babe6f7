"""A writer dies at its n-th system call that changes a file, for one n after another; or that call fails.

`strace` stands between the writer and the kernel: it kills the process at the chosen call, or makes a sync report an
error. So the crash lies between any two steps of commit, anchor, checkpoint and creation, not at a moment of luck.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from services.journal.verify import verify
from tests.conftest import Seen
from tests.crash.nursery import PATIENCE_S, Nursery, check_journal

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace on the path"),
]

WRITES = "write,pwrite64,writev,pwritev,ftruncate,fallocate,unlink,rename,mkdir,fsync,fdatasync"
SEED = 17


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """One nursery for all tests here; starting one takes longer than a life."""
    with Nursery(tmp_path_factory.mktemp("ward"), SEED) as nursery:
        yield nursery


@pytest.fixture
def nursery(ward: Nursery) -> Nursery:
    """The nursery, with nothing told so far; each test moves it to a folder of its own."""
    ward.told, ward.ready, ward.other = {}, [], []
    return ward


def traced(nursery: Nursery, tmp_path: Path, inject: str, what: str = "once", **how: Any) -> str:
    """One short life under `strace -e inject=...`; returns what strace wrote."""
    gate, log = tmp_path / "gate", tmp_path / "strace.log"
    gate.unlink(missing_ok=True)
    pid = nursery.ask(what, gate=str(gate), **how)
    injected = [] if inject == "none" else ["-e", f"inject={inject}"]
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-p", str(pid), "-o", str(log), "-e", f"trace={WRITES}", *injected],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr is not None
    first = tracer.stderr.readline()
    if "attached" not in first:
        gate.touch()
        nursery.until("dead")
        tracer.communicate()
        pytest.skip(f"strace may not trace here: {first.strip()}")
    gate.touch()
    nursery.until("dead")
    tracer.communicate(timeout=30)
    deadline = monotonic() + 5
    while not log.exists() and monotonic() < deadline:
        sleep(0.01)
    return log.read_text()


def points(log: str) -> list[tuple[str, int]]:
    """Every call of a life, in order, as (name, how many of that name its thread made by then), as strace counts."""
    found: dict[tuple[str, int], None] = {}
    made: Counter[tuple[str, str]] = Counter()
    for thread, call in re.findall(r"^(\d+) +(\w+)\(", log, re.MULTILINE):
        made[thread, call] += 1
        found[call, made[thread, call]] = None
    return list(found)


def killed_at(call: str, number: int) -> str:
    return f"{call}:signal=SIGKILL:when={number}"


def survive(nursery: Nursery, folder: Path, tmp_path: Path) -> None:
    """The journal as it was left: whole, complete, and its next start comes to the replay's state."""
    nursery.ready = []
    if not (folder / "journal.sqlite").exists():
        assert not nursery.told
        return
    nursery.ask("stop")
    nursery.until("dead")
    digest, next_sequence, keys = nursery.audit(tmp_path / "keys.npy")
    check_journal(nursery, digest, next_sequence, keys)
    assert verify(folder).problems == []


def one_call_in(suite: int, long: int) -> pytest.MarkDecorator:
    """Which calls: every `suite`-th in the suite; all of them in `make long`, in `long` tests."""
    every = [pytest.param(first, long, marks=pytest.mark.long) for first in range(long)]
    return pytest.mark.parametrize(("first", "step"), [(0, suite), *every])


@one_call_in(suite=19, long=6)
@pytest.mark.parametrize("state", ["creation", "later start"])
def test_killed_at_every_call_that_changes_a_file(
    nursery: Nursery, tmp_path: Path, seen: Seen, first: int, step: int, state: str
) -> None:
    def make(folder: Path) -> None:
        nursery.told = {}
        nursery.move(folder)
        if state == "later start":
            (tmp_path / "open").touch()
            nursery.ask("once", gate=str(tmp_path / "open"), batches=6)
            nursery.until("dead")

    kills = 0
    make(tmp_path / "whole")
    calls = points(traced(nursery, tmp_path, "none", batches=8))
    assert len(calls) > 30
    for call, number in calls[first::step]:
        folder = tmp_path / f"journal-{call}-{number}"
        make(folder)
        kills += "killed by SIGKILL" in traced(nursery, tmp_path, killed_at(call, number), batches=8)
        survive(nursery, folder, tmp_path)
        shutil.rmtree(folder, ignore_errors=True)
    assert kills > len(calls) // step * 0.7, "now and then a life makes fewer calls than the one that was counted"
    seen(f"death of a writer at one of its system calls, one after the other ({state})", kills)


@pytest.mark.parametrize("call", range(1, 10))
def test_a_sync_that_fails_stops_the_writer(nursery: Nursery, tmp_path: Path, call: int) -> None:
    """The n-th sync of the journal's thread reports an error, once: the writer says so and never goes on."""
    folder = tmp_path / "journal"
    nursery.move(folder)
    (tmp_path / "open").touch()
    nursery.ask("once", gate=str(tmp_path / "open"), batches=6)
    nursery.until("dead")
    nursery.other.clear()
    log = traced(nursery, tmp_path, f"fsync,fdatasync:error=EIO:when={call}", batches=500, snapshots=False)
    failed = [line for line in log.splitlines() if "(INJECTED)" in line]
    assert len(failed) == 1
    last = nursery.other[-2]
    if last[0] == "enough":
        # SQLite's own sync of the folder is the one whose failure it ignores; the store syncs the folder again.
        assert f"<{folder}>" in failed[0]
        later = log[log.index("(INJECTED)") :]
        assert any(" fsync(" in line and f"<{folder}>" in line for line in later.splitlines())
    else:
        assert last[0] in ("stopped", "refused")
        assert "could not write" in last[1]
        after = log[log.index("(INJECTED)") :].splitlines()[1:]
        assert not [line for line in after if "write" in line and str(folder) in line], "nothing is tried again"
    survive(nursery, folder, tmp_path)


def snapshots_and_a_tail(nursery: Nursery, base: Path) -> None:
    """A journal with two snapshots and batches after them, left by kills, however slow the machine is."""

    def live_until(enough: Callable[[], bool], **how: Any) -> None:
        pid = nursery.ask("live", **how)
        deadline = monotonic() + PATIENCE_S
        while not enough():
            assert monotonic() < deadline, "a life came to nothing in time"
            nursery.listen(0.02)
        nursery.kill(pid)

    live_until(lambda: len(list(base.glob("snapshots/*.snapshot"))) >= 2)
    for part in base.glob("snapshots/*.part"):
        part.unlink()
    before = len(nursery.told)
    live_until(lambda: len(nursery.told) > before, snapshots=False)


@one_call_in(suite=7, long=2)
def test_killed_between_two_calls_of_a_snapshot(
    nursery: Nursery, tmp_path: Path, seen: Seen, first: int, step: int
) -> None:
    """Wherever the writing of a snapshot ends, the next start comes to the same state, from it or without it."""
    base, folder = tmp_path / "base", tmp_path / "journal"
    used, unfinished = set[int](), 0
    nursery.move(base)
    snapshots_and_a_tail(nursery, base)

    def lives_again(inject: str) -> str:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder)
        nursery.move(folder)
        return traced(nursery, tmp_path, inject, "snapshot")

    calls = points(lives_again("none"))
    assert {"write", "fsync", "rename", "unlink"} <= {call for call, _ in calls}
    tried = calls[first::step]
    for call, number in tried:
        assert "killed by SIGKILL" in lives_again(killed_at(call, number)), (call, number)
        unfinished += any((folder / "snapshots").glob("*.part"))
        survive(nursery, folder, tmp_path)
        used.add(int(next(line[1] for line in reversed(nursery.other) if line[0] == "after")))
    assert not [line for line in nursery.other if line[0] == "note"]
    assert len(used) >= 2, "some starts used the new snapshot, others one before it"
    assert unfinished
    seen("death between two system calls of a snapshot, one after the other", len(tried))
