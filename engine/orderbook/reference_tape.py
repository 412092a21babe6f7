"""The part of the slow book that tells: events as rows of plain integers."""

from __future__ import annotations

from engine.commands import Side
from engine.events import EventKind
from engine.orderbook.reference_desk import Desk
from engine.orderbook.reference_model import Order, best_first

Event = tuple[int, ...]
"""The columns of `engine.events.EVENT`, in their order."""


class Tape(Desk):
    """Collects the events of a batch."""

    def __init__(self, instruments: int, market_data: int) -> None:
        super().__init__(instruments)
        self.market_data = market_data
        self.events: list[Event] = []
        self.row = 0

    def tell(self, kind: EventKind, order: Order | None = None, **columns: int) -> None:
        """Add an event; what is not said is the order's, or 0."""
        said = {
            "side": order.side if order else 0,
            "instrument": order.instrument if order else 0,
            "participant": order.participant if order else 0,
            "order_id": order.order_id if order else 0,
            "price_ticks": order.price if order else 0,
        } | columns
        names = "side outcome parameter instrument row participant counterparty reference order_id counter_order_id "
        names += "price_ticks quantity_lots remaining_lots amount_minor"
        self.events.append((int(kind), *(int({"row": self.row, **said}.get(name, 0)) for name in names.split())))

    def tell_depth(self, instrument: int, side: int, price: int) -> None:
        if self.market_data:
            queue = self.markets[instrument].queues[side].get(price, [])
            shown = sum(order.shown for order in queue)
            self.tell(
                EventKind.DEPTH_CHANGED,
                instrument=instrument,
                side=side,
                price_ticks=price,
                quantity_lots=shown,
                reference=len(queue),
            )

    def tell_tops(self, instruments: range) -> None:
        if self.market_data < 2:
            return
        for instrument in instruments:
            market = self.markets[instrument]
            for side in (Side.BUY, Side.SELL):
                queues = market.queues[side]
                top = (0, 0, 0)
                if queues:
                    price = best_first(queues, side == Side.BUY)[0]
                    top = price, sum(order.shown for order in queues[price]), len(queues[price])
                if top != market.told_top[side]:
                    market.told_top[side] = top
                    self.tell(
                        EventKind.TOP_CHANGED,
                        instrument=instrument,
                        side=side,
                        price_ticks=top[0],
                        quantity_lots=top[1],
                        reference=top[2],
                    )
