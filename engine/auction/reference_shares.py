"""Division and rationing in the reference: exact fractions, one rule after the other."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from engine.auction.terms import MarginRule, Terms


class Share(NamedTuple):
    """Somebody who shares at the margin."""

    lots: int
    time: tuple[int, int]
    draw: tuple[int, int]
    minimum: int


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


def ration(terms: Terms, left: int, shares: list[Share]) -> list[int]:
    """Awards of those who share `left` lots at one price."""
    rule, lots = terms.margin_rule, [share.lots for share in shares]
    by_time = sorted(range(len(shares)), key=lambda i: shares[i].time)
    by_draw = sorted(range(len(shares)), key=lambda i: shares[i].draw)
    if rule == MarginRule.PRO_RATA_WITH_MINIMUMS:
        return _with_minimums(left, shares, by_time)
    if sum(lots) <= left:
        return lots
    if rule == MarginRule.PERCENTAGE_ROUNDED_UP:
        percent = Fraction(ceil(Fraction(left, sum(lots)) * 10_000), 10_000)
        step = terms.margin_lot
        return [min(quantity, ceil(Fraction(quantity * percent, step)) * step) for quantity in lots]
    if rule in (MarginRule.TIME_PRIORITY, MarginRule.RANDOM_ORDER):
        awards = [0] * len(shares)
        for i in by_time if rule == MarginRule.TIME_PRIORITY else by_draw:
            awards[i] = min(lots[i], left - sum(awards))
        return awards
    order = by_draw if rule == MarginRule.PRO_RATA_RANDOM_UNITS else by_time
    return split(left, lots, order, by_remainder=rule == MarginRule.PRO_RATA_LARGEST_REMAINDER)


def _with_minimums(left: int, shares: list[Share], by_time: list[int]) -> list[int]:
    weights = [share.lots for share in shares]
    while True:
        awards = weights[:] if sum(weights) <= left else split(left, weights, by_time, by_remainder=True)
        short = [i for i, share in enumerate(shares) if weights[i] and awards[i] < share.minimum]
        if not short:
            return awards
        for i in short:
            weights[i] = 0
