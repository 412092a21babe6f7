"""What a data base must offer to hold a journal.

The embedded store is `services.journal.sqlite`; a PostgreSQL one would carry the same tables behind the same methods.
A store keeps rows; it knows nothing of chains, anchors or cores (`services.journal.journal` does). What is derived from
the batches (`KeySpan`, `Answers`, `Checkpoint`) is stored beside them so that a repeat is answered without a replay; a
replay recomputes every one of them and compares.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from services.journal.record import Record


@dataclass(frozen=True, slots=True)
class Identity:
    """Which journal this is: 32 random bytes and its time of creation (ns UTC)."""

    format_version: int
    journal_id: bytes
    created_ns: int


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Batch `number` holds rows of this actor's session with request ids from `first` to `last` (not always all)."""

    actor: int
    session: int
    first_request_id: int
    last_request_id: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the rows of batch `number` were told (1-d array of `ANSWER`), and the events it caused."""

    number: int
    first_sequence: int
    event_count: int
    rows: np.ndarray

    def checksum(self) -> bytes:
        """SHA-256 over the fields."""
        numbers = struct.pack("<3q", self.number, self.first_sequence, self.event_count)
        return hashlib.sha256(b"JJANSWR1" + numbers + self.rows.tobytes()).digest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state after batch `number`: its last event, the event chain, and the digest by meaning (hex)."""

    number: int
    sequence: int
    event_chain: bytes
    state_digest: str

    def checksum(self) -> bytes:
        """SHA-256 over the fields: tells damage from a result that differs."""
        numbers = struct.pack("<2q", self.number, self.sequence)
        return hashlib.sha256(b"JJCHECK1" + numbers + self.event_chain + self.state_digest.encode()).digest()


@dataclass(frozen=True, slots=True)
class Start:
    """A writer opened the journal when `number` was the last batch."""

    number: int
    time_ns: int
    release: str


@dataclass(slots=True)
class Addition:
    """What one transaction adds. Answers and checkpoints belong to earlier batches: they come with the next commit."""

    records: Sequence[Record] = ()
    spans: Sequence[KeySpan] = ()
    answers: Sequence[Answers] = ()
    checkpoints: Sequence[Checkpoint] = ()
    starts: Sequence[Start] = field(default=())

    def __bool__(self) -> bool:
        return any((self.records, self.spans, self.answers, self.checkpoints, self.starts))


class JournalStore(Protocol):
    """Append-only tables. Reading raises JournalDamaged where what is stored cannot be read."""

    def describe(self) -> str:
        """One line for the operator: kind, version and the durability settings as read back."""

    def identity(self) -> Identity:
        """Which journal this is."""

    def append(self, addition: Addition) -> None:
        """Adds everything in one transaction; durable when it returns. Any exception: nothing more may be written."""

    def last_number(self) -> int:
        """The number of the last batch; 0 when there is none."""

    def read(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` rows with numbers above `after`, ascending; fewer when they are large, none at the end."""

    def read_table(self, table: int) -> list[Record]:
        """All rows of one command table, ascending: for tables that have few. Linear in the journal."""

    def find_span(self, actor: int, session: int, request_id: int) -> KeySpan | None:
        """The span of ids that contains `request_id`. One look-up in an index."""

    def count_spans(self) -> int:
        """How many spans there are."""

    def read_spans(self, after: tuple[int, int, int], limit: int) -> list[KeySpan]:
        """Up to `limit` spans whose (actor, session, last request id) is above `after`, ascending."""

    def last_ids(self, number: int) -> dict[int, int]:
        """The last request id of each session in batches up to `number`. Linear in the spans."""

    def answers(self, number: int) -> Answers | None:
        """What batch `number` was told; None when that is not stored yet. JournalDamaged on a wrong checksum."""

    def read_answers(self, after: int, limit: int) -> list[Callable[[], Answers]]:
        """As `answers`, for up to `limit` batches above `after` (fewer of large ones); each raises when called."""

    def checkpoint_numbers(self) -> set[int]:
        """The batches with a checkpoint after them."""

    def last_answered(self) -> int:
        """The last batch whose answers are stored; 0 when there is none."""

    def checkpoint(self, number: int) -> Checkpoint | None:
        """The checkpoint after batch `number`, if one was written. Raises JournalDamaged on a wrong checksum."""

    def start_before(self, number: int) -> Start | None:
        """The start of the writer that wrote batch `number`."""

    def inspect(self) -> list[str]:
        """The data base's own check of itself: what it found, empty when nothing."""

    def close(self) -> None:
        """Lets go of everything, leaving the files tidy."""

    def abandon(self) -> None:
        """Lets go after a failed write and changes no file: what is there is for the next opening to judge."""
