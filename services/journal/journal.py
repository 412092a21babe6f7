"""A journal: a store, the chain over its rows, and the anchor beside it.

Promise: when `append` returns, its batches are on the disk, chained to everything before them, and the anchor says so;
only then may anybody be answered. After an exception in `append` nothing more is ever written by this object: what
did and did not reach the disk is only known after the next start, and the batches concerned were never answered.

Opening looks at the two ends only (identity, head against anchor): the rows between are checked by reading them
(`records`), which a start does while it replays.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from services.clock import Clock
from services.journal.anchor import Anchor, Reading, read_anchor
from services.journal.files import ANCHOR, DATABASE, WriterLock
from services.journal.problems import JournalDamaged, JournalError, WriteFailed
from services.journal.record import FORMAT_VERSION, Entry, Head, Record, faults, genesis_chain, seal
from services.journal.sqlite import PAGE_BYTES, SqliteStore
from services.journal.store import Addition, Identity, JournalStore, Start

READ_ROWS = 512
"""Rows fetched at a time; each fetch is a transaction of its own, so a long reading never holds the log up."""


def release() -> str:
    """The release that is running, as it is written into the journal."""
    return f"jingjia {version('jingjia')}"


class Journal:
    """One journal, open for writing (`open`) or for reading (`open_for_reading`). Not for several threads at once."""

    def __init__(
        self,
        store: JournalStore,
        anchored: Reading | None,
        lock: WriterLock | None,
        make_anchor: Callable[[Head], Anchor],
    ) -> None:
        """Use `open` or `open_for_reading`."""
        self.store = store
        self.identity = store.identity()
        self.genesis = Head(0, genesis_chain(self.identity.journal_id, self.identity.created_ns))
        self.anchored = anchored
        self.head = self._head_of_store()
        self._lock = lock
        self._make_anchor = make_anchor
        self._anchor: Anchor | None = None
        self._broken: str | None = None
        self._check_ends()

    # Opening

    @classmethod
    def open(cls, folder: Path, *, clock: Clock, page_bytes: int = PAGE_BYTES) -> Journal:
        """Opens the journal in `folder` for writing; creates folder and journal where there is none.

        Raises JournalInUse, JournalDamaged (too short, unreadable, of another anchor), JournalError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(folder)
        try:
            if not (folder / DATABASE).exists() or SqliteStore.is_unfinished(folder):
                _refuse_orphaned_anchor(folder)
                created = Identity(FORMAT_VERSION, secrets.token_bytes(32), clock())
                try:
                    SqliteStore.create(folder, created, page_bytes)
                except Exception as error:
                    raise WriteFailed("its first page", error) from error
            store = SqliteStore.open(folder)
            try:
                store.add_layouts()
                journal = cls(*_with_anchor(store, folder), lock, _anchor_maker(store, folder))
                journal._check_anchored_row()
                return journal
            except BaseException:
                store.close()
                raise
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_for_reading(cls, folder: Path) -> Journal:
        """Opens the journal in `folder` for reading, beside its writer or not. Raises NoJournal, JournalDamaged."""
        store = SqliteStore.open_for_reading(folder)
        try:
            # The anchor before the head: what a writer adds in between puts the journal ahead, never behind.
            return cls(*_with_anchor(store, folder), None, _no_anchor)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Closes store and anchor and frees the folder; after a failed write every file is left as it is."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        if self._broken is None:
            self.store.close()
        else:
            self.store.abandon()
        if self._lock is not None:
            self._lock.release()

    # Writing

    def begin(self, time_ns: int, addition: Addition) -> None:
        """Starts writing a journal that was checked by reading it: the anchor goes to the head, the start is noted.

        `addition` carries derived rows that were missing.
        """
        if self._lock is None:
            raise JournalError("This journal was opened for reading.")
        try:
            self._anchor = self._make_anchor(self.head)
        except OSError as error:
            raise WriteFailed("its anchor", error) from error
        addition.starts = [Start(self.head.number, time_ns, release())]
        self.append((), addition)

    def append(self, entries: Sequence[Entry], addition: Addition) -> list[Record]:
        """Makes the batches `entries` durable, with what else `addition` carries (its records are replaced).

        `entries` carry the numbers after the head, in order. One commit and one write of the anchor, each with its
        sync. Returns the rows as written. Raises WriteFailed, and from then on JournalError.
        """
        if self._broken is not None or self._anchor is None:
            raise JournalError(self._broken or "The journal is not open for writing: `begin` was not called.")
        self._broken = "An earlier write failed; nothing more is written until the journal is opened and checked again."
        head = self.head
        records: list[Record] = []
        for entry in entries:
            if entry.number != head.number + 1:
                raise JournalError(f"Batch {entry.number} cannot follow batch {head.number}.")
            record = seal(entry, head.chain)
            head = Head(entry.number, record.chain)
            records.append(record)
        addition.records = records
        try:
            self.store.append(addition)
            if records:
                self._anchor.write(head)
        except Exception as error:
            what = (
                f"batches {records[0].entry.number} to {head.number}" if records else "what its last batches were told"
            )
            raise WriteFailed(what, error) from error
        self.head = head
        self._broken = None
        return records

    # Reading

    def records(self, last: int | None = None, after: Head | None = None) -> Iterator[Record]:
        """All rows in order up to batch `last`, each checked: number, checksum, chain, and the anchor's hash.

        `after`: a row that was checked before; those behind it are read.

        Raises JournalDamaged naming the first row that is not what was written, or that is missing.
        """
        head = after or self.genesis
        self._check_against_anchor(head)
        last = self.head.number if last is None else min(last, self.head.number)
        while head.number < last:
            records = self.store.read(head.number, min(READ_ROWS, last - head.number))
            if not records:
                raise JournalDamaged("it is missing", head.number + 1)
            for record in records:
                found = faults(record, head)
                if found:
                    raise JournalDamaged("; ".join(found), head.number + 1)
                head = Head(record.entry.number, record.chain)
                self._check_against_anchor(head)
                yield record

    def _check_against_anchor(self, head: Head) -> None:
        if self.anchored is not None and head.number == self.anchored.head.number and head != self.anchored.head:
            raise JournalDamaged("its chain hash is not the one the anchor holds", head.number)

    def _head_of_store(self) -> Head:
        number = self.store.last_number()
        if number < 1:
            return self.genesis
        records = self.store.read(number - 1, 1)
        if not records or records[0].entry.number != number:
            raise JournalDamaged("it cannot be read back", number)
        return Head(number, records[0].chain)

    def _check_ends(self) -> None:
        if self.anchored is None:
            if self.head.number:
                raise JournalDamaged(f"the anchor {ANCHOR} is gone, but there are {self.head.number} batches")
            return
        end = self.anchored.head
        if end.number > self.head.number:
            raise JournalDamaged(
                f"the journal ends with batch {self.head.number}, but batch {end.number} was durable: "
                f"{end.number - self.head.number} acknowledged batches are gone",
                self.head.number + 1,
            )
        self._check_against_anchor(self.head)

    def _check_anchored_row(self) -> None:
        """Without reading all rows: the row the anchor names is there and is the one it means."""
        if self.anchored is None or self.anchored.head.number < 1:
            return
        records = self.store.read(self.anchored.head.number - 1, 1)
        if not records:
            raise JournalDamaged("the anchor names it, but it is missing", self.anchored.head.number)
        self._check_against_anchor(Head(records[0].entry.number, records[0].chain))


def _with_anchor(store: SqliteStore, folder: Path) -> tuple[SqliteStore, Reading | None]:
    identity = store.identity()
    return store, read_anchor(folder / ANCHOR, genesis_chain(identity.journal_id, identity.created_ns))


def _anchor_maker(store: SqliteStore, folder: Path) -> Callable[[Head], Anchor]:
    identity = store.identity()
    genesis = genesis_chain(identity.journal_id, identity.created_ns)
    return lambda head: Anchor(folder / ANCHOR, genesis, head)


def _no_anchor(head: Head) -> Anchor:
    raise JournalError(f"This journal was opened for reading (at batch {head.number}).")


def _refuse_orphaned_anchor(folder: Path) -> None:
    """A journal is created only where there was none: an anchor that was written to says that there was one."""
    anchor = folder / ANCHOR
    if anchor.exists() and any(anchor.read_bytes()):
        raise JournalDamaged(f"{anchor.name} is there, but its journal {DATABASE} is missing or empty")
