"""The orders of a call phase (集合竞价阶段): collected without matching, uncrossed at one price, handed on.

Orders stand in order of arrival, which is their priority at equal prices. A reduction keeps it; a replacement is a
cancel and a new order under the same id and loses it. A limit order that cannot wait (immediate or cancel, fill or
kill) has no place in a call and is refused. A market order waits for the uncrossing, whatever its time in force but
fill or kill, and counts at every price; what is left of it then is cancelled: a book of limits has no place for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from engine.commands import TimeInForce
from engine.orderbook.call_auction import CallResult, CallRule, uncross
from engine.outcomes import Outcome


@dataclass(frozen=True)
class WaitingOrder:
    """An order that waits for the uncrossing. `order` is its number in the log; `price_ticks` 0: a market order."""

    order: int
    side: int
    price_ticks: int
    quantity_lots: int


class CallPhase:
    """The orders of one call phase. `orders` come in from the continuous book, best priority first at each price."""

    def __init__(self, orders: Iterable[WaitingOrder] = ()) -> None:
        self._orders: dict[int, WaitingOrder] = {order.order: order for order in orders}

    def new(self, order: WaitingOrder, time_in_force: int) -> Outcome:
        """Collect an order."""
        if order.order in self._orders:
            return Outcome.ORDER_ALREADY_LIVE
        at_once = time_in_force == TimeInForce.FOK or (time_in_force == TimeInForce.IOC and order.price_ticks)
        if at_once:
            return Outcome.INSTRUMENT_NOT_TRADING
        self._orders[order.order] = order
        return Outcome.ACCEPTED

    def cancel(self, order: int) -> Outcome:
        """Take an order out."""
        return Outcome.ORDER_UNKNOWN if self._orders.pop(order, None) is None else Outcome.ACCEPTED

    def reduce(self, order: int, by_lots: int) -> Outcome:
        """Take some of an order's quantity off; it keeps its priority."""
        waiting = self._orders.get(order)
        if waiting is None:
            return Outcome.ORDER_UNKNOWN
        if by_lots >= waiting.quantity_lots:
            return Outcome.REDUCTION_NOT_BELOW_REMAINING
        self._orders[order] = replace(waiting, quantity_lots=waiting.quantity_lots - by_lots)
        return Outcome.ACCEPTED

    def replace(self, order: int, price_ticks: int, quantity_lots: int) -> Outcome:
        """Cancel an order and collect it anew with other terms, behind those that wait."""
        waiting = self._orders.pop(order, None)
        if waiting is None:
            return Outcome.ORDER_UNKNOWN
        self._orders[order] = WaitingOrder(order, waiting.side, price_ticks, quantity_lots)
        return Outcome.ACCEPTED

    def waiting(self) -> list[WaitingOrder]:
        """All orders in order of arrival."""
        return list(self._orders.values())

    def uncross(self, rule: CallRule, reference_ticks: int | None) -> tuple[CallResult, list[WaitingOrder]]:
        """End the call: the auction's result, whose rows are those of `waiting()`, and what is left as limit orders."""
        orders = self.waiting()
        columns = np.array([(o.side, o.price_ticks, o.quantity_lots) for o in orders], np.int64).reshape(-1, 3)
        result = uncross(rule, columns[:, 0], columns[:, 1], columns[:, 2], reference_ticks=reference_ticks)
        left = [
            replace(order, quantity_lots=order.quantity_lots - fill)
            for order, fill in zip(orders, result.fills_lots.tolist(), strict=True)
            if order.price_ticks and fill < order.quantity_lots
        ]
        self._orders = {}
        return result, left
