"""What does a book cost whose prices lie anywhere in 2**30 ticks, against one whose prices lie side by side?

    python -m benchmarks.orderbook.span [--json]

One drawn flow three times, the same orders trading: as drawn, on dense ladders (`benchmarks.orderbook.dense`); as
drawn (about 6,000 neighbouring prices), on the book's own tree of levels; with the same prices spread over the whole
range, their order kept. Same checks and events. Also printed: entries of the tree in use, which is what the span costs
in memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from benchmarks.latency import load_ns
from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.dense import in_a_process
from benchmarks.orderbook.drawn import draw_flow, scatter_prices
from benchmarks.orderbook.replaying import replay
from benchmarks.orderbook.report import agree, parser_of, run
from benchmarks.timing import RUNS, time_batches
from engine.capacity import MEDIUM
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook import OrderBook
from engine.orderbook.layout import LEVEL, NODE

BATCH = 4_096


def measure(
    operations: int, live: int, runs: int = RUNS, dense: Callable[[int, int], dict[str, Any]] = in_a_process
) -> dict[str, Any]:
    """Nanoseconds an operation on dense ladders, for neighbouring and for scattered prices, and their ratios."""
    ladder = dense(operations, live)
    drawn = draw_flow(operations, live, seed=2)
    flows = {"neighbouring": drawn, "scattered": scatter_prices(drawn, PRICE_TICKS_MAX, seed=3)}
    figures: dict[str, Any] = {"dense_ns_per_operation": ladder["ns_per_operation"]}
    results = [(ladder["trades"], ladder["live"])]
    for name, records in flows.items():
        rows = rows_of_flow(records)
        result = replay(rows, MEDIUM, BATCH)
        results.append((result.trades, result.live))
        if records is drawn:
            agree("trades of the dense ladder", ladder["trade_hash"], f"{result.trade_hash:016x}")
            agree("orders of the dense ladder", ladder["book_hash"], f"{result.book_hash:016x}")
        book = OrderBook(MEDIUM)
        book.apply(rows)
        used = book.state.book
        figures[f"{name}_prices_from"] = int(records["price"][records["price"] > 0].min())
        figures[f"{name}_prices_to"] = int(records["price"].max())
        figures[f"{name}_levels_and_tree_bytes"] = int(
            used.levels_used * LEVEL.itemsize + used.nodes_used * NODE.itemsize
        )
        figures[f"{name}_ns_per_operation"] = round(time_batches(rows, MEDIUM, BATCH, runs=runs), 2)
    agree("trades and live orders", *results)
    scattered = figures["scattered_ns_per_operation"]
    return figures | {
        "ratio": round(scattered / figures["neighbouring_ns_per_operation"], 2),
        "ratio_to_dense": round(scattered / figures["dense_ns_per_operation"], 2),
        "load_ns": round(load_ns(), 3),
    }


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.orderbook.span", __doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=500_000, help="operations of the flow (default 500,000)")
    parser.add_argument("--live", type=int, default=10_000, help="live orders it comes to (default 10,000)")
    options = parser.parse_args()
    return run(lambda: measure(options.operations, options.live), options.json)


if __name__ == "__main__":
    sys.exit(main())
