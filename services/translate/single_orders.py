"""Single orders: the messages of the unary calls to batches of one row, admitted as strictly as columns are."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    OrderCommand,
    OrderType,
    Table,
    TimeInForce,
    rows_of,
)
from services.translate.keys import admit_key
from services.translate.orders import ORDER_ID_MAX
from services.translate.problems import Admission
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2

_UNPRICED_TYPES = (
    orders_pb2.ORDER_TYPE_MARKET,
    orders_pb2.ORDER_TYPE_MARKET_TO_LIMIT,
    orders_pb2.ORDER_TYPE_STOP,
)


def submit_row(request: orders_pb2.SubmitOrderRequest, actor: int) -> np.ndarray:
    """The row of a new order."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.NEW)
    order_type = admission.known("order_type", request.order_type, orders_pb2.OrderType.keys(), optional=True)
    waits = admission.known("time_in_force", request.time_in_force, orders_pb2.TimeInForce.keys(), optional=True)
    least_price = 0 if request.order_type in _UNPRICED_TYPES else 1
    values = {
        "instrument": request.instrument,
        "side": admission.known("side", request.side, common_pb2.Side.keys()),
        "order_type": order_type or int(OrderType.LIMIT),
        "time_in_force": waits or int(TimeInForce.GTC),
        "price_ticks": admission.within("price_ticks", request.price_ticks, least_price, limits.PRICE_TICKS_MAX),
        "quantity_lots": _quantity(admission, request.quantity_lots),
        "stop_price_ticks": admission.within("stop_price_ticks", request.stop_price_ticks, 0, limits.PRICE_TICKS_MAX),
        "display_lots": admission.within("display_lots", request.display_lots, 0, limits.QUANTITY_LOTS_MAX),
        "minimum_lots": admission.within("minimum_lots", request.minimum_lots, 0, limits.QUANTITY_LOTS_MAX),
        "expire_ns": admission.within("expire_ns", request.expire_ns, 0, limits.TIME_NS_MAX),
        "self_trade": admission.known("self_trade", request.self_trade, orders_pb2.SelfTrade.keys(), optional=True),
    }
    _admit_amount(admission, values["price_ticks"], values["quantity_lots"])
    return _filled(admission, rows, values)


def cancel_row(request: orders_pb2.CancelOrderRequest, actor: int) -> np.ndarray:
    """The row of a cancel."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.CANCEL)
    return _filled(admission, rows, {"order_id": _order(admission, request.order_id)})


def reduce_row(request: orders_pb2.ReduceOrderRequest, actor: int) -> np.ndarray:
    """The row of a reduction."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.REDUCE)
    values = {
        "order_id": _order(admission, request.order_id),
        "quantity_lots": _quantity(admission, request.quantity_lots),
    }
    return _filled(admission, rows, values)


def replace_row(request: orders_pb2.ReplaceOrderRequest, actor: int) -> np.ndarray:
    """The row of a replacement."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.REPLACE)
    values = {
        "order_id": _order(admission, request.order_id),
        "price_ticks": admission.within("price_ticks", request.price_ticks, 1, limits.PRICE_TICKS_MAX),
        "quantity_lots": _quantity(admission, request.quantity_lots),
    }
    _admit_amount(admission, values["price_ticks"], values["quantity_lots"])
    return _filled(admission, rows, values)


def take_row(request: orders_pb2.TakeListingRequest, actor: int) -> np.ndarray:
    """The row that takes a listing."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.TAKE)
    values = {
        "order_id": _order(admission, request.order_id),
        "quantity_lots": _quantity(admission, request.quantity_lots),
    }
    return _filled(admission, rows, values)


def mass_cancel_row(request: orders_pb2.MassCancelRequest, actor: int) -> np.ndarray:
    """The row of a mass cancel."""
    admission = Admission()
    rows = _row(admission, request.key, actor, OrderCommand.MASS_CANCEL)
    if request.everybody and request.participant:
        admission.add("participant", f"found {request.participant} together with everybody; send one of the two")
    values = {
        "instrument": request.instrument or ALL_INSTRUMENTS,
        "side": admission.known("side", request.side, common_pb2.Side.keys(), optional=True),
        "participant": ALL_PARTICIPANTS if request.everybody else request.participant,
    }
    return _filled(admission, rows, values)


def _row(admission: Admission, key: common_pb2.RequestKey, actor: int, command: OrderCommand) -> np.ndarray:
    rows = rows_of(Table.ORDERS, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_key(admission, key)
    rows["command"] = command
    return rows


def _filled(admission: Admission, rows: np.ndarray, values: dict[str, int]) -> np.ndarray:
    admission.close()
    for name, value in values.items():
        rows[name] = value
    return rows


def _quantity(admission: Admission, lots: int) -> int:
    return admission.within("quantity_lots", lots, 1, limits.QUANTITY_LOTS_MAX)


def _order(admission: Admission, order_id: int) -> int:
    return admission.within("order_id", order_id, 1, ORDER_ID_MAX)


def _admit_amount(admission: Admission, price_ticks: int, quantity_lots: int) -> None:
    if price_ticks * quantity_lots > limits.AMOUNT_MINOR_MAX:
        admission.add("quantity_lots", f"price x quantity is {price_ticks * quantity_lots}; allowed is at most 2^60")
