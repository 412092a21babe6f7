"""The clear again, in plain Python integers: slow, obvious, and sharing no code with the kernels.

The price is found by trying every candidate price from the top; shares are `fractions.Fraction`s. It takes a round as
plain lists and returns a plain dictionary, so that a test compares meanings and not layouts. It imports nothing that it
is there to check; enum members come from `terms`, where both read them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from engine.auction.terms import (
    HiddenReserveRule,
    MarginRule,
    PriceRule,
    RoundStatus,
    SupplyStepRule,
    Terms,
    UndersubscriptionRule,
)


@dataclass(frozen=True)
class Bid:
    price: int
    lots: int
    time: int = 0
    number: int = 0
    draw: int = 0
    minimum: int = 0


@dataclass(frozen=True)
class Line:
    lots: int
    group: int = 0
    rank: int = 0
    seller: int = 0
    minimum: int = 0


def split(total: int, weights: list[int], order: list[int], by_remainder: bool) -> list[int]:
    """`total` in proportion to `weights`, rounded down, the rest one each: by remainder first or only by `order`."""
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(share) for share in exact]
    left = total - sum(parts)
    queue = [i for i in order if weights[i] > 0]
    if by_remainder:
        queue.sort(key=lambda i: parts[i] - exact[i])
    for i in queue[:left]:
        parts[i] += 1
    return parts


def ration(terms: Terms, left: int, bids: list[Bid]) -> list[int]:
    """Awards of bids at one price that share `left` lots."""
    rule, lots = terms.margin_rule, [bid.lots for bid in bids]
    places = range(len(bids))
    by_time = sorted(places, key=lambda i: (bids[i].time, bids[i].number))
    by_draw = sorted(places, key=lambda i: (bids[i].draw, bids[i].number))
    if rule == MarginRule.PRO_RATA_WITH_MINIMUMS:
        return _with_minimums(left, bids, by_time)
    if sum(lots) <= left:
        return lots
    if rule == MarginRule.PERCENTAGE_ROUNDED_UP:
        percent = Fraction(ceil(Fraction(left, sum(lots)) * 10_000), 10_000)
        step = terms.margin_lot
        return [min(quantity, ceil(quantity * percent / step) * step) for quantity in lots]
    if rule in (MarginRule.TIME_PRIORITY, MarginRule.RANDOM_ORDER):
        awards = [0] * len(bids)
        for i in by_time if rule == MarginRule.TIME_PRIORITY else by_draw:
            awards[i] = min(lots[i], left - sum(awards))
        return awards
    order = by_draw if rule == MarginRule.PRO_RATA_RANDOM_UNITS else by_time
    return split(left, lots, order, by_remainder=rule == MarginRule.PRO_RATA_LARGEST_REMAINDER)


def _with_minimums(left: int, bids: list[Bid], by_time: list[int]) -> list[int]:
    weights = [bid.lots for bid in bids]
    while True:
        awards = weights[:] if sum(weights) <= left else split(left, weights, by_time, by_remainder=True)
        short = [i for i in range(len(bids)) if weights[i] and awards[i] < bids[i].minimum]
        if not short:
            return awards
        for i in short:
            weights[i] = 0


def sell(total: int, price: int, lowest: int, lines: list[Line]) -> list[int]:
    """What each line sells of `total` lots at `price`."""
    sold = [0] * len(lines)
    binding = [line.minimum if line.minimum > lowest else 0 for line in lines]
    for wanted in (
        [i for i in range(len(lines)) if binding[i] < price or binding[i] == 0],
        [i for i in range(len(lines)) if binding[i] == price],
    ):
        here = min(total - sum(sold), sum(lines[i].lots for i in wanted))
        groups = sorted({lines[i].group for i in wanted})
        offers = [sum(lines[i].lots for i in wanted if lines[i].group == group) for group in groups]
        for group, quota in zip(groups, split(here, offers, list(range(len(groups))), True), strict=True):
            left = quota
            members = [i for i in wanted if lines[i].group == group]
            for rank in sorted({lines[i].rank for i in members}):
                sharing = sorted((i for i in members if lines[i].rank == rank), key=lambda i: (lines[i].seller, i))
                weights = [lines[i].lots for i in sharing]
                parts = split(min(left, sum(weights)), weights, list(range(len(weights))), True)
                for i, part in zip(sharing, parts, strict=True):
                    sold[i] += part
                left -= sum(parts)
    if total > sum(sold):
        last = max(range(len(lines)), key=lambda i: (lines[i].rank, lines[i].group, lines[i].seller, i))
        sold[last] += total - sum(sold)
    return sold


def find_price(terms: Terms, bids: list[Bid], lines: list[Line], lowest: int) -> tuple[RoundStatus | None, int]:
    """(status, price): the status that ends the round without a sale, or the marginal price."""

    def demand(price: int) -> int:
        return sum(bid.lots for bid in bids if bid.price >= price)

    def supply_below(price: int) -> int:
        return sum(line.lots for line in lines if line.minimum < price or line.minimum <= lowest)

    if terms.price_rule == PriceRule.FIXED:
        return None, terms.fixed_price_ticks
    candidates = sorted({bid.price for bid in bids} | {line.minimum for line in lines if line.minimum > lowest})
    crossing = [price for price in candidates if demand(price) >= supply_below(price)]
    rule = terms.undersubscription_rule
    if crossing:
        price = max(crossing)
        accepted = [bid.price for bid in bids if bid.price >= price]
        if terms.supply_step_rule == SupplyStepRule.LOWEST_ACCEPTED_BID and accepted:
            price = min(accepted)
    else:
        price = min(bid.price for bid in bids)
        if rule == UndersubscriptionRule.CANCEL:
            return RoundStatus.CANCELLED, 0
        if rule == UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE and price < terms.hidden_reserve_ticks:
            return RoundStatus.DECLINED, 0
        if rule == UndersubscriptionRule.AT_RESERVE and terms.reserve_price_ticks:
            price = terms.reserve_price_ticks
    if price >= terms.hidden_reserve_ticks:
        return None, price
    if terms.hidden_reserve_rule == HiddenReserveRule.DECLINE:
        return RoundStatus.DECLINED, 0
    if terms.hidden_reserve_rule == HiddenReserveRule.CANCEL:
        return RoundStatus.CANCELLED, 0
    higher = [bid.price for bid in bids if bid.price >= terms.hidden_reserve_ticks]
    return (None, min(higher)) if higher else (RoundStatus.RESERVE_NOT_MET, 0)


def clear(terms: Terms, bids: list[Bid], lines: list[Line]) -> dict[str, Any]:
    """The whole round; keys are those of `engine.auction.Clearing`, columns are lists."""
    lowest = terms.lowest_valid_price_ticks
    fixed = terms.price_rule == PriceRule.FIXED
    if fixed:
        lowest = max(lowest, terms.fixed_price_ticks)
    valid = [bid.lots > 0 and bid.price >= lowest for bid in bids]
    counted = [bid for bid, good in zip(bids, valid, strict=True) if good]
    offered, submitted = sum(line.lots for line in lines), sum(bid.lots for bid in bids)
    awards, sold, price = [0] * len(bids), [0] * len(lines), 0
    status: RoundStatus | None
    if submitted == 0 or offered == 0:
        status = RoundStatus.NO_VALID_BIDS
    elif not counted:
        status = RoundStatus.RESERVE_NOT_MET
    else:
        status, price = find_price(terms, counted, [line for line in lines if line.lots], lowest)
    if status is None:
        at_margin: Callable[[Bid], bool] = (lambda bid: True) if fixed else (lambda bid: bid.price == price)
        above = [i for i, bid in enumerate(bids) if valid[i] and bid.price > price and not at_margin(bid)]
        margin = [i for i, bid in enumerate(bids) if valid[i] and at_margin(bid)]
        available = sum(line.lots for line in lines if line.minimum <= max(price, lowest))
        for i in above:
            awards[i] = bids[i].lots
        shares = ration(terms, available - sum(awards), [bids[i] for i in margin])
        for i, share in zip(margin, shares, strict=True):
            awards[i] = share
        sold = sell(sum(awards), price, lowest, lines)
        complete = sum(awards) >= offered
        status = RoundStatus.CLEARED if complete else RoundStatus.PARTIALLY_CLEARED
        if not any(awards):
            status, price = RoundStatus.RESERVE_NOT_MET, 0
    pays = [0] * len(bids)
    payments = [0] * len(bids)
    for i, bid in enumerate(bids):
        if awards[i]:
            pays[i] = bid.price if terms.price_rule == PriceRule.PAY_AS_BID else price
            steps = Fraction(pays[i] * awards[i] * terms.tick_value_minor, terms.payment_step_minor)
            payments[i] = floor(steps + Fraction(1, 2)) * terms.payment_step_minor
    by_seller = sorted(range(len(lines)), key=lambda i: (lines[i].seller, i))
    return {
        "status": status,
        "price_ticks": price or None,
        "offered_lots": offered,
        "sold_lots": sum(awards),
        "valid_demand_lots": sum(bid.lots for bid in counted),
        "submitted_demand_lots": submitted,
        "proceeds_minor": sum(payments),
        "awarded_lots": awards,
        "pays_ticks": pays,
        "payments_minor": payments,
        "valid": valid,
        "supply_sold_lots": sold,
        "supply_proceeds_minor": split(sum(payments), sold, by_seller, by_remainder=True),
    }
