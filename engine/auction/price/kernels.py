"""Where demand meets supply: the one search behind every price rule.

Demand at price t is what is bid at t or above; it falls as t rises. Supply at price t is what its sellers let go at t;
it rises with t. The marginal price is the highest price, among bid prices and sellers' minimums, at which demand
reaches the lots whose minimum lies below it:

    the highest t with  demand(t) >= lots with minimum < t .

Without minimums that is the price of the bid at which the cumulated quantity reaches the supply. What is sold there is
the smaller of demand(t) and lots with minimum <= t. Where demand equals supply over a whole range of prices, this is
the range's top: the lowest accepted bid, never a midpoint.

A containment reserve is a line with a trigger: not on offer until demand without it passes the test of the release
rule. A withheld line is one with a minimum. So consignors' minimums, releases and withholding are one supply curve.
"""

from __future__ import annotations

import numpy as np

from engine.auction.demand.kernels import demand_from, lowest_accepted_price, price_reaching
from engine.auction.ordering.kernels import no_keys, places, sort_by_keys
from engine.auction.terms import (
    HiddenReserveRule,
    PriceRule,
    ReleaseRule,
    RoundStatus,
    SupplyStepRule,
    UndersubscriptionRule,
)
from engine.jit import kernel

_FIXED = int(PriceRule.FIXED)
_AT_RESERVE = int(UndersubscriptionRule.AT_RESERVE)
_CANCEL_SHORT = int(UndersubscriptionRule.CANCEL)
_ALL_MEET_HIDDEN = int(UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE)
_HIDDEN_CANCEL = int(HiddenReserveRule.CANCEL)
_HIDDEN_RAISE = int(HiddenReserveRule.RAISE_PRICE)
_LOWEST_ACCEPTED = int(SupplyStepRule.LOWEST_ACCEPTED_BID)
_INTERIM_PRICE = int(ReleaseRule.INTERIM_PRICE_ABOVE_TRIGGER)

_RESERVE_NOT_MET = int(RoundStatus.RESERVE_NOT_MET)
_CANCELLED = int(RoundStatus.CANCELLED)
_DECLINED = int(RoundStatus.DECLINED)


@kernel
def supply_at(lines, released, price, floor):
    """Lots let go at `price`; a minimum up to `floor` (the reserve price) binds nobody."""
    total = 0
    for k in range(lines.offers.size):
        if released[k] and lines.minimums[k] <= max(price, floor):
            total += lines.offers[k]
    return total


@kernel
def release_lines(demand, lines, rule, floor, released):
    """Fill `released`: lines without a trigger, and those whose trigger is met, tier by tier from the lowest.

    A tier is tested against what is let go at its trigger without it, lower tiers included.
    """
    order = places(lines.triggers.size)
    sort_by_keys(order, lines.triggers, no_keys())
    for k in range(order.size):
        released[k] = lines.triggers[k] == 0
    k = 0
    while k < order.size:
        trigger = lines.triggers[order[k]]
        passes = trigger == 0
        if trigger > 0:
            above = demand_from(demand, trigger + 1)
            offered = supply_at(lines, released, trigger, floor)
            passes = above > offered or (rule == _INTERIM_PRICE and above == offered and above > 0)
        while k < order.size and lines.triggers[order[k]] == trigger:
            released[order[k]] = passes
            k += 1


@kernel
def supply_steps(lines, released, floor):
    """(minimums above `floor` at which released lines join, rising; lots let go below each of them, and below all)."""
    order = places(lines.offers.size)
    sort_by_keys(order, lines.minimums, no_keys())
    steps, below = np.empty(order.size, np.int64), np.empty(order.size + 1, np.int64)
    count = 0
    total = 0
    for k in range(order.size):
        line = order[k]
        if not released[line] or lines.offers[line] == 0:
            continue
        minimum = lines.minimums[line]
        if minimum > floor and (count == 0 or steps[count - 1] != minimum):
            steps[count] = minimum
            below[count] = total
            count += 1
        total += lines.offers[line]
    below[count] = total
    return steps[:count], below[: count + 1]


@kernel
def crossing_price(demand, lines, released, floor):
    """The marginal price; 0 when demand is short of supply at every price.

    Demand falls and supply rises with the price: the highest minimum at which demand still reaches what is let go below
    it is found by halving, and the marginal price is that minimum or a bid above it.
    """
    steps, below = supply_steps(lines, released, floor)
    reached = 0
    beyond = steps.size + 1
    while reached + 1 < beyond:
        middle = (reached + beyond) // 2
        if demand_from(demand, steps[middle - 1]) >= below[middle - 1]:
            reached = middle
        else:
            beyond = middle
    step = steps[reached - 1] if reached > 0 else 0
    bid = price_reaching(demand, below[reached]) if below[reached] > 0 else 0
    return max(bid, step)


@kernel
def settle_price(terms, demand, lines, released, floor):
    """(status, price) of a round with valid bids and something on offer; a status other than 0 ends it unsold."""
    if terms.price_rule == _FIXED:
        return 0, terms.fixed_price_ticks
    price = crossing_price(demand, lines, released, floor)
    if price == 0:
        accepted = lowest_accepted_price(demand, demand.lowest)
        if terms.undersubscription_rule == _CANCEL_SHORT:
            return _CANCELLED, 0
        if terms.undersubscription_rule == _ALL_MEET_HIDDEN and accepted < terms.hidden_reserve_ticks:
            return _DECLINED, 0
        price = accepted
        if terms.undersubscription_rule == _AT_RESERVE and terms.reserve_price_ticks > 0:
            price = terms.reserve_price_ticks
    elif terms.supply_step_rule == _LOWEST_ACCEPTED:
        price = max(price, lowest_accepted_price(demand, price))
    if price < terms.hidden_reserve_ticks:
        if terms.hidden_reserve_rule == _HIDDEN_RAISE:
            price = lowest_accepted_price(demand, terms.hidden_reserve_ticks)
            return 0 if price > 0 else _RESERVE_NOT_MET, price
        return _CANCELLED if terms.hidden_reserve_rule == _HIDDEN_CANCEL else _DECLINED, 0
    return 0, price
