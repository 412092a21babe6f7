"""The slow twin of the exchange's compiled path: accounts, judgement and matching of orders in plain Python.

Shares nothing with what it checks but the declared words (enums, limits, the row's column names). Prices, quantities
and money are Python integers without bounds, so an overflow in compiled code shows as a difference. Every event comes
out as a dictionary of the columns that mean something for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sortedcontainers import SortedDict

from engine import limits
from engine.commands import OrderCommand, OrderType, ParticipantClass, Side, TimeInForce
from engine.events import CancelReason, EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter

Event = dict[str, int]
Row = Mapping[str, int]


@dataclass
class Account:
    """Money in minor units; units in lots by instrument."""

    cash: int = 0
    cash_held: int = 0
    units: dict[int, int] = field(default_factory=dict)
    units_held: dict[int, int] = field(default_factory=dict)


@dataclass
class Order:
    order_id: int
    owner: int
    instrument: int
    side: Side
    price: int
    remaining: int


@dataclass
class Market:
    """One instrument: its steps, what a tick of a lot is worth, and two sides of queues by price."""

    price_step: int
    quantity_step: int
    value: int
    open: bool = True
    sides: dict[Side, SortedDict] = field(default_factory=lambda: {Side.BUY: SortedDict(), Side.SELL: SortedDict()})


class Refusal(Exception):
    """Why a row is refused."""

    def __init__(self, outcome: Outcome, parameter: Parameter = Parameter.NONE) -> None:
        super().__init__(outcome.name)
        self.outcome, self.parameter = outcome, parameter


class ReferenceExchange:
    """Accounts, sessions and books as dictionaries."""

    def __init__(self) -> None:
        self.classes: dict[int, ParticipantClass] = {}
        self.accounts: dict[int, Account] = {}
        self.sessions: dict[int, tuple[int, int]] = {}
        self.markets: dict[int, Market] = {}
        self.orders: dict[int, Order] = {}

    def apply(self, rows: list[Row]) -> list[Event]:
        """The events of a batch of ORDERS."""
        events: list[Event] = []
        for i, row in enumerate(rows):
            before = len(events)
            try:
                self._shape_and_sender(row)
                if row["command"] == OrderCommand.NEW:
                    self._new(row, events)
                else:
                    self._change(row, events)
            except Refusal as refusal:
                refused: Event = {"kind": EventKind.REFUSED, "outcome": refusal.outcome, "parameter": refusal.parameter}
                events.append(refused)
            for event in events[before:]:
                event["row"] = i
        return events

    # -- judgement -----------------------------------------------------------------------------------------------

    def _shape_and_sender(self, row: Row) -> None:
        sender = self._sender(row)
        command, kind = row["command"], row["order_type"]
        new = command == OrderCommand.NEW
        if command not in (OrderCommand.NEW, OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE):
            raise Refusal(Outcome.UNKNOWN_COMMAND)
        if new and (row["side"] not in list(Side) or kind not in list(OrderType)):
            raise Refusal(Outcome.UNKNOWN_COMMAND)
        if new and row["time_in_force"] not in list(TimeInForce):
            raise Refusal(Outcome.UNKNOWN_COMMAND)
        priced = command == OrderCommand.REPLACE or (new and kind != OrderType.MARKET)
        if priced and not 1 <= row["price_ticks"] <= limits.PRICE_TICKS_MAX:
            raise Refusal(Outcome.PRICE_OUT_OF_BOUNDS)
        if command != OrderCommand.CANCEL and not 1 <= row["quantity_lots"] <= limits.QUANTITY_LOTS_MAX:
            raise Refusal(Outcome.QUANTITY_OUT_OF_BOUNDS)
        if sender is not Outcome.ACCEPTED:
            raise Refusal(sender)

    def _sender(self, row: Row) -> Outcome:
        if row["actor"] not in self.classes:
            return Outcome.ACTOR_UNKNOWN
        owner, last = self.sessions.get(row["session"], (0, 0))
        if owner != row["actor"]:
            return Outcome.SESSION_NOT_OF_ACTOR
        if not last < row["request_id"] <= limits.REQUEST_ID_MAX:
            return Outcome.REQUEST_ID_NOT_INCREASING
        self.sessions[row["session"]] = (owner, row["request_id"])
        if self.classes[owner] is ParticipantClass.OPERATOR:
            return Outcome.NOT_PERMITTED_FOR_CLASS
        return Outcome.ACCEPTED

    def _steps(self, market: Market, price: int, lots: int) -> None:
        if price % market.price_step:
            raise Refusal(Outcome.PRICE_OFF_TICK, Parameter.TRADING_TICK)
        if lots % market.quantity_step:
            raise Refusal(Outcome.QUANTITY_OFF_LOT, Parameter.TRADING_LOT)

    def _funds(self, owner: int, instrument: int, side: Side, cash: int, lots: int) -> None:
        account = self.accounts[owner]
        if side is Side.BUY and cash > account.cash:
            raise Refusal(Outcome.CASH_INSUFFICIENT)
        if side is Side.SELL and lots > account.units.get(instrument, 0):
            raise Refusal(Outcome.HOLDING_INSUFFICIENT)

    # -- commands ------------------------------------------------------------------------------------------------

    def _new(self, row: Row, events: list[Event]) -> None:
        market = self.markets.get(row["instrument"])
        if market is None:
            raise Refusal(Outcome.INSTRUMENT_UNKNOWN)
        price, lots, side, owner = row["price_ticks"], row["quantity_lots"], Side(row["side"]), row["actor"]
        is_market = row["order_type"] == OrderType.MARKET
        if not is_market and price * lots * market.value > limits.AMOUNT_MINOR_MAX:
            raise Refusal(Outcome.AMOUNT_OUT_OF_BOUNDS)
        if not market.open:
            raise Refusal(Outcome.INSTRUMENT_NOT_TRADING)
        if row["order_type"] > OrderType.MARKET or row["time_in_force"] > TimeInForce.IOC:
            raise Refusal(Outcome.ORDER_TYPE_NOT_OFFERED)
        if is_market and price:
            raise Refusal(Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER)
        self._steps(market, price, lots)
        if is_market and not market.sides[_other(side)]:
            raise Refusal(Outcome.NO_LIQUIDITY)
        cash = self._cost(market, side, lots) if is_market else price * lots * market.value
        self._funds(owner, row["instrument"], side, cash, lots)
        order = Order(row["session"] << 40 | row["request_id"], owner, row["instrument"], side, price, lots)
        self._hold(order, cash, lots)
        events.append(_event(EventKind.ORDER_ACCEPTED, order, price, lots, reference=row["time_in_force"]))
        self._match(market, order, is_market, events)
        if order.remaining and (is_market or row["time_in_force"] == TimeInForce.IOC):
            self._cancel(order, CancelReason.MAY_NOT_REST, events, market)
        elif order.remaining:
            self._rest(market, order)

    def _change(self, row: Row, events: list[Event]) -> None:
        order = self.orders.get(row["order_id"])
        if order is None:
            raise Refusal(Outcome.ORDER_UNKNOWN)
        if order.owner != row["actor"]:
            raise Refusal(Outcome.ORDER_NOT_OF_PARTICIPANT)
        market, price, lots = self.markets[order.instrument], row["price_ticks"], row["quantity_lots"]
        if row["command"] == OrderCommand.CANCEL:
            self._unrest(market, order)
            self._cancel(order, CancelReason.REQUESTED, events, market)
        elif row["command"] == OrderCommand.REDUCE:
            self._steps(market, 0, lots)
            if lots >= order.remaining:
                raise Refusal(Outcome.REDUCTION_NOT_BELOW_REMAINING)
            order.remaining -= lots
            self._hold(order, -order.price * lots * market.value, -lots)
            event = _event(EventKind.ORDER_REDUCED, order, order.price, lots)
            events.append({**event, "remaining_lots": order.remaining})
        else:
            self._replace(market, order, price, lots, events)

    def _replace(self, market: Market, order: Order, price: int, lots: int, events: list[Event]) -> None:
        if price * lots * market.value > limits.AMOUNT_MINOR_MAX:
            raise Refusal(Outcome.AMOUNT_OUT_OF_BOUNDS)
        if not market.open:
            raise Refusal(Outcome.INSTRUMENT_NOT_TRADING)
        self._steps(market, price, lots)
        more_cash = (price * lots - order.price * order.remaining) * market.value
        self._funds(order.owner, order.instrument, order.side, more_cash, lots - order.remaining)
        self._hold(order, more_cash, lots - order.remaining)
        self._unrest(market, order)
        event = _event(EventKind.ORDER_REPLACED, order, price, lots)
        events.append({**event, "remaining_lots": order.remaining})
        order.price, order.remaining = price, lots
        self._match(market, order, False, events)
        if order.remaining:
            self._rest(market, order)

    # -- book and accounts ---------------------------------------------------------------------------------------

    def _best(self, market: Market, side: Side) -> int | None:
        prices = market.sides[side]
        if not prices:
            return None
        price, _ = prices.peekitem(-1 if side is Side.BUY else 0)
        return int(price)

    def _cost(self, market: Market, side: Side, lots: int) -> int:
        if side is Side.SELL:
            return 0
        cost = 0
        for price, queue in market.sides[Side.SELL].items():
            for order in queue:
                filled = min(lots, order.remaining)
                cost += filled * price * market.value
                lots -= filled
        return cost

    def _match(self, market: Market, taker: Order, is_market: bool, events: list[Event]) -> None:
        other = _other(taker.side)
        while taker.remaining:
            price = self._best(market, other)
            if price is None:
                return
            crosses = taker.price >= price if taker.side is Side.BUY else taker.price <= price
            if not is_market and not crosses:
                return
            maker = market.sides[other][price][0]
            lots = min(taker.remaining, maker.remaining)
            taker.remaining -= lots
            maker.remaining -= lots
            self._settle(taker, maker, lots, price, is_market, market.value)
            event = _event(EventKind.TRADE, taker, price, lots)
            event |= {
                "counter_order_id": maker.order_id,
                "counterparty": maker.owner,
                "remaining_lots": maker.remaining,
                "reference": taker.price if taker.side is Side.BUY else maker.price,
            }
            events.append(event)
            if not maker.remaining:
                self._unrest(market, maker)

    def _settle(self, taker: Order, maker: Order, lots: int, price: int, is_market: bool, value: int) -> None:
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        held = price if is_market and buyer is taker else buyer.price
        paying, receiving = self.accounts[buyer.owner], self.accounts[seller.owner]
        paying.cash_held -= held * lots * value
        paying.cash += (held - price) * lots * value
        receiving.cash += price * lots * value
        receiving.units_held[seller.instrument] -= lots
        paying.units[buyer.instrument] = paying.units.get(buyer.instrument, 0) + lots

    def _hold(self, order: Order, cash: int, lots: int) -> None:
        account = self.accounts[order.owner]
        if order.side is Side.BUY:
            account.cash -= cash
            account.cash_held += cash
        else:
            account.units[order.instrument] = account.units.get(order.instrument, 0) - lots
            account.units_held[order.instrument] = account.units_held.get(order.instrument, 0) + lots

    def _rest(self, market: Market, order: Order) -> None:
        market.sides[order.side].setdefault(order.price, []).append(order)
        self.orders[order.order_id] = order

    def _unrest(self, market: Market, order: Order) -> None:
        queue = market.sides[order.side][order.price]
        queue.remove(order)
        if not queue:
            del market.sides[order.side][order.price]
        del self.orders[order.order_id]

    def _cancel(self, order: Order, reason: CancelReason, events: list[Event], market: Market) -> None:
        self._hold(order, -order.price * order.remaining * market.value, -order.remaining)
        events.append(_event(EventKind.ORDER_CANCELLED, order, order.price, order.remaining, reference=reason))


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def _event(kind: EventKind, order: Order, price: int, lots: int, reference: int = 0) -> Event:
    return {
        "kind": kind,
        "order_id": order.order_id,
        "participant": order.owner,
        "instrument": order.instrument,
        "side": order.side,
        "price_ticks": price,
        "quantity_lots": lots,
        "reference": reference,
    }
