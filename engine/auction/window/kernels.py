"""The window: of many bids, those near the marginal price, found by one pass that also begins the awards.

A sample of the bids says between which two prices the marginal one lies, for everything on offer. One pass sums what is
bid above them, copies what lies between, and awards in full what is bid above; price, margin and the rest of the awards
are then read off the copies. The pass proves what the sample says: when the price is not inside, there is no window,
and the general way is taken.

Only for demand without restoration and supply without minimums or triggers: then everything that is ever asked of the
demand lies at the marginal price for the whole offer or above it.
"""

from __future__ import annotations

from engine.auction.award.kernels import keep_above, serve_above
from engine.auction.layout import Inside, Window
from engine.auction.search.kernels import MANY, NARROW, bracket, gather, room_inside
from engine.jit import kernel

_CHUNK = 2**14
"""Bids divided at a time: what one step has read is in the cache for the next."""


@kernel
def no_window():
    """The window of nothing."""
    return Window(0, 0, 0, room_inside(0, NARROW))


@kernel
def offer_without_conditions(lines, floor):
    """What is on offer; 0 where a line has a minimum above `floor` or a trigger."""
    total = 0
    for k in range(lines.offers.size):
        if lines.triggers[k] > 0 or lines.minimums[k] > floor:
            return 0
        total += lines.offers[k]
    return total


@kernel
def pays_to_divide(count, target, demanded):
    """Whether a window is worth looking for: many bids, and a price that demand reaches."""
    return count >= MANY and 0 < target <= demanded


@kernel
def divide(prices, lots, lowest, target, in_place, awarded):
    """The window in which demand reaches `target`, with `awarded` filled with the lots bid above it; none where the
    price is not inside. `in_place`: `awarded` is the very column of `lots`, which then keeps no others."""
    low, high = bracket(prices, lots, lowest, target, NARROW)
    inside = room_inside(prices.size, NARROW)
    above = 0
    count = 0
    for start in range(0, prices.size, _CHUNK):
        end = min(start + _CHUNK, prices.size)
        here, count = gather(prices[start:end], lots[start:end], low, high, start, count, inside)
        if count < 0:
            break
        above += here
        if in_place:
            keep_above(prices[start:end], high, awarded[start:end])
        else:
            serve_above(prices[start:end], lots[start:end], high, awarded[start:end])
    between = 0
    for k in range(max(0, count)):
        between += inside.lots[k]
    if count < 0 or above >= target or above + between < target:
        return no_window()
    return Window(low, high, above, Inside(inside.prices[:count], inside.lots[:count], inside.members[:count]))
