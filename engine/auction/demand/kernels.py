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
from engine.limits import PRICE_TICKS_MAX

_TRIMMED = int(GuaranteeExcess.TRIMMED)
_AT_BID_PRICES = int(GuaranteeExcess.RESTORED_AT_BID_PRICES)

DIGIT_BITS = 10
_BUCKETS = 2**DIGIT_BITS

_MANY = 2**20
"""From so many bids on a sample pays."""
_SAMPLE = 2**18
_RUN = 8
_NARROW = 300
_BROAD = 40
"""The bracket reaches this part of the sampled lots to either side: three standard deviations of independent bids
first, and far enough for bids that come in bunches when that was too narrow."""
_BLOCK = 32
_LEVELS = 4
"""A bracket of so few prices is summed price by price: most bids may lie inside."""


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
        prices, lots, bound = demand.prices, demand.lots, max(price, demand.lowest)
        for i in range(prices.size):
            total += lots[i] * (prices[i] >= bound)
        return total
    at = tested_price(demand, price)
    if at > 0:
        for i in range(demand.prices.size):
            total += lots_at(demand, i, at)
    return total


@kernel
def price_by_digits(prices, lots, lowest, target):
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
def sample(prices, lots, lowest):
    """(prices, lots, sum of lots) of about `_SAMPLE` bids, in runs of one cache line taken at equal distances."""
    runs = _SAMPLE // _RUN
    distance = prices.size // runs
    sampled_prices = np.empty(_SAMPLE, np.int64)
    sampled_lots = np.empty(_SAMPLE, np.int64)
    total = 0
    for r in range(runs):
        for j in range(_RUN):
            i = r * distance + j
            sampled_prices[r * _RUN + j] = prices[i]
            sampled_lots[r * _RUN + j] = lots[i]
            total += lots[i] if prices[i] >= lowest else 0
    return sampled_prices, sampled_lots, total


@kernel
def gather(prices, lots, low, high, inside_prices, inside_lots):
    """(lots bid above `high`, number of bids from `low` to `high`), those copied out; -1 bids: too many for the room.

    Blocks without a bid inside cost one pass without branches.
    """
    above = 0
    count = 0
    room = inside_prices.size - _BLOCK
    end = prices.size // _BLOCK * _BLOCK
    for start in range(0, end, _BLOCK):
        here = 0
        hits = 0
        for i in range(start, start + _BLOCK):
            here += lots[i] * (prices[i] > high)
            hits += (prices[i] >= low) & (prices[i] <= high)
        above += here
        if hits > 0:
            if count > room:
                return above, -1
            for i in range(start, start + _BLOCK):
                inside_prices[count] = prices[i]
                inside_lots[count] = lots[i]
                count += (prices[i] >= low) & (prices[i] <= high)
    if count > room:
        return above, -1
    for i in range(end, prices.size):
        above += lots[i] * (prices[i] > high)
        inside_prices[count] = prices[i]
        inside_lots[count] = lots[i]
        count += (prices[i] >= low) & (prices[i] <= high)
    return above, count


@kernel
def price_within_levels(prices, lots, low, target):
    """The highest of the prices `low` to `low` + `_LEVELS` - 1 at which demand reaches `target`; 0: it does not, or does
    so above them. One pass, however many bids share a price."""
    above = 0
    first = 0
    second = 0
    third = 0
    fourth = 0
    for i in range(prices.size):
        offset = prices[i] - low
        above += lots[i] * (offset >= _LEVELS)
        first += lots[i] * (offset == 3)
        second += lots[i] * (offset == 2)
        third += lots[i] * (offset == 1)
        fourth += lots[i] * (offset == 0)
    found = 0
    if above < target:
        if above + first >= target:
            found = low + 3
        elif above + first + second >= target:
            found = low + 2
        elif above + first + second + third >= target:
            found = low + 1
        elif above + first + second + third + fourth >= target:
            found = low
    return found


@kernel
def price_reaching_among(prices, lots, lowest, target):
    """The same answer as `price_by_digits`; of many bids a sample first says where to look.

    The sample brackets the price; one pass sums what is bid above the bracket and copies what lies inside. When the
    answer is not inside, which is rare, a broader bracket is tried, then the digits decide. The result never depends on the sample.
    """
    if prices.size < _MANY:
        return price_by_digits(prices, lots, lowest, target)
    sampled_prices, sampled_lots, sampled = sample(prices, lots, lowest)
    aim = min(sampled, target // (prices.size // _SAMPLE))
    inside_prices = np.empty(prices.size // 8 + _BLOCK, np.int64)
    inside_lots = np.empty(prices.size // 8 + _BLOCK, np.int64)
    found = 0
    for slack in (_NARROW, _BROAD):
        low = price_by_digits(sampled_prices, sampled_lots, lowest, min(sampled, aim + sampled // slack) + 1)
        high = price_by_digits(sampled_prices, sampled_lots, lowest, max(1, aim - sampled // slack))
        low = max(low, lowest)
        if high == 0:
            high = PRICE_TICKS_MAX
        if high - low < _LEVELS:
            found = price_within_levels(prices, lots, low, target)
        else:
            above, count = gather(prices, lots, low, high, inside_prices, inside_lots)
            if count > 0 and above < target:
                found = price_by_digits(inside_prices[:count], inside_lots[:count], low, target - above)
        if found > 0:
            return found
    return price_by_digits(prices, lots, lowest, target)


@kernel
def price_reaching(demand, target):
    """The highest price at which demand reaches `target` (positive); 0 when it never does.

    A bid price, except where guarantees restore at every tick.
    """
    if demand.mode == _TRIMMED:
        return price_reaching_among(demand.prices, demand.lots, demand.lowest, target)
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
