"""Participants, sessions and instruments: numbers given to names, once and for good.

Opening a session under a name that its owner already uses gives the same number again, so that a client that lost the
answer can simply ask once more. Every other name is registered once; a second attempt is refused and told the number.
"""

from __future__ import annotations

import numpy as np

from engine.commands import Batch, ParticipantClass, Phase, is_code
from engine.events import EventKind
from engine.limits import NAME_BYTES_MAX, TICK_VALUE_MINOR_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.views import Instrument, Participant, Session


class Register:
    """Owner of the registry's fields of the state record and of the names beside it."""

    KEPT = ("_participant_names", "_session_names", "_instrument_names")

    def __init__(self, state: np.ndarray, books: Books) -> None:
        record = state[0]
        self._counts = record["register"]
        self._participants = record["participants"]
        self._sessions = record["sessions"]
        self._instruments = record["instruments"]
        self._books = books
        self._participant_names: dict[str, int] = {}
        self._session_names: dict[tuple[int, str], int] = {}
        self._instrument_names: dict[str, int] = {}

    # -- commands ------------------------------------------------------------------------------------------------

    def register_participant(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of PARTICIPANTS."""
        name, klass = batch.text_of(row), int(batch.rows["participant_class"][row])
        if not _good_name(name):
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        if not is_code(ParticipantClass, klass):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND)
        if name in self._participant_names:
            return out.refuse(row, Outcome.NAME_ALREADY_REGISTERED, reference=self._participant_names[name])
        number = int(self._counts["participants"]) + 1
        if number >= len(self._participants):
            return out.refuse(row, Outcome.PARTICIPANTS_FULL)
        self._counts["participants"] = number
        self._participants["participant_class"][number] = klass
        self._participant_names[name] = number
        out.add(EventKind.PARTICIPANT_REGISTERED, row, participant=number, reference=klass)

    def open_session(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of SESSIONS."""
        name, owner = batch.text_of(row), int(batch.rows["actor"][row])
        if not _good_name(name):
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        number = self._session_names.get((owner, name), 0)
        if not number:
            number = int(self._counts["sessions"]) + 1
            if number >= len(self._sessions):
                return out.refuse(row, Outcome.SESSIONS_FULL)
            self._counts["sessions"] = number
            self._sessions["participant"][number] = owner
            self._session_names[owner, name] = number
        out.add(EventKind.SESSION_OPENED, row, participant=owner, reference=number)

    def define_instrument(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of INSTRUMENTS: its steps come from the trading chapter of its rule book, as adopted."""
        columns = batch.rows[row]
        name, book = batch.text_of(row), int(columns["rule_book"])
        tick_minor, lot_units = int(columns["tick_minor"]), int(columns["lot_units"])
        if not _good_name(name):
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        if tick_minor < 1 or lot_units < 1 or tick_minor * lot_units > TICK_VALUE_MINOR_MAX:
            return out.refuse(row, Outcome.AMOUNT_OUT_OF_BOUNDS)
        if not self._books.exists(book):
            return out.refuse(row, Outcome.RULE_BOOK_UNKNOWN)
        if name in self._instrument_names:
            return out.refuse(row, Outcome.NAME_ALREADY_REGISTERED, reference=self._instrument_names[name])
        steps = []
        day = batch.time_ns // 86_400_000_000_000
        for parameter, unit in ((Parameter.TRADING_TICK, tick_minor), (Parameter.TRADING_LOT, lot_units)):
            value = self._books.value(book, parameter, 0, day) or 0
            if value % unit:
                return out.refuse(row, Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
            steps.append(value // unit)
        number = int(self._counts["instruments"]) + 1
        if number >= len(self._instruments):
            return out.refuse(row, Outcome.INSTRUMENTS_FULL)
        self._counts["instruments"] = number
        self._instrument_names[name] = number
        self._instruments[number] = (
            1,
            Phase.CLOSED,
            book,
            tick_minor,
            lot_units,
            tick_minor * lot_units,
            steps[0] if all(steps) else 0,
            steps[1] if all(steps) else 0,
            0,
        )
        out.add(EventKind.INSTRUMENT_DEFINED, row, instrument=number, reference=book)

    def use_up(self, actor: int, session: int, request_id: int) -> None:
        """Take a request id of an actor's own session as seen, whatever became of the request."""
        if 1 <= session <= int(self._counts["sessions"]) and self._sessions["participant"][session] == actor:
            last = self._sessions["last_request_id"]
            last[session] = max(int(last[session]), request_id)

    # -- reads ---------------------------------------------------------------------------------------------------

    def has_participant(self, number: int) -> bool:
        """Whether the number belongs to a participant."""
        return 1 <= number <= int(self._counts["participants"])

    def has_instrument(self, number: int) -> bool:
        """Whether the number belongs to an instrument."""
        return 1 <= number <= int(self._counts["instruments"])

    def class_of(self, number: int) -> ParticipantClass:
        """The class of a registered participant."""
        return ParticipantClass(int(self._participants["participant_class"][number]))

    def participants(self) -> list[Participant]:
        """All participants in the order of their numbers."""
        return [Participant(number, name, self.class_of(number)) for name, number in self._participant_names.items()]

    def participant_by_name(self, name: str) -> Participant | None:
        """The participant registered under `name`."""
        number = self._participant_names.get(name)
        return None if number is None else Participant(number, name, self.class_of(number))

    def sessions(self) -> list[Session]:
        """All sessions in the order of their numbers."""
        last = self._sessions["last_request_id"]
        return [
            Session(number, name, owner, int(last[number])) for (owner, name), number in self._session_names.items()
        ]

    def instruments(self) -> list[Instrument]:
        """All instruments in the order of their numbers."""
        views = []
        for name, number in self._instrument_names.items():
            row = self._instruments[number]
            views.append(
                Instrument(
                    number=number,
                    name=name,
                    rule_book=int(row["rule_book"]),
                    tick_minor=int(row["tick_minor"]),
                    lot_units=int(row["lot_units"]),
                    price_step_ticks=int(row["price_step_ticks"]),
                    quantity_step_lots=int(row["quantity_step_lots"]),
                    phase=Phase(int(row["phase"])),
                )
            )
        return views


def _good_name(name: str) -> bool:
    return bool(name.strip()) and len(name.encode()) <= NAME_BYTES_MAX
