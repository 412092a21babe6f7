"""One sealed-bid clear, start to end, compiled: limits, demand, release, price, awards, order of sale, money.

The steps are the rooms beside this file, each with one idea: `limits` (caps and guarantees), `demand` (the curve),
`price` (where the curves cross), `award` and `rationing` (the bidders' side), `sale` (the sellers' side), `split`
(division). This file only walks through them and decides how the round ends. Nothing here checks its input:
`clearing.clear` does.

A bid with 0 lots and a line with 0 lots take part in nothing.
"""

from __future__ import annotations

import numpy as np

from engine.auction.award.kernels import highest_accepted_offer, looks_at_offers, paid_price, pay, serve
from engine.auction.demand.kernels import (
    demand_from,
    lots_at,
    lowest_accepted_price,
    restored_demand,
    tested_price,
)
from engine.auction.layout import SUMMARY, TERMS, Awards, Bids, Demand
from engine.auction.limits.kernels import (
    all_have_places,
    best_first_by_bidder,
    in_order,
    put_back,
    trim_each,
    trim_to_shared_caps,
)
from engine.auction.ordering.kernels import no_keys, pick, places, zeros
from engine.auction.price.kernels import release_lines, settle_price, supply_at
from engine.auction.sale.kernels import sell, share_payments, share_payments_by_tranche
from engine.auction.terms import GuaranteeExcess, PriceRule, ProceedsRule, RoundStatus
from engine.auction.window.kernels import divide, no_window, offer_without_conditions, pays_to_divide
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX

_FIXED = int(PriceRule.FIXED)
_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_MIDPOINT = int(PriceRule.MIDPOINT)
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
def mark_valid(prices, lots, lowest, valid):
    """Fill `valid`; return the lots of valid bids."""
    demanded = 0
    for i in range(prices.size):
        meets = prices[i] >= lowest
        valid[i] = meets & (lots[i] > 0)
        demanded += lots[i] * meets
    return demanded


@kernel
def mark_all(valid):
    """Fill `valid` with yes."""
    for i in range(valid.size):
        valid[i] = True


@kernel
def trim_own(bids, asked, limits, rules, lowest, lots, result, order):
    """Fill `lots` with what own caps and guarantees leave of `asked`, and the cuts; return (the bids by bidder, best
    first; the sum of `lots`, -1 where a bidder has no place in the limits). The order, where it is not known yet, is
    empty, and stays so where bids lie in it."""
    cut_by_cap, cut_by_guarantee = result.cut_by_cap, result.cut_by_guarantee
    if order.size == 0:
        left = trim_each(bids, asked, limits, rules, lowest, lots, cut_by_cap, cut_by_guarantee)
        if left >= 0 or not all_have_places(bids.bidders, limits.caps.size):
            return order, left
        order = best_first_by_bidder(bids, limits.caps.size)
    ranked = in_order(bids, order)
    kept = np.empty(lots.size, np.int64)
    by_cap, by_guarantee = zeros(cut_by_cap.size), zeros(cut_by_guarantee.size)
    left = trim_each(ranked, pick(asked, order), limits, rules, lowest, kept, by_cap, by_guarantee)
    put_back(kept, order, lots)
    if rules[3]:
        put_back(by_cap, order, cut_by_cap)
    if rules[4]:
        put_back(by_guarantee, order, cut_by_guarantee)
    return order, left


@kernel
def limited_lots(terms, bids, limits, lowest, lots, result):
    """Fill `lots` with what static limits leave of each bid, and the cuts; return what `trim_own` does.

    Own caps first, then shared ones, then guarantees, unless these restore: that is for the price search to see.
    """
    shares = limits.shared_caps.size > 0
    trims = restoring(terms) == _TRIMMED
    rule, value, step = terms.guarantee_rule, terms.tick_value_minor, terms.limit_step_lots
    rules = (rule, value, step, True, trims and not shares)
    order, left = trim_own(bids, bids.lots, limits, rules, lowest, lots, result, no_keys())
    if left < 0:
        return order, left
    if shares:
        trim_to_shared_caps(bids, limits, step, lots, result.cut_by_shared_cap)
        if trims:
            rules = (rule, value, step, False, True)
            order, left = trim_own(bids, pick(lots, places(lots.size)), limits, rules, lowest, lots, result, order)
    return order, left


@kernel
def demand_of(terms, bids, limits, lowest, order, lots, window):
    """The demand curve of the bids' `lots`; with what restoring guarantees need where the terms say so."""
    mode = restoring(terms) if limits.caps.size > 0 else _TRIMMED
    count = lots.size if mode != _TRIMMED else 0
    ranked = no_keys()
    ranked_prices = zeros(count)
    through = zeros(count)
    starts = zeros(count + 1)
    runs = 0
    if count > 0:
        ranked = order if order.size > 0 else places(count)
        for k in range(count):
            i = ranked[k]
            ranked_prices[k] = bids.prices[i]
            if k > 0 and bids.bidders[i] == bids.bidders[ranked[k - 1]]:
                through[k] = through[k - 1] + lots[i]
            else:
                through[k] = lots[i]
                starts[runs] = k
                runs += 1
        starts[runs] = count
    return Demand(
        bids.prices,
        lots,
        bids.lots,
        ranked,
        ranked_prices,
        through,
        starts[: runs + 1],
        bids.bidders,
        limits.guarantees,
        mode,
        lowest,
        terms.tick_value_minor,
        terms.limit_step_lots,
        window,
    )


