"""What auditors take from a journal: Parquet of events, one command's story, the difference of two states."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.capacity import SMALL
from engine.commands import RoundAction, Side
from engine.core import Core
from engine.events import EventKind
from services.cli.main import call
from services.journal.journal import Journal
from services.journal.replay import replay
from tests.core.venue import CONSIGNED, DAY, Venue
from tests.golden.recording import record

DAY_NS = 86_400_000_000_000


def day() -> Venue:
    """A day of trading, one with a refusal behind which a rule stands, and a round on the next day."""
    venue = Venue(SMALL)
    book = venue.adopt({**CONSIGNED, "trading.tick": 5, "trading.lot": 10})
    instrument = venue.instrument("SZEA", book)
    seller, buyer = (venue.register(name, 3) for name in ("卖方", "买方"))  # type: ignore[arg-type]
    venue.deposit_units(seller, instrument, 1_000)
    venue.deposit_cash(buyer, 10**9)
    venue.order(seller, Side.SELL, 5_000, 100)
    venue.order(buyer, Side.BUY, 5_000, 40)
    venue.order(buyer, Side.BUY, 4_998, 40)
    venue.time_ns += DAY_NS
    number = venue.round("第一轮", book)
    venue.supply(number, seller, 200)
    venue.act(number, RoundAction.OPEN)
    venue.bid(number, buyer, 1_200, 150)
    venue.act(number, RoundAction.CLOSE)
    venue.act(number, RoundAction.CLEAR)
    return venue


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "journal"
    record(folder, day)
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = call(["journal", *map(str, arguments)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def all_events(folder: Path) -> list[tuple[int, np.void]]:
    found = []
    opened = Journal.open_for_reading(folder)
    for step in replay(opened, Core(SMALL)):
        found += [(step.applied.first_sequence + at, event) for at, event in enumerate(step.applied.events)]
    opened.close()
    return found


def test_the_export_holds_every_event_once_as_integers_and_decimals(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "events"
    code, out, _ = run(capsys, "export", journal, into, "--capacity", "small", "--json")
    assert code == 0
    exported = json.loads(out)
    events = all_events(journal)
    rows = {}
    for path in into.glob("*/*.parquet"):
        table = pq.read_table(path)
        days = table["time"].cast(pa.int64()).to_numpy() // DAY_NS
        assert set(days.astype("M8[D]").astype(str)) == {path.stem}
        for row in table.drop_columns("time").to_pylist():
            assert row["sequence"] not in rows
            rows[row["sequence"]] = (path.parent.name, row)
    assert sorted(rows) == [sequence for sequence, _ in events]
    assert sum(exported["events"].values()) == len(events)
    for sequence, event in events:
        kind, row = rows[sequence]
        assert kind == EventKind(int(event["kind"])).name.lower()
        left_out = [name for name in event.dtype.names if name not in row and int(event[name])]
        assert set(left_out) <= {"kind"}, (kind, left_out)
        assert all(int(event[name]) == row[name] for name in event.dtype.names if name in row)
    trade = next(row for kind, row in rows.values() if kind == "trade")
    assert (trade["price"], trade["quantity"]) == (Decimal("50.00"), 40)
    award = next(row for kind, row in rows.values() if kind == "bid_awarded")
    assert award["amount"] == Decimal(award["amount_minor"]) / 100
    assert len({path.stem for path in into.glob("*/*.parquet")}) == 2
    types = {field.type for path in into.glob("*/*.parquet") for field in pq.read_schema(path)}
    assert not [kind for kind in types if "float" in str(kind) or "double" in str(kind)]
    assert {row["name"] for row in pq.read_table(into / "participants.parquet").to_pylist()} >= {"卖方", "买方"}


def test_an_export_is_all_or_nothing(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = tmp_path / "there"
    into.mkdir()
    assert run(capsys, "export", journal, into)[0] == 2
    code, out, _ = run(capsys, "export", journal, tmp_path / "some", "--until", "4", "--capacity", "small")
    assert code == 0
    assert "up to batch 4" in out
    (tmp_path / "file").write_text("")
    code, _, error = run(capsys, "export", journal, tmp_path / "file" / "x", "--capacity", "small")
    assert code == 2
    assert "name a folder" in error
    assert not list(tmp_path.glob("*.part"))


def test_the_story_of_an_order_from_the_journal_to_the_money(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "audit", journal, "1:1", "--capacity", "small", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["sender"], told["outcome"], told["table"]) == ("卖方", "ACCEPTED", "ORDERS")
    kinds = [event["kind"] for event in told["events"]]
    assert kinds == ["ORDER_ACCEPTED", "TRADE"]
    assert told["events"][1]["columns"]["remaining_lots"] == 60
    held, sold = told["accounts"]
    assert held["holdings_before"] == {"1": {"available": 1_000}}
    assert held["holdings_after"] == {"1": {"available": 900, "held": 100}}
    assert sold["holdings_after"] == {"1": {"available": 900, "held": 60}}
    assert sold["cash_after"]["available"] - sold["cash_before"].get("available", 0) == 40 * 5_000
    by_id = run(capsys, "audit", journal, str(1 << 40 | 1), "--capacity", "small", "--json")[1]
    assert json.loads(by_id) == told
    by_place = run(capsys, "audit", journal, f"{told['batch']}/{told['row']}", "--capacity", "small", "--json")[1]
    assert json.loads(by_place) == told


def test_the_story_of_a_refusal_names_the_rule(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "audit", journal, "2:2", "--capacity", "small")
    assert code == 0
    assert "outcome   PRICE_OFF_TICK" in out
    assert "rule      trading.tick" in out
    assert "account   batch" in out
    assert "unchanged" in out


def test_the_story_of_a_bid_ends_with_its_award(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "audit", journal, "2:3", "--capacity", "small", "--json")
    told = json.loads(out)
    assert [event["kind"] for event in told["events"]] == ["BID_ACCEPTED", "BID_AWARDED"]
    assert len(told["accounts"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("audit", "JOURNAL", "9:1"), "no command of this name"),
        (("audit", "JOURNAL", "17"), "name a command by"),
        (("audit", "JOURNAL", "1:x"), "name a command by"),
        (("audit", "JOURNAL", "1:1", "--until", "9999"), "--until 9999"),
        (("audit", "JOURNAL", "1:1", "--capacity", "tiny"), "allowed are small"),
        (("audit", "NOWHERE", "1:1"), "holds no journal"),
        (("export", "NOWHERE", "into"), "holds no journal"),
        (("diff", "JOURNAL", "NOWHERE"), "holds no journal"),
        (("diff", "JOURNAL", "JOURNAL", "--until-first", "9999"), "--until 9999"),
    ],
)
def test_bad_input_is_told(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    places = {"JOURNAL": str(journal), "NOWHERE": str(tmp_path / "nowhere")}
    small = () if "--capacity" in arguments else ("--capacity", "small")
    code, _, error = run(capsys, *(places.get(one, one) for one in arguments), *small)
    assert code == 2
    assert message in error


def test_a_damaged_journal_is_told(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    copy = Path(shutil.copytree(journal, tmp_path / "copy"))
    content = bytearray((copy / "journal.sqlite").read_bytes())
    content[content.rindex("买方".encode())] ^= 1
    (copy / "journal.sqlite").write_bytes(content)
    for arguments in (("audit", copy, "1:1"), ("export", copy, tmp_path / "x"), ("diff", journal, copy)):
        code, _, error = run(capsys, *arguments, "--capacity", "small")
        assert code == 1
        assert "checksum" in error
    assert not (tmp_path / "x").exists()


def test_two_journals_of_the_same_state_do_not_differ(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path / "again", day)
    code, out, _ = run(capsys, "diff", journal, tmp_path / "again", "--capacity", "small", "--json")
    assert code == 0
    assert json.loads(out)["differences"] == []


def test_what_differs_is_listed(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def longer() -> Venue:
        venue = day()
        venue.order(3, Side.BUY, 4_500, 10)
        venue.round("第二轮", 1, day=DAY + 1)
        return venue

    record(tmp_path / "other", longer)
    code, out, error = run(capsys, "diff", journal, tmp_path / "other", "--capacity", "small")
    assert code == 1
    assert "the states differ" in error
    for line in (
        "SZEA bid 4500: not there | 10 lots in 1 orders",
        "cash of 买方, held_minor: ",
        "round 第二轮, name: ",
    ):
        assert line in out
    last = Journal.open_for_reading(journal).head.number
    arguments = ("diff", journal, journal, "--until-first", last - 1, "--capacity", "small", "--json")
    code, out, _ = run(capsys, *arguments)
    assert code == 1
    assert any("result of round" in one["where"] for one in json.loads(out)["differences"])


@pytest.mark.parametrize("command", ["export", "audit", "diff", "void", "replay"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["journal", command, *(["propose"] if command == "void" else []), "--help"]
    assert call(arguments) == 0
    assert "Example: jingjia journal" in capsys.readouterr().out
