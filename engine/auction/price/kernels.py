"""Where demand meets supply: the one search behind every price rule.

Demand at price t is what is bid at t or above; it falls as t rises. Supply at price t is what its sellers let go at t;
it rises with t. The marginal price is the highest price, among bid prices and sellers' minimums, at which demand
reaches the lots whose minimum lies below it:

    the highest t with  demand(t) >= lots with minimum < t .

Without minimums that is the price of the bid at which the cumulated quantity reaches the supply. What is sold there is
the smaller of demand(t) and lots with minimum <= t. Where demand equals supply over a whole range of prices, this is
the range's top: the lowest accepted bid, never a midpoint.

The search does not sort: it narrows the price digit by digit (ten bits at a time) and touches each bid three times,
whatever the range of prices.
"""

from __future__ import annotations

import numpy as np

from engine.auction.ordering.kernels import sort_by_keys
from engine.jit import kernel

DIGIT_BITS = 10
_BUCKETS = 2**DIGIT_BITS


@kernel
def demand_from(prices, lots, price):
    """Lots bid at `price` or above."""
    total = 0
    for i in range(prices.size):
        if prices[i] >= price:
            total += lots[i]
    return total


@kernel
def price_reaching(prices, lots, lowest, target):
    """The highest bid price, not below `lowest`, at which demand reaches `target`; 0 when it never does.

    `target` must be positive, prices 1 to 2**30. A price where nothing is bid for (0 lots) is never the answer.
    """
    histogram = np.empty(_BUCKETS, np.int64)
    above = 0
    prefix = 0
    for shift in (2 * DIGIT_BITS, DIGIT_BITS, 0):
        histogram[:] = 0
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
def lowest_price(prices, lots, lowest):
    """The lowest bid price, not below `lowest`, with something bid for; 0 when there is none."""
    found = 0
    for i in range(prices.size):
        if prices[i] >= lowest and lots[i] > 0 and (found == 0 or prices[i] < found):
            found = prices[i]
    return found


@kernel
def crossing_price(prices, lots, lowest, minimums, offers):
    """The marginal price of demand (`prices`, `lots`) against supply lines (`minimums`, `offers`); 0: short demand.

    A line's minimum below `lowest` binds nobody. Lines with 0 lots are not on offer.
    """
    order = np.arange(minimums.size)
    sort_by_keys(order, minimums, minimums)
    free = 0
    k = 0
    while k < order.size and minimums[order[k]] <= lowest:
        free += offers[order[k]]
        k += 1
    # The highest minimum at which demand still reaches what is offered below it.
    step = 0
    below = free
    while k < order.size:
        minimum = minimums[order[k]]
        if demand_from(prices, lots, minimum) < below:
            break
        step = minimum
        while k < order.size and minimums[order[k]] == minimum:
            below += offers[order[k]]
            k += 1
    bid = 0
    if below > 0:
        bid = price_reaching(prices, lots, lowest, below)
    return max(bid, step)
