"""Journals of earlier states of the sources, kept as files: they replay to what they came to then, in every way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.capacity import SMALL
from engine.commands import Table
from engine.core import Core
from services.cli.main import call
from services.journal.journal import Journal
from services.journal.replay import replay
from services.journal.verify import verify
from tests.conftest import Seen
from tests.contracts.sources import ROOT
from tests.golden.make import EXPECTED, JOURNALS

NAMES = sorted(path.name for path in JOURNALS.iterdir())
OTHER_NUMPY = "2.3.5"
RUN = "from services.cli.main import run; run()"


def copy_of(name: str, tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A copy to read (SQLite writes beside what it reads), and what the journal must come to."""
    folder = tmp_path / name
    shutil.copytree(JOURNALS / name, folder)
    return folder, json.loads((folder / EXPECTED).read_text())


def replay_elsewhere(folder: Path, **environment: str) -> dict[str, object]:
    """`jingjia journal replay` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "journal", "replay", str(folder), "--capacity", "small", "--json"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


def agrees(found: dict[str, object], expected: dict[str, object]) -> bool:
    return {name: found[name] for name in expected} == expected


def test_the_last_one_uses_every_table(tmp_path: Path) -> None:
    folder, _ = copy_of(NAMES[-1], tmp_path)
    core, journal = Core(SMALL), Journal.open_for_reading(folder)
    used = {step.batch.table for step in replay(journal, core)}
    journal.close()
    assert set(Table) - used == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_journal_replays(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, expected = copy_of(name, tmp_path)
    assert verify(folder).problems == []
    assert call(["journal", "replay", str(folder), "--capacity", "small", "--json"]) == 0
    assert agrees(json.loads(capsys.readouterr().out), expected)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0", "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "1", "NUMBA_NUM_THREADS": "2", "NUMBA_DISABLE_JIT": "1"},
        {"PYTHONHASHSEED": "4242", "NUMBA_NUM_THREADS": "2"},
        {"PYTHONHASHSEED": "31337", "OMP_NUM_THREADS": "1", "NUMBA_DISABLE_JIT": "1", "PYTHONOPTIMIZE": "1"},
    ],
    ids=lambda environment: " ".join(f"{name}={value}" for name, value in environment.items()),
)
def test_wherever_it_replays_it_comes_to_the_same(tmp_path: Path, environment: dict[str, str]) -> None:
    folder, expected = copy_of(NAMES[-1], tmp_path)
    assert agrees(replay_elsewhere(folder, **environment), expected)


HASH_SEEDS = (("0", "1"), ("1", "2"), ("4242", "1"), ("31337", "2"))
"""PYTHONHASHSEED and the number of threads of each run."""


@pytest.fixture(scope="module")
def other_numpy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with another NumPy for PYTHONPATH; the test is skipped where none can be installed."""
    folder = str(tmp_path_factory.mktemp("numpy"))
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, f"numpy=={OTHER_NUMPY}"]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        pytest.skip(f"NumPy {OTHER_NUMPY} cannot be installed here")
    version = [sys.executable, "-c", "import numpy; print(numpy.__version__)"]
    environment = {**os.environ, "PYTHONPATH": folder}
    shown = subprocess.run(version, env=environment, capture_output=True, text=True, check=True).stdout
    assert shown == f"{OTHER_NUMPY}\n"
    return folder


@pytest.mark.long
@pytest.mark.parametrize("jit_off", ["0", "1"])
@pytest.mark.parametrize("numpy", ["pinned", OTHER_NUMPY])
@pytest.mark.parametrize("name", NAMES)
def test_every_numpy_jit_hash_seed_and_thread_count_comes_to_the_same(
    tmp_path: Path, seen: Seen, request: pytest.FixtureRequest, name: str, numpy: str, jit_off: str
) -> None:
    folder, expected = copy_of(name, tmp_path)
    path = {} if numpy == "pinned" else {"PYTHONPATH": request.getfixturevalue("other_numpy")}
    for seed, threads in HASH_SEEDS:
        where = {"PYTHONHASHSEED": seed, "NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, **path}
        assert agrees(replay_elsewhere(folder, NUMBA_DISABLE_JIT=jit_off, **where), expected), where
    word = "JIT off" if jit_off == "1" else "JIT on"
    seen(f"golden journal {name}, NumPy {numpy}, {word}: hash seeds and threads, each the same digest", len(HASH_SEEDS))
