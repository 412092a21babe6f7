"""Order flows in the record format of a public generator, as rows of ORDERS; and the hashes they are compared by.

A flow is a file of 16-byte little-endian records: type u1, side u1 (0 buy, 1 sell), two bytes unused, order id u4,
price i4, quantity i4. Types: 0 limit, 1 cancel, 2 reduce by the quantity, 3 replace under the same id, 4 market, 5
immediate-or-cancel limit. Beside it may lie `FLOW.json` with the trade and book hashes that independent engines agree
on:

- trades, in order: h = h * 6364136223846793005 + (taker * A xor maker * B xor price << 32 xor quantity), modulo 2**64;
- book: the sum over live orders of (id * A xor price * B xor remaining * C xor side), modulo 2**64.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.events import EventKind

RECORD = np.dtype(
    [("type", "u1"), ("side", "u1"), ("unused", "<u2"), ("order_id", "<u4"), ("price", "<i4"), ("quantity", "<i4")]
)

_A, _B, _C, _K = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 6364136223846793005
_WORD = (1 << 64) - 1

LIMIT, CANCEL, REDUCE, REPLACE, MARKET, IOC = range(6)


def read_flow(path: Path) -> np.ndarray:
    """The records of a flow file."""
    return np.fromfile(path, RECORD)


def rows_of_flow(records: np.ndarray) -> np.ndarray:
    """The rows of ORDERS that a flow asks for, in its order, all of participant 1."""
    rows = rows_of(Table.ORDERS, len(records))
    kind = records["type"]
    commands = np.full(6, OrderCommand.NEW, "u1")
    commands[[CANCEL, REDUCE, REPLACE]] = OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE
    rows["actor"] = 1
    rows["command"] = commands[kind]
    rows["side"] = records["side"] + np.uint8(Side.BUY)
    rows["order_type"] = np.where(kind == MARKET, OrderType.MARKET, OrderType.LIMIT)
    rows["time_in_force"] = np.where(np.isin(kind, (MARKET, IOC)), TimeInForce.IOC, TimeInForce.GTC)
    rows["order_id"] = records["order_id"]
    rows["price_ticks"] = records["price"]
    rows["quantity_lots"] = records["quantity"]
    return rows


def hash_of_trades(trades: Iterable[tuple[int, int, int, int]], start: int = 0) -> int:
    """The hash of trades (taker, maker, price, quantity), continued from `start`."""
    digest = start
    for taker, maker, price, lots in trades:
        digest = (digest * _K + ((taker * _A ^ maker * _B ^ price << 32 ^ lots) & _WORD)) & _WORD
    return digest


def hash_of_orders(orders: Iterable[tuple[int, int, int, int]]) -> int:
    """The hash of live orders (id, price, what is left, side 0 or 1)."""
    return sum((i * _A ^ price * _B ^ left * _C ^ side) & _WORD for i, price, left, side in orders) & _WORD


def trade_hash(events: np.ndarray, start: int = 0) -> int:
    """The hash of the trades among `events`, continued from `start`."""
    trades = events[events["kind"] == EventKind.TRADE]
    columns = (trades[name].tolist() for name in ("order_id", "counter_order_id", "price_ticks", "quantity_lots"))
    return hash_of_trades(zip(*columns, strict=True), start)


def book_hash(orders: np.ndarray) -> int:
    """The hash of live orders, given as an array of `engine.orderbook.kernels.QUEUED_ORDER`."""
    columns = (orders[name].tolist() for name in ("order_id", "price_ticks", "remaining_lots"))
    return hash_of_orders(zip(*columns, (orders["side"] - 1).tolist(), strict=True))
