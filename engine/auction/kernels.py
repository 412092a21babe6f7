"""One sealed-bid clear, start to end, compiled: limits, demand, release, price, awards, order of sale, money.

The steps are the rooms beside this file, each with one idea: `limits` (caps and guarantees), `demand` (the curve),
`price` (where the curves cross), `award` and `rationing` (the bidders' side), `sale` (the sellers' side), `split`
(division). This file only walks through them and decides how the round ends. Nothing here checks its input:
`clearing.clear` does.

A bid with 0 lots and a line with 0 lots take part in nothing.
"""

from __future__ import annotations

import numpy as np

from engine.auction.award.kernels import paid_price, pay, serve
from engine.auction.demand.kernels import demand_from, lots_at, restored_demand, tested_price
from engine.auction.layout import SUMMARY, TERMS, Awards, Bids, Demand
from engine.auction.limits.kernels import (
    best_first_by_bidder,
    trim_to_caps,
    trim_to_guarantees,
    trim_to_shared_caps,
)
from engine.auction.ordering.kernels import no_keys, zeros
from engine.auction.price.kernels import release_lines, settle_price, supply_at
from engine.auction.sale.kernels import sell, share_payments, share_payments_by_tranche
from engine.auction.terms import GuaranteeExcess, PriceRule, ProceedsRule, RoundStatus
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX

_FIXED = int(PriceRule.FIXED)
_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_BY_TRANCHE = int(ProceedsRule.BY_TRANCHE)
_TRIMMED = int(GuaranteeExcess.TRIMMED)

_CLEARED = int(RoundStatus.CLEARED)
_PARTIALLY_CLEARED = int(RoundStatus.PARTIALLY_CLEARED)
_RESERVE_NOT_MET = int(RoundStatus.RESERVE_NOT_MET)
_NO_VALID_BIDS = int(RoundStatus.NO_VALID_BIDS)


@kernel
def within(bids, lowest, highest, fixed):
    """The same bids with price 0 where theirs lies outside `lowest` to `highest`, and with the `fixed` price (if any)
    instead of their own inside."""
    prices = np.empty(bids.prices.size, np.int64)
    for i in range(prices.size):
        inside = bids.prices[i] >= lowest and bids.prices[i] <= highest
        prices[i] = (fixed if fixed > 0 else bids.prices[i]) if inside else 0
    return Bids(prices, bids.lots, bids.times, bids.numbers, bids.draws, bids.minimums, bids.bidders)


@helper
def restoring(terms):
    """The guarantee rule of the round: under pay-as-bid a cut lot has no lower price to come back at."""
    return _TRIMMED if terms.price_rule == _PAY_AS_BID else terms.guarantee_excess


@kernel
def qualify(terms, bids, limits, lowest, result):
    """Validity of each bid, and the lots that static limits leave: (order by bidder, lots, lots submitted, lots of
    valid bids before limits). Fills the cuts."""
    prices, bid_lots, valid = bids.prices, bids.lots, result.valid
    submitted = 0
    demanded = 0
    for i in range(prices.size):
        meets = prices[i] >= lowest
        valid[i] = meets & (bid_lots[i] > 0)
        submitted += bid_lots[i]
        demanded += bid_lots[i] * meets
    if limits.caps.size == 0:
        return no_keys(), bids.lots, submitted, demanded
    lots = np.empty(bids.lots.size, np.int64)
    for i in range(lots.size):
        lots[i] = bids.lots[i] if result.valid[i] else 0
    step = terms.limit_step_lots
    order = best_first_by_bidder(bids, limits.caps.size)
    trim_to_caps(order, bids.bidders, limits.caps, step, lots, result.cut_by_cap)
    if limits.shared_caps.size > 0:
        trim_to_shared_caps(bids, limits, step, lots, result.cut_by_shared_cap)
    if restoring(terms) == _TRIMMED:
        trim_to_guarantees(
            order,
            bids,
            limits.guarantees,
            terms.guarantee_rule,
            terms.tick_value_minor,
            step,
            lots,
            result.cut_by_guarantee,
        )
    return order, lots, submitted, demanded


@kernel
def demand_of(terms, bids, limits, lowest, order, lots):
    """The demand curve of the bids' `lots`; with what restoring guarantees need where the terms say so."""
    mode = restoring(terms) if limits.caps.size > 0 else _TRIMMED
    before = no_keys()
    starts = no_keys()
    if mode != _TRIMMED:
        before = zeros(lots.size)
        bounds = zeros(lots.size + 1)
        count = 0
        for k in range(1, order.size):
            if bids.bidders[order[k]] == bids.bidders[order[k - 1]]:
                before[order[k]] = before[order[k - 1]] + lots[order[k - 1]]
            else:
                count += 1
                bounds[count] = k
        bounds[count + 1 if order.size > 0 else 0] = order.size
        starts = bounds[: count + 2] if order.size > 0 else bounds[:1]
    return Demand(
        bids.prices,
        lots,
        bids.lots,
        order,
        starts,
        before,
        bids.bidders,
        limits.guarantees,
        mode,
        lowest,
        terms.tick_value_minor,
        terms.limit_step_lots,
    )


