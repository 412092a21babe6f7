"""The same batches in other processes: whatever the hash seed, the threads, the JIT or the capacity, one result."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import Seen
from tests.contracts.sources import ROOT
from tests.engine.story import tell

SEED, ORDERS = 20_231_124, 400


def told_in_a_process(capacity: str = "small", **environment: str) -> list[str]:
    """Event chain, digest, next sequence and what does not add up, as a fresh process has them."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.engine.story", str(SEED), str(ORDERS), capacity],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2_000:]
    return result.stdout.split()


@pytest.fixture(scope="module")
def told_here() -> list[str]:
    core = tell(SEED, ORDERS, "small").core
    assert core.conservation() == []
    assert core.next_sequence > ORDERS
    return [core.event_chain.hex(), core.digest(), str(core.next_sequence)]


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_hash_seed_changes_nothing(told_here: list[str], seed: str) -> None:
    assert told_in_a_process(PYTHONHASHSEED=seed) == told_here


def test_the_number_of_threads_changes_nothing(told_here: list[str]) -> None:
    assert told_in_a_process(NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="1") == told_here


def test_the_jit_changes_nothing(told_here: list[str]) -> None:
    """Run with the JIT on this compares with it off, and the other way round."""
    off = os.environ.get("NUMBA_DISABLE_JIT") == "1"
    assert told_in_a_process(NUMBA_DISABLE_JIT="0" if off else "1") == told_here


def test_optimised_python_changes_nothing(told_here: list[str]) -> None:
    """`python -O` drops assertions: nothing in the core may hang on one."""
    assert told_in_a_process(PYTHONOPTIMIZE="1") == told_here


@pytest.mark.long
def test_the_capacity_class_changes_nothing(told_here: list[str], seen: Seen) -> None:
    assert told_in_a_process(capacity="medium") == told_here
    seen("another capacity class: the same events and digest", 1)


def test_a_second_run_in_the_same_process_starts_afresh(told_here: list[str]) -> None:
    again = tell(SEED, ORDERS, "small").core
    assert [again.event_chain.hex(), again.digest(), str(again.next_sequence)] == told_here


def test_another_flow_has_another_result(told_here: list[str]) -> None:
    other = tell(SEED + 1, ORDERS, "small").core
    assert other.event_chain.hex() != told_here[0]
    assert other.digest() != told_here[1]
