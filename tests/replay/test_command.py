"""`jingjia replay orders`: what it prints and writes, and that nothing is written when something is wrong."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.cli.replay import orders as replay_orders
from services.errors import BadInput
from services.replay.log import COLUMNS
from tests.replay.logs import cancel, new, phase, write_log

DAY = (
    phase("opening_call"),
    new('"b,1"', "buy", "10.10", 50),
    new("s1", "sell", "10.00", 40),
    phase("uncross"),
    new("s2", "sell", "10.10", 30),
    new("s3", "sell", "10.20", 5),
    new("s4", "sell", "10.20", 6),
    cancel("s1"),
)


def replay(log: Path, **options: Any) -> None:
    settings = {"tick": "0.01", "call_rule": "sse", "reference": None, "trades": None, "depth": None, "as_json": True}
    replay_orders(log, **{**settings, **options})


def test_files_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 10.10 ten buyers are left over, below it nobody's better order may stay unfilled: 10.10."""
    replay(write_log(tmp_path, *DAY), trades=tmp_path / "t.csv", depth=tmp_path / "d.csv", call_rule="xetra")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "seq,price,quantity,buy_order_id,sell_order_id,aggressor",
        '4,10.10,40,"b,1",s1,auction',
        '5,10.10,10,"b,1",s2,sell',
    ]
    assert (tmp_path / "d.csv").read_text().splitlines() == [
        "side,price,quantity,orders",
        "sell,10.10,20,1",
        "sell,10.20,11,2",
    ]
    assert json.loads(capsys.readouterr().out) == {
        "rows": 8,
        "trades": 2,
        "volume": 50,
        "turnover": "505.00",
        "last_price": "10.10",
        "live_orders": 3,
        "refused": {"ORDER_UNKNOWN": 1},
        "cancelled_market_orders": 0,
        "call_rule": "xetra",
        "auctions": [{"seq": 4, "price": "10.10", "volume": 40, "surplus": 10, "reference": None}],
    }


def test_lines_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replay(write_log(tmp_path, *DAY), as_json=False, call_rule="xetra")
    lines = capsys.readouterr().out.splitlines()
    assert "turnover      505.00" in lines
    assert "auction       10.10, 40 traded (xetra, row 4, left over 10)" in lines
    assert "refused       1 ORDER_UNKNOWN" in lines


def test_a_day_without_trades_has_no_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write_log(tmp_path, phase("opening_call"), new("b", "buy", "1", 1), phase("uncross"))
    replay(log, trades=tmp_path / "t.csv", depth=tmp_path / "d.csv")
    found = json.loads(capsys.readouterr().out)
    assert (found["last_price"], found["turnover"], found["auctions"][0]["price"]) == (None, "0.00", None)
    assert (tmp_path / "t.csv").read_text() == "seq,price,quantity,buy_order_id,sell_order_id,aggressor\n"
    assert (tmp_path / "d.csv").read_text() == "side,price,quantity,orders\nbuy,1.00,1,1\n"


