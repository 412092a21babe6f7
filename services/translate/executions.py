"""What events did to one participant's own orders, as columns: for the answer to a batch and for the private stream.

A trade is one event with two sides; each side sees its own order, price and quantity, and never who was on the other.
"""

from __future__ import annotations

import numpy as np

from engine.commands import Side
from engine.events import CancelReason, EventKind
from services.translate import columns
from services.wire.jingjia.orders.v1 import orders_pb2

UNKNOWN_REMAINING = -1
"""What is left of an incoming order whose acceptance lies before the events that are shown."""

_SHOWN = {
    EventKind.ORDER_ACCEPTED: orders_pb2.EXECUTION_KIND_ACCEPTED,
    EventKind.TRADE: orders_pb2.EXECUTION_KIND_TRADE,
    EventKind.CALL_TRADE: orders_pb2.EXECUTION_KIND_TRADE,
    EventKind.ORDER_CANCELLED: orders_pb2.EXECUTION_KIND_CANCELLED,
    EventKind.ORDER_REDUCED: orders_pb2.EXECUTION_KIND_REDUCED,
    EventKind.ORDER_REPLACED: orders_pb2.EXECUTION_KIND_REPLACED,
    EventKind.ORDER_TRIGGERED: orders_pb2.EXECUTION_KIND_TRIGGERED,
    EventKind.ORDER_REFRESHED: orders_pb2.EXECUTION_KIND_REFRESHED,
    EventKind.TRADE_CHARGED: orders_pb2.EXECUTION_KIND_CHARGED,
}

_KINDS = np.zeros(256, np.uint8)
for _event, _kind in _SHOWN.items():
    _KINDS[_event] = _kind

_REASONS = np.zeros(max(CancelReason) + 1, np.uint8)
for _reason in CancelReason:
    _REASONS[_reason] = orders_pb2.CancelReason.Value(f"CANCEL_REASON_{_reason.name}")

_STARTS = np.zeros(256, bool)
_STARTS[[EventKind.ORDER_ACCEPTED, EventKind.ORDER_REPLACED, EventKind.ORDER_TRIGGERED]] = True


def executions(events: np.ndarray, first_sequence: int, participant: int) -> orders_pb2.Executions | None:
    """The executions of `participant` in `events` (1-d array of `EVENT`), None when there are none."""
    kinds = _KINDS[events["kind"]]
    own = np.flatnonzero((kinds != 0) & (events["participant"] == participant))
    traded = (events["kind"] == EventKind.TRADE) | (events["kind"] == EventKind.CALL_TRADE)
    made = np.flatnonzero(traded & (events["counterparty"] == participant))
    if not len(own) and not len(made):
        return None
    places = np.concatenate([own, made])
    maker = np.zeros(len(places), bool)
    maker[len(own) :] = True
    order = np.lexsort((maker, places))
    places, maker = places[order], maker[order]
    rows, kinds = events[places], kinds[places]
    call = rows["kind"] == EventKind.CALL_TRADE
    trade, side = rows["kind"] == EventKind.TRADE, np.where(call, Side.BUY, rows["side"])
    message = orders_pb2.Executions()
    columns.write(
        message,
        {
            "sequences": places + first_sequence,
            "kinds": kinds,
            "instruments": rows["instrument"],
            "order_ids": np.where(maker, rows["counter_order_id"], rows["order_id"]),
            "sides": np.where(maker, Side.BUY + Side.SELL - side, side),
            "price_ticks": rows["price_ticks"],
            "quantity_lots": np.where(
                kinds == orders_pb2.EXECUTION_KIND_TRIGGERED, rows["remaining_lots"], rows["quantity_lots"]
            ),
            "remaining_lots": _remaining(events, places, maker),
            "takers": trade & ~maker,
            "reasons": _reasons(rows),
            "amounts_minor": _charges(rows),
        },
    )
    return message


def _reasons(rows: np.ndarray) -> np.ndarray:
    """Why, for the events that carry a reason."""
    ended = (rows["kind"] == EventKind.ORDER_CANCELLED) | (rows["kind"] == EventKind.ORDER_REDUCED)
    return np.where(ended, _REASONS[np.where(ended, rows["reference"], 0)], 0)


def _charges(rows: np.ndarray) -> np.ndarray:
    """What was charged, for the events that are charges; nothing at all where none is."""
    charged = rows["kind"] == EventKind.TRADE_CHARGED
    return np.where(charged, rows["amount_minor"], 0) if charged.any() else np.zeros(0, np.int64)


def _remaining(events: np.ndarray, places: np.ndarray, maker: np.ndarray) -> np.ndarray:
    """What is left of the participant's order after each event at `places`.

    Makers' trades, trades of a call, reductions and refreshes say so themselves. For the incoming order it is what it
    started with less what its trades, and reductions on the way, took: its events follow its start without another
    start in between.
    """
    kind, quantity = events["kind"], events["quantity_lots"]
    positions = np.arange(len(events))
    start = np.maximum.accumulate(np.where(_STARTS[kind], positions, -1))
    known = start >= 0
    order = events["order_id"]
    own_step = known & (order == order[start])
    taken = np.where(own_step & ((kind == EventKind.TRADE) | (kind == EventKind.ORDER_REDUCED)), quantity, 0)
    total = np.cumsum(taken)
    whole = np.where(kind == EventKind.ORDER_TRIGGERED, events["remaining_lots"], quantity)
    left = np.where(own_step, whole[start] - (total - total[start]), UNKNOWN_REMAINING)[places]
    rows = events[places]
    row_kind = rows["kind"]
    call = row_kind == EventKind.CALL_TRADE
    says_itself = maker | call | (row_kind == EventKind.ORDER_REDUCED) | (row_kind == EventKind.ORDER_REFRESHED)
    left = np.where(says_itself, rows["remaining_lots"], left)
    left = np.where(call & maker, rows["amount_minor"], left)
    return np.where((row_kind == EventKind.ORDER_CANCELLED) | (row_kind == EventKind.TRADE_CHARGED), 0, left)
