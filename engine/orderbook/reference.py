"""The order book again, slowly: plain Python integers and sorted dictionaries, written from the rules, not from the
kernels.

Shares no code with what it checks; tests feed both the same rows and compare every event. It knows no capacity: what is
refused because a pool is full is tested on its own.

The rules, in words. Better price first, older order first; a trade is at the resting order's price. A replaced order
goes to the end of the queue at its new price; a reduced one keeps its place. An iceberg shows a slice; when it is used
up the next one goes to the end of the queue. A stop waits for a trade at its price or beyond; when an incoming order
has run its course, the buy stops that its trades reached go first, by price and time, then the sell stops, each with
everything that its own trades reach. Orders of one self-trade group do not trade with each other unless the incoming
one allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    OrderCommand,
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
)
from engine.events import CancelReason, EventKind
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.reference_model import IMMEDIATE, LEAST_SHOWN, STOPS, Market, Order, Refused, best_first
from engine.orderbook.reference_tape import Event, Tape
from engine.outcomes import Outcome


class ReferenceBook(Tape):
    """Order books of several instruments; `apply` takes rows of ORDERS and gives the events they cause."""

    def __init__(self, instruments: int = 8, market_data: int = 0) -> None:
        super().__init__(instruments, market_data)
        self.groups: dict[int, int] = {}

    def apply(self, rows: Any, time_ns: int = 0) -> list[Event]:
        """Judge and carry out rows (a structured array of ORDERS), one after the other."""
        self.events = []
        self.row = 0
        self.time_ns = time_ns
        self.expire_orders(time_ns)
        names = rows.dtype.names
        for self.row, values in enumerate(rows.tolist()):
            row = dict(zip(names, values, strict=True))
            try:
                touched = self.carry_out(row)
            except Refused as refused:
                self.tell(
                    EventKind.REFUSED,
                    outcome=refused.outcome,
                    instrument=row["instrument"] & 0xFFFF,
                    participant=row["actor"],
                    order_id=row["order_id"],
                    price_ticks=row["price_ticks"],
                    quantity_lots=row["quantity_lots"],
                )
            else:
                self.tell_tops(touched)
        return self.events

    def expire_orders(self, time_ns: int) -> None:
        """Cancel the orders whose expiry has come, soonest first."""
        due = [order for order in self.live.values() if order.expire_ns and order.expire_ns <= time_ns]
        for order in sorted(due, key=lambda order: (order.expire_ns, order.order_id)):
            self.cancel(order, CancelReason.EXPIRED)
        if due:
            self.tell_tops(range(len(self.markets)))

    def carry_out(self, row: dict[str, int]) -> range:
        """Judge and carry out one row; the instruments it may have touched."""
        carry_out: dict[int, Callable[[dict[str, int]], range]] = {
            OrderCommand.NEW: self.new,
            OrderCommand.CANCEL: self.cancel_on_request,
            OrderCommand.REDUCE: self.reduce,
            OrderCommand.REPLACE: self.replace,
            OrderCommand.MASS_CANCEL: self.mass_cancel,
        }
        if row["command"] not in carry_out:
            raise Refused(Outcome.UNKNOWN_COMMAND)
        return carry_out[row["command"]](row)

    def new(self, row: dict[str, int]) -> range:
        self.judge_new(row)
        instrument, side = row["instrument"], row["side"]
        market = self.markets[instrument]
        price = row["price_ticks"]
        if row["order_type"] == OrderType.MARKET_TO_LIMIT:
            price = self.protected(market.guard, side, self.best_price(instrument, 3 - side), False)
        if row["order_type"] == OrderType.STOP:
            price = self.protected(market.guard, side, row["stop_price_ticks"], True)
        if row["order_type"] == OrderType.MARKET and self.only_waits(instrument):
            price = self.end_of_band(market.guard, side)
        order = Order(
            row["order_id"],
            row["actor"],
            self.groups.get(row["actor"]) or row["actor"],
            instrument,
            side,
            row["order_type"],
            row["time_in_force"],
            price,
            row["quantity_lots"],
            row["self_trade"] or market.guard.self_trade or SelfTrade.ALLOW,
            row["stop_price_ticks"],
            row["display_lots"],
            row["expire_ns"],
        )
        self.live[order.order_id] = order
        self.tell(EventKind.ORDER_ACCEPTED, order, quantity_lots=order.remaining, reference=order.time_in_force)
        extra = order.stop_price, order.display, row["minimum_lots"], order.expire_ns
        if any(extra) or order.order_type not in (OrderType.LIMIT, OrderType.MARKET):
            self.tell(
                EventKind.ORDER_TERMS,
                order,
                price_ticks=extra[0],
                quantity_lots=extra[1],
                remaining_lots=extra[2],
                counter_order_id=extra[3],
                reference=order.order_type,
            )
        if order.order_type in STOPS:
            order.waits = True
            market.stops[side].setdefault(order.stop_price, []).append(order)
        elif self.only_waits(instrument):
            self.rest(order)
        else:
            self.run(order, row["minimum_lots"])
        return range(instrument, instrument + 1)

    def cancel_on_request(self, row: dict[str, int]) -> range:
        order = self.find(row)
        self.cancel(order, CancelReason.REQUESTED)
        return range(order.instrument, order.instrument + 1)

    def reduce(self, row: dict[str, int]) -> range:
        lots = row["quantity_lots"]
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            raise Refused(Outcome.QUANTITY_OUT_OF_BOUNDS)
        order = self.find(row)
        if lots >= order.remaining:
            raise Refused(Outcome.REDUCTION_NOT_BELOW_REMAINING)
        order.remaining -= lots
        shown_before = order.shown
        order.shown = min(order.shown, order.remaining)
        self.tell(EventKind.ORDER_REDUCED, order, quantity_lots=lots, remaining_lots=order.remaining)
        if order.shown != shown_before:
            self.tell_depth(order.instrument, order.side, order.price)
        return range(order.instrument, order.instrument + 1)

    def replace(self, row: dict[str, int]) -> range:
        return self.give_new_terms(self.judge_replace(row), row["price_ticks"], row["quantity_lots"])

    def judge_replace(self, row: dict[str, int]) -> Order:
        """The order that may be replaced; raises Refused."""
        price, lots = row["price_ticks"], row["quantity_lots"]
        if not 1 <= price <= PRICE_TICKS_MAX:
            raise Refused(Outcome.PRICE_OUT_OF_BOUNDS)
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            raise Refused(Outcome.QUANTITY_OUT_OF_BOUNDS)
        order = self.find(row)
        if order.order_type in (OrderType.STOP, OrderType.MARKET):
            raise Refused(Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER)
        if order.display and lots > order.display * LEAST_SHOWN:
            raise Refused(Outcome.DISPLAY_QUANTITY_INVALID)
        self.judge_guard(order.instrument, price, lots)
        post_only = order.order_type == OrderType.POST_ONLY and not self.only_waits(order.instrument)
        if post_only and self.crosses(order.instrument, order.side, price):
            raise Refused(Outcome.POST_ONLY_WOULD_TRADE)
        return order

    def give_new_terms(self, order: Order, price: int, lots: int) -> range:
        """Replace an order that may be."""
        self.leave(order)
        before = order.remaining
        order.price, order.remaining = price, lots
        self.tell(EventKind.ORDER_REPLACED, order, quantity_lots=lots, remaining_lots=before)
        if order.waits:
            self.markets[order.instrument].stops[order.side].setdefault(order.stop_price, []).append(order)
        elif self.only_waits(order.instrument):
            self.rest(order)
        else:
            self.run(order, 0)
        return range(order.instrument, order.instrument + 1)

    def mass_cancel(self, row: dict[str, int]) -> range:
        if row["side"] > 2:
            raise Refused(Outcome.UNKNOWN_COMMAND)
        everywhere = row["instrument"] == ALL_INSTRUMENTS
        if not everywhere and row["instrument"] >= len(self.markets):
            raise Refused(Outcome.INSTRUMENT_UNKNOWN)
        instruments = range(len(self.markets)) if everywhere else range(row["instrument"], row["instrument"] + 1)
        target = row["participant"] or row["actor"]
        for instrument in instruments:
            for order in list(self.in_order(instrument)):
                if row["side"] in (0, order.side) and target in (order.participant, ALL_PARTICIPANTS):
                    self.cancel(order, CancelReason.MASS_CANCEL)
        return range(len(self.markets))

    def end_day(self, instrument: int) -> list[Event]:
        """Cancel the DAY orders of an instrument; the events."""
        self.events, self.row = [], 0
        for order in list(self.in_order(instrument)):
            if order.time_in_force == TimeInForce.DAY:
                self.cancel(order, CancelReason.DAY_ENDED)
        self.tell_tops(range(instrument, instrument + 1))
        return self.events

    def leave(self, order: Order) -> None:
        """Take an order out of the queue it stands in."""
        market = self.markets[order.instrument]
        queues = market.stops[order.side] if order.waits else market.queues[order.side]
        price = order.stop_price if order.waits else order.price
        queues[price].remove(order)
        if not queues[price]:
            del queues[price]
        if not order.waits:
            self.tell_depth(order.instrument, order.side, order.price)

    def cancel(self, order: Order, reason: CancelReason) -> None:
        """Cancel an order that stands in a queue."""
        self.tell(EventKind.ORDER_CANCELLED, order, quantity_lots=order.remaining, reference=reason)
        self.leave(order)
        del self.live[order.order_id]

    def run(self, order: Order, minimum: int) -> None:
        """Run an order, then every stop that its trades, and theirs, reached."""
        market = self.markets[order.instrument]
        market.trade_prices = []
        self.run_one(order, minimum)
        self.run_stops(market)

    def run_stops(self, market: Market) -> None:
        """Run the stops that the trade prices reach, and those that their trades reach."""
        while (stop := self.next_stop(market)) is not None:
            reached = max(market.trade_prices) if stop.side == Side.BUY else min(market.trade_prices)
            self.leave(stop)
            stop.waits = False
            self.tell(EventKind.ORDER_TRIGGERED, stop, price_ticks=reached, remaining_lots=stop.remaining)
            self.run_one(stop, 0)

    @staticmethod
    def next_stop(market: Market) -> Order | None:
        if market.trade_prices:
            for price, queue in market.stops[Side.BUY].items():
                if price <= max(market.trade_prices):
                    return queue[0]
            for price in reversed(market.stops[Side.SELL]):
                if price >= min(market.trade_prices):
                    return market.stops[Side.SELL][price][0]
        return None

    def certain(self, order: Order) -> int:
        """What an order is certain to trade: all it can reach, up to the first order of its own group in the way."""
        lots = 0
        queues = self.markets[order.instrument].queues[3 - order.side]
        for price in best_first(queues, order.side == Side.SELL):
            if order.price and (price > order.price if order.side == Side.BUY else price < order.price):
                break
            own = [other for other in queues[price] if other.group == order.group]
            if order.self_trade == SelfTrade.ALLOW:
                own = []
            others = [other for other in queues[price] if other not in own]
            if own and order.self_trade != SelfTrade.CANCEL_OLDEST:
                return lots + sum(other.shown for other in queues[price][: queues[price].index(own[0])])
            lots += sum(other.remaining for other in others)
        return lots

    def run_one(self, order: Order, minimum: int) -> None:
        """Trade an order that stands in no queue, then rest, cancel or end it."""
        needed = order.remaining if order.time_in_force == TimeInForce.FOK else minimum
        if needed and self.certain(order) < needed:
            self.tell(
                EventKind.ORDER_CANCELLED,
                order,
                quantity_lots=order.remaining,
                reference=CancelReason.MINIMUM_NOT_MET,
            )
            del self.live[order.order_id]
            return
        while order.remaining and self.crosses(order.instrument, order.side, order.price):
            self.meet_level(order)
        if order.remaining == 0:
            del self.live[order.order_id]
        elif order.order_type in (OrderType.MARKET, OrderType.STOP) or order.time_in_force in IMMEDIATE:
            self.tell(
                EventKind.ORDER_CANCELLED, order, quantity_lots=order.remaining, reference=CancelReason.MAY_NOT_REST
            )
            del self.live[order.order_id]
        else:
            self.rest(order)

    def rest(self, order: Order) -> None:
        """Put what is left of an order at the end of its queue."""
        order.shown = min(order.display or order.remaining, order.remaining)
        self.markets[order.instrument].queues[order.side].setdefault(order.price, []).append(order)
        self.tell_depth(order.instrument, order.side, order.price)

    def fill_standing(self, order: Order, lots: int) -> None:
        """Take traded lots off an order where it stands; an iceberg shows its next slice and keeps its place."""
        shown = order.shown - lots
        order.remaining -= lots
        order.shown = shown if shown > 0 else min(order.display, order.remaining)
        if not order.remaining:
            order.shown = 0
            self.leave(order)
            del self.live[order.order_id]
        else:
            self.tell_depth(order.instrument, order.side, order.price)

    def note_trade(self, buy: Order, sell: Order, price: int, lots: int) -> None:
        """Whoever keeps accounts hears of every trade here."""

    def meet_level(self, order: Order) -> None:
        """Let an order meet the best price of the other side, until one of them has nothing left."""
        market = self.markets[order.instrument]
        queues = market.queues[3 - order.side]
        price = self.best_price(order.instrument, 3 - order.side)
        queue = queues[price]
        before = [(other.order_id, other.shown) for other in queue]
        while order.remaining and queue:
            maker = queue[0]
            if order.self_trade != SelfTrade.ALLOW and maker.group == order.group:
                self.prevent(order, maker, queue)
            else:
                lots = min(order.remaining, maker.shown)
                order.remaining -= lots
                maker.remaining -= lots
                maker.shown -= lots
                traded_at = self.price_between(order, maker)
                market.trade_prices.append(traded_at)
                market.guard.last_price_ticks = traded_at
                buyer_came = order.side == Side.BUY
                self.note_trade(order if buyer_came else maker, maker if buyer_came else order, traded_at, lots)
                self.tell(
                    EventKind.TRADE,
                    order,
                    price_ticks=traded_at,
                    quantity_lots=lots,
                    remaining_lots=maker.remaining,
                    reference=order.price if order.side == Side.BUY else maker.price,
                    counterparty=maker.participant,
                    counter_order_id=maker.order_id,
                )
                self.after_use(maker, queue)
        after = [(other.order_id, other.shown) for other in queue]
        if not queue:
            del queues[price]
        if (len(before), sum(shown for _, shown in before)) != (len(after), sum(shown for _, shown in after)):
            self.tell_depth(order.instrument, 3 - order.side, price)

    def price_between(self, order: Order, maker: Order) -> int:
        """What two orders that meet trade at."""
        guard = self.markets[order.instrument].guard
        if not guard.median:
            return maker.price
        last = guard.last_price_ticks or guard.reference_price_ticks or maker.price
        unlimited = PRICE_TICKS_MAX if order.side == Side.BUY else 1
        return sorted([order.price or unlimited, maker.price, last])[1]

    def after_use(self, maker: Order, queue: list[Order]) -> None:
        """The order at the head of a queue was used: if it shows nothing any more, its next slice or its end."""
        if maker.shown:
            return
        queue.remove(maker)
        if maker.remaining:
            maker.shown = min(maker.display, maker.remaining)
            queue.append(maker)
            self.tell(EventKind.ORDER_REFRESHED, maker, quantity_lots=maker.shown, remaining_lots=maker.remaining)
        else:
            del self.live[maker.order_id]

    def prevent(self, order: Order, maker: Order, queue: list[Order]) -> None:
        """Two orders of one group meet: follow the incoming one's rule."""
        rule = order.self_trade
        if rule == SelfTrade.DECREMENT:
            lots = min(order.remaining, maker.shown)
            maker.shown -= lots
            for reduced in (maker, order):
                reduced.remaining -= lots
                self.tell(
                    EventKind.ORDER_REDUCED,
                    reduced,
                    quantity_lots=lots,
                    remaining_lots=reduced.remaining,
                    reference=CancelReason.SELF_TRADE,
                )
            self.after_use(maker, queue)
            return
        if rule in (SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH):
            self.tell(
                EventKind.ORDER_CANCELLED, maker, quantity_lots=maker.remaining, reference=CancelReason.SELF_TRADE
            )
            queue.remove(maker)
            del self.live[maker.order_id]
        if rule in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH):
            self.tell(
                EventKind.ORDER_CANCELLED, order, quantity_lots=order.remaining, reference=CancelReason.SELF_TRADE
            )
            order.remaining = 0
