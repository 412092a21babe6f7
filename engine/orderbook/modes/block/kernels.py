"""Negotiated blocks, compiled: judging a row, carrying it out, and offers whose time has come.

Offers lie in the order they were made and are found by walking over them. What ends is closed up at once, so the order
stays and expiry goes by age.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.commands import ROWS, BlockCommand, Side, Table
from engine.events import EVENT, BlockEnd, EventKind
from engine.jit import helper, kernel
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.modes.block.layout import EVERYBODY, OFFERS_MAX, block_dtype
from engine.outcomes import Outcome

BLOCK_ROW = ROWS[Table.BLOCKS]
EXPIRED = int(BlockEnd.EXPIRED)

_OFFER = int(BlockCommand.OFFER)
_COUNTER = int(BlockCommand.COUNTER)
_CONFIRM = int(BlockCommand.CONFIRM)
_DECLINE = int(BlockCommand.DECLINE)
_WITHDRAW = int(BlockCommand.WITHDRAW)
_START = int(BlockCommand.START)
_STOP = int(BlockCommand.STOP)
_DECLINED = int(BlockEnd.DECLINED)
_WITHDRAWN = int(BlockEnd.WITHDRAWN)
_REFUSED = int(EventKind.REFUSED)
_OFFERED = int(EventKind.BLOCK_OFFERED)
_COUNTERED = int(EventKind.BLOCK_COUNTERED)
_TRADED = int(EventKind.BLOCK_TRADED)
_ENDED = int(EventKind.BLOCK_ENDED)
_ACCEPTED = int(Outcome.ACCEPTED)
_UNKNOWN_COMMAND = int(Outcome.UNKNOWN_COMMAND)
_PRICE_OUT_OF_BOUNDS = int(Outcome.PRICE_OUT_OF_BOUNDS)
_QUANTITY_OUT_OF_BOUNDS = int(Outcome.QUANTITY_OUT_OF_BOUNDS)
_INSTRUMENT_UNKNOWN = int(Outcome.INSTRUMENT_UNKNOWN)
_ORDER_UNKNOWN = int(Outcome.ORDER_UNKNOWN)
_NOT_OF_PARTICIPANT = int(Outcome.ORDER_NOT_OF_PARTICIPANT)
_NOT_OPEN = int(Outcome.BLOCKS_NOT_OPEN)
_ALREADY_LIVE = int(Outcome.ORDER_ALREADY_LIVE)
_CONTRADICTORY = int(Outcome.ORDER_TERMS_CONTRADICTORY)
_EXPIRY_NOT_IN_FUTURE = int(Outcome.EXPIRY_NOT_IN_FUTURE)
_BELOW_MINIMUM = int(Outcome.QUANTITY_BELOW_MINIMUM)
_OUTSIDE_BAND = int(Outcome.PRICE_OUTSIDE_BAND)
_OFFERS_FULL = int(Outcome.BLOCK_OFFERS_FULL)
_BOTH_SIDES = int(Side.BUY) + int(Side.SELL)


@helper
def find_offer(x: Any, offer_id: int) -> int:
    """The place of a waiting offer, or -1."""
    for place in range(x.blocks.used):
        if x.block_offers[place].offer_id == offer_id:
            return place
    return -1


@helper
def end_offer(x: Any, place: int) -> None:
    """Take an offer out and close up."""
    for after in range(place, x.blocks.used - 1):
        x.block_offers[after] = x.block_offers[after + 1]
    x.blocks.used -= 1


@helper
def proposes(command: int) -> bool:
    return command in (_OFFER, _COUNTER)


@helper
def check_shape(row: Any) -> int:
    """Whether a row's own numbers are in their ranges."""
    if row.command < _OFFER or row.command > _STOP:
        return _UNKNOWN_COMMAND
    if row.command == _OFFER and (row.side < 1 or row.side > 2):
        return _UNKNOWN_COMMAND
    if row.command > _OFFER and row.command < _START and row.offer_id < 1:
        return _UNKNOWN_COMMAND
    if proposes(row.command):
        if row.price_ticks < 1 or row.price_ticks > PRICE_TICKS_MAX:
            return _PRICE_OUT_OF_BOUNDS
        if row.quantity_lots < 1 or row.quantity_lots > QUANTITY_LOTS_MAX:
            return _QUANTITY_OUT_OF_BOUNDS
    return _ACCEPTED


