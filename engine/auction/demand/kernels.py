"""Demand as a curve: how much is asked at a price, and how much of each bid counts there.

Without guarantees that restore, demand at t is the sum of the lots bid at t or above. With them, a bidder asks at t for

    min(lots bid at t or above, guarantee // t) ,

so lots that its guarantee did not cover at a high price come back at a lower one: at prices that somebody bid, or at
every tick, by the terms. Both parts fall as t rises, so demand does, and every search may bisect. A bidder's lots at t
are read off its own sorted bids, so one look at restored demand costs by the bidder and not by the bid.

Between two prices that somebody bid nothing changes under the first switch: demand at t is demand at the next bid
price from t up.
"""

from __future__ import annotations

import numpy as np

from engine.auction.limits.kernels import whole_steps
from engine.auction.search.kernels import price_by_digits, price_reaching_among
from engine.auction.terms import GuaranteeExcess
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX

_TRIMMED = int(GuaranteeExcess.TRIMMED)
_AT_BID_PRICES = int(GuaranteeExcess.RESTORED_AT_BID_PRICES)


@kernel
def tested_price(demand, price):
    """The price at which guarantees are tested for demand at `price`; 0 when nobody bid that high."""
    bound = max(price, demand.lowest)
    if demand.mode != _AT_BID_PRICES:
        return bound
    found = PRICE_TICKS_MAX + 1
    for i in range(demand.prices.size):
        if demand.prices[i] >= bound and demand.asked[i] > 0:
            found = min(found, demand.prices[i])
    return found if found <= PRICE_TICKS_MAX else 0


@helper
def room_at(demand, bidder, price):
    """Lots that a bidder's guarantee covers at `price`."""
    return whole_steps(demand.guarantees[bidder] // (price * demand.value_of_tick), demand.step)


@kernel
def restored_demand(demand, price):
    """Lots asked when guarantees are tested at `price`."""
    total = 0
    value = price * demand.value_of_tick
    for s in range(demand.starts.size - 1):
        low, high = demand.starts[s], demand.starts[s + 1]
        first = low
        while low < high and demand.ranked_prices[low] >= price:
            low += 1
        if low > first:
            lots = demand.through[low - 1]
            bidder = demand.bidders[demand.order[first]]
            guarantee = demand.guarantees[bidder]
            # Every lot counted is bid at `price` or above: the product is within the worth of the bids.
            if guarantee >= 0 and (demand.step > 1 or lots * value > guarantee):
                lots = min(lots, room_at(demand, bidder, price))
            total += lots
    return total


@kernel
def demand_from(demand, price):
    """Lots asked at `price`."""
    if demand.mode != _TRIMMED:
        at = tested_price(demand, price)
        return restored_demand(demand, at) if at > 0 else 0
    prices, lots, bound = demand.prices, demand.lots, max(price, demand.lowest)
    window = demand.window
    if window.low > 0 and window.low <= bound <= window.high:
        total = window.above
        for k in range(window.inside.prices.size):
            total += window.inside.lots[k] * (window.inside.prices[k] >= bound)
        return total
    total = 0
    for i in range(prices.size):
        total += lots[i] * (prices[i] >= bound)
    return total


@kernel
def lots_at(demand, price):
    """Lots of each bid that count at the tested price `price`; nothing at 0."""
    counted = np.empty(demand.prices.size, np.int64)
    if demand.mode == _TRIMMED or price == 0:
        for i in range(counted.size):
            counted[i] = demand.lots[i] * (price > 0) * (demand.prices[i] >= max(price, demand.lowest))
        return counted
    for s in range(demand.starts.size - 1):
        bidder = demand.bidders[demand.order[demand.starts[s]]]
        bound = demand.guarantees[bidder] >= 0
        room = room_at(demand, bidder, price)
        for k in range(demand.starts[s], demand.starts[s + 1]):
            i = demand.order[k]
            lots = demand.lots[i] if demand.prices[i] >= max(price, demand.lowest) else 0
            counted[i] = max(0, min(lots, room - demand.through[k] + demand.lots[i])) if bound else lots
    return counted


@kernel
def price_reaching(demand, target):
    """The highest price at which demand reaches `target` (positive); 0 when it never does.

    A bid price, except where guarantees restore at every tick.
    """
    if demand.mode == _TRIMMED:
        window = demand.window
        if window.low > 0 and window.above < target:
            inside = window.inside
            return price_by_digits(inside.prices, inside.lots, window.low, target - window.above)
        above = max(demand.lowest, window.high + 1) if window.low > 0 else demand.lowest
        return price_reaching_among(demand.prices, demand.lots, above, target)
    # Guarantees only lower demand: without them it reaches the target at a price as high or higher.
    lowest = demand.lowest
    highest = price_reaching_among(demand.prices, demand.lots, lowest, target)
    if highest == 0 or restored_demand(demand, lowest) < target:
        return 0
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if restored_demand(demand, middle) >= target:
            lowest = middle
        else:
            highest = middle - 1
    if demand.mode != _AT_BID_PRICES:
        return lowest
    # Demand falls with the price: a bid price reaches the target when it is not above the highest tick that does.
    found = 0
    for i in range(demand.prices.size):
        if demand.asked[i] > 0 and demand.lowest <= demand.prices[i] <= lowest:
            found = max(found, demand.prices[i])
    return found


@kernel
def lowest_accepted_price(demand, price):
    """The lowest price, from `price` up, at which anything is asked that is not asked higher; 0 when nothing is."""
    asked = demand_from(demand, price)
    return price_reaching(demand, asked) if asked > 0 else 0
