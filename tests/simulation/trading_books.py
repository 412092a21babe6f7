"""The auditor's book of orders: queues by price, holds, phases, and what may come of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.commands import CALLS, OrderCommand, OrderType, Phase, Side, TimeInForce
from engine.events import EventKind
from engine.outcomes import Outcome
from tests.simulation.books import FREE, HELD, Handlers, Row, must
from tests.simulation.levies import Levies
from tests.simulation.settling_books import SettlingBooks


@dataclass
class Order:
    """A live order; `resting` once its own row has ended."""

    number: int
    owner: int
    side: Side
    price: int
    left: int
    market: bool
    force: int
    whole: int
    resting: bool = False


class TradingBooks(SettlingBooks):
    """Orders of one instrument."""

    def __init__(self, *, tick_value: int, price_step: int, quantity_step: int, levies: Levies) -> None:
        super().__init__(tick_value, levies)
        self.price_step, self.quantity_step = price_step, quantity_step
        self.orders: dict[int, Order] = {}
        self.queues: dict[tuple[Side, int], list[int]] = {}
        self.phase = Phase.CLOSED
        self.call_price = self.call_left = 0

    def trading_handlers(self) -> Handlers:
        return {
            EventKind.ORDER_ACCEPTED: self._accepted,
            EventKind.TRADE: self._trade,
            EventKind.ORDER_CANCELLED: self._cancelled,
            EventKind.ORDER_REDUCED: self._reduced,
            EventKind.ORDER_REPLACED: self._replaced,
            EventKind.PHASE_CHANGED: self._phase_changed,
            EventKind.CALL_UNCROSSED: self._uncrossed,
            EventKind.CALL_TRADE: self._call_trade,
        }

    @property
    def waits(self) -> bool:
        """Whether orders gather without trading."""
        return self.phase in CALLS

    def best(self, side: Side) -> int | None:
        prices = [price for (of, price), queue in self.queues.items() if of is side and queue]
        if not prices:
            return None
        return max(prices) if side is Side.BUY else min(prices)

    def is_crossed(self) -> bool:
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        return bid is not None and ask is not None and bid >= ask

    def end_of_orders(self) -> None:
        """A row has ended: what is left of its orders rests, if it may."""
        for order in [order for order in self.orders.values() if not order.resting]:
            if order.left == 0:
                del self.orders[order.number]
                continue
            must(not order.market and order.force == TimeInForce.GTC, "an order rests that may not")
            order.resting = True
            self.queues.setdefault((order.side, order.price), []).append(order.number)
        must(self.call_left == 0, f"{self.call_left} lots of a call's volume were not traded")

    def check_orders(self) -> None:
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        may_cross = self.waits or self.phase in (Phase.HALTED, Phase.CLOSED)
        must(may_cross or not self.is_crossed(), f"the book is crossed: {bid} and {ask}")

    def held_by_orders(self, owner: int) -> tuple[int, int]:
        """Cash and lots that the live orders of somebody need."""
        own = [order for order in self.orders.values() if order.owner == owner]
        cash = sum(self.need(order.price, order.left) for order in own if order.side is Side.BUY)
        return cash, sum(order.left for order in own if order.side is Side.SELL)

    # -- what is possible ----------------------------------------------------------------------------------------------

    def against_phase(self, row: Row) -> list[Outcome]:
        ends_call = self.waits and row["phase"] not in (*CALLS, Phase.HALTED)
        if row["phase"] == Phase.CONTINUOUS and not ends_call and self.is_crossed():
            return [Outcome.ORDERS_STILL_CROSS]
        return []

    def against_order(self, row: Row) -> list[Outcome]:
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if row["actor"] in self.operators else []
        command, price, lots = row["command"], row["price_ticks"], row["quantity_lots"]
        if command in (OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE):
            found += self._against_change(row)
            if command == OrderCommand.CANCEL:
                return found
        else:
            found += self._against_phase_of(row)
        if lots < 1:
            found.append(Outcome.QUANTITY_OUT_OF_BOUNDS)
        if lots % self.quantity_step:
            found.append(Outcome.QUANTITY_OFF_LOT)
        if command == OrderCommand.REDUCE:
            return found
        market = command == OrderCommand.NEW and row["order_type"] == OrderType.MARKET
        if not market and price < 1:
            found.append(Outcome.PRICE_OUT_OF_BOUNDS)
        if price % self.price_step:
            found.append(Outcome.PRICE_OFF_TICK)
        if command == OrderCommand.REPLACE:
            found += [] if self.phase is not Phase.CLOSED else [Outcome.INSTRUMENT_NOT_TRADING]
            return found + self._against_more(row)
        side = Side(row["side"])
        if market and not self.waits and self.best(_other(side)) is None:
            found.append(Outcome.NO_LIQUIDITY)
        if market and self.waits and side is Side.BUY:
            found.append(Outcome.ORDER_WITHOUT_BOUND)
        need = (0 if self.waits else self._cost(lots)) if market else self.need(price, lots)
        if side is Side.BUY and need > self.cash[row["actor"]][FREE]:
            found.append(Outcome.CASH_INSUFFICIENT)
        return found + (self.against_units(row["actor"], lots) if side is Side.SELL else [])

    def _against_phase_of(self, row: Row) -> list[Outcome]:
        if self.phase is Phase.CLOSED:
            return [Outcome.INSTRUMENT_NOT_TRADING]
        if self.phase is Phase.HALTED:
            return [Outcome.INSTRUMENT_HALTED]
        at_once = row["time_in_force"] in (TimeInForce.IOC, TimeInForce.FOK)
        return [Outcome.ORDER_TYPE_NOT_OFFERED] if self.waits and at_once else []

    def _against_change(self, row: Row) -> list[Outcome]:
        order = self.orders.get(row["order_id"])
        if order is None:
            return [Outcome.ORDER_UNKNOWN]
        found = [] if order.owner == row["actor"] else [Outcome.ORDER_NOT_OF_PARTICIPANT]
        if row["command"] == OrderCommand.REDUCE and row["quantity_lots"] >= order.left:
            found.append(Outcome.REDUCTION_NOT_BELOW_REMAINING)
        if self.phase is Phase.FIRM_CALL:
            found.append(Outcome.NO_CANCEL_PERIOD)
        if self.phase is Phase.HALTED and row["command"] == OrderCommand.REPLACE:
            found.append(Outcome.INSTRUMENT_HALTED)
        return found

    def _against_more(self, row: Row) -> list[Outcome]:
        order = self.orders.get(row["order_id"])
        if order is None or order.owner != row["actor"]:
            return []
        cash = self.need(row["price_ticks"], row["quantity_lots"]) - self.need(order.price, order.left)
        if order.side is Side.BUY and cash > self.cash[order.owner][FREE]:
            return [Outcome.CASH_INSUFFICIENT]
        return self.against_units(order.owner, row["quantity_lots"] - order.left) if order.side is Side.SELL else []

    def _cost(self, lots: int) -> int:
        cost, wanted = 0, lots
        for _, price in sorted(key for key in self.queues if key[0] is Side.SELL):
            for number in self.queues[Side.SELL, price]:
                taken = min(lots, self.orders[number].left)
                cost, lots = cost + taken * price * self.tick_value, lots - taken
        return cost + self.levies.most_on_arrival(cost, wanted)

    # -- what happened -------------------------------------------------------------------------------------------------

    def _accepted(self, event: Any) -> None:
        number, side = int(event["order_id"]), Side(int(event["side"]))
        must(number not in self.orders, f"order {number} is accepted twice")
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        force = int(event["reference"])
        order = Order(number, int(event["participant"]), side, price, lots, price == 0, force, lots)
        self.orders[number] = order
        self._hold(order, self.need(price, lots), lots)

    def _trade(self, event: Any) -> None:
        taker, maker = self.orders[int(event["order_id"])], self.orders[int(event["counter_order_id"])]
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        must(self.phase is Phase.CONTINUOUS, f"a trade in the phase {self.phase.name}")
        must(maker.resting and not taker.resting, "a trade between orders that could not meet")
        must(maker.side is not taker.side, "a trade between orders of one side")
        must(self.best(maker.side) == maker.price == price, f"traded at {price}, the best was {self.best(maker.side)}")
        must(self.queues[maker.side, price][0] == maker.number, "a trade out of turn")
        limit_kept = price <= taker.price if taker.side is Side.BUY else price >= taker.price
        must(taker.market or limit_kept, f"traded at {price} through the limit {taker.price}")
        must(0 < lots <= min(taker.left, maker.left), f"{lots} traded, left were {taker.left} and {maker.left}")
        must(int(event["remaining_lots"]) == maker.left - lots, "the maker's rest is told wrong")
        self._fill(*((taker, maker) if taker.side is Side.BUY else (maker, taker)), price, lots)

    def _uncrossed(self, event: Any) -> None:
        """One price for all: the auditor holds the trades that follow against it, and the volume against the book."""
        price, volume = int(event["price_ticks"]), int(event["quantity_lots"])
        must(self.waits, "a call ends that was none")
        must((price > 0) == (volume > 0), f"a call with {volume} lots at {price}")
        must(self.is_crossed() == (volume > 0), "a call that could trade did not, or the other way round")
        if volume:
            could = [
                sum(o.left for o in self.orders.values() if o.side is side and self._would(o, price)) for side in Side
            ]
            must(volume == min(could), f"{volume} lots traded at {price} of {could[0]} bid and {could[1]} offered")
        self.call_price, self.call_left = price, volume

    def _would(self, order: Order, price: int) -> bool:
        return order.price >= price if order.side is Side.BUY else order.price <= price

    def _call_trade(self, event: Any) -> None:
        buy, sell = self.orders[int(event["order_id"])], self.orders[int(event["counter_order_id"])]
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        must(price == self.call_price, f"a trade of the call at {price}, its price is {self.call_price}")
        for order in (buy, sell):
            must(order.resting and self._would(order, price), f"order {order.number} traded through its limit")
            better = [
                other.number
                for other in self.orders.values()
                if other.side is order.side and other.left and self._before(other, order)
            ]
            must(not better, f"order {order.number} traded before {better}")
        must(0 < lots <= min(buy.left, sell.left, self.call_left), f"{lots} traded in the call")
        must(int(event["remaining_lots"]) == buy.left - lots, "the buyer's rest is told wrong")
        must(int(event["amount_minor"]) == sell.left - lots, "the seller's rest is told wrong")
        self.call_left -= lots
        self._fill(buy, sell, price, lots)

    def _before(self, one: Order, other: Order) -> bool:
        """Whether an order of the same side comes before another: a better price, or the same and earlier."""
        if one.price != other.price:
            return (one.price > other.price) == (one.side is Side.BUY)
        queue = self.queues[other.side, other.price]
        return queue.index(one.number) < queue.index(other.number)

    def _fill(self, buy: Order, sell: Order, price: int, lots: int) -> None:
        held = 0 if buy.market else self.need(buy.price, lots)
        paid = price * lots * self.tick_value
        must(
            self.cash[buy.owner][HELD] >= held and self.units[sell.owner][HELD] >= lots,
            "a fill without a hold behind it",
        )
        self.cash[buy.owner][HELD] -= held
        self.cash[buy.owner][FREE] += held - paid
        self.cash[sell.owner][FREE] += paid
        self.units[sell.owner][HELD] -= lots
        self.deliver(buy.owner, sell.owner, lots, paid)
        for order in (buy, sell):
            order.left -= lots
            if order.left == 0 and order.resting:
                self._gone(order)

    def _cancelled(self, event: Any) -> None:
        order = self.orders[int(event["order_id"])]
        must(int(event["quantity_lots"]) == order.left, f"{event['quantity_lots']} cancelled, left were {order.left}")
        must(order.force != TimeInForce.FOK or order.left == order.whole, "a part of a fill-or-kill order was traded")
        self._hold(order, -self.need(order.price, order.left), -order.left)
        order.left = 0
        if order.resting:
            self._gone(order)

    def _reduced(self, event: Any) -> None:
        order, lots = self.orders[int(event["order_id"])], int(event["quantity_lots"])
        must(0 < lots < order.left, "reduced by all or more")
        self._hold(order, -self.need(order.price, lots), -lots)
        order.left -= lots

    def _replaced(self, event: Any) -> None:
        order = self.orders[int(event["order_id"])]
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        self._hold(order, self.need(price, lots) - self.need(order.price, order.left), lots - order.left)
        self._gone(order)
        order.price, order.left, order.whole, order.resting = price, lots, lots, False
        self.orders[order.number] = order

    def _hold(self, order: Order, cash: int, lots: int) -> None:
        if order.side is Side.BUY:
            self.move(self.cash, order.owner, cash, FREE, HELD)
        else:
            self.move(self.units, order.owner, lots, FREE, HELD)

    def _gone(self, order: Order) -> None:
        self.queues[order.side, order.price].remove(order.number)
        if not self.queues[order.side, order.price]:
            del self.queues[order.side, order.price]
        del self.orders[order.number]

    def _phase_changed(self, event: Any) -> None:
        self.phase = Phase(int(event["reference"]))


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY
