"""How much memory does a live order take, and what does an empty book?

    python -m benchmarks.orderbook.memory [--json]

Counted, not timed: entries of the record's pools that a drawn flow leaves in use, times their size, over the live
orders; and what the record of a capacity class sets aside, by what it goes with. Address space that was never touched
costs no memory: a new book touches a page or two.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.report import agree, parser_of, run
from engine.capacity import MEDIUM, Capacity
from engine.orderbook import OrderBook
from engine.orderbook.layout import ENTRY, LEVEL, NODE, ORDER, ORDER_TERMS, book_dtype

WITH_ORDERS = ("orders", "order_terms", "id_table", "expiries")
WITH_LEVELS = ("levels", "nodes")
BATCH = 4_096


def set_aside(capacity: Capacity) -> dict[str, int]:
    """Bytes of the record: that go with the orders, with the levels, and with neither."""
    fields = {name: dtype.itemsize for name, (dtype, *_) in (book_dtype(capacity).fields or {}).items()}
    orders, levels = (sum(fields[name] for name in names) for names in (WITH_ORDERS, WITH_LEVELS))
    return {"orders": orders, "levels": levels, "fixed": sum(fields.values()) - orders - levels}


def measure(operations: int, live: int, capacity: Capacity = MEDIUM) -> dict[str, Any]:
    """Bytes a live order in use, and bytes set aside by the capacity class."""
    book = OrderBook(capacity)
    rows = rows_of_flow(draw_flow(operations, live, seed=5))
    for start in range(0, len(rows), BATCH):
        book.apply(rows[start : start + BATCH])
    used, orders = book.state.book, len(book.orders())
    agree("live orders", orders, int(used.orders_used))
    entries = int(np.count_nonzero(book.state.id_table["slot"]))
    in_use = orders * (ORDER.itemsize + ORDER_TERMS.itemsize) + entries * ENTRY.itemsize
    in_use += int(used.levels_used) * LEVEL.itemsize + int(used.nodes_used) * NODE.itemsize
    aside = set_aside(capacity)
    return {
        "live_orders": orders,
        "bytes_in_use_per_live_order": round(in_use / orders, 1),
        "bytes_set_aside_per_order": round((aside["orders"] + aside["levels"]) / capacity.orders, 1),
        "fixed_bytes": aside["fixed"],
        "record_bytes": sum(aside.values()),
        "capacity": capacity.name,
    }


def main() -> int:
    """Count and print."""
    parser = parser_of("benchmarks.orderbook.memory", __doc__.splitlines()[0])
    parser.add_argument("--live", type=int, default=100_000, help="live orders of the flow (default 100,000)")
    options = parser.parse_args()
    return run(lambda: measure(8 * options.live, options.live), options.json)


if __name__ == "__main__":
    sys.exit(main())
