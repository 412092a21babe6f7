"""`jingjia auction draw`, `clear --export`, `receipts`, `verify`, `explain`: to proofs, and bad input of each."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.auction.explain.reference_award import award_from
from services.cli.main import call
from services.reports.result_json import digest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SECRET = "5a" * 32
ROUND = "Example: consigned and government allowances"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documented example, exported once."""
    folder = tmp_path_factory.mktemp("proof")
    for name in ("round.toml", "bids.csv", "lots.csv"):
        shutil.copy(EXAMPLES / name, folder / name)
    (folder / "secret.txt").write_text(SECRET)
    assert (
        call(["auction", "clear", *inputs(folder), "--export", f"{folder}/export", "--secret", f"{folder}/secret.txt"])
        == 0
    )
    assert call(["auction", "receipts", f"{folder}/export", f"{folder}/receipts"]) == 0
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(original, tmp_path / "w")
    return tmp_path / "w"


def inputs(folder: Path) -> list[str]:
    return [f"{folder}/round.toml", f"{folder}/bids.csv", "--consigned", f"{folder}/lots.csv"]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    capsys.readouterr()
    code = call(["auction", *map(str, arguments)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out + said.err


# -- what goes well ------------------------------------------------------------------------------------------------


def test_the_export_agrees_with_itself_and_with_its_notice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for notice in ("notice.html", "notice.csv", "result.json"):
        code, said = run(capsys, "verify", folder / "export", "--notice", folder / "export" / notice)
        assert (code, "everything agrees" in said) == (0, True), said
    code, said = run(capsys, "verify", folder / "export", "--json")
    assert (code, json.loads(said)) == (0, {"agrees": True, "differences": []})


def test_the_same_secret_gives_the_same_export(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = folder / "again"
    assert run(capsys, "clear", *inputs(folder), "--export", again, "--secret", folder / "secret.txt")[0] == 0
    for file in (folder / "export").iterdir():
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name
    other = folder / "other"
    assert run(capsys, "clear", *inputs(folder), "--export", other)[0] == 0
    results = [json.loads((place / "result.json").read_text()) for place in (again, other)]
    assert results[0]["receipts"]["root"] != results[1]["receipts"]["root"]
    assert results[0]["awards"] == results[1]["awards"]


def test_every_receipt_proves_from_itself_and_the_notice_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipts = sorted((folder / "receipts").iterdir())
    assert [file.name for file in receipts] == [
        "0001_Steel_C.json", "0002_Bank_D.json", "0003_Glass_E.json", "0004_Paper_F.json",
    ]  # fmt: skip
    for receipt in receipts:
        for notice in ("notice.html", "notice.csv", "result.json"):
            shutil.copy(receipt, tmp_path / "r.json")
            shutil.copy(folder / "export" / notice, tmp_path / notice)
            code, said = run(capsys, "verify", "--receipt", tmp_path / "r.json", "--notice", tmp_path / notice)
            assert code == 0, said
            assert f"counted in {ROUND!r}" in said


def test_a_spoilt_receipt_or_another_notice_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipt, notice = folder / "receipts" / "0002_Bank_D.json", folder / "export" / "notice.html"
    change(receipt, "58.00", "59.00")
    code, said = run(capsys, "verify", "--receipt", receipt, "--notice", notice)
    assert (code, "bid 'b2': it leads to another root" in said) == (1, True)
    other = folder / "other"
    assert run(capsys, "clear", *inputs(folder), "--export", other)[0] == 0
    good = folder / "receipts" / "0001_Steel_C.json"
    assert run(capsys, "verify", "--receipt", good, "--notice", other / "notice.html")[0] == 1


def test_a_draw_is_committed_to_revealed_and_drawn_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret, order = folder / "draw.json", folder / "order.json"
    code, said = run(capsys, "draw", "commit", secret, "--round", ROUND, "--json")
    assert code == 0
    commitment = json.loads(said)["commitment"]
    assert (secret.stat().st_mode & 0o077) == 0, "nobody else may read a seed before the reveal"
    code, _ = run(capsys, "draw", "reveal", secret, folder / "bids.csv", order, "--commitment", commitment)
    assert code == 0
    drawn = json.loads(order.read_text())
    assert sorted(drawn["order"]) == [f"b{i}" for i in range(1, 8)]
    code, said = run(capsys, "draw", "reveal", secret, folder / "bids.csv", order, "--commitment", "0" * 64)
    assert (code, "another seed was committed to" in said) == (1, True)


RANDOM = """
[[value]]
parameter = "auction.margin_rule"
value = "random_order"
why = "For this test: equal bids are served in a drawn order."
"""


def drawn_round(folder: Path) -> Path:
    """The example with a drawn order at the margin, its draw recorded; gives the order's file."""
    (folder / "round.toml").write_text((folder / "round.toml").read_text() + RANDOM)
    secret, order = folder / "d.json", folder / "order.json"
    assert call(["auction", "draw", "commit", str(secret), "--round", ROUND, "--seed", "dice: 3 1 4 1 5"]) == 0
    assert call(["auction", "draw", "reveal", str(secret), str(folder / "bids.csv"), str(order)]) == 0
    return order


def test_equal_bids_are_served_in_the_drawn_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order, export = drawn_round(folder), folder / "drawn"
    code, said = run(capsys, "clear", *inputs(folder), "--draw", order, "--export", export)
    assert code == 0, said
    result = json.loads((export / "result.json").read_text())
    drawn = json.loads(order.read_text())
    awards = {award["bid_id"]: award["quantity"] for award in result["awards"]}
    first = min(("b5", "b6"), key=drawn["order"].index)
    assert awards.get("b5", 0) + awards.get("b6", 0) == 8_000
    assert awards[first] == {"b5": 5_000, "b6": 8_000}[first]
    assert result["draws"][0]["commitment"] == drawn["commitment"]
    notice = (export / "notice.html").read_text()
    assert drawn["commitment"] in notice
    assert drawn["seed"] in notice
    assert run(capsys, "verify", export, "--notice", export / "notice.html")[0] == 0
    told = json.loads(run(capsys, "explain", export, "--bid", first, "--json")[1])
    assert told["awarded"] == awards[first]
    bare = [sys.executable, "-I", "-S", str(export / "awards.py"), str(export)]
    assert subprocess.run(bare, check=False).returncode == 0
    change(export / "draw.json", f'"{drawn["order"][0]}"', '"bx"')
    assert run(capsys, "verify", export)[0] == 1


def test_bids_are_explained_as_they_were_awarded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = json.loads((folder / "export" / "result.json").read_text())
    awarded = {award["bid_id"]: (award["quantity"], award["payment"]) for award in result["awards"]}
    for bid in csv.DictReader((folder / "bids.csv").read_text().splitlines()):
        code, said = run(capsys, "explain", folder / "export", "--bid", bid["bid_id"], "--json")
        assert code == 0
        told = json.loads(said)
        assert (told["format"], told["version"], told["bid_id"]) == ("jingjia-explanation", 1, bid["bid_id"])
        assert (told["awarded"], told["payment"]) == awarded.get(bid["bid_id"], (0, "0.00"))
        assert award_from(told["steps"])[0] == told["awarded"]
        assert all(step["text"]["en"] and step["text"]["zh"] for step in told["steps"])
        for rule in (rule for step in told["steps"] for rule in step["rules"]):
            assert rule["parameter"]
            assert rule["value"]
            assert rule["basis"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", rule["effective"])


def test_an_explanation_reads_in_both_languages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "explain", *inputs(folder), "--bid", "b5")
    assert code == 0
    assert "8,000 × 5,000 ÷ 15,000，舍尾得 2,666 吨，另得余数一份：得 2,667 吨" in said
    assert "5,000 / 15,000 of 8,000, rounded down 2,666 t, and one of the lots left over: 2,667 t." in said
    assert "auction.undersubscription_rule = lowest_valid_bid; from 2023-11-24; assumed" in said
    assert "clause 七-三" in said


@pytest.mark.parametrize(
    ("old", "new", "step", "parameter"),
    [
        ("60.00,15000", "39.99,15000", "reserve_at_entry", "auction.reserve_price"),
        ("60.00,15000", "60.00,25001", "cap_at_entry", "bid.cap_share"),
        ("Paper F,key_emitter,50.00,10000", "Cement B,key_emitter,50.00,10000", "consignor", "consignment.may_bid"),
    ],
)
def test_a_refused_bid_is_explained_up_to_the_rule_that_refused_it(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, step: str, parameter: str
) -> None:
    change(folder / "bids.csv", old, new)
    bid = "b6" if "Paper" in old else "b1"
    code, said = run(capsys, "explain", *inputs(folder), "--bid", bid, "--json")
    told = json.loads(said)
    if step == "consignor" and told["steps"][-1]["step"] != step:
        pytest.fail("a consignor may bid under this book: choose another example")
    assert (code, told["awarded"], told["steps"][-1]["step"]) == (0, 0, step)
    assert parameter in [rule["parameter"] for rule in told["steps"][-1]["rules"]]
    assert told["outcome"] != "ACCEPTED"


# -- edits of an export --------------------------------------------------------------------------------------------

EDITS: dict[str, Callable[[Path], None]] = {
    "a price": lambda e: change(e / "bids.csv", "60.00", "61.00"),
    "a quantity": lambda e: change(e / "bids.csv", "15000", "14000"),
    "a bidder": lambda e: change(e / "bids.csv", "b4,Steel C", "b4,Glass E"),
    "a class": lambda e: change(e / "bids.csv", "b3,Glass E,key_emitter", "b3,Glass E,individual"),
    "an id": lambda e: change(e / "bids.csv", "b7,", "b8,"),
    "a time": lambda e: change(e / "bids.csv", "10:12:31", "10:12:32"),
    "a bid less": lambda e: drop_line(e / "bids.csv", 3),
    "a bid more": lambda e: (e / "bids.csv").write_text(
        (e / "bids.csv").read_text() + "b9,X,individual,41.00,1,11:00:00\n"
    ),
    "two bids moved": lambda e: swap_times(e / "bids.csv"),
    "a lot": lambda e: change(e / "lots.csv", "12000", "11000"),
    "the reserve price": lambda e: change(e / "round.toml", '"40.00"', '"41.00"'),
    "the rule book": lambda e: change(e / "rule_book.json", "2023", "2024"),
    "an award": lambda e: edit_result(e, lambda r: r["awards"][0].update(quantity=1)),
    "a payment": lambda e: edit_result(e, lambda r: r["awards"][0].update(payment="1.00")),
    "the price": lambda e: edit_result(e, lambda r: r.update(clearing_price="49.00")),
    "a consignor's proceeds": lambda e: edit_result(e, lambda r: r["consignors"][0].update(proceeds="1.00")),
    "a clause": lambda e: change(e / "round.json", "七-三", "七-四"),
    "a term": lambda e: change(e / "round.json", '"bid_count_max": 0', '"bid_count_max": 1'),
    "a leaf": lambda e: change(e / "seal.json", json.loads((e / "seal.json").read_text())["leaves"][2], "0" * 64),
    "the secret": lambda e: change(e / "seal.json", SECRET, "5b" * 32),
}


def drop_line(path: Path, at: int) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:at] + lines[at + 1 :]) + "\n")


