"""What does an order cost in the exchange, against the bare book, and what does it cost to make it durable?

    python -m benchmarks.exchange [--json]

One drawn flow of orders over twenty instruments by a thousand participants, from books filled with about ten thousand
orders on. Timed: `Core.apply` in batches of 1, 16, 256 and 4,096 rows (sender, phase, steps, band, self-trade rule,
funds, matching, posting, fees, depth, the chain over events, an answer for each row), and in the same run the
bare book over the same rows in batches of 4,096, which has nothing but matching and depth. Not timed: making batches.

Compared first: trades and books of exchange and bare book, events across the sizes of batches, and that cash and units
add up. A difference ends the benchmark with exit code 1 and no figure.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.exchange.durable import MEMORY, rows_a_second, submissions, sync_ms
from benchmarks.exchange.market import START_NS, Flow, draw, open_market
from benchmarks.exchange.timing import Passed, fill_bare, time_bare, time_exchange
from benchmarks.latency import load_ns
from benchmarks.orderbook.report import agree, parser_of, run, show
from engine.capacity import MEDIUM, Capacity
from engine.commands import Batch, Table
from engine.core import Core

SIZES = (4_096, 256, 16, 1)
_ALONE_ROWS = 20_000
_RUNS = 5


@dataclass(frozen=True)
class Scale:
    """How much is measured: `rows` in all sizes of batches, of which `durable_rows` go through a journal too."""

    capacity: Capacity = MEDIUM
    participants: int = 1_000
    instruments: int = 20
    live: int = 10_000
    rows: int = 131_072
    passes: int = 5
    durable_rows: int = 131_072
    durable_runs: int = 2
    fees: bool = True


def fill(core: Core, rows: np.ndarray) -> None:
    """Fill the books with these rows."""
    for at in range(0, len(rows), SIZES[0]):
        core.apply(Batch(Table.ORDERS, START_NS, np.ascontiguousarray(rows[at : at + SIZES[0]])))


def time_sizes(core: Core, flow: Flow, passes: int) -> dict[int, Passed]:
    """The rows behind the filling in batches of every size; batches of one row see the first of them only."""
    fill(core, flow.rows[: flow.filling])
    filled, counted = core.dump(), flow.rows[flow.filling :]
    timed = {}
    for size in SIZES:
        rows = counted if size > 1 else counted[:_ALONE_ROWS]
        timed[size] = time_exchange(core, filled, rows, size, passes)
        agree(f"what adds up after batches of {size}", core.conservation(), [])
        told, whole = timed[size].events, timed[SIZES[0]].events
        agree(f"events in batches of {size}", _hash(told), _hash(whole[: len(told)]))
    return timed


def _hash(events: np.ndarray) -> str:
    return hashlib.sha256(events.tobytes()).hexdigest()


def chain_ns(events: np.ndarray) -> float:
    """Nanoseconds a byte of SHA-256 over events that have just been written, the fastest of some."""
    told, best = events[: 2 * SIZES[0]].tobytes(), float("inf")
    for _ in range(_RUNS):
        started = time.perf_counter_ns()
        hashlib.sha256(told)
        best = min(best, time.perf_counter_ns() - started)
    return best / len(told)


def measure_durable(scale: Scale, disk: Path) -> dict[str, Any]:
    """Durable rows a second through the sequencer, the journal in memory and on a disk, turn by turn."""
    batches = submissions(scale.durable_rows, scale.live // 5, scale.instruments)
    best = dict.fromkeys((MEMORY, disk), 0.0)
    chains = []
    for _ in range(scale.durable_runs):
        for folder in best:
            rate, chain = rows_a_second(folder, batches, scale.capacity, scale.instruments)
            best[folder] = max(best[folder], rate)
            chains.append(chain)
    agree("events of journals in memory and on disk", *chains)
    return {
        "durable_rows_a_second": round(best[disk]),
        "rows_a_second_in_memory": round(best[MEMORY]),
        "journal_ratio": round(best[disk] / best[MEMORY], 3),
        "sync_ms": round(sync_ms(disk), 3),
    }


def measure(scale: Scale, disk: Path | None = None) -> dict[str, Any]:
    """All figures, results compared first."""
    flow = draw(scale.rows, scale.live, scale.participants, scale.instruments)
    book, filled = fill_bare(scale.capacity, flow.bare_rows[: flow.filling], scale.instruments)
    orders = int(book.state.book.orders_used)
    load = load_ns()
    bare, applied_ns = time_bare(book, filled, flow.bare_rows[flow.filling :], SIZES[0], scale.passes)
    timed = time_sizes(
        open_market(scale.capacity, scale.participants, scale.instruments, fees=scale.fees), flow, scale.passes
    )
    agree("trades of exchange and bare book", timed[SIZES[0]].trades, bare.trades)
    agree("orders of exchange and bare book", timed[SIZES[0]].book, bare.book)
    largest = timed[SIZES[0]].ns
    return {
        "rows": scale.rows,
        "live_orders": orders,
        "events_a_row": round(len(bare.events) / scale.rows, 2),
        "trade_hash": f"{bare.trades:016x}",
        "ns_per_order": {str(size): round(timed[size].ns, 1) for size in sorted(SIZES)},
        "bare_book_ns": round(applied_ns, 1),
        "bare_kernel_ns": round(bare.ns, 1),
        "ratio_to_bare_book_at_4096": round(largest / applied_ns, 2),
        "ratio_to_bare_kernel_at_4096": round(largest / bare.ns, 2),
        "ratio_256_to_4096": round(timed[256].ns / largest, 2),
        "one_row_us": round(timed[1].ns / 1e3, 2),
        "chain_ns": round(chain_ns(bare.events) * bare.events.nbytes / scale.rows, 1),
        "chain_included": True,
        "fees": scale.fees,
        **measure_durable(scale, disk or Path(tempfile.gettempdir())),
        "load_ns": round(min(load, load_ns()), 3),
    }


def show_table(figures: dict[str, Any], as_json: bool) -> None:
    """The figures by size of batch, then the others a line each."""
    if not as_json:
        print("rows a batch  ns an order  x bare book")
        for size, spent in figures["ns_per_order"].items():
            print(f"{int(size):>12,}  {spent:>11,.1f}  {spent / figures['bare_book_ns']:>11.1f}")
        figures = {name: figure for name, figure in figures.items() if name != "ns_per_order"}
    show(figures, as_json)


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.exchange", __doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=131_072, help="rows that are timed (default 131,072)")
    parser.add_argument(
        "--passes", type=int, default=5, help="passes, of which the fastest stretches count (default 5)"
    )
    parser.add_argument("--durable-rows", type=int, default=131_072, help="rows sent through the journal")
    parser.add_argument("--disk", type=Path, help="folder on the disk to be measured (default: for temporary files)")
    parser.add_argument("--no-fees", action="store_true", help="a book without fees")
    options = parser.parse_args()
    scale = Scale(rows=options.rows, passes=options.passes, durable_rows=options.durable_rows, fees=not options.no_fees)
    return run(lambda: measure(scale, options.disk), options.json, show_table)


if __name__ == "__main__":
    sys.exit(main())
