"""A writer dies before its n-th system call that changes a file, for one n after another; or that call fails.

`strace` stands between the writer and the kernel: it kills the process at the chosen call, or makes a sync report an
error. So the crash lies between any two steps of commit, anchor, checkpoint and creation, not at a moment of luck.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from time import monotonic, sleep

import pytest

from services.journal.verify import verify
from tests.crash.nursery import Nursery, check_journal

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace on the path"),
]

WRITES = "write,pwrite64,writev,pwritev,ftruncate,fallocate,unlink,rename,fsync,fdatasync"
SEED = 17


def traced(nursery: Nursery, tmp_path: Path, inject: str, batches: int) -> str:
    """One short life under `strace -e inject=...`; returns what strace wrote."""
    gate, log = tmp_path / "gate", tmp_path / "strace.log"
    gate.unlink(missing_ok=True)
    pid = nursery.ask("once", gate=str(gate), batches=batches)
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-p", str(pid), "-o", str(log), "-e", f"trace={WRITES}", "-e", f"inject={inject}"],
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


@pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.long, id="every call"), pytest.param(7, id="every 7th call")]
)
@pytest.mark.parametrize("state", ["creation", "later start"])
def test_killed_at_every_call_that_changes_a_file(tmp_path: Path, step: int, state: str) -> None:
    """`when=n` counts a thread's calls: the journal's own thread makes those on the journal, in one order."""
    kills = 0
    with Nursery(tmp_path / "none", SEED) as nursery:
        for call in range(1, 2_000, step):
            nursery.told = {}
            folder = tmp_path / f"journal{call}"
            nursery.move(folder)
            if state == "later start":
                (tmp_path / "open").touch()
                nursery.ask("once", gate=str(tmp_path / "open"), batches=6)
                nursery.until("dead")
            log = traced(nursery, tmp_path, f"{WRITES}:signal=SIGKILL:when={call}", 8)
            survive(nursery, folder, tmp_path)
            shutil.rmtree(folder, ignore_errors=True)
            if "killed by SIGKILL" not in log:
                break
            kills += 1
        else:
            raise AssertionError("the life never ended by itself")
    assert kills > 35 // step


@pytest.mark.parametrize("call", range(1, 10))
def test_a_sync_that_fails_stops_the_writer(tmp_path: Path, call: int) -> None:
    """The n-th sync of the journal's thread reports an error, once: the writer says so and never goes on."""
    folder = tmp_path / "journal"
    with Nursery(folder, SEED) as nursery:
        (tmp_path / "open").touch()
        nursery.ask("once", gate=str(tmp_path / "open"), batches=6)
        nursery.until("dead")
        nursery.other.clear()
        log = traced(nursery, tmp_path, f"fsync,fdatasync:error=EIO:when={call}", 500)
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