def swap_times(path: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace("09:31:07", "T").replace("09:32:40", "09:31:07").replace("T", "09:32:40"))


def edit_result(export: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    result = json.loads((export / "result.json").read_text())
    edit(result)
    result["digest"] = digest(result)
    (export / "result.json").write_text(json.dumps(result))


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_of_an_export_is_found_and_listed(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    EDITS[name](folder / "export")
    code, said = run(capsys, "verify", folder / "export")
    assert code in (1, 2), name
    assert "differences:" in said or "allowed:" in said
    code, said = run(capsys, "receipts", folder / "export", folder / "new")
    assert code in (1, 2)
    assert not (folder / "new").exists()


def test_an_export_made_anew_misses_the_root_of_the_notice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notice = folder / "export" / "notice.html"
    change(folder / "bids.csv", "60.00", "61.00")
    forged = folder / "forged"
    assert run(capsys, "clear", *inputs(folder), "--export", forged, "--secret", folder / "secret.txt")[0] == 0
    assert run(capsys, "verify", forged)[0] == 0
    code, said = run(capsys, "verify", forged, "--notice", notice)
    assert (code, "the notice publishes" in said) == (1, True)


# -- mistakes ------------------------------------------------------------------------------------------------------

Mistake = Callable[[Path], list[object]]


def spoilt(name: str, old: str, new: str, *command: str) -> Mistake:
    """A command after an edit of one file; `{}` stands for the folder."""

    def make(folder: Path) -> list[object]:
        change(folder / name, old, new)
        return [word.format(folder) for word in command]

    return make


def plain(*command: str) -> Mistake:
    return lambda folder: [word.format(folder) for word in command]


VERIFY_RECEIPT = ("verify", "--receipt", "{}/receipts/0001_Steel_C.json", "--notice", "{}/export/notice.html")
VERIFY = ("verify", "{}/export")
CLEAR = ("clear", "{}/round.toml", "{}/bids.csv", "--consigned", "{}/lots.csv")
EXPLAIN = ("explain", "{}/export", "--bid")


def with_draw(folder: Path, name: str) -> list[object]:
    secret, order = folder / "d.json", folder / "order.json"
    assert call(["auction", "draw", "commit", str(secret), "--round", name]) == 0
    assert call(["auction", "draw", "reveal", str(secret), str(folder / "bids.csv"), str(order)]) == 0
    return [*(word.format(folder) for word in CLEAR), "--draw", order]


def drawn_without(folder: Path) -> list[object]:
    drawn_round(folder)
    return [word.format(folder) for word in CLEAR]


def other_bids(folder: Path) -> list[object]:
    order = drawn_round(folder)
    change(order, '"b7"', '"bx"')
    return [*(word.format(folder) for word in CLEAR), "--draw", order]


def two_faults(folder: Path, name: str) -> list[object]:
    command = with_draw(folder, name)
    change(folder / "order.json", '"commitment": "', '"commitment": "x')
    change(folder / "round.toml", "quantity = 30_000", "quantity = 0")
    return command


MISTAKES: list[tuple[str, Mistake, list[str]]] = [
    ("nothing to verify", plain("verify"), ["neither DIR nor --receipt", "next: Run"]),
    ("no notice", plain(*VERIFY_RECEIPT[:3]), ["--receipt: found no --notice", "next: Add --notice"]),
    ("no folder", plain("verify", "{}/nowhere"), ["found no folder", "clear ROUND.toml BIDS.csv --export DIR"]),
    (
        "not an export",
        plain("verify", "{}/receipts"),
        ["round.json: found no such file", "seal.json: found no such file"],
    ),
    (
        "no receipt",
        plain("verify", "--receipt", "{}/no.json", "--notice", "{}/no.html"),
        ["no.json: No such", "no.html: No such"],
    ),
    (
        "no JSON",
        spoilt("receipts/0001_Steel_C.json", "{", "", *VERIFY_RECEIPT),
        ["0001_Steel_C.json:2: column", "found no JSON"],
    ),
    (
        "another format",
        spoilt("receipts/0001_Steel_C.json", "jingjia-receipt", "ticket", *VERIFY_RECEIPT),
        ['format: found the format "ticket"', 'allowed: "jingjia-receipt"'],
    ),
    (
        "another version",
        spoilt("receipts/0001_Steel_C.json", '"version": 1', '"version": 9', *VERIFY_RECEIPT),
        ["version: found 9"],
    ),
    (
        "an unknown key",
        spoilt("receipts/0001_Steel_C.json", '"size"', '"sise"', *VERIFY_RECEIPT),
        ["size: found nothing", "sise: found an unknown key"],
    ),
    (
        "a salt",
        spoilt("receipts/0001_Steel_C.json", '"salt": "', '"salt": "x', *VERIFY_RECEIPT),
        ["bids[0]: salt: found", "64 hexadecimal"],
    ),
    (
        "a key twice",
        spoilt("receipts/0001_Steel_C.json", '"size"', '"size": 7, "size"', *VERIFY_RECEIPT),
        ["size: found twice"],
    ),
    (
        "a notice of another kind",
        plain(*VERIFY_RECEIPT[:4], "{}/bids.csv"),
        ["entries for the name of a round", "--export DIR"],
    ),
    (
        "a notice that is a picture",
        plain(*VERIFY_RECEIPT[:4], "{}/export/awards.png"),
        ["found a file of another kind"],
    ),
    (
        "a notice without a root",
        spoilt("export/notice.html", 'id="receipts-root"', "", *VERIFY_RECEIPT),
        ["no entries for the root"],
    ),
    (
        "a seal",
        spoilt("export/seal.json", '"secret": "5a', '"secret": "5', *VERIFY),
        ["seal.json: secret: found", "Restore the file"],
    ),
    (
        "a size",
        spoilt("export/seal.json", '"size": 7', '"size": 8', *VERIFY),
        ["seal.json: size: found 8", "the length of `leaves`, 7"],
    ),
    ("bids that cannot be read", spoilt("export/bids.csv", "60.00", "sixty", *VERIFY), ["bids.csv:2: price: found"]),
    ("an unknown bid", plain(*EXPLAIN, "b55"), ["--bid: found 'b55', the id of no bid", "next: Did you mean"]),
    ("no bid", plain(*EXPLAIN[:2]), ["--bid: found nothing"]),
    ("no bids", plain("explain", "{}/round.toml", "--bid", "b1"), ["found no BIDS.csv", "the folder of an export"]),
    ("too many files", plain("explain", "{}/export", "{}/bids.csv", "--bid", "b1"), ["leave out BIDS.csv"]),
    (
        "a folder in use",
        plain(*CLEAR, "--export", "{}/receipts"),
        ["found a folder with files in it", "new or an empty folder"],
    ),
    ("a secret alone", plain(*CLEAR, "--secret", "{}/secret.txt"), ["nothing is sealed without --export"]),
    (
        "a short secret",
        spoilt("secret.txt", "5a", "", *CLEAR, "--export", "{}/x", "--secret", "{}/secret.txt"),
        ["64 hexadecimal digits"],
    ),
    (
        "a draw that is missing",
        drawn_without,
        ["auction.margin_rule is random_order", "make one with `jingjia auction draw`"],
    ),
    (
        "a draw of other bids",
        other_bids,
        ["draw: order: lacks b7 of the bids file", "draw: order: holds bx, no bids of the file"],
    ),
    ("a draw that is not needed", lambda folder: with_draw(folder, ROUND), ["nothing is drawn; leave --draw out"]),
    (
        "a draw and a round that are both wrong",
        lambda folder: two_faults(folder, ROUND),
        ["quantity", "order.json: commitment"],
    ),
    (
        "an unknown bidder",
        plain("receipts", "{}/export", "{}/r", "--bidder", "Bank"),
        ["'Bank', who sent in no bid", "Steel C, Bank D"],
    ),
    ("a round without a name", plain("draw", "commit", "{}/d.json", "--round", " "), ["--round: found nothing"]),
    (
        "a seed in use",
        plain("draw", "commit", "{}/secret.txt", "--round", "r"),
        ["there already", "never written over"],
    ),
    (
        "bids without ids",
        spoilt("bids.csv", "bid_id", "id", "draw", "reveal", "{}/secret.txt", "{}/bids.csv", "{}/o.json"),
        ["secret.txt:1: column", "bids.csv:1: found no column bid_id"],
    ),
    ("a place that cannot be written", plain("receipts", "{}/export", "{}/secret.txt/x"), ["cannot be made"]),
]


@pytest.mark.parametrize(("make", "said"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_told_with_place_and_next_step(
    folder: Path, capsys: pytest.CaptureFixture[str], make: Mistake, said: list[str]
) -> None:
    code, told = run(capsys, *make(folder))
    assert code == 2, told
    assert [words for words in said if words not in told] == [], told
    assert max(map(len, told.splitlines())) < 400
