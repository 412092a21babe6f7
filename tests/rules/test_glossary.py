"""The glossary names things as the code does."""

from __future__ import annotations

import re

import pytest

from engine.parameters import BY_KEY
from tests.conftest import ROOT

PAGE = (ROOT / "docs/glossary.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in PAGE.split("\n")
    if line.startswith("| ") and not line.startswith("| 中文")
]
SOURCES = "\n".join(path.read_text() for folder in ("engine", "services") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_a_row_is_whole_and_its_names_are_in_the_code(row: list[str]) -> None:
    chinese, english, code, source = row
    assert not chinese.isascii()
    assert english
    assert source
    names = re.findall(r"`([^`]+)`", code)
    assert names or code == "not modelled"
    for name in names:
        if "." in name and name[0].islower():
            assert name in BY_KEY
        elif "." in name:
            owner, member = name.split(".")
            assert re.search(rf"class {owner}\(.*?^    {member} = ", SOURCES, re.DOTALL | re.MULTILINE), name
        else:
            assert re.search(rf"(class|def) {name}\b|^ *{name} = |\b{name}\b", SOURCES, re.MULTILINE), name


def test_a_chinese_word_has_one_meaning() -> None:
    words = [word for row in ROWS for word in row[0].split("、")]
    assert len(words) == len(set(words))
