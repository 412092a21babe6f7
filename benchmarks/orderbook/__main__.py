"""What does an operation cost, against a load from the cache and against books in Python?

    python -m benchmarks.orderbook --flow FILE [--json]

FILE holds records of `benchmarks.order_flow`; if FILE.json lies beside it, its hashes must come out. Timed: the bare
book over batches of 1,024 rows, every input check and every event on, trades and depth included. Not timed: reading the
file, looking at events. In the same run: a book on sorted dictionaries without checks over the same flow, the slow twin
over its beginning, and one dependent load of this machine.

Trades and the final book of all three books are compared, those of the twin event by event; a difference ends the
benchmark with exit code 1 and no figure.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.latency import load_ns
from benchmarks.order_flow import hash_of_orders, hash_of_trades, read_flow, rows_of_flow
from benchmarks.orderbook.python_books import PythonBook, SortedBook, operations_of
from benchmarks.orderbook.replaying import Replayed, replay
from benchmarks.orderbook.report import ResultsDiffer, agree, parser_of, run
from benchmarks.timing import time_batches
from engine.capacity import CLASSES, Capacity
from engine.orderbook import OrderBook
from engine.orderbook.layout import MarketData
from engine.orderbook.reference import ReferenceBook

BATCH = 1_024
PYTHON_RUNS = 3
TWIN_ROWS = 20_000


def replay_in_smallest(rows: np.ndarray) -> tuple[Capacity, Replayed]:
    """The smallest class from medium on that takes the flow, and what the flow comes to."""
    for capacity in (CLASSES["medium"], CLASSES["large"]):
        result = replay(rows, capacity, BATCH)
        if not result.full:
            return capacity, result
    raise ResultsDiffer("more live orders than the largest class holds")


def time_python_book(make: type[PythonBook], records: np.ndarray, runs: int = PYTHON_RUNS) -> tuple[float, PythonBook]:
    """Nanoseconds an operation of a book in Python, of each batch the fastest of some runs; and the book at the end."""
    operations = operations_of(records)
    cuts = [operations[start : start + BATCH] for start in range(0, len(operations), BATCH)]
    best = [float("inf")] * len(cuts)
    for _ in range(runs):
        book = make()
        for position, cut in enumerate(cuts):
            started = time.perf_counter_ns()
            book.apply(cut)
            best[position] = min(best[position], time.perf_counter_ns() - started)
    return sum(best) / len(operations), book


def time_twin(rows: np.ndarray) -> float:
    """Nanoseconds a row of the slow twin, whose events must be those of the compiled book."""
    started = time.perf_counter_ns()
    slow = ReferenceBook(1, MarketData.DEPTH).apply(rows)
    spent = time.perf_counter_ns() - started
    agree("events of the twin", OrderBook(CLASSES["medium"], MarketData.DEPTH).apply(rows).tolist() == slow, True)
    return spent / len(rows)


def measure(path: Path) -> dict[str, Any]:
    """All figures of a flow, its results compared first."""
    records = read_flow(path)
    rows = rows_of_flow(records)
    capacity, result = replay_in_smallest(rows)
    trade_digest, book_digest = f"{result.trade_hash:016x}", f"{result.book_hash:016x}"
    published = path.with_name(path.name + ".json")
    if published.exists():
        expected = json.loads(published.read_text())
        agree("trade hash and published one", trade_digest, expected["trade_hash"])
        agree("book hash and published one", book_digest, expected["book_hash"])
    sorted_ns, sorted_book = time_python_book(SortedBook, records)
    agree("trades of the sorted book", result.trade_hash, hash_of_trades(sorted_book.trades))
    agree("orders of the sorted book", result.book_hash, hash_of_orders(sorted_book.orders()))
    twin_ns = time_twin(rows[:TWIN_ROWS])
    load = load_ns()
    own = time_batches(rows, capacity, BATCH, MarketData.DEPTH)
    load = min(load, load_ns())
    return {
        "operations": len(rows),
        "ns_per_operation": round(own, 2),
        "trades": result.trades,
        "trade_hash": trade_digest,
        "book_hash": book_digest,
        "load_ns": round(load, 3),
        "loads_per_operation": round(own / load, 2),
        "sorteddict_ns_per_operation": round(sorted_ns, 1),
        "times_faster_than_sorteddict": round(sorted_ns / own, 1),
        "twin_operations": min(TWIN_ROWS, len(rows)),
        "twin_ns_per_operation": round(twin_ns, 1),
        "times_faster_than_twin": round(twin_ns / own, 1),
        "capacity": capacity.name,
    }


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.orderbook", __doc__.splitlines()[0])
    parser.add_argument("--flow", type=Path, required=True, help="records of benchmarks.order_flow, 16 bytes each")
    options = parser.parse_args()
    if not options.flow.is_file() or options.flow.stat().st_size == 0 or options.flow.stat().st_size % 16:
        parser.error(f"--flow {options.flow}: not a file of one or more records of 16 bytes")
    return run(lambda: measure(options.flow), options.json)


if __name__ == "__main__":
    sys.exit(main())
