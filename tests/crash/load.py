"""Load for crash tests: traders whose every request follows from (seed, session, request id), over any venue.

Because a request's content follows from its id, a trader who lost an answer sends exactly the same request again, and
whoever checks can tell what every id must have said. Nothing here knows how a venue is reached: a sequencer in the
same process and a server behind gRPC need only a `Venue` each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

import numpy as np

from engine.commands import CASH, OrderCommand, ParticipantClass, Phase, Side, Table, rows_of
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis

OPERATOR = 1
TRADERS = (2, 3, 4, 5)
INSTRUMENT = 1
ROWS_MAX = 8
Told = tuple[int, int, int]
Report = Callable[[int, list[int], list[Told]], None]
"""Called with (session, request ids, what each was told) after each answer."""


class Answered(Protocol):
    """The part of an answer that must be the same when a request is repeated."""

    outcomes: np.ndarray
    parameters: np.ndarray
    references: np.ndarray


class Venue(Protocol):
    """A way to a venue, for the participant `actor`."""

    async def submit(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Answered:
        """Sends one batch and waits for its answer."""

    async def session(self, actor: int, name: str) -> int:
        """The number of the session of this name; opened where there is none."""


def told(answer: Answered) -> list[Told]:
    """One (outcome, parameter, reference) a row."""
    columns = (answer.outcomes, answer.parameters, answer.references)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def order_row(seed: int, actor: int, session: int, request_id: int) -> np.ndarray:
    """The one order, cancel or reduction that this request id stands for."""
    random = np.random.default_rng([seed, session, request_id])
    rows = rows_of(Table.ORDERS, 1)
    rows["actor"], rows["session"], rows["request_id"] = actor, session, request_id
    rows["instrument"], rows["order_type"], rows["time_in_force"] = INSTRUMENT, 1, 1
    if request_id > 3 and random.random() < 0.4:
        rows["command"] = OrderCommand.CANCEL
        rows["order_id"] = session << 40 | int(random.integers(max(1, request_id - 20), request_id))
        return rows
    rows["command"] = OrderCommand.NEW
    rows["side"] = Side.BUY if random.random() < 0.5 else Side.SELL
    rows["price_ticks"] = int(random.integers(95, 106))
    rows["quantity_lots"] = int(random.integers(1, 10))
    return rows


def _setup(session: int) -> list[tuple[Table, np.ndarray, bytes]]:
    """The operator's batches that make a market, each with keys, so that all of them can be sent at every start."""
    named = [f"trader{number}".encode() for number in TRADERS]
    participants = rows_of(Table.PARTICIPANTS, len(TRADERS))
    participants["participant_class"] = ParticipantClass.INSTITUTION
    participants["text_length"] = [len(name) for name in named]
    participants["text_start"] = np.cumsum([0, *(len(name) for name in named)])[:-1]
    book = rows_of(Table.RULE_BOOKS, 2)
    book["parameter"], book["basis"], book["value"] = [BY_KEY["trading.tick"], BY_KEY["trading.lot"]], Basis.OPERATOR, 1
    instrument = rows_of(Table.INSTRUMENTS, 1)
    instrument["rule_book"], instrument["tick_minor"], instrument["lot_units"], instrument["text_length"] = 1, 1, 1, 4
    phase = rows_of(Table.PHASES, 1)
    phase["instrument"], phase["phase"] = INSTRUMENT, Phase.CONTINUOUS
    deposits = rows_of(Table.DEPOSITS, 2 * len(TRADERS))
    deposits["participant"] = np.repeat(TRADERS, 2)
    deposits["instrument"], deposits["quantity"] = [CASH, INSTRUMENT] * len(TRADERS), 10**9
    batches = [
        (Table.PARTICIPANTS, participants, b"".join(named)),
        (Table.RULE_BOOKS, book, json.dumps({"files": {}, "name": "crash"}).encode()),
        (Table.INSTRUMENTS, instrument, b"SZEA"),
        (Table.PHASES, phase, b""),
        (Table.DEPOSITS, deposits, b""),
    ]
    last = 0
    for _, rows, _ in batches:
        rows["actor"], rows["session"] = OPERATOR, session
        rows["request_id"] = np.arange(last + 1, last + 1 + len(rows))
        last += len(rows)
    return batches


async def make_market(venue: Venue, report: Report) -> dict[int, int]:
    """Sets the market up, or finds it set up; returns the session of each trader."""
    session = await venue.session(OPERATOR, "operator")
    for table, rows, text in _setup(session):
        answer = told(await venue.submit(table, rows, text))
        assert {outcome for outcome, _, _ in answer} == {Outcome.ACCEPTED}, (table, answer)
        report(session, rows["request_id"].tolist(), answer)
    return {actor: await venue.session(actor, "trading") for actor in TRADERS}


async def trade(venue: Venue, actor: int, session: int, next_id: int, seed: int, report: Report) -> None:
    """Sends requests from `next_id` on for ever, now and then together with some that were sent before."""
    random = np.random.default_rng([seed, session, next_id, 7])
    while True:
        again = int(random.integers(1, 5)) if random.random() < 0.3 else 0
        ids = list(range(max(1, next_id - again), next_id + int(random.integers(1, ROWS_MAX - 3))))
        rows = np.concatenate([order_row(seed, actor, session, request_id) for request_id in ids])
        answer = await venue.submit(Table.ORDERS, rows)
        report(session, ids, told(answer))
        next_id = ids[-1] + 1
