"""The supply side of a result: which lines sold how much, and what each seller gets.

What was sold is divided between groups (jurisdictions) in proportion to their offers by largest remainder, within a
group in the order of rank, and within one rank in proportion by largest remainder. Lines whose minimum lies below the
price sell first; lines at that very minimum share what is left by the same rule; lines above it sell nothing. A
government's units rank behind consigned ones when its rank is higher: nothing here knows who is who.

Proceeds sum to the payments to the last minor unit.
"""

from __future__ import annotations

import numpy as np

from engine.auction.ordering.kernels import pick, sort_by_keys
from engine.auction.split.kernels import split_largest_remainder
from engine.jit import kernel

_NO_KEYS = np.empty(0, np.int64)


@kernel
def sell_group(total, members, ranks, sellers, offers, sold):
    """Add `total` lots to `sold` of the lines `members` (indices of one group), rank by rank."""
    order = members.copy()
    sort_by_keys(order, ranks, sellers)
    left = total
    start = 0
    while start < order.size and left > 0:
        end = start
        offered = 0
        while end < order.size and ranks[order[end]] == ranks[order[start]]:
            offered += offers[order[end]]
            end += 1
        here = min(left, offered)
        parts = np.zeros(end - start, np.int64)
        split_largest_remainder(here, pick(offers, order[start:end]), _NO_KEYS, _NO_KEYS, parts)
        for k in range(start, end):
            sold[order[k]] += parts[k - start]
        left -= here
        start = end


@kernel
def sell_lines(total, lines, groups, ranks, sellers, offers, sold):
    """Add `total` lots to `sold` of `lines` (indices): between the groups by their offers, then rank by rank."""
    order = lines.copy()
    sort_by_keys(order, groups, _NO_KEYS)
    starts = np.empty(order.size + 1, np.int64)
    weights = np.zeros(order.size, np.int64)
    count = 0
    for k in range(order.size):
        if k == 0 or groups[order[k]] != groups[order[k - 1]]:
            starts[count] = k
            count += 1
        weights[count - 1] += offers[order[k]]
    starts[count] = order.size
    parts = np.zeros(count, np.int64)
    split_largest_remainder(total, weights[:count], _NO_KEYS, _NO_KEYS, parts)
    for g in range(count):
        sell_group(parts[g], order[starts[g] : starts[g + 1]], ranks, sellers, offers, sold)


@kernel
def last_in_order(groups, ranks, sellers):
    """The line that sells last: highest rank, then group, seller and place."""
    last = 0
    for i in range(1, ranks.size):
        if ranks[i] != ranks[last]:
            later = ranks[i] > ranks[last]
        elif groups[i] != groups[last]:
            later = groups[i] > groups[last]
        else:
            later = sellers[i] >= sellers[last]
        if later:
            last = i
    return last


@kernel
def sell(total, price, lowest, minimums, groups, ranks, sellers, offers, sold):
    """Fill `sold`: `total` lots at `price` over all lines; a minimum up to `lowest` binds nobody.

    More than is on offer at `price` (a percentage rounded up) goes to the line that sells last.
    """
    sold[:] = 0
    left = total
    for at_price in (False, True):
        lines = np.empty(offers.size, np.int64)
        count = 0
        offered = 0
        for i in range(offers.size):
            bound = minimums[i] > lowest
            if offers[i] > 0 and (minimums[i] == price and bound if at_price else minimums[i] < price or not bound):
                lines[count] = i
                count += 1
                offered += offers[i]
        here = min(left, offered)
        if here > 0:
            sell_lines(here, lines[:count], groups, ranks, sellers, offers, sold)
            left -= here
    if left > 0:
        sold[last_in_order(groups, ranks, sellers)] += left


@kernel
def share_payments(paid_minor, sellers, sold, proceeds):
    """Fill `proceeds`: the pool `paid_minor` split by lots sold, the last minor units by largest remainder."""
    proceeds[:] = 0
    if paid_minor > 0:
        split_largest_remainder(paid_minor, sold, sellers, _NO_KEYS, proceeds)
