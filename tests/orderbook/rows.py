"""Rows of ORDERS written by hand in one line, for tests."""

from __future__ import annotations

import numpy as np

from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of

BUY, SELL = Side.BUY, Side.SELL


def rows(*each: dict[str, int]) -> np.ndarray:
    """The rows with these columns, everything else 0."""
    table = rows_of(Table.ORDERS, len(each))
    for row, columns in zip(table, each, strict=True):
        for name, value in columns.items():
            row[name] = value
    return table


def new(order_id: int, side: int, price_ticks: int, quantity_lots: int, **columns: int) -> dict[str, int]:
    """A new limit order, good till cancelled, of participant 1 unless said otherwise."""
    return {
        "command": OrderCommand.NEW,
        "actor": 1,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "order_id": order_id,
        "side": side,
        "price_ticks": price_ticks,
        "quantity_lots": quantity_lots,
    } | columns


def cancel(order_id: int) -> dict[str, int]:
    return {"command": OrderCommand.CANCEL, "actor": 1, "order_id": order_id}


def reduce(order_id: int, quantity_lots: int) -> dict[str, int]:
    return {"command": OrderCommand.REDUCE, "actor": 1, "order_id": order_id, "quantity_lots": quantity_lots}


def replace(order_id: int, price_ticks: int, quantity_lots: int) -> dict[str, int]:
    return {
        "command": OrderCommand.REPLACE,
        "actor": 1,
        "order_id": order_id,
        "price_ticks": price_ticks,
        "quantity_lots": quantity_lots,
    }
