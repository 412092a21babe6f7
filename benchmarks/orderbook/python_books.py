"""Order books as one writes them in Python: what the compiled book is measured against.

Price-time priority for limit, market and immediate-or-cancel orders, cancel, reduce and replace, and nothing more: no
check of any input beyond what is there to cancel or reduce, no result codes, no market data. `SortedBook` keeps its
levels in sorted dictionaries, `DictBook` in plain ones, walking tick by tick from an emptied best price to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np
from sortedcontainers import SortedDict

from benchmarks.order_flow import CANCEL, IOC, LIMIT, MARKET, REDUCE, REPLACE
from engine.limits import PRICE_TICKS_MAX

Queue = dict[int, int]
"""Order id to what is left of it, oldest first."""
Operation = tuple[int, int, int, int, int]
"""Type, side, order id, price, quantity: the columns of a record of `benchmarks.order_flow`."""


def operations_of(records: np.ndarray) -> list[Operation]:
    """The records of a flow as tuples."""
    columns = (records[name].tolist() for name in ("type", "side", "order_id", "price", "quantity"))
    return list(zip(*columns, strict=True))


class PythonBook:
    """What the books have in common. `trades`: (taker, maker, price, quantity), in order."""

    bids: MutableMapping[int, Queue]
    asks: MutableMapping[int, Queue]

    def __init__(self) -> None:
        self.where: dict[int, tuple[int, int]] = {}
        self.trades: list[tuple[int, int, int, int]] = []

    def best(self, side: int) -> int:
        """The best price of a side, 0 when it is empty."""
        raise NotImplementedError

    def open_level(self, side: int, price: int) -> Queue:
        """An empty queue at a price."""
        raise NotImplementedError

    def close_level(self, side: int, price: int) -> None:
        """Take away a queue that has become empty."""
        raise NotImplementedError

    def level(self, side: int, price: int) -> Queue | None:
        """The queue at a price, if there is one."""
        return (self.asks if side else self.bids).get(price)

    def apply(self, operations: list[Operation]) -> None:
        """Carry out operations, one after the other."""
        where = self.where
        for kind, side, order_id, price, lots in operations:
            if kind == LIMIT:
                self.enter(side, order_id, price, lots)
            elif kind == CANCEL:
                if order_id in where:
                    self.leave(order_id)
            elif kind == REDUCE:
                if order_id in where:
                    there, at = where[order_id]
                    queue = (self.asks if there else self.bids)[at]
                    if queue[order_id] > lots:
                        queue[order_id] -= lots
            elif kind == REPLACE:
                if order_id in where:
                    self.leave(order_id)
                    self.enter(side, order_id, price, lots)
            elif kind == IOC:
                self.trade(side, order_id, price, lots)
            elif kind == MARKET:
                self.trade(side, order_id, 1 if side else PRICE_TICKS_MAX, lots)

    def enter(self, side: int, order_id: int, price: int, lots: int) -> None:
        lots = self.trade(side, order_id, price, lots)
        if lots:
            queue = self.level(side, price)
            if queue is None:
                queue = self.open_level(side, price)
            queue[order_id] = lots
            self.where[order_id] = side, price

    def leave(self, order_id: int) -> None:
        side, price = self.where.pop(order_id)
        queue = (self.asks if side else self.bids)[price]
        del queue[order_id]
        if not queue:
            self.close_level(side, price)

    def trade(self, side: int, taker: int, limit: int, lots: int) -> int:
        """Trade against the other side as far as the limit allows; what is left."""
        other = 1 - side
        levels = self.asks if other else self.bids
        while lots:
            price = self.best(other)
            if price == 0 or (price < limit if side else price > limit):
                break
            queue = levels[price]
            while lots and queue:
                maker = next(iter(queue))
                there = queue[maker]
                traded = min(there, lots)
                lots -= traded
                self.trades.append((taker, maker, price, traded))
                if traded == there:
                    del queue[maker], self.where[maker]
                else:
                    queue[maker] = there - traded
            if not queue:
                self.close_level(other, price)
        return lots

    def orders(self) -> Iterator[tuple[int, int, int, int]]:
        """Every live order: id, price, what is left, side."""
        for side, levels in enumerate((self.bids, self.asks)):
            for price, queue in levels.items():
                for order_id, lots in queue.items():
                    yield order_id, price, lots, side


class SortedBook(PythonBook):
    """Levels in `sortedcontainers.SortedDict`."""

    def __init__(self) -> None:
        super().__init__()
        self.bids: Any = SortedDict()
        self.asks: Any = SortedDict()

    def best(self, side: int) -> int:
        if side:
            return int(self.asks.keys()[0]) if self.asks else 0
        return int(self.bids.keys()[-1]) if self.bids else 0

    def open_level(self, side: int, price: int) -> Queue:
        queue: Queue = {}
        (self.asks if side else self.bids)[price] = queue
        return queue

    def close_level(self, side: int, price: int) -> None:
        del (self.asks if side else self.bids)[price]


class DictBook(PythonBook):
    """Levels in plain dictionaries, the best price of each side remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.bids: dict[int, Queue] = {}
        self.asks: dict[int, Queue] = {}
        self.bests = [0, 0]

    def best(self, side: int) -> int:
        return self.bests[side]

    def open_level(self, side: int, price: int) -> Queue:
        queue = (self.asks if side else self.bids)[price] = {}
        best = self.bests[side]
        if best == 0 or (price < best if side else price > best):
            self.bests[side] = price
        return queue

    def close_level(self, side: int, price: int) -> None:
        levels = self.asks if side else self.bids
        del levels[price]
        if price == self.bests[side]:
            step = 1 if side else -1
            while levels and price not in levels:
                price += step
            self.bests[side] = price if levels else 0
