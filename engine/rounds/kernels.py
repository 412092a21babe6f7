"""The compiled path of a batch of bids: judge, hold, append; row after row.

Whether a bid fits the round's terms is the auction room's helper `admit_bid`, which rounds cleared from files use as
well. Here are the sender, the round's stage, who may bid, and the cash a bid holds. Bids go into columns that lie
beside the record. Where a guarantee depends on all bids of a bidder these are chained, so that it looks at no others';
that walk makes many bids of one bidder quadratic, which the sum of their values is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.auction.admission.kernels import admit_bid
from engine.auction.terms import GuaranteeRule
from engine.commands import ROWS, ParticipantClass, Table
from engine.events import EVENT, EventKind
from engine.exchange.gates.kernels import is_stopped
from engine.jit import helper, kernel
from engine.ledger.kernels import hold_cash
from engine.ledger.pocket.kernels import all_units
from engine.limits import AMOUNT_MINOR_MAX, CASH_TOTAL_MINOR_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.registry.kernels import judge_envelope
from engine.rounds.layout import BID, Stage
from engine.words.rounds import CapExcess, Sealing

BID_ROW = ROWS[Table.BIDS]

REFUSED = int(EventKind.REFUSED)
BID_ACCEPTED = int(EventKind.BID_ACCEPTED)
OPEN = int(Stage.OPEN)
MAXIMUM_VALUE = int(GuaranteeRule.MAXIMUM_VALUE)
TRIMMED_AT_CLEARING = int(CapExcess.TRIMMED_AT_CLEARING)
COMMITTED = int(Sealing.COMMITTED)

AS_SENT = 0
AMENDED = 1
REVEALED = 2
"""How rows of bids come: from their senders; from one who amends, judged already; from commitments, whose senders,
window and guarantee were judged when they entered."""

ACCEPTED = int(Outcome.ACCEPTED)
PRICE_OUT_OF_BOUNDS = int(Outcome.PRICE_OUT_OF_BOUNDS)
QUANTITY_OUT_OF_BOUNDS = int(Outcome.QUANTITY_OUT_OF_BOUNDS)
AMOUNT_OUT_OF_BOUNDS = int(Outcome.AMOUNT_OUT_OF_BOUNDS)
TRADING_STOPPED = int(Outcome.TRADING_STOPPED)
ROUND_UNKNOWN = int(Outcome.ROUND_UNKNOWN)
ROUND_NOT_OPEN = int(Outcome.ROUND_NOT_OPEN)
CLASS_NOT_ELIGIBLE = int(Outcome.CLASS_NOT_ELIGIBLE)
SHORTFALL_MISSING = int(Outcome.SHORTFALL_MISSING)
WINDOW_NOT_OPEN_YET = int(Outcome.WINDOW_NOT_OPEN_YET)
WINDOW_CLOSED = int(Outcome.WINDOW_CLOSED)
SUBMISSIONS_EXCEEDED = int(Outcome.BID_SUBMISSIONS_EXCEEDED)
CONSIGNOR_MAY_NOT_BID = int(Outcome.CONSIGNOR_MAY_NOT_BID)
CASH_INSUFFICIENT = int(Outcome.CASH_INSUFFICIENT)
BIDS_ARE_COMMITTED = int(Outcome.BIDS_ARE_COMMITTED)
COMMITTED_AMOUNT_EXCEEDED = int(Outcome.COMMITTED_AMOUNT_EXCEEDED)

NO_PARAMETER = int(Parameter.NONE)
ELIGIBLE = int(Parameter.AUCTION_ELIGIBLE)
MAY_BID = int(Parameter.CONSIGNMENT_MAY_BID)
GUARANTEE = int(Parameter.BID_GUARANTEE)
CAP_SHARE = int(Parameter.BID_CAP_SHARE)
CAP_QUANTITY = int(Parameter.BID_CAP_QUANTITY)
CAP_SHORTFALL = int(Parameter.BID_CAP_SHORTFALL_SHARE)
CAP_EMISSIONS = int(Parameter.BID_CAP_EMISSIONS_SHARE)
HOLDING_LIMIT = int(Parameter.BID_HOLDING_LIMIT)
SUBMISSIONS = int(Parameter.BID_SUBMISSIONS_MAX)
SHORTFALL_ONLY = int(Parameter.AUCTION_SHORTFALL_ONLY)
OPENS = int(Parameter.AUCTION_OPENS)
CLOSES = int(Parameter.AUCTION_CLOSES)
SEALING = int(Parameter.AUCTION_SEALING)

BIDDER_CLASSES = sum(1 << member for member in ParticipantClass if member is not ParticipantClass.OPERATOR)
SHARE_WHOLE_PPM = 1_000_000


@helper
def part_down(whole: int, share_ppm: int) -> int:
    """A share of something, rounded down, without leaving int64: 30 % of 580,764 t are 174,229 t."""
    return whole // SHARE_WHOLE_PPM * share_ppm + whole % SHARE_WHOLE_PPM * share_ppm // SHARE_WHOLE_PPM


@helper
def part_up(whole: int, share_ppm: int) -> int:
    """A share of something, rounded up."""
    return (
        whole // SHARE_WHOLE_PPM * share_ppm
        + (whole % SHARE_WHOLE_PPM * share_ppm + SHARE_WHOLE_PPM - 1) // SHARE_WHOLE_PPM
    )


@helper
def cap_of(x: Any, terms: Any, bidder: Any, actor: int, klass: int) -> tuple[int, int]:
    """The cap on one bidder's total, in lots, and the parameter that sets it; -1 where there is none.

    The smallest of what the rules set: a share of the offer, a quantity, shares of the bidder's own recorded shortfall
    and emissions, and the room under its holding limit. The first of equal ones is named.
    """
    cap, parameter = -1, CAP_SHARE
    if terms.cap_share_ppm[klass] >= 0:
        cap = part_down(terms.offered_lots - terms.cap_less_lots, terms.cap_share_ppm[klass])
    lots = terms.cap_lots[klass]
    if lots > 0 and (cap < 0 or lots < cap):
        cap, parameter = lots, CAP_QUANTITY
    if terms.cap_shortfall_ppm[klass] > 0:
        lots = part_down(bidder.shortfall_lots, terms.cap_shortfall_ppm[klass])
        if cap < 0 or lots < cap:
            cap, parameter = lots, CAP_SHORTFALL
    if terms.cap_emissions_ppm[klass] > 0:
        lots = part_down(bidder.emissions_lots, terms.cap_emissions_ppm[klass])
        if cap < 0 or lots < cap:
            cap, parameter = lots, CAP_EMISSIONS
    if terms.holding_limit_lots[klass] > 0:
        lots = max(0, terms.holding_limit_lots[klass] - all_units(x.holdings[actor, terms.instrument]))
        if cap < 0 or lots < cap:
            cap, parameter = lots, HOLDING_LIMIT
    return cap, parameter


@helper
def value_with(terms: Any, bidder: Any, bids: Any, price_ticks: int, quantity_lots: int) -> int:
    """What the bidder may have to pay, in ticks x lots, once this bid is added (a quantity of 0 adds none).

    Sum of values: price x quantity, added up. Maximum value (Québec s. 50): the largest, over the bidder's own prices
    p, of p x quantity bid at p or above; one walk down the bidder's bids. A value beyond the bound on amounts comes
    back as one more than the bound.
    """
    if terms.guarantee_rule != MAXIMUM_VALUE:
        return bidder.bid_value + price_ticks * quantity_lots
    bound = AMOUNT_MINOR_MAX // terms.tick_value_minor
    largest, demand, at, added = 0, 0, bidder.highest_bid, quantity_lots == 0
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
def hold_for(terms: Any, bidder: Any, value_minor: int, bids: int) -> int:
    """Cash that stands behind bids of that value: the share of it that the rules hold, what rounding may add to each
    payment, and the fee; or what was put up beforehand, where the rules want that."""
    if terms.guarantee_excess != 0:
        return bidder.guarantee_minor
    held = value_minor
    if terms.guarantee_share_ppm > 0:
        held = part_up(value_minor, terms.guarantee_share_ppm)
    if terms.payment_step_minor > 1:
        held += (terms.payment_step_minor - 1) * bids
    return held + part_up(value_minor, terms.fee_buyer_ppm)


@helper
def judge_window(terms: Any, time_ns: int) -> tuple[int, int]:
    """Whether the window is open at a time: from its opening on, and before its closing."""
    if terms.opens_ns > 0 and time_ns < terms.opens_ns:
        return WINDOW_NOT_OPEN_YET, OPENS
    if terms.closes_ns > 0 and time_ns >= terms.closes_ns:
        return WINDOW_CLOSED, CLOSES
    return ACCEPTED, NO_PARAMETER


@helper
def judge_bidder(x: Any, terms: Any, bidder: Any, klass: int, time_ns: int) -> tuple[int, int]:
    """Whether this bidder may bid now."""
    if terms.stage != OPEN:
        return ROUND_NOT_OPEN, NO_PARAMETER
    outcome, parameter = judge_window(terms, time_ns)
    if outcome != ACCEPTED:
        return outcome, parameter
    if terms.sealing == COMMITTED:
        return BIDS_ARE_COMMITTED, SEALING
    if terms.eligible[klass] == 0:
        return CLASS_NOT_ELIGIBLE, ELIGIBLE
    if terms.shortfall_only != 0 and bidder.shortfall_lots <= 0:
        return SHORTFALL_MISSING, SHORTFALL_ONLY
    return ACCEPTED, NO_PARAMETER


@helper
def judge_bid(x: Any, row: Any, bids: Any, time_ns: int, first_sequence: int, origin: int) -> tuple[int, int, int]:
    """Outcome and parameter of a bid whose sender is good, and the cash (minor units) the bidder holds with it.

    A revealed bid moves no cash: it has to be covered by what was put up before anybody knew a price.
    """
    number, price, lots = row.round_number, row.price_ticks, row.quantity_lots
    if number < 1 or number > x.round_count:
        return ROUND_UNKNOWN, NO_PARAMETER, 0
    terms = x.rounds[number]
    bidder = x.bidders[number, row.actor]
    klass = x.participants[row.actor].participant_class
    outcome, parameter = ACCEPTED, NO_PARAMETER
    if origin != REVEALED:
        if is_stopped(x, row.actor, terms.instrument):
            return TRADING_STOPPED, NO_PARAMETER, 0
        outcome, parameter = judge_bidder(x, terms, bidder, klass, time_ns)
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    cap_lots, cap_parameter = cap_of(x, terms, bidder, row.actor, klass)
    outcome, parameter = admit_bid(
        price,
        lots,
        terms.price_step_ticks,
        terms.quantity_step_lots,
        terms.minimum_lots[klass],
        bidder.bids,
        terms.bid_count_max,
        bidder.bid_lots,
        -1 if terms.cap_excess == TRIMMED_AT_CLEARING else cap_lots,
        terms.reserve_price_ticks,
        terms.reserve_comparator,
        terms.below_reserve,
        cap_parameter,
    )
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    used_up = terms.submissions_max > 0 and bidder.submissions >= terms.submissions_max
    if used_up and bidder.last_submission != first_sequence and origin != REVEALED:
        return SUBMISSIONS_EXCEEDED, SUBMISSIONS, 0
    if bidder.consigned_lots > 0 and terms.consignor_may_bid == 0:
        return CONSIGNOR_MAY_NOT_BID, MAY_BID, 0
    largest = AMOUNT_MINOR_MAX // terms.tick_value_minor
    if price * lots > largest or price * lots > CASH_TOTAL_MINOR_MAX // terms.tick_value_minor - terms.bid_value:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    value = value_with(terms, bidder, bids, price, lots)
    if value > largest:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    held = hold_for(terms, bidder, value * terms.tick_value_minor, bidder.bids + 1)
    if origin == REVEALED:
        if held > bidder.guarantee_minor:
            return COMMITTED_AMOUNT_EXCEEDED, GUARANTEE, 0
        return ACCEPTED, NO_PARAMETER, bidder.held_minor
    if held - bidder.held_minor > x.cash[row.actor].available_minor:
        return CASH_INSUFFICIENT, GUARANTEE, 0
    return ACCEPTED, NO_PARAMETER, held


@helper
def judge_bid_row(x: Any, row: Any, bids: Any, time_ns: int, first_sequence: int, origin: int) -> tuple[int, int, int]:
    """As `judge_bid`, from the row's shape and sender on."""
    outcome = ACCEPTED
    if origin == AS_SENT:
        outcome = judge_envelope(x, row.actor, row.session, row.request_id, BIDDER_CLASSES, False)
    if row.price_ticks < 1 or row.price_ticks > PRICE_TICKS_MAX:
        return PRICE_OUT_OF_BOUNDS, NO_PARAMETER, 0
    if row.quantity_lots < 1 or row.quantity_lots > QUANTITY_LOTS_MAX:
        return QUANTITY_OUT_OF_BOUNDS, NO_PARAMETER, 0
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER, 0
    return judge_bid(x, row, bids, time_ns, first_sequence, origin)


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
def append_bid(x: Any, row: Any, bids: Any, used: int, arrival: int, first_sequence: int, held_minor: int) -> int:
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
    bid.withdrawn = 0
    added = held_minor - bidder.held_minor
    hold_cash(x, row.actor, added)
    bidder.bids += 1
    bidder.bid_lots += row.quantity_lots
    bidder.bid_value += row.price_ticks * row.quantity_lots
    if bidder.last_submission != first_sequence:
        bidder.last_submission = first_sequence
        bidder.submissions += 1
    bidder.held_minor = held_minor
    if terms.guarantee_rule == MAXIMUM_VALUE:
        chain_bid(bidder, bids, used)
    terms.bids += 1
    terms.bid_value += row.price_ticks * row.quantity_lots
    return added


