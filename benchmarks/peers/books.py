"""The peers: how each is driven through a flow, and what it leaves out.

Every peer is given as much of the work as it takes on. What it returns is compared with the compiled book's: trades
where it matches orders, the final queue of every price where it only keeps them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks.order_flow import hash_of_orders, hash_of_trades, trade_hash
from benchmarks.orderbook.python_books import DictBook, PythonBook, Queue, SortedBook, operations_of
from engine.capacity import MEDIUM
from engine.events import EventKind
from engine.orderbook import OrderBook
from engine.orderbook.layout import MarketData


@dataclass(frozen=True)
class Flow:
    """The same operations in the forms that the peers take them in."""

    records: np.ndarray
    rows: np.ndarray
    events: np.ndarray
    """What the compiled book tells about them."""


@dataclass(frozen=True)
class Result:
    """Time of a peer, and the hashes of what it came to (`trades` 0: it matches nothing)."""

    nanoseconds: int
    trades: int
    orders: int


@dataclass(frozen=True)
class Peer:
    """Something to compare with. `leaves_out`: what of the compiled book's work it does not do."""

    name: str
    package: str
    leaves_out: str
    run: Callable[[Flow], Result]

    def version(self) -> str:
        """The version that is installed; raises PackageNotFoundError when none is."""
        return metadata.version(self.package)


def run_python_book(make: Callable[[], PythonBook]) -> Callable[[Flow], Result]:
    """A way to run a book written in Python."""

    def run(flow: Flow) -> Result:
        operations = operations_of(flow.records)
        book = make()
        started = time.perf_counter_ns()
        book.apply(operations)
        spent = time.perf_counter_ns() - started
        return Result(spent, hash_of_trades(book.trades), hash_of_orders(book.orders()))

    return run


def run_compiled(size: int) -> Callable[[Flow], Result]:
    """A way to run the compiled book, through its Python interface in calls of so many rows."""

    def run(flow: Flow) -> Result:
        book = OrderBook(MEDIUM, MarketData.DEPTH)
        book.apply(flow.rows[:0])
        cuts = [flow.rows[start : start + size] for start in range(0, len(flow.rows), size)]
        started = time.perf_counter_ns()
        events = [book.apply(cut) for cut in cuts]
        spent = time.perf_counter_ns() - started
        lines = book.orders()
        columns = (lines[name].tolist() for name in ("order_id", "price_ticks", "remaining_lots"))
        orders = hash_of_orders(zip(*columns, (lines["side"] - 1).tolist(), strict=True))
        return Result(spent, trade_hash(np.concatenate(events)), orders)

    return run


class OrderBookPackage(PythonBook):
    """The matching of `PythonBook` over the sorted dictionaries, written in C, of the package `order-book`."""

    def __init__(self) -> None:
        super().__init__()
        import order_book

        self.bids: Any = order_book.SortedDict(ordering="DESC")
        self.asks: Any = order_book.SortedDict(ordering="ASC")

    def best(self, side: int) -> int:
        levels = self.asks if side else self.bids
        return int(levels.index(0)[0]) if len(levels) else 0

    def open_level(self, side: int, price: int) -> Queue:
        queue: Queue = {}
        (self.asks if side else self.bids)[price] = queue
        return queue

    def close_level(self, side: int, price: int) -> None:
        del (self.asks if side else self.bids)[price]

    def level(self, side: int, price: int) -> Queue | None:
        levels = self.asks if side else self.bids
        return levels[price] if price in levels else None  # noqa: SIM401 (it has no `get`)

    def orders(self) -> Iterator[tuple[int, int, int, int]]:
        for side, levels in enumerate((self.bids, self.asks)):
            for price, queue in levels.to_list():
                for order_id, lots in queue.items():
                    yield order_id, price, lots, side


