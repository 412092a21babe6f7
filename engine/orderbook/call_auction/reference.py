"""The call auction done slowly: every candidate price is tried, in plain Python integers.

Shares nothing with the compiled auction, not even its enums: candidates and steps come as the names that
`rules.py` documents. For tests only; the range of prices has to be small, because every tick of it is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

BUY, SELL = 1, 2

Order = tuple[int, int, int]
"""(side, price, quantity); price 0 is a market order."""


@dataclass(frozen=True)
class SlowQuote:
    bid: int
    ask: int
    bid_quantity: int = 0
    ask_quantity: int = 0


@dataclass(frozen=True)
class SlowResult:
    price: int | None
    volume: int
    surplus: int
    fills: list[int]
    trades: list[tuple[int, int, int]]


def slow_uncross(
    candidates: str,
    steps: Sequence[str],
    orders: Sequence[Order],
    *,
    reference: int | None = None,
    step: int = 1,
    band_ppm: int = 0,
    quote: SlowQuote | None = None,
) -> SlowResult:
    """Price, volume, surplus, fills per order and trades, by trying every candidate."""
    orders = list(orders)
    if quote is not None:
        orders += [(BUY, quote.bid, quote.bid_quantity), (SELL, quote.ask, quote.ask_quantity)]
    prices = _candidate_prices(candidates, orders, reference, step, quote)
    if not any(_volume(orders, price) for price in prices):
        return SlowResult(None, 0, 0, [0] * len(orders), [])
    for name in steps:
        prices = _apply(name, prices, orders, reference, step, band_ppm) or prices
    (price,) = prices
    volume = _volume(orders, price)
    trades = _trades(orders, price, volume)
    fills = [sum(q for b, s, q in trades if row in (b, s)) for row in range(len(orders))]
    return SlowResult(price, volume, _buys(orders, price) - _sells(orders, price), fills, trades)


def slow_schedule(orders: Sequence[Order], at: Iterable[int]) -> list[tuple[int, int]]:
    """(buys, sells) at each price."""
    return [(_buys(orders, price), _sells(orders, price)) for price in at]


def _candidate_prices(
    candidates: str, orders: Iterable[Order], reference: int | None, step: int, quote: SlowQuote | None
) -> list[int]:
    """All prices that may be chosen, rising. A quote's limits count although their quantity may be 0."""
    limits = {price for _, price, quantity in orders if price and quantity}
    if quote is not None:
        limits |= {quote.bid, quote.ask}
    if not limits:
        return [] if reference is None else [reference]
    if candidates == "EVERY_TICK":
        return list(range(min(limits), max(limits) + 1, step))
    if candidates == "LIMITS_INSIDE_QUOTE" and quote is not None:
        return sorted(limit for limit in limits if quote.bid <= limit <= quote.ask)
    return sorted(limits)


def _buys(orders: Iterable[Order], price: int) -> int:
    return sum(quantity for side, limit, quantity in orders if side == BUY and (limit == 0 or limit >= price))


def _sells(orders: Iterable[Order], price: int) -> int:
    return sum(quantity for side, limit, quantity in orders if side == SELL and limit <= price)


def _volume(orders: Sequence[Order], price: int) -> int:
    return min(_buys(orders, price), _sells(orders, price))


def _apply(
    name: str, prices: list[int], orders: Sequence[Order], reference: int | None, step: int, band_ppm: int
) -> list[int]:
    """What one step keeps of `prices`."""
    if name == "MAXIMUM_VOLUME":
        best = max(_volume(orders, price) for price in prices)
        return [price for price in prices if _volume(orders, price) == best]
    surplus = {price: _buys(orders, price) - _sells(orders, price) for price in prices}
    if name == "MINIMUM_SURPLUS":
        least = min(abs(value) for value in surplus.values())
        return [price for price in prices if abs(surplus[price]) == least]
    if name in ("MARKET_PRESSURE", "MARKET_PRESSURE_IN_BAND"):
        band = None if reference is None or name == "MARKET_PRESSURE" else Fraction(reference * band_ppm, 1_000_000)
        return _under_pressure(prices, set(surplus.values()), reference, band, step)
    if name == "BETTER_ORDERS_FILLED":
        return [price for price in prices if _better_orders_filled(orders, price)]
    if name == "NEAREST_REFERENCE":
        return prices if reference is None else [_nearest(prices, reference)]
    if name in ("MIDPOINT_UP", "MIDPOINT_DOWN"):
        middle, rest = divmod(min(prices) + max(prices), 2 * step)
        return [middle * step + (step if rest and name == "MIDPOINT_UP" else 0)]
    return [max(prices) if name == "HIGHEST" else min(prices)]


def _under_pressure(
    prices: list[int], surpluses: set[int], reference: int | None, band: Fraction | None, step: int
) -> list[int]:
    if min(surpluses) > 0:
        if band is None or reference is None:
            return [max(prices)]
        end = reference
        while end < reference + band:
            end += step
        return [_nearest(prices, end)]
    if max(surpluses) < 0:
        if band is None or reference is None:
            return [min(prices)]
        end = reference
        while end > reference - band:
            end -= step
        return [_nearest(prices, end)]
    return prices


def _nearest(prices: list[int], target: int) -> int:
    return min(prices, key=lambda price: (abs(price - target), -price))


def _better_orders_filled(orders: Sequence[Order], price: int) -> bool:
    """Whether all buys above and all sells below `price` fit into its volume, and one side at the price as well."""
    volume = _volume(orders, price)
    buys_above = sum(q for side, limit, q in orders if side == BUY and (limit == 0 or limit > price))
    sells_below = sum(q for side, limit, q in orders if side == SELL and limit < price)
    one_side = volume in (_buys(orders, price), _sells(orders, price))
    return buys_above <= volume and sells_below <= volume and one_side


def _trades(orders: Sequence[Order], price: int, volume: int) -> list[tuple[int, int, int]]:
    """Lot by lot would be slower still: take the first buyer and the first seller until the volume is gone."""
    rows = range(len(orders))
    buyers = [r for r in rows if orders[r][0] == BUY and (orders[r][1] == 0 or orders[r][1] >= price) and orders[r][2]]
    sellers = [r for r in rows if orders[r][0] == SELL and orders[r][1] <= price and orders[r][2]]
    buyers.sort(key=lambda r: (0, 0, r) if orders[r][1] == 0 else (1, -orders[r][1], r))
    sellers.sort(key=lambda r: (0, 0, r) if orders[r][1] == 0 else (1, orders[r][1], r))
    left = [quantity for _, _, quantity in orders]
    trades = []
    while volume:
        buyer, seller = buyers[0], sellers[0]
        quantity = min(left[buyer], left[seller], volume)
        trades.append((buyer, seller, quantity))
        volume -= quantity
        for row, queue in ((buyer, buyers), (seller, sellers)):
            left[row] -= quantity
            if not left[row]:
                queue.pop(0)
    return trades