@kernel
def cut_by_restoring(demand, lots, price, result):
    """Fill the cuts of guarantees that restore: what does not count at the price that came out, or at the lowest."""
    from_price = max(price, demand.lowest)
    at = tested_price(demand, from_price)
    counted = lots_at(demand, at)
    for i in range(lots.size):
        if demand.prices[i] >= from_price and at > 0:
            result.cut_by_guarantee[i] = lots[i] - counted[i]


@kernel
def settle_round(terms, bids, lines, demand, floor, result, sales, summary):
    """Price, awards, sales and money of a round with demand and supply; fills the outputs and the summary."""
    status, price = settle_price(terms, demand, lines, sales.released, floor)
    if status != 0:
        summary.status = status
        return
    available = supply_at(lines, sales.released, price, floor)
    total = serve(terms, demand, bids, price, available, result.awarded)
    if total == 0:
        summary.status = _RESERVE_NOT_MET
        return
    sell(total, price, floor, lines, sales.released, terms.short_sale_rule, sales.sold)
    price = paid_price(terms, demand, price, floor, lines, sales.sold)
    paid = pay(terms, bids.prices, price, result)
    if terms.proceeds_rule == _BY_TRANCHE and terms.price_rule == _PAY_AS_BID:
        share_payments_by_tranche(bids, result, lines, sales.sold, sales.proceeds)
    else:
        share_payments(paid, lines, sales.sold, sales.proceeds)
    summary.price_ticks = price
    summary.sold_lots = total
    summary.paid_minor = paid
    # What was withheld from the market is not unsold.
    for k in range(lines.offers.size):
        if lines.withheld[k]:
            summary.offered_lots += sales.sold[k]
    summary.status = _CLEARED if total >= summary.offered_lots else _PARTIALLY_CLEARED


@kernel
def run(terms_bytes, bids, limits, lines, result, sales, summary_bytes):
    """Clear one round: `Bids`, `LimitColumns` and `Lines` in; `Awards`, `Sales` and `SUMMARY` bytes out, overwritten.

    Linear in the bids, but for sorts of those at the margin and, where there are limits, of all.
    """
    terms = terms_bytes.view(TERMS)[0]
    summary = summary_bytes.view(SUMMARY)[0]
    lowest = terms.lowest_valid_price_ticks
    floor = terms.reserve_price_ticks
    highest = terms.ceiling_price_ticks if terms.ceiling_price_ticks > 0 else PRICE_TICKS_MAX
    if terms.price_rule == _FIXED:
        bids = within(bids, max(lowest, terms.fixed_price_ticks), highest, terms.fixed_price_ticks)
        lowest = terms.fixed_price_ticks
        floor = terms.fixed_price_ticks
    elif highest < PRICE_TICKS_MAX:
        bids = within(bids, lowest, highest, 0)
    order, lots, submitted, demanded = qualify(terms, bids, limits, lowest, result)
    demand = demand_of(terms, bids, limits, lowest, order, lots)
    release_lines(demand, lines, terms.release_rule, floor, sales.released)
    offered = 0
    on_offer = 0
    for k in range(lines.offers.size):
        if sales.released[k]:
            on_offer += lines.offers[k]
            offered += 0 if lines.withheld[k] else lines.offers[k]
    summary.offered_lots = offered
    summary.submitted_demand_lots = submitted
    summary.valid_demand_lots = demand_from(demand, lowest) if limits.caps.size > 0 else demanded
    summary.price_ticks = 0
    summary.sold_lots = 0
    summary.paid_minor = 0
    if submitted == 0 or on_offer == 0:
        summary.status = _NO_VALID_BIDS
    elif summary.valid_demand_lots == 0:
        summary.status = _RESERVE_NOT_MET
        for i in range(result.valid.size):
            if result.valid[i]:
                summary.status = _NO_VALID_BIDS
    else:
        settle_round(terms, bids, lines, demand, floor, result, sales, summary)
    if summary.sold_lots == 0:
        for i in range(result.awarded.size):
            result.awarded[i] = 0
            result.pays[i] = 0
            result.payments[i] = 0
    if demand.mode != _TRIMMED:
        cut_by_restoring(demand, lots, summary.price_ticks, result)


@kernel
def demand_at_prices(terms_bytes, bids, limits, at_prices, counted):
    """Fill `counted` with the lots of `bids` that count at each of `at_prices`, where guarantees are tested as well."""
    terms = terms_bytes.view(TERMS)[0]
    lowest = terms.lowest_valid_price_ticks
    count = bids.prices.size
    valid = np.empty(count, np.bool_)
    cuts = Awards(no_keys(), no_keys(), no_keys(), valid, zeros(count), zeros(count), zeros(count))
    order, lots, _, _ = qualify(terms, bids, limits, lowest, cuts)
    demand = demand_of(terms, bids, limits, lowest, order, lots)
    for k in range(at_prices.size):
        if demand.mode == _TRIMMED:
            counted[k] = demand_from(demand, at_prices[k])
        else:
            counted[k] = restored_demand(demand, max(lowest, at_prices[k]))
