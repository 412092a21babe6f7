"""Journals of earlier states of the sources, kept as files: they replay to what they came to then, in every way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.main import call
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


@pytest.mark.long
@pytest.mark.parametrize("jit_off", ["0", "1"])
def test_another_numpy_comes_to_the_same(tmp_path: Path, seen: Seen, jit_off: str) -> None:
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path / "numpy")]
    if subprocess.run([*install, f"numpy=={OTHER_NUMPY}"], capture_output=True, check=False).returncode:
        pytest.skip(f"NumPy {OTHER_NUMPY} cannot be installed here")
    folder, expected = copy_of(NAMES[-1], tmp_path)
    path = str(tmp_path / "numpy")
    version = [sys.executable, "-c", "import numpy; print(numpy.__version__)"]
    environment = {**os.environ, "PYTHONPATH": path}
    assert (
        subprocess.run(version, env=environment, capture_output=True, text=True, check=True).stdout
        == f"{OTHER_NUMPY}\n"
    )
    found = replay_elsewhere(folder, PYTHONPATH=path, NUMBA_DISABLE_JIT=jit_off)
    assert agrees(found, expected)
    seen(f"golden journal replayed under NumPy {OTHER_NUMPY}, JIT on and off", 1)