@helper
def unchain_bid(bidder: Any, bids: Any, position: int) -> None:
    """Take a bid out of the chain of its bidder's own."""
    if bidder.highest_bid == position + 1:
        bidder.highest_bid = bids[position].next_lower
        return
    at = bidder.highest_bid
    while bids[at - 1].next_lower != position + 1:
        at = bids[at - 1].next_lower
    bids[at - 1].next_lower = bids[position].next_lower


@helper
def withdraw(x: Any, bids: Any, position: int) -> int:
    """Take a live bid out of its round; returns the cash that is free again."""
    bid = bids[position]
    terms = x.rounds[bid.round_number]
    bidder = x.bidders[bid.round_number, bid.bidder]
    if terms.guarantee_rule == MAXIMUM_VALUE:
        unchain_bid(bidder, bids, position)
    bid.withdrawn = 1
    value = bid.price_ticks * bid.quantity_lots
    bidder.bids -= 1
    bidder.bid_lots -= bid.quantity_lots
    bidder.bid_value -= value
    terms.withdrawn_bids += 1
    terms.bid_value -= value
    left = value_with(terms, bidder, bids, 1, 0) * terms.tick_value_minor
    held = hold_for(terms, bidder, left, bidder.bids)
    if terms.sealing == COMMITTED:
        held = bidder.held_minor
    freed = bidder.held_minor - held
    hold_cash(x, bid.bidder, -freed)
    bidder.held_minor = held
    return freed


