"""The generated pages say what the books say."""

from __future__ import annotations

import re
import tomllib

import pytest

from engine.rules.loader import read_book
from services.rule_books import pages as rule_pages
from services.rule_books.files import shipped_names
from tests.conftest import ROOT

README = (ROOT / "docs/rule_books/README.md").read_text()


def test_pages_are_current() -> None:
    assert rule_pages.stale() == [], "run `python -m services.rule_books.pages`"


def test_every_book_is_on_the_first_page() -> None:
    assert set(re.findall(r"^\| \[(\w+)\]\(\1\.md\)", README, re.MULTILINE)) == set(shipped_names())


def test_a_stale_page_is_noticed_and_written(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(rule_pages, "FOLDER", tmp_path)
    (tmp_path / "gone.md").write_text("a book that was removed")
    assert rule_pages.main(["--check"]) == 1
    assert "stale: docs/rule_books/gone.md" in capsys.readouterr().out
    assert rule_pages.main([]) == 0
    assert rule_pages.main(["--check"]) == 0
    assert not (tmp_path / "gone.md").exists()


def test_the_example_on_how_to_write_a_book_is_right_but_for_what_it_leaves_out() -> None:
    blocks = re.findall(r"```toml\n# (\S+)\n(.*?)```", README, re.DOTALL)
    assert [tomllib.loads(text) for _, text in blocks]
    reading = read_book("shenzhen_2022", {file: text.encode() for file, text in blocks})
    assert {problem.key for problem in reading.problems} == {"book.covers"}
    assert all("no entry of" in problem.found for problem in reading.problems)


@pytest.mark.parametrize("name", shipped_names())
def test_a_page_has_a_row_for_every_entry(name: str) -> None:
    book = rule_pages.rule_files.load_book(name)
    page = rule_pages.pages()[f"{name}.md"]
    rows = re.findall(r"^\| `[a-z]+\.[a-z0-9_]+`", page, re.MULTILINE)
    assert len(rows) == len(book.entries)
    for source in book.sources.values():
        assert source.where in page
