"""The bidders' side of a result: what each bid is awarded, and what it pays.

What is asked at the next price above the marginal price is served in full; what comes in only at the marginal price is
the margin, and the margin rule decides. Without restoring guarantees these are simply the bids above the price and the
bids at it.
"""

from __future__ import annotations

import numpy as np

from engine.auction.demand.kernels import lots_at, tested_price
from engine.auction.ordering.kernels import no_keys, pick, places, sort_by_keys, zeros
from engine.auction.rationing.kernels import ration
from engine.auction.terms import GuaranteeExcess, MarginUnit, PaymentRounding, PriceRule
from engine.jit import helper, kernel

_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_HIGHEST_OFFER = int(PriceRule.HIGHEST_ACCEPTED_OFFER)
_MIDPOINT = int(PriceRule.MIDPOINT)
_BY_BIDDER = int(MarginUnit.BIDDER)
_DOWN = int(PaymentRounding.DOWN)
_UP = int(PaymentRounding.UP)
_TRIMMED = int(GuaranteeExcess.TRIMMED)

_BLOCK = 128
"""Bids looked at together, without a branch, before one of them is looked at alone."""


@helper
def note_margin(prices, lots, start, end, price, members, wanted, count):
    """Append the bids `start` to `end` at `price` with any lots, and those lots; return how many there are now."""
    for i in range(start, end):
        if prices[i] == price and lots[i] > 0:
            members[count] = i
            wanted[count] = lots[i]
            count += 1
    return count


@kernel
def with_room(column, count):
    """The column with room for `count` entries, twice as long as it was where it has less."""
    if count <= column.size:
        return column
    longer = np.empty(max(count, 2 * column.size), np.int64)
    for k in range(column.size):
        longer[k] = column[k]
    return longer


@kernel
def margin_of(prices, lots, price):
    """The bids at `price` and their lots. Blocks without one cost a look at prices."""
    members, wanted = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    count = 0
    end = prices.size // _BLOCK * _BLOCK
    for start in range(0, end, _BLOCK):
        hits = 0
        for i in range(start, start + _BLOCK):
            hits += prices[i] == price
        if hits > 0:
            members, wanted = with_room(members, count + _BLOCK), with_room(wanted, count + _BLOCK)
            count = note_margin(prices, lots, start, start + _BLOCK, price, members, wanted, count)
    members, wanted = with_room(members, count + _BLOCK), with_room(wanted, count + _BLOCK)
    count = note_margin(prices, lots, end, prices.size, price, members, wanted, count)
    return members[:count], wanted[:count]


@kernel
def serve_above(prices, lots, price, awarded):
    """Fill `awarded` with the `lots` bid above `price`; return their sum."""
    total = 0
    for i in range(prices.size):
        full = lots[i] * (prices[i] > price)
        awarded[i] = full
        total += full
    return total


@kernel
def keep_above(prices, price, awarded):
    """The same where `awarded` holds the lots already: under two names for one column the loop would not vectorise."""
    total = 0
    for i in range(prices.size):
        full = awarded[i] * (prices[i] > price)
        awarded[i] = full
        total += full
    return total


@kernel
def award_inside(window, price, awarded):
    """Complete awards that hold the lots above the window by those bid inside it above `price`; return their sum."""
    inside = window.inside
    total = window.above
    for k in range(inside.members.size):
        full = inside.lots[k] * (inside.prices[k] > price)
        awarded[inside.members[k]] = full
        total += full
    return total


@kernel
def serve_plain(demand, price, in_place, awarded):
    """(sum served in full, bids at the margin, their lots) for demand without restoration.

    A bid at a reserve that must be passed (comparator "above") is void even where the price falls back to it.
    """
    window = demand.window
    if window.low > 0 and price <= window.high:
        found, lots = margin_of(window.inside.prices, window.inside.lots, price)
        return award_inside(window, price, awarded), pick(window.inside.members, found), lots
    members, lots = margin_of(demand.prices, demand.lots, price if price >= demand.lowest else -1)
    if in_place:
        return keep_above(demand.prices, price, awarded), members, lots
    return serve_above(demand.prices, demand.lots, price, awarded), members, lots


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
def serve(terms, demand, bids, price, available, in_place, awarded):
    """Fill `awarded`: `available` lots at the marginal price `price`; return their sum.

    `in_place`: `awarded` is the very column of the demand's lots.
    """
    if demand.mode != _TRIMMED:
        total, members, lots = serve_restored(demand, price, awarded)
    else:
        total, members, lots = serve_plain(demand, price, in_place, awarded)
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
def highest_accepted_offer(floor, lines, sold):
    """The highest minimum of the lines that sold, at least the reserve price."""
    offer = max(1, floor)
    for k in range(sold.size):
        if sold[k] > 0:
            offer = max(offer, lines.minimums[k])
    return offer


@helper
def looks_at_offers(price_rule):
    """Whether winners pay a price that depends on the minimums of the lines that sold."""
    return price_rule == _HIGHEST_OFFER or price_rule == _MIDPOINT


@helper
def paid_price(price_rule, price, lowest_accepted, offer):
    """The one price winners pay: the marginal price, the highest accepted offer, or the middle of bid and offer."""
    if price_rule == _HIGHEST_OFFER:
        return offer
    if price_rule == _MIDPOINT:
        return (lowest_accepted + offer + 1) // 2
    return price


@helper
def rounded(amount, step, rule):
    """`amount` as a multiple of `step`, by `rule` (PaymentRounding)."""
    if rule == _DOWN:
        return amount // step * step
    if rule == _UP:
        return (amount + step - 1) // step * step
    return (2 * amount + step) // (2 * step) * step


@kernel
def pay(terms, prices, price, total, result):
    """What the awards, `total` lots, cost together.

    Fills `pays` under pay-as-bid, `payments` there and where they are rounded: else each is awarded lots x price.
    """
    awarded, pays, payments = result.awarded, result.pays, result.payments
    value = terms.tick_value_minor
    if terms.price_rule != _PAY_AS_BID and terms.payment_step_minor == 1:
        return total * price * value
    own = terms.price_rule == _PAY_AS_BID
    paid = 0
    if terms.payment_step_minor == 1:
        for i in range(prices.size):
            payments[i] = awarded[i] * prices[i] * value
            pays[i] = prices[i] * (awarded[i] > 0)
            paid += payments[i]
        return paid
    for i in range(prices.size):
        price_of_lot = prices[i] if own else price
        payments[i] = rounded(awarded[i] * price_of_lot * value, terms.payment_step_minor, terms.payment_rounding)
        paid += payments[i]
        if own:
            pays[i] = price_of_lot * (awarded[i] > 0)
    return paid
