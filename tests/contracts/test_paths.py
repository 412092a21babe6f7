"""The paths that the architecture page tells are the ones that the code takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.contracts.sources import ROOT

STEP = re.compile(r"^\| \d+ \| `([\w/]+\.py: [\w.]+)` \|", re.MULTILINE)


def told(heading: str) -> list[str]:
    """The functions of one path, in the order the page tells them."""
    page = (ROOT / "docs/architecture.md").read_text()
    return STEP.findall(page.partition(f"## {heading}\n")[2].partition("\n## ")[0])


def out_of_order(steps: Sequence[str], calls: Sequence[str]) -> list[str]:
    """Steps that were not called, or were called for the first time before the step above them was."""
    places = {call: place for place, call in enumerate(calls)}
    reached, wrong = -1, []
    for step in steps:
        place = places.get(step, -1)
        if place < reached or place < 0:
            wrong.append(step)
        reached = max(reached, place)
    return wrong


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Calls, by path."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.played_paths", str(tmp_path_factory.mktemp("paths"))],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls: dict[str, list[str]] = json.loads(done.stdout)
    return calls


@pytest.mark.parametrize(
    ("heading", "path"), [("The path of one order", "order"), ("The path of one consigned lot", "lot")]
)
def test_a_path_is_taken_in_the_order_it_is_told(heading: str, path: str, played: dict[str, list[str]]) -> None:
    steps = told(heading)
    assert len(steps) > 10
    assert out_of_order(steps, played[path]) == []


def test_a_path_out_of_order_is_found() -> None:
    calls = ["a.py: first", "b.py: second", "c.py: third"]
    assert out_of_order(["a.py: first", "c.py: third"], calls) == []
    assert out_of_order(["b.py: second", "a.py: first", "d.py: none"], calls) == ["a.py: first", "d.py: none"]
