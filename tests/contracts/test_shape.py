"""Files and functions that can be read in one go, and nothing left half done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contracts.sources import Contract, Module, module_of

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

# Spelt in two halves, so that this file does not hold what it looks for.
WORDS = "|".join(first + second for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")))
NOTES = re.compile(rf"\b({WORDS})\b|pragma: no {'cover'}")


def long_files(module: Module) -> Iterator[tuple[int, str]]:
    lines = module.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield lines, f"{lines} lines (at most {FILE_LINES_MAX})"


def long_functions(module: Module) -> Iterator[tuple[int, str]]:
    """Functions of too many lines, not counting decorators and the docstring."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = ast.get_docstring(node, clean=False) is not None
            prose = first.end_lineno - first.lineno + 1 if has_docstring else 0
            lines = node.end_lineno - node.lineno + 1 - prose
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines (at most {FUNCTION_LINES_MAX})"


def leftover_notes(module: Module) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if note := NOTES.search(line):
            yield number, f"the note {note.group()!r}"


def everywhere(module: Module) -> bool:
    return True


CONTRACTS = (
    Contract(
        "a file is one idea",
        "split it where a second idea begins",
        everywhere,
        long_files,
        bad=(("engine/x.py", "x = 1\n" * 501),),
        good=(("engine/x.py", "x = 1\n" * 500),),
    ),
    Contract(
        "a function is one step",
        "name its parts",
        everywhere,
        long_functions,
        bad=(("engine/x.py", "def f():\n" + "    x = 1\n" * 70),),
        good=(("engine/x.py", 'def f():\n    """Says\n\n    much.\n    """\n' + "    x = 1\n" * 69),),
    ),
    Contract(
        "nothing is left for later",
        "do it, or write it into CHANGELOG.md as a limit of this release",
        everywhere,
        leftover_notes,
        bad=(("engine/x.py", f"x = 1  # {WORDS[:4]}: more"),),
        good=(("engine/x.py", "x = 1  # the hackney carriage rule"),),
    ),
)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contract_holds(contract: Contract) -> None:
    assert not contract.breaches_in_project()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contract_catches_bad_source_and_leaves_good(contract: Contract) -> None:
    for path, text in contract.bad:
        assert contract.breaches(module_of(path, text)), f"not caught: {text[:60]!r} in {path}"
    for path, text in contract.good:
        assert not contract.breaches(module_of(path, text))
