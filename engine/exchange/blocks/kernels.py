"""The compiled path of a batch of BLOCKS: judge, hold, agree, settle; row after row.

The judgement of the negotiation itself is that of the bare book of blocks (`engine.orderbook.modes.block`); here come
who asks, the steps, and the accounts. Whoever made the last proposal holds what it may cost: cash for a buy, units for
a sell. A counter-proposal frees what the other one held; a confirmation needs the confirming side's cash or units at
once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.commands import BlockCommand, ParticipantClass, Side
from engine.events import EVENT, BlockEnd, EventKind
from engine.exchange.day.kernels import count_block
from engine.exchange.gates.kernels import is_stopped
from engine.exchange.judging.kernels import judge_means, judge_steps, tell_unsettled
from engine.jit import helper, kernel, routine, stand_alone
from engine.ledger.charges.kernels import cost_of
from engine.ledger.kernels import hold_order, settle_trade
from engine.ledger.settling.kernels import settle_on_terms
from engine.limits import AMOUNT_MINOR_MAX
from engine.orderbook.modes.block.kernels import (
    BLOCK_ROW,
    EXPIRED,
    answer_offer,
    check_answer,
    check_offer,
    check_party,
    check_shape,
    end_untraded,
    find_offer,
    make_offer,
    next_due,
    proposes,
    tell_refused,
)
from engine.orderbook.tape.kernels import event_at
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.registry.kernels import judge_envelope

OFFER = int(BlockCommand.OFFER)
COUNTER = int(BlockCommand.COUNTER)
CONFIRM = int(BlockCommand.CONFIRM)
START = int(BlockCommand.START)
BUY = int(Side.BUY)
BOTH_SIDES = int(Side.BUY) + int(Side.SELL)
STOPPED = int(BlockEnd.STOPPED)
BLOCKS_SWITCHED = int(EventKind.BLOCKS_SWITCHED)

ACCEPTED = int(Outcome.ACCEPTED)
AMOUNT_OUT_OF_BOUNDS = int(Outcome.AMOUNT_OUT_OF_BOUNDS)
NOT_PERMITTED_FOR_CLASS = int(Outcome.NOT_PERMITTED_FOR_CLASS)
PARTICIPANT_UNKNOWN = int(Outcome.PARTICIPANT_UNKNOWN)
INSTRUMENT_UNKNOWN = int(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = int(Outcome.ORDER_UNKNOWN)
TRADING_STOPPED = int(Outcome.TRADING_STOPPED)
HOLDING_NOT_SETTLED = int(Outcome.HOLDING_NOT_SETTLED)
BLOCKS_NOT_OPEN = int(Outcome.BLOCKS_NOT_OPEN)
QUANTITY_BELOW_MINIMUM = int(Outcome.QUANTITY_BELOW_MINIMUM)
PRICE_OUTSIDE_BAND = int(Outcome.PRICE_OUTSIDE_BAND)

NO_PARAMETER = int(Parameter.NONE)
BLOCK_ALLOWED = int(Parameter.BLOCK_ALLOWED)
BLOCK_BAND = int(Parameter.BLOCK_BAND)
BLOCK_MINIMUM = int(Parameter.BLOCK_MINIMUM)

DAY_NS = 86_400_000_000_000
CHARGES_CHANGED = int(BlockEnd.CHARGES_CHANGED)

EVERY_CLASS = sum(1 << member for member in ParticipantClass)
OPERATOR = int(ParticipantClass.OPERATOR)


@helper
def hold_proposal(x: Any, offer: Any, sign: int) -> int:
    """Set aside (1) or give back (-1) what the last proposal of an offer may cost; returns the cash."""
    number, lots = np.int64(offer.instrument), offer.quantity_lots
    amount = cost_of(x, number, offer.price_ticks, lots, x.instruments[number].tick_value_minor)
    hold_order(x, offer.proposer, number, offer.proposer_side, sign * amount, sign * lots)
    return amount if offer.proposer_side == BUY else 0


@routine
def expire_blocks(x: Any, time_ns: int, output: Any, cursor: int) -> int:
    """End the offers whose expiry has come, oldest first; their events belong to row 0."""
    stand_alone()
    x.blocks.time_ns = time_ns
    place = next_due(x, 0, time_ns)
    while place >= 0:
        hold_proposal(x, x.block_offers[place], -1)
        end_untraded(x, place, EXPIRED, 0, event_at(output, cursor))
        cursor += 1
        place = next_due(x, place, time_ns)
    return cursor


@routine
def clear_blocks(x: Any, participant: int, instrument: int, row: int, output: Any, cursor: int) -> int:
    """End the offers that a participant proposed last (0: anybody), in an instrument (0: any), oldest first."""
    stand_alone()
    place = np.int64(0)
    while place < x.blocks.used:
        offer = x.block_offers[place]
        if (participant == 0 or offer.proposer == participant) and (instrument == 0 or offer.instrument == instrument):
            hold_proposal(x, offer, -1)
            end_untraded(x, place, STOPPED, row, event_at(output, cursor))
            cursor += 1
        else:
            place += 1
    return cursor


@routine
def drop_buys(x: Any, instrument: int, row: int, output: Any, cursor: int) -> int:
    """End the offers to buy of an instrument, oldest first, whose charges are about to change."""
    stand_alone()
    place = np.int64(0)
    while place < x.blocks.used:
        offer = x.block_offers[place]
        if offer.instrument == instrument and offer.proposer_side == BUY:
            hold_proposal(x, offer, -1)
            end_untraded(x, place, CHARGES_CHANGED, row, event_at(output, cursor))
            cursor += 1
        else:
            place += 1
    return cursor


@helper
def judge_hold(x: Any, participant: int, number: int, side: int, price_ticks: int, lots: int) -> tuple[int, int]:
    """(outcome, parameter) of what one side of a block has to set aside."""
    cash = cost_of(x, number, price_ticks, lots, x.instruments[number].tick_value_minor)
    if side == BUY and cash > AMOUNT_MINOR_MAX:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER
    return judge_means(x, participant, number, side, cash, lots)


@helper
def behind(x: Any, outcome: int, number: int) -> int:
    """The parameter behind a refusal."""
    if outcome == BLOCKS_NOT_OPEN and x.block_guards[number].allowed == 0:
        return BLOCK_ALLOWED
    if outcome == PRICE_OUTSIDE_BAND:
        return BLOCK_BAND
    return BLOCK_MINIMUM if outcome == QUANTITY_BELOW_MINIMUM else NO_PARAMETER


@helper
def judge_terms(x: Any, row: Any, number: int) -> tuple[int, int]:
    """(outcome, parameter) of a proposal's amount, of the switch, and of the steps."""
    instrument = x.instruments[number]
    if proposes(row.command) and row.price_ticks * row.quantity_lots > AMOUNT_MINOR_MAX // instrument.tick_value_minor:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER
    if row.command <= CONFIRM and is_stopped(x, row.actor, number):
        return TRADING_STOPPED, NO_PARAMETER
    if row.command <= CONFIRM and x.block_guards[number].open_now == 0:
        return BLOCKS_NOT_OPEN, behind(x, BLOCKS_NOT_OPEN, number)
    return (
        judge_steps(instrument, row.price_ticks, row.quantity_lots)
        if proposes(row.command)
        else (ACCEPTED, NO_PARAMETER)
    )