def build_withdraw_bid(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `withdraw_bid(state, bids, position) -> cash freed` for one state layout; the bid must be live."""

    @kernel
    def withdraw_bid(state: np.ndarray, bids_bytes: np.ndarray, position: int) -> int:
        return withdraw(state.view(state_dtype)[0], bids_bytes.view(BID), position)

    return withdraw_bid


def build_run_bids(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `run_bids(state, rows, bids, used, first_sequence, time_ns, origin, output) -> bids used`.

    `rows` are bytes of `ROWS[Table.BIDS]`, `bids` bytes of the bid columns with room for all rows behind `used`,
    `output` bytes of `EVENT`, one event a row. `origin` says how they come: only rows `AS_SENT` have their senders
    judged and their request ids used up here. One kernel for one state layout.
    """

    @kernel
    def run_bids(
        state: np.ndarray,
        rows_bytes: np.ndarray,
        bids_bytes: np.ndarray,
        used: int,
        first_sequence: int,
        time_ns: int,
        origin: int,
        output_bytes: np.ndarray,
    ) -> int:
        x = state.view(state_dtype)[0]
        rows = rows_bytes.view(BID_ROW)
        bids = bids_bytes.view(BID)
        output = output_bytes.view(EVENT)
        for i in range(rows.shape[0]):
            row = rows[i]
            outcome, parameter, held = judge_bid_row(x, row, bids, time_ns, first_sequence, origin)
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
                event.amount_minor = append_bid(x, row, bids, used, first_sequence + i, first_sequence, held)
                used += 1
        return used

    return run_bids
