"""The part of the slow book that looks and judges: what is in the book, and for which reason a row is refused."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import OrderType, SelfTrade, Side, TimeInForce
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.reference_model import (
    IMMEDIATE,
    LEAST_SHOWN,
    STOPS,
    UNPRICED,
    Guard,
    Market,
    Order,
    Refused,
    best_first,
)
from engine.outcomes import Outcome


class Desk:
    """The markets, the live orders, and the questions asked of them. Changes nothing."""

    def __init__(self, instruments: int) -> None:
        self.markets = [Market() for _ in range(instruments)]
        self.time_ns = 0
        self.live: dict[int, Order] = {}

    def only_waits(self, instrument: int) -> bool:
        """Whether orders of an instrument rest even where they cross. Never in a bare book."""
        del instrument
        return False

    @staticmethod
    def end_of_band(guard: Guard, side: int) -> int:
        """Where a market order stands that waits; 0: nothing bounds it."""
        return guard.band_high_ticks if side == Side.BUY else max(guard.band_low_ticks, 1)

    def find(self, row: dict[str, int]) -> Order:
        if row["order_id"] not in self.live:
            raise Refused(Outcome.ORDER_UNKNOWN)
        return self.live[row["order_id"]]

    def judge_new(self, row: dict[str, int]) -> None:
        """Refuse a new order for the first reason that holds, in the order of the list of outcomes."""
        for outcome, holds in self.reasons(row):
            if holds:
                raise Refused(outcome)

    def reasons(self, row: dict[str, int]) -> Iterator[tuple[Outcome, bool]]:
        kind, tif, side, lots = row["order_type"], row["time_in_force"], row["side"], row["quantity_lots"]
        price, stop, display, minimum = (
            row[name] for name in ("price_ticks", "stop_price_ticks", "display_lots", "minimum_lots")
        )
        known = (
            side in (1, 2)
            and kind in list(OrderType)
            and tif in list(TimeInForce)
            and row["self_trade"] in list(SelfTrade)
            and row["order_id"] >= 1
        )
        yield Outcome.UNKNOWN_COMMAND, not known
        yield Outcome.PRICE_OUT_OF_BOUNDS, kind not in UNPRICED and not 1 <= price <= PRICE_TICKS_MAX
        yield Outcome.QUANTITY_OUT_OF_BOUNDS, not 1 <= lots <= QUANTITY_LOTS_MAX
        yield Outcome.INSTRUMENT_UNKNOWN, row["instrument"] >= len(self.markets)
        yield Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER, kind in UNPRICED and price != 0
        yield Outcome.ORDER_ALREADY_LIVE, row["order_id"] in self.live
        yield (
            Outcome.ORDER_TERMS_CONTRADICTORY,
            (kind == OrderType.POST_ONLY and (tif in IMMEDIATE or minimum != 0))
            or (kind == OrderType.MARKET and tif == TimeInForce.GTD)
            or (minimum != 0 and (tif == TimeInForce.FOK or kind in STOPS)),
        )
        yield Outcome.STOP_PRICE_OUT_OF_BOUNDS, not (1 <= stop <= PRICE_TICKS_MAX if kind in STOPS else stop == 0)
        may_hide = kind not in (OrderType.MARKET, OrderType.STOP) and tif not in IMMEDIATE
        yield (
            Outcome.DISPLAY_QUANTITY_INVALID,
            display != 0 and not (may_hide and 0 < display < lots <= display * LEAST_SHOWN),
        )
        yield Outcome.MINIMUM_QUANTITY_INVALID, not 0 <= minimum <= lots
        in_future = row["expire_ns"] > self.time_ns if tif == TimeInForce.GTD else row["expire_ns"] == 0
        yield Outcome.EXPIRY_NOT_IN_FUTURE, not in_future
        self.judge_guard(row["instrument"], price, lots)
        last = self.markets[row["instrument"]].guard.last_price_ticks
        reached = last != 0 and (last >= stop if side == Side.BUY else last <= stop)
        yield Outcome.STOP_PRICE_ALREADY_REACHED, kind in STOPS and reached
        waits = self.only_waits(row["instrument"])
        crosses = kind == OrderType.POST_ONLY and self.crosses(row["instrument"], side, price)
        yield Outcome.POST_ONLY_WOULD_TRADE, crosses and not waits
        needs_other_side = not waits and kind in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
        yield Outcome.NO_LIQUIDITY, needs_other_side and not self.markets[row["instrument"]].queues[3 - side]

    def judge_guard(self, instrument: int, price: int, lots: int) -> None:
        guard = self.markets[instrument].guard
        middle = guard.last_price_ticks or guard.reference_price_ticks
        high = guard.band_high_ticks or PRICE_TICKS_MAX
        far = guard.dynamic_band_ticks and middle and abs(price - middle) > guard.dynamic_band_ticks
        for outcome, holds in (
            (Outcome.INSTRUMENT_HALTED, guard.halted),
            (Outcome.QUANTITY_BELOW_MINIMUM, lots < guard.minimum_lots),
            (Outcome.QUANTITY_ABOVE_MAXIMUM, guard.maximum_lots and lots > guard.maximum_lots),
            (Outcome.PRICE_OUTSIDE_BAND, price and not guard.band_low_ticks <= price <= high),
            (Outcome.PRICE_OUTSIDE_DYNAMIC_BAND, price and far),
        ):
            if holds:
                raise Refused(outcome)

    @staticmethod
    def protected(guard: Guard, side: int, start: int, may_be_unlimited: bool) -> int:
        """How far an order without a limit may go that starts from a price; 0: as far as it likes."""
        low, high = guard.band_low_ticks, guard.band_high_ticks
        reach = guard.protection_ticks
        if not reach and may_be_unlimited:
            return high if side == Side.BUY else low
        if side == Side.BUY:
            return min(start + reach, high or PRICE_TICKS_MAX, PRICE_TICKS_MAX)
        return max(start - reach, low, 1)

    def best_price(self, instrument: int, side: int) -> int:
        """The best price of a side that has orders."""
        return best_first(self.markets[instrument].queues[side], side == Side.BUY)[0]

    def crosses(self, instrument: int, side: int, price: int) -> bool:
        """Whether an order at this price (0: any) would meet one of the other side."""
        if not self.markets[instrument].queues[3 - side]:
            return False
        other = self.best_price(instrument, 3 - side)
        return price == 0 or (price >= other if side == Side.BUY else price <= other)

    def in_order(self, instrument: int) -> Iterator[Order]:
        """Every live order of an instrument: bids, asks, buy stops, sell stops, best price first, oldest first."""
        market = self.markets[instrument]
        for queues, highest in (
            (market.queues[Side.BUY], True),
            (market.queues[Side.SELL], False),
            (market.stops[Side.BUY], False),
            (market.stops[Side.SELL], True),
        ):
            for price in best_first(queues, highest):
                yield from queues[price]

    def orders(self) -> list[Order]:
        """Every live order, instrument by instrument."""
        return [order for instrument in range(len(self.markets)) for order in self.in_order(instrument)]
