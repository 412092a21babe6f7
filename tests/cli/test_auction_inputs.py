"""`jingjia auction clear` with what a clear may need beside bids: draws, a hidden reserve, tiers, facts, guarantees."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.cli.main import call
from services.rule_books.files import find_book

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

HEAD = """\
[round]
name = "Inputs"
rule_book = "shenzhen_consignment"
day = 2026-06-30
instrument = "SZEA-2025"
tick = "0.01"
lot = 1

[[supply]]
seller = "Bureau"
kind = "government"
group = 0
rank = 2
quantity = 1_000
"""
BIDS = """\
bid_id,bidder,class,price,quantity,time
a1,A,key_emitter,50.00,500,
b1,B,key_emitter,45.00,400,
c1,C,key_emitter,45.00,400,
"""


def value(parameter: str, text: str, classes: str = "") -> str:
    return f'[[value]]\nparameter = "{parameter}"\n{classes}value = {text}\nwhy = "For a test."\n'


FLOOR = value("auction.reserve_price", '"40.00"')


def written(folder: Path, text: str, bids: str = BIDS) -> list[str]:
    (folder / "round.toml").write_text(HEAD + FLOOR + text)
    (folder / "bids.csv").write_text(bids)
    return [str(folder / "round.toml"), str(folder / "bids.csv")]


def cleared(folder: Path, text: str, bids: str = BIDS) -> dict[str, Any]:
    target = folder / "result.json"
    assert call(["auction", "clear", *written(folder, text, bids), "--json", str(target)]) == 0
    body: dict[str, Any] = json.loads(target.read_text())
    return body


def awards(body: dict[str, Any]) -> dict[str, int]:
    return {award["bid_id"]: award["quantity"] for award in body["awards"]}


def test_a_draw_of_lines_decides_among_consignors_and_is_published(tmp_path: Path) -> None:
    line = '[[supply]]\nseller = "Second"\nkind = "government"\ngroup = 0\nrank = 2\nquantity = 1_000\n'
    text = line + value("consignment.split", '"random_units"') + "[draw_of_lines]\norder = [2, 1]\n"
    body = cleared(tmp_path, text, BIDS.replace("a1,A,key_emitter,50.00,500,", "a1,A,key_emitter,50.00,501,"))
    # 1,301 t of two lines of 1,000: 650 each, and the one left over to the line that was drawn first.
    assert [t["sold"] for t in body["tranches"]] == [650, 651]
    assert body["draws"] == [{"drawn": "supply_lines", "order": [2, 1]}]


def test_without_its_draw_a_split_by_lot_is_not_cleared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = written(tmp_path, value("consignment.split", '"random_units"'))
    assert call(["auction", "clear", *paths]) == 2
    assert "DRAW_MISSING (consignment.split)" in capsys.readouterr().err


def test_a_hidden_reserve_declines_the_result(tmp_path: Path) -> None:
    text = value("auction.hidden_reserve_rule", '"decline"') + '[hidden_reserve]\nprice = "46.00"\nsalt = "pinch"\n'
    body = cleared(tmp_path, text)
    assert (body["status"], body["clearing_price"], body["unsold"]) == ("declined", None, 1_000)


def test_a_tier_is_released_and_told_apart(tmp_path: Path) -> None:
    line = '[[supply]]\nseller = "Bureau"\nkind = "reserve"\ngroup = 0\nrank = 3\nquantity = 300\ntier = 1\n'
    text = line + value("supply.release_trigger_1", '"44.00"')
    body = cleared(tmp_path, text)
    assert awards(body) == {"a1": 500, "b1": 400, "c1": 400}
    assert body["released"] == 300
    assert [(t["trigger_price"], t["tier"], t["on_offer"]) for t in body["tranches"]] == [
        (None, None, True),
        ("44.00", 1, True),
    ]


def test_a_fixed_price_and_a_cap_by_shortfall(tmp_path: Path) -> None:
    text = (
        value("auction.price_rule", '"fixed"')
        + value("auction.fixed_price", '"42.50"')
        + value("bid.cap_shortfall_share", '"0.5"', 'classes = ["key_emitter"]\n')
        + "".join(
            f'[[fact]]\nparticipant = "{name}"\nfact = "shortfall"\nyear = 2025\nquantity = {lots}\n'
            for name, lots in (("A", 1_000), ("B", 798), ("C", 800))
        )
    )
    body = cleared(tmp_path, text)
    # Half of B's shortfall is 399: its bid of 400 is refused.
    assert [(r["bid_id"], r["parameter"]) for r in body["refused"]] == [("b1", "bid.cap_shortfall_share")]
    assert {award["price"] for award in body["awards"]} == {"42.50"}


def test_guarantees_and_linked_bidders(tmp_path: Path) -> None:
    text = (
        value("bid.guarantee_excess", '"trimmed"')
        + value("settlement.default_units", '"return_to_sellers"')
        + value("bid.linked_cap_share", '"0.5"')
        + '[[link]]\nparticipants = ["B", "C"]\n'
        + "".join(
            f'[[guarantee]]\nparticipant = "{name}"\namount = "{amount}"\n'
            for name, amount in (("A", "10000.00"), ("B", "50000.00"), ("C", "50000.00"))
        )
    )
    body = cleared(tmp_path, text)
    got = awards(body)
    assert got["a1"] == 200  # 10,000.00 cover 200 t at its own price, by the sum of values.
    assert got["b1"] + got["c1"] == 500


@pytest.mark.parametrize("as_json", [False, True])
def test_a_round_that_names_bidders_is_checked_before_there_are_bids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    text = (
        value("bid.guarantee_excess", '"trimmed"')
        + value("settlement.default_units", '"return_to_sellers"')
        + value("bid.linked_cap_share", '"0.5"')
        + '[[link]]\nparticipants = ["B", "C"]\n'
        + '[[guarantee]]\nparticipant = "A"\namount = "10000.00"\n'
        + '[[fact]]\nparticipant = "Bureau"\nfact = "shortfall"\nyear = 2025\nquantity = 1\n'
    )
    path, _ = written(tmp_path, text)
    assert call(["auction", "check", path, *(["--json"] if as_json else [])]) == 0
    said = capsys.readouterr().out
    if as_json:
        assert json.loads(said)["not_checked"] == ["A", "B", "C"]
    else:
        assert "not checked before there are bids, which say their class 待申报后核验: A, B, C\n" in said


def test_a_participant_nobody_knows_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = written(tmp_path, '[[fact]]\nparticipant = "Z"\nfact = "shortfall"\nyear = 2025\nquantity = 1\n')
    assert call(["auction", "clear", *paths]) == 2
    assert "Z: named in the round file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[hidden_reserve]\nprice = "46.00"\n', "no `salt`"),
        ("[draw_of_lines]\norder = [1, 1]\n", "each line once"),
        ('[draw_of_lines]\norder = ["a"]\n', "a list of numbers of lines"),
        ('[[fact]]\nparticipant = "A"\nfact = "hearsay"\nyear = 2025\nquantity = 1\n', "one of: shortfall"),
        ('[[guarantee]]\nparticipant = "A"\namount = 5\n', "an amount of money in quotes"),
        ('[[links]]\nparticipants = ["B"]\n', "Did you mean `link`?"),
        ('[[supply]]\nseller = "S"\nkind = "reserve"\ngroup = 0\nrank = 3\nquantity = 3\ntear = 1\n',
         "Did you mean `tier`?"),
    ],
)  # fmt: skip
def test_bad_inputs_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    assert call(["auction", "clear", *written(tmp_path, text)]) == 2
    assert said in capsys.readouterr().err


def test_a_book_with_four_eyes_a_monitor_and_a_window_runs_from_files(tmp_path: Path) -> None:
    folder = tmp_path / "governed"
    folder.mkdir()
    for name, content in find_book("shenzhen_consignment").files.items():
        (folder / name).write_bytes(content)
    entries = "".join(
        f'[[{key}]]\nfrom = 2023-11-24\nvalue = {text}\nbasis = "operator"\ndecided_by = "us"\n'
        'decided_on = 2026-11-24\nwhy = "For a test."\n'
        for key, text in (
            ("governance.four_eyes", "true"),
            ("governance.announcement", "true"),
            ("governance.monitor", "true"),
            ("auction.clock", '"utc_plus_8"'),
        )
    )
    with (folder / "assumptions.toml").open("a") as file:
        file.write(entries)
    head = (folder / "book.toml").read_text().replace('"shenzhen_consignment"', '"governed"')
    (folder / "book.toml").write_text(head)
    paths = written(tmp_path, "")
    (tmp_path / "round.toml").write_text(
        (tmp_path / "round.toml").read_text().replace('"shenzhen_consignment"', f'"{folder}"')
    )
    target = tmp_path / "result.json"
    assert call(["auction", "clear", *paths, "--json", str(target)]) == 0
    assert json.loads(target.read_text())["sold"] == 1_000
    shutil.rmtree(folder)
