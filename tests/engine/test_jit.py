"""The kernel cache, on a small package of its own: edits are noticed, a folder that cannot be written does no harm.

Each case runs in processes of its own, because numba decides at import. The small package holds a copy of `engine.jit`
and one kernel that calls a helper which reads a constant from a third module: the case in which numba's own cache runs
stale code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine import jit

KERNELS = """
from engine import factor
from engine.jit import helper, kernel


@helper
def scaled(value):
    return value * factor.FACTOR


@kernel
def total(values):
    result = 0
    for value in values:
        result += scaled(value)
    return result
"""

RUN = """
import numpy as np
from engine import jit
from engine.kernels import total
print(total(np.arange(100)))
print(jit.folder_of("engine.kernels"))
print(jit.cache_note)
"""

SUM_0_TO_99 = 4_950


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder to import from, with the small package in it."""
    folder = tmp_path / "package" / "engine"
    folder.mkdir(parents=True)
    shutil.copy(jit.__file__, folder / "jit.py")
    (folder / "__init__.py").touch()
    (folder / "deep").mkdir()
    (folder / "deep" / "__init__.py").touch()
    (folder / "deep" / "origin.py").write_text("FACTOR = 3\n")
    (folder / "factor.py").write_text("from engine.deep.origin import FACTOR\n")
    (folder / "elsewhere.py").touch()
    (folder / "kernels.py").write_text(KERNELS)
    return folder.parent


def start(package: Path, cache: Path, **environment: str) -> subprocess.Popen[str]:
    """A process that runs the kernel; its output: the sum, the cache folder, the note.

    It leaves no bytecode: Python tells old bytecode by the second, and an edit here may come within the same one.
    """
    kept = {"PYTHONPATH": str(package), "JINGJIA_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=package,
        env={**os.environ, **kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    total, folder, note = output.splitlines()
    return int(total), folder, note


def compiled_files(folder: str) -> dict[Path, int]:
    """What numba wrote, with the time of writing: a file written again counts as another."""
    return {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*.nb?")}


@pytest.mark.compiled
@pytest.mark.parametrize("edited", ["factor.py", "deep/origin.py"])
def test_an_edit_in_what_a_kernel_imports_is_noticed(package: Path, tmp_path: Path, edited: str) -> None:
    """Also two steps away: the kernel's helper reads `factor.FACTOR`, which comes out of `deep.origin`."""
    before, folder, note = finish(start(package, tmp_path / "cache"))
    assert before == 3 * SUM_0_TO_99
    assert note == f"kernel cache: {tmp_path / 'cache'}"
    first = compiled_files(folder)
    assert first
    (package / "engine" / edited).write_text("FACTOR = 5\n")
    after, other_folder, _ = finish(start(package, tmp_path / "cache"))
    assert after == 5 * SUM_0_TO_99
    assert other_folder != folder
    assert compiled_files(folder) == first


@pytest.mark.compiled
def test_an_edit_elsewhere_compiles_nothing(package: Path, tmp_path: Path) -> None:
    _, folder, _ = finish(start(package, tmp_path / "cache"))
    first = compiled_files(folder)
    (package / "engine" / "elsewhere.py").write_text("NOTHING = 1\n")
    assert finish(start(package, tmp_path / "cache"))[:2] == (3 * SUM_0_TO_99, folder)
    assert compiled_files(folder) == first


@pytest.mark.compiled
def test_a_second_start_loads_what_the_first_compiled(package: Path, tmp_path: Path) -> None:
    _, folder, _ = finish(start(package, tmp_path / "cache"))
    written = compiled_files(folder)
    again, same_folder, _ = finish(start(package, tmp_path / "cache"))
    assert (again, same_folder) == (3 * SUM_0_TO_99, folder)
    assert compiled_files(folder) == written


@pytest.mark.compiled
def test_a_folder_that_cannot_be_written_is_said_and_does_no_harm(package: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file, not a folder"
    in_the_way.touch()
    total, folder, note = finish(start(package, in_the_way))
    assert total == 3 * SUM_0_TO_99
    assert folder == "None"
    assert "cannot be written" in note
    assert "JINGJIA_CACHE_DIR" in note


def test_with_the_jit_off_the_result_is_the_same_and_nothing_is_written(package: Path, tmp_path: Path) -> None:
    total, folder, note = finish(start(package, tmp_path / "cache", NUMBA_DISABLE_JIT="1"))
    assert total == 3 * SUM_0_TO_99
    assert folder == "None"
    assert "the JIT is off" in note
    assert not (tmp_path / "cache").exists()


@pytest.mark.compiled
@pytest.mark.parametrize("starts", [8, pytest.param(16, marks=pytest.mark.long)])
def test_cold_starts_at_once_agree(package: Path, tmp_path: Path, starts: int) -> None:
    processes = [start(package, tmp_path / "cache") for _ in range(starts)]
    results = {finish(process) for process in processes}
    assert len(results) == 1
    total, folder, _ = results.pop()
    assert total == 3 * SUM_0_TO_99
    assert finish(start(package, tmp_path / "cache"))[:2] == (total, folder)
