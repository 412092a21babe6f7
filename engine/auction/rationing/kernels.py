"""The margin: who is served among bids at one price when not all can be.

Each rule gets the bids at the margin (their quantities and keys, arrays of one entry a bid) and what is left for them,
and writes an award for each. Promise of every rule but one: awards sum to what is left (or to the whole demand at the
margin when that is less), no award passes its bid, and the order of the arrays does not matter. `PERCENTAGE_ROUNDED_UP`
may pass what is left by less than one unit a bid plus 0.01 percentage point of the demand at the margin.

Keys: `draws` is the place in a recorded draw, `times` the arrival; equal times go by `numbers`, the bids' own numbers.
"""

from __future__ import annotations

from engine.auction.ordering.kernels import pick, places, sort_by_keys
from engine.auction.split.kernels import share, split_in_order, split_largest_remainder
from engine.auction.terms import MarginRule
from engine.jit import kernel

_TIME_PRIORITY = int(MarginRule.TIME_PRIORITY)
_LARGEST_REMAINDER = int(MarginRule.PRO_RATA_LARGEST_REMAINDER)
_RANDOM_ORDER = int(MarginRule.RANDOM_ORDER)
_RANDOM_UNITS = int(MarginRule.PRO_RATA_RANDOM_UNITS)
_FIRST = int(MarginRule.PRO_RATA_FIRST)
_PERCENTAGE = int(MarginRule.PERCENTAGE_ROUNDED_UP)
_MINIMUMS = int(MarginRule.PRO_RATA_WITH_MINIMUMS)

_PERCENT_STEPS = 10_000
"""Steps of 0.01 percentage point in the whole."""


@kernel
def serve_in_order(left, lots, first_keys, second_keys, awards):
    """Whole bids in the order of their keys; the last one served gets what is left."""
    order = places(lots.size)
    sort_by_keys(order, first_keys, second_keys)
    for k in range(order.size):
        i = order[k]
        awards[i] = min(lots[i], left)
        left -= awards[i]


@kernel
def percentage_served(left, whole):
    """The share `left` / `whole` (at most 1) in hundredths of a percentage point, rounded up."""
    percentage, cut = share(_PERCENT_STEPS, left, whole)
    return percentage + (cut > 0)


@kernel
def serve_percentage(left, lots, whole, margin_lot, awards):
    """One percentage for all, rounded up to 0.01 point; each award rounded up to a multiple of `margin_lot`."""
    percentage = percentage_served(left, whole)
    step = _PERCENT_STEPS * margin_lot
    for i in range(lots.size):
        awards[i] = min(lots[i], (lots[i] * percentage + step - 1) // step * margin_lot)


@kernel
def serve_with_minimums(left, lots, minimums, times, numbers, awards):
    """In proportion; drop every bid whose share is below its minimum, and share again, until none is."""
    weights = pick(lots, places(lots.size))
    dropped = True
    while dropped:
        whole = 0
        for i in range(weights.size):
            whole += weights[i]
        if whole <= left:
            for i in range(weights.size):
                awards[i] = weights[i]
        else:
            split_largest_remainder(left, weights, times, numbers, awards)
        dropped = False
        for i in range(weights.size):
            if minimums.size > 0 and weights[i] > 0 and awards[i] < minimums[i]:
                weights[i] = 0
                dropped = True


@kernel
def ration(rule, left, lots, minimums, draws, times, numbers, margin_lot, awards):
    """Divide `left` lots among the bids at the margin by `rule` (MarginRule), into `awards`."""
    whole = 0
    for i in range(lots.size):
        whole += lots[i]
    if rule == _MINIMUMS:
        serve_with_minimums(left, lots, minimums, times, numbers, awards)
    elif whole <= left:
        for i in range(lots.size):
            awards[i] = lots[i]
    elif rule == _TIME_PRIORITY:
        serve_in_order(left, lots, times, numbers, awards)
    elif rule == _RANDOM_ORDER:
        serve_in_order(left, lots, draws, numbers, awards)
    elif rule == _LARGEST_REMAINDER:
        split_largest_remainder(left, lots, times, numbers, awards)
    elif rule == _RANDOM_UNITS:
        split_in_order(left, lots, draws, numbers, awards)
    elif rule == _FIRST:
        split_in_order(left, lots, times, numbers, awards)
    elif rule == _PERCENTAGE:
        serve_percentage(left, lots, whole, margin_lot, awards)
