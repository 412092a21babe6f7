"""Changes of the rules while the venue runs: a value of one instrument, its rule book, or a further book.

A change is proposed with the time or sequence number from which it holds, and takes effect with the first batch that
has reached both. Where four eyes are a rule (`governance.trading_four_eyes` of the instrument's book,
`governance.adoption_four_eyes` of any adopted one), another person than the proposer approves it first; where they are
not, the proposal is enough. What waits can be withdrawn. A change that nobody approved in time has lapsed.

A value of an instrument goes before its book's, from the moment of its effect and on the days after, until another
change; another book for the instrument ends its own values. Within a trading day the reference price stays: bands move
around it. Orders that rest are left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from engine.commands import ROWS, Batch, ParticipantClass, Table, is_code
from engine.digest import integers
from engine.events import EventKind
from engine.limits import CHANGES_WAITING_MAX, NAME_BYTES_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter, allowed
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.register import Register
from engine.views import ChangeState, RuleChange
from engine.words.floor import ChangeStep

_P = Parameter
_DAY_NS = 86_400_000_000_000

CHANGEABLE = frozenset(
    {
        _P.TRADING_MINIMUM,
        _P.TRADING_MAXIMUM,
        _P.TRADING_BAND,
        _P.TRADING_FIRST_DAY_BAND,
        _P.TRADING_DYNAMIC_BAND,
        _P.TRADING_PROTECTION,
        _P.TRADING_REACH_LEVELS,
        _P.TRADING_ORDERS_PER_SECOND,
        _P.TRADING_ORDERS_BURST,
        _P.BLOCK_BAND,
        _P.BLOCK_MINIMUM,
    }
)
"""What can be changed for one instrument alone: limits, bands, paces. Everything else takes a rule book."""

LAPSED = 0
"""The step of a CHANGE_STEPPED event that nobody took."""


class Floor(Protocol):
    """What a change needs of the room that trades by the rules."""

    def misfit(self, instrument: int, own: Mapping[Parameter, int], rule_book: int, day: int) -> Parameter | None:
        """The parameter that the instrument could not go by on a day; None when it could."""

    def retune(self, instrument: int, time_ns: int) -> tuple[int, int]:
        """Go by the rules as they are now; the band of orders of the present trading day (0, 0: none)."""

    def change_book(self, instrument: int, rule_book: int) -> None:
        """The instrument goes by another book from here on."""


class Changes:
    """Carries out rows of VENUE_CHANGES and BOOK_PROPOSALS, and what they lead to when the time has come."""

    KEPT = ("_changes", "_texts", "_own", "pending")

    def __init__(self, register: Register, books: Books) -> None:
        self._register = register
        self._books = books
        self._changes: list[RuleChange] = []
        self._texts: dict[int, tuple[np.ndarray, bytes]] = {}
        self._own: dict[int, dict[Parameter, int]] = {}
        self.pending = 0
        """How many changes wait for approval or for their effect."""

    # -- commands ------------------------------------------------------------------------------------------------

    def act(self, batch: Batch, row: int, next_sequence: int, floor: Floor, out: Recorder) -> None:
        """One row of VENUE_CHANGES."""
        columns, code = batch.rows[row], int(batch.rows["step"][row])
        if not is_code(ChangeStep, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND)
        number = int(columns["change"])
        if code == ChangeStep.PROPOSE:
            verdict = self._judge_proposal(columns, batch.time_ns, next_sequence, batch.text_of(row), floor)
        else:
            verdict = self._judge_answer(ChangeStep(code), number, columns, batch.time_ns, next_sequence)
        if verdict is not None:
            return out.refuse(row, *verdict, instrument=int(columns["instrument"]), reference=number)
        actor = int(columns["actor"])
        if code == ChangeStep.PROPOSE:
            change = self._add(columns, batch.time_ns, batch.text_of(row))
            self._tell(change, ChangeStep.PROPOSE, actor, row, out)
            if not self._four_eyes(change.instrument, batch.time_ns):
                self._set(change, state=ChangeState.APPROVED)
        elif code == ChangeStep.APPROVE:
            change = self._set(self._changes[number - 1], state=ChangeState.APPROVED, approved_by=actor)
            self._tell(change, ChangeStep.APPROVE, actor, row, out)
        else:
            self._end(self._changes[number - 1], ChangeState.WITHDRAWN)
            self._tell(self._changes[number - 1], ChangeStep.WITHDRAW, actor, row, out)
        self._take_effect(batch.time_ns, next_sequence, floor, row, out)

    def propose_book(self, batch: Batch, next_sequence: int, floor: Floor, out: Recorder) -> None:
        """A whole batch of BOOK_PROPOSALS: one book."""
        rows = np.zeros(len(batch.rows), ROWS[Table.RULE_BOOKS])
        for name in rows.dtype.names or ():
            rows[name] = batch.rows[name]
        fault = self._books.fault_in(rows, batch.text)
        if fault is not None:
            return out.refuse(*fault)
        first = batch.rows[0]
        late = _in_past(first, batch.time_ns, next_sequence)
        if late or self.pending >= CHANGES_WAITING_MAX:
            return out.refuse(0, Outcome.CHANGE_EFFECT_IN_PAST if late else Outcome.CHANGES_FULL)
        change = RuleChange(
            len(self._changes) + 1,
            0,
            Parameter.NONE,
            0,
            int(first["effective_ns"]),
            int(first["effective_sequence"]),
            int(first["actor"]),
            batch.time_ns,
            hashlib.sha256(batch.text).hexdigest(),
        )
        self._changes.append(change)
        self._texts[change.number] = rows, batch.text
        self.pending += 1
        self._tell(change, ChangeStep.PROPOSE, change.proposed_by, 0, out)
        if not self._books.adoption_four_eyes(batch.time_ns // _DAY_NS):
            self._set(change, state=ChangeState.APPROVED)
        self._take_effect(batch.time_ns, next_sequence, floor, 0, out)

    def _judge_proposal(
        self, columns: np.void, time_ns: int, next_sequence: int, reason: str, floor: Floor
    ) -> tuple[Outcome, Parameter] | None:
        instrument, value, number = int(columns["instrument"]), int(columns["value"]), int(columns["parameter"])
        if self._register.class_of(int(columns["actor"])) is not ParticipantClass.OPERATOR:
            return Outcome.NOT_PERMITTED_FOR_CLASS, _P.NONE
        if not self._register.has_instrument(instrument):
            return Outcome.INSTRUMENT_UNKNOWN, _P.NONE
        if number == _P.NONE and not self._books.exists(value):
            return Outcome.RULE_BOOK_UNKNOWN, _P.NONE
        if number != _P.NONE and number not in CHANGEABLE:
            return Outcome.PARAMETER_NOT_CHANGEABLE, Parameter(number) if is_code(Parameter, number) else _P.NONE
        if _in_past(columns, time_ns, next_sequence):
            return Outcome.CHANGE_EFFECT_IN_PAST, _P.NONE
        if self.pending >= CHANGES_WAITING_MAX:
            return Outcome.CHANGES_FULL, _P.NONE
        if not reason.strip() or len(reason.encode()) > NAME_BYTES_MAX:
            return Outcome.REASON_MISSING, _P.NONE
        parameter = Parameter(number)
        if parameter and not allowed(parameter, value):
            return Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter
        own = self.values_of(instrument) | {parameter: value} if parameter else {}
        day = max(time_ns, int(columns["effective_ns"])) // _DAY_NS
        misfit = floor.misfit(instrument, own, 0 if parameter else value, day)
        return None if misfit is None else (Outcome.PARAMETER_VALUE_NOT_ALLOWED, misfit)

    def _judge_answer(
        self, step: ChangeStep, number: int, columns: np.void, time_ns: int, next_sequence: int
    ) -> tuple[Outcome, Parameter] | None:
        actor = int(columns["actor"])
        operator = self._register.class_of(actor) is ParticipantClass.OPERATOR
        if not operator and step is not ChangeStep.APPROVE:
            return Outcome.NOT_PERMITTED_FOR_CLASS, _P.NONE
        if not 1 <= number <= len(self._changes):
            return Outcome.CHANGE_UNKNOWN, _P.NONE
        change = self._changes[number - 1]
        open_to = (ChangeState.WAITING, ChangeState.APPROVED)
        if change.state not in open_to[: 1 if step is ChangeStep.APPROVE else 2]:
            return Outcome.CHANGE_NO_LONGER_WAITING, _P.NONE
        if step is ChangeStep.APPROVE and change.proposed_by == actor:
            rule = _P.GOVERNANCE_TRADING_FOUR_EYES if change.instrument else _P.GOVERNANCE_ADOPTION_FOUR_EYES
            return Outcome.SAME_PERSON, rule
        return None

    # -- effect --------------------------------------------------------------------------------------------------

    def come_due(self, time_ns: int, next_sequence: int, floor: Floor) -> np.ndarray:
        """What takes effect, or lapses, before a batch of that time is judged: its events, which belong to row 0."""
        out = Recorder()
        for change in [c for c in self._changes if c.state is ChangeState.WAITING]:
            stated = change.effective_ns or change.effective_sequence
            if stated and _reached(change, time_ns, next_sequence):
                self._end(change, ChangeState.LAPSED)
                self._tell(change, LAPSED, 0, 0, out)
        self._take_effect(time_ns, next_sequence, floor, 0, out)
        return out.array()

    def _take_effect(self, time_ns: int, next_sequence: int, floor: Floor, row: int, out: Recorder) -> None:
        for change in [c for c in self._changes if c.state is ChangeState.APPROVED]:
            if _reached(change, time_ns, next_sequence):
                self._carry_out(change, time_ns, floor, row, out)

    def _carry_out(self, change: RuleChange, time_ns: int, floor: Floor, row: int, out: Recorder) -> None:
        number, value = change.instrument, change.value
        if not number:
            rows, text = self._texts[change.number]
            value = self._books.add(rows, text, row, out)
            self._end(change, ChangeState.IN_FORCE, value=value)
            return self._tell_effect(change, value, (0, 0), row, out)
        own = self.values_of(number) | {change.parameter: value} if change.parameter else {}
        if floor.misfit(number, own, 0 if change.parameter else value, time_ns // _DAY_NS) is not None:
            # Its book was another one when it was proposed.
            self._end(change, ChangeState.LAPSED)
            return self._tell(change, LAPSED, 0, row, out)
        self._own[number] = own
        if not change.parameter:
            floor.change_book(number, value)
        self._end(change, ChangeState.IN_FORCE)
        self._tell_effect(change, value, floor.retune(number, time_ns), row, out)

    def _four_eyes(self, instrument: int, time_ns: int) -> bool:
        book = next(view.rule_book for view in self._register.instruments() if view.number == instrument)
        return bool(self._books.value(book, _P.GOVERNANCE_TRADING_FOUR_EYES, 0, time_ns // _DAY_NS))

    # -- the list ------------------------------------------------------------------------------------------------

    def _add(self, columns: np.void, time_ns: int, reason: str) -> RuleChange:
        change = RuleChange(
            len(self._changes) + 1,
            int(columns["instrument"]),
            Parameter(int(columns["parameter"])),
            int(columns["value"]),
            int(columns["effective_ns"]),
            int(columns["effective_sequence"]),
            int(columns["actor"]),
            time_ns,
            reason,
        )
        self._changes.append(change)
        self.pending += 1
        return change

    def _set(self, change: RuleChange, **values: int) -> RuleChange:
        changed = replace(change, **values)  # type: ignore[arg-type]
        self._changes[change.number - 1] = changed
        return changed

    def _end(self, change: RuleChange, state: ChangeState, **values: int) -> None:
        self._set(change, state=state, **values)
        self._texts.pop(change.number, None)
        self.pending -= 1

    @staticmethod
    def _tell(change: RuleChange, step: int, actor: int, row: int, out: Recorder) -> None:
        out.add(
            EventKind.CHANGE_STEPPED,
            row,
            reference=change.number,
            side=step,
            participant=actor,
            instrument=change.instrument,
            parameter=change.parameter,
            order_id=change.value,
            counter_order_id=change.effective_ns,
            quantity_lots=change.effective_sequence,
        )

    @staticmethod
    def _tell_effect(change: RuleChange, value: int, band: tuple[int, int], row: int, out: Recorder) -> None:
        out.add(
            EventKind.CHANGE_TOOK_EFFECT,
            row,
            reference=change.number,
            instrument=change.instrument,
            parameter=change.parameter,
            order_id=value,
            quantity_lots=band[0],
            remaining_lots=band[1],
        )

    def values_of(self, instrument: int) -> dict[Parameter, int]:
        """The values that an instrument has of its own, which go before its book's."""
        return self._own.get(instrument, {})

    def views(self) -> list[RuleChange]:
        """All changes in the order they were proposed."""
        return list(self._changes)

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of them; the book that waits with a proposal by its hash, which is the reason."""
        return [
            integers(
                c.number, c.instrument, c.parameter, c.value, c.effective_ns, c.effective_sequence,
                c.proposed_by, c.proposed_ns, c.approved_by, c.state,
            )
            + c.reason.encode()
            for c in self._changes
        ]  # fmt: skip


def _in_past(columns: np.void, time_ns: int, next_sequence: int) -> bool:
    """Whether the effect that a row states lies behind the present batch."""
    from_ns, from_sequence = int(columns["effective_ns"]), int(columns["effective_sequence"])
    return min(from_ns, from_sequence) < 0 or 0 < from_ns < time_ns or 0 < from_sequence < next_sequence


def _reached(change: RuleChange, time_ns: int, next_sequence: int) -> bool:
    return time_ns >= change.effective_ns and next_sequence >= change.effective_sequence
