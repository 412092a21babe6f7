"""`jingjia auction clear`: the documented example to the fen, the keys scripts rely on, and bad input of each kind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.cli.main import call
from services.reports.result_json import digest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

KEYS = [
    "status", "clearing_price", "offered", "sold", "unsold", "proceeds", "cover_ratio", "awards", "consignors",
    "tranches", "released", "refused", "draws", "rule_book", "digest",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the documented example, to be changed."""
    for name in ("round.toml", "bids.csv", "lots.csv"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return tmp_path


def clear(folder: Path, *more: str) -> int:
    arguments = [str(folder / "round.toml"), str(folder / "bids.csv"), "--consigned", str(folder / "lots.csv")]
    return call(["auction", "clear", *arguments, *more])


def cleared(folder: Path) -> dict[str, Any]:
    target = folder / "result.json"
    assert clear(folder, "--json", str(target)) == 0
    body: dict[str, Any] = json.loads(target.read_text())
    return body


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_documented_example_comes_out_as_reckoned_by_hand(folder: Path) -> None:
    body = cleared(folder)
    assert list(body) == KEYS
    assert (body["status"], body["clearing_price"], body["offered"], body["sold"]) == (
        "cleared",
        "50.00",
        50_000,
        50_000,
    )
    assert body["proceeds"] == "2500000.00"
    assert {award["bid_id"]: award["quantity"] for award in body["awards"]}["b5"] == 2_667
    assert [(c["consignor"], c["proceeds"], c["returned"]) for c in body["consignors"]] == [
        ("Power A", "600000.00", 0),
        ("Cement B", "400000.00", 0),
    ]
    assert body["digest"] == digest(body)


def test_result_notice_and_picture_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, picture = folder / "notice.html", folder / "curve.png"
    assert clear(folder, "--notice", str(page), "--plot", str(picture)) == 0
    assert "成交" in page.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "50.00" in capsys.readouterr().out


def test_json_alone_goes_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clear(folder, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["status"] == "cleared"


def test_a_bid_that_the_rules_refuse_is_a_row_of_the_result(folder: Path) -> None:
    change(folder / "bids.csv", "60.00,15000", "60.00,15001")
    body = cleared(folder)
    change(folder / "bids.csv", "60.00,15001", "39.99,15000")
    below = cleared(folder)
    assert body["refused"] == []
    assert [(r["bid_id"], r["outcome"], r["parameter"]) for r in below["refused"]] == [
        ("b1", "BID_BELOW_RESERVE", "auction.reserve_price")
    ]


def test_a_clause_stands_behind_a_refusal(folder: Path) -> None:
    change(folder / "bids.csv", "58.00,10000", "58.00,15001")
    refused = cleared(folder)["refused"]
    assert [(r["outcome"], r["parameter"]) for r in refused] == [("BID_CAP_EXCEEDED", "bid.cap_share")] * len(refused)
    assert refused
    assert "shenzhen_consignment" in refused[0]["clause"] or "0.3" in refused[0]["clause"]


def test_the_order_of_equal_lines_does_not_change_the_digest_of_the_prices(folder: Path) -> None:
    first = cleared(folder)
    assert cleared(folder) == first, "the same files give the same result, digest and all"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bids.csv", "60.00", "sixty", "bids.csv:2"),
        ("bids.csv", "60.00", "60.001", "steps of 0.01"),
        ("bids.csv", "bid_id,", "id,", "bid_id"),
        ("lots.csv", "consignor,", "owner,", "consignor"),
        ("round.toml", 'rule_book = "shenzhen_consignment"', 'rule_book = "shenzen"', "no rule book 'shenzen'"),
        ("round.toml", "quantity = 30_000", "quantity = 0", "quantity"),
        ("round.toml", 'value = "40.00"', 'value = "40.005"', "in whole steps of 0.01"),
        ("round.toml", "day = 2026-06-30", 'day = "30/06/2026"', "day"),
    ],
)
def test_bad_files_are_told_where_and_what(
    folder: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
) -> None:
    change(folder / file, old, new)
    assert clear(folder, "--json", str(folder / "result.json")) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (folder / "result.json").exists()


def test_a_refused_lot_is_bad_input_with_its_line_and_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder / "round.toml", 'value = "0.30"', 'value = "0.10"')
    assert clear(folder) == 2
    error = capsys.readouterr().err
    assert "lot at line 2" in error
    assert "CONSIGNMENT_RATIO_EXCEEDED (consignment.ratio)" in error


def test_files_that_are_missing_are_all_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clear(tmp_path) == 2
    error = capsys.readouterr().err
    assert all(name in error for name in ("round.toml", "bids.csv", "lots.csv"))


def test_a_place_that_cannot_be_written_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clear(folder, "--plot", str(folder / "no such folder" / "curve.png")) == 2
    assert "cannot be written" in capsys.readouterr().err
