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

_CHUNK = 2_048
"""Bids handled at a time, so that the columns of one step are still in the cache for the next."""


@kernel
def serve_above(demand, price, awarded):
    """Fill `awarded` with what is served in full above `price`; return (its sum, the bids at the margin).

    For demand without restoration. Chunks without a bid at `price` cost one pass over two columns.
    """
    members = np.empty(64, np.int64)
    count = 0
    total = 0
    start = 0
    while start < demand.prices.size:
        end = min(start + _CHUNK, demand.prices.size)
        at_price = 0
        for i in range(start, end):
            full = demand.lots[i] if demand.prices[i] > price else 0
            awarded[i] = full
            total += full
            at_price += demand.prices[i] == price
        if at_price > 0:
            if count + at_price > members.size:
                grown = np.empty(2 * (count + at_price), np.int64)
                for k in range(count):
                    grown[k] = members[k]
                members = grown
            for i in range(start, end):
                if demand.prices[i] == price and demand.lots[i] > 0:
                    members[count] = i
                    count += 1
        start = end
    return total, members[:count]


@kernel
def serve_restored(demand, price, awarded):
    """The same for demand whose guarantees restore cut lots: `members` may then hold bids above the price as well."""
    above = tested_price(demand, price + 1)
    at = tested_price(demand, price)
    members = np.empty(demand.prices.size, np.int64)
    count = 0
    total = 0
    for i in range(demand.prices.size):
        awarded[i] = lots_at(demand, i, above) if above > 0 else 0
        total += awarded[i]
        if at > 0 and lots_at(demand, i, at) > awarded[i]:
            members[count] = i
            count += 1
    return total, members[:count]


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
    else:
        total, members = serve_restored(demand, price, awarded)
    lots = np.empty(members.size, np.int64)
    at = tested_price(demand, price)
    for k in range(members.size):
        lots[k] = lots_at(demand, members[k], at) - awarded[members[k]]
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
def payment_of(terms, price, awarded):
    """Money for `awarded` lots at `price`, rounded half up to the payment step, in minor units."""
    amount = price * awarded * terms.tick_value_minor
    step = terms.payment_step_minor
    return (2 * amount + step) // (2 * step) * step


@kernel
def pay(terms, prices, price, result):
    """Fill `pays` and `payments` of `result` from its awards; return the sum of the payments."""
    own = terms.price_rule == _PAY_AS_BID
    exact = terms.payment_step_minor == 1
    value = terms.tick_value_minor
    paid = 0
    start = 0
    while start < prices.size:
        end = min(start + _CHUNK, prices.size)
        for i in range(start, end):
            result.pays[i] = (prices[i] if own else price) if result.awarded[i] > 0 else 0
        if exact:
            for i in range(start, end):
                result.payments[i] = result.pays[i] * result.awarded[i] * value
        else:
            for i in range(start, end):
                result.payments[i] = payment_of(terms, result.pays[i], result.awarded[i])
        for i in range(start, end):
            paid += result.payments[i]
        start = end
    return paid
