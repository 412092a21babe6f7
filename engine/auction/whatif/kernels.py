"""Rounds one after the other in one compiled call: limits, price, who gets how much, nothing per bid kept.

Books lie by bidder, best first, and memory of one round is used again for the next, so that all of it stays in the
nearest cache. There are two ways. `clear_rounds` has the steps of the clear for the plainest designs; its price is
found by halving, which looks at eight bids at a time. `clear_rounds_whole` calls the clear itself, for every design.
"""

from __future__ import annotations

import numpy as np

from engine.auction.award.kernels import margin_of, serve_above
from engine.auction.kernels import run
from engine.auction.layout import SUMMARY, TERMS, Awards, Bids, Sales
from engine.auction.limits.kernels import trim_each
from engine.auction.ordering.kernels import no_keys, pick, places, zeros
from engine.auction.rationing.kernels import ration
from engine.auction.search.kernels import price_near, sum_from
from engine.auction.terms import HiddenReserveRule, PriceRule, RoundStatus, UndersubscriptionRule
from engine.jit import kernel

_PAY_AS_BID = int(PriceRule.PAY_AS_BID)
_CANCEL_SHORT = int(UndersubscriptionRule.CANCEL)
_AT_RESERVE = int(UndersubscriptionRule.AT_RESERVE)
_ALL_MEET_HIDDEN = int(UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE)
_HIDDEN_CANCEL = int(HiddenReserveRule.CANCEL)
_HIDDEN_RAISE = int(HiddenReserveRule.RAISE_PRICE)

_CLEARED = int(RoundStatus.CLEARED)
_PARTIALLY_CLEARED = int(RoundStatus.PARTIALLY_CLEARED)
_RESERVE_NOT_MET = int(RoundStatus.RESERVE_NOT_MET)
_NO_VALID_BIDS = int(RoundStatus.NO_VALID_BIDS)
_CANCELLED = int(RoundStatus.CANCELLED)
_DECLINED = int(RoundStatus.DECLINED)

_PPM = 1_000_000
_SUMMARY_BYTES = SUMMARY.itemsize


@kernel
def settle(terms, prices, lots, demanded, supply, guess):
    """(status, price) of one round; a status other than 0 ends it unsold. `guess`: where its price may be."""
    lowest = terms.lowest_valid_price_ticks
    if demanded >= supply:
        price = price_near(prices, lots, lowest, supply, guess)
    else:
        price = price_near(prices, lots, lowest, demanded, lowest)
        if terms.undersubscription_rule == _CANCEL_SHORT:
            return _CANCELLED, 0
        if terms.undersubscription_rule == _ALL_MEET_HIDDEN and price < terms.hidden_reserve_ticks:
            return _DECLINED, 0
        if terms.undersubscription_rule == _AT_RESERVE and terms.reserve_price_ticks > 0:
            price = terms.reserve_price_ticks
    if price < terms.hidden_reserve_ticks:
        if terms.hidden_reserve_rule != _HIDDEN_RAISE:
            return (_CANCELLED if terms.hidden_reserve_rule == _HIDDEN_CANCEL else _DECLINED), 0
        asked = sum_from(prices, lots, terms.hidden_reserve_ticks)
        if asked == 0:
            return _RESERVE_NOT_MET, 0
        price = price_near(prices, lots, terms.hidden_reserve_ticks, asked, guess)
    return 0, price


@kernel
def serve(terms, prices, lots, times, price, supply, awarded):
    """Fill `awarded`; return its sum."""
    total = serve_above(prices, lots, price, awarded)
    members, wanted = margin_of(prices, lots, price if price >= terms.lowest_valid_price_ticks else -1)
    if members.size == 1 and wanted[0] >= supply - total:
        awarded[members[0]] = supply - total
        return supply
    awards = np.zeros(members.size, np.int64)
    none = no_keys()
    ration(terms.margin_rule, supply - total, wanted, none, none, pick(times, members), none, terms.margin_lot, awards)
    for k in range(members.size):
        awarded[members[k]] = awards[k]
        total += awards[k]
    return total


@kernel
def concentration(bidders, awarded, total, sums, won):
    """The sum of the squared shares of what was sold, in parts per million, shares cut to parts per million; adds what
    each bidder got to `won`. `bidders` rise. `sums`: zeros, one a bidder; zeros again afterwards.

    Where most numbers have bids a running total is noted under each: the last one noted is what it was behind that
    bidder's bids. No branch hangs on where one bidder ends and the next begins, which no processor foresees.
    """
    squares = 0
    before = 0
    if bidders[-1] - bidders[0] >= 2 * bidders.size:
        for k in range(bidders.size):
            before += awarded[k]
            if k + 1 == bidders.size or bidders[k + 1] != bidders[k]:
                won[bidders[k]] += before
                share = before * _PPM // total
                squares += share * share
                before = 0
        return squares // _PPM
    through = 0
    for k in range(bidders.size):
        through += awarded[k]
        sums[bidders[k]] = through
    for bidder in range(bidders[0], bidders[-1] + 1):
        here = max(0, sums[bidder] - before)
        sums[bidder] = 0
        before += here
        won[bidder] += here
        share = here * _PPM // total
        squares += share * share
    return squares // _PPM


