"""Worked cases of rule books: what is wrong with one is told, in its files as in its result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.rules.problems import ProblemsFound
from services.cli.rules import app
from services.rule_books.cases import read_case, run_cases
from services.rule_books.files import find_book, shipped_names
from tests.conftest import ROOT

CASE = "cases/undersubscribed"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A copy of a shipped book, with its cases."""
    folder = tmp_path / "germany_nehs"
    shutil.copytree(ROOT / "engine/rules/books/germany_nehs", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def told(book: Path) -> dict[str, tuple[str, ...]]:
    return {verdict.name: verdict.differences for verdict in run_cases(find_book(str(book)))}


def test_the_cases_of_a_folder_of_ones_own_run_under_its_own_book(book: Path) -> None:
    assert told(book) == {"at_the_ceiling": (), "undersubscribed": ()}
    edit(book / "10_behv.toml", 'value = "cancel"', 'value = "lowest_valid_bid"')
    (difference, *_) = told(book)["undersubscribed"]
    assert difference == "germany_nehs/undersubscribed: status: expected cancelled, found partially_cleared"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sold = 0", "sold = 1", "sold: expected 1, found 0"),
        ('clearing_price = "none"', 'clearing_price = "55.00"', "clearing_price: expected 55.00, found None"),
        ('proceeds = "0.00"', 'proceeds = "0.01"', "proceeds: expected 0.01, found 0.00"),
        ("[awards]", '[awards]\n"b1" = 5', "awards: expected {'b1': 5}, found {}"),
        ("[awards]", '[refused]\n"b1" = "BID_CAP_EXCEEDED"', "refused: expected {'b1': 'BID_CAP_EXCEEDED'}, found {}"),
    ],
)
def test_an_answer_that_does_not_come_out_is_told(book: Path, old: str, new: str, expected: str) -> None:
    edit(book / CASE / "answer.toml", old, new)
    assert told(book)["undersubscribed"] == (f"germany_nehs/undersubscribed: {expected}",)


def test_a_reserve_price_that_the_formula_does_not_give_is_told(tmp_path: Path) -> None:
    """Half of the average of 70.86 is 35.43; of 70.88 it would be 35.44."""
    folder = tmp_path / "shenzhen_2014"
    shutil.copytree(ROOT / "engine/rules/books/shenzhen_2014", folder)
    assert not any(told(folder).values())
    edit(folder / "cases/margin/trades.csv", "70.86", "70.88")
    (difference,) = told(folder)["margin"]
    assert "auction.reserve_price: found 35.43\n  allowed: 35.44, which auction.floor_formula" in difference


def test_all_that_is_wrong_with_an_answer_is_told_at_once(book: Path) -> None:
    answer = book / CASE / "answer.toml"
    edit(answer, 'status = "cancelled"', 'status = "canceled"')
    edit(answer, "sold = 0", "sold = -1")
    edit(answer, "[awards]", "[award]")
    with pytest.raises(ProblemsFound) as found:
        read_case(find_book(str(book)), "undersubscribed")
    keys = [problem.key for problem in found.value.problems]
    assert keys == ["answer.status", "answer.sold", "award"]
    (answer).unlink()
    with pytest.raises(ProblemsFound, match=r"answer\.toml:1: no file at this place"):
        read_case(find_book(str(book)), "undersubscribed")


def test_check_runs_them_when_asked(book: Path) -> None:
    edit(book / CASE / "answer.toml", "sold = 0", "sold = 1")
    plain = CliRunner().invoke(app, ["check", str(book)])
    assert (plain.exit_code, plain.output) == (0, f"{book}: no problems\n")
    with_cases = CliRunner().invoke(app, ["check", str(book), "--cases"])
    assert with_cases.exit_code == 1
    assert f"{book}: no problems, 1 of 2 worked cases right\n" in with_cases.output


def test_every_case_names_its_source() -> None:
    for name in shipped_names():
        book = find_book(name)
        for case in book.cases:
            assert read_case(book, case).answer.source
