"""The compiled book and its slow twin, side by side: same rows in, every event and the whole book compared."""

from __future__ import annotations

import numpy as np

from engine.capacity import SMALL, Capacity
from engine.events import EVENT
from engine.orderbook import OrderBook
from engine.orderbook.invariants import check_book
from engine.orderbook.layout import MarketData
from engine.orderbook.reference import ReferenceBook
from engine.orderbook.reference_model import Order


class Twins:
    """Both books; `apply` raises AssertionError with the first event that differs."""

    def __init__(self, market_data: MarketData = MarketData.DEPTH_AND_TOP, capacity: Capacity = SMALL) -> None:
        self.fast = OrderBook(capacity, market_data)
        self.slow = ReferenceBook(capacity.instruments, market_data)

    def apply(self, rows: np.ndarray, time_ns: int) -> np.ndarray:
        """Feed both; the events they agree on."""
        events = self.fast.apply(rows, time_ns)
        self.compare(events, self.slow.apply(rows, time_ns), rows)
        return events

    def compare(self, fast: np.ndarray, slow: list[tuple[int, ...]], rows: np.ndarray | None = None) -> None:
        """Raise at the first event that differs, with the row that caused it."""
        for position, (mine, expected) in enumerate(zip(fast.tolist(), slow, strict=False)):
            if mine != expected:
                columns = [
                    f"{name}: compiled {a}, twin {b}"
                    for name, a, b in zip(EVENT.names or (), mine, expected, strict=True)
                    if a != b
                ]
                row = "" if rows is None else f"\nrow {rows[expected[5]]}"
                raise AssertionError(f"event {position}: {'; '.join(columns)}\n{mine}\n{expected}{row}")
        assert len(fast) == len(slow), f"{len(fast)} events, the twin has {len(slow)}: {(fast.tolist() + slow)[-1]}"

    def end_day(self, instrument: int) -> np.ndarray:
        events = self.fast.end_day(instrument)
        self.compare(events, self.slow.end_day(instrument))
        return events

    def set_guard(self, instrument: int, **values: int) -> None:
        self.fast.set_guard(instrument, **values)
        for name, value in values.items():
            setattr(self.slow.markets[instrument].guard, name, value)

    def set_self_trade_group(self, participant: int, head: int) -> None:
        self.fast.set_self_trade_group(participant, head)
        self.slow.groups[participant] = head

    def check(self) -> None:
        """The invariants hold, and both books hold the same orders in the same order."""
        check_book(self.fast.state)
        assert [as_order(line) for line in self.fast.orders()] == self.slow.orders()


def as_order(line: np.void) -> Order:
    """A line of the compiled book's list of orders, as the twin holds it."""
    waits = line["ladder"] >= 2
    return Order(
        order_id=int(line["order_id"]),
        participant=int(line["participant"]),
        group=int(line["self_trade_group"]),
        instrument=int(line["instrument"]),
        side=int(line["side"]),
        order_type=int(line["order_type"]),
        time_in_force=int(line["time_in_force"]),
        price=int(line["price_ticks"]),
        remaining=int(line["remaining_lots"]),
        self_trade=int(line["self_trade"]),
        stop_price=int(line["stop_price_ticks"]),
        display=int(line["display_lots"]),
        expire_ns=int(line["expire_ns"]),
        shown=0 if waits else int(line["shown_lots"]),
        waits=bool(waits),
    )
