"""Division in proportion, exact, with a named rule for what rounding down leaves over.

Promise: the parts sum to the total; a part is never above its weight when the total is at most the sum of the weights;
the result depends on weights and ranks, not on the order of the arrays. Products do not overflow: `share` goes through
the bits of the total when total x weight would leave int64.

Everything that is divided in an auction is divided here: lots at the margin, a short sale between jurisdictions and
between consignors, a pool of payments.
"""

from __future__ import annotations

import numpy as np

from engine.auction.ordering.kernels import negated, no_keys, places, sort_by_keys
from engine.jit import helper, kernel

_SAFE = 2**62


@helper
def share(total, weight, whole):
    """(quotient, remainder) of total x weight / whole, for 0 <= weight <= whole < 2**61 and 0 <= total < 2**62."""
    if weight == 0:
        return 0, 0
    if total <= _SAFE // weight:
        product = total * weight
        quotient = product // whole
        return quotient, product - quotient * whole
    if weight == whole:
        return total, 0
    quotient = 0
    remainder = 0
    for bit in range(61, -1, -1):
        quotient = 2 * quotient
        remainder = 2 * remainder
        if total >> bit & 1:
            remainder += weight
        while remainder >= whole:
            remainder -= whole
            quotient += 1
    return quotient, remainder


@kernel
def floor_shares(total, weights, parts, remainders):
    """Fill `parts` with the shares of `total` rounded down and `remainders` with what was cut; return what is left."""
    whole = 0
    for i in range(weights.size):
        whole += weights[i]
    left = total
    for i in range(weights.size):
        parts[i] = 0
        remainders[i] = 0
        if whole > 0:
            parts[i], remainders[i] = share(total, weights[i], whole)
            left -= parts[i]
    return left


@kernel
def split_largest_remainder(total, weights, first_keys, second_keys, parts):
    """Split `total` by `weights` into `parts`; the left-over goes to the largest remainders, then to the lower keys.

    With a positive total the weights must not all be 0.
    """
    count = weights.size
    remainders = np.empty(count, np.int64)
    left = floor_shares(total, weights, parts, remainders)
    if left == 0:
        return
    order = places(count)
    sort_by_keys(order, first_keys, second_keys)
    sort_by_keys(order, negated(remainders), no_keys())
    for k in range(left):
        parts[order[k]] += 1


@kernel
def split_in_order(total, weights, first_keys, second_keys, parts):
    """Split `total` by `weights` into `parts`; the left-over goes one each to the lowest keys with a weight."""
    left = floor_shares(total, weights, parts, np.empty(weights.size, np.int64))
    order = places(weights.size)
    sort_by_keys(order, first_keys, second_keys)
    for k in range(order.size):
        i = order[k]
        if left > 0 and weights[i] > 0:
            parts[i] += 1
            left -= 1
