"""How long does a snapshot stop the writer, and how long does a start take with and without one?

A venue with many live orders is built through the sequencer, on a journal in a folder; then orders of one row are sent
one after another while snapshots are taken, and the longest wait is compared with that of the same load without one.

Run: python -m benchmarks.snapshots [--orders 100000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import numpy as np

from engine.capacity import MEDIUM
from engine.commands import Side, Table, rows_of
from engine.core import Core
from services.clock import stopwatch_s, system_clock
from services.journal.journal import Journal
from services.sequencer import Limits, Sequencer
from services.sequencer.snapshots import Snapshots
from services.warm import compile_kernels
from tests.crash.lives import Direct
from tests.crash.load import make_market

BATCH_ROWS = 1_000
PROBES = 1_500


def make_sequencer(folder: Path, limits: Limits, notes: list[str]) -> Sequencer[Core]:
    core = Core(MEDIUM)
    journal = Journal.open(folder, clock=system_clock)
    return Sequencer(core, journal, clock=system_clock, limits=limits, snapshots=Snapshots(folder, core, notes.append))


def resting(actor: int, session: int, first_id: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Orders that never trade: buys below 1,000, sells above."""
    rows = rows_of(Table.ORDERS, count)
    rows["actor"], rows["session"], rows["request_id"] = actor, session, np.arange(first_id, first_id + count)
    rows["command"], rows["order_type"], rows["time_in_force"], rows["instrument"] = 1, 1, 1, 1
    rows["side"] = random.integers(Side.BUY, Side.SELL + 1, count)
    away = random.integers(1, 900, count)
    rows["price_ticks"] = np.where(rows["side"] == Side.BUY, 1_000 - away, 1_000 + away)
    rows["quantity_lots"] = 1
    return rows


async def measure(folder: Path, orders: int) -> None:
    notes: list[str] = []
    random = np.random.default_rng(1)
    sequencer = make_sequencer(folder, Limits(checkpoint_batches=10**9, checkpoint_rows=10**9), notes)
    await sequencer.start()
    venue = Direct(sequencer)
    sessions = await make_market(venue, lambda session, ids, told: None)
    actor, session = next(iter(sessions.items()))
    sent = 0
    while sent < orders:
        count = min(BATCH_ROWS, orders - sent)
        answer = await venue.submit(Table.ORDERS, resting(actor, session, sent + 1, count, random))
        assert not answer.outcomes.any(), set(answer.outcomes.tolist())
        sent += count
    print(f"live orders                        {int(sequencer.core._state[0]['book']['orders_used']):>10,}")

    async def probe(label: str) -> None:
        nonlocal sent
        waits = []
        for _ in range(PROBES):
            begun = stopwatch_s()
            await venue.submit(Table.ORDERS, resting(actor, session, sent + 1, 1, random))
            waits.append(stopwatch_s() - begun)
            sent += 1
        p50, p99 = (np.percentile(waits, at) * 1e3 for at in (50, 99))
        longest = max(waits) * 1e3
        print(f"{label:<34} {longest:>10.1f} ms longest, {p99:.2f} ms p99, {p50:.2f} ms median wait of one row")

    await probe("without a snapshot")
    sequencer.limits = Limits(checkpoint_batches=500, checkpoint_rows=10**9)
    taken: list[float] = []
    snapshots = sequencer._snapshots
    assert snapshots is not None
    take = snapshots.take

    def timed(*arguments: object) -> object:
        begun = stopwatch_s()
        result = take(*arguments)  # type: ignore[arg-type]
        taken.append(stopwatch_s() - begun)
        return result

    snapshots.take = timed  # type: ignore[method-assign, assignment]
    await probe("while snapshots are taken")
    print(f"the copying of each                {', '.join(f'{seconds * 1e3:.1f}' for seconds in taken):>10} ms")
    sequencer.limits = Limits(checkpoint_batches=10**9, checkpoint_rows=10**9)
    await sequencer.stop()
    latest = snapshots.folder.file(snapshots.folder.numbers()[0])
    print(f"size of a snapshot                 {latest.stat().st_size / 1e6:>10.1f} MB")
    for label, use in (("start from a snapshot", True), ("start by a whole replay", False)):
        sequencer = make_sequencer(folder, Limits(checkpoint_batches=10**9, checkpoint_rows=10**9), notes)
        if not use:
            sequencer._snapshots = None
        begun = stopwatch_s()
        await sequencer.start()
        print(f"{label:<34} {stopwatch_s() - begun:>10.2f} s, after batch {sequencer.replayed_after:,}")
        await sequencer.stop()
    assert not notes, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000, help="live orders (at most 131,071)")
    parser.add_argument("--folder", type=Path, help="an empty folder on the disk to be measured")
    arguments = parser.parse_args()
    compile_kernels(MEDIUM)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(measure(Path(folder) / "venue", arguments.orders))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
