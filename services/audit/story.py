"""The story of one command: the row of the journal, what became of it and why, every event about it, and the money.

A command is named by SESSION:REQUEST, by the id of its order or bid, or by BATCH/ROW (rows count from 0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.commands import Table, order_id
from engine.core import Core
from engine.events import EventKind
from engine.limits import REQUEST_ID_MAX
from engine.outcomes import ADVICE, Outcome
from engine.parameters import DEFINITIONS, Parameter
from engine.views import Cash, Holding
from services.audit.reading import Reading
from services.clauses import Clauses
from services.clock import utc_text
from services.errors import BadInput
from services.journal.replay import Progress, Step

_ID_BITS = 40
_Finder = Callable[[Step], np.ndarray]


@dataclass
class Told:
    """One event about the command; `columns` are those that are not 0."""

    sequence: int
    batch: int
    time: str
    kind: str
    columns: dict[str, int]


@dataclass
class Account:
    """What the sender had before and after a batch with such an event: minor units, and lots by instrument, each by the
    pocket that they lay in; empty pockets are left out."""

    batch: int
    cash_before: dict[str, int]
    cash_after: dict[str, int]
    holdings_before: dict[int, dict[str, int]]
    holdings_after: dict[int, dict[str, int]]


@dataclass
class Story:
    """Everything about one command."""

    batch: int
    row: int
    table: str
    time: str
    chain: str
    columns: dict[str, int]
    text: str
    sender: str
    outcome: str
    advice: str
    parameter: str
    clause: str
    named_again: list[str] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)


def finder(command_id: str) -> _Finder:
    """Which rows of a step are the command. Raises BadInput for a text that names none."""
    head, colon, tail = command_id.partition(":")
    if colon and head.isdecimal() and tail.isdecimal():
        session, request_id = int(head), int(tail)
    elif command_id.isdecimal() and int(command_id) >> _ID_BITS:
        session, request_id = int(command_id) >> _ID_BITS, int(command_id) & REQUEST_ID_MAX
    else:
        batch, slash, row = command_id.partition("/")
        if not (slash and batch.isdecimal() and row.isdecimal()):
            raise BadInput(
                f"{command_id!r}: name a command by SESSION:REQUEST, by the id of its order or bid, or by BATCH/ROW"
            )
        place = int(row)

        def at(step: Step) -> np.ndarray:
            found = step.entry.number == int(batch) and place < step.entry.row_count
            return np.array([place] if found else [], np.int64)

        return at

    def keyed(step: Step) -> np.ndarray:
        rows = step.batch.rows
        return np.flatnonzero((rows["session"] == session) & (rows["request_id"] == request_id))

    return keyed


def story(reading: Reading, command_id: str, progress: Progress | None = None) -> Story:
    """Replays twice: to find what is about the command, then to see the accounts around it. Raises BadInput."""
    find = finder(command_id)
    core = reading.fresh_core()
    clauses = Clauses(core)
    told: Story | None = None
    about: _About | None = None
    for step in reading.steps(core, progress):
        if told is None:
            # A row in somebody else's session has the same key as the owner's own: the accepted one is meant.
            rows = [row for row in find(step).tolist() if step.applied.outcomes[row] != Outcome.SESSION_NOT_OF_ACTOR]
            if not rows:
                continue
            told = _begun(reading, core, clauses, step, rows[0])
            about = _About(step, rows[0])
        if about is not None:
            told.events += about.events(step)
            told.named_again += about.named(step)
    if told is None:
        raise BadInput(f"{command_id!r}: no command of this name in batches 1 to {reading.last} of {reading.folder}")
    sender = told.columns["actor"]
    told.accounts = _accounts(reading, sender, sorted({told.batch, *(event.batch for event in told.events)}))
    return told


def _begun(reading: Reading, core: Core, clauses: Clauses, step: Step, row: int) -> Story:
    columns = {name: int(step.batch.rows[name][row]) for name in step.batch.rows.dtype.names or ()}
    outcome, parameter = Outcome(int(step.applied.outcomes[row])), int(step.applied.parameters[row])
    participants = {participant.number: participant.name for participant in core.participants()}
    clause = ""
    if parameter:
        number = columns.get("round_number", 0)
        clause = clauses.of_round(number, parameter) if number else ""
        clause = clause or clauses.of_instrument(_instrument(step, row, columns), parameter)
    record = reading.journal.store.read(step.entry.number - 1, 1)[0]
    return Story(
        batch=step.entry.number,
        row=row,
        table=Table(step.entry.table).name,
        time=utc_text(step.entry.time_ns),
        chain=record.chain.hex(),
        columns=columns,
        text=step.batch.text_of(row) if "text_start" in columns else "",
        sender=participants.get(columns["actor"], "nobody"),
        outcome=outcome.name,
        advice=ADVICE[outcome],
        parameter=DEFINITIONS[Parameter(parameter)].key if parameter else "",
        clause=clause,
    )


def _instrument(step: Step, row: int, columns: dict[str, int]) -> int:
    events = step.applied.events[step.applied.events["row"] == row]
    return columns.get("instrument", 0) or (int(events["instrument"][0]) if len(events) else 0)


class _About:
    """Which events and later rows are about a command: those of its own row, and those that name what it opened."""

    def __init__(self, step: Step, row: int) -> None:
        self._batch, self._row = step.entry.number, row
        self._opened = 0
        self._line: tuple[int, int] | None = None
        rows, table = step.batch.rows, step.batch.table
        if table in (Table.ORDERS, Table.BIDS, Table.COMMITMENTS):
            self._opened = order_id(int(rows["session"][row]), int(rows["request_id"][row]))
        elif table in (Table.SUPPLY, Table.CONSIGNMENTS):
            self._line = int(rows["round_number"][row]), int(step.applied.references[row])

    def events(self, step: Step) -> list[Told]:
        events = step.applied.events
        wanted = np.zeros(len(events), bool)
        if step.entry.number == self._batch:
            wanted |= events["row"] == self._row
        if self._opened:
            wanted |= (events["order_id"] == self._opened) | (events["counter_order_id"] == self._opened)
        if self._line is not None:
            settled = events["kind"] == EventKind.SUPPLY_SETTLED
            wanted |= settled & (events["reference"] == self._line[0]) & (events["order_id"] == self._line[1])
        wanted &= ~np.isin(events["kind"], (EventKind.DEPTH_CHANGED, EventKind.TOP_CHANGED))
        return [_told(step, place) for place in np.flatnonzero(wanted).tolist()]

    def named(self, step: Step) -> list[str]:
        """Later rows that named the order, as SESSION:REQUEST."""
        if not self._opened or step.batch.table is not Table.ORDERS or step.entry.number == self._batch:
            return []
        rows = step.batch.rows
        return [f"{row['session']}:{row['request_id']}" for row in rows[rows["order_id"] == self._opened]]


def _told(step: Step, place: int) -> Told:
    event = step.applied.events[place]
    kind = EventKind(int(event["kind"]))
    used = [name for name in event.dtype.names or () if name not in ("kind", "row") and int(event[name])]
    return Told(
        sequence=step.applied.first_sequence + place,
        batch=step.entry.number,
        time=utc_text(step.entry.time_ns),
        kind=kind.name,
        columns={name: int(event[name]) for name in used},
    )


def _accounts(reading: Reading, participant: int, batches: list[int]) -> list[Account]:
    core = reading.fresh_core()
    accounts, before = [], _account(core, participant)
    wanted = set(batches)
    for step in reading.steps(core):
        number = step.entry.number
        if number in wanted:
            after = _account(core, participant)
            accounts.append(Account(number, before[0], after[0], before[1], after[1]))
        if number + 1 in wanted:
            before = _account(core, participant)
        if number >= batches[-1]:
            break
    return accounts


def _account(core: Core, participant: int) -> tuple[dict[str, int], dict[int, dict[str, int]]]:
    return _pockets(core.cash(participant), "_minor"), {
        view.instrument: _pockets(view, "_lots") for view in core.holdings(participant)
    }


def _pockets(view: Cash | Holding, unit: str) -> dict[str, int]:
    """What lies in each pocket, by its name without the unit."""
    return {name.removesuffix(unit): amount for name, amount in vars(view).items() if name.endswith(unit) and amount}
