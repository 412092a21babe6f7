"""Limits inside the clear: what is left of a bidder's bids after caps and guarantee, and what each limit cut.

Lots are taken off from a bidder's lowest price up (Québec Q-2 r.46.1 s. 52), among equal prices from the latest
arrival: what stays is always the best-paying, earliest part. Order: own cap, then each shared cap (linked bidders, a
class together), then the guarantee. A limit leaves a multiple of the terms' `limit_step_lots`.

Guarantees under a uniform price bound the largest, over own prices p, of p x lots kept at p or above; under
pay-as-bid, or where the terms say so, the sum of price x lots.
"""

from __future__ import annotations

import numpy as np

from engine.auction.layout import Bids
from engine.auction.ordering.kernels import comes_before, negated, no_keys, pick, sort_by_keys, zeros
from engine.auction.search.kernels import price_by_digits
from engine.auction.terms import GuaranteeRule
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX

_SUM = int(GuaranteeRule.SUM_OF_VALUES)
_NO_END = 2**62
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


@helper
def record_cut(cuts, i, lots):
    """Note that a limit cut `lots` of bid `i`, where cuts are asked for."""
    if cuts.size > 0:
        cuts[i] += lots


@helper
def walk(bids, asked, limits, rules, lowest, lots, cut_by_cap, cut_by_guarantee, by_sum, explains):
    """`trim_each`; inlined with `by_sum` and `explains` known, which leaves less in the loop.

    What stays within the guarantee at one price does so at every lower one: a bid without lots never passes it. After a
    cut there is no room any more; where cuts are explained there is no guarantee instead, to which later ones fall.
    """
    prices, owners, caps, guarantees = bids.prices, bids.bidders, limits.caps, limits.guarantees
    _, value, step, by_caps, by_guarantees = rules
    left = 0
    room = 0
    guarantee = 0
    total = 0
    worth = 0
    for k in range(owners.size):
        price = prices[k]
        owner = owners[k]
        if k == 0 or owner != owners[k - 1]:
            if owner >= caps.size or (k > 0 and owner < owners[k - 1]):
                return -1
            room = caps[owner] if by_caps else -1
            room = _NO_END if room < 0 else room if step == 1 else whole_steps(room, step)
            guarantee = guarantees[owner] if by_guarantees else -1
            guarantee = _NO_END if guarantee < 0 else guarantee if value == 1 else guarantee // value
            total = 0
            worth = 0
        elif price >= prices[k - 1] and (price > prices[k - 1] or comes_before(k, k - 1, bids.times, bids.numbers)):
            return -1
        wanted = asked[k] if price >= lowest else 0
        capped = min(wanted, room)
        room -= capped
        kept = capped
        stands_for = worth + price * kept if by_sum else price * (total + kept)
        if stands_for > guarantee and (kept > 0 or not explains):
            fits = (guarantee - worth) // price if by_sum else guarantee // price - total
            kept = max(0, min(kept, fits if step == 1 else whole_steps(total + fits, step) - total))
            if explains:
                guarantee = 0
            else:
                room = 0
        lots[k] = kept
        left += kept
        total += kept
        if by_sum:
            worth += price * kept
        if explains:
            cut_by_cap[k] += wanted - capped
            cut_by_guarantee[k] += capped - kept
    return left


@kernel
def trim_each(bids, asked, limits, rules, lowest, lots, cut_by_cap, cut_by_guarantee):
    """Fill `lots` with what own caps and guarantees leave of the valid part of `asked`; return their sum.

    Bids lie by bidder, each bidder's best first; -1 at the first that does not: nothing is then decided. `rules`:
    (GuaranteeRule, value of a tick, step, whether caps bind here, whether guarantees do). One look at each bid; below a
    bid that the guarantee cuts nothing stays. Products are within the worth of all bids. Of bidders only the first
    needs to be known not to be negative.
    """
    if rules[0] == _SUM or cut_by_cap.size > 0:
        by_sum = rules[0] == _SUM
        explains = cut_by_cap.size > 0
        return walk(bids, asked, limits, rules, lowest, lots, cut_by_cap, cut_by_guarantee, by_sum, explains)
    return walk(bids, asked, limits, rules, lowest, lots, cut_by_cap, cut_by_guarantee, False, False)


@kernel
def all_have_places(bidders, count):
    """Whether all bidders are places below `count`."""
    outside = 0
    for i in range(bidders.size):
        outside += (bidders[i] < 0) | (bidders[i] >= count)
    return outside == 0


@kernel
def in_order(bids, order):
    """The columns of bids that limits read, in `order`."""
    return Bids(
        pick(bids.prices, order),
        pick(bids.lots, order),
        pick(bids.times, order),
        pick(bids.numbers, order),
        no_keys(),
        no_keys(),
        pick(bids.bidders, order),
    )


@kernel
def put_back(ranked, order, column):
    """Fill `column` from what stands in `order`; an empty one is not filled."""
    for k in range(column.size):
        column[order[k]] = ranked[k]


@kernel
def bids_of(bids, members, bidders):
    """Indices of the bids of the bidders `members` (of `bidders` in all), in the order of the arrays."""
    bound = zeros(bidders)
    for k in range(members.size):
        bound[members[k]] = 1
    own = np.empty(bids.bidders.size, np.int64)
    count = 0
    for i in range(bids.bidders.size):
        own[count] = i
        count += bound[bids.bidders[i]]
    return own[:count]


@kernel
def keep_best(bids, own, left, lots, cut):
    """Bound the `lots` of the bids `own` together to `left`: of what they ask at the price that reaches it, the earlier
    stay, then the lower numbers."""
    prices, asked = pick(bids.prices, own), pick(lots, own)
    price = price_by_digits(prices, asked, 1, left) if left > 0 else PRICE_TICKS_MAX + 1
    at_price = np.empty(own.size, np.int64)
    count = 0
    for k in range(own.size):
        if prices[k] > price:
            left -= asked[k]
        elif prices[k] == price:
            at_price[count] = own[k]
            count += 1
        else:
            record_cut(cut, own[k], asked[k])
            lots[own[k]] = 0
    at_price = at_price[:count]
    sort_by_keys(at_price, bids.times, bids.numbers)
    for k in range(count):
        i = at_price[k]
        kept = min(lots[i], left)
        left -= kept
        record_cut(cut, i, lots[i] - kept)
        lots[i] = kept


@kernel
def trim_to_shared_caps(bids, limits, step, lots, cut):
    """Bound the `lots` of each set of bidders together by their cap. Linear in the bids for each cap, but for a sort of
    those at the price where it binds."""
    for s in range(limits.shared_caps.size):
        own = bids_of(bids, limits.members[limits.starts[s] : limits.starts[s + 1]], limits.caps.size)
        asked = 0
        for k in range(own.size):
            asked += lots[own[k]]
        left = whole_steps(limits.shared_caps[s], step)
        if asked > left:
            keep_best(bids, own, left, lots, cut)
