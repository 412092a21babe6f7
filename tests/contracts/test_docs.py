"""What the documents say exists: files they link to, targets of make, commands of `jingjia`."""

from __future__ import annotations

import doctest
import importlib
import os
import re
from pathlib import PurePosixPath

import pytest
from typer.main import get_command

from tests.contracts.sources import ROOT, Module, in_product, modules, project_files

PAGES = tuple(path for path in project_files() if path.endswith(".md"))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
CODE_PATH = re.compile(r"`((?:engine|services|tests|docs|proto|benchmarks|examples)/[\w./-]+)`")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def links(page: str, text: str) -> list[str]:
    """Paths from the root that a page links to or names in code marks."""
    folder = PurePosixPath(page).parent
    linked = [os.path.normpath(folder / target) for target in LINK.findall(text)]
    return linked + [path.rstrip("/.") for path in CODE_PATH.findall(text)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_files_that_exist(page: str) -> None:
    named = links(page, (ROOT / page).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_a_dead_link_is_found() -> None:
    text = "see [a](../b.md), `engine/no.py` and [c](https://example.org/x)"
    assert links("docs/decisions/x.md", text) == ["docs/b.md", "engine/no.py"]


def test_make_knows_what_the_readme_says() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named - targets == set()


def test_make_help_names_every_target_for_people() -> None:
    text = (ROOT / "Makefile").read_text()
    inner = {"help", "suite", "interpreted", "install"}
    assert set(re.findall(r"@echo 'make ([a-z]+)", text)) == set(TARGET.findall(text)) - inner


def commands(group: object, prefix: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every command of the command line, as its words."""
    found: set[tuple[str, ...]] = {prefix} if prefix else set()
    for name, command in getattr(group, "commands", {}).items():
        found |= commands(command, (*prefix, name))
    return found


def is_known(words: tuple[str, ...], known: set[tuple[str, ...]]) -> bool:
    """Whether the words begin with a command, all the way down where the command is a group of others."""
    is_group = any(command[:1] == words[:1] and len(command) > 1 for command in known)
    return words[: 2 if is_group and len(words) > 1 else 1] in known


def test_the_command_line_has_every_command_the_documents_name() -> None:
    from services.cli.main import app

    known = commands(get_command(app))
    named = [
        (page, tuple(words.split()))
        for page in PAGES
        for words in re.findall(r"(?:^|`|\$ )jingjia ((?:[a-z]+ ?)+)", (ROOT / page).read_text(), re.MULTILINE)
    ]
    assert named
    assert [(page, words) for page, words in named if not is_known(words, known)] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    known = {("serve",), ("rules",), ("rules", "show")}
    assert is_known(("rules", "show", "shenzhen"), known)
    assert is_known(("serve",), known)
    assert not is_known(("rules", "sing"), known)
    assert not is_known(("dance",), known)


PAGES_WITH_EXAMPLES = tuple(page for page in PAGES if ">>> " in (ROOT / page).read_text())


@pytest.mark.parametrize("page", PAGES_WITH_EXAMPLES)
def test_a_page_shows_what_python_prints(page: str) -> None:
    results = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.FAIL_FAST)
    assert results.attempted >= 5
    assert results.failed == 0


def test_the_first_pages_have_examples() -> None:
    assert {"README.md", "docs/orderbook.md"} <= set(PAGES_WITH_EXAMPLES)


WITH_EXAMPLES = tuple(module for module in modules() if in_product(module) and "\n    >>> " in module.text)


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.path)
def test_docstrings_show_what_python_prints(module: Module) -> None:
    results = doctest.testmod(importlib.import_module(module.name))
    assert results.attempted
    assert results.failed == 0


def test_the_check_of_a_change_can_be_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
