"""Rounds that the service ran, proved: receipts, notices, exports and explanations, of open and of committed bids."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from engine.commands import order_id
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid
from services.cli.main import call
from services.client import Bids, CallFailed, Client, ParticipantClass, Refused, Session, Supply, Value
from services.client.records import Committed
from services.sealing.desk import SealingDesk
from services.sealing.store import DATABASE, SealedStore, StoreDamaged
from tests.services.running import QUICK, Running

DAY = date(2026, 3, 2)
NAMES = {
    "government": ParticipantClass.GOVERNMENT,
    "alpha": ParticipantClass.INSTITUTION,
    "beta": ParticipantClass.KEY_EMITTER,
    "gamma": ParticipantClass.KEY_EMITTER,
    "delta": ParticipantClass.INSTITUTION,
}
RESERVE = Value("auction.reserve_price", "40.00")
COMMITTED = Value("auction.sealing", "committed")
AMENDABLE = Value("bid.amendable", "true")
PATIENT = replace(QUICK, call_s=600.0)
"""An export may have to wait for compiled code."""
PRICE = 4_321_09
"""A price whose digits no other number of these tests has."""


@dataclass
class House:
    """A server with the consignment book adopted, and a client and a session for everybody."""

    running: Running
    clients: dict[str, Client] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    book: int = 0
    instrument: int = 0

    def settle_in(self) -> House:
        self.clients["ops"] = self.running.client(retry=PATIENT)
        ops = self.sessions["ops"] = self.clients["ops"].open_session("ops")
        self.book = ops.adopt_rule_book("shenzhen_consignment")
        self.instrument = ops.define_instrument("SZA", self.book, tick_minor=1, lot_units=1)
        for name, klass in NAMES.items():
            self.numbers[name] = ops.register_participant(name, klass)
            self.connect(name)
            ops.deposit_cash(self.numbers[name], 10**12)
        ops.deposit_units(self.numbers["government"], self.instrument, 100_000)
        ops.deposit_units(self.numbers["beta"], self.instrument, 10_000)
        return self

    def connect(self, name: str) -> None:
        self.clients[name] = self.running.client(name, retry=PATIENT)
        self.sessions[name] = self.clients[name].open_session("desk")

    def again(self, data: Path) -> House:
        """The same after a stop and a start."""
        for client in self.clients.values():
            client.close()
        self.running.stop()
        house = House(Running(data), numbers=self.numbers, book=self.book, instrument=self.instrument)
        house.clients["ops"] = house.running.client(retry=PATIENT)
        house.sessions["ops"] = house.clients["ops"].open_session("ops")
        for name in NAMES:
            house.connect(name)
        return house

    @property
    def ops(self) -> Session:
        return self.sessions["ops"]

    def round(self, name: str, *values: Value) -> int:
        supply = Supply(seller=self.numbers["government"], quantity_lots=600)
        number = self.ops.create_round(
            name, self.book, self.instrument, DAY, values=[RESERVE, *values], supply=[supply]
        )
        self.ops.open_round(number)
        return number

    def bid(self, name: str, number: int, price: int, lots: int) -> tuple[PlainBid, Committed | None]:
        answer = self.sessions[name].submit_bids(Bids(number, [price], [lots]))
        assert answer.accepted.all(), answer.refusals
        bid = PlainBid(number, self.numbers[name], int(answer.bid_ids[0]), price, lots)
        return bid, answer.commitments[0] if answer.commitments else None

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        self.running.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(Running(tmp_path / "journal")).settle_in()
    yield found
    found.close()


def cleared(house: House, *values: Value) -> tuple[int, list[PlainBid]]:
    """A consigned round with bids of four bidders, one of which is changed."""
    number = house.round("2026-1, 第一场", *values)
    house.sessions["beta"].consign(number, 400)
    sealed = any(value.parameter == "auction.sealing" for value in values)
    if sealed:
        for name in ("alpha", "gamma", "delta"):
            house.sessions[name].change_guarantee(number, 10**9)
    bids = [
        house.bid(name, number, price, lots)[0]
        for name, price, lots in (
            ("alpha", 4_500, 300),
            ("gamma", 4_400, 300),
            ("delta", 4_400, 300),
            ("gamma", 4_300, 150),
        )
    ]
    house.ops.close_round(number)
    house.ops.clear_round(number)
    return number, bids


def written(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("values", [(), (COMMITTED,)], ids=["open", "committed"])
def test_a_round_of_the_service_is_proved_like_one_from_files(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], values: tuple[Value, ...]
) -> None:
    number, bids = cleared(house, *values)
    notice = written(house.clients["alpha"].notice(number), tmp_path / "notice")
    assert {"notice.html", "notice.csv", "notice.json", "demand_and_supply.png"} <= {f.name for f in notice.iterdir()}
    export = written(house.clients["ops"].round_export(number), tmp_path / "export")
    assert call(["auction", "verify", str(export), "--notice", str(notice / "notice.html")]) == 0
    assert "4 bids; everything agrees" in capsys.readouterr().out
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(export / "awards.py"), str(export)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (bare.returncode, "all agrees: 4 bids" in bare.stdout) == (0, True), bare.stdout + bare.stderr
    for name in ("alpha", "gamma"):
        receipt = tmp_path / f"{name}.json"
        receipt.write_text(house.clients[name].receipt(number).receipt)
        for page in ("notice.html", "notice.csv", "notice.json"):
            arguments = ["auction", "verify", "--receipt", str(receipt), "--notice", str(notice / page)]
            assert call(arguments) == 0, capsys.readouterr().err
        said = capsys.readouterr().out
        own = [bid for bid in bids if bid.bidder == house.numbers[name]]
        assert all(f"{bid.bid_id}: {bid.quantity_lots} t" in said for bid in own)
    explained = json.loads(house.clients["gamma"].explain_bid(number, bids[1].bid_id))
    assert (explained["outcome"], explained["awarded"]) == ("ACCEPTED", 300)
    with pytest.raises(CallFailed, match="of yours"):
        house.clients["alpha"].explain_bid(number, bids[1].bid_id)
    with pytest.raises(CallFailed, match="operator"):
        house.clients["alpha"].round_export(number)


def test_bids_that_are_void_at_the_reveal_are_under_the_root_and_explained(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = house.round("void", COMMITTED)
    house.sessions["beta"].consign(number, 400)
    for name, amount in (("alpha", 10**9), ("gamma", 10**9), ("delta", 640_000)):
        house.sessions[name].change_guarantee(number, amount)
    bids = [
        (house.bid(name, number, price, lots)[0], outcome)
        for name, price, lots, outcome in (
            ("alpha", 4_500, 300, "ACCEPTED"),
            ("delta", 4_400, 100, "ACCEPTED"),
            ("delta", 4_350, 200, "COMMITTED_AMOUNT_EXCEEDED"),
            ("delta", 4_000, 60, "ACCEPTED"),
            ("alpha", 3_900, 50, "BID_BELOW_RESERVE"),
            ("alpha", 4_500, 1, "BID_CAP_EXCEEDED"),
            ("gamma", 4_200, 150, "ACCEPTED"),
        )
    ]
    house.ops.close_round(number)
    house.ops.clear_round(number)
    export = written(house.clients["ops"].round_export(number), tmp_path / "export")
    refused = json.loads((export / "result.json").read_text())["refused"]
    expected = [(str(bid.bid_id), outcome) for bid, outcome in bids if outcome != "ACCEPTED"]
    assert [(row["bid_id"], row["outcome"]) for row in refused] == expected
    assert all(row["clause"] for row in refused)
    assert call(["auction", "verify", str(export)]) == 0, capsys.readouterr().err
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(export / "awards.py"), str(export)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (bare.returncode, "all agrees: 7 bids" in bare.stdout) == (0, True), bare.stdout + bare.stderr
    for bid, outcome in bids:
        explained = json.loads(house.clients["ops"].explain_bid(number, bid.bid_id))
        assert (explained["bid_id"], explained["outcome"]) == (str(bid.bid_id), outcome)
        assert explained["awarded"] == (bid.quantity_lots if outcome == "ACCEPTED" else 0)
    assert "limits.png" in house.clients["alpha"].notice(number)


def test_the_journal_gives_the_same_export_as_the_service(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, _ = cleared(house, COMMITTED)
    served = house.clients["ops"].round_export(number)
    folder, journal = tmp_path / "export", str(tmp_path / "journal")
    arguments = ["auction", "export", "--journal", journal, "--round", str(number), "--to", str(folder)]
    assert call([*arguments, "--capacity", "small"]) == 0, capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == served
    assert call(["auction", "explain", str(folder), "--bid", next(iter(_ids(folder)))]) == 0
    assert call(["auction", "receipts", str(folder), str(tmp_path / "receipts")]) == 0
    capsys.readouterr()
    assert call(["journal", "audit", journal, _ids(folder)[0], "--capacity", "small", "--json"]) == 0
    story = json.loads(capsys.readouterr().out)
    assert [event["kind"] for event in story["events"]] == ["BID_COMMITTED", "BID_ACCEPTED", "BID_AWARDED"]
    assert len(list((tmp_path / "receipts").iterdir())) == 3


def test_a_round_whose_winner_did_not_pay_is_exported_as_it_was_decided(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poor = house.ops.register_participant("poor", ParticipantClass.INSTITUTION)
    house.connect("poor")
    house.ops.deposit_cash(poor, 300_000)
    part = (Value("bid.guarantee_share", "0.2"), Value("settlement.default_units", "return_to_sellers"))
    number = house.round("unpaid", *part)
    house.numbers["poor"] = poor
    house.bid("poor", number, 4_500, 180)
    house.bid("alpha", number, 4_400, 180)
    house.ops.close_round(number)
    house.ops.clear_round(number)
    result = house.clients["ops"].result(number)
    assert len(result.defaults) == 1
    with pytest.raises(CallFailed, match="did not pay"):
        house.clients["ops"].round_export(number)
    folder = tmp_path / "export"
    arguments = ["auction", "export", "--journal", str(tmp_path / "journal"), "--round", str(number)]
    assert call([*arguments, "--to", str(folder), "--capacity", "small"]) == 0, capsys.readouterr().err
    assert "1 of its winners did not pay" in capsys.readouterr().err
    awards = json.loads((folder / "result.json").read_text())["awards"]
    assert {award["bidder"]: award["quantity"] for award in awards} == {"poor": 180, "alpha": 180}
    assert call(["auction", "verify", str(folder)]) == 0
    bare = [sys.executable, "-I", "-S", str(folder / "awards.py"), str(folder)]
    assert subprocess.run(bare, check=False).returncode == 0


def _ids(folder: Path) -> list[str]:
    return [line.split(",")[0] for line in (folder / "bids.csv").read_text().splitlines()[1:]]


def edited(lines: list[str]) -> list[str]:
    return [lines[0], re.sub(",300,", ",290,", lines[1]), *lines[2:]]


def added(lines: list[str]) -> list[str]:
    return [*lines, "77,delta,institution,44.00,10,"]


@pytest.mark.parametrize(
    "tamper",
    [edited, lambda lines: lines[:-1], added, lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]],
    ids=["edited", "dropped", "added", "reordered"],
)
def test_a_tampered_export_is_noticed(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], tamper: object
) -> None:
    number, _ = cleared(house, COMMITTED)
    export = written(house.clients["ops"].round_export(number), tmp_path / "export")
    lines = (export / "bids.csv").read_text().splitlines()
    assert callable(tamper)
    (export / "bids.csv").write_text("\n".join(tamper(lines)) + "\n")
    assert call(["auction", "verify", str(export)]) in (1, 2)
    assert "seal.json" in capsys.readouterr().err
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(export / "awards.py"), str(export)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 1, bare.stdout


def test_a_commitment_is_handed_over_at_once_and_opens_to_the_bid(house: House) -> None:
    number = house.round("sealed", COMMITTED, AMENDABLE)
    house.sessions["alpha"].change_guarantee(number, 10**11)
    bid, committed = house.bid("alpha", number, PRICE, 70)
    assert committed is not None
    assert committed.is_of(bid)
    assert not committed.is_of(PlainBid(bid.round_number, bid.bidder, bid.bid_id, PRICE + 1, 70))
    response = house.clients["alpha"].receipt(number)
    assert response.receipt == ""
    assert [Committed.of(message) for message in response.commitments] == [committed]
    with pytest.raises(CallFailed, match="receipts come with it"):
        house.clients["gamma"].receipt(number)
    amended = house.sessions["alpha"].amend_bid(number, bid.bid_id, PRICE - 1, 80)
    assert [message.bid_id for message in house.clients["alpha"].receipt(number).commitments] == [amended]
    house.sessions["alpha"].withdraw_bid(number, amended)
    assert house.clients["ops"].round(number).bids == 0
    house.sessions["alpha"].change_guarantee(number, -(10**11))
    assert house.clients["alpha"].cash().available_minor == 10**12


def test_no_price_is_in_the_journal_before_the_close(house: House, tmp_path: Path) -> None:
    number = house.round("sealed", COMMITTED, AMENDABLE)
    house.sessions["alpha"].change_guarantee(number, 10**11)
    bid, _ = house.bid("alpha", number, PRICE, 71)
    house.sessions["alpha"].amend_bid(number, bid.bid_id, PRICE + 7, 71)

    def found() -> list[str]:
        wanted = [price.to_bytes(8, "little") for price in (PRICE, PRICE + 7)]
        wanted += [str(price).encode() for price in (PRICE, PRICE + 7)]
        files = [path for path in (tmp_path / "journal").rglob("*") if path.is_file()]
        return [path.name for path in files if any(text in path.read_bytes() for text in wanted)]

    assert found() == []
    house.ops.close_round(number)
    assert any(name.startswith("journal.sqlite") for name in found()), "the search finds what is there"


def test_the_service_refuses_bids_of_both_forms_in_one_request(house: House) -> None:
    plain, sealed = house.round("plain"), house.round("sealed", COMMITTED)
    with pytest.raises(CallFailed) as failed:
        house.sessions["alpha"].submit_bids(Bids([plain, sealed], [4_500, 4_500], [10, 10]))
    assert "send them apart" in str(failed.value.violations)


def test_a_round_has_no_notice_before_its_result(house: House) -> None:
    number = house.round("sealed", COMMITTED)
    with pytest.raises(CallFailed, match="no result"):
        house.clients["alpha"].notice(number)
    with pytest.raises(CallFailed, match="closed"):
        house.clients["ops"].preview_clear(number)


def test_a_repeated_bid_commits_to_the_same_hash(house: House) -> None:
    number = house.round("sealed", COMMITTED)
    house.sessions["alpha"].change_guarantee(number, 10**9)
    session = house.sessions["alpha"]
    first_id = session.next_request_id
    answer = session.submit_bids(Bids(number, [4_500], [10]))
    session._session._next_id = first_id  # as after an answer that was lost
    again = session.submit_bids(Bids(number, [4_500], [10]))
    assert (again.repeated.all(), again.commitments) == (True, answer.commitments)


def test_after_a_restart_the_same_receipts_and_commitments(house: House, tmp_path: Path) -> None:
    number, _ = cleared(house, COMMITTED)
    before = house.clients["gamma"].receipt(number)
    again = house.again(tmp_path / "journal")
    try:
        assert again.clients["gamma"].receipt(number) == before
    finally:
        house.clients, house.running = again.clients, again.running


def test_a_crash_before_the_commitment_leaves_the_bid_to_be_sent_again(house: House, tmp_path: Path) -> None:
    number = house.round("sealed", COMMITTED)
    house.sessions["alpha"].change_guarantee(number, 10**9)
    session = house.sessions["alpha"]
    bid = PlainBid(number, house.numbers["alpha"], order_id(session.number, session.next_request_id), 4_500, 10)
    store = SealedStore.open(tmp_path / "journal")
    (salt,) = store.seal([bid])
    store.close()
    _, committed = house.bid("alpha", number, 4_500, 10)
    assert committed is not None
    assert (committed.salt, committed.is_of(bid)) == (salt, True)
    house.ops.close_round(number)
    assert len(house.ops.clear_round(number).awards.bid_ids) == 1


def test_a_start_reveals_what_a_crash_after_the_close_left(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = house.round("sealed", COMMITTED)
    house.sessions["alpha"].change_guarantee(number, 10**9)
    house.bid("alpha", number, 4_500, 10)
    with monkeypatch.context() as crash:
        crash.setattr(SealingDesk, "reveal", _never)
        house.ops.close_round(number)
        assert house.clients["ops"].round(number).unrevealed
    again = house.again(tmp_path / "journal")
    house.clients, house.sessions, house.running = again.clients, again.sessions, again.running
    assert not house.clients["ops"].round(number).unrevealed
    assert house.ops.clear_round(number).sold_lots == 10


async def _never(self: SealingDesk, round_number: int, actor: int) -> None:
    del self, round_number, actor


def test_a_round_whose_bids_are_lost_cannot_clear_and_gives_everything_back(house: House, tmp_path: Path) -> None:
    number = house.round("sealed", COMMITTED)
    house.sessions["alpha"].change_guarantee(number, 10**9)
    house.bid("alpha", number, 4_500, 10)
    house.bid("alpha", number, 4_600, 10)
    store = sqlite3.connect(tmp_path / "journal" / DATABASE)
    with store:
        assert store.execute("DELETE FROM bids WHERE price_ticks = 4500").rowcount == 1
    store.close()
    house.ops.close_round(number)
    view = house.clients["ops"].round(number)
    assert (view.unrevealed, view.bids) == (True, 2)
    with pytest.raises(Refused, match="BIDS_NOT_REVEALED"):
        house.ops.clear_round(number)
    house.ops.cancel_round(number)
    assert house.clients["alpha"].cash().available_minor == 10**12


def test_a_store_that_was_altered_does_not_open_its_commitments(tmp_path: Path) -> None:
    store = SealedStore.open(tmp_path)
    bids = [PlainBid(1, 3, 5 << 40 | place, 4_500 + place, 10) for place in range(3)]
    salts = store.seal(bids)
    assert store.seal(bids[1:]) == salts[1:]
    assert store.seal([PlainBid(1, 3, 5 << 40, 4_501, 10)]) != salts[:1]
    commitments = [commitment_of_bid(bid, salt) for bid, salt in zip(bids, salts, strict=True)]
    other = sqlite3.connect(tmp_path / DATABASE)
    with other:
        other.execute("UPDATE bids SET quantity_lots = 11 WHERE price_ticks = 4501 AND bid_id = ?", (bids[1].bid_id,))
    other.close()
    assert store.opened([*commitments, bytes(32)]) == [(bids[0], salts[0]), None, (bids[2], salts[2]), None]
    assert (tmp_path / DATABASE).stat().st_mode & 0o077 == 0
    store.close()
    (tmp_path / DATABASE).write_bytes(b"something else" * 500)
    with pytest.raises(StoreDamaged, match="restore it"):
        SealedStore.open(tmp_path)
    with pytest.raises(StoreDamaged, match="restore it"):
        SealedStore.open_for_reading(tmp_path)


def test_everybody_gets_the_secret_that_was_made_first(tmp_path: Path) -> None:
    store = SealedStore.open(tmp_path)
    assert store.secret_of(1) is None
    secret = store.make_secret(1)
    assert (store.make_secret(1), store.secret_of(1), len(secret)) == (secret, secret, 32)
    assert store.make_secret(2) != secret
    store.close()
