"""The compiled path of a batch of bids: judge, hold, append; row after row.

Whether a bid fits the round's terms is the auction room's helper `admit_bid`, which rounds cleared from files use as
well. Here are the sender, the round's stage, who may bid, and the cash a bid holds. Bids go into columns that lie
beside the record; a bidder's own bids of a round are chained, so that a guarantee looks at no others'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.auction.admission.kernels import admit_bid
from engine.auction.terms import GuaranteeRule
from engine.commands import ROWS, ParticipantClass, Table
from engine.events import EVENT, EventKind
from engine.jit import helper, kernel
from engine.ledger.kernels import hold_cash
from engine.limits import AMOUNT_MINOR_MAX, CASH_TOTAL_MINOR_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.registry.kernels import judge_envelope
from engine.rounds.layout import BID, Stage

BID_ROW = ROWS[Table.BIDS]

REFUSED = int(EventKind.REFUSED)
BID_ACCEPTED = int(EventKind.BID_ACCEPTED)
OPEN = int(Stage.OPEN)
MAXIMUM_VALUE = int(GuaranteeRule.MAXIMUM_VALUE)

ACCEPTED = int(Outcome.ACCEPTED)
PRICE_OUT_OF_BOUNDS = int(Outcome.PRICE_OUT_OF_BOUNDS)
QUANTITY_OUT_OF_BOUNDS = int(Outcome.QUANTITY_OUT_OF_BOUNDS)
AMOUNT_OUT_OF_BOUNDS = int(Outcome.AMOUNT_OUT_OF_BOUNDS)
ROUND_UNKNOWN = int(Outcome.ROUND_UNKNOWN)
ROUND_NOT_OPEN = int(Outcome.ROUND_NOT_OPEN)
CLASS_NOT_ELIGIBLE = int(Outcome.CLASS_NOT_ELIGIBLE)
CONSIGNOR_MAY_NOT_BID = int(Outcome.CONSIGNOR_MAY_NOT_BID)
CASH_INSUFFICIENT = int(Outcome.CASH_INSUFFICIENT)

NO_PARAMETER = int(Parameter.NONE)
ELIGIBLE = int(Parameter.AUCTION_ELIGIBLE)
MAY_BID = int(Parameter.CONSIGNMENT_MAY_BID)
GUARANTEE = int(Parameter.BID_GUARANTEE)
CAP_SHARE = int(Parameter.BID_CAP_SHARE)
CAP_QUANTITY = int(Parameter.BID_CAP_QUANTITY)

BIDDER_CLASSES = sum(1 << member for member in ParticipantClass if member is not ParticipantClass.OPERATOR)
SHARE_WHOLE_PPM = 1_000_000


@helper
def cap_of(terms: Any, klass: int) -> tuple[int, int]:
    """The cap on one bidder's total, in lots, and the parameter that sets it; -1 where there is none.

    A share of the offer is rounded down: 30 % of 580,764 t are 174,229 t.
    """
    share, lots = terms.cap_share_ppm[klass], terms.cap_lots[klass]
    by_share = -1
    if share >= 0:
        offered = terms.offered_lots
        by_share = offered // SHARE_WHOLE_PPM * share + offered % SHARE_WHOLE_PPM * share // SHARE_WHOLE_PPM
    if lots > 0 and (by_share < 0 or lots < by_share):
        return lots, CAP_QUANTITY
    return by_share, CAP_SHARE


@helper
def guarantee_with(terms: Any, bidder: Any, bids: Any, price_ticks: int, quantity_lots: int) -> int:
    """Cash in ticks x lots that the bidder's bids hold once this one is added.

    Sum of values: price x quantity, added up. Maximum value (Québec s. 50): the largest, over the bidder's own prices
    p, of p x quantity bid at p or above; one walk down the bidder's bids. A value beyond the bound on amounts comes
    back as one more than the bound.
    """
    if terms.guarantee_rule != MAXIMUM_VALUE:
        return bidder.held_minor // terms.tick_value_minor + price_ticks * quantity_lots
    bound = AMOUNT_MINOR_MAX // terms.tick_value_minor
    largest, demand, at, added = 0, 0, bidder.highest_bid, False
    while at > 0 or not added:
        if not added and (at == 0 or bids[at - 1].price_ticks < price_ticks):
            price, lots, added = price_ticks, quantity_lots, True
        else:
            price, lots = bids[at - 1].price_ticks, bids[at - 1].quantity_lots
            at = bids[at - 1].next_lower
        demand += lots
        if demand > bound // price:
            return bound + 1
        largest = max(largest, price * demand)
    return largest


@helper
def judge_bid(x: Any, row: Any, bids: Any) -> tuple[int, int, int]:
    """Outcome and parameter of a bid whose sender is good, and the cash (minor units) the bidder holds with it."""
    number, price, lots = row.round_number, row.price_ticks, row.quantity_lots
    if number < 1 or number > x.round_count:
        return ROUND_UNKNOWN, NO_PARAMETER, 0
    terms = x.rounds[number]
    bidder = x.bidders[number, row.actor]
    klass = x.participants[row.actor].participant_class
    if terms.stage != OPEN:
        return ROUND_NOT_OPEN, NO_PARAMETER, 0
    if terms.eligible[klass] == 0:
        return CLASS_NOT_ELIGIBLE, ELIGIBLE, 0
    cap_lots, cap_parameter = cap_of(terms, klass)
    outcome, parameter = admit_bid(
        price,
        lots,
        terms.price_step_ticks,
        terms.quantity_step_lots,
        terms.minimum_lots[klass],
        bidder.bids,
        terms.bid_count_max,
        bidder.bid_lots,
        cap_lots,
        terms.reserve_price_ticks,
        terms.reserve_comparator,
        terms.below_reserve,
        cap_parameter,
    )
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    if bidder.consigned_lots > 0 and terms.consignor_may_bid == 0:
        return CONSIGNOR_MAY_NOT_BID, MAY_BID, 0
    largest = AMOUNT_MINOR_MAX // terms.tick_value_minor
    if price * lots > largest or price * lots > CASH_TOTAL_MINOR_MAX // terms.tick_value_minor - terms.bid_value:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    held = guarantee_with(terms, bidder, bids, price, lots)
    if held > largest:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    held *= terms.tick_value_minor
    if held - bidder.held_minor > x.cash[row.actor].available_minor:
        return CASH_INSUFFICIENT, GUARANTEE, 0
    return ACCEPTED, NO_PARAMETER, held


@helper
def judge_bid_row(x: Any, row: Any, bids: Any) -> tuple[int, int, int]:
    """As `judge_bid`, from the row's shape and sender on."""
    outcome = judge_envelope(x, row.actor, row.session, row.request_id, BIDDER_CLASSES, False)
    if row.price_ticks < 1 or row.price_ticks > PRICE_TICKS_MAX:
        return PRICE_OUT_OF_BOUNDS, NO_PARAMETER, 0
    if row.quantity_lots < 1 or row.quantity_lots > QUANTITY_LOTS_MAX:
        return QUANTITY_OUT_OF_BOUNDS, NO_PARAMETER, 0
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER, 0
    return judge_bid(x, row, bids)


