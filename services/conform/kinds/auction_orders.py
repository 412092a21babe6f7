"""The orders of a two-sided auction as cases write them, and as columns for the engine.

Prices may be market orders (`MKT`, `MO`, `MTL`, or null). Rows with a time are put in its order; rows without one keep
theirs. Whoever placed an order is named by `broker` or `trader`, the order itself by `id`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engine.commands import Side
from services.conform.cases import Fields, Unreadable
from services.conform.numbers import PriceScale, QuantityScale, decimal, exact

MARKET_WORDS = frozenset({"MKT", "MO", "MTL"})
"""Words for an order without a limit. In a call a market-to-limit order (MTL) competes as a market order."""

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}


@dataclass(frozen=True)
class AuctionOrder:
    """One order of a case. `price` None is a market order; `name` is its id or, without one, whoever placed it."""

    side: Side
    price: Decimal | None
    quantity: Fraction
    name: str = ""
    time: str | Decimal | None = None


@dataclass(frozen=True)
class Columns:
    """The three columns that the engine's auctions take."""

    sides: list[int]
    prices_ticks: list[int]
    quantities_lots: list[int]


def columns(orders: Iterable[AuctionOrder], prices: PriceScale, quantities: QuantityScale) -> Columns:
    """Orders as columns, in the order given."""
    listed = list(orders)
    return Columns(
        [int(order.side) for order in listed],
        [0 if order.price is None else prices.ticks(order.price) for order in listed],
        [quantities.lots(order.quantity) for order in listed],
    )


def orders_of_side(given: Fields, key: str, side: Side) -> list[AuctionOrder]:
    """The list behind `key`, all of one side: pairs [price, quantity] or objects."""
    orders = []
    for position, element in enumerate(given.elements(key)):
        where = f"{given.path(key)}[{position}]"
        if isinstance(element, list):
            if len(element) != 2:
                raise Unreadable(f"{where}: [price, quantity] is needed, found {element!r}")
            orders.append(AuctionOrder(side, _price(element[0], where), _quantity(element[1], where)))
        else:
            orders.append(_order(given.adopt(element, where), side, where))
    return by_time(orders, given.path(key))


def orders_of_both_sides(given: Fields) -> list[AuctionOrder]:
    """The list `orders` of objects that name their side."""
    orders = []
    for position, element in enumerate(given.elements("orders")):
        where = f"orders[{position}]"
        fields = given.adopt(element, where)
        word = fields.text("side")
        if word not in _SIDES:
            raise Unreadable(f"{where}.side: `buy` or `sell` is needed, found {word!r}")
        orders.append(_order(fields, _SIDES[word], where))
    return by_time(orders, "orders")


def by_time(orders: list[AuctionOrder], where: str) -> list[AuctionOrder]:
    """Orders by time where they have one; equal times keep their order."""
    times = [order.time for order in orders]
    if all(time is None for time in times):
        return orders
    if all(isinstance(time, str) for time in times) or all(isinstance(time, Decimal) for time in times):
        return sorted(orders, key=lambda order: order.time)  # type: ignore[arg-type, return-value]
    raise Unreadable(f"{where}: either all orders have a time of one kind or none has")


def _order(fields: Fields, side: Side, where: str) -> AuctionOrder:
    price = _price(fields.take("price"), f"{where}.price")
    quantity = _quantity(fields.take("qty"), f"{where}.qty")
    names = [str(fields.take(key)) for key in ("id", "broker", "trader") if key in fields]
    time = fields.optional("time")
    if time is not None and not isinstance(time, str):
        time = decimal(time, f"{where}.time")
    return AuctionOrder(side, price, quantity, names[0] if names else "", time)


def _price(value: object, where: str) -> Decimal | None:
    if value is None or (isinstance(value, str) and value.upper() in MARKET_WORDS):
        return None
    return decimal(value, where)


def _quantity(value: object, where: str) -> Fraction:
    quantity = exact(value, where)
    if quantity <= 0:
        raise Unreadable(f"{where}: a quantity above 0 is needed, found {value}")
    return quantity
