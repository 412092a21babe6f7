"""Whole order flows through the book: hashes that independent engines agree on, and the ways in which a public referee
of FIFO matching engines makes books fail, against the slow twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.order_flow import hash_of_orders, hash_of_trades, read_flow, rows_of_flow
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.python_books import DictBook, operations_of
from benchmarks.orderbook.replaying import replay
from engine.capacity import MEDIUM
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.events import EventKind
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.layout import MarketData
from tests.conftest import Seen
from tests.orderbook.twins import Twins

# -- flows of the public generator -------------------------------------------------------------------------------------

Generate = Callable[[int, int, int], tuple[Path, dict[str, Any]]]


def has_the_published_hashes(path: Path, expected: dict[str, Any], batch: int = 4_096) -> None:
    result = replay(rows_of_flow(read_flow(path)), MEDIUM, batch)
    assert result.trades == expected["trades"]
    assert result.live == expected["live"]
    assert f"{result.trade_hash:016x}" == expected["trade_hash"]
    assert f"{result.book_hash:016x}" == expected["book_hash"]


SEEDS = {7: 10_000, 11: 100_000, 1: 50, 2: 500, 3: 3_000, 5: 20_000, 23: 42_000}
"""Seed to live orders: the two flows whose hashes are published, and five more."""


@pytest.mark.compiled
@pytest.mark.parametrize("seed", SEEDS)
def test_the_beginning_of_a_flow_gives_its_hashes(generate: Generate, seed: int) -> None:
    path, expected = generate(30_000, SEEDS[seed], seed)
    has_the_published_hashes(path, expected, batch=1_000 + seed)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("seed", SEEDS)
def test_a_whole_flow_gives_its_hashes(generate: Generate, seen: Seen, seed: int) -> None:
    operations = 5_000_000 if seed == 11 else 1_000_000
    path, expected = generate(operations, SEEDS[seed], seed)
    published = {7: ("10a641e739b3b402", "b5e1027e706a71be"), 11: ("92a7526852b9125f", "fcc3e8576818d337")}
    if seed in published:
        assert (expected["trade_hash"], expected["book_hash"]) == published[seed]
    has_the_published_hashes(path, expected)
    seen("operations of published flows: the published trade and book hashes", operations)


# -- scenarios like the referee's --------------------------------------------------------------------------------------


def rows_like_the_referees(
    seed: int, count: int, resting: int, swing: float, middle: int = 1_000_000, highest: int = PRICE_TICKS_MAX
) -> np.ndarray:
    """Orders around a price that swings; ids shuffled; nearly all cancelled, many modified, some of them too late.

    `resting`: about how many orders stand at a time. `swing`: how far the price goes from `middle`, as a part of it.
    """
    draw = np.random.default_rng(seed)
    news = count // 2
    at = np.arange(news, dtype=np.float64)
    path = middle * (1 + swing * np.sin(at / news * 9) * draw.uniform(0.8, 1.0))
    new = rows_of(Table.ORDERS, news)
    new["command"], new["actor"], new["order_type"] = OrderCommand.NEW, 1, OrderType.LIMIT
    new["order_id"] = draw.permutation(news) + 1
    new["side"] = draw.integers(1, 3, news)
    new["time_in_force"] = np.where(draw.random(news) < 0.15, TimeInForce.IOC, TimeInForce.GTC)
    away = draw.geometric(0.02, news) * np.where(draw.random(news) < 0.15, -1, 1)
    new["price_ticks"] = np.clip(path + np.where(new["side"] == Side.BUY, -away, away), 1, highest)
    new["quantity_lots"] = draw.integers(1, 200, news)
    ends = at + draw.exponential(resting, news)
    modified = draw.random(news) < 0.2
    change = new[modified].copy()
    change["command"] = OrderCommand.REPLACE
    change["price_ticks"] = np.clip(change["price_ticks"] + draw.integers(-80, 81, len(change)), 1, highest)
    change["quantity_lots"] = draw.integers(1, 200, len(change))
    when = at[modified] + (ends - at)[modified] * draw.uniform(0.1, 1.3, len(change))
    gone = draw.random(news) < 0.95
    cancel = new[gone].copy()
    cancel["command"] = OrderCommand.CANCEL
    again = new[draw.random(news) < 0.02].copy()
    parts = [new, change, cancel, again]
    times = [at, when, ends[gone], draw.uniform(0, news, len(again))]
    due = np.concatenate(times)
    order = np.argsort(due, kind="stable")
    return np.concatenate(parts)[order[due[order] < news]]


SCENARIOS = {
    "normal": {"resting": 60, "swing": 0.01},
    "static": {"resting": 42_000, "swing": 0.0},
    "swing of 60 %": {"resting": 400, "swing": 0.6},
    "flash crash": {"resting": 100, "swing": 0.25, "middle": 20_000},
    "near the ceiling": {"resting": 200, "swing": 0.000_001, "middle": PRICE_TICKS_MAX},
    "near the floor": {"resting": 200, "swing": 0.5, "middle": 40},
}


def play_like_the_referee(name: str, count: int, seed: int) -> Twins:
    """A scenario through both books, every event compared, the invariants checked now and then."""
    twins = Twins(MarketData.DEPTH, MEDIUM)
    rows = rows_like_the_referees(seed, count, **SCENARIOS[name])  # type: ignore[arg-type]
    for start in range(0, len(rows), 1_000):
        twins.apply(rows[start : start + 1_000], 0)
    twins.check()
    return twins


@pytest.mark.compiled
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_like_the_referees_is_the_twins(name: str) -> None:
    play_like_the_referee(name, count=3_000, seed=1)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_like_the_referees_is_the_twins_at_length(name: str, seen: Seen, seed: int) -> None:
    twins = play_like_the_referee(name, count=40_000, seed=seed)
    if name == "static":
        assert len(twins.fast.orders()) > 5_000
    seen("messages of scenarios like the referee's, like the slow twin", 40_000)


@pytest.mark.long
@pytest.mark.compiled
def test_42_000_resting_orders_are_the_python_books() -> None:
    records = draw_flow(1_000_000, 42_000, seed=8)
    result, slow = replay(rows_of_flow(records), MEDIUM, 4_096), DictBook()
    slow.apply(operations_of(records))
    assert result.live > 30_000
    assert result.trade_hash == hash_of_trades(slow.trades)
    assert result.book_hash == hash_of_orders(slow.orders())


@pytest.mark.compiled
@pytest.mark.parametrize("levels", [1, 50, 1_000])
def test_one_order_sweeps_5_000_others(levels: int) -> None:
    """In the order of their prices, then of their arrival; what is left of the last one is at the top of the book."""
    rows = rows_of(Table.ORDERS, 5_001)
    rows["command"], rows["actor"], rows["order_type"] = OrderCommand.NEW, 1, OrderType.LIMIT
    rows["time_in_force"] = TimeInForce.GTC
    rows["order_id"] = np.arange(1, 5_002)
    rows["side"], rows["quantity_lots"] = Side.SELL, 3
    rows["price_ticks"] = 1_000_000 + np.random.default_rng(2).permutation(5_001) % levels
    rows["side"][-1], rows["price_ticks"][-1], rows["quantity_lots"][-1] = Side.BUY, PRICE_TICKS_MAX, 3 * 5_000 - 1
    twins = Twins(MarketData.DEPTH_AND_TOP, MEDIUM)
    events = twins.apply(rows, 0)
    trades = events[events["kind"] == EventKind.TRADE]
    assert len(trades) == 5_000
    order = np.lexsort((rows["order_id"][:-1], rows["price_ticks"][:-1]))
    assert trades["counter_order_id"].tolist() == rows["order_id"][:-1][order].tolist()
    twins.check()
    assert twins.fast.depth().asks[0].quantity_lots == 1
    assert twins.fast.depth().bids == ()
