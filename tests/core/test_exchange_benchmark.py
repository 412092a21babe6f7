"""The benchmark of the exchange, run tiny: it prints what it promises, and a difference ends it without a figure."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.exchange import __main__ as exchange
from benchmarks.exchange import durable
from benchmarks.exchange.market import draw, open_market
from benchmarks.exchange.timing import Passed
from benchmarks.orderbook.report import ResultsDiffer
from engine.capacity import SMALL
from engine.commands import OrderCommand

TINY = exchange.Scale(
    SMALL, participants=50, instruments=4, live=200, rows=2_000, passes=1, durable_rows=1_500, durable_runs=1
)

pytestmark = pytest.mark.compiled


@pytest.fixture
def no_other_disk(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(exchange, "MEMORY", tmp_path)
    monkeypatch.setattr(durable, "_SYNCS", 2)


def test_it_prints_what_it_promises(no_other_disk, monkeypatch, capsys) -> None:
    monkeypatch.setattr(exchange, "Scale", lambda **_: TINY)
    monkeypatch.setattr(sys, "argv", ["exchange", "--json"])
    assert exchange.main() == 0
    figures = json.loads(capsys.readouterr().out)
    promised = {"bare_book_ns", "ratio_to_bare_book_at_4096", "journal_ratio", "sync_ms", "one_row_us", "load_ns"}
    assert promised | {"ratio_256_to_4096", "chain_ns", "trade_hash", "durable_rows_a_second"} <= set(figures)
    assert set(figures["ns_per_order"]) == {"1", "16", "256", "4096"}
    assert all(figures[name] > 0 for name in promised)
    assert figures["live_orders"] > 50


def test_it_prints_a_table_for_people(no_other_disk, capsys) -> None:
    exchange.show_table(exchange.measure(TINY), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["1", "16", "256", "4,096"]
    assert any("journal_ratio" in line for line in lines)


@pytest.mark.parametrize(("what", "field"), [("trades", "trades"), ("orders", "book")])
def test_another_result_of_the_bare_book_prints_no_figure(what: str, field: str, monkeypatch) -> None:
    time_bare = exchange.time_bare

    def twisted(*arguments) -> tuple[Passed, float]:
        passed, applied_ns = time_bare(*arguments)
        return replace(passed, **{field: getattr(passed, field) ^ 1}), applied_ns

    monkeypatch.setattr(exchange, "time_bare", twisted)
    with pytest.raises(ResultsDiffer, match=f"{what} of exchange and bare book differ"):
        exchange.measure(TINY)


def test_events_that_depend_on_the_size_of_batches_are_noticed(monkeypatch) -> None:
    time_exchange = exchange.time_exchange

    def twisted(core, filled, rows, size, passes) -> Passed:
        passed = time_exchange(core, filled, rows, size, passes)
        if size == 16:
            passed.events["remaining_lots"][-1] += 1
        return passed

    monkeypatch.setattr(exchange, "time_exchange", twisted)
    with pytest.raises(ResultsDiffer, match="events in batches of 16 differ"):
        exchange.measure(TINY)


def test_what_does_not_add_up_is_noticed(monkeypatch) -> None:
    monkeypatch.setattr(exchange.Core, "conservation", lambda core: ["cash in accounts is 1, deposited were 0"])
    with pytest.raises(ResultsDiffer, match="adds up"):
        exchange.measure(TINY)


def test_journals_that_come_to_other_events_are_noticed(tmp_path, monkeypatch) -> None:
    chains = iter("ab")
    monkeypatch.setattr(exchange, "rows_a_second", lambda *arguments: (1.0, next(chains)))
    with pytest.raises(ResultsDiffer, match="journals"):
        exchange.measure_durable(TINY, tmp_path)


def test_nothing_of_the_flow_lacks_funds_or_leaves_the_band() -> None:
    flow = draw(1_000, 100, participants=20, instruments=3)
    core = open_market(SMALL, 20, 3)
    exchange.fill(core, flow.rows[: flow.filling])
    is_new = flow.rows["command"] == OrderCommand.NEW
    assert set(np.unique(flow.rows["instrument"][is_new])) == {1, 2, 3}
    assert not flow.rows["order_id"][is_new].any()
    assert core.conservation() == []
    assert int(core._state[0]["book"]["orders_used"]) > 30
