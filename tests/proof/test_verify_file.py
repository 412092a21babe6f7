"""`verify.py`, which stands alone, and `awards.py` on top of it: bare, against the engine, against every edit."""

from __future__ import annotations

import copy
import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.auction.terms import RoundStatus
from services.offline.round import run_round
from services.proof import awards, verify
from services.proof.folder import files_of, verifier, write_folder
from services.proof.record import record_of
from services.reports.result_json import digest
from services.rule_books.cases import read_case
from services.rule_books.files import find_book, shipped_names
from tests.proof.drawn_rounds import drawn_record

LINES_MAX = 150
SEED = 20_261_125


@pytest.fixture(scope="module")
def rounds() -> list[Any]:
    rng = np.random.default_rng(SEED)
    return [drawn_record(rng) for _ in range(400)]


OFFERS = {"highest_accepted_offer", "midpoint"}
"""Prices that hang on what each line sells, which `verify.py` alone does not go into."""


def checked(folder: Path, published: str = "") -> int:
    """The verdict of awards.py, run in this process: fast enough for hundreds of rounds."""
    try:
        return awards.main(folder, published)
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError):
        return 1


def alone(folder: Path, published: str = "") -> int | str:
    """The verdict of verify.py: 0, 2, or what is wrong."""
    try:
        return verify.main(folder, published)
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as error:
        return repr(error)


def agrees(record: Any, folder: Path) -> bool:
    """Whether both programs agree with an export that is as it was made."""
    write_folder(folder, files_of(record))
    by_offers = record.round_json()["terms"]["price_rule"] in OFFERS
    return (alone(folder, record.seal.root), checked(folder, record.seal.root)) == (2 * by_offers, 0)


def test_it_is_short_files_on_the_standard_library() -> None:
    for name, content in verifier().items():
        text = content.decode()
        assert text.count("\n") <= LINES_MAX, name
        imported = {
            line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
        }
        assert imported <= set(sys.stdlib_module_names), name


def test_it_recomputes_what_the_engine_clears(rounds: list[Any], tmp_path: Path) -> None:
    statuses, refusals = set(), 0
    for i, record in enumerate(rounds):
        assert agrees(record, tmp_path / str(i)), f"seed {SEED}, round {i}"
        statuses.add(record.result["status"])
        refusals += len(record.result["refused"])
    assert statuses == {status.name.lower() for status in RoundStatus}
    assert refusals > len(rounds)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_rounds(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    for number in range(1_000):
        assert agrees(drawn_record(rng), tmp_path / str(number)), f"seed {seed}, round {number}"


@pytest.fixture
def folder(rounds: list[Any], tmp_path: Path) -> Path:
    """An export with awards, refusals and a drawn order, to be spoilt."""
    record = next(r for r in rounds if r.draw and len(r.result["awards"]) > 2 and len(r.result["refused"]) > 1)
    write_folder(tmp_path / "export", files_of(record))
    return tmp_path / "export"


def run_bare(folder: Path, *more: str, program: Path = Path("awards.py")) -> subprocess.CompletedProcess[str]:
    """As somebody without our package runs it: isolated, without site-packages."""
    command = [sys.executable, "-I", "-S", str(folder / program), str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_one_file_alone_checks_bids_and_price(rounds: list[Any], tmp_path: Path) -> None:
    record = next(
        r for r in rounds if r.result["clearing_price"] and r.round_json()["terms"]["price_rule"] not in OFFERS
    )
    write_folder(tmp_path / "export", files_of(record))
    program = tmp_path / "elsewhere" / "verify.py"
    program.parent.mkdir()
    (tmp_path / "export" / "verify.py").rename(program)
    (tmp_path / "export" / "awards.py").unlink()
    (tmp_path / "export" / "sale.py").unlink()
    good = run_bare(tmp_path / "export", record.seal.root, program=program)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith(
        f"bids and price agree: {len(record.seal.leaves)} bids under the root {record.seal.root}"
    )
    result = json.loads((tmp_path / "export" / "result.json").read_text())
    result["clearing_price"] = str(Decimal(result["clearing_price"]) + 1)
    (tmp_path / "export" / "result.json").write_text(json.dumps(result))
    wrong = run_bare(tmp_path / "export", record.seal.root, program=program)
    assert wrong.returncode == 1
    assert f"result.json says {result['clearing_price']}" in wrong.stderr


def test_a_bare_interpreter_runs_it(folder: Path) -> None:
    root = json.loads((folder / "seal.json").read_text())["root"]
    good = run_bare(folder, root)
    assert (good.returncode, good.stderr) == (0, "")
    assert f"all agrees: {len(bids_in(folder))} bids under the root {root}" in good.stdout
    other = run_bare(folder, "0" * 64)
    assert other.returncode == 1
    assert "root: notice says 000" in other.stdout


def bids_in(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "bids.csv").read_text())))


