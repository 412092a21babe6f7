"""What do the other order types cost the plain limit order?

    python -m benchmarks.orderbook.types [--json]

A drawn flow of plain orders in batches, timed twice batch by batch: alone; and with a batch of other orders (stops and
stop-limits that wait, icebergs, post-only, good-till-date and day orders, fill-or-kill, minimum quantities, self-trade
rules) after every plain batch, which is not counted. The others stand beyond the prices of the plain ones and are never
reached, so the plain orders trade the same way in both; what they then pay for is that the others are there.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.latency import load_ns
from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.drawn import FARTHEST, MIDDLE, draw_flow
from benchmarks.orderbook.report import agree, parser_of, run
from benchmarks.timing import RUNS, time_cuts
from engine.capacity import MEDIUM
from engine.commands import OrderCommand, OrderType, SelfTrade, Side, Table, TimeInForce, rows_of
from engine.events import EventKind
from engine.orderbook import OrderBook

BATCH = 1_024
OTHERS = 128
FIRST_OTHER_ID = 2**32


def draw_others(count: int, first_id: int, seed: int) -> np.ndarray:
    """Rows of other types beyond the prices of the drawn flow."""
    draw = np.random.default_rng(seed)
    rows = rows_of(Table.ORDERS, count)
    kinds = [OrderType.STOP, OrderType.STOP_LIMIT, OrderType.LIMIT, OrderType.POST_ONLY]
    rows["command"], rows["actor"] = OrderCommand.NEW, draw.integers(2, 60, count)
    rows["order_id"] = first_id + np.arange(count)
    rows["side"] = draw.integers(1, 3, count)
    rows["order_type"] = draw.choice(kinds, count)
    rows["time_in_force"] = draw.choice([TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY], count)
    rows["quantity_lots"] = draw.integers(100, 1_000, count)
    rows["self_trade"] = draw.integers(SelfTrade.VENUE_RULE, SelfTrade.DECREMENT + 1, count)
    buys = rows["side"] == Side.BUY
    away = FARTHEST + draw.integers(10, 1_000, count)
    stops = np.isin(rows["order_type"], (OrderType.STOP, OrderType.STOP_LIMIT))
    rows["price_ticks"] = MIDDLE + np.where(buys, -away, away)
    rows["stop_price_ticks"] = np.where(stops, MIDDLE + np.where(buys, away, -away), 0)
    rows["price_ticks"][rows["order_type"] == OrderType.STOP] = 0
    limits = rows["order_type"] == OrderType.LIMIT
    rows["display_lots"] = np.where(limits & (draw.random(count) < 0.5), 20, 0)
    at_once = limits & (rows["display_lots"] == 0)
    rows["time_in_force"][at_once] = draw.choice([TimeInForce.FOK, TimeInForce.GTC], int(at_once.sum()))
    rows["minimum_lots"] = np.where(at_once & (rows["time_in_force"] == TimeInForce.GTC), 10, 0)
    rows["expire_ns"] = np.where(rows["time_in_force"] == TimeInForce.GTD, 10**15 + draw.integers(0, 10**9, count), 0)
    return rows


def trades_of(cuts: list[np.ndarray]) -> bytes:
    """Who traded with whom, at what, how much."""
    book = OrderBook(MEDIUM)
    events = np.concatenate([book.apply(cut) for cut in cuts])
    trades = events[events["kind"] == EventKind.TRADE]
    return b"".join(trades[name].tobytes() for name in ("order_id", "counter_order_id", "price_ticks", "quantity_lots"))


def measure(operations: int, live: int, runs: int = RUNS) -> dict[str, Any]:
    """Nanoseconds a plain operation, alone and among others, and their ratio."""
    rows = rows_of_flow(draw_flow(operations, live, seed=6))
    plain = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    mixed: list[np.ndarray] = []
    for number, cut in enumerate(plain):
        mixed += [cut, draw_others(OTHERS, FIRST_OTHER_ID + number * OTHERS, number)]
    agree("trades", trades_of(plain), trades_of(mixed))
    alone = time_cuts(plain, MEDIUM, runs=runs).sum() / len(rows)
    among = time_cuts(mixed, MEDIUM, runs=runs)[::2].sum() / len(rows)
    return {
        "operations": operations,
        "other_orders": OTHERS * len(plain),
        "alone_ns_per_operation": round(float(alone), 2),
        "among_others_ns_per_operation": round(float(among), 2),
        "ratio": round(float(among / alone), 3),
        "load_ns": round(load_ns(), 3),
    }


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.orderbook.types", __doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=300_000, help="plain rows of the flow (default 300,000)")
    options = parser.parse_args()
    return run(lambda: measure(options.operations, 10_000), options.json)


if __name__ == "__main__":
    sys.exit(main())
