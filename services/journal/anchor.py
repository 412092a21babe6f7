"""The anchor: the head of the chain, kept beside the journal, written after each commit and before any answer.

Why: a data base that finds a damaged page at the end of its log takes it for an interrupted write and drops it with
all that follows, silently, and what is left is a whole, shorter journal. The anchor says how long it was.

Promise: after `write` returns, `read` gives that head or a later one, whatever happens to the machine. The file has
two slots, each in a block of its own, written in turn: while one is being written the other still holds the head
before. A slot carries its own checksum, so an interrupted write is recognised and the other slot counts. The file has
its full length from the beginning, so writing changes no metadata and one `fdatasync` makes it durable.

Not promised: anything about what lies after the head. Batches that were committed but not yet anchored when the
machine stopped were never answered; they are kept.
"""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from services.journal.files import sync_folder
from services.journal.problems import JournalDamaged
from services.journal.record import Head

SLOT_BYTES = 4096
"""A slot's block: no write to one slot can tear the other."""

_MAGIC = b"JJANCHR1"
_FIELDS = struct.Struct("<8s32sq32s")
_USED = _FIELDS.size + 32


@dataclass(frozen=True)
class Reading:
    """What an anchor file says: its head, and how many of its two slots are not readable."""

    head: Head
    torn_slots: int


def _slot(genesis: bytes, head: Head) -> bytes:
    fields = _FIELDS.pack(_MAGIC, genesis, head.number, head.chain)
    return fields + hashlib.sha256(fields).digest()


def _parse(slot: bytes) -> tuple[bytes, Head] | None:
    fields = slot[: _FIELDS.size]
    if len(slot) < _USED or hashlib.sha256(fields).digest() != slot[_FIELDS.size : _USED]:
        return None
    magic, genesis, number, chain = _FIELDS.unpack(fields)
    return (genesis, Head(number, chain)) if magic == _MAGIC else None


def read_anchor(path: Path, genesis: bytes) -> Reading | None:
    """The head the anchor holds; None when there is no file, or one whose first write never got through.

    Raises JournalDamaged when neither slot can be read, or when it belongs to another journal than `genesis`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if not any(content):
        return None
    blocks = [content[start : start + SLOT_BYTES] for start in (0, SLOT_BYTES)]
    slots = [_parse(block) for block in blocks]
    readable = [slot for slot in slots if slot is not None]
    if not readable and not all(any(block) for block in blocks):
        # The very first write did not get through. Both slots are written before any batch is.
        return None
    if not readable:
        raise JournalDamaged(f"neither slot of the anchor {path.name} can be read")
    if any(owner != genesis for owner, _ in readable):
        raise JournalDamaged(f"the anchor {path.name} belongs to another journal")
    return Reading(max((head for _, head in readable), key=lambda head: head.number), 2 - len(readable))


class Anchor:
    """The anchor of a journal that is being written. One writer at a time (the journal's lock sees to it)."""

    def __init__(self, path: Path, genesis: bytes, head: Head) -> None:
        """Opens or creates the file and writes `head` into both slots, so that neither is torn from here on."""
        self._genesis = genesis
        self._turn = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            if os.fstat(self._file).st_size < 2 * SLOT_BYTES:
                os.ftruncate(self._file, 2 * SLOT_BYTES)
                os.fsync(self._file)
                sync_folder(path.parent)
            before = read_anchor(path, genesis)
            # The slot that does not hold the head goes first: at every moment one slot holds the head.
            if before is not None and self._slot_of(before.head) == 0:
                self._turn = 1
            self.write(head)
            self.write(head)
        except BaseException:
            self.close()
            raise

    def write(self, head: Head) -> None:
        """Makes `head` durable. Costs one write of 112 bytes and one sync. Raises OSError: then stop writing."""
        slot = _slot(self._genesis, head)
        if os.pwrite(self._file, slot, self._turn * SLOT_BYTES) != len(slot):
            raise OSError("the anchor's slot was written in part only")
        os.fdatasync(self._file)
        self._turn = 1 - self._turn

    def close(self) -> None:
        """Closes the file; nothing is pending."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _slot_of(self, head: Head) -> int | None:
        for turn in (0, 1):
            parsed = _parse(os.pread(self._file, SLOT_BYTES, turn * SLOT_BYTES))
            if parsed is not None and parsed[1] == head:
                return turn
        return None