@helper
def chain_bid(bidder: Any, bids: Any, position: int) -> None:
    """Put a bid into its place among the bidder's own, highest price first, behind those of its price."""
    price = bids[position].price_ticks
    before, at = 0, bidder.highest_bid
    while at > 0 and bids[at - 1].price_ticks >= price:
        before, at = at, bids[at - 1].next_lower
    bids[position].next_lower = at
    if before == 0:
        bidder.highest_bid = position + 1
    else:
        bids[before - 1].next_lower = position + 1


@helper
def append_bid(x: Any, row: Any, bids: Any, used: int, arrival: int, held_minor: int) -> int:
    """Put a good bid into the columns and hold its cash; returns the cash added to the hold."""
    terms = x.rounds[row.round_number]
    bidder = x.bidders[row.round_number, row.actor]
    bid = bids[used]
    bid.round_number = row.round_number
    bid.bidder = row.actor
    bid.bid_id = np.int64(row.session) << 40 | row.request_id
    bid.price_ticks = row.price_ticks
    bid.quantity_lots = row.quantity_lots
    bid.arrival = arrival
    added = held_minor - bidder.held_minor
    hold_cash(x, row.actor, added)
    bidder.bids += 1
    bidder.bid_lots += row.quantity_lots
    bidder.held_minor = held_minor
    chain_bid(bidder, bids, used)
    terms.bids += 1
    terms.bid_value += row.price_ticks * row.quantity_lots
    return added


def build_run_bids(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `run_bids(state, rows, bids, used, first_sequence, output) -> bids used` for one state layout.

    `rows` are bytes of `ROWS[Table.BIDS]`, `bids` bytes of the bid columns with room for all rows behind `used`,
    `output` bytes of `EVENT`, one event a row.
    """

    @kernel
    def run_bids(
        state: np.ndarray,
        rows_bytes: np.ndarray,
        bids_bytes: np.ndarray,
        used: int,
        first_sequence: int,
        output_bytes: np.ndarray,
    ) -> int:
        x = state.view(state_dtype)[0]
        rows = rows_bytes.view(BID_ROW)
        bids = bids_bytes.view(BID)
        output = output_bytes.view(EVENT)
        for i in range(rows.shape[0]):
            row = rows[i]
            outcome, parameter, held = judge_bid_row(x, row, bids)
            event = output[i]
            event.kind = REFUSED
            event.outcome = outcome
            event.parameter = parameter
            event.row = i
            event.participant = row.actor
            event.reference = row.round_number
            event.order_id = np.int64(row.session) << 40 | row.request_id
            event.price_ticks = row.price_ticks
            event.quantity_lots = row.quantity_lots
            if outcome == ACCEPTED:
                event.kind = BID_ACCEPTED
                event.instrument = x.rounds[row.round_number].instrument
                event.amount_minor = append_bid(x, row, bids, used, first_sequence + i, held)
                used += 1
        return used

    return run_bids
