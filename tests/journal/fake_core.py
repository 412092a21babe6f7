"""A small core with the real one's face: sessions, request ids and orders that are counted, nothing else.

It is there so that tests of the journal and the sequencer can make a core refuse, fail or differ at will.
"""

from __future__ import annotations

import hashlib

import numpy as np

from engine.answers import answers_of
from engine.commands import Batch, Table
from engine.events import EVENT, EventKind
from engine.outcomes import Outcome
from engine.views import Applied

REFUSED_PRICE = 13
FAILING_PRICE = 666


class CoreFailed(RuntimeError):
    """What the fake core raises on `FAILING_PRICE`."""


class FakeCore:
    """Accepts what it gets; every row is one event."""

    def __init__(self, twist: int = 0) -> None:
        """`twist` other than 0 makes the events differ: another release with a defect."""
        self.next_sequence = 1
        self.event_chain = bytes(32)
        self.batches: list[tuple[int, bytes, bytes]] = []
        self.owners: dict[int, int] = {}
        self.last_ids: dict[int, int] = {}
        self.accepted: list[int] = []
        self._twist = twist
        self._state = hashlib.sha256()

    def apply(self, batch: Batch) -> Applied:
        if batch.table is Table.ORDERS and (batch.rows["price_ticks"] == FAILING_PRICE).any():
            raise CoreFailed("a defect")
        count = len(batch.rows)
        events = np.zeros(count, EVENT)
        events["row"] = np.arange(count)
        outcomes = np.zeros(count, np.uint16)
        references = np.zeros(count, np.int64)
        for row in range(count):
            outcomes[row], references[row] = self._judge(batch, row, events[row : row + 1])
        events["outcome"] = outcomes
        first = self.next_sequence
        self.next_sequence += count
        self.event_chain = hashlib.sha256(self.event_chain + events.tobytes()).digest()
        self.batches.append((int(batch.table), batch.rows.tobytes(), batch.text))
        self._state.update(batch.rows.tobytes() + batch.text + batch.time_ns.to_bytes(8, "little") + outcomes.tobytes())
        return Applied(first, events, answers_of(outcomes, np.zeros(count, np.uint16), references))

    def void(self, batch: Batch) -> Applied:
        raise NotImplementedError

    def digest(self) -> str:
        return self._state.hexdigest()

    def _judge(self, batch: Batch, row: int, event: np.ndarray) -> tuple[int, int]:
        actor, session, request_id = (int(batch.rows[name][row]) for name in ("actor", "session", "request_id"))
        event["kind"] = EventKind.REFUSED
        event["participant"] = actor
        if session:
            if self.owners.get(session) != actor:
                return int(Outcome.SESSION_NOT_OF_ACTOR), 0
            if request_id <= self.last_ids.get(session, 0):
                return int(Outcome.REQUEST_ID_NOT_INCREASING), 0
            self.last_ids[session] = request_id
        if batch.table is Table.SESSIONS:
            number = len(self.owners) + 1
            self.owners[number] = actor
            event["kind"], event["reference"] = EventKind.SESSION_OPENED, number
            return 0, number
        if batch.table is Table.RULE_BOOKS:
            event["kind"] = EventKind.RULE_BOOK_ADOPTED
            return 0, 1
        if batch.table is Table.ORDERS:
            identity = session << 40 | request_id
            if int(batch.rows["price_ticks"][row]) == REFUSED_PRICE:
                return int(Outcome.CASH_INSUFFICIENT), identity
            self.accepted.append(identity)
            event["kind"], event["order_id"] = EventKind.ORDER_ACCEPTED, identity
            event["quantity_lots"] = int(batch.rows["quantity_lots"][row]) + self._twist
            return 0, identity
        event["kind"] = EventKind.PARTICIPANT_REGISTERED
        return 0, row + 1
