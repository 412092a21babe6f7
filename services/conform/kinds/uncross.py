"""Kind `uncross`: a list of orders, a sentence for the rule, and facts about the price found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.orderbook.call_auction import CallRule, Candidates, Step, schedule
from services.conform.cases import Case
from services.conform.kinds.auction_orders import orders_of_both_sides
from services.conform.kinds.auction_run import Auction, compare_price, prepare
from services.conform.kinds.auction_words import StatedRule, band_of, rule_of_text
from services.conform.numbers import decimal, exact
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Run the auction and compare the price, the volume, and the ranges over which volume and surplus stay the same."""
    rule = rule_of_text(case.input.text("rule"), case.source)
    if case.input.optional("limit_pct") is not None:
        rule = replace(rule, band_ppm=band_of(exact(case.input.take("limit_pct"), "limit_pct")))
    orders = orders_of_both_sides(case.input)
    value = case.input.optional("reference_price")
    reference = None if value is None else decimal(value, "reference_price")
    asked = _asked_prices(comparison)
    auction = prepare(rule, orders, [price for price in (reference, *asked.values()) if price is not None])
    result = compare_price(comparison, "price", auction, rule, reference)
    comparison.number("volume", auction.quantities.quantity(result.volume_lots))
    comparison.number("imbalance", auction.quantities.quantity(result.surplus_lots))
    comparison.number("max_volume", auction.quantities.quantity(result.volume_lots))
    _compare_range(comparison, "max_volume_range", auction, (Step.MAXIMUM_VOLUME,))
    least = auction.under(_over_every_tick((Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS), Step.HIGHEST))
    comparison.number("min_surplus", abs(auction.quantities.quantity(least.surplus_lots)))
    _compare_range(comparison, "min_surplus_range", auction, (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS))
    _compare_tradeable(comparison, auction, asked)


def _asked_prices(comparison: Comparison) -> dict[str, Decimal]:
    """The prices at which the case states what could trade."""
    if "tradeable" not in comparison.expected:
        return {}
    return {name: decimal(name, "tradeable") for name, _ in comparison.expected.child("tradeable").items()}


def _compare_tradeable(comparison: Comparison, auction: Auction, asked: dict[str, Decimal]) -> None:
    columns = auction.columns
    at = [auction.prices.ticks(price) for price in asked.values()]
    buys, sells = schedule(columns.sides, columns.prices_ticks, columns.quantities_lots, at)
    lots = [min(int(b), int(s)) for b, s in zip(buys, sells, strict=True)]
    comparison.table("tradeable", {name: auction.quantities.quantity(q) for name, q in zip(asked, lots, strict=True)})


def _over_every_tick(steps: tuple[Step, ...], last: Step) -> CallRule:
    return StatedRule("range", Candidates.EVERY_TICK, steps).call_rule(last)


def _compare_range(comparison: Comparison, key: str, auction: Auction, steps: tuple[Step, ...]) -> None:
    """Compare lowest and highest price of those that `steps` leave of every tick."""
    if key not in comparison.expected:
        return
    ends = [auction.price(auction.under(_over_every_tick(steps, last))) for last in (Step.LOWEST, Step.HIGHEST)]
    comparison.numbers(key, list(ends))
