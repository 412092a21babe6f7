"""How long does it take to replay a journal of ten million orders, with every check and no snapshot?

A journal is written through the sequencer (60 % new orders, of which a third trades at once, and 40 % cancels), then
replayed with `services.journal.replay` as a start, an audit and a standby do it: checksums and chain, the chain of
events, what every row was told, and the state digest at the end, which must be the writer's. By default once with
batches of 1,000 rows and once with 256; `--batch-rows 1` says what single rows come to (write fewer of them).

Run: python -m benchmarks.replay_journal [--rows 10000000] [--batch-rows 1000 256] [--folder DIR] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sqlite3
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import Progress

from engine.capacity import MEDIUM
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.core import Core
from services.clock import stopwatch_s, system_clock
from services.journal.journal import Journal
from services.journal.replay import replay
from services.sequencer import Limits, Sequencer
from services.warm import compile_kernels
from tests.crash.lives import Direct
from tests.crash.load import make_market

SEED = 20_231_124
LAG = 40
UNDER_WAY = 64
"""Batches that are sent before the first is answered: they share transactions."""


@dataclass
class Result:
    """One journal: what was replayed, and what it took."""

    batch_rows: int
    rows: int
    batches: int
    events: int
    journal_bytes: int
    write_s: float
    replay_s: float
    us_a_row: float
    ten_million_s: float
    state_digest: str


class Flow:
    """Four traders in turn. Of five orders of each: a buy and a sell that rest, one that takes what is best, and the
    cancels of what it let rest `LAG` fives before, where nobody took that. So some hundred orders are live throughout.
    """

    def __init__(self, sessions: dict[int, int]) -> None:
        self._draw = np.random.default_rng(SEED)
        self._sessions = list(sessions.items())
        self._next_id = dict.fromkeys(sessions, 1)
        self._turn = 0

    def rows(self, count: int) -> np.ndarray:
        """The next batch, of the next trader."""
        draw = self._draw
        actor, session = self._sessions[self._turn % len(self._sessions)]
        self._turn += 1
        first = self._next_id[actor]
        self._next_id[actor] = first + count
        rows, ids = rows_of(Table.ORDERS, count), np.arange(first, first + count)
        place = (ids - 1) % 5
        takes, cancels = place == 2, place > 2
        new = ~cancels
        rows["actor"], rows["session"], rows["request_id"] = actor, session, ids
        rows["command"] = np.where(cancels, OrderCommand.CANCEL, OrderCommand.NEW)
        rows["order_id"] = np.where(cancels, session << 40 | np.maximum(1, ids - 3 - 5 * LAG), 0)
        side = np.where(takes, draw.integers(Side.BUY, Side.SELL + 1, count), place + 1)
        away = np.where(takes, 200, -draw.integers(1, 60, count))
        price = 10_000 + np.where(side == Side.BUY, away, -away)
        lots = np.where(takes, draw.integers(1, 16, count), draw.integers(1, 20, count))
        force = np.where(takes, TimeInForce.IOC, TimeInForce.GTC)
        for name, values in (("side", side), ("price_ticks", price), ("quantity_lots", lots), ("time_in_force", force)):
            rows[name] = np.where(new, values, 0)
        rows["instrument"], rows["order_type"] = new, new * np.int64(OrderType.LIMIT)
        return rows


def sequencer_on(folder: Path) -> Sequencer[Core]:
    limits = Limits(checkpoint_batches=10**9, checkpoint_rows=10**9)
    return Sequencer(Core(MEDIUM), Journal.open(folder, clock=system_clock), clock=system_clock, limits=limits)


async def write(folder: Path, rows: int, batch_rows: int, progress: Progress) -> tuple[str, float]:
    """A journal of so many rows; the state digest of its writer, and the seconds that the rows took."""
    sequencer = sequencer_on(folder)
    await sequencer.start()
    venue = Direct(sequencer)
    flow = Flow(await make_market(venue, lambda session, ids, told: None))
    task = progress.add_task(f"writing, {batch_rows:,} rows a batch", total=rows)
    begun, sent = stopwatch_s(), 0
    while sent < rows:
        group = min(UNDER_WAY * batch_rows, rows - sent)
        sizes = [min(batch_rows, group - done) for done in range(0, group, batch_rows)]
        await asyncio.gather(*(venue.submit(Table.ORDERS, flow.rows(size)) for size in sizes))
        sent += sum(sizes)
        progress.update(task, completed=sent)
    took, digest = stopwatch_s() - begun, sequencer.core.digest()
    await sequencer.stop()
    return digest, took


def measure(folder: Path, rows: int, batch_rows: int, progress: Progress) -> Result:
    digest, write_s = asyncio.run(write(folder, rows, batch_rows, progress))
    task = progress.add_task(f"replaying, {batch_rows:,} rows a batch", total=1)
    core, journal = Core(MEDIUM), Journal.open_for_reading(folder)
    begun = stopwatch_s()
    count = batches = 0
    for step in replay(journal, core, progress=lambda done, total: progress.update(task, completed=done, total=total)):
        count, batches = count + step.entry.row_count, step.entry.number
    replay_s = stopwatch_s() - begun
    journal.close()
    assert core.digest() == digest, "the replay came to another state than the writer"
    events = core.next_sequence - 1
    size = sum(file.stat().st_size for file in folder.iterdir())
    us = replay_s / count * 1e6
    return Result(batch_rows, count, batches, events, size, write_s, replay_s, us, us * 10, digest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--batch-rows", type=int, nargs="+", default=[1_000, 256])
    parser.add_argument("--folder", type=Path, help="where to write the journals; a temporary folder without it")
    parser.add_argument("--json", action="store_true", help="one JSON object for machines")
    given = parser.parse_args()
    compile_kernels(MEDIUM)
    results = []
    with Progress(disable=not sys.stderr.isatty()) as progress:
        for batch_rows in given.batch_rows:
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                results.append(measure(Path(folder) / "journal", given.rows, batch_rows, progress))
    if given.json:
        machine = {"python": platform.python_version(), "numpy": np.__version__, "sqlite": sqlite3.sqlite_version}
        print(json.dumps({"machine": machine, "results": [asdict(result) for result in results]}))
        return
    heads = ("rows a batch", "rows", "events", "MB", "written, s", "replayed, s", "us a row")
    print(" ".join(f"{head:>12}" for head in heads))
    for one in results:
        counts = (one.batch_rows, one.rows, one.events, one.journal_bytes // 1_000_000)
        times = (one.write_s, one.replay_s, one.us_a_row)
        print(" ".join([*(f"{count:>12,}" for count in counts), *(f"{time:>12.2f}" for time in times)]))


if __name__ == "__main__":
    main()
