"""The price at which plain demand fills a target: bids sorted by nothing, looked at once or three times.

Plain demand at t is the sum of the lots bid at t or above. Few bids are searched digit by digit of the price, up to
ten bits at a time; of many, a sample says where to look, and one pass decides. The answer never depends on the sample.
"""

from __future__ import annotations

import numpy as np

from engine.auction.layout import Inside
from engine.jit import kernel
from engine.limits import PRICE_TICKS_MAX

DIGIT_BITS = 10

_FEW = 2**11
"""Up to so many bids prices and lots lie in the nearest cache."""
MANY = 2**20
"""From so many bids on a sample pays."""
_SAMPLE = 2**17
_RUN = 8
NARROW = 200
_BROAD = 40
"""The bracket reaches this part of the sampled lots to either side: three standard deviations of independent bids
first, and far enough for bids that come in bunches when that was too narrow."""
_BLOCK = 32
_LEVELS = 4
"""A bracket of so few prices is summed price by price: most bids may lie inside."""


@kernel
def highest_of(prices):
    """The highest price; 0 of none."""
    highest = 0
    for i in range(prices.size):
        highest = max(highest, prices[i])
    return highest


@kernel
def price_by_digits(prices, lots, lowest, target):
    """The highest bid price, not below `lowest`, at which demand without restoration reaches `target`; 0: never.

    Narrows the price by as many bits at a time as the range of prices above `lowest` asks for: with up to a thousand
    prices one look at each bid is enough, with a million two, never more than three.
    """
    span = highest_of(prices) - lowest
    if span < 0:
        return 0
    bits = 1
    while span >> bits > 0:
        bits += 1
    looks = (bits + DIGIT_BITS - 1) // DIGIT_BITS
    width = (bits + looks - 1) // looks
    buckets = 1 << width
    histogram = np.empty(buckets, np.int64)
    above = 0
    prefix = 0
    shift = width * looks
    while shift > 0:
        shift -= width
        for bucket in range(buckets):
            histogram[bucket] = 0
        for i in range(prices.size):
            # Below `lowest` the digits are negative and have no prefix.
            digits = prices[i] - lowest
            if digits >> (shift + width) == prefix:
                histogram[digits >> shift & (buckets - 1)] += lots[i]
        bucket = buckets - 1
        while bucket >= 0 and above + histogram[bucket] < target:
            above += histogram[bucket]
            bucket -= 1
        if bucket < 0:
            return 0
        prefix = prefix << width | bucket
    return prefix + lowest


@kernel
def sum_from(prices, lots, bound):
    """The lots bid at `bound` or above."""
    total = 0
    for i in range(prices.size):
        total += lots[i] * (prices[i] >= bound)
    return total


@kernel
def price_by_halving(prices, lots, lowest, target):
    """The same answer as `price_by_digits` for few bids, which lie in the nearest cache: one pass a bit of the range of
    prices, without branches."""
    highest = highest_of(prices)
    if highest < lowest or sum_from(prices, lots, lowest) < target:
        return 0
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if sum_from(prices, lots, middle) >= target:
            lowest = middle
        else:
            highest = middle - 1
    return lowest


@kernel
def price_near(prices, lots, lowest, target, guess):
    """`price_by_halving` where demand at `lowest` is known to reach `target` and the price may be near `guess`: strides
    from there, each twice as long as the one before, then halving. The guess never changes the answer."""
    low = lowest
    high = PRICE_TICKS_MAX + 1
    at = max(lowest, guess)
    stride = 64
    while low + 1 < high:
        if sum_from(prices, lots, at) >= target:
            low = at
            if high <= PRICE_TICKS_MAX:
                break
            at = min(at + stride, PRICE_TICKS_MAX)
        else:
            high = at
            if low > lowest:
                break
            at = max(at - stride, lowest)
        stride *= 2
        if at == low or at == high:
            break
    while low + 1 < high:
        middle = (low + high) // 2
        if sum_from(prices, lots, middle) >= target:
            low = middle
        else:
            high = middle
    return low


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
def bracket(prices, lots, lowest, target, slack):
    """(low, high): prices between which demand probably reaches `target`, from a sample of many bids."""
    sampled_prices, sampled_lots, sampled = sample(prices, lots, lowest)
    count = prices.size
    aim = min(sampled, target // count * _SAMPLE + target % count * _SAMPLE // count)
    low = price_by_digits(sampled_prices, sampled_lots, lowest, min(sampled, aim + sampled // slack) + 1)
    high = price_by_digits(sampled_prices, sampled_lots, lowest, max(1, aim - sampled // slack))
    return max(low, lowest), high if high > 0 else PRICE_TICKS_MAX


@kernel
def gather(prices, lots, low, high, offset, count, inside):
    """Copy the bids whose price lies from `low` to `high` behind the first `count` of `inside`; the first bid given is
    the bid `offset` of all.

    Return (lots bid above `high`, how many are inside now): -1 when there is no room for them. Blocks without a bid
    inside cost one pass without branches.
    """
    above = 0
    room = inside.prices.size - _BLOCK
    whole = prices.size // _BLOCK * _BLOCK
    for first in range(0, whole, _BLOCK):
        here = 0
        hits = 0
        for i in range(first, first + _BLOCK):
            here += lots[i] * (prices[i] > high)
            hits += (prices[i] >= low) & (prices[i] <= high)
        above += here
        if hits > 0:
            if count > room:
                return above, -1
            for i in range(first, first + _BLOCK):
                inside.prices[count] = prices[i]
                inside.lots[count] = lots[i]
                inside.members[count] = offset + i
                count += (prices[i] >= low) & (prices[i] <= high)
    if count > room:
        return above, -1
    for i in range(whole, prices.size):
        above += lots[i] * (prices[i] > high)
        inside.prices[count] = prices[i]
        inside.lots[count] = lots[i]
        inside.members[count] = offset + i
        count += (prices[i] >= low) & (prices[i] <= high)
    return above, count


@kernel
def room_inside(count, slack):
    """Room for the bids inside a bracket of that slack, of `count` in all: twice as many as there should be. Not more:
    memory that was never touched is slow to come."""
    room = 4 * (count // slack) + 2 * _BLOCK
    return Inside(np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64))


@kernel
def price_within_levels(prices, lots, low, target):
    """The highest of the prices `low` to `low` + `_LEVELS` - 1 at which demand reaches `target`; 0: it does not, or
    does so above them. One pass, however many bids share a price."""
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
    answer is not inside, which is rare, a broader bracket is tried, then the digits decide.
    """
    if prices.size <= _FEW:
        return price_by_halving(prices, lots, lowest, target)
    if prices.size < MANY:
        return price_by_digits(prices, lots, lowest, target)
    for slack in (NARROW, _BROAD):
        low, high = bracket(prices, lots, lowest, target, slack)
        found = 0
        if high - low < _LEVELS:
            found = price_within_levels(prices, lots, low, target)
        else:
            inside = room_inside(prices.size, slack)
            above, count = gather(prices, lots, low, high, 0, 0, inside)
            if count > 0 and above < target:
                found = price_by_digits(inside.prices[:count], inside.lots[:count], low, target - above)
        if found > 0:
            return found
    return price_by_digits(prices, lots, lowest, target)
