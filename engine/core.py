"""The core: batches of commands in, integer events out.

Promise: deterministic and pure. The same batches in the same order give the same events, the same event chain and the
same digest on every machine, with the JIT on or off, whatever the capacity class. A refused row changes nothing but
the last request id of its session. An exception out of `apply` means a defect: the state can no longer be trusted and
whoever drives the core must stop.

What it does not do: it keeps no journal, answers nobody, knows no clock and no file; it numbers events, not batches.

The way of a batch is `Core.apply`: judge who asks, then the table's own judgement and effect, then the events are
numbered and chained. The rooms below it own the state: `registry` who there is, `ledger` accounts, `exchange` trading
over `orderbook`, `rounds` sealed bids over `auction`, `compliance` the life of units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from engine.answers import answers_in
from engine.capacity import SMALL, Capacity
from engine.commands import WHOLE_BOOKS, Batch, MalformedBatch, Table
from engine.compliance.life import UnitLife
from engine.digest import by_name, digest_of, integers
from engine.event_chain import EventChain
from engine.exchange.blocks import Blocks
from engine.exchange.calls import Calls
from engine.exchange.changes import Changes
from engine.exchange.day.holders import LargeHolders
from engine.exchange.day.prices import DayPrices
from engine.exchange.floor import FloorViews
from engine.exchange.gates.stops import Stops
from engine.exchange.parts import Parts
from engine.exchange.phases import Phases
from engine.exchange.picture import depth, order_parts, waiting_orders
from engine.exchange.settlement import Settlement
from engine.exchange.trading import Trading
from engine.ledger.accounts import Accounts
from engine.ledger.pockets import Unbalanced
from engine.outcomes import Outcome
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.envelopes import judge_batch, judge_genesis
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.registry.voids import Voids
from engine.reserve.reserves import Reserves
from engine.reserve.years import Years
from engine.rooms import Room
from engine.rounds.clearing import RoundInput
from engine.rounds.lifecycle import Rounds
from engine.snapshot import Dump, put_back, take
from engine.state import new_state
from engine.views import (
    Applied,
    Cash,
    Commitment,
    DemandLevel,
    Depth,
    Due,
    Holding,
    Indicative,
    Instrument,
    ObligationView,
    Participant,
    PledgeView,
    ReserveView,
    Round,
    RoundBidder,
    RoundPapers,
    RoundResult,
    RuleBook,
    Session,
    UnitKind,
    YearView,
)

_RowHandler = Callable[[Batch, int, Recorder], None]
_ORDERS = Table.ORDERS
"""Looked up once: a single order is carried out in little more time than an enum takes to find its member."""


class Core:
    """The whole state of one venue and the only way to change it."""

    KEPT = ("next_sequence", "event_chain", "time_ns")
    SCRATCH = ("_chain",)

    def __init__(self, capacity: Capacity = SMALL) -> None:
        self.capacity = capacity
        self.next_sequence = 1
        self._chain = EventChain()
        self.time_ns = 0
        self._state = new_state(capacity)
        self._bytes = self._state.view(np.uint8)
        self._books = Books()
        self._register = Register(self._state, self._books)
        self._accounts = Accounts(self._state, self._register)
        self._facts = Facts(self._register)
        self._reserves = Reserves(self._register, self._books, self._accounts, self._facts)
        self._years = Years(self._register, self._books, self._accounts, self._facts, self._reserves)
        self._unit_life = UnitLife(self._register, self._books, self._accounts, self._facts, self._years)
        self._rounds = Rounds(
            capacity, self._state, self._register, self._books, self._accounts, self._facts, self._reserves
        )
        self._calls = Calls(capacity, self._state)
        self._blocks = Blocks(capacity, self._state)
        self._settlement = Settlement(capacity, self._state, self._register, self._books, self._facts)
        self._prices = DayPrices(self._state)
        parts = Parts(capacity, self._state)
        self._stops = Stops(self._state, self._register, parts)
        self._changes = Changes(self._register, self._books)
        self._phases = Phases(
            capacity,
            self._state,
            self._register,
            self._books,
            self._calls,
            self._blocks,
            self._prices,
            parts,
            self._stops,
            LargeHolders(self._register, self._books, self._accounts, self._facts),
            self._changes.values_of,
            self._settlement,
        )
        self.floor = FloorViews(self._state, self._books, self._phases, self._stops, self._changes)
        self._trading = Trading(capacity, self._state, self._calls)
        self._voids = Voids()
        self._row_handlers: dict[Table, _RowHandler] = {
            Table.PARTICIPANTS: self._register.register_participant,
            Table.INSTRUMENTS: self._register.define_instrument,
            Table.SESSIONS: self._register.open_session,
            Table.PHASES: self._phases.switch,
            Table.MARKET_CONTROLS: self._stops.act,
            Table.VENUE_CHANGES: self._change,
            Table.DEPOSITS: self._accounts.deposit,
            Table.ROUNDS: self._rounds.create,
            Table.ROUND_VALUES: self._rounds.set_value,
            Table.SUPPLY: self._rounds.add_supply,
            Table.CONSIGNMENTS: self._rounds.consign,
            Table.ROUND_ACTIONS: self._rounds.act,
            Table.SUPPLY_LINES: self._rounds.add_supply,
            Table.DRAWS: self._rounds.draw,
            Table.HIDDEN_RESERVES: self._rounds.hidden_reserve,
            Table.LINKS: self._link,
            Table.FACTS: self._facts.record,
            Table.GUARANTEES: self._rounds.guarantee,
            Table.CHANGES: self._rounds.change,
            Table.ROUND_STEPS: self._rounds.step,
            Table.RESERVE_STEPS: self._reserves.step,
            Table.ALLOCATIONS: self._years.step,
            Table.UNIT_TYPES: self._unit_life.set_type,
            Table.UNIT_STEPS: self._unit_life.step,
            Table.VOIDS: self._voids.act,
            Table.COMMITMENTS: self._rounds.commit,
        }

    # -- the way of a batch --------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> Applied:
        """Carry out one batch and say what it did.

        Raises MalformedBatch, before anything has changed, when its time lies before the last batch's; Unbalanced, a
        defect, when a posting gave what nobody lost.
        """
        if batch.time_ns < self.time_ns:
            raise MalformedBatch(f"time_ns {batch.time_ns} lies before the last batch's {self.time_ns}")
        before = None
        if self._changes.pending:
            before = self._changes.come_due(batch.time_ns, self.next_sequence, self._phases)
            self.next_sequence += len(before)
        if batch.table is _ORDERS:
            events, answers = self._trading.run(batch)
        else:
            events = self._run_other(batch)
            answers = answers_in(batch, events)
        if fault := self._accounts.unbalanced():
            raise Unbalanced(f"{batch.table.name} of {len(batch.rows)} rows at {batch.time_ns}: {fault}")
        self.time_ns = batch.time_ns
        return self._number(events, answers, before)

    def void(self, batch: Batch) -> Applied:
        """Pass over a batch that was taken out: its rows are refused, their ids used up, nothing else changes."""
        out = Recorder()
        for row, columns in enumerate(batch.rows):
            actor, session, request_id = (int(columns[name]) for name in ("actor", "session", "request_id"))
            self._register.use_up(actor, session, request_id)
            out.refuse(row, Outcome.BATCH_VOIDED, participant=actor)
        self.time_ns = max(self.time_ns, batch.time_ns)
        events = out.array()
        return self._number(events, answers_in(batch, events))

    def voided(self) -> dict[int, tuple[int, int]]:
        """Batches of the journal that were taken out, each with the participants who proposed and approved it."""
        return self._voids.approved()

    def _run_other(self, batch: Batch) -> np.ndarray:
        """The events of a batch of any table but ORDERS."""
        if batch.table is Table.BLOCKS:
            events = self._blocks.run(batch)
            self._phases.note_blocks(batch, events)
            return events
        if batch.table is Table.BIDS:
            return self._rounds.bid(batch, self.next_sequence)
        return self._run_rare(batch)

    def _run_rare(self, batch: Batch) -> np.ndarray:
        """A batch of a table with few rows: judged as a whole for its senders, then handled row by row."""
        out = Recorder()
        self._rounds.first_sequence = self.next_sequence
        if batch.table is Table.PARTICIPANTS and not self._register.has_participant(1):
            outcomes = judge_genesis(batch)
        else:
            outcomes = judge_batch(self.capacity, self._bytes, batch)
        if batch.table in WHOLE_BOOKS:
            if outcomes.any():
                first = int(np.flatnonzero(outcomes)[0])
                out.refuse(first, Outcome(int(outcomes[first])))
            elif batch.table is Table.RULE_BOOKS:
                self._books.adopt(batch, out)
            else:
                self._changes.propose_book(batch, self.next_sequence, self._phases, out)
            return out.array()
        if batch.table is Table.REVEALS:
            self._rounds.reveal(batch, outcomes, out)
            return out.array()
        handle = self._row_handlers[batch.table]
        for row, outcome in enumerate(outcomes.tolist()):
            if outcome:
                out.refuse(row, Outcome(outcome), participant=int(batch.rows["actor"][row]))
            else:
                handle(batch, row, out)
        return out.array()

    def _link(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of LINKS: who is linked counts as one bidder in rounds, and is one self-trade group."""
        self._facts.link(batch, row, out)
        self._trading.keep_apart(self._facts.groups())
        self._settlement.link(self._facts.groups())

    def _change(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of VENUE_CHANGES: what it changes at once, it changes in trading."""
        self._changes.act(batch, row, self.next_sequence + out.count, self._phases, out)

    def _number(self, events: np.ndarray, answers: np.ndarray, before: np.ndarray | None = None) -> Applied:
        """Give the events their sequence numbers and extend the chain.

        `before` is what came due before the batch and has its numbers already; no row's answer is in it.
        """
        first = self.next_sequence
        self.next_sequence = first + len(events)
        if before is not None and len(before):
            first -= len(before)
            events = np.concatenate([before, events])
        if not isinstance(events.base, bytes):
            events.flags.writeable = False
        self._chain.extend(events)
        return Applied(first, events, answers)

    # -- written down and read back ------------------------------------------------------------------------------

    def rooms(self) -> dict[str, Room]:
        """Every room that holds state, by name, with the core itself."""
        return {
            "core": self,
            "books": self._books,
            "register": self._register,
            "accounts": self._accounts,
            "facts": self._facts,
            "reserves": self._reserves,
            "years": self._years,
            **self._unit_life.rooms(),
            **self._rounds.rooms(),
            "phases": self._phases,
            "trading": self._trading,
            "settlement": self._settlement,
            "stops": self._stops,
            "changes": self._changes,
            "voids": self._voids,
        }

    @property
    def event_chain(self) -> bytes:
        """SHA-256 chain over the events of all batches so far (`engine.event_chain`)."""
        return self._chain.value

    @event_chain.setter
    def event_chain(self, chain: bytes) -> None:
        self._chain.value = chain

    @property
    def memory(self) -> np.ndarray:
        """The record's bytes (1-d uint8), not to be written to: a core that is only a copy lends it as `spare`."""
        return self._bytes

    def dump(self, spare: np.ndarray | None = None) -> Dump:
        """The whole state as it stands (see `engine.snapshot`); `spare` is the record of an earlier dump, to reuse."""
        return take(self.capacity.name, self._bytes, self.rooms(), spare)

    def restore(self, dump: Dump) -> None:
        """Takes the state of a dump of the same build and capacity. Raises ValueError for any other."""
        if dump.capacity != self.capacity.name:
            raise ValueError(f"the dump is of capacity {dump.capacity!r}, this core of {self.capacity.name!r}")
        put_back(dump, self._bytes, self.rooms())

    # -- what it shows -------------------------------------------------------------------------------------------

    def digest(self) -> str:
        """SHA-256 (hex) of the state by meaning; linear in everything the core knows."""
        return digest_of(self._sections())

    def _sections(self) -> Iterable[tuple[str, Iterable[bytes]]]:
        yield "sequence", [integers(self.next_sequence, self.time_ns)]
        yield "participants", [f"{p.number} {p.participant_class} {p.name}".encode() for p in self.participants()]
        yield (
            "sessions",
            [f"{s.number} {s.participant} {s.last_request_id} {s.name}".encode() for s in self.sessions()],
        )
        yield "instruments", [i.name.encode() for i in self.instruments()]
        record = self._state[0]["instruments"]
        yield "steps", [by_name(record[i.number]) for i in self.instruments()]
        yield "accounts", self._accounts.digest_parts()
        yield "books", self._books.digest_parts()
        yield "rounds", self._rounds.digest_parts()
        yield "facts", self._facts.digest_parts()
        yield "reserves", self._reserves.digest_parts()
        yield "years", self._years.digest_parts()
        yield "orders", order_parts(self.capacity, self._bytes)
        if blocks := self._blocks.digest_parts():
            yield "blocks", blocks
        if settlement := self._settlement.digest_parts():
            yield "settlement", settlement
        if days := self._prices.digest_parts():
            yield "days", days
        if changes := self._changes.digest_parts():
            yield "changes", changes
        if gates := self._gates():
            yield "gates", gates
        if units := self._unit_life.digest_parts():
            yield "units", units
        if voids := self._voids.digest_parts():
            yield "voids", voids

    def _gates(self) -> list[bytes]:
        """What the digest takes of the gates: paces as they stand, then who is stopped and why."""
        record = self._state[0]
        paced = [
            f"{name} {i}:".encode() + by_name(record[name][i])
            for name in ("gates", "senders")
            for i in np.flatnonzero([bool(entry.tobytes().strip(b"\0")) for entry in record[name]])
        ]
        return paced + self._stops.digest_parts()

    def conservation(self) -> list[str]:
        """What does not add up between deposits and accounts, in words; empty when all is well."""
        rooms = (self._accounts, self._rounds, self._reserves, self._years, self._unit_life)
        return [fault for room in rooms for fault in room.conservation()]

    def participants(self) -> list[Participant]:
        """All participants, in the order of their numbers."""
        return self._register.participants()

    def participant_by_name(self, name: str) -> Participant | None:
        """The participant registered under `name`, or None."""
        return self._register.participant_by_name(name)

    def sessions(self) -> list[Session]:
        """All sessions, in the order of their numbers."""
        return self._register.sessions()

    def instruments(self) -> list[Instrument]:
        """All instruments, in the order of their numbers."""
        return self._register.instruments()

    def rule_books(self) -> list[RuleBook]:
        """All adopted rule books, in the order of adoption."""
        return self._books.views()

    def rounds(self) -> list[Round]:
        """All rounds, in the order of their numbers."""
        return self._rounds.views()

    def round_result(self, number: int) -> RoundResult | None:
        """How a cleared round ended; None for any other."""
        return self._rounds.result(number)

    def round_terms(self, number: int) -> dict[str, int | tuple[int, ...]]:
        """The integers that a round is judged by, as resolved at its opening; empty for a round that does not exist.

        Keys are the fields of `engine.rounds.layout.ROUND`; what differs by class has one entry a class number.
        """
        return self._rounds.terms(number)

    def round_input(self, number: int) -> RoundInput:
        """What clearing a round as it stands starts from: terms, bids, lines, limits and recorded inputs.

        Raises KeyError for a round that does not exist.
        """
        return self._rounds.input_of(number)

    def round_bidder(self, number: int, participant: int) -> RoundBidder:
        """What a round knows of a participant as a bidder. Raises KeyError where there is no such round or one."""
        return self._rounds.bidder(number, participant)

    def preview_clear(self, number: int) -> RoundResult:
        """A dry run of an open or closed round: the very computation of the clear, nothing moves.

        Raises KeyError for a round that is neither.
        """
        return self._rounds.preview(number)

    def commitments(self, number: int) -> tuple[Commitment, ...]:
        """The live commitments of a round whose bids are committed to, in the order of arrival; they stay once they
        are revealed, and those that came out void say so."""
        return self._rounds.commitments(number)

    def round_papers(self, number: int) -> RoundPapers:
        """What a round began with, so that it can be run again. Raises KeyError for a round that does not exist."""
        return self._rounds.papers(number)

    def takes_commitments(self, number: int) -> bool:
        """Whether bids of a round are committed to, by its rules as they stand; False without such a round."""
        return self._rounds.takes_commitments(number)

    def reserves(self) -> list[ReserveView]:
        """All reserves, by instrument."""
        return self._reserves.views()

    def allocation_years(self) -> list[YearView]:
        """All planned years of allocation, by instrument and year."""
        return self._years.views()

    def unit_kinds(self) -> list[UnitKind]:
        """What was said of the units of instruments; one that is missing is an allowance without a vintage."""
        return self._unit_life.kinds()

    def obligations(self, participant: int) -> list[ObligationView]:
        """What a participant has to surrender and has surrendered, by instrument and year."""
        return self._unit_life.obligations(participant)

    def pledges(self) -> list[PledgeView]:
        """Pledges by which something is still pledged, in the order of their numbers."""
        return self._unit_life.pledges()

    def live_demand(self, number: int) -> tuple[DemandLevel, ...]:
        """Lots bid for in a round at each price or above, highest price first."""
        return self._rounds.live_demand(number)

    def depth(self, instrument: int, levels: int) -> Depth:
        """The best `levels` prices of each side of an instrument's book."""
        return depth(self.capacity, self._bytes, instrument, levels, self.next_sequence - 1)

    def indicative(self, instrument: int) -> Indicative | None:
        """How an instrument's call auction would end now; None when it is in no call."""
        return self._calls.indicative(instrument)

    def orders(self, instrument: int) -> np.ndarray:
        """Every live order of an instrument: an array of `engine.orderbook.reading.kernels.QUEUED_ORDER`, bids, asks,
        then stops that wait, best price first, oldest first. O(live orders there)."""
        return waiting_orders(self.capacity, self._bytes, instrument)

    def block_offers(self) -> np.ndarray:
        """The offers of negotiated blocks that wait, oldest first: `engine.orderbook.modes.block.layout.OFFER`."""
        return self._blocks.waiting()

    def blocks_open(self, instrument: int) -> bool:
        """Whether blocks of an instrument may be traded now."""
        return self._blocks.is_open(instrument)

    def cash(self, participant: int) -> Cash:
        """Money of one participant."""
        return self._accounts.cash(participant)

    def holdings(self, participant: int) -> list[Holding]:
        """Units of one participant, by instrument."""
        return self._accounts.holdings(participant)

    def due(self, participant: int) -> list[Due]:
        """What of one participant's units and cash is not settled, and on which trading day it will be."""
        return self._settlement.due(participant)
