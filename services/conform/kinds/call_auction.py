"""Kind `call_auction`: buys and sells, the steps of a venue, one price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.commands import Side
from engine.orderbook.call_auction import CallResult, Quote, Step
from services.conform.cases import Case, Fields, NotSupported, Unreadable
from services.conform.kinds.auction_orders import AuctionOrder, columns, orders_of_side
from services.conform.kinds.auction_run import Auction, compare_price, scales
from services.conform.kinds.auction_words import (
    MAINLAND_TIE,
    StatedRule,
    band_of,
    candidates_of,
    steps_of,
)
from services.conform.numbers import PriceScale, QuantityScale, decimal, exact
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Run the auction under the stated steps and compare price, volume, surplus and fills."""
    words = case.rule.texts("steps")
    mainland = bool(words) and words[-1] == MAINLAND_TIE
    steps, band_ppm = steps_of(words[:-1] if mainland else words)
    rule = StatedRule(case.case_id, candidates_of(case.rule.text("candidates"), case.mechanism), steps, band_ppm)
    _check_band(case.input, rule)
    if case.rule.text("allocation") not in ("", "price_time"):
        raise NotSupported(f"allocation {case.rule.text('allocation')!r}")
    orders = orders_of_side(case.input, "buys", Side.BUY) + orders_of_side(case.input, "sells", Side.SELL)
    if mainland:
        _check_mainland(case, comparison, rule, orders)
        return
    reference = _optional_price(case.input, "reference")
    auction = _auction(case, rule, orders, [] if reference is None else [reference])
    _check_listed_rows(case.input, orders)
    result = compare_price(comparison, "price", auction, rule, reference)
    _compare_rest(comparison, auction, result)


def _check_mainland(case: Case, comparison: Comparison, rule: StatedRule, orders: list[AuctionOrder]) -> None:
    """One book under Shanghai's and Shenzhen's tie rule, the latter for each previous close of the case."""
    shanghai = replace(rule.with_steps(Step.MIDPOINT_UP), exact_middle=True)
    shenzhen = rule.with_steps(Step.NEAREST_REFERENCE)
    closes = []
    if "prev_close_cases" in case.input:
        listed = case.input.elements("prev_close_cases")
        closes = [decimal(close, f"input.prev_close_cases[{at}]") for at, close in enumerate(listed)]
    auction = _auction(case, shanghai, orders, closes)
    result = compare_price(comparison, "sse", auction, shanghai, None)
    completed = shenzhen.completed()
    comparison.numbers("szse", [auction.price(auction.under(completed, close)) for close in closes])
    _compare_rest(comparison, auction, result)


def _auction(case: Case, rule: StatedRule, orders: list[AuctionOrder], further: list[Decimal]) -> Auction:
    """The scaled auction, with the quote of the case when it has one."""
    tick = case.rule.optional("tick")
    stated_tick = None if tick is None else decimal(tick, "rule.tick")
    quoted = case.input.child("quote") if "quote" in case.input else None
    sides = [] if quoted is None else [_quoted(quoted, "bid"), _quoted(quoted, "ask")]
    prices, quantities = scales(
        rule,
        orders,
        further + [order.price for order in sides if order.price is not None],
        [order.quantity for order in sides],
        stated_tick,
    )
    quote = None if quoted is None else _quote(quoted, sides, prices, quantities)
    return Auction(orders, columns(orders, prices, quantities), prices, quantities, quote)


def _quoted(quoted: Fields, key: str) -> AuctionOrder:
    """One side of a quote: [price, quantity], where a quantity of 0 only bounds the price."""
    pair = quoted.elements(key)
    if len(pair) != 2:
        raise Unreadable(f"{quoted.path(key)}: [price, quantity] is needed, found {pair!r}")
    quantity = exact(pair[1], quoted.path(key))
    if quantity < 0:
        raise Unreadable(f"{quoted.path(key)}: a quantity of 0 or more is needed, found {pair[1]}")
    return AuctionOrder(Side.BUY if key == "bid" else Side.SELL, decimal(pair[0], quoted.path(key)), quantity)


def _quote(quoted: Fields, sides: list[AuctionOrder], prices: PriceScale, quantities: QuantityScale) -> Quote:
    word = quoted.text("type")
    if word not in ("", "price_without_turnover"):
        raise NotSupported(f"quote of type {word!r}")
    bid, ask = (0 if order.price is None else prices.ticks(order.price) for order in sides)
    bid_lots, ask_lots = (quantities.lots(order.quantity) for order in sides)
    return Quote(bid, ask, bid_lots, ask_lots, without_turnover=bool(word))


def _check_band(given: Fields, rule: StatedRule) -> None:
    """The input may repeat the band that a step names; two different ones contradict each other."""
    if "band" in given and given.optional("band") is not None:
        band = band_of(exact(given.take("band"), "input.band"))
        if Step.MARKET_PRESSURE_IN_BAND not in rule.steps:
            raise NotSupported("a band without a step that uses it")
        if band != rule.band_ppm:
            raise Unreadable(f"input.band: {band} ppm contradicts the {rule.band_ppm} ppm of the step")
    given.optional("band")


def _check_listed_rows(given: Fields, orders: list[AuctionOrder]) -> None:
    """The first and last listed price have to enclose the orders' limits: all ticks between those are tried.

    Prices beyond the limits cannot be chosen, so a wider list changes nothing; a narrower one would.
    """
    if "candidates" not in given:
        return
    rows = [decimal(row, f"input.candidates[{at}]") for at, row in enumerate(given.elements("candidates"))]
    if len(rows) != 2:
        raise NotSupported(f"a list of {len(rows)} candidate prices (first and last are supported)")
    limits = [order.price for order in orders if order.price is not None]
    if limits and (min(rows) > min(limits) or max(rows) < max(limits)):
        raise NotSupported(f"candidate prices {rows[0]} to {rows[1]} that leave out limits of the orders")


def _compare_rest(comparison: Comparison, auction: Auction, result: CallResult) -> None:
    comparison.number("volume", auction.quantities.quantity(result.volume_lots))
    comparison.number("surplus", auction.quantities.quantity(result.surplus_lots))
    fills = {
        order.name: auction.quantities.quantity(int(lots))
        for order, lots in zip(auction.orders, result.fills_lots[: len(auction.orders)], strict=True)
        if order.name
    }
    comparison.table("fills", dict(fills))
    comparison.leave_out("old_algorithm_price", "a rule that was given up: a price of its own for every trade")


def _optional_price(given: Fields, key: str) -> Decimal | None:
    value = given.optional(key)
    return None if value is None else decimal(value, given.path(key))
