"""What is decided about a bid when it arrives, and the cash it has to stand for: helpers for a kernel that walks rows.

The service's rounds and rounds read from files call these same functions, so a bid is judged alike on both paths. All
arguments are plain integers; 0 for a step, a count, a cap or a reserve means that the rule sets none. The first rule
broken is the answer, in the order of `engine.outcomes`.
"""

from __future__ import annotations

import numpy as np

from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter

_ACCEPTED = int(Outcome.ACCEPTED)
_PRICE_OUT_OF_BOUNDS = int(Outcome.PRICE_OUT_OF_BOUNDS)
_QUANTITY_OUT_OF_BOUNDS = int(Outcome.QUANTITY_OUT_OF_BOUNDS)
_PRICE_OFF_TICK = int(Outcome.BID_PRICE_OFF_TICK)
_BELOW_RESERVE = int(Outcome.BID_BELOW_RESERVE)
_QUANTITY_OFF_LOT = int(Outcome.BID_QUANTITY_OFF_LOT)
_BELOW_MINIMUM = int(Outcome.BID_QUANTITY_BELOW_MINIMUM)
_COUNT_EXCEEDED = int(Outcome.BID_COUNT_EXCEEDED)
_CAP_EXCEEDED = int(Outcome.BID_CAP_EXCEEDED)

_NONE = int(Parameter.NONE)
_TICK = int(Parameter.BID_TICK)
_LOT = int(Parameter.BID_LOT)
_MINIMUM = int(Parameter.BID_MINIMUM)
_COUNT = int(Parameter.BID_COUNT_MAX)
_RESERVE = int(Parameter.AUCTION_RESERVE_PRICE)

_REFUSED_AT_ENTRY = int(BelowReserve.REFUSED_AT_ENTRY)
_ABOVE = int(ReserveComparator.ABOVE)
_MAXIMUM_VALUE = int(GuaranteeRule.MAXIMUM_VALUE)


@helper
def meets_reserve(price_ticks, reserve_ticks, comparator):
    """Whether a price is valid at a public reserve (0: there is none)."""
    return reserve_ticks == 0 or price_ticks >= reserve_ticks + (comparator == _ABOVE)


@helper
def admit_bid(
    price_ticks,
    quantity_lots,
    price_step,
    quantity_step,
    minimum_lots,
    count_so_far,
    count_max,
    total_so_far_lots,
    cap_lots,
    reserve_ticks,
    comparator,
    below_reserve_rule,
    cap_parameter,
):
    """(outcome, parameter) of one bid: 0, 0 when it is accepted.

    `count_so_far` and `total_so_far_lots` are the bidder's live bids in the round; `cap_lots` is the most they may sum
    to (negative: no cap; 0 is a cap of nothing); `cap_parameter` is the parameter behind that cap.
    """
    if price_ticks < 1 or price_ticks > PRICE_TICKS_MAX:
        return _PRICE_OUT_OF_BOUNDS, _NONE
    if quantity_lots < 1 or quantity_lots > QUANTITY_LOTS_MAX:
        return _QUANTITY_OUT_OF_BOUNDS, _NONE
    if price_step > 0 and price_ticks % price_step != 0:
        return _PRICE_OFF_TICK, _TICK
    if below_reserve_rule == _REFUSED_AT_ENTRY and not meets_reserve(price_ticks, reserve_ticks, comparator):
        return _BELOW_RESERVE, _RESERVE
    if quantity_step > 0 and quantity_lots % quantity_step != 0:
        return _QUANTITY_OFF_LOT, _LOT
    if quantity_lots < minimum_lots:
        return _BELOW_MINIMUM, _MINIMUM
    if count_max > 0 and count_so_far >= count_max:
        return _COUNT_EXCEEDED, _COUNT
    if cap_lots >= 0 and total_so_far_lots + quantity_lots > cap_lots:
        return _CAP_EXCEEDED, cap_parameter
    return _ACCEPTED, _NONE


@helper
def guarantee_of_sum(prices_ticks, quantities_lots, tick_value_minor):
    """The guarantee of one bidder's bids as the sum of their values, in minor units."""
    total = 0
    for i in range(prices_ticks.size):
        total += prices_ticks[i] * quantities_lots[i]
    return total * tick_value_minor


@helper
def guarantee_of_maximum(prices_ticks, quantities_lots, tick_value_minor):
    """The guarantee of one bidder's bids at a uniform price: the largest, over own prices p, of p x lots bid at >= p.

    Quadratic in the bids of one bidder, which are few; Québec Q-2 r.46.1 s. 50 and WAC 173-446-325(2).
    """
    largest = 0
    for i in range(prices_ticks.size):
        lots = 0
        for j in range(prices_ticks.size):
            if prices_ticks[j] >= prices_ticks[i]:
                lots += quantities_lots[j]
        largest = max(largest, prices_ticks[i] * lots)
    return largest * tick_value_minor


@kernel
def admit_all(rules, prices, lots, bidders, caps, outcomes, parameters):
    """Fill `outcomes` and `parameters` row by row; `rules` are the numbers of `EntryRules`, `bidders` places."""
    most = 0
    for i in range(bidders.size):
        most = max(most, bidders[i] + 1)
    counts = np.zeros(most, np.int64)
    totals = np.zeros(most, np.int64)
    for i in range(prices.size):
        b = bidders[i]
        outcomes[i], parameters[i] = admit_bid(
            prices[i],
            lots[i],
            rules[0],
            rules[1],
            rules[2],
            counts[b],
            rules[3],
            totals[b],
            caps[i],
            rules[4],
            rules[5],
            rules[6],
            rules[7],
        )
        if outcomes[i] == _ACCEPTED:
            counts[b] += 1
            totals[b] += lots[i]


@kernel
def guarantee_of(rule, prices, lots, tick_value_minor):
    """The guarantee of one bidder's bids by `rule` (GuaranteeRule), in minor units."""
    if rule == _MAXIMUM_VALUE:
        return guarantee_of_maximum(prices, lots, tick_value_minor)
    return guarantee_of_sum(prices, lots, tick_value_minor)
