"""Orders: columns of the wire to rows of `Table.ORDERS`, and single orders to a batch of one.

Admitted here: columns of one length, enums that exist, numbers within `engine.limits`, request ids that increase.
Everything that needs the state (steps, funds, phases, whose order it is) is the core's to judge.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from engine import limits
from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    OrderCommand,
    OrderType,
    SelfTrade,
    Side,
    Table,
    TimeInForce,
    rows_of,
)
from services.translate import columns
from services.translate.problems import Admission
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2

ORDER_ID_MAX = limits.SESSIONS_MAX << 40 | limits.REQUEST_ID_MAX

_BOUNDS: dict[str, tuple[str, int]] = {
    "order_ids": ("order_id", ORDER_ID_MAX),
    "price_ticks": ("price_ticks", limits.PRICE_TICKS_MAX),
    "quantity_lots": ("quantity_lots", limits.QUANTITY_LOTS_MAX),
    "stop_price_ticks": ("stop_price_ticks", limits.PRICE_TICKS_MAX),
    "display_lots": ("display_lots", limits.QUANTITY_LOTS_MAX),
    "minimum_lots": ("minimum_lots", limits.QUANTITY_LOTS_MAX),
    "expire_ns": ("expire_ns", limits.TIME_NS_MAX),
    "instruments": ("instrument", ALL_INSTRUMENTS),
    "participants": ("participant", ALL_PARTICIPANTS),
}
"""Columns of numbers: the row's column, and the largest value. The least is 0."""

_ENUMS: dict[str, tuple[str, int]] = {
    "commands": ("command", int(max(OrderCommand))),
    "sides": ("side", int(max(Side))),
    "order_types": ("order_type", int(max(OrderType))),
    "times_in_force": ("time_in_force", int(max(TimeInForce))),
    "self_trades": ("self_trade", int(max(SelfTrade))),
}
"""Columns of enums: the row's column, and the largest number. Numbers have no gaps."""

_ALLOWED_NAMES = {
    "commands": ", ".join(orders_pb2.OrderCommand.keys()[1:]),
    "sides": ", ".join(common_pb2.Side.keys()[1:]),
    "order_types": ", ".join(orders_pb2.OrderType.keys()[1:]),
    "times_in_force": ", ".join(orders_pb2.TimeInForce.keys()[1:]),
    "self_trades": ", ".join(orders_pb2.SelfTrade.keys()),
}


def _table(*members: IntEnum) -> np.ndarray:
    """A table by number, true for these members of an enum."""
    table = np.zeros(256, bool)
    table[list(members)] = True
    return table


_PRICED_TYPES = _table(OrderType.LIMIT, OrderType.POST_ONLY, OrderType.STOP_LIMIT)
_MEASURED = _table(OrderCommand.NEW, OrderCommand.REDUCE, OrderCommand.REPLACE, OrderCommand.TAKE)
_UNMEASURED = _table(OrderCommand.CANCEL, OrderCommand.MASS_CANCEL)
_ABOUT_AN_ORDER = _table(OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE, OrderCommand.TAKE)


def order_rows(message: orders_pb2.OrderColumns, actor: int) -> np.ndarray:
    """The rows of a batch of orders sent by participant `actor`; raises `Malformed` with everything that is wrong."""
    admission = Admission()
    ids = columns.read(message.request_ids)
    count = len(ids)
    if not 1 <= count <= limits.BATCH_ROWS_MAX:
        admission.add("orders.request_ids", f"found {count} rows; allowed is 1 to {limits.BATCH_ROWS_MAX}")
        admission.close()
    rows = rows_of(Table.ORDERS, count)
    rows["actor"] = actor
    rows["session"] = admission.within("orders.session", message.session, 1, limits.SESSIONS_MAX)
    admit_request_ids(admission, "orders.request_ids", ids)
    rows["request_id"] = ids
    if _copy(message, rows, admission):
        _admit_by_command(message, rows, admission)
    admission.close()
    return rows


def admit_request_ids(admission: Admission, field: str, ids: np.ndarray) -> None:
    """Request ids of one batch: within bounds, each above the one before it."""
    allowed = f"allowed is 1 to {limits.REQUEST_ID_MAX}"
    if columns.beyond(ids - 1, limits.REQUEST_ID_MAX - 1):
        admission.add_rows(field, (ids < 1) | (ids > limits.REQUEST_ID_MAX), ids, allowed)
    falling = np.zeros(len(ids), bool)
    falling[1:] = ids[1:] <= ids[:-1]
    admission.add_rows(field, falling, ids, "each has to be above the one before it")


def _copy(message: orders_pb2.OrderColumns, rows: np.ndarray, admission: Admission) -> bool:
    """Copy every column that is there into the rows; false when one has another length than the request ids."""
    same_lengths = True
    for name, (target, largest) in (*_BOUNDS.items(), *_ENUMS.items()):
        column = getattr(message, name)
        if not len(column):
            continue
        values, field = columns.read(column), f"orders.{name}"
        if len(values) != len(rows):
            same_lengths = False
            admission.add(field, f"found {len(values)} values; allowed is {len(rows)}, as many as request_ids, or none")
            continue
        if columns.beyond(values, largest):
            names = _ALLOWED_NAMES.get(name)
            allowed = f"allowed is 0 to {largest}" if names is None else f"allowed is {names}"
            admission.add_rows(field, (values < 0) | (values > largest), values, allowed)
        rows[target] = values
    return same_lengths


def _admit_by_command(message: orders_pb2.OrderColumns, rows: np.ndarray, admission: Admission) -> None:
    """What a row needs depends on its command; what is left out is filled in with what the contract says."""
    if not len(message.commands):
        rows["command"] = OrderCommand.NEW
    command, price, lots = rows["command"], rows["price_ticks"], rows["quantity_lots"]
    new = command == OrderCommand.NEW
    if not len(message.order_types):
        rows["order_type"] = np.where(new, OrderType.LIMIT, 0)
    if not len(message.times_in_force):
        rows["time_in_force"] = np.where(new, TimeInForce.GTC, 0)
    admission.add_rows("orders.commands", command == 0, command, f"allowed is {_ALLOWED_NAMES['commands']}")
    for name in ("sides", "order_types", "times_in_force"):
        column = rows[_ENUMS[name][0]]
        admission.add_rows(f"orders.{name}", new & (column == 0), column, f"allowed is {_ALLOWED_NAMES[name]}")
    priced = (new & _PRICED_TYPES[rows["order_type"]]) | (command == OrderCommand.REPLACE)
    allowed = f"a row with a limit needs 1 to {limits.PRICE_TICKS_MAX} ticks"
    admission.add_rows("orders.price_ticks", priced & (price == 0), price, allowed)
    measured = _MEASURED[command]
    allowed = f"this command needs 1 to {limits.QUANTITY_LOTS_MAX} lots"
    admission.add_rows("orders.quantity_lots", measured & (lots == 0), lots, allowed)
    allowed = "this command takes no quantity; to lower an order send REDUCE"
    admission.add_rows("orders.quantity_lots", _UNMEASURED[command] & (lots != 0), lots, allowed)
    allowed = f"price x quantity may not pass {limits.AMOUNT_MINOR_MAX}"
    admission.add_rows("orders.quantity_lots", price * lots > limits.AMOUNT_MINOR_MAX, lots, allowed)
    named = _ABOUT_AN_ORDER[command]
    admission.add_rows("orders.order_ids", named & (rows["order_id"] == 0), rows["order_id"], "this command needs one")
    admission.add_rows("orders.order_ids", new & (rows["order_id"] != 0), rows["order_id"], "a NEW row makes its own")
