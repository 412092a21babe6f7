"""How long from starting Python to the first order's events: after a fresh installation, and afterwards?

    python -m benchmarks.orderbook.start [--json]

A process of its own, twice, over one empty folder for compiled kernels: the first compiles the bare book, the second
loads it. Everything counts, from the start of the interpreter on.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.orderbook.report import agree, parser_of, run

FIRST_ORDER = """
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.orderbook import OrderBook
rows = rows_of(Table.ORDERS, 1)
rows["command"], rows["order_id"], rows["actor"] = OrderCommand.NEW, 1, 1
rows["side"], rows["order_type"], rows["time_in_force"] = Side.BUY, OrderType.LIMIT, TimeInForce.GTC
rows["price_ticks"], rows["quantity_lots"] = 100, 5
print(OrderBook().apply(rows)["kind"].tolist())
"""
ROOT = Path(__file__).resolve().parents[2]


def first_order(folder: str) -> tuple[float, float, str]:
    """Seconds, seconds of processor time, and what the process printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", FIRST_ORDER],
        env={**os.environ, "JINGJIA_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    spent = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.strip()


def measure() -> dict[str, Any]:
    """Seconds to the first order, cold and warm."""
    with tempfile.TemporaryDirectory() as folder:
        cold, cold_processor, first = first_order(folder)
        starts = [first_order(folder) for _ in range(3)]
    agree("events of the first order", "[20]", first, *(printed for *_, printed in starts))
    return {
        "cold_seconds": round(cold, 2),
        "cold_processor_seconds": round(cold_processor, 2),
        "warm_seconds": round(min(spent for spent, *_ in starts), 2),
        "warm_processor_seconds": round(min(used for _, used, _ in starts), 2),
    }


def main() -> int:
    """Measure and print."""
    options = parser_of("benchmarks.orderbook.start", __doc__.splitlines()[0]).parse_args()
    return run(measure, options.json)


if __name__ == "__main__":
    sys.exit(main())
