"""A told story as a journal: the batches that a test's venue sends, sent again through a sequencer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.capacity import SMALL
from engine.commands import Batch
from engine.core import Core
from engine.views import Applied
from services.clock import SetClock
from services.journal.journal import Journal
from services.sequencer import Sequencer
from tests.core.venue import Venue


def batches_of(tell: Callable[[], Venue]) -> tuple[list[Batch], Core]:
    """What the venue's core was given, and that core at the end."""
    batches: list[Batch] = []
    apply = Core.apply

    def recorded(self: Core, batch: Batch) -> Applied:
        batches.append(batch)
        return apply(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Core, "apply", recorded)
        venue = tell()
    return batches, venue.core


def record(folder: Path, tell: Callable[[], Venue]) -> Core:
    """Writes the journal of a story whose first batch registers `operator`; returns the story's core."""
    batches, told = batches_of(tell)

    async def go() -> None:
        clock, core = SetClock(batches[0].time_ns), Core(SMALL)
        sequencer = Sequencer(core, Journal.open(folder, clock=clock), clock=clock)
        await sequencer.start()
        for batch in batches[1:]:
            clock.time_ns = batch.time_ns
            await sequencer.submit(batch.table, batch.rows, batch.text)
        assert core.digest() == told.digest()
        await sequencer.stop()

    asyncio.run(go())
    return told
