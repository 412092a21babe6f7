"""Snapshots of a running venue: when one is taken, how it comes to count, and how a start uses it.

A snapshot is taken on the event loop by copying (the record's bytes, and what rooms keep beside it); everything else
happens in a thread of its own. Before it counts it has been read back into a second core, whose digest becomes the
journal's checkpoint after that batch; it gets its name only when the commit with that checkpoint, and with the answers
of all batches up to it, is durable. So whatever is found under a snapshot's name agrees with the journal.

A snapshot that cannot be written is told and left: nothing depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine import jit
from engine.core import Core
from engine.events import EVENT
from engine.snapshot import Dump, decode, encode
from services.journal.journal import Journal
from services.journal.problems import JournalDamaged
from services.journal.record import Head
from services.journal.replay import Base, judged
from services.journal.snapshot import FORMAT_VERSION, Folder, Header, Unusable, pack, unpack
from services.journal.store import Checkpoint
from services.sequencer.trail import Trail

KEPT = 2
"""Snapshots that stay: when the last one turns out to be damaged, the one before it serves."""

_SLICE = 2_048
_Result = TypeVar("_Result")
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Taken:
    """A venue as it stood after one batch: what the header says, the core, and the events still kept."""

    header: Header
    dump: Dump
    feed: tuple[list[int], list[np.ndarray]]


class Snapshots:
    """The snapshots of one journal and one core; `tell` gets a line for whatever an operator should know."""

    def __init__(self, journal_folder: Path, core: Core, tell: Tell = lambda line: None) -> None:
        self.tell = tell
        self.folder = Folder(journal_folder)
        self.build = jit.source_hash("engine.core")
        self.busy = False
        self._core = core
        self._copy = Core(core.capacity)
        self._good: list[int] = []
        self._written = 0
        # Every page of the copy is touched now, so that the first taking is as quick as the others.
        self._copy.restore(core.dump(self._copy.memory))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="snapshot")

    # -- taking and writing ----------------------------------------------------------------------------------------

    def take(self, journal: Journal, trail: Trail, head: Head, rows: int) -> Taken:
        """Copies the venue as it stands, after the batch `head`. On the event loop; stops it while it copies."""
        self.busy = True
        now = judged(self._core, head.number)
        header = Header(
            format_version=FORMAT_VERSION,
            journal=journal.genesis.chain.hex(),
            number=head.number,
            chain=head.chain.hex(),
            rows=rows,
            time_ns=self._core.time_ns,
            sequence=now.sequence,
            event_chain=now.event_chain.hex(),
            state_digest="",
            build=self.build,
            capacity=self._core.capacity.name,
            adoptions=trail.adoptions(head.number),
        )
        return Taken(header, self._core.dump(self._copy.memory), trail.feed.chunks())

    def write(self, taken: Taken, expected: Checkpoint | None = None) -> Checkpoint:
        """Reads the copy back as a core, takes its digest and puts the file on the disk, not yet under its name.

        Returns the checkpoint to be journalled, also when the file could not be written. `expected`: the core's own
        digest, where it was taken; another one is told, and the copy not written. Runs aside.
        """
        self._copy.restore(taken.dump)
        header = taken.header.model_copy(update={"state_digest": self._copy.digest()})
        checkpoint = Checkpoint(header.number, header.sequence, bytes.fromhex(header.event_chain), header.state_digest)
        if expected is not None and checkpoint != expected:
            self.tell(f"the copy of the core after batch {header.number} is not like the core; it is not kept")
            return expected
        text, arrays = encode(taken.dump)
        parts = [text, *_feed_parts(*taken.feed), *(array.reshape(-1).view(np.uint8).data for array in arrays)]
        try:
            self.folder.write(header.number, pack(header, parts))
            self._written = header.number
        except OSError as error:
            self.tell(f"the snapshot after batch {header.number} could not be written ({error}); the next one is tried")
        return checkpoint

    def committed(self, number: int) -> None:
        """The checkpoint after batch `number` is durable: what was written for it gets its name, aside."""
        self._thread.submit(self.publish, number)

    def publish(self, number: int) -> None:
        """Gives a written snapshot its name, and removes those that are no longer needed. Runs aside."""
        self.busy = False
        if number != self._written:
            return
        try:
            self.folder.publish(number)
            self._good = [number, *self._good][:KEPT]
            self.folder.keep_only(set(self._good))
        except OSError as error:
            self.tell(f"the snapshot after batch {number} could not be kept ({error}); the next one is tried")

    async def aside(self, work: Callable[[], _Result]) -> _Result:
        """Runs `write` in the thread of the snapshots."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Lets go of the thread."""
        self._thread.shutdown()

    # -- reading -----------------------------------------------------------------------------------------------------

    def load(self, journal: Journal, trail: Trail) -> Base | None:
        """Restores core and trail from the latest snapshot that can be used; None, and both untouched, without one.

        Says of every snapshot that is left why it is left.
        """
        empty = None
        for number in self.folder.numbers():
            try:
                header, parts = self._read(number, journal)
                if empty is None:
                    empty = self._core.dump()
                base = self._restore(header, parts, journal, trail)
            except (Unusable, ValueError, OSError, JournalDamaged) as error:
                if empty is not None:
                    self._core.restore(empty)
                self.tell(f"the snapshot after batch {number} is not used: {error}")
            else:
                self._good = [kept for kept in self.folder.numbers() if kept <= number][:KEPT]
                return base
        return None

    def _read(self, number: int, journal: Journal) -> tuple[Header, list[bytes]]:
        header, parts = unpack(memoryview(self.folder.file(number).read_bytes()))
        for found, wanted, what in (
            (header.journal, journal.genesis.chain.hex(), "it belongs to another journal"),
            (header.number, number, f"it follows batch {header.number}, not the one of its name"),
            (
                header.build,
                self.build,
                "another build of the engine wrote it (each start of a new build replays whole)",
            ),
            (header.capacity, self._core.capacity.name, f"it is of capacity {header.capacity!r}"),
        ):
            if found != wanted:
                raise Unusable(what)
        return header, parts

    def _restore(self, header: Header, parts: list[bytes], journal: Journal, trail: Trail) -> Base:
        """Core and trail as the snapshot says, held against the journal. Raises when they do not agree."""
        base = Base(Head(header.number, bytes.fromhex(header.chain)), header.rows, header.time_ns)
        records = journal.store.read(header.number - 1, 1) if 0 < header.number <= journal.head.number else []
        if not records or Head(records[0].entry.number, records[0].chain) != base.head:
            raise Unusable("the journal has no batch with its number and chain hash")
        last_ids = journal.store.last_ids(header.number)
        checkpoint = journal.store.checkpoint(header.number)
        text, firsts, events, *arrays = parts
        self._core.restore(decode(text, arrays))
        now = judged(self._core, header.number)
        restored = Checkpoint(now.number, now.sequence, now.event_chain, self._core.digest())
        if checkpoint != restored or journal.store.last_answered() < header.number:
            raise Unusable("its state is not the one that the journal notes after that batch")
        sessions = self._core.sessions()
        if any(last_ids.get(session.number, 0) != session.last_request_id for session in sessions):
            raise Unusable("the journal's index of request ids does not agree with it")
        trail.restore(
            base,
            owners={session.number: session.participant for session in sessions},
            last_ids=last_ids,
            adoptions=header.adoptions,
            chunks=_chunks(firsts, events),
            next_sequence=self._core.next_sequence,
        )
        return base


def _feed_parts(firsts: list[int], chunks: list[np.ndarray]) -> tuple[memoryview | bytes, memoryview | bytes]:
    """First sequences and events of the feed's chunks, put together in slices so that other threads get their turn."""
    if not firsts:
        return b"", b""
    places = range(0, len(firsts), _SLICE)
    starts = np.concatenate([np.array(firsts[at : at + _SLICE], "<i8") for at in places])
    events = np.concatenate([np.concatenate(chunks[at : at + _SLICE]) for at in places])
    return starts.view(np.uint8).data, events.view(np.uint8).data


def _chunks(firsts: bytes, events: bytes) -> list[tuple[int, np.ndarray]]:
    """The other way round: read-only chunks."""
    starts, rows = np.frombuffer(firsts, "<i8"), np.frombuffer(events, EVENT)
    if not len(starts):
        return []
    return list(zip(starts.tolist(), np.split(rows, (starts[1:] - starts[0]).tolist()), strict=True))
