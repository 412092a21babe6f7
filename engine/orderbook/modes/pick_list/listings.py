"""The bare pick-list: rows of ORDERS in, events out, without accounts; read as any book is."""

from __future__ import annotations

from engine.capacity import SMALL, Capacity
from engine.orderbook.book import OrderBook
from engine.orderbook.layout import MarketData
from engine.orderbook.modes.pick_list.kernels import build_run


class PickList(OrderBook):
    """Listings of one or more instruments. As `OrderBook`, but nothing trades before it is picked.

    NEW, CANCEL, REDUCE and REPLACE rows are as in the book, with two differences: only limit orders that may wait are
    listings (others: ORDER_TYPE_NOT_OFFERED), and a replaced listing does not trade. A TAKE row names a listing in
    `order_id` and a quantity; its own order is known by its session and request id.
    """

    def __init__(
        self,
        capacity: Capacity = SMALL,
        market_data: MarketData = MarketData.NONE,
        *,
        reach_levels: int,
        any_at_level: bool,
    ) -> None:
        if reach_levels < 0:
            raise ValueError(f"reach of {reach_levels} levels: 0 (any price) or more is allowed")
        super().__init__(capacity, market_data)
        self._run = build_run(capacity)
        for instrument in range(capacity.instruments):
            self.set_guard(instrument, reach_levels=reach_levels, any_at_level=int(any_at_level))
