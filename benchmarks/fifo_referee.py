"""Order flows of a public referee of FIFO matching engines: the same reports, and how long they take.

    python -m benchmarks.fifo_referee FLOW.bin[.xz] [--json]

The referee (flash1-dev/matching-engine-benchmark, arXiv:2606.01183) judges an engine by the text of its reports and
ranks it by its worst scenario. A flow is a 16-byte header (magic, version, count) and so many records of 40 bytes
(`RECORD`), packed by xz or not; one that the medium class of book cannot hold goes through the large one. Prints the
SHA-256 of the reports, messages a second, nanoseconds a message and one dependent load of this machine in the same run.
Timed: the kernel over batches of 4,096 rows, with every check and every event; not timed: reading the file, writing
the reports.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
from pathlib import Path

import numpy as np

from benchmarks.latency import load_ns
from benchmarks.timing import time_batches
from engine.capacity import LARGE, MEDIUM, Capacity
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.events import EventKind
from engine.orderbook import OrderBook
from engine.outcomes import Outcome

RECORD = np.dtype(
    [
        ("type", "u1"),
        ("side", "u1"),
        ("ioc", "u1"),
        ("unused", "u1"),
        ("quantity", "<u4"),
        ("sequence", "<i8"),
        ("order_id", "<i8"),
        ("price", "<i8"),
        ("reserved", "<i8"),
    ]
)
HEADER = np.dtype([("magic", "S8"), ("version", "<u4"), ("count", "<u4")])
XZ_MAGIC = b"\xfd7zXZ\0"
BATCH = 4_096
NEW, CANCEL, MODIFY = range(3)
ACCEPTED, TRADED, CANCELLED, MODIFIED, CANCEL_REFUSED, MODIFY_REFUSED = range(6)


def read_flow(path: Path) -> np.ndarray:
    """The records of a flow. Raises ValueError for a file that is none, OSError for one that cannot be read."""
    content = path.read_bytes()
    if content.startswith(XZ_MAGIC):
        try:
            content = lzma.decompress(content)
        except lzma.LZMAError as error:
            raise ValueError(f"{path}: the xz is damaged ({error}); get the file again") from error
    if len(content) < HEADER.itemsize:
        raise ValueError(f"{path}: {len(content)} bytes; a flow begins with a header of {HEADER.itemsize}")
    count, length = int(np.frombuffer(content, HEADER, 1)["count"][0]), len(content) - HEADER.itemsize
    if length != count * RECORD.itemsize:
        raise ValueError(
            f"{path}: {length} bytes behind the header; its {count} records take {count * RECORD.itemsize}"
        )
    records = np.frombuffer(content, RECORD, offset=HEADER.itemsize)
    if unknown := sorted(set(np.unique(records["type"]).tolist()) - {NEW, CANCEL, MODIFY}):
        raise ValueError(f"{path}: records of the types {unknown}; 0 (new), 1 (cancel) and 2 (modify) are known")
    return records


def rows_of_flow(records: np.ndarray) -> np.ndarray:
    """The rows of ORDERS that a flow asks for."""
    rows = rows_of(Table.ORDERS, len(records))
    rows["actor"] = 1
    rows["command"] = np.array([OrderCommand.NEW, OrderCommand.CANCEL, OrderCommand.REPLACE], "u1")[records["type"]]
    rows["side"] = records["side"] + np.uint8(Side.BUY)
    rows["order_type"] = OrderType.LIMIT
    rows["time_in_force"] = np.where(records["ioc"] != 0, TimeInForce.IOC, TimeInForce.GTC)
    rows["order_id"] = records["order_id"]
    rows["price_ticks"] = records["price"]
    rows["quantity_lots"] = records["quantity"]
    return rows


def reports_of(events: np.ndarray, records: np.ndarray) -> list[tuple[int, int, str]]:
    """The reports that the events of one batch make, each with what it is sorted by: (sequence, type, line)."""
    names = ["kind", "side", "row", "order_id", "counter_order_id", "price_ticks", "quantity_lots", "outcome"]
    sequences, types = records["sequence"].tolist(), records["type"].tolist()
    reports = []
    for kind, side, row, order, maker, price, lots, _ in zip(*(events[name].tolist() for name in names), strict=True):
        sequence = sequences[row]
        match kind:
            case EventKind.ORDER_ACCEPTED:
                number, text = ACCEPTED, f"{side - 1},{order},{price},{lots}"
            case EventKind.TRADE:
                number, text = TRADED, f"{price},{lots},{maker},{order}"
            case EventKind.ORDER_CANCELLED:
                number, text = CANCELLED, f"{side - 1},{order},{price}"
            case EventKind.ORDER_REPLACED:
                number, text = MODIFIED, f"{side - 1},{order},{price},{lots}"
            case _:
                number, text = (CANCEL_REFUSED if types[row] == CANCEL else MODIFY_REFUSED), f"{order}"
        reports.append((sequence, number, f"{number},{sequence},{text}"))
    return reports


def report_hash(records: np.ndarray, rows: np.ndarray) -> tuple[str, Capacity]:
    """The SHA-256 of all reports of a flow, and the smallest class of book, from the medium one on, that holds it.

    Raises ValueError when none does.
    """
    for capacity in (MEDIUM, LARGE):
        book, reports = OrderBook(capacity), []
        for start in range(0, len(rows), BATCH):
            events = book.apply(rows[start : start + BATCH])
            if np.isin(events["outcome"], (Outcome.ORDERS_FULL, Outcome.LEVELS_FULL)).any():
                break
            reports += reports_of(events, records[start : start + BATCH])
        else:
            reports.sort(key=lambda report: report[:2])
            return hashlib.sha256("\n".join(line for _, _, line in reports).encode()).hexdigest(), capacity
    raise ValueError(f"more than {LARGE.orders} orders live at once, which no class of book holds")


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay a flow of the FIFO referee and time it.")
    parser.add_argument("flow", type=Path, help="FLOW.bin or FLOW.bin.xz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        records = read_flow(arguments.flow)
        rows = rows_of_flow(records)
        digest, capacity = report_hash(records, rows)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    nanoseconds = time_batches(rows, capacity, BATCH)
    load = load_ns()
    result = {
        "flow": arguments.flow.name,
        "messages": len(rows),
        "report_sha256": digest,
        "capacity": capacity.name,
        "ns_per_message": round(nanoseconds, 1),
        "messages_per_second": round(1e9 / nanoseconds),
        "load_ns": round(load, 2),
        "loads_per_message": round(nanoseconds / load, 1),
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:20} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