@helper
def nothing_recorded(none, valid):
    """Outputs that take no cuts."""
    return Awards(none, none, none, valid, none, none, none)


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
def settle_round(terms, bids, lines, demand, floor, in_place, result, sales, summary):
    """Price, awards, sales and money of a round with demand and supply; fills the outputs and the summary."""
    status, price = settle_price(terms, demand, lines, sales.released, floor)
    if status != 0:
        summary.status = status
        return
    available = supply_at(lines, sales.released, price, floor)
    lowest_accepted = price
    if terms.price_rule == _MIDPOINT:
        lowest_accepted = max(price, lowest_accepted_price(demand, price))
    total = serve(terms, demand, bids, price, available, in_place, result.awarded)
    if total == 0:
        summary.status = _RESERVE_NOT_MET
        return
    sell(total, price, floor, lines, sales.released, terms.short_sale_rule, sales.sold)
    if looks_at_offers(terms.price_rule):
        offer = highest_accepted_offer(floor, lines, sales.sold)
        price = paid_price(terms.price_rule, price, lowest_accepted, offer)
    paid = pay(terms, bids.prices, price, total, result)
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


@helper
def count_offers(lines, released, summary):
    """Fill in what was offered; return it with what may be withheld."""
    offered = 0
    on_offer = 0
    for k in range(lines.offers.size):
        if released[k]:
            on_offer += lines.offers[k]
            offered += 0 if lines.withheld[k] else lines.offers[k]
    summary.offered_lots = offered
    return on_offer


@kernel
def run(terms_bytes, bids, least, submitted, limits, lines, result, sales, summary_bytes):
    """Clear one round: `Bids`, `LimitColumns` and `Lines` in; `Awards`, `Sales` and `SUMMARY` bytes out, overwritten.

    `least` is the lowest price, 0 where a bid has no lots; `submitted` the sum of the lots: what the check of the bids
    has seen already. The status stays 0, and nothing counts, when a bidder has no place in the limits.
    Linear in the bids, but for sorts of those at the margin and, where there are limits and bids do not lie by bidder,
    best first, of all.
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
    limited = limits.caps.size > 0
    demanded = submitted
    if least >= lowest and highest == PRICE_TICKS_MAX and terms.price_rule != _FIXED:
        mark_all(result.valid)
    else:
        demanded = mark_valid(bids.prices, bids.lots, lowest, result.valid)
    lots = bids.lots
    order = no_keys()
    # Where limits only cut, awards begin as what they leave: one column less to touch.
    in_place = limited and restoring(terms) == _TRIMMED
    if limited:
        lots = result.awarded if in_place else np.empty(bids.lots.size, np.int64)
        order, demanded = limited_lots(terms, bids, limits, lowest, lots, result)
        if demanded < 0:
            return
    window = no_window()
    target = offer_without_conditions(lines, floor)
    simple = terms.price_rule != _FIXED and (in_place or not limited)
    if simple and pays_to_divide(bids.prices.size, target, demanded):
        window = divide(bids.prices, lots, lowest, target, in_place, result.awarded)
        if in_place and window.low == 0:
            limited_lots(terms, bids, limits, lowest, lots, nothing_recorded(no_keys(), result.valid))
    demand = demand_of(terms, bids, limits, lowest, order, lots, window)
    release_lines(demand, lines, terms.release_rule, floor, sales.released)
    on_offer = count_offers(lines, sales.released, summary)
    summary.submitted_demand_lots = submitted
    summary.valid_demand_lots = demanded if demand.mode == _TRIMMED else demand_from(demand, lowest)
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
        settle_round(terms, bids, lines, demand, floor, in_place, result, sales, summary)
    if demand.mode != _TRIMMED and result.cut_by_guarantee.size > 0:
        cut_by_restoring(demand, lots, summary.price_ticks, result)
    if summary.sold_lots == 0:
        for i in range(result.awarded.size):
            result.awarded[i] = 0
        for i in range(result.payments.size):
            result.payments[i] = 0
        for i in range(result.pays.size):
            result.pays[i] = 0


@kernel
def demand_at_prices(terms_bytes, bids, limits, at_prices, counted):
    """Fill `counted` with the lots of `bids` that count at each of `at_prices`, where guarantees are tested as well."""
    terms = terms_bytes.view(TERMS)[0]
    lowest = terms.lowest_valid_price_ticks
    count = bids.prices.size
    lots = np.empty(count, np.int64)
    none = no_keys()
    order, _ = limited_lots(terms, bids, limits, lowest, lots, nothing_recorded(none, np.empty(0, np.bool_)))
    demand = demand_of(terms, bids, limits, lowest, order, lots, no_window())
    for k in range(at_prices.size):
        if demand.mode == _TRIMMED:
            counted[k] = demand_from(demand, at_prices[k])
        else:
            counted[k] = restored_demand(demand, max(lowest, at_prices[k]))
