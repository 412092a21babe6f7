"""One sealed-bid clear, start to end, compiled: find the price, serve the bids, sell the lines, share the money.

The steps are helpers of the rooms beside this file, each with one idea: `price` (where demand meets supply),
`rationing` (the margin), `sale` (order of sale and proceeds), `split` (division). This file only walks through them
and decides how the round ends. Nothing here checks its input: `clearing.clear` does.

A bid with 0 lots and a line with 0 lots take part in nothing.
"""

from __future__ import annotations

import numpy as np

from engine.auction.layout import SUMMARY, TERMS
from engine.auction.ordering.kernels import pick
from engine.auction.price.kernels import crossing_price, lowest_price
from engine.auction.rationing.kernels import ration
from engine.auction.sale.kernels import sell, share_payments
from engine.auction.terms import (
    HiddenReserveRule,
    PriceRule,
    RoundStatus,
    SupplyStepRule,
    UndersubscriptionRule,
)
from engine.jit import helper, kernel

_FIXED = int(PriceRule.FIXED)
_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_AT_RESERVE = int(UndersubscriptionRule.AT_RESERVE)
_CANCEL_SHORT = int(UndersubscriptionRule.CANCEL)
_ALL_MEET_HIDDEN = int(UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE)
_HIDDEN_CANCEL = int(HiddenReserveRule.CANCEL)
_HIDDEN_RAISE = int(HiddenReserveRule.RAISE_PRICE)
_LOWEST_ACCEPTED = int(SupplyStepRule.LOWEST_ACCEPTED_BID)

_CLEARED = int(RoundStatus.CLEARED)
_PARTIALLY_CLEARED = int(RoundStatus.PARTIALLY_CLEARED)
_RESERVE_NOT_MET = int(RoundStatus.RESERVE_NOT_MET)
_NO_VALID_BIDS = int(RoundStatus.NO_VALID_BIDS)
_CANCELLED = int(RoundStatus.CANCELLED)
_DECLINED = int(RoundStatus.DECLINED)


@kernel
def settle_price(terms, prices, lots, lowest, minimums, offers):
    """(status, price): the price of a round with valid bids and something on offer; status 0 while nothing ends it."""
    if terms.price_rule == _FIXED:
        return 0, terms.fixed_price_ticks
    price = crossing_price(prices, lots, lowest, minimums, offers)
    accepted = lowest_price(prices, lots, max(lowest, price))
    if price == 0:
        if terms.undersubscription_rule == _CANCEL_SHORT:
            return _CANCELLED, 0
        if terms.undersubscription_rule == _ALL_MEET_HIDDEN and accepted < terms.hidden_reserve_ticks:
            return _DECLINED, 0
        price = accepted
        if terms.undersubscription_rule == _AT_RESERVE and terms.reserve_price_ticks > 0:
            price = terms.reserve_price_ticks
    elif terms.supply_step_rule == _LOWEST_ACCEPTED:
        price = max(price, accepted)
    if price < terms.hidden_reserve_ticks:
        if terms.hidden_reserve_rule == _HIDDEN_RAISE:
            price = lowest_price(prices, lots, terms.hidden_reserve_ticks)
            return 0 if price > 0 else _RESERVE_NOT_MET, price
        return _CANCELLED if terms.hidden_reserve_rule == _HIDDEN_CANCEL else _DECLINED, 0
    return 0, price


@helper
def payment_of(terms, price, awarded):
    """Money for `awarded` lots at `price`, rounded half up to the payment step, in minor units."""
    amount = price * awarded * terms.tick_value_minor
    step = terms.payment_step_minor
    if step > 1:
        amount = (2 * amount + step) // (2 * step) * step
    return amount


@kernel
def serve_bids(terms, price, lowest, available, prices, lots, minimums, draws, times, numbers, awarded):
    """Fill `awarded`: bids above `price` in full, bids at it by the margin rule; return what was awarded."""
    fixed = terms.price_rule == _FIXED
    full = 0
    at_margin = 0
    for i in range(prices.size):
        awarded[i] = 0
        if lots[i] > 0 and prices[i] >= max(lowest, price):
            if prices[i] == price or fixed:
                at_margin += 1
            else:
                awarded[i] = lots[i]
                full += lots[i]
    members = np.empty(at_margin, np.int64)
    at_margin = 0
    for i in range(prices.size):
        if lots[i] > 0 and prices[i] >= max(lowest, price) and (prices[i] == price or fixed):
            members[at_margin] = i
            at_margin += 1
    awards = np.zeros(at_margin, np.int64)
    ration(
        terms.margin_rule,
        available - full,
        pick(lots, members),
        pick(minimums, members),
        pick(draws, members),
        pick(times, members),
        pick(numbers, members),
        terms.margin_lot,
        awards,
    )
    total = full
    for k in range(at_margin):
        awarded[members[k]] = awards[k]
        total += awards[k]
    return total


@kernel
def run(
    terms_bytes,
    prices,
    lots,
    bid_minimums,
    draws,
    times,
    numbers,
    line_minimums,
    groups,
    ranks,
    sellers,
    offers,
    summary_bytes,
    awarded,
    pays,
    payments,
    valid,
    sold,
    proceeds,
):
    """Clear one round.

    In: `TERMS` bytes; bids (price, lots, and optional columns that may be empty: own minimum, place in the draw, time,
    number); lines. Out, overwritten: `SUMMARY` bytes; per bid awarded lots, price a lot, payment, validity; per line
    lots sold and proceeds. All int64, `valid` bool. Linear in the bids but for the sort of those at the margin.
    """
    terms = terms_bytes.view(TERMS)[0]
    summary = summary_bytes.view(SUMMARY)[0]
    lowest = terms.lowest_valid_price_ticks
    if terms.price_rule == _FIXED:
        lowest = max(lowest, terms.fixed_price_ticks)
    submitted = 0
    demand = 0
    for i in range(prices.size):
        submitted += lots[i]
        valid[i] = prices[i] >= lowest and lots[i] > 0
        if valid[i]:
            demand += lots[i]
        awarded[i] = 0
        pays[i] = 0
        payments[i] = 0
    offered = 0
    for k in range(offers.size):
        offered += offers[k]
    sold[:] = 0
    proceeds[:] = 0
    summary.offered_lots = offered
    summary.submitted_demand_lots = submitted
    summary.valid_demand_lots = demand
    summary.price_ticks = 0
    summary.sold_lots = 0
    summary.paid_minor = 0
    if submitted == 0 or offered == 0:
        summary.status = _NO_VALID_BIDS
        return
    if demand == 0:
        summary.status = _RESERVE_NOT_MET
        return
    status, price = settle_price(terms, prices, lots, lowest, line_minimums, offers)
    if status != 0:
        summary.status = status
        return
    available = 0
    for k in range(offers.size):
        if line_minimums[k] <= max(price, lowest):
            available += offers[k]
    total = serve_bids(terms, price, lowest, available, prices, lots, bid_minimums, draws, times, numbers, awarded)
    if total == 0:
        summary.status = _RESERVE_NOT_MET
        return
    paid = 0
    for i in range(prices.size):
        if awarded[i] > 0:
            pays[i] = prices[i] if terms.price_rule == _PAY_AS_BID else price
            payments[i] = payment_of(terms, pays[i], awarded[i])
            paid += payments[i]
    sell(total, price, lowest, line_minimums, groups, ranks, sellers, offers, sold)
    share_payments(paid, sellers, sold, proceeds)
    summary.price_ticks = price
    summary.sold_lots = total
    summary.paid_minor = paid
    summary.status = _CLEARED if total >= offered else _PARTIALLY_CLEARED
