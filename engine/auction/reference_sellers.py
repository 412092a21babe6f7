"""The sellers' side in the reference: releases, order of sale, proceeds."""

from __future__ import annotations

from fractions import Fraction
from math import floor as whole
from typing import NamedTuple

from engine.auction.reference_shares import split
from engine.auction.terms import ShortSaleRule, Terms


class Line(NamedTuple):
    """A line of supply."""

    lots: int
    group: int = 0
    rank: int = 0
    seller: int = 0
    minimum: int = 0
    trigger: int = 0
    withheld: int = 0
    draw: int = 0


def sell(terms: Terms, total: int, price: int, floor: int, lines: list[Line], on_offer: list[bool]) -> list[int]:
    """What each line sells of `total` lots at `price`."""
    sold = [0] * len(lines)
    binding = [line.minimum if line.minimum > floor else 0 for line in lines]
    for wanted in (
        [i for i in range(len(lines)) if on_offer[i] and (binding[i] < price or binding[i] == 0)],
        [i for i in range(len(lines)) if on_offer[i] and binding[i] == price],
    ):
        here = min(total - sum(sold), sum(lines[i].lots for i in wanted))
        groups = sorted({lines[i].group for i in wanted})
        offers = [sum(lines[i].lots for i in wanted if lines[i].group == group) for group in groups]
        for group, quota in zip(groups, split(here, offers, list(range(len(groups))), True), strict=True):
            _sell_group(terms, quota, [i for i in wanted if lines[i].group == group], lines, sold)
    if total > sum(sold):
        on_offer_here = [i for i in range(len(lines)) if on_offer[i] and binding[i] <= price]
        last = max(on_offer_here, key=lambda i: (lines[i].rank, lines[i].group, lines[i].seller, i))
        sold[last] += total - sum(sold)
    return sold


def _sell_group(terms: Terms, left: int, members: list[int], lines: list[Line], sold: list[int]) -> None:
    by_draw = terms.short_sale_rule == ShortSaleRule.RANDOM_UNITS
    for rank in sorted({lines[i].rank for i in members}):
        sharing = sorted(
            (i for i in members if lines[i].rank == rank),
            key=lambda i: (lines[i].draw if by_draw else 0, lines[i].seller, i),
        )
        weights = [lines[i].lots for i in sharing]
        parts = split(min(left, sum(weights)), weights, list(range(len(weights))), by_remainder=not by_draw)
        for i, part in zip(sharing, parts, strict=True):
            sold[i] += part
        left -= sum(parts)


def share_pool(payments: list[int], lines: list[Line], sold: list[int]) -> list[int]:
    """Proceeds when all payments form one pool."""
    by_seller = sorted(range(len(lines)), key=lambda i: (lines[i].seller, i))
    return split(sum(payments), sold, by_seller, by_remainder=True)


def share_by_tranche(winners: list[tuple[int, int]], lines: list[Line], sold: list[int]) -> list[int]:
    """Proceeds when the best-paying winners, (lots, payment) in that order, pay for the lowest rank."""
    proceeds = [0] * len(lines)
    sold_before = 0
    for rank in sorted({line.rank for line in lines}):
        members = sorted((i for i, line in enumerate(lines) if line.rank == rank), key=lambda i: (lines[i].seller, i))
        # The ranks are sorted by (group, seller) within; only sellers decide between equal remainders.
        members.sort(key=lambda i: (lines[i].seller, lines[i].group, i))
        weights = [sold[i] for i in members]
        sold_after = sold_before + sum(weights)
        pool = _paid_up_to(winners, sold_after) - _paid_up_to(winners, sold_before)
        for i, part in zip(members, split(pool, weights, list(range(len(members))), True), strict=True):
            proceeds[i] = part
        sold_before = sold_after
    return proceeds


def _paid_up_to(winners: list[tuple[int, int]], lots: int) -> int:
    """What the first `lots` lots paid, the bid they end in paying in proportion, rounded down."""
    paid = 0
    for awarded, payment in winners:
        used = min(awarded, lots)
        paid += whole(Fraction(payment * used, awarded))
        lots -= used
    return paid
