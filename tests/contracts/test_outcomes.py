"""No way to be refused that nobody ever saw: every outcome is expected, by its name, in a test or a table of scenes."""

from __future__ import annotations

import re
from pathlib import Path

from engine.outcomes import Outcome
from tests.contracts.sources import ROOT

NAME = re.compile(r"\b[A-Z][A-Z0-9_]{3,}\b")
LISTS = {"frozen.txt", "wire_v1.txt"}
"""They hold every name there is, and expect none."""


def names_in(folder: Path) -> set[str]:
    """Words in capitals of the tests below a folder, but for those of contracts about the list of outcomes itself."""
    return {
        name
        for path in folder.rglob("*")
        if path.suffix in (".py", ".txt") and path.name not in LISTS and "contracts" not in path.parts
        for name in NAME.findall(path.read_text("utf-8"))
    }


def test_every_outcome_is_expected_by_a_test() -> None:
    assert {outcome.name for outcome in Outcome} - names_in(ROOT / "tests") == set()


def test_a_name_that_no_test_has_is_found(tmp_path: Path) -> None:
    (tmp_path / "frozen.txt").write_text("BOOK_MOVED", "utf-8")
    (tmp_path / "test_x.py").write_text("assert outcome is Outcome.ORDER_UNKNOWN", "utf-8")
    assert names_in(tmp_path) == {"ORDER_UNKNOWN"}
