"""The page on mistakes of other systems names a test for each; here it is seen to that they exist."""

from __future__ import annotations

import ast
import re

from tests.contracts.sources import ROOT

PAGE = "docs/mistakes.md"
NAMED = re.compile(r"`(tests/[\w./-]+)(?:::(\w+))?` \|$")


def rows(text: str) -> list[str]:
    """The lines of its tables, without their heads."""
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what went wrong")]


def missing(row: str) -> str | None:
    """What a line names that does not exist, or None."""
    named = NAMED.search(row)
    if named is None:
        return f"no test: {row}"
    path, function = named.groups()
    if not (ROOT / path).is_file():
        return f"no file {path}"
    if function is None:
        return None
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return None if function in functions else f"no {function} in {path}"


def test_every_line_names_a_test_that_exists() -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    assert len(rows(text)) > 70
    assert [fault for row in rows(text) if (fault := missing(row))] == []


def test_a_line_without_its_test_is_found() -> None:
    assert missing("| a | b | c | nothing |") == "no test: | a | b | c | nothing |"
    assert missing("| a | `tests/gone.py::test_x` |") == "no file tests/gone.py"
    here = "tests/contracts/test_mistakes.py"
    assert missing(f"| a | `{here}::test_of_nothing` |") == f"no test_of_nothing in {here}"
    assert missing(f"| a | `{here}::test_every_line_names_a_test_that_exists` |") is None
