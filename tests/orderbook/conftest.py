"""What several tests of the order book ask for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def generate(reference_data: Path, tmp_path: Path) -> Callable[[int, int, int], tuple[Path, dict[str, Any]]]:
    """The public generator of order flows: its flow, and what independent engines make of it."""
    program = reference_data.parent / "tools" / "order_flow.py"
    if not program.exists():
        pytest.skip(f"no generator at {program}")

    def run(operations: int, live: int, seed: int) -> tuple[Path, dict[str, Any]]:
        path = tmp_path / "flow"
        arguments = [str(operations), str(live), str(seed), str(path)]
        subprocess.run([sys.executable, str(program), *arguments], check=True, capture_output=True)
        return path, json.loads(path.with_name("flow.json").read_text())

    return run
