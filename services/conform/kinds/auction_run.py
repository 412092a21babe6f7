"""One call auction of a case through the engine, with the price range that the stated rule leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engine.orderbook.call_auction import CallResult, CallRule, Candidates, Quote, Step, uncross
from services.conform.cases import NotSupported
from services.conform.kinds.auction_orders import AuctionOrder, Columns, columns
from services.conform.kinds.auction_words import StatedRule
from services.conform.numbers import PriceScale, QuantityScale, exact, plain, price_scale, quantity_scale
from services.conform.verdict import Comparison


@dataclass(frozen=True)
class Auction:
    """The scaled inputs of one auction; run it under as many rules as the case needs."""

    orders: list[AuctionOrder]
    columns: Columns
    prices: PriceScale
    quantities: QuantityScale
    quote: Quote | None = None

    def under(self, rule: CallRule, reference: Decimal | None = None) -> CallResult:
        """The engine's result under a rule."""
        return uncross(
            rule,
            self.columns.sides,
            self.columns.prices_ticks,
            self.columns.quantities_lots,
            reference_ticks=None if reference is None else self.prices.ticks(reference),
            quote=self.quote,
        )

    def price(self, result: CallResult) -> Fraction | None:
        """The auction price in the case's unit."""
        return None if result.price_ticks is None else self.prices.price(result.price_ticks)


def scales(
    rule: StatedRule,
    orders: list[AuctionOrder],
    further_prices: list[Decimal],
    further_quantities: list[Fraction],
    tick: Decimal | None,
) -> tuple[PriceScale, QuantityScale]:
    """Scales for the orders and whatever else of the case has to lie on them."""
    limits = [order.price for order in orders if order.price is not None]
    prices = price_scale(
        limits + further_prices,
        tick,
        exact_midpoint=tick is None and rule.exact_middle,
        only_limits=rule.candidates is not Candidates.EVERY_TICK,
        relative=Step.MARKET_PRESSURE_IN_BAND in rule.steps,
    )
    return prices, quantity_scale([order.quantity for order in orders] + further_quantities)


def prepare(rule: StatedRule, orders: list[AuctionOrder], further_prices: list[Decimal]) -> Auction:
    """The auction of a case that has neither tick nor quote."""
    prices, quantities = scales(rule, orders, further_prices, [], None)
    return Auction(orders, columns(orders, prices, quantities), prices, quantities)


def compare_price(
    comparison: Comparison, key: str, auction: Auction, rule: StatedRule, reference: Decimal | None
) -> CallResult:
    """Compare the price under `rule`, completed where it does not decide, and return the result.

    When the stated steps leave several prices, the expected one among them but not the one that the completed rule
    takes, nothing is contradicted: the case is not supported, because it does not say how to choose.
    """
    result = auction.under(rule.completed(), reference)
    found = auction.price(result)
    lowest, highest = found, found
    if not rule.decides and result.volume_lots:
        lowest = auction.price(auction.under(rule.call_rule(Step.LOWEST), reference))
        highest = auction.price(auction.under(rule.call_rule(Step.HIGHEST), reference))
    if key in comparison.expected and lowest is not None and highest is not None and lowest != highest:
        left = f"the stated steps leave prices from {plain(lowest)} to {plain(highest)}"
        wanted = comparison.expected.take(key)
        wanted_price = None if wanted is None else exact(wanted, key)
        if wanted_price is not None and wanted_price != found and lowest <= wanted_price <= highest:
            raise NotSupported(f"{left} and no step that chooses {plain(wanted_price)}")
        comparison.notes.append(f"{left}; the usual further steps decide")
    comparison.number(key, found)
    return result
