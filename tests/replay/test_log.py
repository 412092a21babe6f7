"""Reading order logs: what the columns become, and every way in which a row can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands import OrderCommand, OrderType, Side, TimeInForce
from services.errors import BadInput
from services.replay import log as log_module
from services.replay.log import PHASE_COMMAND, LogPhase, read_log
from services.replay.prices import TickSize
from tests.replay.logs import HEADER, cancel, new, phase, reduce, replace, write_log

CENT = TickSize.parse("0.01")


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_log(path, CENT)
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_columns(tmp_path: Path, name: str) -> None:
    rows = (
        phase("opening_call"),
        new("a-1", "buy", "29.64", 500),
        new("7", "sell", "", 20, tif="ioc"),
        reduce("a-1", 100),
        replace("7", "30.00", 15),
        cancel("a-1"),
        new("9", "buy", "1", 4, tif="fok"),
        new("10", "buy", "", 4, tif=""),
    )
    log = read_log(write_log(tmp_path, *rows, name=name), CENT)
    c = OrderCommand
    assert log.rows == 8
    assert log.seqs.tolist() == list(range(1, 9))
    assert log.lines.tolist() == list(range(2, 10))
    assert log.commands.tolist() == [PHASE_COMMAND, c.NEW, c.NEW, c.REDUCE, c.REPLACE, c.CANCEL, c.NEW, c.NEW]
    assert [log.order_ids[order] for order in log.orders.tolist()][1:] == ["a-1", "7", "a-1", "7", "a-1", "9", "10"]
    assert log.sides.tolist() == [0, Side.BUY, Side.SELL, 0, 0, 0, Side.BUY, Side.BUY]
    assert log.types.tolist() == [0, OrderType.LIMIT, OrderType.MARKET, 0, 0, 0, OrderType.LIMIT, OrderType.MARKET]
    assert log.tifs.tolist()[1:3] == [TimeInForce.GTC, TimeInForce.IOC]
    assert log.tifs.tolist()[6:] == [TimeInForce.FOK, TimeInForce.IOC]
    assert log.prices_ticks.tolist() == [0, 2964, 0, 0, 3000, 0, 100, 0]
    assert log.quantities_lots.tolist() == [0, 500, 20, 100, 15, 0, 4, 4]
    assert log.phases.tolist() == [LogPhase.OPENING_CALL, 0, 0, 0, 0, 0, 0, 0]


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "phase,quantity,price,tif,type,side,participant,order_id,command,time,seq\n,7,9.5,gtc,limit,sell,P,x,new,t,3\n"
    )
    log = read_log(path, CENT)
    assert (log.seqs[0], log.prices_ticks[0], log.quantities_lots[0], log.order_ids) == (3, 950, 7, ("x",))


def test_an_empty_log_is_a_log(tmp_path: Path) -> None:
    assert read_log(write_log(tmp_path), CENT).rows == 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1,t,buy,a,P,,,,,,", "2: command 'buy': new, cancel, reduce, replace, phase is allowed"),
        ("1,t,new,,P,buy,limit,gtc,9,1,", "2: order_id is empty; an id is needed"),
        ("1,t,new,a,P,BUY,limit,gtc,9,1,", "2: side 'BUY': buy, sell is allowed"),
        ("1,t,new,a,P,buy,stop,gtc,9,1,", "2: type 'stop': limit, market is allowed"),
        ("1,t,new,a,P,buy,limit,day,9,1,", "2: tif 'day': gtc, ioc, fok is allowed"),
        ("1,t,new,a,P,buy,limit,,9,1,", "2: tif '': gtc, ioc, fok is allowed"),
        ("1,t,new,a,P,buy,limit,gtc,,1,", "2: price is empty; a limit is needed"),
        ("1,t,new,a,P,buy,limit,gtc,9.001,1,", "2: price '9.001': a multiple of the tick 0.01 is needed"),
        ("1,t,new,a,P,buy,limit,gtc,-9,1,", "2: price '-9': a decimal is needed, as 0.01"),
        ("1,t,new,a,P,buy,limit,gtc,9e1,1,", "2: price '9e1': a decimal is needed, as 0.01"),
        ("1,t,new,a,P,buy,limit,gtc,0,1,", "2: price '0': 0.01 to 10737418.24 is allowed"),
        ("1,t,new,a,P,buy,limit,gtc,10737418.25,1,", "2: price '10737418.25': 0.01 to 10737418.24 is allowed"),
        ("1,t,new,a,P,buy,market,ioc,9,1,", "2: price '9': a market order has none; leave it empty"),
        ("1,t,new,a,P,buy,limit,gtc,9,0,", "2: quantity '0': a whole number from 1 to 4294967295 is needed"),
        ("1,t,new,a,P,buy,limit,gtc,9,1.5,", "2: quantity '1.5': a whole number from 1 to 4294967295 is needed"),
        ("1,t,new,a,P,buy,limit,gtc,9,4294967296,", "2: quantity '4294967296': a whole number"),
        ("1,t,new,a,P,buy,limit,gtc,9,１,", "2: quantity '１': a whole number"),
        ("1,t,reduce,a,P,,,,,,", "2: quantity '': a whole number"),
        ("1,t,replace,a,P,,,,,5,", "2: price is empty; a limit is needed"),
        ("1,t,cancel,,P,,,,,,", "2: order_id is empty; an id is needed"),
        (
            "1,t,phase,,,,,,,,lunch",
            "2: phase 'lunch': closed, continuous, opening_call, closing_call, uncross is allowed",
        ),
        ("1,t,phase,,,,,,,,", "2: phase '': closed, continuous"),
        ("0x1,t,cancel,a,P,,,,,,", "2: seq '0x1': a whole number is needed"),
        ("1,t,cancel", "2: 3 fields; 11 are needed"),
    ],
)
def test_wrong_rows(tmp_path: Path, row: str, says: str) -> None:
    (problem,) = problems(write_log(tmp_path, row))
    assert problem.startswith(says)


def test_columns_that_a_command_does_not_use_are_not_looked_at(tmp_path: Path) -> None:
    log = read_log(write_log(tmp_path, "1,t,cancel,a,P,buy,limit,gtc,cheap,many,continuous"), CENT)
    assert (log.prices_ticks[0], log.quantities_lots[0], log.sides[0], log.phases[0]) == (0, 0, 0, 0)


def test_sequence_numbers_have_to_rise_across_chunks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "CHUNK_ROWS", 2)
    rows = [f"{seq},t,cancel,a,P,,,,,," for seq in (5, 7, 7, 8, 6)]
    assert problems(write_log(tmp_path, *rows)) == [
        "4: seq 7: has to be above 7, that of the row before",
        "6: seq 6: has to be above 8, that of the row before",
    ]


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ("1,t,new,,P,up,limit,gtc,9.001,0,", cancel("b"), "3,t,dance,,,,,,,,", "4,t,cancel,,,,,,,,")
    told = problems(write_log(tmp_path, *rows))
    assert [line.split(":")[0] for line in told] == ["2", "2", "2", "2", "4", "5"]


def test_many_problems_are_capped_and_counted(tmp_path: Path) -> None:
    told = problems(write_log(tmp_path, *(["cancel,,,,,,,,"] * 120)))
    assert len(told) == 51
    assert told[-1].endswith("70 more problems, 120 in all")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "1: columns: missing 'seq', 'time'"),
        (
            HEADER.replace("price", "Price"),
            "1: columns: missing 'price'; unknown 'Price'; the header has to be seq,time",
        ),
        (HEADER + ",seq", "1: columns: twice 'seq'"),
    ],
)
def test_wrong_headers(tmp_path: Path, header: str, says: str) -> None:
    (problem,) = problems(write_log(tmp_path, cancel("a"), header=header))
    assert problem.startswith(says)


def test_files_that_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.csv: no such file"):
        read_log(tmp_path / "none.csv", CENT)
    with pytest.raises(BadInput, match="cannot be read"):
        read_log(tmp_path, CENT)
    (tmp_path / "l.csv.gz").write_text("seq")
    with pytest.raises(BadInput, match="cannot be read: Not a gzipped file"):
        read_log(tmp_path / "l.csv.gz", CENT)
    (tmp_path / "l.csv").write_bytes(b"seq,\xff")
    with pytest.raises(BadInput, match="is not UTF-8"):
        read_log(tmp_path / "l.csv", CENT)
    (tmp_path / "q.csv").write_text(HEADER + '\n1,"t"x,new\n')
    with pytest.raises(BadInput, match=r"q\.csv:2: no CSV: ',' expected"):
        read_log(tmp_path / "q.csv", CENT)


@pytest.mark.parametrize(
    ("tick", "price", "ticks", "shown"),
    [("0.01", "29.6", 2960, "29.60"), ("0.05", "1.15", 23, "1.15"), ("5", "35", 7, "35"), ("0.5", "3", 6, "3.0")],
)
def test_prices_are_multiples_of_the_tick_and_come_back_with_its_places(
    tick: str, price: str, ticks: int, shown: str
) -> None:
    size = TickSize.parse(tick)
    assert size.ticks(price) == ticks
    assert size.text(ticks) == shown


@pytest.mark.parametrize("tick", ["0", "0.00", "-0.01", "1e-2", "", "a"])
def test_a_tick_has_to_be_a_decimal_above_zero(tick: str) -> None:
    with pytest.raises(BadInput, match=r"a decimal above 0 is needed, as 0\.01"):
        TickSize.parse(tick)
