"""What does an order cost from Python, by the number of rows in a call?

    python -m benchmarks.orderbook.batches [--json]

`OrderBook.apply` over a drawn flow in calls of 1, 16, 256 and 4,096 rows: checks, trade and depth events, and the copy
of the events that the caller keeps. The rows are there already. Every size must give the same trades.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from benchmarks.latency import load_ns
from benchmarks.order_flow import rows_of_flow, trade_hash
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.report import agree, parser_of, run
from engine.capacity import MEDIUM
from engine.orderbook import OrderBook
from engine.orderbook.layout import MarketData

SIZES = (1, 16, 256, 4_096)
RUNS = 3


def time_calls(rows: np.ndarray, size: int) -> tuple[float, int]:
    """Nanoseconds a row, and the hash of the trades."""
    cuts = [rows[start : start + size] for start in range(0, len(rows), size)]
    best, digest = float("inf"), 0
    for _ in range(RUNS):
        book = OrderBook(MEDIUM, MarketData.DEPTH)
        book.apply(rows[:0])
        started = time.perf_counter_ns()
        events = [book.apply(cut) for cut in cuts]
        best = min(best, time.perf_counter_ns() - started)
        digest = trade_hash(np.concatenate(events))
    return best / len(rows), digest


def measure(operations: int, live: int) -> dict[str, Any]:
    """Nanoseconds an order for every size of call."""
    rows = rows_of_flow(draw_flow(operations, live, seed=4))
    timed = {size: time_calls(rows, size) for size in SIZES}
    agree("trades", *(digest for _, digest in timed.values()))
    figures = {f"ns_per_order_in_calls_of_{size}": round(spent, 1) for size, (spent, _) in timed.items()}
    return {"operations": operations, **figures, "load_ns": round(load_ns(), 3)}


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.orderbook.batches", __doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=200_000, help="rows of the flow (default 200,000)")
    options = parser.parse_args()
    return run(lambda: measure(options.operations, 5_000), options.json)


if __name__ == "__main__":
    sys.exit(main())
