"""Postings of rounds: guarantees, offers, and the settlement of a result.

A settlement goes through one account of the venue's (`ROUND_SETTLEMENT`): every bidder's hold ends, winners pay into
it, sellers deliver into it and are paid out of it. It is empty again when the command is done. A result that is only
announced is kept, and posted when the round is settled.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from engine.commands import RoundAction
from engine.events import EventKind
from engine.ledger.postings.entries import CASH_ASSET, ROUNDS, Slip, available, held, locked
from engine.ledger.postings.reading import BatchEvents, Event

FEES_GO_TO = 1
"""The participant whose account receives fees and forfeits: the operator that the venue began with."""

_BUYER = 1
_K = EventKind


@dataclass
class _Round:
    """What a round has of others: cash by bidder, lots by line with their seller, and a result not yet settled."""

    held_minor: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    announced: list[Event] = field(default_factory=list)


class RoundPostings:
    """Folds events of rounds."""

    def __init__(self) -> None:
        self._rounds: dict[int, _Round] = defaultdict(_Round)

    # -- before the clear ----------------------------------------------------------------------------------------

    def guaranteed(self, event: Event, slip: Slip) -> None:
        """BID_ACCEPTED, GUARANTEE_CHANGED: cash is set aside (a negative amount is given back)."""
        self._set_aside(event, event.amount_minor, slip)

    def withdrawn(self, event: Event, slip: Slip) -> None:
        """BID_WITHDRAWN: what it held beyond the other bids is free."""
        self._set_aside(event, -event.amount_minor, slip)

    def offered(self, event: Event, batch: BatchEvents, slip: Slip) -> None:
        """SUPPLY_ADDED, UNITS_CONSIGNED: units are locked; those taken over at an opening are locked already."""
        self._rounds[event.reference].lines[event.order_id] = (event.participant, event.quantity_lots)
        if not batch.has(event.row, _K.ROUND_OPENED):
            slip.move(event.instrument, event.quantity_lots, available(event.participant), locked(event.participant))

    def taken_back(self, event: Event, slip: Slip) -> None:
        """SUPPLY_WITHDRAWN: units of a line are free again."""
        lines = self._rounds[event.reference].lines
        seller, lots = lines[event.order_id]
        lines[event.order_id] = (seller, lots - event.quantity_lots)
        slip.move(event.instrument, event.quantity_lots, locked(seller), available(seller))

    def cancelled(self, event: Event, slip: Slip) -> None:
        """ROUND_CANCELLED: nothing was sold, every hold is released."""
        state = self._rounds.pop(event.reference, _Round())
        self._release_holds(state, slip)
        for seller, lots in state.lines.values():
            slip.move(event.instrument, lots, locked(seller), available(seller))

    # -- the result ----------------------------------------------------------------------------------------------

    def result(self, event: Event, batch: BatchEvents, slip: Slip) -> None:
        """ROUND_CLEARED, BID_AWARDED, SUPPLY_SETTLED: kept where they only announce, posted where they settle."""
        state = self._rounds[event.reference]
        if event.kind == _K.ROUND_CLEARED:
            state.announced.clear()
        if batch.has(event.row, _K.ROUND_STEPPED, RoundAction.ANNOUNCE):
            state.announced.append(event)
        else:
            self._settle(state, event, slip)

    def before(self, event: Event, batch: BatchEvents, slip: Slip) -> None:
        """What an announced result does, posted with the first event of the command that settles it as it stands."""
        if batch.has(event.row, _K.ROUND_SETTLED) and not batch.has(event.row, _K.ROUND_CLEARED):
            state = self._rounds[self._round_of(event, batch)]
            announced, state.announced = state.announced, []
            for told in announced:
                self._settle(state, told, slip)

    def defaulted(self, event: Event, batch: BatchEvents, slip: Slip) -> None:
        """WINNER_DEFAULTED: its forfeit goes to the sellers or to the operator; units that stay sold to the reserve."""
        shared = batch.has(event.row, _K.FORFEIT_SHARED)
        self._rounds[event.reference].held_minor[event.participant] -= event.amount_minor
        slip.move(CASH_ASSET, event.amount_minor, held(event.participant), ROUNDS if shared else available(FEES_GO_TO))
        if event.counterparty:
            slip.move(event.instrument, event.quantity_lots, ROUNDS, locked(event.counterparty))

    @staticmethod
    def forfeit_shared(event: Event, slip: Slip) -> None:
        """FORFEIT_SHARED: a seller's part of what winners in default forfeited."""
        slip.move(CASH_ASSET, event.amount_minor, ROUNDS, available(event.participant))

    @staticmethod
    def charged(event: Event, slip: Slip) -> None:
        """FEE_CHARGED: from a buyer or seller to the operator."""
        slip.move(CASH_ASSET, event.amount_minor, available(event.participant), available(FEES_GO_TO))

    @staticmethod
    def carried(event: Event, slip: Slip) -> None:
        """UNITS_CARRIED: unsold units are locked for later rounds."""
        slip.move(event.instrument, event.quantity_lots, available(event.participant), locked(event.participant))

    @staticmethod
    def lapsed(event: Event, slip: Slip) -> None:
        """UNITS_LAPSED: units kept for rounds of a year that is over are free."""
        slip.move(event.instrument, event.quantity_lots, locked(event.participant), available(event.participant))

    # -- within --------------------------------------------------------------------------------------------------

    def _set_aside(self, event: Event, amount_minor: int, slip: Slip) -> None:
        self._rounds[event.reference].held_minor[event.participant] += amount_minor
        slip.move(CASH_ASSET, amount_minor, available(event.participant), held(event.participant))

    def _settle(self, state: _Round, event: Event, slip: Slip) -> None:
        if event.kind == _K.ROUND_CLEARED:
            self._release_holds(state, slip)
        elif event.kind == _K.BID_AWARDED:
            slip.move(CASH_ASSET, event.amount_minor, available(event.participant), ROUNDS)
            slip.move(event.instrument, event.quantity_lots, ROUNDS, available(event.participant))
        else:
            seller, lots = state.lines.pop(event.order_id)
            slip.move(event.instrument, event.quantity_lots, locked(seller), ROUNDS)
            slip.move(event.instrument, lots - event.quantity_lots, locked(seller), available(seller))
            slip.move(CASH_ASSET, event.amount_minor, ROUNDS, available(seller))

    @staticmethod
    def _release_holds(state: _Round, slip: Slip) -> None:
        for bidder, amount_minor in sorted(state.held_minor.items()):
            slip.move(CASH_ASSET, amount_minor, held(bidder), available(bidder))
        state.held_minor.clear()

    @staticmethod
    def _round_of(event: Event, batch: BatchEvents) -> int:
        return next(e.reference for e in batch.events if e.row == event.row and e.kind == _K.ROUND_SETTLED)
