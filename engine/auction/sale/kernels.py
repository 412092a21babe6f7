"""The sellers' side of a result: which lines sold how much, and what each seller gets.

What was sold is divided between groups (jurisdictions) in proportion to their offers by largest remainder, within a
group in the order of rank, and within one rank in proportion by the short-sale rule. Lines whose minimum lies below
the price sell first; lines at that very minimum share what is left in the same way; lines above it sell nothing. A
government's units rank behind consigned ones when its rank is higher: nothing here knows who is who.

Proceeds sum to the payments to the last minor unit.
"""

from __future__ import annotations

import numpy as np

from engine.auction.ordering.kernels import negated, no_keys, pick, places, sort_by_keys, zeros
from engine.auction.split.kernels import share, split_in_order, split_largest_remainder
from engine.auction.terms import ShortSaleRule
from engine.jit import kernel

_RANDOM_UNITS = int(ShortSaleRule.RANDOM_UNITS)


@kernel
def sell_group(total, members, lines, rule, sold):
    """Add `total` lots to `sold` of the lines `members` (indices of one group), rank by rank."""
    order = pick(members, places(members.size))
    sort_by_keys(order, lines.ranks, lines.sellers)
    left = total
    start = 0
    while start < order.size and left > 0:
        end = start
        offered = 0
        while end < order.size and lines.ranks[order[end]] == lines.ranks[order[start]]:
            offered += lines.offers[order[end]]
            end += 1
        here = min(left, offered)
        sharing = order[start:end]
        parts = zeros(end - start)
        if rule == _RANDOM_UNITS:
            split_in_order(here, pick(lines.offers, sharing), pick(lines.draws, sharing), no_keys(), parts)
        else:
            split_largest_remainder(here, pick(lines.offers, sharing), no_keys(), no_keys(), parts)
        for k in range(start, end):
            sold[order[k]] += parts[k - start]
        left -= here
        start = end


@kernel
def sell_lines(total, chosen, lines, rule, sold):
    """Add `total` lots to `sold` of the lines `chosen` (indices): between groups by their offers, then by rank."""
    order = pick(chosen, places(chosen.size))
    sort_by_keys(order, lines.groups, no_keys())
    starts = np.empty(order.size + 1, np.int64)
    weights = zeros(order.size)
    count = 0
    for k in range(order.size):
        if k == 0 or lines.groups[order[k]] != lines.groups[order[k - 1]]:
            starts[count] = k
            count += 1
        weights[count - 1] += lines.offers[order[k]]
    starts[count] = order.size
    parts = zeros(count)
    split_largest_remainder(total, weights[:count], no_keys(), no_keys(), parts)
    for g in range(count):
        sell_group(parts[g], order[starts[g] : starts[g + 1]], lines, rule, sold)


@kernel
def order_of_sale(lines):
    """Indices of all lines by rank, group, seller, place."""
    order = places(lines.offers.size)
    sort_by_keys(order, lines.groups, lines.sellers)
    sort_by_keys(order, lines.ranks, no_keys())
    return order


@kernel
def sell(total, price, floor, lines, released, rule, sold):
    """Fill `sold`: `total` lots at `price` over the released lines; a minimum up to `floor` binds nobody.

    More than is on offer at `price` (a percentage rounded up) goes to the line on offer that sells last.
    """
    for k in range(sold.size):
        sold[k] = 0
    left = total
    chosen = np.empty(lines.offers.size, np.int64)
    for at_price in (False, True):
        count = 0
        offered = 0
        for k in range(lines.offers.size):
            bound = lines.minimums[k] > floor
            here = lines.minimums[k] == price and bound if at_price else lines.minimums[k] < price or not bound
            if here and released[k] and lines.offers[k] > 0:
                chosen[count] = k
                count += 1
                offered += lines.offers[k]
        here_sold = min(left, offered)
        if here_sold > 0:
            sell_lines(here_sold, chosen[:count], lines, rule, sold)
            left -= here_sold
    if left > 0:
        order = order_of_sale(lines)
        last = -1
        for k in range(order.size):
            if released[order[k]] and lines.minimums[order[k]] <= max(price, floor):
                last = order[k]
        sold[last] += left


@kernel
def share_payments(paid_minor, lines, sold, proceeds):
    """Fill `proceeds`: the pool `paid_minor` split by lots sold, the last minor units by largest remainder."""
    if paid_minor > 0:
        split_largest_remainder(paid_minor, sold, lines.sellers, no_keys(), proceeds)


@kernel
def share_payments_by_tranche(bids, result, lines, sold, proceeds):
    """Fill `proceeds`: the best-paying lots are those of the lowest rank; within a rank payments form a pool.

    A bid that lies across two ranks pays each in proportion to its lots there, rounded down for the first.
    """
    winners = np.empty(result.awarded.size, np.int64)
    count = 0
    for i in range(result.awarded.size):
        if result.awarded[i] > 0:
            winners[count] = i
            count += 1
    winners = winners[:count]
    order = places(count)
    falling = negated(pick(result.pays, winners))
    sort_by_keys(order, pick(bids.times, winners), pick(bids.numbers, winners))
    sort_by_keys(order, falling, no_keys())
    by_sale = order_of_sale(lines)
    bid = 0
    lots_used = 0
    paid_used = 0
    start = 0
    while start < by_sale.size:
        end = start
        wanted = 0
        while end < by_sale.size and lines.ranks[by_sale[end]] == lines.ranks[by_sale[start]]:
            wanted += sold[by_sale[end]]
            end += 1
        tranche = by_sale[start:end]
        pool = 0
        while wanted > 0:
            i = winners[order[bid]]
            here = min(wanted, result.awarded[i] - lots_used)
            lots_used += here
            wanted -= here
            part, _ = share(result.payments[i], lots_used, result.awarded[i])
            pool += part - paid_used
            paid_used = part
            if lots_used == result.awarded[i]:
                bid += 1
                lots_used = 0
                paid_used = 0
        if pool > 0:
            parts = zeros(tranche.size)
            split_largest_remainder(pool, pick(sold, tranche), pick(lines.sellers, tranche), no_keys(), parts)
            for k in range(tranche.size):
                proceeds[tranche[k]] = parts[k]
        start = end
