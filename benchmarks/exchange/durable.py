"""How many rows a second become durable and are judged: the sequencer over a journal, on a disk and in memory.

Fifty members send batches of 256 rows, one after the other, as many at a time as `WAITING` says. The sequencer tells
repeats, writes and syncs what has gathered, anchors it, judges and answers: all a server does but for the wire. The
core must come to the same events on both media.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.exchange.market import draw, market
from engine.capacity import Capacity
from engine.commands import Table
from engine.core import Core
from services.clock import system_clock
from services.journal.journal import Journal
from services.sequencer import Limits, Sequencer

BATCH_ROWS = 256
WAITING = 64
MEMBERS = 50
MEMORY = Path("/dev/shm")  # noqa: S108
_NEVER = 10**9
_SYNCS = 50
_BLOCK = bytes(4_096)


def submissions(rows: int, live: int, instruments: int) -> list[np.ndarray]:
    """So many rows of ORDERS in batches of one member each, in the order of the batches' first rows."""
    flow = draw(rows, live, MEMBERS, instruments).rows[:rows]
    cuts = []
    for member in np.unique(flow["actor"]):
        own = np.flatnonzero(flow["actor"] == member)
        cuts += [own[at : at + BATCH_ROWS] for at in range(0, len(own), BATCH_ROWS)]
    return [flow[cut] for cut in sorted(cuts, key=lambda cut: int(cut[0]))]


def rows_a_second(folder: Path, batches: list[np.ndarray], capacity: Capacity, instruments: int) -> tuple[float, str]:
    """Rows a second of these batches on a new journal in a folder, and what their events chain to."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return asyncio.run(_rows_a_second(Path(place) / "venue", batches, capacity, instruments))


async def _rows_a_second(
    folder: Path, batches: list[np.ndarray], capacity: Capacity, instruments: int
) -> tuple[float, str]:
    core = Core(capacity)
    limits = Limits(checkpoint_batches=_NEVER, checkpoint_rows=_NEVER)
    sequencer = Sequencer(core, Journal.open(folder, clock=system_clock), clock=system_clock, limits=limits)
    await sequencer.start()
    for submission in market(MEMBERS, instruments):
        await sequencer.submit(*submission)
    room = asyncio.Semaphore(WAITING)

    async def send(rows: np.ndarray) -> None:
        try:
            await sequencer.submit(Table.ORDERS, rows)
        finally:
            room.release()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for rows in batches:
            await room.acquire()
            group.create_task(send(rows))
    spent = time.perf_counter() - started
    chain = core.event_chain.hex()
    await sequencer.stop()
    return sum(map(len, batches)) / spent, chain


def sync_ms(folder: Path) -> float:
    """Milliseconds of one write of a block and its sync on the disk of a folder; the median of some."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        os.pwrite(file.fileno(), _BLOCK, 0)
        os.fsync(file.fileno())
        spent = []
        for _ in range(_SYNCS):
            started = time.perf_counter()
            os.pwrite(file.fileno(), _BLOCK, 0)
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - started)
    return float(np.median(spent)) * 1e3
