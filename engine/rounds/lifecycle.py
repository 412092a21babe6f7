"""A round from draft to its end: what may be added when, and who holds what meanwhile.

Stages: draft -> open -> closed -> cleared, or cancelled from any of the first three. Values and supply are set in
draft; opening resolves the terms. Units may be consigned in draft or open, until the first bid: from then on the
offer, and with it every cap that is a share of it, is fixed. Lots are locked from consignment on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from engine.auction.terms import UnsoldRule
from engine.capacity import Capacity
from engine.commands import Batch, ParticipantClass, RoundAction, SupplyKind, is_code
from engine.digest import by_name, columns, integers
from engine.events import EVENT, EventKind
from engine.ledger.accounts import Accounts
from engine.limits import NAME_BYTES_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Basis, Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.register import Register
from engine.rounds.columns import Columns
from engine.rounds.consignment import judge_consignment
from engine.rounds.kernels import build_run_bids
from engine.rounds.layout import BID, SUPPLY_LINE, Stage
from engine.rounds.settlement import Settlement, cancel_round, clear_round, compute_clearing
from engine.rounds.terms import Resolver, Unresolved, allowed, resolve
from engine.state import state_dtype
from engine.views import Round, RoundResult, SupplyLine


@cache
def _run_bids(capacity: Capacity) -> Callable[..., int]:
    return build_run_bids(state_dtype(capacity))


class Rounds:
    """Owner of the rounds in the state record and of the bids, lines and names beside it."""

    def __init__(self, capacity: Capacity, state: np.ndarray, register: Register, books: Books, accounts: Accounts):
        record = state[0]
        self._state, self._record, self._capacity = state.view(np.uint8), record, capacity
        self._rounds, self._bidders = record["rounds"], record["bidders"]
        self._register, self._books, self._accounts = register, books, accounts
        self._names: list[str] = []
        self._values: list[dict[tuple[int, int], int]] = []
        self._results: dict[int, RoundResult] = {}
        self._carried: list[tuple[int, int, int, int]] = []
        self.bids = Columns(BID)
        self.supply = Columns(SUPPLY_LINE)

    # -- commands ------------------------------------------------------------------------------------------------

    def create(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUNDS."""
        columns, name = batch.rows[row], batch.text_of(row)
        book, instrument = int(columns["rule_book"]), int(columns["instrument"])
        if not name.strip() or len(name.encode()) > NAME_BYTES_MAX:
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        if not self._books.exists(book):
            return out.refuse(row, Outcome.RULE_BOOK_UNKNOWN)
        if name in self._names:
            return out.refuse(row, Outcome.NAME_ALREADY_REGISTERED, reference=self._names.index(name) + 1)
        number = len(self._names) + 1
        if number >= len(self._rounds):
            return out.refuse(row, Outcome.ROUNDS_FULL)
        self._names.append(name)
        self._values.append({})
        self._record["round_count"] = number
        for field, value in (
            ("stage", Stage.DRAFT),
            ("rule_book", book),
            ("instrument", instrument),
            ("day", int(columns["day"])),
        ):
            self._rounds[field][number] = value
        out.add(EventKind.ROUND_CREATED, row, reference=number, instrument=instrument, order_id=book)

    def set_value(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUND_VALUES: an operator's value for this round, where the book leaves it open."""
        columns = batch.rows[row]
        number, code = int(columns["round_number"]), int(columns["parameter"])
        klass, value = int(columns["participant_class"]), int(columns["value"])
        if not self._exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if self._stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        if code not in DEFINITIONS:
            return out.refuse(row, Outcome.PARAMETER_UNKNOWN, reference=number)
        parameter, terms = Parameter(code), self._rounds[number]
        if not allowed(parameter, value) or (klass and not is_code(ParticipantClass, klass)):
            return out.refuse(row, Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter, reference=number)
        entry = self._books.entry(int(terms["rule_book"]), parameter, klass, int(terms["day"]))
        if entry is not None and entry.basis is Basis.STATED:
            return out.refuse(row, Outcome.PARAMETER_NOT_OPEN_TO_OPERATOR, parameter, reference=number)
        self._values[number - 1][code, klass] = value
        out.add(EventKind.ROUND_VALUE_SET, row, reference=number, parameter=code, side=klass, order_id=value)

    def add_supply(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of SUPPLY: units of a seller, locked from here on."""
        columns = batch.rows[row]
        number, seller, lots = int(columns["round_number"]), int(columns["seller"]), int(columns["quantity_lots"])
        kind = int(columns["kind"])
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, reference=number)
        if not self._register.has_participant(seller):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, reference=number, participant=seller)
        if not self._exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if lots > self._accounts.available_lots(seller, self._instrument(number)):
            return out.refuse(row, Outcome.HOLDING_INSUFFICIENT, reference=number, participant=seller)
        if self._stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        if not is_code(SupplyKind, kind) or kind == SupplyKind.CONSIGNED:
            return out.refuse(row, Outcome.SUPPLY_LINE_INVALID, reference=number)
        self._accounts.lock_units(seller, self._instrument(number), lots)
        line = self._append_line(number, kind, int(columns["group"]), int(columns["rank"]), seller, lots, 0)
        out.add(
            EventKind.SUPPLY_ADDED,
            row,
            reference=number,
            instrument=self._instrument(number),
            order_id=line,
            participant=seller,
            quantity_lots=lots,
        )

    def consign(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of CONSIGNMENTS (委托竞价): a participant puts its own units up for sale."""
        columns = batch.rows[row]
        number, consignor, lots = int(columns["round_number"]), int(columns["actor"]), int(columns["quantity_lots"])
        minimum, group = int(columns["minimum_price_ticks"]), int(columns["group"])
        if not 0 <= minimum <= PRICE_TICKS_MAX:
            return out.refuse(row, Outcome.PRICE_OUT_OF_BOUNDS, reference=number)
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, reference=number)
        if not self._exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        verdict = judge_consignment(
            resolver=self._resolver(number),
            participant_class=self._register.class_of(consignor),
            stage=self._stage(number),
            bids=int(self._rounds["bids"][number]),
            lots=lots,
            minimum_price_ticks=minimum,
            available_lots=self._accounts.available_lots(consignor, self._instrument(number)),
            base_lots=self._accounts.total_lots(consignor, self._instrument(number)),
            consigned_lots=int(self._bidders["consigned_lots"][number, consignor]),
        )
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, participant=consignor)
        self._accounts.lock_units(consignor, self._instrument(number), lots)
        self._add_consigned(number, group, consignor, lots, minimum, row, out)

    def act(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUND_ACTIONS."""
        number, action = int(batch.rows["round_number"][row]), int(batch.rows["action"][row])
        if not is_code(RoundAction, action):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, reference=number)
        if not self._exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        match RoundAction(action):
            case RoundAction.OPEN:
                self._open(number, row, out)
            case RoundAction.CLOSE:
                self._close(number, row, out)
            case RoundAction.CLEAR:
                self._clear(number, row, out)
            case RoundAction.CANCEL:
                self._cancel(number, row, out)

    def bid(self, batch: Batch, first_sequence: int) -> np.ndarray:
        """A whole batch of BIDS, compiled; returns its events, one a row."""
        events = np.zeros(len(batch.rows), EVENT)
        rows = np.ascontiguousarray(batch.rows).view(np.uint8)
        columns = self.bids.reserve(len(batch.rows))
        self.bids.used = _run_bids(self._capacity)(
            self._state, rows, columns, self.bids.used, first_sequence, events.view(np.uint8)
        )
        return events

    # -- stages --------------------------------------------------------------------------------------------------

    def _open(self, number: int, row: int, out: Recorder) -> None:
        if self._stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        carried = self._carried_into(number)
        if not int(self._rounds["supply_lines"][number]) and not carried:
            return out.refuse(row, Outcome.ROUND_WITHOUT_SUPPLY, reference=number)
        fields = resolve(self._resolver(number))
        if isinstance(fields, Unresolved):
            return out.refuse(row, fields.outcome, fields.parameter, reference=number)
        for name, value in fields.items():
            self._rounds[name][number] = value
        for line in carried:
            self._carried.remove(line)
            consignor, _, group, lots = line
            self._add_consigned(number, group, consignor, lots, 0, row, out)
        instrument = self._register.instruments()[self._instrument(number) - 1]
        self._rounds["tick_value_minor"][number] = instrument.tick_value_minor
        self._rounds["stage"][number] = Stage.OPEN
        out.add(
            EventKind.ROUND_OPENED,
            row,
            reference=number,
            instrument=self._instrument(number),
            quantity_lots=int(self._rounds["offered_lots"][number]),
        )

    def _close(self, number: int, row: int, out: Recorder) -> None:
        if self._stage(number) != Stage.OPEN:
            return out.refuse(row, Outcome.ROUND_NOT_OPEN, reference=number)
        self._rounds["stage"][number] = Stage.CLOSED
        out.add(
            EventKind.ROUND_CLOSED,
            row,
            reference=number,
            instrument=self._instrument(number),
            quantity_lots=int(self._rounds["bids"][number]),
        )

    def _clear(self, number: int, row: int, out: Recorder) -> None:
        if self._stage(number) != Stage.CLOSED:
            return out.refuse(row, Outcome.ROUND_NOT_CLOSED, reference=number)
        settlement = self._settlement(number)
        result = clear_round(settlement, row, out)
        if self._rounds["consignment_unsold"][number] == UnsoldRule.NEXT_ROUND:
            for line in result.supply:
                unsold = line.quantity_lots - line.sold_lots
                if line.kind is SupplyKind.CONSIGNED and unsold:
                    self._accounts.lock_units(line.seller, settlement.instrument, unsold)
                    self._carried.append((line.seller, settlement.instrument, line.group, unsold))
        self._results[number] = result
        self._rounds["stage"][number] = Stage.CLEARED

    def _cancel(self, number: int, row: int, out: Recorder) -> None:
        if self._stage(number) not in (Stage.DRAFT, Stage.OPEN, Stage.CLOSED):
            return out.refuse(row, Outcome.ROUND_NOT_OPEN, reference=number)
        cancel_round(self._settlement(number), row, out)
        self._rounds["stage"][number] = Stage.CANCELLED

    # -- reads ---------------------------------------------------------------------------------------------------

    def views(self) -> list[Round]:
        """All rounds in the order of their numbers."""
        return [self._view(number) for number in range(1, len(self._names) + 1)]

    def result(self, number: int) -> RoundResult | None:
        """How a cleared round ended; None for any other."""
        return self._results.get(number)

    def terms(self, number: int) -> dict[str, int | tuple[int, ...]]:
        """The fields of a round's record; empty for a round that does not exist."""
        if not self._exists(number):
            return {}
        record = self._rounds[number]
        values = {name: np.asarray(record[name]) for name in record.dtype.names or ()}
        return {name: tuple(map(int, value)) if value.ndim else int(value) for name, value in values.items()}

    def preview(self, number: int) -> RoundResult:
        """The clearing of an open or closed round as it stands; nothing moves. Raises KeyError for any other."""
        if not self._exists(number) or self._stage(number) not in (Stage.OPEN, Stage.CLOSED):
            raise KeyError(f"round {number} is neither open nor closed")
        return compute_clearing(self._settlement(number))

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the rounds; their results follow from it."""
        parts = [name.encode() for name in self._names]
        for number, own in enumerate(self._values, start=1):
            parts += [integers(number, code, klass, value) for (code, klass), value in sorted(own.items())]
        parts += [by_name(self._rounds[number]) for number in range(1, len(self._names) + 1)]
        parts += [by_name(line) for line in self.supply.rows()]
        parts.append(columns(self.bids.rows(), "round_number", "bidder", "bid_id", "price_ticks", "quantity_lots"))
        parts += [integers(*line) for line in self._carried]
        return parts

    # -- within --------------------------------------------------------------------------------------------------

    def _exists(self, number: int) -> bool:
        return 1 <= number <= len(self._names)

    def _stage(self, number: int) -> Stage:
        return Stage(int(self._rounds["stage"][number]))

    def _instrument(self, number: int) -> int:
        return int(self._rounds["instrument"][number])

    def _resolver(self, number: int) -> Resolver:
        terms = self._rounds[number]
        instrument = self._register.instruments()[int(terms["instrument"]) - 1]
        return Resolver(
            self._books,
            int(terms["rule_book"]),
            int(terms["day"]),
            self._values[number - 1],
            instrument.tick_minor,
            instrument.lot_units,
        )

    def _carried_into(self, number: int) -> list[tuple[int, int, int, int]]:
        """Lots left over from earlier rounds of the same instrument, when this round's rules take them up."""
        known = self._resolver(number).known(Parameter.CONSIGNMENT_UNSOLD)
        if known != UnsoldRule.NEXT_ROUND:
            return []
        return [line for line in self._carried if line[1] == self._instrument(number)]

    def _add_consigned(
        self, number: int, group: int, consignor: int, lots: int, minimum: int, row: int, out: Recorder
    ) -> None:
        line = self._append_line(number, SupplyKind.CONSIGNED, group, 0, consignor, lots, minimum)
        self._bidders["consigned_lots"][number, consignor] += lots
        out.add(
            EventKind.UNITS_CONSIGNED,
            row,
            reference=number,
            instrument=self._instrument(number),
            order_id=line,
            participant=consignor,
            quantity_lots=lots,
            price_ticks=minimum,
        )

    def _append_line(self, number: int, kind: int, group: int, rank: int, seller: int, lots: int, minimum: int) -> int:
        line = int(self._rounds["supply_lines"][number]) + 1
        self._rounds["supply_lines"][number] = line
        self._rounds["offered_lots"][number] += lots
        self.supply.append(
            round_number=number,
            line=line,
            kind=kind,
            group=group,
            rank=rank,
            seller=seller,
            quantity_lots=lots,
            minimum_price_ticks=minimum,
        )
        return line

    def _lines(self, number: int) -> np.ndarray:
        """The round's lines of supply; consigned ones sell at the place that the rules gave them at the opening."""
        lines = self.supply.of_round(number)
        lines["rank"][lines["kind"] == SupplyKind.CONSIGNED] = self._rounds["consignment_rank"][number]
        return lines

    def _settlement(self, number: int) -> Settlement:
        return Settlement(
            number=number,
            instrument=self._instrument(number),
            terms=self._rounds[number],
            bids=self.bids.of_round(number),
            supply=self._lines(number),
            bidders=self._bidders[number],
            accounts=self._accounts,
        )

    def _view(self, number: int) -> Round:
        terms = self._rounds[number]
        values = self._values[number - 1]
        return Round(
            number=number,
            name=self._names[number - 1],
            rule_book=int(terms["rule_book"]),
            instrument=int(terms["instrument"]),
            day=int(terms["day"]),
            stage=self._stage(number).name.lower(),
            bids=int(terms["bids"]),
            supply=tuple(_line_view(line) for line in self._lines(number)),
            values=tuple((code, klass, value) for (code, klass), value in sorted(values.items())),
        )


def _line_view(line: np.void) -> SupplyLine:
    return SupplyLine(
        line=int(line["line"]),
        kind=SupplyKind(int(line["kind"])),
        group=int(line["group"]),
        rank=int(line["rank"]),
        seller=int(line["seller"]),
        quantity_lots=int(line["quantity_lots"]),
        minimum_price_ticks=int(line["minimum_price_ticks"]),
    )
