"""How much more does an operation cost with 100,000 live orders than with 10,000?

    python -m benchmarks.orderbook.live [--json]

Two drawn flows of the same kind (`benchmarks.orderbook.drawn`), the bare book over batches of 4,096 rows, every check
and event on. Counted are the operations after the book has filled. Trades and final book are compared with those of a
book on sorted dictionaries.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.latency import load_ns
from benchmarks.order_flow import hash_of_orders, hash_of_trades, rows_of_flow
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.python_books import SortedBook, operations_of
from benchmarks.orderbook.replaying import replay
from benchmarks.orderbook.report import agree, parser_of, run
from benchmarks.timing import RUNS, time_batches
from engine.capacity import MEDIUM

BATCH = 4_096
FILLED_AFTER = 8


def measure(fewer: int, more: int, counted: int, runs: int = RUNS) -> dict[str, Any]:
    """Nanoseconds an operation at both numbers of live orders, and their ratio."""
    figures: dict[str, Any] = {}
    for name, live in (("fewer", fewer), ("more", more)):
        records = draw_flow(FILLED_AFTER * live + counted, live, seed=1)
        rows = rows_of_flow(records)
        result = replay(rows, MEDIUM, BATCH)
        slow = SortedBook()
        slow.apply(operations_of(records))
        agree("trades", result.trade_hash, hash_of_trades(slow.trades))
        agree("orders", result.book_hash, hash_of_orders(slow.orders()))
        figures[f"{name}_live_orders"] = result.live
        figures[f"{name}_ns_per_operation"] = round(
            time_batches(rows, MEDIUM, BATCH, runs=runs, uncounted=FILLED_AFTER * live), 2
        )
    ratio = figures["more_ns_per_operation"] / figures["fewer_ns_per_operation"]
    return figures | {"ratio": round(ratio, 2), "load_ns": round(load_ns(), 3)}


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.orderbook.live", __doc__.splitlines()[0])
    parser.add_argument("--counted", type=int, default=400_000, help="operations that are timed (default 400,000)")
    options = parser.parse_args()
    return run(lambda: measure(10_000, 100_000, options.counted), options.json)


if __name__ == "__main__":
    sys.exit(main())