def run_nautilus(flow: Flow) -> Result:
    """The book of `nautilus_trader`, order by order, told what entered, left and traded."""
    from nautilus_trader.model.book import OrderBook as NautilusBook
    from nautilus_trader.model.data import BookOrder
    from nautilus_trader.model.enums import BookType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity

    book = NautilusBook(InstrumentId.from_str("CEA.BENCH"), BookType.L3_MBO)
    sides = (OrderSide.BUY, OrderSide.SELL)
    calls = {"add": book.add, "update": book.update, "delete": book.delete}
    todo = []
    for what, order_id, price, lots, side in changes_of(flow.events):
        order = BookOrder(side=sides[side], price=Price(price, 0), size=Quantity(lots, 0), order_id=order_id)
        todo.append((calls[what], order))
    started = time.perf_counter_ns()
    for call, order in todo:
        call(order, 0)
    spent = time.perf_counter_ns() - started
    orders = (
        (order.order_id, int(level.price), int(order.size), side)
        for side, levels in enumerate((book.bids(), book.asks()))
        for level in levels
        for order in level.orders()
    )
    return Result(spent, 0, hash_of_orders(orders))


def changes_of(events: np.ndarray) -> Iterator[tuple[str, int, int, int, int]]:
    """What happens to the orders that rest: (add, update or delete; order, price, what is left, side 0 or 1)."""
    resting: dict[int, tuple[int, int, int]] = {}
    incoming: dict[int, tuple[int, int, int]] = {}
    names = ["kind", "order_id", "counter_order_id", "price_ticks", "quantity_lots", "remaining_lots", "side"]
    rows = zip(*(events[name].tolist() for name in [*names, "row"]), strict=True)
    last_row = None
    for kind, order, maker, price, lots, left, side, row in rows:
        if row != last_row:
            yield from _rested(incoming, resting)
            last_row = row
        match kind:
            case EventKind.ORDER_ACCEPTED:
                incoming[order] = price, lots, side - 1
            case EventKind.ORDER_REPLACED:
                yield "delete", order, *resting.pop(order)
                incoming[order] = price, lots, side - 1
            case EventKind.TRADE:
                limit, open_lots, its_side = incoming[order]
                incoming[order] = limit, open_lots - lots, its_side
                maker_price, _, maker_side = resting[maker]
                resting[maker] = maker_price, left, maker_side
                yield ("update" if left else "delete"), maker, maker_price, left, maker_side
                if not left:
                    del resting[maker]
            case EventKind.ORDER_REDUCED:
                resting[order] = price, left, side - 1
                yield "update", order, price, left, side - 1
            case EventKind.ORDER_CANCELLED:
                if order in incoming:
                    del incoming[order]
                else:
                    yield "delete", order, *resting.pop(order)
    yield from _rested(incoming, resting)


def _rested(
    incoming: dict[int, tuple[int, int, int]], resting: dict[int, tuple[int, int, int]]
) -> Iterator[tuple[str, int, int, int, int]]:
    """The orders of the last row that have come to rest."""
    for order, (price, lots, side) in incoming.items():
        if lots:
            resting[order] = price, lots, side
            yield "add", order, price, lots, side
    incoming.clear()


PEERS = (
    Peer("Jingjia, calls of 4,096 rows", "jingjia", "nothing", run_compiled(4_096)),
    Peer("Jingjia, calls of one row", "jingjia", "nothing", run_compiled(1)),
    Peer("plain dictionaries", "jingjia", "checks, result codes, market data", run_python_book(DictBook)),
    Peer("sortedcontainers", "sortedcontainers", "checks, result codes, market data", run_python_book(SortedBook)),
    Peer(
        "order-book",
        "order-book",
        "orders and matching (written in Python on its sorted dictionaries), checks, result codes, market data",
        run_python_book(OrderBookPackage),
    ),
    Peer(
        "nautilus_trader",
        "nautilus_trader",
        "matching (it is told what traded), checks, result codes; its order objects are made beforehand",
        run_nautilus,
    ),
)
