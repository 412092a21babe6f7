"""The call auctions of the exchange: the orders that stand, put before the venue's rule.

A market order counts at every price and goes before the orders with a limit, although it stands in the book at the end
of the band, where its cash is held. Only where older orders stand beyond that end, so that the price could be there
too, is it an order with that limit: nobody pays more than is held. An iceberg counts whole. What the rule measures from
is the last price, or the reference price of the day before anything has traded.
"""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity
from engine.commands import CALLS, OrderType, Phase, Side
from engine.events import EventKind
from engine.exchange.picture import standing_levels, standing_orders
from engine.exchange.switching.kernels import CALL_FILL
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.call_auction import CALL_RULES, CallResult, CallRule, call_price, uncross
from engine.parameters.trading import CallRuleName
from engine.recorder import Recorder
from engine.views import Indicative


class Calls:
    """Looks at the calls of all instruments, and tells how they would end."""

    def __init__(self, capacity: Capacity, state: np.ndarray) -> None:
        self._capacity = capacity
        self._bytes = state.view(np.uint8)
        record = state[0]
        self._instruments = record["instruments"]
        self._guards = record["guards"]
        self._told = record["calls"]

    def in_call(self, instrument: int) -> bool:
        """Whether orders of an instrument gather for one price now."""
        return Phase(int(self._instruments["phase"][instrument])) in CALLS

    def result(self, instrument: int) -> tuple[CallResult, np.ndarray]:
        """How the call ends now, and its trades by order id (CALL_FILL)."""
        lines = self._lines(instrument)
        ended = uncross(
            self._rule(instrument),
            lines["side"],
            lines["price_ticks"],
            lines["remaining_lots"],
            reference_ticks=self._reference(instrument),
            price_step_ticks=int(self._instruments["price_step_ticks"][instrument]),
        )
        fills = np.zeros(len(ended.trades), CALL_FILL)
        fills["buy_id"] = lines["order_id"][ended.trades[:, 0]]
        fills["sell_id"] = lines["order_id"][ended.trades[:, 1]]
        fills["quantity_lots"] = ended.trades[:, 2]
        return ended, fills

    def indicative(self, instrument: int) -> Indicative | None:
        """How the call would end now; None outside a call. O(n + k log k) of n orders that stand at k prices."""
        if not self.in_call(instrument):
            return None
        levels = standing_levels(self._capacity, self._bytes, instrument)
        limit, market = (levels[levels[name] > 0] for name in ("limit_lots", "market_lots"))
        price, volume, surplus = call_price(
            self._rule(instrument),
            np.concatenate([limit["side"], market["side"]]),
            np.concatenate([limit["price_ticks"], _market_prices(market, limit["price_ticks"])]),
            np.concatenate([limit["limit_lots"], market["market_lots"]]),
            reference_ticks=self._reference(instrument),
            price_step_ticks=int(self._instruments["price_step_ticks"][instrument]),
        )
        return Indicative(instrument, price, volume, surplus)

    def tell(self, touched: np.ndarray, row: int, out: Recorder) -> None:
        """Tell of every touched instrument how its call would end, where that is not what was told last."""
        for instrument in touched.tolist():
            now = self.indicative(instrument)
            if now is None:
                continue
            told = self._told[instrument]
            said = (now.price_ticks or 0, now.volume_lots, now.surplus_lots)
            if said != (told["price_ticks"], told["volume_lots"], told["surplus_lots"]):
                told["price_ticks"], told["volume_lots"], told["surplus_lots"] = said
                out.add(
                    EventKind.CALL_INDICATED,
                    row,
                    instrument=instrument,
                    price_ticks=said[0],
                    quantity_lots=said[1],
                    remaining_lots=said[2],
                )

    def forget(self, instrument: int) -> None:
        """Outside a call nothing is told."""
        self._told[instrument] = 0

    def _lines(self, instrument: int) -> np.ndarray:
        """The orders of a call, a price of 0 for a market order; market orders first, then in order of priority."""
        lines = standing_orders(self._capacity, self._bytes, instrument)
        market = lines["order_type"] == OrderType.MARKET
        lines["price_ticks"][market] = _market_prices(lines[market], lines["price_ticks"][~market])
        return lines[np.argsort(~market, kind="stable")]

    def _rule(self, instrument: int) -> CallRule:
        return CALL_RULES[CallRuleName(int(self._instruments["call_rule"][instrument])).name.lower()]

    def _reference(self, instrument: int) -> int | None:
        guard = self._guards[instrument]
        return int(guard["last_price_ticks"]) or int(guard["reference_price_ticks"]) or None


def _market_prices(market: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """What market orders, which stand at the end of the band, count as: 0, or that end where any limit lies beyond."""
    price = market["price_ticks"]
    beyond = np.where(
        market["side"] == Side.BUY, limits.max(initial=0) > price, limits.min(initial=PRICE_TICKS_MAX) < price
    )
    return np.where(beyond, price, 0)
