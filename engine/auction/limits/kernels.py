"""Limits inside the clear: what is left of a bidder's bids after caps and guarantee, and what each limit cut.

Lots are taken off from a bidder's lowest price up (Québec Q-2 r.46.1 s. 52), among equal prices from the latest
arrival: what stays is always the best-paying, earliest part. Order: own cap, then each shared cap (linked bidders, a
class together), then the guarantee. A limit leaves a multiple of the terms' `limit_step_lots`.

Guarantees under a uniform price bound the largest, over own prices p, of p x lots kept at p or above; under
pay-as-bid, or where the terms say so, the sum of price x lots.
"""

from __future__ import annotations

import numpy as np

from engine.auction.ordering.kernels import comes_before, negated, no_keys, sort_by_keys, zeros
from engine.auction.terms import GuaranteeRule
from engine.jit import helper, kernel

_SUM = int(GuaranteeRule.SUM_OF_VALUES)
_FEW = 48
"""Up to so many bids of one bidder are sorted by insertion."""


@helper
def whole_steps(lots, step):
    """The largest multiple of `step` up to `lots`; nothing when `lots` is negative."""
    return max(0, lots) // step * step


@helper
def is_better(prices, times, numbers, a, b):
    """Whether bid `a` stands before bid `b` of the same bidder."""
    if prices[a] != prices[b]:
        return prices[a] > prices[b]
    return comes_before(a, b, times, numbers)


@kernel
def best_first_by_bidder(bids, bidders):
    """Indices by bidder, then price falling, time, number. `bidders`: how many there are.

    Counted into bidders, then sorted within each: bidders have few bids.
    """
    prices, times, numbers, owners = bids.prices, bids.times, bids.numbers, bids.bidders
    ends = zeros(bidders + 1)
    for i in range(owners.size):
        ends[owners[i] + 1] += 1
    for s in range(bidders):
        ends[s + 1] += ends[s]
    order = zeros(owners.size)
    for i in range(owners.size):
        s = owners[i]
        order[ends[s]] = i
        ends[s] += 1
    start = 0
    for s in range(bidders):
        if ends[s] - start > _FEW:
            own = order[start : ends[s]]
            sort_by_keys(own, times, numbers)
            sort_by_keys(own, negated(prices), no_keys())
        else:
            for k in range(start + 1, ends[s]):
                i = order[k]
                at = k
                while at > start and is_better(prices, times, numbers, i, order[at - 1]):
                    order[at] = order[at - 1]
                    at -= 1
                order[at] = i
        start = ends[s]
    return order


@kernel
def trim_to_caps(order, bidders, caps, step, lots, cut):
    """Bound each bidder's `lots` by its cap; what is taken off is added to `cut`. `order`: by bidder, best first."""
    last = -1
    left = 0
    for k in range(order.size):
        i = order[k]
        if bidders[i] != last:
            last = bidders[i]
            left = whole_steps(caps[last], step)
        if caps[last] >= 0:
            kept = min(lots[i], left)
            left -= kept
            cut[i] += lots[i] - kept
            lots[i] = kept


@kernel
def bids_of(bids, members, bidders):
    """Indices of the bids of the bidders `members` (of `bidders` in all) by price falling, time, number."""
    bound = zeros(bidders)
    for k in range(members.size):
        bound[members[k]] = 1
    own = np.empty(bids.bidders.size, np.int64)
    count = 0
    for i in range(bids.bidders.size):
        if bound[bids.bidders[i]] == 1:
            own[count] = i
            count += 1
    own = own[:count]
    sort_by_keys(own, bids.times, bids.numbers)
    sort_by_keys(own, negated(bids.prices), no_keys())
    return own


@kernel
def trim_to_shared_caps(bids, limits, step, lots, cut):
    """Bound the `lots` of each set of bidders together by their cap."""
    for s in range(limits.shared_caps.size):
        members = limits.members[limits.starts[s] : limits.starts[s + 1]]
        own = bids_of(bids, members, limits.caps.size)
        left = whole_steps(limits.shared_caps[s], step)
        for k in range(own.size):
            i = own[k]
            kept = min(lots[i], left)
            left -= kept
            cut[i] += lots[i] - kept
            lots[i] = kept


@kernel
def trim_to_guarantees(order, bids, guarantees, rule, value_of_tick, step, lots, cut):
    """Bound each bidder's `lots` by its guarantee, from the best price down; below a cut nothing stays."""
    last = -1
    kept_lots = 0
    kept_value = 0
    open_ = True
    for k in range(order.size):
        i = order[k]
        if bids.bidders[i] != last:
            last = bids.bidders[i]
            kept_lots = 0
            kept_value = 0
            open_ = True
        if guarantees[last] < 0 or lots[i] == 0:
            continue
        price = bids.prices[i] * value_of_tick
        if rule == _SUM:
            room = (guarantees[last] - kept_value) // price
        else:
            room = guarantees[last] // price - kept_lots
        kept = lots[i]
        if not open_:
            kept = 0
        elif kept > room:
            kept = whole_steps(kept_lots + room, step) - kept_lots
            kept = max(0, min(kept, lots[i]))
            open_ = False
        kept_lots += kept
        kept_value += kept * price
        cut[i] += lots[i] - kept
        lots[i] = kept
