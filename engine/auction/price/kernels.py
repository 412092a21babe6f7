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
def crossing_price(demand, lines, released, floor):
    """The marginal price; 0 when demand is short of supply at every price."""
    order = places(lines.offers.size)
    sort_by_keys(order, lines.minimums, no_keys())
    below = 0
    k = 0
    while k < order.size and lines.minimums[order[k]] <= floor:
        below += lines.offers[order[k]] if released[order[k]] else 0
        k += 1
    # The highest minimum at which demand still reaches what is offered below it.
    step = 0
    while k < order.size:
        minimum = lines.minimums[order[k]]
        here = 0
        while k < order.size and lines.minimums[order[k]] == minimum:
            here += lines.offers[order[k]] if released[order[k]] else 0
            k += 1
        if here > 0:
            if demand_from(demand, minimum) < below:
                break
            step = minimum
            below += here
    bid = price_reaching(demand, below) if below > 0 else 0
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