def write_bids(folder: Path, rows: list[dict[str, str]]) -> None:
    target = io.StringIO()
    writer = csv.DictWriter(target, ["bid_id", "bidder", "class", "price", "quantity", "time"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "bids.csv").write_text(target.getvalue())


EDITS: dict[str, Callable[[str], str]] = {
    "bid_id": lambda value: value + "x",
    "bidder": lambda value: value + " II",
    "class": lambda value: "individual" if value != "individual" else "institution",
    "price": lambda value: "0.05" if value != "0.05" else "0.10",
    "quantity": lambda value: str(int(value) + 10),
    "time": lambda value: value + "1",
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_bid_is_found(folder: Path, column: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = bids_in(folder)
    for at in range(len(rows)):
        edited = copy.deepcopy(rows)
        edited[at][column] = EDITS[column](rows[at][column])
        write_bids(folder, edited)
        assert checked(folder) == 1, (column, at)
        told = f"bid {edited[at]['bid_id']} at place {at + 1}: the place it was sealed at is none"
        assert told in capsys.readouterr().out
        assert told in str(alone(folder))


def test_a_dropped_an_added_and_a_moved_bid_are_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = bids_in(folder)
    for at in range(len(rows)):
        write_bids(folder, rows[:at] + rows[at + 1 :])
        assert checked(folder) == 1, at
        assert f"place {at + 1}: the bid that was sealed here is edited or dropped" in capsys.readouterr().out
        assert f"place {at + 1}: the bid that was sealed here is edited or dropped" in str(alone(folder))
        write_bids(folder, [*rows[:at], rows[at] | {"bid_id": "new"}, *rows[at:]])
        assert checked(folder) == 1, at
        assert f"bid new at place {at + 1}: the place it was sealed at is none" in capsys.readouterr().out
        assert f"bid new at place {at + 1}: the place it was sealed at is none" in str(alone(folder))
    for at in range(1, len(rows)):
        write_bids(folder, [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]])
        assert checked(folder) == 1, at
        said = capsys.readouterr().out
        assert f"bid {rows[at]['bid_id']} at place {at}: the place it was sealed at is {at + 1}" in said
        assert f"bid {rows[at]['bid_id']} at place {at}: the place it was sealed at is {at + 1}" in str(alone(folder))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all plain values inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield path
    for key, child in children:
        yield from leaves(child, (*path, key))


def edited(value: Any, path: tuple[Any, ...]) -> Any:
    """The value with the plain value at `path` changed."""
    spoilt = copy.deepcopy(value)
    inside = spoilt
    for key in path[:-1]:
        inside = inside[key]
    old = inside[path[-1]]
    inside[path[-1]] = old + 1 if isinstance(old, int) else "9.99" if old is None else old + "1"
    return spoilt


def test_every_edit_of_the_result_is_found(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text())
    for path in leaves(result):
        (folder / "result.json").write_text(json.dumps(edited(result, path)))
        assert checked(folder) == 1, path


RECOMPUTED = ("status", "clearing_price", "sold", "proceeds", "awards", "tranches")
FEATURES: dict[str, Callable[[dict[str, Any]], object]] = {
    "as it comes": lambda told: True,
    "jurisdictions": lambda told: len({line["group"] for line in told["supply"]}) > 1,
    "release": lambda told: any(line["trigger_ticks"] for line in told["supply"]),
    "withheld": lambda told: any(line["withheld"] for line in told["supply"]),
    "hidden reserve": lambda told: told["terms"]["hidden_reserve_ticks"],
    "raised": lambda told: told["terms"]["hidden_reserve_rule"] == "raise_price",
    "ceiling": lambda told: told["terms"]["ceiling_price_ticks"],
    "caps at the clear": lambda told: told["terms"]["cap_excess"] == "trimmed_at_clearing",
    "shared caps": lambda told: told["terms"]["shared_caps"],
    "margin by bidder": lambda told: told["terms"]["margin_unit"] == "bidder",
    "by tranche": lambda told: told["terms"]["proceeds_rule"] == "by_tranche",
    "guarantee": lambda told: told["terms"]["guarantee_excess"] == "restored_at_bid_prices",
    "guarantee at every tick": lambda told: told["terms"]["guarantee_excess"] == "restored_at_every_tick",
    "guarantee that cuts": lambda told: told["terms"]["guarantee_excess"] == "trimmed",
    "percentage": lambda told: told["terms"]["margin_rule"] == "percentage_rounded_up",
    "midpoint": lambda told: told["terms"]["price_rule"] == "midpoint",
    "rounded payments": lambda told: told["terms"]["payment_step_minor"] > 1,
    "drawn lines": lambda told: told["terms"]["short_sale_rule"] == "random_units",
    "for a shortfall only": lambda told: told["terms"]["shortfall_only"],
}


@pytest.mark.parametrize("feature", FEATURES)
def test_an_edit_with_a_digest_to_match_is_found(rounds: list[Any], tmp_path: Path, feature: str) -> None:
    sold = [record for record in rounds if len(record.result["awards"]) > 1]
    record = next(record for record in sold if FEATURES[feature](record.round_json()))
    folder = tmp_path / "export"
    write_folder(folder, files_of(record))
    result = json.loads((folder / "result.json").read_text())
    fields = ("line", "on_offer", "sold", "proceeds")
    paths = [path for path in leaves(result) if path[0] in RECOMPUTED and (path[0] != "tranches" or path[2] in fields)]
    assert len(paths) > 10
    for path in paths:
        spoilt = edited(result, path)
        spoilt["digest"] = digest(spoilt)
        (folder / "result.json").write_text(json.dumps(spoilt))
        assert checked(folder) == 1, path


@pytest.mark.parametrize("name", shipped_names())
def test_every_worked_case_of_a_shipped_book_verifies(name: str, tmp_path: Path) -> None:
    book = find_book(name)
    for case in (read_case(book, case) for case in book.cases):
        result = run_round(case.setup, case.bids, case.lots, draw=case.draw)
        record = record_of(case.setup, case.bids, result, draw=case.draw)
        write_folder(tmp_path / case.name, files_of(record))
        assert checked(tmp_path / case.name, record.seal.root) == 0, case.name
        assert alone(tmp_path / case.name, record.seal.root) == 0, case.name


def test_a_whole_list_that_is_shorter_or_in_another_order_is_found(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text())
    for key in ("awards", "tranches", "refused"):
        for rows in (result[key][1:], result[key] + result[key][:1], result[key][::-1]):
            if rows != result[key]:
                spoilt = result | {key: rows}
                spoilt["digest"] = digest(spoilt)
                (folder / "result.json").write_text(json.dumps(spoilt))
                assert checked(folder) == 1, key


def test_another_seed_is_found(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_text())
    result["draws"][0]["seed"] = "another"
    result["digest"] = digest(result)
    (folder / "result.json").write_text(json.dumps(result))
    assert run_bare(folder).returncode == 1


def test_bids_and_seal_made_to_agree_still_miss_the_root_of_the_notice(rounds: list[Any], tmp_path: Path) -> None:
    one, other = rounds[0], rounds[1]
    write_folder(tmp_path / "export", files_of(other))
    assert checked(tmp_path / "export") == 0
    assert checked(tmp_path / "export", one.seal.root) == 1
    assert "root: notice says" in str(alone(tmp_path / "export", one.seal.root))


@pytest.mark.parametrize(
    ("key", "value"),
    [("margin_rule", "pro_rata_with_minimums"), ("price_rule", "another"), ("other", ["minimums of bids"])],
)
def test_a_rule_that_it_does_not_cover_is_said(folder: Path, key: str, value: Any) -> None:
    told = json.loads((folder / "round.json").read_text())
    told["terms"][key] = value
    (folder / "round.json").write_text(json.dumps(told))
    said = run_bare(folder)
    assert said.returncode == 2
    assert said.stdout == f"not recomputed: awards.py does not cover {''.join(value)}\n"
    said = run_bare(folder, program=Path("verify.py"))
    assert said.returncode == (0 if key == "margin_rule" else 2)


@pytest.mark.parametrize("name", ["round.json", "bids.csv", "seal.json", "result.json", "rule_book.json"])
def test_a_damaged_folder_is_said_without_a_traceback(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for spoilt in (content[: len(content) // 2], b"", b"\xff\xfe"):
        (folder / name).write_bytes(spoilt)
        for program in ("awards.py", "verify.py"):
            said = run_bare(folder, program=Path(program))
            assert said.returncode in (1, 2) or (program, name) == ("verify.py", "rule_book.json")
            assert "Traceback" not in said.stderr
    (folder / name).unlink()
    assert run_bare(folder).returncode == 1
