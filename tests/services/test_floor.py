"""The floor as clients and the command line meet it: stops, changes, the day's prices, large holders."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.outcomes import Outcome
from services.cli.main import call
from services.client import CallFailed, Client, ParticipantClass, Phase, Refused, Session, Side
from services.wire.jingjia.floor.v1 import floor_pb2
from services.wire.jingjia.market.v1 import market_pb2
from tests.services.running import OPERATOR, Market
from tests.services.test_modes import entry

VALUES = {
    "trading.reference_price": '"10.00"',
    "trading.band": '"0.10"',
    "trading.open_formula": '"first_trade"',
    "trading.close_formula": '"day_average"',
    "trading.close_otherwise": '"previous_close"',
    "trading.orders_per_second": "1_000",
    "governance.trading_four_eyes": "true",
}
HOLDERS = entry("trading.large_holder_report", "1_000_001").replace(
    "from = 2021-01-01\n", 'from = 2021-01-01\nclasses = ["all"]\n'
)


@dataclass
class Floor:
    market: Market
    instrument: int
    ops: Session
    second: Session
    alpha: Session
    beta: Session
    reader: Client


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    market = Market(Path(tmp_path_factory.mktemp("floor")) / "journal")
    with market.client() as operator:
        ops = operator.open_session("floor")
        ops.register_participant("second", ParticipantClass.OPERATOR)
        with market.client("second") as second, market.client("alpha") as alpha, market.client("beta") as beta:
            files = dict(operator.rule_book("nz_spot").files)
            files["book.toml"] = files["book.toml"].replace('name = "nz_spot"', 'name = "floor"')
            files["assumptions.toml"] += "".join(entry(key, value) for key, value in VALUES.items()) + HOLDERS
            book = ops.adopt_own_rule_book("floor", files)
            instrument = ops.define_instrument("FLOOR", book, tick_minor=1, lot_units=1)
            for member in (market.alpha, market.beta):
                ops.deposit_units(member, instrument, 10**6)
            ops.set_phase(instrument, Phase.CONTINUOUS)
            sessions = [client.open_session("main") for client in (second, alpha, beta)]
            yield Floor(market, instrument, ops, *sessions, operator)
    market.running.stop()


def refusal(refused: pytest.ExceptionInfo[Refused]) -> Outcome:
    return refused.value.refusals[0].outcome


def test_a_stop_and_its_end(floor: Floor) -> None:
    floor.alpha.submit_order(floor.instrument, Side.BUY, 1_000, 5)
    floor.ops.stop_trading("runaway algorithm", participant=floor.market.alpha)
    assert floor.reader.book(floor.instrument).bids.price_ticks == []
    with pytest.raises(Refused) as refused:
        floor.alpha.submit_order(floor.instrument, Side.BUY, 1_000, 5)
    assert refusal(refused) is Outcome.TRADING_STOPPED
    (stop,) = floor.reader.stops()
    assert (stop.target.participant, stop.reason) == (floor.market.alpha, "runaway algorithm")
    floor.ops.propose_resumption("mended", participant=floor.market.alpha)
    with pytest.raises(Refused) as refused:
        floor.ops.approve_resumption("mended", participant=floor.market.alpha)
    assert refusal(refused) is Outcome.SAME_PERSON
    floor.second.approve_resumption("mended", participant=floor.market.alpha)
    assert floor.reader.stops() == []


def test_a_member_stops_itself_and_sees_no_other(floor: Floor) -> None:
    floor.beta.stop_trading("our own alarm", participant=floor.market.beta)
    with floor.market.client("alpha") as alpha, floor.market.client("beta") as beta:
        assert [stop.reason for stop in beta.stops()] == ["our own alarm"]
        assert alpha.stops() == []
    floor.ops.propose_resumption("over", participant=floor.market.beta)
    floor.second.approve_resumption("over", participant=floor.market.beta)


def test_stops_of_instruments_are_public_and_those_of_participants_are_not(floor: Floor) -> None:
    before = floor.reader.state().last_sequence + 1
    floor.ops.stop_trading("alarm", participant=floor.market.alpha)
    floor.ops.stop_trading("alarm", instrument=floor.instrument)
    for target in ({"participant": floor.market.alpha}, {"instrument": floor.instrument}):
        floor.ops.propose_resumption("over", **target)
        floor.second.approve_resumption("over", **target)
    seen = []
    for update in floor.reader.follow_market(before):
        seen += list(update.events.kinds)
        if market_pb2.MARKET_EVENT_KIND_RESUMED in seen:
            break
    assert seen == [market_pb2.MARKET_EVENT_KIND_STOPPED, market_pb2.MARKET_EVENT_KIND_RESUMED]


def test_a_band_is_changed_by_two_persons(floor: Floor) -> None:
    number = floor.ops.propose_change(floor.instrument, "calm", parameter="trading.band", value="0.05")
    with pytest.raises(Refused) as refused:
        floor.ops.approve_change(number)
    assert refusal(refused) is Outcome.SAME_PERSON
    assert refused.value.refusals[0].parameter == "governance.trading_four_eyes"
    floor.second.approve_change(number)
    assert floor.reader.trading_day(floor.instrument).band_high_ticks == 1_050
    with pytest.raises(Refused) as refused:
        floor.alpha.submit_order(floor.instrument, Side.BUY, 1_051, 5)
    assert refusal(refused) is Outcome.PRICE_OUTSIDE_BAND
    clause = refused.value.refusals[0].clause
    assert clause.startswith(f"trading.band = 0.05 (change {number} of this instrument's rules, before its book)")
    assert re.search(r"; proposed by participant 1 at 20\S+Z, approved by participant \d+: calm$", clause)
    shown = floor.reader.changes()[number - 1]
    assert (shown.value.value, shown.state) == ("0.05", floor_pb2.CHANGE_STATE_IN_FORCE)


def test_what_cannot_be_read_as_a_change_is_told_with_its_fields(floor: Floor) -> None:
    with pytest.raises(CallFailed) as failed:
        floor.ops.propose_change(floor.instrument, "", parameter="trading.bnad", value="0.05", effective_ns=-1)
    assert [field for field, _ in failed.value.violations] == ["reason", "effect.time_ns", "value.parameter"]


def test_a_book_that_is_proposed_is_adopted_at_once_where_nobody_asks_for_two(floor: Floor) -> None:
    before = len(floor.reader.rule_books().adopted)
    floor.ops.propose_rule_book("hubei_spot")
    assert [book.name for book in floor.reader.rule_books().adopted][before:] == ["hubei_spot"]


def test_the_close_is_told_and_is_what_the_next_day_begins_from(floor: Floor) -> None:
    floor.alpha.submit_order(floor.instrument, Side.SELL, 1_010, 30)
    floor.beta.submit_order(floor.instrument, Side.BUY, 1_010, 30)
    floor.alpha.submit_order(floor.instrument, Side.SELL, 1_020, 10)
    floor.beta.submit_order(floor.instrument, Side.BUY, 1_020, 10)
    day = floor.reader.trading_day(floor.instrument)
    assert (day.open_ticks, day.close_ticks, day.volume_lots, day.trades) == (1_010, 1_013, 40, 2)
    floor.ops.set_phase(floor.instrument, Phase.CLOSED)
    floor.ops.set_phase(floor.instrument, Phase.CONTINUOUS)
    day = floor.reader.trading_day(floor.instrument)
    assert (day.reference_price_ticks, day.last_close_ticks, day.trades) == (1_013, 1_013, 0)


def test_the_command_line_runs_the_floor(floor: Floor, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = ["--address", floor.market.running.address]
    second = [*address, "--as", "second"]
    first = [*address, "--as", OPERATOR]
    target = ["--instrument", "FLOOR", "--reason", "drill"]
    assert call(["floor", "stop", *second, *target]) == 0
    assert call(["floor", "stop", *second, *target]) == 1
    assert "ALREADY_STOPPED" in capsys.readouterr().err
    assert call(["floor", "stops", *first]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == {"instrument": floor.instrument}
    assert call(["floor", "lift", *second, *target]) == 0
    assert call(["floor", "lift", *second, *target, "--approve"]) == 1
    assert call(["floor", "lift", *first, *target, "--approve"]) == 0
    assert call(["floor", "change", *first, "FLOOR", "trading.band", "0.08", "--reason", "drill"]) == 0
    number = capsys.readouterr().out.split()[-1]
    assert call(["floor", "answer", *second, number]) == 0
    assert call(["floor", "day", *first, "FLOOR"]) == 0
    assert call(["floor", "changes", *first]) == 0
    capsys.readouterr()
    assert call(["floor", "stop", *first, "--reason", "drill"]) == 2
    assert "name one target" in capsys.readouterr().err
    assert call(["floor", "day", *first, "NOWHERE"]) == 2
    assert "no instrument 'NOWHERE'" in capsys.readouterr().err
    files = tmp_path / "h.csv", tmp_path / "h.html"
    assert call(["floor", "holders", *first, "FLOOR", "--csv", str(files[0]), "--html", str(files[1])]) == 0
    (row,) = csv.DictReader(files[0].read_text().splitlines())
    assert (row["participant"], row["held"], row["counted"]) == ("beta", "1000040", "1000040")
    page = files[1].read_text()
    assert "大户报告" in page
    assert "beta" in page
