"""The page on adding a market: its files make a book, its commands say what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.offline.bid_files import read_bids
from services.offline.round import run_round
from services.offline.round_files import read_round
from services.reports.result_json import result_json
from services.rule_books.files import shipped_names
from tests.conftest import ROOT

PAGE = (ROOT / "docs/adding_a_market.md").read_text()
FILES: dict[str, str] = dict(re.findall(r"^`([\w/.]+)`:\n\n```(?:toml|csv)\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS: list[tuple[str, str]] = re.findall(r"```console\n\$ jingjia ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the page's files in it, as the place that commands run in."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_a_whole_book_and_commands() -> None:
    assert len(FILES) == 7
    assert len(COMMANDS) == 2
    assert "harbour_2027" not in shipped_names()


@pytest.mark.parametrize(("command", "printed"), COMMANDS, ids=lambda text: text.split("\n")[0][:30])
def test_a_command_of_the_page_prints_what_it_says(folder: Path, command: str, printed: str) -> None:
    result = CliRunner().invoke(app, command.split())
    assert (result.exit_code, result.stdout) == (0, printed)


@pytest.mark.parametrize("against", ["germany_nehs"])
def test_the_book_can_be_compared_with_one_that_ships(folder: Path, against: str) -> None:
    result = CliRunner().invoke(app, ["rules", "diff", "harbour_2027", against])
    assert result.exit_code == 0
    assert "auction.reserve_price" in result.output


def test_a_round_of_the_new_market_clears_as_from_files(folder: Path) -> None:
    case = folder / "harbour_2027/cases/first_auction"
    setup = read_round("round.toml", (case / "round.toml").read_bytes())
    bids = read_bids("bids.csv", (case / "bids.csv").read_bytes(), setup.tick_minor, setup.lot_units)
    result = run_round(setup, bids)
    body = result_json(result.report, bid_ids=result.bid_ids, bidders=result.bidders, refused=result.refused)
    assert (body["status"], body["clearing_price"], body["sold"]) == ("cleared", "25.00", 1000)
    assert [(bid["bid_id"], bid["parameter"]) for bid in body["refused"]] == [
        ("b4", "bid.cap_share"),
        ("b5", "auction.reserve_price"),
    ]
    assert "Art. 6" in body["refused"][0]["clause"]
    assert "Art. 4" in body["refused"][1]["clause"]
