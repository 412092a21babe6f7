"""The continuous phases of a replay: rows of the log as commands of the real book, its trades as columns of the log.

Order ids of the log are text; the book gets their position plus one. The book is as large as the log could ever need,
within the largest capacity class; a log with more live orders than that is told so, never replayed in part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from engine.capacity import CLASSES, Capacity
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.events import EventKind
from engine.limits import BATCH_ROWS_MAX
from engine.orderbook import OrderBook
from engine.outcomes import Outcome
from services.errors import BadInput
from services.replay.call_phase import WaitingOrder
from services.replay.log import Integers, OrderLog

_FULL = (Outcome.ORDERS_FULL, Outcome.LEVELS_FULL)

TradeColumns = tuple[Integers, Integers, Integers, Integers, Integers, Integers]
"""Seq of the row, price, quantity, buy order, sell order, side of the incoming order."""


class ContinuousPhase:
    """A book that starts empty. `run` replays rows of the log; `take_over` gives it the orders that a call has left."""

    def __init__(self, log: OrderLog) -> None:
        self._log = log
        self._capacity = capacity_for(log)
        self._book = OrderBook(self._capacity)

    def run(self, first: int, last: int) -> Iterator[tuple[int, TradeColumns, Counter[Outcome]]]:
        """Replay rows `first` to `last`; yields (rows done, trades, refusals by outcome) batch by batch."""
        log = self._log
        for start in range(first, last, BATCH_ROWS_MAX):
            part = slice(start, min(start + BATCH_ROWS_MAX, last))
            rows = rows_of(Table.ORDERS, part.stop - part.start)
            rows["command"] = log.commands[part]
            rows["side"] = log.sides[part]
            rows["order_type"] = log.types[part]
            rows["time_in_force"] = log.tifs[part]
            rows["order_id"] = log.orders[part] + 1
            rows["price_ticks"] = log.prices_ticks[part]
            rows["quantity_lots"] = log.quantities_lots[part]
            yield part.stop, *self._apply(rows, log.seqs[part])

    def take_over(self, orders: Iterable[WaitingOrder]) -> None:
        """Put limit orders into the empty book, best priority first. They cannot trade with each other."""
        listed = list(orders)
        for start in range(0, len(listed), BATCH_ROWS_MAX):
            part = listed[start : start + BATCH_ROWS_MAX]
            rows = rows_of(Table.ORDERS, len(part))
            rows["command"] = OrderCommand.NEW
            rows["order_type"] = OrderType.LIMIT
            rows["time_in_force"] = TimeInForce.GTC
            rows["side"] = [order.side for order in part]
            rows["order_id"] = [order.order + 1 for order in part]
            rows["price_ticks"] = [order.price_ticks for order in part]
            rows["quantity_lots"] = [order.quantity_lots for order in part]
            trades, refused = self._apply(rows, np.zeros(len(part), np.int64))
            if trades[0].size or refused:
                raise RuntimeError(f"orders left by a call traded {trades[0].size} times, refused: {dict(refused)}")

    def orders(self) -> list[WaitingOrder]:
        """The live orders: buys before sells, best first, then by priority."""
        return [
            WaitingOrder(int(order.order_id) - 1, int(order.side), int(order.price_ticks), int(order.remaining_lots))
            for order in self._book.orders()
        ]

    def _apply(self, rows: np.ndarray, seqs: Integers) -> tuple[TradeColumns, Counter[Outcome]]:
        events = self._book.apply(rows)
        told = events[events["kind"] == EventKind.TRADE]
        refused = events[events["kind"] == EventKind.REFUSED]
        buying = told["side"] == Side.BUY
        takers, makers = told["order_id"] - 1, told["counter_order_id"] - 1
        trades = (
            seqs[told["row"]],
            told["price_ticks"].copy(),
            told["quantity_lots"].copy(),
            np.where(buying, takers, makers),
            np.where(buying, makers, takers),
            told["side"].astype(np.int64),
        )
        outcomes, counts = np.unique(refused["outcome"], return_counts=True)
        by_outcome = Counter({Outcome(int(o)): int(n) for o, n in zip(outcomes, counts, strict=True)})
        if any(by_outcome[outcome] for outcome in _FULL):
            raise BadInput(
                f"the log has more than {self._capacity.orders:,} live orders or {self._capacity.levels:,} prices at "
                "once, which is more than the largest book holds; replay a part of it"
            )
        return trades, by_outcome


def capacity_for(log: OrderLog) -> Capacity:
    """The smallest class that surely holds every order of the log at once, else the largest class."""
    count = int(np.count_nonzero(log.commands == OrderCommand.NEW))
    fitting = [capacity for capacity in CLASSES.values() if count <= min(capacity.orders, capacity.levels)]
    return min(fitting, default=max(CLASSES.values(), key=_orders), key=_orders)


def _orders(capacity: Capacity) -> int:
    return capacity.orders
