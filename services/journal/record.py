"""One row of the journal: what it holds, and how it is hashed.

Promise: `checksum` covers every field of the row in one canonical form, `chain` covers the row and, through the chain
hash before it, every earlier row and the journal's own beginning. So one changed byte shows at its own row, and a
changed, inserted, removed or moved row shows at the next. Both can be computed with SHA-256 and a struct library alone.

Not promised: proof against somebody who can rewrite the whole journal and its anchor. For that, the chain hash has to
be published or kept elsewhere from time to time.

Canonical form: the tag `JJROW1`, the eight integers of `_NUMBERS` as little-endian int64, then each of the four
byte fields as its length (int64) and its bytes.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from engine.commands import ROWS, Batch, Table
from services.journal.problems import JournalDamaged

FORMAT_VERSION = 1
"""Of the tables, the canonical form and the anchor together."""

LAYOUT_VERSION = 1
"""Of every command table's row. A layout never changes: a new one is a new table (see `engine.commands`)."""

_TAG = b"JJROW1"
_NUMBERS = struct.Struct("<8q")
_LENGTH = struct.Struct("<q")


@dataclass(frozen=True, slots=True)
class Judged:
    """How far the core had come when a row was written.

    `number`: the last batch judged; `sequence`: the last event of that batch or an earlier one; `event_chain`: the
    core's hash chain over all events so far (32 bytes).
    """

    number: int
    sequence: int
    event_chain: bytes


NOTHING_JUDGED = Judged(number=0, sequence=0, event_chain=bytes(32))
"""Before the first batch."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A batch as it is about to be written.

    `rows` and `text` are the bytes the core will judge. `first_row` numbers the batch's first command over the whole
    journal, from 1. `rule_books_sha256` is over the SHA-256 values of all rule books adopted so far, in number order
    (empty before the first).
    """

    number: int
    table: int
    time_ns: int
    first_row: int
    row_count: int
    rows: bytes
    text: bytes
    rule_books_sha256: bytes
    judged: Judged
    layout_version: int = LAYOUT_VERSION

    def checksum(self) -> bytes:
        """SHA-256 of the canonical form."""
        digest = hashlib.sha256(_TAG)
        digest.update(
            _NUMBERS.pack(
                self.number,
                self.table,
                self.layout_version,
                self.time_ns,
                self.first_row,
                self.row_count,
                self.judged.number,
                self.judged.sequence,
            )
        )
        for blob in (self.rows, self.text, self.rule_books_sha256, self.judged.event_chain):
            digest.update(_LENGTH.pack(len(blob)))
            digest.update(blob)
        return digest.digest()

    def batch(self) -> Batch:
        """The batch for the core. Raises JournalDamaged where the bytes are not rows of the named table."""
        try:
            table = Table(self.table)
        except ValueError:
            raise JournalDamaged(f"table {self.table} is not known to this release", self.number) from None
        dtype = ROWS[table]
        if self.layout_version != LAYOUT_VERSION or len(self.rows) != self.row_count * dtype.itemsize:
            raise JournalDamaged(
                f"{len(self.rows)} bytes in layout {self.layout_version} are not {self.row_count} rows of {table.name} "
                f"({dtype.itemsize} bytes each in layout {LAYOUT_VERSION})",
                self.number,
            )
        # A writable copy: kernels are compiled for writable arrays, and a read-only one would be another compile.
        return Batch(table, self.time_ns, np.frombuffer(bytearray(self.rows), dtype), self.text)


@dataclass(frozen=True, slots=True)
class Record:
    """An entry with its two hashes, as stored."""

    entry: Entry
    checksum: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: number of the last batch (0: none) and its chain hash."""

    number: int
    chain: bytes


def genesis_chain(journal_id: bytes, created_ns: int) -> bytes:
    """The chain hash before the first batch: tells one journal from another."""
    return hashlib.sha256(b"JJGENESIS1" + journal_id + _LENGTH.pack(created_ns)).digest()


def next_chain(previous_chain: bytes, checksum: bytes) -> bytes:
    """The chain hash of a row from the one before it and the row's own checksum."""
    return hashlib.sha256(previous_chain + checksum).digest()


def seal(entry: Entry, previous_chain: bytes) -> Record:
    """The entry with its hashes, following `previous_chain`."""
    checksum = entry.checksum()
    return Record(entry, checksum, next_chain(previous_chain, checksum))


def faults(record: Record, before: Head) -> list[str]:
    """What is wrong with a stored row that should follow `before`; empty when nothing is."""
    found = []
    if record.entry.number != before.number + 1:
        missing = before.number + 1
        found.append(f"follows batch {before.number}: batch {missing} is missing")
    if record.checksum != record.entry.checksum():
        found.append("its checksum does not match its fields")
    if record.chain != next_chain(before.chain, record.checksum):
        found.append(f"its chain hash does not follow from batch {before.number}")
    return found
