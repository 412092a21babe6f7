"""Demand as a curve: how much is asked at a price, and how much of each bid counts there.

Without guarantees that restore, demand at t is the sum of the lots bid at t or above. With them, a bidder asks at t for

    min(lots bid at t or above, guarantee // t) ,

so lots that its guarantee did not cover at a high price come back at a lower one: at prices that somebody bid, or at
every tick, by the terms. Both parts fall as t rises, so demand does, and every search may bisect.

Between two prices that somebody bid nothing changes under the first switch: demand at t is demand at the next bid
price from t up.
"""

from __future__ import annotations

import numpy as np

from engine.auction.limits.kernels import whole_steps
from engine.auction.terms import GuaranteeExcess
from engine.jit import helper, kernel

_TRIMMED = int(GuaranteeExcess.TRIMMED)
_AT_BID_PRICES = int(GuaranteeExcess.RESTORED_AT_BID_PRICES)

DIGIT_BITS = 10
_BUCKETS = 2**DIGIT_BITS


@helper
def tested_price(demand, price):
    """The price at which guarantees are tested for demand at `price`; 0 when nobody bid that high."""
    if demand.mode != _AT_BID_PRICES:
        return max(price, demand.lowest)
    low, high = 0, demand.candidates.size
    while low < high:
        middle = (low + high) // 2
        if demand.candidates[middle] < price:
            low = middle + 1
        else:
            high = middle
    return demand.candidates[low] if low < demand.candidates.size else 0


@helper
def lots_at(demand, i, price):
    """Lots of bid `i` that count at the tested price `price`."""
    if demand.prices[i] < max(price, demand.lowest):
        return 0
    if demand.mode == _TRIMMED:
        return demand.lots[i]
    guarantee = demand.guarantees[demand.bidders[i]]
    if guarantee < 0:
        return demand.lots[i]
    room = whole_steps(guarantee // (price * demand.value_of_tick), demand.step) - demand.before[i]
    return max(0, min(demand.lots[i], room))


@kernel
def demand_from(demand, price):
    """Lots asked at `price`."""
    total = 0
    if demand.mode == _TRIMMED:
        bound = max(price, demand.lowest)
        for i in range(demand.prices.size):
            if demand.prices[i] >= bound:
                total += demand.lots[i]
        return total
    at = tested_price(demand, price)
    if at > 0:
        for i in range(demand.prices.size):
            total += lots_at(demand, i, at)
    return total


@kernel
def price_reaching_by_digits(prices, lots, lowest, target):
    """The highest bid price, not below `lowest`, at which demand without restoration reaches `target`; 0: never.

    Narrows the price ten bits at a time: three looks at each bid, whatever the range of prices.
    """
    histogram = np.empty(_BUCKETS, np.int64)
    above = 0
    prefix = 0
    for shift in (2 * DIGIT_BITS, DIGIT_BITS, 0):
        for bucket in range(_BUCKETS):
            histogram[bucket] = 0
        for i in range(prices.size):
            digits = prices[i] - 1
            if prices[i] >= lowest and digits >> (shift + DIGIT_BITS) == prefix:
                histogram[digits >> shift & (_BUCKETS - 1)] += lots[i]
        bucket = _BUCKETS - 1
        while bucket >= 0 and above + histogram[bucket] < target:
            above += histogram[bucket]
            bucket -= 1
        if bucket < 0:
            return 0
        prefix = prefix << DIGIT_BITS | bucket
    return prefix + 1


@kernel
def price_reaching(demand, target):
    """The highest price at which demand reaches `target` (positive); 0 when it never does.

    A bid price, except where guarantees restore at every tick.
    """
    if demand.mode == _TRIMMED:
        return price_reaching_by_digits(demand.prices, demand.lots, demand.lowest, target)
    if demand.mode == _AT_BID_PRICES:
        low, high = -1, demand.candidates.size - 1
        while low < high:
            middle = (low + high + 1) // 2
            if demand_from(demand, demand.candidates[middle]) >= target:
                low = middle
            else:
                high = middle - 1
        return demand.candidates[low] if low >= 0 else 0
    if demand.candidates.size == 0 or demand_from(demand, demand.lowest) < target:
        return 0
    lowest, highest = demand.lowest, demand.candidates[demand.candidates.size - 1]
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if demand_from(demand, middle) >= target:
            lowest = middle
        else:
            highest = middle - 1
    return lowest


@kernel
def lowest_accepted_price(demand, price):
    """The lowest price, from `price` up, at which anything is asked that is not asked higher; 0 when nothing is."""
    asked = demand_from(demand, price)
    return price_reaching(demand, asked) if asked > 0 else 0