@kernel
def clear_rounds(terms_bytes, books, limits, supplies, first, last, outputs, won):
    """Clear the rounds `first` to `last` of `books` (prices, lots, bidders, times, starts), `supplies` lots in each.

    `outputs`: columns by round (status, price, sold, demand that qualified, concentration). `won`: lots by bidder,
    added up over these rounds.
    """
    terms = terms_bytes.view(TERMS)[0]
    prices, lots, bidders, times, starts = books
    statuses, price_of, sold_of, qualified_of, concentration_of = outputs
    most = 0
    for r in range(first, last):
        most = max(most, starts[r + 1] - starts[r])
    kept, awarded, sums = np.empty(most, np.int64), np.empty(most, np.int64), zeros(won.size)
    none = no_keys()
    rules = (terms.guarantee_rule, terms.tick_value_minor, terms.limit_step_lots, True, True)
    lowest = terms.lowest_valid_price_ticks
    last_price = lowest
    for r in range(first, last):
        begin, end = starts[r], starts[r + 1]
        own_prices, own_lots, own_bidders = prices[begin:end], lots[begin:end], bidders[begin:end]
        left, awards = kept[: end - begin], awarded[: end - begin]
        bids = Bids(own_prices, own_lots, times[begin:end], none, none, none, own_bidders)
        demanded = trim_each(bids, own_lots, limits, rules, lowest, left, none, none)
        supply = supplies[r]
        status, price, total = 0, 0, 0
        if supply == 0:
            status = _NO_VALID_BIDS
        elif demanded == 0:
            submitted = sum_from(own_prices, own_lots, 0)
            valid = sum_from(own_prices, own_lots, lowest)
            status = _RESERVE_NOT_MET if submitted > 0 and valid == 0 else _NO_VALID_BIDS
        else:
            status, price = settle(terms, own_prices, left, demanded, supply, last_price)
        if status == 0:
            total = serve(terms, own_prices, left, bids.times, price, supply, awards)
            status = _RESERVE_NOT_MET if total == 0 else _CLEARED if total >= supply else _PARTIALLY_CLEARED
        statuses[r] = status
        price_of[r] = price if total > 0 else 0
        last_price = price if total > 0 else last_price
        sold_of[r] = total
        qualified_of[r] = demanded
        concentration_of[r] = concentration(own_bidders, awards, total, sums, won) if total > 0 else 0


@kernel
def longest_of(starts, first, last):
    """The most bids of one of these rounds."""
    most = 0
    for r in range(first, last):
        most = max(most, starts[r + 1] - starts[r])
    return most


@kernel
def look_at(prices, lots):
    """(lowest price, 0 where a bid has no lots; sum of the lots): what the clear is told of its bids."""
    least, total = prices[0] if prices.size > 0 else 0, 0
    empty = False
    for k in range(prices.size):
        least = min(least, prices[k])
        total += lots[k]
        empty |= lots[k] == 0
    return 0 if empty else least, total


@kernel
def clear_rounds_whole(terms_bytes, books, limits, lines, supplies, first, last, outputs, won):
    """As `clear_rounds`, over the lines of supply `lines`, by the clear itself: two outputs more, offered and paid.

    `supplies`: lots of the first line by round; empty where all rounds have the lines as they are. Whatever is drawn is
    drawn in the order of the bids.
    """
    terms = terms_bytes.view(TERMS)[0]
    prices, lots, bidders, times, starts = books
    statuses, price_of, sold_of, qualified_of, concentration_of, offered_of, paid_of = outputs
    most = longest_of(starts, first, last)
    awarded, pays, payments = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    valid, draws, sums, none = np.empty(most, np.bool_), places(most), zeros(won.size), no_keys()
    as_bid = terms.price_rule == _PAY_AS_BID
    rounds_payments = as_bid or terms.payment_step_minor > 1
    sales = Sales(zeros(lines.offers.size), zeros(lines.offers.size), np.zeros(lines.offers.size, np.bool_))
    summary_bytes = np.zeros(_SUMMARY_BYTES, np.uint8)
    summary = summary_bytes.view(SUMMARY)[0]
    for r in range(first, last):
        begin, end = starts[r], starts[r + 1]
        count = end - begin
        own_bidders = bidders[begin:end]
        bids = Bids(prices[begin:end], lots[begin:end], times[begin:end], none, draws[:count], none, own_bidders)
        result = Awards(
            awarded[:count],
            pays[: count if as_bid else 0],
            payments[: count if rounds_payments else 0],
            valid[:count],
            none,
            none,
            none,
        )
        if supplies.size > 0:
            lines.offers[0] = supplies[r]
        least, submitted = look_at(bids.prices, bids.lots)
        run(terms_bytes, bids, least, submitted, limits, lines, result, sales, summary_bytes)
        statuses[r], price_of[r], sold_of[r] = summary.status, summary.price_ticks, summary.sold_lots
        qualified_of[r], offered_of[r], paid_of[r] = (
            summary.valid_demand_lots,
            summary.offered_lots,
            summary.paid_minor,
        )
        total = summary.sold_lots
        concentration_of[r] = concentration(own_bidders, result.awarded, total, sums, won) if total > 0 else 0