@helper
def id_of(row: Any) -> int:
    """The offer that a row is about: a new one has the id of its request."""
    return np.int64(row.session) << 40 | row.request_id if row.command == _OFFER else row.offer_id


@helper
def check_party(x: Any, row: Any, place: int) -> int:
    """Whether the actor may do this to this offer."""
    offer = x.block_offers[place]
    if row.command == _WITHDRAW:
        return _ACCEPTED if row.actor == offer.proposer else _NOT_OF_PARTICIPANT
    if row.actor == offer.proposer or (offer.asked != EVERYBODY and offer.asked != row.actor):
        return _NOT_OF_PARTICIPANT
    return _ACCEPTED


@helper
def check_guard(x: Any, row: Any, instrument: int) -> int:
    """Whether the terms of a proposal keep what the instrument's blocks have to keep."""
    guard = x.block_guards[instrument]
    if row.quantity_lots < guard.minimum_lots:
        return _BELOW_MINIMUM
    too_high = guard.band_high_ticks != 0 and row.price_ticks > guard.band_high_ticks
    return _OUTSIDE_BAND if row.price_ticks < guard.band_low_ticks or too_high else _ACCEPTED


@helper
def check_offer(x: Any, row: Any) -> int:
    """Whether a new offer may be made; its shape is in order and its instrument exists."""
    if x.block_guards[row.instrument].open_now == 0:
        return _NOT_OPEN
    if find_offer(x, id_of(row)) >= 0:
        return _ALREADY_LIVE
    if row.counterparty == row.actor:
        return _CONTRADICTORY
    if row.expire_ns != 0 and row.expire_ns <= x.blocks.time_ns:
        return _EXPIRY_NOT_IN_FUTURE
    outcome = check_guard(x, row, row.instrument)
    if outcome != _ACCEPTED:
        return outcome
    return _ACCEPTED if x.blocks.used < OFFERS_MAX else _OFFERS_FULL


@helper
def check_answer(x: Any, row: Any, place: int) -> int:
    """Whether an answer to a waiting offer may be given. Ending an offer is possible when nothing trades, too."""
    outcome = check_party(x, row, place)
    if outcome != _ACCEPTED:
        return outcome
    offer = x.block_offers[place]
    if row.command in (_COUNTER, _CONFIRM) and x.block_guards[offer.instrument].open_now == 0:
        return _NOT_OPEN
    if row.command in (_COUNTER, _DECLINE) and offer.asked == EVERYBODY:
        return _CONTRADICTORY
    return check_guard(x, row, offer.instrument) if row.command == _COUNTER else _ACCEPTED


@helper
def tell(event: Any, kind: int, row: int, offer: Any, participant: int, counterparty: int, side: int) -> None:
    """Write an event about an offer as it stands."""
    event.kind = kind
    event.side = side
    event.outcome = 0
    event.parameter = 0
    event.instrument = offer.instrument
    event.row = row
    event.participant = participant
    event.counterparty = counterparty
    event.reference = 0
    event.order_id = offer.offer_id
    event.counter_order_id = 0
    event.price_ticks = offer.price_ticks
    event.quantity_lots = offer.quantity_lots
    event.remaining_lots = 0
    event.amount_minor = 0


@helper
def tell_refused(event: Any, row: int, command: Any, outcome: int, parameter: int, instrument: int) -> None:
    """Write that a row was refused, and what it had asked for."""
    event.kind = _REFUSED
    event.side = 0
    event.outcome = outcome
    event.parameter = parameter
    event.instrument = instrument
    event.row = row
    event.participant = command.actor
    event.counterparty = command.counterparty
    event.reference = 0
    event.order_id = id_of(command)
    event.counter_order_id = 0
    event.price_ticks = command.price_ticks
    event.quantity_lots = command.quantity_lots
    event.remaining_lots = 0
    event.amount_minor = 0


