"""A book kept current from a picture and the events after it: level for level the engine's own."""

from __future__ import annotations

from engine.commands import Side
from services.client.errors import GapFound
from services.client.records import MarketUpdate
from services.wire.jingjia.market.v1 import market_pb2


class BookMirror:
    """Levels of one instrument by price. `sequence` is the last event that they include."""

    def __init__(self, picture: market_pb2.GetBookResponse) -> None:
        """`picture` has to hold all levels (`levels=0`)."""
        self.instrument = picture.instrument
        self.sequence = picture.sequence
        self._sides = {
            Side.BUY: _by_price(picture.bids),
            Side.SELL: _by_price(picture.asks),
        }

    def apply(self, update: MarketUpdate) -> None:
        """Takes in a stretch that follows. What the picture has already is passed over; a gap raises GapFound."""
        if update.first_sequence > self.sequence + 1:
            raise GapFound(f"the mirror is at {self.sequence}, the update begins at {update.first_sequence}")
        events = update.events
        wanted = (
            (events.kinds == market_pb2.MARKET_EVENT_KIND_LEVEL)
            & (events.instruments == self.instrument)
            & (events.sequences > self.sequence)
        )
        for side, price, lots, orders in zip(
            events.sides[wanted].tolist(),
            events.price_ticks[wanted].tolist(),
            events.quantity_lots[wanted].tolist(),
            events.references[wanted].tolist(),
            strict=True,
        ):
            levels = self._sides[Side(side)]
            if lots:
                levels[price] = (lots, orders)
            else:
                levels.pop(price, None)
        self.sequence = max(self.sequence, update.last_sequence)

    def bids(self) -> list[tuple[int, int, int]]:
        """(price in ticks, lots shown, orders shown) of the buy side, best first."""
        return [(price, *self._sides[Side.BUY][price]) for price in sorted(self._sides[Side.BUY], reverse=True)]

    def asks(self) -> list[tuple[int, int, int]]:
        """(price in ticks, lots shown, orders shown) of the sell side, best first."""
        return [(price, *self._sides[Side.SELL][price]) for price in sorted(self._sides[Side.SELL])]


def _by_price(levels: market_pb2.Levels) -> dict[int, tuple[int, int]]:
    return {
        price: (lots, orders)
        for price, lots, orders in zip(levels.price_ticks, levels.quantity_lots, levels.orders, strict=True)
    }