def test_a_market_order_that_still_waits_has_no_price(tmp_path: Path) -> None:
    log = write_log(tmp_path, phase("opening_call"), new("b", "buy", "1", 1), new("m", "buy", "", 2, tif="ioc"))
    replay(log, depth=tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_text() == "side,price,quantity,orders\nbuy,,2,1\nbuy,1.00,1,1\n"


def test_compressed_both_ways(tmp_path: Path) -> None:
    replay(write_log(tmp_path, *DAY, name="log.csv.gz"), trades=tmp_path / "t.csv.gz")
    with gzip.open(tmp_path / "t.csv.gz", "rt") as file:
        assert len(file.readlines()) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"call_rule": "nyse"},
            r"--call-rule 'nyse': allowed are sse, szse, xetra, xetra_continuous, asx, bnb, euronext",
        ),
        ({"tick": "zero"}, r"--tick 'zero': a decimal above 0 is needed, as 0\.01"),
        ({"reference": "9.999"}, r"--reference: price '9\.999': a multiple of the tick 0\.01 is needed"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        replay(write_log(tmp_path, *DAY), trades=tmp_path / "t.csv", **options)
    assert not (tmp_path / "t.csv").exists()


def test_a_wrong_log_leaves_the_old_files_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("yesterday's")
    for rows, says in (((*DAY, "dance,,,,,,,,"), "10: command 'dance'"), ((phase("uncross"),), "2: phase 'uncross'")):
        with pytest.raises(BadInput, match=says):
            replay(write_log(tmp_path, *rows), trades=tmp_path / "t.csv", depth=tmp_path / "d.csv")
    assert (tmp_path / "t.csv").read_text() == "yesterday's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "t.csv"]


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere/d\.csv: cannot be written: No such file or directory"):
        replay(write_log(tmp_path, *DAY), trades=tmp_path / "t.csv", depth=tmp_path / "nowhere" / "d.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv"]


def test_the_command_line_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from services.cli.main import call

    assert call(["replay", "orders", str(write_log(tmp_path, *DAY)), "--tick", "0.01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trades"] == 2
    assert call(["replay", "orders", str(tmp_path / "none.csv"), "--tick", "0.01"]) == 2
    assert "none.csv: no such file" in capsys.readouterr().err


FLOW = np.dtype([("kind", "u1"), ("side", "u1"), ("pad", "<u2"), ("order", "<u4"), ("price", "<i4"), ("lots", "<i4")])
M64 = (1 << 64) - 1
TAKER, MAKER, STEP = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 6364136223846793005


def trade_hash(path: Path) -> str:
    """The published hash of a flow's trades, from the trades file."""
    value = 0
    with path.open() as file:
        for trade in csv.DictReader(file):
            price, quantity = int(trade["price"]), int(trade["quantity"])
            ids = int(trade["buy_order_id"]), int(trade["sell_order_id"])
            taker, maker = ids if trade["aggressor"] == "buy" else ids[::-1]
            term = (taker * TAKER ^ maker * MAKER ^ (price << 32) ^ quantity) & M64
            value = (value * STEP + term) & M64
    return f"{value:016x}"


def flow_as_log(flow: np.ndarray, path: Path) -> None:
    """A generated flow as an order log."""
    sides = ("buy", "sell")
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for seq, (kind, side, _, order, price, quantity) in enumerate(flow.tolist(), 1):
            new_terms = {0: f"limit,gtc,{price}", 4: "market,ioc,", 5: f"limit,ioc,{price}"}
            row = {
                1: f"cancel,{order},,,,,,,",
                2: f"reduce,{order},,,,,,{quantity},",
                3: f"replace,{order},,,,,{price},{quantity},",
            }.get(kind) or f"new,{order},,{sides[side]},{new_terms[kind]},{quantity},"
            file.write(f"{seq},,{row}\n")


def test_a_generated_flow_gives_its_published_hash(tmp_path: Path, reference_data: Path) -> None:
    source = reference_data.parent / "tools" / "order_flow.py"
    if not source.is_file():
        pytest.skip(f"flow generator not found at {source}")
    flow = tmp_path / "flow"
    subprocess.run([sys.executable, str(source), "30000", "800", "5", str(flow)], check=True, capture_output=True)
    expected = json.loads(flow.with_suffix(".json").read_text())
    flow_as_log(np.fromfile(flow, FLOW), tmp_path / "log.csv")
    replay(tmp_path / "log.csv", tick="1", trades=tmp_path / "t.csv", depth=tmp_path / "d.csv")
    assert trade_hash(tmp_path / "t.csv") == expected["trade_hash"]
    with (tmp_path / "d.csv").open() as file:
        levels = list(csv.DictReader(file))
    assert sum(int(level["quantity"]) for level in levels) == expected["rem_qty"]
    assert sum(int(level["orders"]) for level in levels) == expected["live"]
    assert [sum(level["side"] == side for level in levels) for side in ("buy", "sell")] == expected["levels"]