@helper
def make_offer(x: Any, command: Any, row: int, event: Any) -> None:
    """Take in an offer that was judged."""
    offer = x.block_offers[x.blocks.used]
    x.blocks.used += 1
    offer.offer_id = id_of(command)
    offer.price_ticks = command.price_ticks
    offer.quantity_lots = command.quantity_lots
    offer.expire_ns = command.expire_ns
    offer.proposer = command.actor
    offer.asked = command.counterparty
    offer.instrument = command.instrument
    offer.proposer_side = command.side
    tell(event, _OFFERED, row, offer, command.actor, command.counterparty, command.side)


@helper
def answer_offer(x: Any, command: Any, place: int, row: int, event: Any) -> None:
    """Carry out an answer that was judged."""
    offer = x.block_offers[place]
    own_side = _BOTH_SIDES - np.int64(offer.proposer_side)
    if command.command == _COUNTER:
        other = offer.proposer
        offer.price_ticks = command.price_ticks
        offer.quantity_lots = command.quantity_lots
        offer.proposer = command.actor
        offer.asked = other
        offer.proposer_side = own_side
        tell(event, _COUNTERED, row, offer, command.actor, other, own_side)
    elif command.command == _CONFIRM:
        tell(event, _TRADED, row, offer, command.actor, offer.proposer, own_side)
        end_offer(x, place)
    else:
        end_untraded(x, place, _WITHDRAWN if command.command == _WITHDRAW else _DECLINED, row, event)


@helper
def end_untraded(x: Any, place: int, why: int, row: int, event: Any) -> None:
    """End an offer that nobody confirmed."""
    offer = x.block_offers[place]
    tell(event, _ENDED, row, offer, offer.proposer, offer.asked, offer.proposer_side)
    event.reference = why
    end_offer(x, place)


@helper
def next_due(x: Any, place: int, time_ns: int) -> int:
    """The first offer from a place on whose expiry has come, or -1."""
    while place < x.blocks.used:
        if x.block_offers[place].expire_ns != 0 and x.block_offers[place].expire_ns <= time_ns:
            return place
        place += 1
    return -1


@helper
def run_row(x: Any, command: Any, row: int, event: Any) -> None:
    """Judge a row of a bare book and carry it out: exactly one event."""
    outcome = check_shape(command)
    if command.command > _WITHDRAW:
        outcome = _UNKNOWN_COMMAND
    instrument = np.int64(command.instrument)
    if outcome == _ACCEPTED and command.command == _OFFER:
        outcome = check_offer(x, command) if instrument < x.block_guards.shape[0] else _INSTRUMENT_UNKNOWN
        if outcome == _ACCEPTED:
            make_offer(x, command, row, event)
    elif outcome == _ACCEPTED:
        place = find_offer(x, command.offer_id)
        if place >= 0:
            instrument = np.int64(x.block_offers[place].instrument)
        outcome = check_answer(x, command, place) if place >= 0 else _ORDER_UNKNOWN
        if outcome == _ACCEPTED:
            answer_offer(x, command, place, row, event)
    if outcome != _ACCEPTED:
        tell_refused(event, row, command, outcome, 0, instrument)


@cache
def build_run(instruments: int) -> Callable[..., int]:
    """The kernel `run(state, rows, output, time_ns) -> events` of a bare book for so many instruments.

    All three are bytes: of the state record, of rows of BLOCKS, of room for OFFERS_MAX events and one for each row.
    """
    state_dtype = block_dtype(instruments)

    @kernel
    def run(state: np.ndarray, rows: np.ndarray, output: np.ndarray, time_ns: int) -> int:
        x = state.view(state_dtype)[0]
        commands = rows.view(BLOCK_ROW)
        events = output.view(EVENT)
        x.blocks.time_ns = time_ns
        cursor = 0
        place = next_due(x, 0, time_ns)
        while place >= 0:
            end_untraded(x, place, EXPIRED, 0, events[cursor])
            cursor += 1
            place = next_due(x, place, time_ns)
        for row in range(commands.shape[0]):
            run_row(x, commands[row], row, events[cursor])
            cursor += 1
        return cursor

    return run
