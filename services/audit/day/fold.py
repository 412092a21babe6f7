"""The fold over a day's batches: what was traded by whom, what was refused, which phases and rounds there were.

Promise: only events and the accounts after the last batch of the day are read; a journal gives the same day on any
machine. Blocks are trades of their own kind: they count for volume and concentration, and make no price.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.commands import Phase, Side, Table
from engine.core import Core
from engine.events import EventKind
from engine.outcomes import Outcome
from services.journal.replay import Step

_K = EventKind
_TRADES = (_K.TRADE, _K.CALL_TRADE, _K.BLOCK_TRADED)
_COUNTED = (_K.ORDER_ACCEPTED, _K.ORDER_CANCELLED, _K.ORDER_REPLACED, _K.ORDER_REDUCED, _K.BID_ACCEPTED)
_OF_PHASES = (_K.PHASE_CHANGED, _K.TRADING_DAY_BEGAN, _K.TRADING_DAY_ENDED)
_WATCHED = {
    _K.TRADING_STOPPED: "stopped", _K.TRADING_RESUMED: "resumed", _K.LARGE_HOLDER_REPORTED: "large holder",
}  # fmt: skip
_OF_ROUNDS = {
    _K.ROUND_OPENED: "opened", _K.ROUND_CLOSED: "closed", _K.ROUND_CLEARED: "result",
    _K.ROUND_SETTLED: "settled", _K.ROUND_CANCELLED: "cancelled",
}  # fmt: skip


@dataclass(frozen=True)
class Trade:
    """One trade: `mode` is continuous, call or block; the time is that of its batch."""

    time_ns: int
    instrument: int
    mode: str
    price_ticks: int
    quantity_lots: int
    buyer: int
    seller: int


@dataclass(frozen=True)
class Turn:
    """An instrument enters a phase."""

    time_ns: int
    instrument: int
    phase: Phase


@dataclass(frozen=True)
class Opening:
    """A trading day begins: its reference price and the band (0: none), in ticks."""

    instrument: int
    reference_ticks: int
    low_ticks: int
    high_ticks: int


@dataclass(frozen=True)
class Watched:
    """Trading stopped or resumed (participant, instrument: what, 0: all), or a large holder reported with its lots."""

    time_ns: int
    what: str
    participant: int
    instrument: int
    quantity_lots: int = 0


@dataclass(frozen=True)
class RoundTurn:
    """Something public about a round; a result has a status, a price (0: none), lots and proceeds."""

    time_ns: int
    number: int
    what: str
    status: int = 0
    price_ticks: int = 0
    sold_lots: int = 0
    offered_lots: int = 0
    proceeds_minor: int = 0


@dataclass(frozen=True)
class Refusal:
    """Why rows were refused, as far as it takes to find the clause."""

    table: Table
    outcome: Outcome
    parameter: int
    instrument: int
    round_number: int


@dataclass
class DayFold:
    """A day under way. Feed it the steps of the day in order."""

    trades: list[Trade] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    rounds: list[RoundTurn] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    closes: dict[int, int] = field(default_factory=dict)
    """The closing price of an instrument by the rule of its book, in ticks, where a day has ended."""
    refusals: Counter[Refusal] = field(default_factory=Counter)
    counts: Counter[EventKind] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)
    rows: int = 0
    events: int = 0

    def add(self, step: Step, core: Core) -> None:
        """One batch, after `core` has judged it."""
        events = step.applied.events
        self.batches = [*self.batches[:1], step.entry.number]
        self.rows += step.entry.row_count
        self.events += len(events)
        kinds, counts = np.unique(events["kind"], return_counts=True)
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
            if kind in _COUNTED:
                self.counts[EventKind(kind)] += count
        for event in events[np.isin(events["kind"], _TRADES)]:
            self.trades.append(_trade(event, step.entry.time_ns))
        if _K.REFUSED in kinds:
            self._refused(step)
        for event in events[np.isin(events["kind"], (*_OF_PHASES, *_WATCHED, *_OF_ROUNDS))]:
            self._turn(event, step.entry.time_ns)

    def _turn(self, event: Any, time_ns: int) -> None:
        kind, instrument = EventKind(int(event["kind"])), int(event["instrument"])
        if kind is _K.PHASE_CHANGED:
            self.turns.append(Turn(time_ns, instrument, Phase(int(event["reference"]))))
        elif kind is _K.TRADING_DAY_BEGAN:
            prices = (int(event[name]) for name in ("price_ticks", "quantity_lots", "remaining_lots"))
            self.openings.append(Opening(instrument, *prices))
        elif kind is _K.TRADING_DAY_ENDED:
            self.closes[instrument] = int(event["price_ticks"])
        elif kind in _WATCHED:
            lots = int(event["quantity_lots"]) if kind is _K.LARGE_HOLDER_REPORTED else 0
            self.watched.append(Watched(time_ns, _WATCHED[kind], int(event["participant"]), instrument, lots))
        elif kind is _K.ROUND_CLEARED:
            sold = int(event["quantity_lots"])
            self.rounds.append(
                RoundTurn(
                    time_ns=time_ns,
                    number=int(event["reference"]),
                    what=_OF_ROUNDS[kind],
                    status=int(event["outcome"]),
                    price_ticks=int(event["price_ticks"]),
                    sold_lots=sold,
                    offered_lots=sold + int(event["remaining_lots"]),
                    proceeds_minor=int(event["amount_minor"]),
                )
            )
        else:
            self.rounds.append(RoundTurn(time_ns, int(event["reference"]), _OF_ROUNDS[kind]))

    def _refused(self, step: Step) -> None:
        applied, rows, table = step.applied, step.batch.rows, Table(step.entry.table)
        names = rows.dtype.names or ()
        for row in np.flatnonzero(applied.outcomes).tolist():
            refusal = Refusal(
                table,
                Outcome(int(applied.outcomes[row])),
                int(applied.parameters[row]),
                int(rows["instrument"][row]) if "instrument" in names else 0,
                int(rows["round_number"][row]) if "round_number" in names else 0,
            )
            self.refusals[refusal] += 1


def _trade(event: Any, time_ns: int) -> Trade:
    kind, participant, other = EventKind(int(event["kind"])), int(event["participant"]), int(event["counterparty"])
    mode = {_K.TRADE: "continuous", _K.CALL_TRADE: "call", _K.BLOCK_TRADED: "block"}[kind]
    # In a call nobody is the incoming one: the event names the buyer first.
    buys = kind is _K.CALL_TRADE or int(event["side"]) == Side.BUY
    buyer, seller = (participant, other) if buys else (other, participant)
    price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
    return Trade(time_ns, int(event["instrument"]), mode, price, lots, buyer, seller)
