"""What every part of a drawn world shares: who there is, the next request key of everybody, and how rows are sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.commands import Table, rows_of
from services.clock import SetClock
from services.sequencer import Answer
from tests.simulation.auditor import Auditor

DAY_NS = 86_400_000_000_000
BEGIN_NS = 19_700 * DAY_NS
OPERATOR, MEMBERS, SECOND, GOVERNMENT = 1, range(2, 6), 6, 7
"""Participants by number: the first operator, who trades, the second operator, the authority."""

INSTRUMENT, TICK_VALUE, BLOCK_MINIMUM = 1, 3, 5


@dataclass(frozen=True, eq=False)
class Sent:
    """One submission, ready to be sent again."""

    table: Table
    rows: np.ndarray
    text: bytes = b""
    names: tuple[str, ...] = ()


class Sending(ABC):
    """The common part of all drawing."""

    def __init__(self, seed: int, auditor: Auditor, root: Path) -> None:
        self.random = np.random.default_rng(seed)
        self.clock = SetClock(BEGIN_NS)
        self.auditor = auditor
        self.seen: Counter[str] = Counter()
        self.sessions: dict[int, int] = {}
        self._last_ids: Counter[int] = Counter()
        self.folder, self.root, self.lives = root / "life0", root, 0
        self.answered: list[tuple[Sent, Answer]] = []
        self.order_ids: list[int] = []
        self.offer_ids: list[int] = []
        self.round_names = 0

    @abstractmethod
    async def send(self, sent: Sent) -> Answer:
        """Sends, restarts the venue when it fails, and lets the auditor look at what came of it."""

    def rows(self, actor: int, table: Table, count: int = 1, **columns: object) -> np.ndarray:
        """Rows of an actor with its next request ids; now and then one id is left out."""
        rows = rows_of(table, count)
        rows["actor"], rows["session"] = actor, self.sessions[actor]
        first = self._last_ids[actor] + 1 + int(self.random.integers(0, 2))
        rows["request_id"] = np.arange(first, first + count)
        self._last_ids[actor] = first + count - 1
        for name, value in columns.items():
            rows[name] = value
        return rows

    def named(self, table: Table, rows: np.ndarray, text: str) -> Sent:
        """One row with a text."""
        rows["text_length"] = len(text.encode())
        return Sent(table, rows, text.encode(), (text,))

    def one(self, *choices: object) -> object:
        return choices[int(self.random.integers(len(choices)))]

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def member(self) -> int:
        """A member; now and then an operator, who may not trade."""
        return SECOND if self.chance(0.05) else int(self.random.choice(MEMBERS))

    def operator(self) -> int:
        """One of the two operators; now and then somebody who is none."""
        return int(self.random.choice(MEMBERS)) if self.chance(0.03) else int(self.random.choice((OPERATOR, SECOND)))
