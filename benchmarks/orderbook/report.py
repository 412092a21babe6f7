"""How the benchmarks of the book speak: one JSON object, or a line a figure; and what they say when results differ."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from typing import Any

import numba
import numpy as np


class ResultsDiffer(Exception):
    """Two books, or a book and what was published, do not agree: there is no speed to speak of."""


def agree(what: str, *results: Any) -> None:
    """Raise ResultsDiffer unless all results are the same."""
    if any(result != results[0] for result in results[1:]):
        raise ResultsDiffer(f"{what} differ: {', '.join(str(result) for result in results)}")


def machine() -> dict[str, str]:
    """What a figure was measured on, as far as it can be said."""
    return {
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def parser_of(name: str, question: str | None) -> argparse.ArgumentParser:
    """A parser that knows `--json`."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=question)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser


def show(figures: dict[str, Any], as_json: bool) -> None:
    """Print figures."""
    if as_json:
        print(json.dumps(figures))
        return
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"{name:>{width}}  {figure:,}" if isinstance(figure, int | float) else f"{name:>{width}}  {figure}")


def run(
    measure: Callable[[], dict[str, Any]], as_json: bool, present: Callable[[dict[str, Any], bool], None] = show
) -> int:
    """Measure and print with the machine's description; the exit code: 1 when results differ, and no figure then."""
    try:
        figures = measure()
    except ResultsDiffer as difference:
        print(difference, file=sys.stderr)
        return 1
    present(figures | machine(), as_json)
    return 0
