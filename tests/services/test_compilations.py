"""After the rehearsal nothing is compiled or loaded any more, whatever members and operators do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contracts.sources import ROOT

DAY = """
from engine.capacity import SMALL
from services.compilations import Compilations
from services.warm import compile_kernels
compile_kernels(SMALL)
compilations = Compilations()
from tests.engine.test_snapshot import copy_of, told
core = told().core
core.digest(), copy_of(core).digest(), core.conservation(), core.depth(1, 5)
from tests.simulation.world import run
run(3)
print(compilations.count, *compilations.names, sep="\\n")
"""


@pytest.mark.compiled
def test_nothing_is_compiled_after_the_rehearsal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DAY], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.split("\n", 1)[0] == "0", done.stdout


@pytest.mark.compiled
def test_a_compilation_is_counted() -> None:
    import numba

    from services.compilations import Compilations

    compilations = Compilations()
    numba.njit(lambda x: x + 1)(1)
    compilations.close()
    numba.njit(lambda x: x + 2)(1)
    assert compilations.count == 1