@helper
def judge_offer(x: Any, row: Any) -> tuple[int, int]:
    """(outcome, parameter) of a new offer."""
    number = np.int64(row.instrument)
    other = row.counterparty
    if other != 0 and (other >= x.participants.shape[0] or x.participants[other].participant_class == 0):
        return PARTICIPANT_UNKNOWN, NO_PARAMETER
    if number >= x.instruments.shape[0] or x.instruments[number].defined == 0:
        return INSTRUMENT_UNKNOWN, NO_PARAMETER
    if x.instruments[number].price_step_ticks == 0:
        return BLOCKS_NOT_OPEN, behind(x, BLOCKS_NOT_OPEN, number)
    outcome, parameter = judge_terms(x, row, number)
    if outcome != ACCEPTED:
        return outcome, parameter
    outcome = check_offer(x, row)
    if outcome != ACCEPTED:
        return outcome, behind(x, outcome, number)
    return judge_hold(x, np.int64(row.actor), number, row.side, np.int64(row.price_ticks), np.int64(row.quantity_lots))


@helper
def judge_answer(x: Any, row: Any, place: int) -> tuple[int, int]:
    """(outcome, parameter) of an answer to the offer at a place."""
    offer = x.block_offers[place]
    number = np.int64(offer.instrument)
    outcome = check_party(x, row, place)
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER
    outcome, parameter = judge_terms(x, row, number)
    if outcome != ACCEPTED:
        return outcome, parameter
    outcome = check_answer(x, row, place)
    if outcome != ACCEPTED or row.command > CONFIRM:
        return outcome, behind(x, outcome, number)
    price, lots = np.int64(offer.price_ticks), np.int64(offer.quantity_lots)
    if row.command == COUNTER:
        price, lots = np.int64(row.price_ticks), np.int64(row.quantity_lots)
    return judge_hold(x, np.int64(row.actor), number, BOTH_SIDES - offer.proposer_side, price, lots)


