"""The fold: events in, entries out, in the order of the events.

What a kind of event posts is written where its room is (`trading`, `rounds`, `supply`, `units`); here stands only which
kind goes where. A kind that is not named moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.events import EventKind
from engine.ledger.postings import units
from engine.ledger.postings.entries import Entry, Slip
from engine.ledger.postings.reading import BatchEvents, Event, Known
from engine.ledger.postings.rounds import RoundPostings
from engine.ledger.postings.settlement import SettlementPostings
from engine.ledger.postings.supply import SupplyPostings
from engine.ledger.postings.trading import BlockPostings, OrderPostings

_K = EventKind
_Poster = Callable[[Event, Slip], None]
_PosterInBatch = Callable[[Event, BatchEvents, Slip], None]

_TELLING = (_K.ROUND_OPENED, _K.ROUND_STEPPED, _K.ROUND_SETTLED, _K.ROUND_CLEARED, _K.FORFEIT_SHARED)
"""Kinds on which postings of the same command depend."""


class Fold:
    """Turns the events of a venue, from its first one on, into postings. O(events), memory O(what is live).

    `known` answers what was fixed before the events that need it. Entries come for events that move something.
    """

    def __init__(self, known: Known) -> None:
        settlement = SettlementPostings()
        orders, blocks = OrderPostings(known, settlement), BlockPostings(settlement)
        supply = SupplyPostings(known)
        self._rounds = rounds = RoundPostings()
        self._posters: dict[int, _Poster] = {
            _K.CASH_DEPOSITED: supply.cash_deposited,
            _K.UNITS_DEPOSITED: supply.units_deposited,
            _K.YEAR_PLANNED: supply.planned,
            _K.UNITS_ALLOCATED: supply.allocated,
            _K.RESERVE_CHANGED: supply.reserve_changed,
            _K.ORDER_ACCEPTED: orders.accepted,
            _K.ORDER_REPLACED: orders.replaced,
            _K.ORDER_CANCELLED: orders.ended,
            _K.ORDER_REDUCED: orders.ended,
            _K.TRADE: orders.traded,
            _K.CALL_TRADE: orders.traded,
            _K.BLOCK_OFFERED: blocks.proposed,
            _K.BLOCK_COUNTERED: blocks.proposed,
            _K.BLOCK_ENDED: blocks.ended,
            _K.BLOCK_TRADED: blocks.traded,
            _K.TRADE_TERMS_SET: settlement.terms_set,
            _K.TRADE_CHARGED: settlement.charged,
            _K.UNITS_SETTLED: settlement.units_settled,
            _K.CASH_SETTLED: settlement.cash_settled,
            _K.BID_ACCEPTED: rounds.guaranteed,
            _K.GUARANTEE_CHANGED: rounds.guaranteed,
            _K.BID_WITHDRAWN: rounds.withdrawn,
            _K.SUPPLY_WITHDRAWN: rounds.taken_back,
            _K.ROUND_CANCELLED: rounds.cancelled,
            _K.FORFEIT_SHARED: rounds.forfeit_shared,
            _K.FEE_CHARGED: rounds.charged,
            _K.UNITS_CARRIED: rounds.carried,
            _K.UNITS_LAPSED: rounds.lapsed,
            _K.UNITS_ISSUED: units.issued,
            _K.UNITS_MOVED: units.moved,
            _K.UNITS_SURRENDERED: units.surrendered,
            _K.UNITS_RETIRED: units.retired,
            _K.PLEDGE_CHANGED: units.pledge_changed,
        }
        self._posters_in_batch: dict[int, _PosterInBatch] = {
            _K.SUPPLY_ADDED: rounds.offered,
            _K.UNITS_CONSIGNED: rounds.offered,
            _K.WINNER_DEFAULTED: rounds.defaulted,
            _K.ROUND_CLEARED: rounds.result,
            _K.BID_AWARDED: rounds.result,
            _K.SUPPLY_SETTLED: rounds.result,
        }
        self._telling = frozenset(map(int, _TELLING))
        self._kinds = np.zeros(256, np.bool_)
        self._kinds[sorted(map(int, {*self._posters, *self._posters_in_batch, *_TELLING}))] = True

    def entries(self, events: np.ndarray, first_sequence: int) -> list[Entry]:
        """The entries of one batch: `events` (1-d, `engine.events.EVENT`) are all of its events, in order."""
        batch = BatchEvents(events, self._kinds, self._telling)
        entries = []
        for position, event in zip(batch.positions, batch.events, strict=True):
            slip = Slip()
            if batch.tells:
                self._rounds.before(event, batch, slip)
            if event.kind in self._posters:
                self._posters[event.kind](event, slip)
            elif event.kind in self._posters_in_batch:
                self._posters_in_batch[event.kind](event, batch, slip)
            if slip.postings:
                entries.append(Entry(first_sequence + position, event.kind, event.row, tuple(slip.postings)))
        return entries
