"""From bids to commitments and back: the way of a bid in a round whose bids are committed to.

1. `commit`   bid and salt go to the sealed store and are on the disk; then the commitment is sequenced and judged
2. `reveal`   once the round is closed, all its commitments are opened in one batch

A crash after 1. in the store leaves a bid there that nobody counts; the member sends it again and gets the same
commitment. A crash between close and reveal is made good by the next start. What the store cannot open is not
revealed: the round stays closed and unrevealed, and `tell` says so.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.commands import Table, order_id, rows_of
from engine.core import Core
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid, to_words
from services.sealing.store import SealedStore, StoreDamaged
from services.sequencer.outcomes import Answer, Stopped
from services.sequencer.sequencer import Sequencer

_FIRST_OPERATOR = 1

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class SealedEntry:
    """What a member gets for a bid that was committed to: with bid and salt it can check the commitment itself."""

    bid_id: int
    commitment: bytes
    salt: bytes


class SealingDesk:
    """The sealed store of one venue, and what goes in and out. Used in one event loop; the store has a thread."""

    def __init__(self, folder: Path, sequencer: Sequencer[Core], tell: Callable[[str], None]) -> None:
        self._folder, self._sequencer, self._tell = folder, sequencer, tell
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sealing")
        self._store: SealedStore | None = None

    async def start(self) -> None:
        """Opens the store where one is needed, and reveals what closed rounds still wait for."""
        for view in self._sequencer.core.rounds():
            if view.unrevealed and view.stage == "closed":
                await self.reveal(view.number, _FIRST_OPERATOR)

    def close(self) -> None:
        """Closes the store once what is under way is done."""
        self._thread.shutdown(wait=True)
        if self._store is not None:
            self._store.close()

    def seals(self, round_number: int) -> bool:
        """Whether bids of a round are committed to; False for a round that does not exist."""
        return self._sequencer.core.takes_commitments(round_number)

    # -- bids ----------------------------------------------------------------------------------------------------

    async def commit(self, bids: np.ndarray, replaces: int = 0) -> tuple[Answer, list[SealedEntry]]:
        """Commits to rows of BIDS in rounds that are sealed; what they were told, and what each member keeps.

        Raises what `Sequencer.submit` raises, and Stopped when the store cannot keep the bids.
        """
        plain = [
            PlainBid(
                int(row["round_number"]),
                int(row["actor"]),
                order_id(int(row["session"]), int(row["request_id"])),
                int(row["price_ticks"]),
                int(row["quantity_lots"]),
            )
            for row in bids
        ]
        salts = await self._in_store(lambda store: store.seal(plain))
        entries = [
            SealedEntry(bid.bid_id, commitment_of_bid(bid, salt), salt) for bid, salt in zip(plain, salts, strict=True)
        ]
        rows = rows_of(Table.COMMITMENTS, len(bids))
        for name in ("actor", "session", "request_id", "round_number"):
            rows[name] = bids[name]
        rows["replaces"] = replaces
        words = np.array([to_words(entry.commitment) for entry in entries], np.int64)
        for place in range(4):
            rows[f"hash_{place + 1}"] = words[:, place]
        return await self._sequencer.submit(Table.COMMITMENTS, rows), entries

    async def entries_of(self, round_number: int, bidder: int) -> list[SealedEntry]:
        """What a bidder keeps of its live commitments in a round."""
        own = [c for c in self._sequencer.core.commitments(round_number) if c.bidder == bidder]
        if not own:
            return []
        found = await self._in_store(lambda store: store.opened([c.sha256 for c in own]))
        return [SealedEntry(c.bid, c.sha256, opened[1]) for c, opened in zip(own, found, strict=True) if opened]

    # -- the reveal ----------------------------------------------------------------------------------------------

    async def reveal(self, round_number: int, actor: int) -> Answer | None:
        """Reveals a closed round's bids in one batch; None when there is nothing to reveal, or the store cannot.

        `actor`: the operator in whose name it is done.
        """
        core = self._sequencer.core
        views = core.rounds()
        if not 1 <= round_number <= len(views) or not views[round_number - 1].unrevealed:
            return None
        commitments = core.commitments(round_number)
        try:
            found = await self._in_store(lambda store: store.opened([c.sha256 for c in commitments]))
        except Stopped as error:
            self._tell(f"round {round_number} cannot be revealed: {error}")
            return None
        opened = [pair for pair in found if pair is not None]
        if len(opened) < len(commitments):
            lost = [c.bid for c, pair in zip(commitments, found, strict=True) if pair is None]
            self._tell(
                f"round {round_number} cannot be revealed: the sealed store lacks {len(lost)} of {len(commitments)} "
                f"bids, the first of them {lost[0]}; restore {self._folder}, or cancel the round"
            )
            return None
        return await self._sequencer.submit(Table.REVEALS, _reveal_rows(opened, actor))

    async def secret_of(self, round_number: int) -> bytes:
        """The secret of a round's receipts, made where there is none. Raises Stopped."""
        return await self._in_store(lambda store: store.make_secret(round_number))

    # -- within --------------------------------------------------------------------------------------------------

    async def _in_store(self, work: Callable[[SealedStore], _Result]) -> _Result:
        def run() -> _Result:
            if self._store is None:
                self._store = SealedStore.open(self._folder)
            return work(self._store)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, run)
        except (StoreDamaged, sqlite3.Error, OSError) as error:
            raise Stopped(f"The sealed store failed: {error}") from error


def _reveal_rows(opened: Sequence[tuple[PlainBid, bytes]], actor: int) -> np.ndarray:
    rows = rows_of(Table.REVEALS, len(opened))
    rows["actor"] = actor
    rows["round_number"] = [bid.round_number for bid, _ in opened]
    rows["target"] = [bid.bid_id for bid, _ in opened]
    rows["price_ticks"] = [bid.price_ticks for bid, _ in opened]
    rows["quantity_lots"] = [bid.quantity_lots for bid, _ in opened]
    words = np.array([to_words(salt) for _, salt in opened], np.int64)
    for place in range(4):
        rows[f"salt_{place + 1}"] = words[:, place]
    return rows
