"""`jingjia rules` as its users meet it: text, JSON, exit codes, and what is said about bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.cli import rules
from services.errors import BadInput, CheckFailed
from services.rule_books.files import find_book, shipped_names
from tests.rules.drafts import FILES

run = CliRunner()


def output(*arguments: str) -> str:
    """What a command that succeeds prints."""
    result = run.invoke(rules.app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def failure(*arguments: str) -> tuple[str, Exception]:
    result = run.invoke(rules.app, arguments)
    assert isinstance(result.exception, BadInput | CheckFailed), result.output
    return result.output, result.exception


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    folder = tmp_path / "draft"
    folder.mkdir()
    for file, text in FILES.items():
        (folder / file).write_text(text)
    return folder


def test_list_names_every_shipped_book_with_what_it_rests_on() -> None:
    assert re.findall(r"^(\w+)  \(", output("list"), re.MULTILINE) == shipped_names()
    listed = {book["name"]: book for book in json.loads(output("list", "--json"))}
    assert listed["shenzhen_consignment"]["provisional"] is True
    assert listed["shenzhen_2022"]["last_confirmed"] == "2022-08-12"
    assert set(listed["wci_2016"]["coverage"]) == {"stated", "assumed", "operator", "unknown"}
    assert listed["shenzhen_2014"]["coverage"]["stated"] == 17


def test_show_gives_every_value_of_a_book(draft: Path) -> None:
    shown = output("show", str(draft))
    assert re.search(r"trading\.tick +2024-03-01 +0\.01 +stated +notice 4\.1\.8", shown)
    assert re.search(r"trading\.tick +2025-01-01 +0\.05 +assumed +report", shown)
    document = json.loads(output("show", str(draft), "--json"))
    assert [(value["parameter"], value["from"], value["value"]) for value in document["values"]] == [
        ("trading.tick", "2024-03-01", "0.01"),
        ("trading.tick", "2025-01-01", "0.05"),
        ("trading.lot", "2024-03-01", "1"),
    ]


def test_show_on_a_day_gives_only_what_is_in_force(draft: Path) -> None:
    document = json.loads(output("show", str(draft), "--on", "2024-06-01", "--json"))
    assert [(value["parameter"], value["value"]) for value in document["values"]] == [
        ("trading.tick", "0.01"),
        ("trading.lot", "1"),
    ]


def test_show_one_parameter_gives_both_languages_and_the_note() -> None:
    shown = output("show", "shenzhen_2022", "auction.price_rule")
    assert "“成交价为买方申报价格”" in shown
    assert "成交价规则：按申报价成交" in shown
    assert "The price of a deal is the price the buyer bid" in shown


def test_show_by_class_tells_the_classes_apart() -> None:
    shown = json.loads(output("show", "shenzhen_2022", "bid.cap_share", "--json"))
    assert [(item["participant_class"], item["value"]) for item in shown] == [
        ("key_emitter", "0.5"),
        ("institution", "0.3"),
        ("individual", "0.3"),
    ]
    only = json.loads(output("show", "shenzhen_2022", "bid.cap_share", "--class", "institution", "--json"))
    assert [item["basis"] for item in only] == ["stated"]


def test_check_of_right_books_is_silent_about_them(draft: Path) -> None:
    assert output("check") == "".join(f"{name}: no problems\n" for name in shipped_names())
    assert json.loads(output("check", str(draft), "--json"))["problems"] == []


def test_check_prints_all_problems_with_the_folder(draft: Path) -> None:
    (draft / "10_notice.toml").write_text(FILES["10_notice.toml"].replace("4.1.8", "").replace("note", "notes"))
    (draft / "assumptions.toml").write_text(FILES["assumptions.toml"].replace("= 1\n", "= 1.5\n"))
    printed, error = failure("check", str(draft))
    assert isinstance(error, CheckFailed)
    assert str(error) == "5 problems found"
    assert f"{draft}/assumptions.toml:3: trading.lot.value: found the fraction 1.5\n" in printed
    assert printed.count("  next: ") == 5
    printed, _ = failure("check", str(draft), "--json")
    assert len(json.loads(printed)["problems"]) == 5


def test_diff_shows_what_differs_and_nothing_else() -> None:
    differences = json.loads(output("diff", "shenzhen_2014", "shenzhen_2022", "--json"))
    by_key = {(item["parameter"], item["class"]): item for item in differences}
    price = by_key["auction.price_rule", "all"]
    assert (price["shenzhen_2014"]["value"], price["shenzhen_2022"]["value"]) == ("uniform", "pay_as_bid")
    assert ("bid.tick", "all") not in by_key
    assert output("diff", "nz_spot", "nz_spot") == "nz_spot and nz_spot set the same values.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "shenzen_2022"), "Did you mean `shenzhen_2022`?"),
        (("show", "shenzhen_2022", "bid.capshare"), "Did you mean `bid.cap_share`?"),
        (("show", "shenzhen_2022", "book.last_confirmed"), "no parameter 'book.last_confirmed'"),
        (
            ("show", "shenzhen_2022", "bid.cap_share", "--class", "bank"),
            "one of: all, key_emitter, institution, individual",
        ),
        (("show", "shenzhen_2022", "--on", "2022-31-08"), "no day of the calendar"),
        (("diff", "shenzhen_2022", "nowhere"), "shipped: beijing_2023, beijing_2024"),
        (("check", "nowhere"), "no rule book 'nowhere'"),
    ],
)
def test_bad_input_is_told_with_what_to_do(arguments: tuple[str, ...], said: str) -> None:
    _, error = failure(*arguments)
    assert isinstance(error, BadInput)
    assert said in str(error)


def test_a_book_with_problems_cannot_be_shown(draft: Path) -> None:
    (draft / "notes.txt").write_text("")
    _, error = failure("show", str(draft))
    assert isinstance(error, BadInput)
    assert f"{draft}/notes.txt:1: a file name that is not allowed" in str(error)


def test_hidden_files_are_passed_over(draft: Path) -> None:
    (draft / ".notes.swp").write_text("")
    assert find_book(str(draft)).read().book is not None


def test_every_command_has_an_example_in_its_help() -> None:
    group = typer.main.get_command(rules.app)
    assert set(group.commands) == {"list", "show", "check", "days", "diff", "floor", "timetable"}
    for name in group.commands:
        assert f"Example: jingjia rules {name}" in output(name, "--help")
