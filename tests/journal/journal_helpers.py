"""What the tests of journal and sequencer share: a sequencer over the fake core, and rows to send it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from engine.commands import Table, rows_of
from services.clock import SetClock
from services.journal.journal import Journal
from services.journal.replay import replay
from services.sequencer import Answer, Limits, Sequencer
from tests.journal.fake_core import FakeCore

BEGIN_NS = 1_700_000_000_000_000_000
ACTOR, SESSION = 2, 1


def named_rows(table: Table, names: list[str], **columns: object) -> tuple[np.ndarray, bytes]:
    """Rows that carry a name each, and the text they point into."""
    rows, text = rows_of(table, len(names)), b""
    for row, name in enumerate(names):
        rows["text_start"][row], rows["text_length"][row] = len(text), len(name.encode())
        text += name.encode()
    for column, values in columns.items():
        rows[column] = values
    return rows, text


def order_rows(ids: list[int], session: int = SESSION, actor: int = ACTOR, **columns: object) -> np.ndarray:
    """NEW orders with these request ids."""
    rows = rows_of(Table.ORDERS, len(ids))
    rows["actor"], rows["session"], rows["request_id"] = actor, session, ids
    rows["command"], rows["side"], rows["order_type"], rows["time_in_force"] = 1, 1, 1, 1
    rows["instrument"], rows["price_ticks"], rows["quantity_lots"] = 1, 100, np.asarray(ids) + 1
    for column, values in columns.items():
        rows[column] = values
    return rows


@asynccontextmanager
async def running(
    folder: Path,
    core: FakeCore | None = None,
    *,
    clock: SetClock | None = None,
    limits: Limits | None = None,
    page_bytes: int = 4096,
) -> AsyncIterator[Sequencer[FakeCore]]:
    """A started sequencer on the journal in `folder`; stopped at the end."""
    clock = clock or SetClock(BEGIN_NS)
    journal = Journal.open(folder, clock=clock, page_bytes=page_bytes)
    sequencer = Sequencer(core or FakeCore(), journal, clock=clock, limits=limits)
    try:
        await sequencer.start()
        yield sequencer
    finally:
        await sequencer.stop()


async def open_session(sequencer: Sequencer[FakeCore], actor: int = ACTOR, name: str = "s") -> int:
    """The number of a new session of `actor`."""
    rows, text = named_rows(Table.SESSIONS, [name], actor=actor)
    answer = await sequencer.submit(Table.SESSIONS, rows, text)
    return int(answer.references[0])


async def send(sequencer: Sequencer[FakeCore], ids: list[int], **columns: object) -> Answer:
    """Submits NEW orders of the usual actor in the usual session."""
    return await sequencer.submit(Table.ORDERS, order_rows(ids, **columns))


def write_journal(folder: Path, batches: int, *, rows: int = 2, page_bytes: int = 4096) -> str:
    """A cleanly closed journal: operator, session, and `batches` batches of orders; returns the state digest."""

    async def write() -> str:
        async with running(folder, page_bytes=page_bytes) as sequencer:
            await open_session(sequencer)
            for batch in range(batches):
                await send(sequencer, [batch * rows + row + 1 for row in range(rows)])
            return sequencer.core.digest()

    return asyncio.run(write())


def replayed(folder: Path, core: FakeCore | None = None) -> FakeCore:
    """A core after replaying the journal in `folder`."""
    core = core or FakeCore()
    journal = Journal.open_for_reading(folder)
    try:
        for _ in replay(journal, core):
            pass
    finally:
        journal.close()
    return core


def start_once(folder: Path, core: FakeCore | None = None) -> FakeCore:
    """Starts and stops a sequencer on the journal in `folder`; returns its core."""

    async def start() -> FakeCore:
        async with running(folder, core) as sequencer:
            return sequencer.core

    return asyncio.run(start())
