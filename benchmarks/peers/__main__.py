"""What does an operation cost here and in books that anybody can install?

    make bench-peers                                         installs the peers beside the project and runs this
    python -m benchmarks.peers [--json] [--picture F.png]

One drawn flow (`benchmarks.orderbook.drawn`), every peer as much of it as it takes on, the fastest of three runs. The
trades of every peer that matches and the final queues of all of them are compared with the compiled book's; one that
differs ends the benchmark with exit code 1. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.report import agree, parser_of, run
from benchmarks.peers.books import PEERS, Flow, Peer, Result
from engine.capacity import MEDIUM
from engine.orderbook import OrderBook

RUNS = 3


def flow_of(operations: int, live: int) -> Flow:
    """A drawn flow, and what the compiled book tells about it."""
    records = draw_flow(operations, live, seed=7)
    rows = rows_of_flow(records)
    return Flow(records, rows, OrderBook(MEDIUM).apply(rows))


def compare(peer: Peer, flow: Flow, expected: Result) -> float:
    """Nanoseconds an operation of a peer, its results compared."""
    results = [peer.run(flow) for _ in range(RUNS)]
    for result in results:
        agree(f"queues of {peer.name}", result.orders, expected.orders)
        if result.trades:
            agree(f"trades of {peer.name}", result.trades, expected.trades)
    return min(result.nanoseconds for result in results) / len(flow.rows)


def measure(operations: int, live: int) -> dict[str, Any]:
    """A row for every peer."""
    flow = flow_of(operations, live)
    expected = PEERS[0].run(flow)
    table, missing = [], []
    for peer in PEERS:
        try:
            version = peer.version()
        except PackageNotFoundError:
            missing.append(peer.package)
            continue
        spent = compare(peer, flow, expected)
        times = spent / table[0]["ns_per_operation"] if table else 1.0
        table.append(
            {
                "book": peer.name,
                "version": version,
                "ns_per_operation": round(spent, 1),
                "times_jingjia": round(times, 1),
                "leaves_out": peer.leaves_out,
            }
        )
    return {"operations": operations, "live_orders": live, "peers": table, "not_installed": missing}


def draw(table: list[dict[str, Any]], path: Path) -> None:
    """A bar for every book, on a logarithmic scale."""
    rows = sorted(table, key=lambda row: -float(row["ns_per_operation"]))
    figure = Figure(figsize=(8, 0.55 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    colours = ["#1f6f5c" if row["book"].startswith("Jingjia") else "#9aa5ab" for row in rows]
    bars = axes.barh([row["book"] for row in rows], [row["ns_per_operation"] for row in rows], color=colours)
    axes.bar_label(bars, [f"{row['ns_per_operation']:,.0f} ns" for row in rows], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(10, 4 * max(row["ns_per_operation"] for row in rows))
    axes.set_xlabel("nanoseconds an operation, same flow, one run (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130, bbox_inches="tight")


def lines_of(figures: dict[str, Any]) -> dict[str, Any]:
    """The same figures for people: a line a book."""
    lines = {key: figures[key] for key in ("operations", "live_orders")}
    for row in figures["peers"]:
        cost = f"{row['ns_per_operation']:>9,.1f} ns  {row['times_jingjia']:>6.1f} x"
        lines[f"{row['book']} {row['version']}"] = f"{cost}  without: {row['leaves_out']}"
    return lines | {"not installed": ", ".join(figures["not_installed"]) or "none"}


def main() -> int:
    """Check, measure, print."""
    parser = parser_of("benchmarks.peers", __doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=100_000, help="operations of the flow (default 100,000)")
    parser.add_argument("--picture", type=Path, help="also draw the table, as PNG")
    options = parser.parse_args()

    def figures() -> dict[str, Any]:
        measured = measure(options.operations, 5_000)
        if options.picture:
            draw(measured["peers"], options.picture)
        return measured if options.json else lines_of(measured)

    return run(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
