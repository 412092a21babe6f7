"""What goes wrong in a drawn world: crashes, a disk that fails, a defect of the core, and requests that come again."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress

import numpy as np
import pytest

from engine.commands import Batch, OrderCommand, Table, rows_of
from engine.core import Core
from engine.outcomes import Outcome
from engine.words.floor import VoidAction
from services.journal.problems import BatchFailed
from services.sequencer import Answer, KeyReused, Sequencer, Stopped
from services.voiding import void
from tests.simulation.sending import INSTRUMENT, OPERATOR, SECOND, Sent
from tests.simulation.trading_draws import TradingDraws

DEFECT_LOTS = 100_001
"""No other order of a world is of this many lots."""


def _copy_if_there(source: str, target: str) -> None:
    """Copies a file, unless a snapshot that is being written beside has renamed or removed it meanwhile."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


class Defective(Core):
    """A core with a defect: it breaks at an order of `DEFECT_LOTS`, halfway through its batch."""

    def apply(self, batch: Batch) -> object:  # type: ignore[override]
        if batch.table is Table.ORDERS and (batch.rows["quantity_lots"] == DEFECT_LOTS).any():
            super().apply(batch)
            raise ZeroDivisionError("a defect")
        return super().apply(batch)


class Faults(TradingDraws):
    """Everything that a venue has to live through."""

    sequencer: Sequencer[Core]

    async def start(self) -> None:
        raise NotImplementedError

    async def fold(self, sent: Sent, outcomes: np.ndarray, first: int, answer: Answer | None = None) -> None:
        raise NotImplementedError

    # -- requests that come again --------------------------------------------------------------------------------------

    async def again(self) -> None:
        """An old request is sent again: it gets its first answer and nothing happens."""
        sent, first = self.answered[int(self.random.integers(len(self.answered)))]
        if not sent.rows["session"].all():
            return
        before = self.sequencer.core.digest()
        answer = await self.sequencer.submit(sent.table, sent.rows.copy(), sent.text)
        for name in ("outcomes", "parameters", "references"):
            assert getattr(answer, name).tolist() == getattr(first, name).tolist(), name
        assert answer.repeated.all()
        assert self.sequencer.core.digest() == before

    async def reused(self) -> None:
        """An old key with another content is turned away, and nothing is recorded."""
        orders = [sent for sent, _ in self.answered if sent.table is Table.ORDERS]
        if not orders:
            return
        sent = orders[int(self.random.integers(len(orders)))]
        rows = sent.rows.copy()
        rows["price_ticks"] += 1
        before = self.sequencer.durable_through
        with pytest.raises(KeyReused) as caught:
            await self.sequencer.submit(sent.table, rows, sent.text)
        assert set(caught.value.fields) == {"price_ticks"}
        assert self.sequencer.durable_through == before

    # -- ends of the process -------------------------------------------------------------------------------------------

    async def crash(self) -> None:
        """The process ends with requests under way: the files as they are at that moment are all that is left."""
        under_way = [self.draw_orders() for _ in range(int(self.random.integers(0, 4)))]
        tasks = [asyncio.create_task(self.sequencer.submit(s.table, s.rows.copy(), s.text)) for s in under_way]
        for _ in range(int(self.random.integers(0, 6))):
            await asyncio.sleep(0)
        self.lives += 1
        left = self.root / f"life{self.lives}"
        await self.sequencer._in_thread(lambda: shutil.copytree(self.folder, left, copy_function=_copy_if_there))
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.sequencer.stop()
        shutil.rmtree(self.folder)
        self.folder = left
        await self.start()
        for sent in under_way:
            await self.send(sent)

    async def disk_fails(self) -> None:
        """A write fails: the writer stops, and says so to whoever waits; `send` restarts it and asks again."""
        store = self.sequencer._journal.store

        def fail(addition: object) -> None:
            raise OSError(28, "No space left on device")

        store.append = fail  # type: ignore[method-assign]
        await self.orders()
        assert self.sequencer._journal.store is not store

    async def clean_restart(self) -> None:
        before = self.sequencer.core.digest()
        await self.sequencer.stop()
        await self.start()
        assert self.sequencer.core.digest() == before

    async def defect(self) -> None:
        """A batch makes the core fail, at every start again, until two operators void it; its rows are told so."""
        rows = self.rows(self.member(), Table.ORDERS, 2, command=OrderCommand.NEW, instrument=INSTRUMENT)
        rows["order_type"], rows["time_in_force"], rows["side"] = 1, 1, 2
        rows["price_ticks"], rows["quantity_lots"] = 100, [1, DEFECT_LOTS]
        sent = Sent(Table.ORDERS, rows)
        with pytest.raises(Stopped):
            await self.sequencer.submit(sent.table, sent.rows.copy())
        await self.sequencer.stop()
        with pytest.raises(BatchFailed) as failed:
            await self.start()
        await self.sequencer.stop()
        number = failed.value.number
        for action, person in ((VoidAction.PROPOSE, "operator"), (VoidAction.APPROVE, f"member{SECOND}")):
            void(self.folder, number, action, person, "seen", clock=self.clock, make_core=Defective)
        await self.start()
        await self.fold(sent, np.full(len(rows), Outcome.BATCH_VOIDED), 0)
        for action, actor in ((VoidAction.PROPOSE, OPERATOR), (VoidAction.APPROVE, SECOND)):
            decision = rows_of(Table.VOIDS, 1)
            decision["actor"], decision["batch_number"], decision["action"] = actor, number, action
            await self.fold(Sent(Table.VOIDS, decision, b"seen", ("seen",)), np.zeros(1, int), 0)
        assert (await self.send(sent)).outcomes.tolist() == [Outcome.BATCH_VOIDED] * len(rows)
