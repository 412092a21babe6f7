"""Kind `uncross_trades`: a list of orders with their owners, and the trades that one uncrossing makes."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from services.conform.cases import Case
from services.conform.kinds.auction_orders import orders_of_both_sides
from services.conform.kinds.auction_run import prepare
from services.conform.kinds.auction_words import rule_of_text
from services.conform.numbers import decimal, exact, plain
from services.conform.verdict import Comparison

Trade = tuple[str, str, Fraction, Fraction]
"""(buyer, seller, quantity, price)."""


def check(case: Case, comparison: Comparison) -> None:
    """Run the auction and compare its trades, in any order, because all of them happen at once; then the price."""
    rule = rule_of_text(case.input.text("rule"), case.source)
    orders = orders_of_both_sides(case.input)
    value = case.input.optional("reference_price")
    reference = None if value is None else decimal(value, "reference_price")
    auction = prepare(rule, orders, [] if reference is None else [reference])
    result = auction.under(rule.completed(), reference)
    price = auction.price(result)
    found = Counter(
        (orders[buyer].name, orders[seller].name, auction.quantities.quantity(lots), price or Fraction(0))
        for buyer, seller, lots in result.trades.tolist()
    )
    if "trades" in comparison.expected:
        _compare_trades(comparison, found)
    comparison.number("mark_price", price)


def _compare_trades(comparison: Comparison, found: Counter[Trade]) -> None:
    wanted: Counter[Trade] = Counter()
    for position, element in enumerate(comparison.expected.elements("trades")):
        where = f"trades[{position}]"
        trade = comparison.expected.adopt(element, where)
        quantity = exact(trade.take("qty"), f"{where}.qty")
        price = exact(trade.take("price"), f"{where}.price")
        wanted[str(trade.take("buyer")), str(trade.take("seller")), quantity, price] += 1
    comparison.compared += 1
    for trade_, count in (wanted - found).items():
        comparison.differ(f"trades: {_shown(trade_, count)} expected, not found")
    for trade_, count in (found - wanted).items():
        comparison.differ(f"trades: {_shown(trade_, count)} found, not expected")


def _shown(trade: Trade, count: int) -> str:
    buyer, seller, quantity, price = trade
    times = f" ({count} times)" if count > 1 else ""
    return f"{buyer} buys {plain(quantity)} at {plain(price)} from {seller}{times}"
