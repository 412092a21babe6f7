"""The bidders' side of a result: what each bid is awarded, and what it pays.

What is asked at the next price above the marginal price is served in full; what comes in only at the marginal price is
the margin, and the margin rule decides. Without restoring guarantees these are simply the bids above the price and the
bids at it.
"""

from __future__ import annotations

import numpy as np

from engine.auction.demand.kernels import demand_from, lots_at, price_reaching, tested_price
from engine.auction.ordering.kernels import no_keys, pick, places, sort_by_keys, zeros
from engine.auction.rationing.kernels import ration
from engine.auction.terms import GuaranteeExcess, MarginUnit, PriceRule
from engine.jit import helper, kernel

_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_HIGHEST_OFFER = int(PriceRule.HIGHEST_ACCEPTED_OFFER)
_MIDPOINT = int(PriceRule.MIDPOINT)
_BY_BIDDER = int(MarginUnit.BIDDER)
_TRIMMED = int(GuaranteeExcess.TRIMMED)

_BLOCK = 32
"""Bids looked at together, without a branch, before one of them is looked at alone."""


@kernel
def serve_above(demand, price, awarded):
    """Fill `awarded` with what is served in full above `price`; return (its sum, the bids at the margin).

    For demand without restoration.
    """
    prices, lots = demand.prices, demand.lots
    total = 0
    at_price = 0
    for i in range(prices.size):
        full = lots[i] * (prices[i] > price)
        awarded[i] = full
        total += full
        at_price += prices[i] == price
    # A bid at a reserve that must be passed (comparator "above") is void even where the price falls back to it.
    return total, at_the_margin(prices, lots, price, at_price if price >= demand.lowest else 0)


@kernel
def at_the_margin(prices, lots, price, count):
    """The `count` bids at `price`, less those of 0 lots; blocks without one cost a pass over one column."""
    members = np.empty(count, np.int64)
    if count == 0:
        return members
    found = 0
    end = prices.size // _BLOCK * _BLOCK
    for start in range(0, end, _BLOCK):
        hits = 0
        for i in range(start, start + _BLOCK):
            hits += prices[i] == price
        if hits > 0:
            for i in range(start, start + _BLOCK):
                if prices[i] == price and lots[i] > 0:
                    members[found] = i
                    found += 1
    for i in range(end, prices.size):
        if prices[i] == price and lots[i] > 0:
            members[found] = i
            found += 1
    return members[:found]


@kernel
def serve_restored(demand, price, awarded):
    """(sum served in full, bids at the margin, their lots there) for demand whose guarantees restore cut lots.

    The margin may then hold bids above the price as well.
    """
    full = lots_at(demand, tested_price(demand, price + 1))
    counted = lots_at(demand, tested_price(demand, price))
    members = np.empty(demand.prices.size, np.int64)
    lots = np.empty(demand.prices.size, np.int64)
    count = 0
    total = 0
    for i in range(demand.prices.size):
        awarded[i] = full[i]
        total += full[i]
        if counted[i] > full[i]:
            members[count] = i
            lots[count] = counted[i] - full[i]
            count += 1
    return total, members[:count], lots[:count]


@kernel
def ration_by_bidder(terms, left, bids, members, lots, awards):
    """The margin with one share a bidder: bids of one bidder count as one, which then serves them best first.

    A bidder's place in a draw or in time is that of its earliest bid at the margin.
    """
    order = places(members.size)
    bidders = pick(bids.bidders, members)
    draws, times, numbers = pick(bids.draws, members), pick(bids.times, members), pick(bids.numbers, members)
    sort_by_keys(order, times, numbers)
    sort_by_keys(order, bidders, no_keys())
    heads = np.empty(members.size, np.int64)
    sums = zeros(members.size)
    wanted = zeros(members.size)
    count = 0
    for k in range(order.size):
        if k == 0 or bidders[order[k]] != bidders[order[k - 1]]:
            heads[count] = order[k]
            count += 1
        elif draws.size > 0:
            draws[heads[count - 1]] = min(draws[heads[count - 1]], draws[order[k]])
        sums[count - 1] += lots[order[k]]
        if bids.minimums.size > 0:
            wanted[count - 1] += bids.minimums[members[order[k]]]
    heads = heads[:count]
    shares = zeros(count)
    ration(
        terms.margin_rule,
        left,
        sums[:count],
        wanted[:count],
        pick(draws, heads),
        pick(times, heads),
        pick(numbers, heads),
        terms.margin_lot,
        shares,
    )
    at = -1
    for k in range(order.size):
        if k == 0 or bidders[order[k]] != bidders[order[k - 1]]:
            at += 1
        awards[order[k]] = min(lots[order[k]], shares[at])
        shares[at] -= awards[order[k]]


@kernel
def serve(terms, demand, bids, price, available, awarded):
    """Fill `awarded`: `available` lots at the marginal price `price`; return their sum."""
    if demand.mode == _TRIMMED:
        total, members = serve_above(demand, price, awarded)
        lots = pick(demand.lots, members)
    else:
        total, members, lots = serve_restored(demand, price, awarded)
    awards = zeros(members.size)
    if terms.margin_unit == _BY_BIDDER and bids.bidders.size > 0:
        ration_by_bidder(terms, available - total, bids, members, lots, awards)
    else:
        ration(
            terms.margin_rule,
            available - total,
            lots,
            pick(bids.minimums, members),
            pick(bids.draws, members),
            pick(bids.times, members),
            pick(bids.numbers, members),
            terms.margin_lot,
            awards,
        )
    for k in range(members.size):
        awarded[members[k]] += awards[k]
        total += awards[k]
    return total


@kernel
def paid_price(terms, demand, price, floor, lines, sold):
    """The one price that winners pay when the marginal price is `price` and lines sold `sold`."""
    if terms.price_rule != _HIGHEST_OFFER and terms.price_rule != _MIDPOINT:
        return price
    offer = max(1, floor)
    for k in range(sold.size):
        if sold[k] > 0:
            offer = max(offer, lines.minimums[k])
    if terms.price_rule == _HIGHEST_OFFER:
        return offer
    asked = demand_from(demand, price)
    bid = price_reaching(demand, asked) if asked > 0 else price
    return (bid + offer + 1) // 2


@helper
def rounded(amount, step):
    """`amount` to the nearest multiple of `step`, a half going up."""
    return (2 * amount + step) // (2 * step) * step


@kernel
def pay(terms, prices, price, result):
    """Fill `pays` and `payments` of `result` from its awards; return the sum of the payments."""
    awarded, pays, payments = result.awarded, result.pays, result.payments
    value = terms.tick_value_minor
    paid = 0
    if terms.price_rule == _PAY_AS_BID:
        for i in range(prices.size):
            pays[i] = prices[i] * (awarded[i] > 0)
            payments[i] = pays[i] * awarded[i] * value
            paid += payments[i]
    else:
        for i in range(prices.size):
            pays[i] = price * (awarded[i] > 0)
            payments[i] = pays[i] * awarded[i] * value
            paid += payments[i]
    if terms.payment_step_minor > 1:
        paid = 0
        for i in range(prices.size):
            payments[i] = rounded(payments[i], terms.payment_step_minor)
            paid += payments[i]
    return paid