@helper
def settle_block(x: Any, trade: Any, output: Any, cursor: int) -> int:
    """Settle the block of a BLOCK_TRADED event, whose other side holds its part; returns the cursor.

    The confirming side's part is held first. Blocks may be agreed before the trading day of the book begins.
    """
    number, price, lots = np.int64(trade.instrument), trade.price_ticks, trade.quantity_lots
    value = x.instruments[number].tick_value_minor
    confirming, proposing = np.int64(trade.participant), np.int64(trade.counterparty)
    hold_order(x, confirming, number, trade.side, cost_of(x, number, price, lots, value), lots)
    buyer, seller = (confirming, proposing) if trade.side == BUY else (proposing, confirming)
    count_block(x, number, price, lots)
    if x.trade_terms[number].watched == 0:
        settle_trade(x, number, buyer, seller, lots, price, price, value)
        return cursor
    before = np.int64(x.blocks.time_ns // DAY_NS > x.trade_terms[number].day)
    _, cursor = settle_on_terms(x, trade, buyer, seller, price, before, output, cursor)
    return cursor


@helper
def carry_out(x: Any, row: Any, place: int, i: int, output: Any, cursor: int) -> int:
    """Carry out an answer that was judged; returns the cursor behind its events."""
    event, offer = event_at(output, cursor), x.block_offers[place]
    if row.command == CONFIRM:
        paid = offer.price_ticks * offer.quantity_lots * x.instruments[offer.instrument].tick_value_minor
        answer_offer(x, row, place, i, event)
        event.amount_minor = paid
        return settle_block(x, event, output, cursor + 1)
    hold_proposal(x, offer, -1)
    answer_offer(x, row, place, i, event)
    if row.command == COUNTER:
        event.amount_minor = hold_proposal(x, offer, 1)
    return cursor + 1


@helper
def judge_switch(x: Any, row: Any) -> tuple[int, int]:
    """(outcome, parameter) of START and STOP."""
    number = np.int64(row.instrument)
    if number >= x.instruments.shape[0] or x.instruments[number].defined == 0:
        return INSTRUMENT_UNKNOWN, NO_PARAMETER
    if row.command == START and x.block_guards[number].allowed == 0:
        return BLOCKS_NOT_OPEN, BLOCK_ALLOWED
    return ACCEPTED, NO_PARAMETER


@helper
def tell_switched(x: Any, row: Any, i: int, event: Any) -> None:
    """Switch blocks of an instrument on or off and write it."""
    x.block_guards[row.instrument].open_now = row.command == START
    tell_refused(event, i, row, ACCEPTED, NO_PARAMETER, row.instrument)
    event.kind = BLOCKS_SWITCHED
    event.reference = row.command == START
    event.participant = 0
    event.counterparty = 0
    event.order_id = 0
    event.price_ticks = 0
    event.quantity_lots = 0


@helper
def run_row(x: Any, row: Any, i: int, output: Any, cursor: int) -> int:
    """Judge a row and carry it out: one event, and behind it the charges of a block; returns the cursor."""
    event = event_at(output, cursor)
    switches = row.command >= START
    sender = judge_envelope(x, row.actor, row.session, row.request_id, EVERY_CLASS, switches)
    if sender == ACCEPTED and (x.participants[row.actor].participant_class == OPERATOR) != switches:
        sender = NOT_PERMITTED_FOR_CLASS
    outcome, parameter, number = check_shape(row), NO_PARAMETER, np.int64(row.instrument)
    if outcome == ACCEPTED:
        outcome = sender
    if outcome == ACCEPTED:
        if switches:
            outcome, parameter = judge_switch(x, row)
            if outcome == ACCEPTED:
                tell_switched(x, row, i, event)
        elif row.command == OFFER:
            outcome, parameter = judge_offer(x, row)
            if outcome == ACCEPTED:
                make_offer(x, row, i, event)
                event.amount_minor = hold_proposal(x, x.block_offers[x.blocks.used - 1], 1)
        else:
            place = find_offer(x, row.offer_id)
            outcome = ORDER_UNKNOWN
            if place >= 0:
                number = np.int64(x.block_offers[place].instrument)
                outcome, parameter = judge_answer(x, row, place)
            if outcome == ACCEPTED:
                return carry_out(x, row, place, i, output, cursor)
    if outcome != ACCEPTED:
        tell_refused(event, i, row, outcome, parameter, number)
        if outcome == HOLDING_NOT_SETTLED:
            tell_unsettled(x, np.int64(row.actor), number, event)
    return cursor + 1


def build_run_blocks(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `run_blocks(state, rows, output, time_ns) -> events` for one state layout.

    All three are bytes: of the state record, of rows of BLOCKS, of room for OFFERS_MAX events and five for each row.
    """

    @kernel
    def run_blocks(state: np.ndarray, rows_bytes: np.ndarray, output_bytes: np.ndarray, time_ns: int) -> int:
        x = state.view(state_dtype)[0]
        rows = rows_bytes.view(BLOCK_ROW)
        output = output_bytes.view(EVENT)
        cursor = expire_blocks(x, time_ns, output, np.int64(0))
        for i in range(rows.shape[0]):
            cursor = run_row(x, rows[i], i, output, cursor)
        return cursor

    return run_blocks
