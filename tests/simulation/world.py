"""A drawn world around a venue: members, operators, rounds, time, crashes, a failing disk, requests sent again.

Everything follows from the seed. `python -m tests.simulation.world SEED [STEPS]` lives one world and prints what it
saw; a test that fails prints that line. What is drawn may be wrong in any way a sender can be wrong; the auditor
(`tests.simulation.auditor`) says what may come of it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.commands import (
    CASH,
    OrderCommand,
    ParticipantClass,
    Phase,
    RoundAction,
    Side,
    SupplyKind,
    Table,
    order_id,
    rows_of,
)
from engine.core import Core
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis
from services.clock import SetClock
from services.journal.journal import Journal
from services.journal.replay import replay
from services.journal.verify import verify
from services.sequencer import Answer, KeyReused, Limits, Sequencer, Stopped
from services.sequencer.snapshots import Snapshots
from tests.core.venue import CONSIGNED, stored
from tests.simulation.auditor import Auditor, Impossible

DAY_NS = 86_400_000_000_000
BEGIN_NS = 19_700 * DAY_NS
MEMBERS, INSTRUMENT, TICK_VALUE, RESERVE = 5, 1, 3, 95
STEPS = 60


@dataclass(frozen=True, eq=False)
class Sent:
    """One submission, ready to be sent again."""

    table: Table
    rows: np.ndarray
    text: bytes = b""
    names: tuple[str, ...] = ()


class World:
    """One venue on a journal, and everything that happens to it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = np.random.default_rng(seed)
        self.folder, self._root, self._lives = folder / "life0", folder, 0
        self.clock = SetClock(BEGIN_NS)
        self.auditor = Auditor(tick_value=TICK_VALUE, price_step=1, quantity_step=1, reserve=RESERVE)
        self.seen: Counter[str] = Counter()
        self.sequencer: Sequencer[Core]
        self._sessions: dict[int, int] = {}
        self._last_ids: Counter[int] = Counter()
        self._answered: list[tuple[Sent, Answer]] = []
        self._order_ids: list[int] = []
        self._rounds = 0

    # -- living ------------------------------------------------------------------------------------------------------

    async def live(self, steps: int) -> None:
        """Sets the venue up, does `steps` things, and checks the end of it."""
        self.folder.mkdir()
        await self._start()
        first = rows_of(Table.PARTICIPANTS, 1)
        await self._fold(Sent(Table.PARTICIPANTS, first, b"operator", ("operator",)), np.zeros(1, int), 1)
        await self._set_up()
        things: list[tuple[Callable[[], object], float]] = [
            (self._orders, 40), (self._changes, 15), (self._bids, 15), (self._round, 14), (self._deposit, 4),
            (self._phase, 1), (self._again, 8), (self._reused, 3), (self._crash, 3), (self._disk_fails, 2),
            (self._clean_restart, 2),
        ]  # fmt: skip
        weights = np.array([weight for _, weight in things])
        for _ in range(steps):
            self.clock.advance(int(self.random.integers(0, DAY_NS // 20)))
            thing = things[int(self.random.choice(len(things), p=weights / weights.sum()))][0]
            self.seen[thing.__name__.strip("_")] += 1
            await thing()  # type: ignore[misc]
        await self._end()

    async def _start(self) -> None:
        core = Core()
        journal = Journal.open(self.folder, clock=self.clock)
        self._notes: list[str] = []
        snapshots = Snapshots(self.folder, core, self._notes.append)
        limits = Limits(checkpoint_batches=16)
        self.sequencer = Sequencer(core, journal, clock=self.clock, limits=limits, snapshots=snapshots)
        await self.sequencer.start()
        self.seen["starts from a snapshot"] += self.sequencer.replayed_after > 0

    async def _set_up(self) -> None:
        session = rows_of(Table.SESSIONS, 1)
        session["actor"], session["text_length"] = 1, 1
        await self.send(Sent(Table.SESSIONS, session, b"s", ("s",)))
        self._sessions[1] = 1
        values = {**CONSIGNED, "auction.reserve_price": RESERVE, "trading.lot": TICK_VALUE, "bid.lot": TICK_VALUE}
        book = self._rows(1, Table.RULE_BOOKS, len(values))
        for at, (key, value) in enumerate(values.items()):
            plain, klass = key if isinstance(key, tuple) else (key, 0)
            book["parameter"][at], book["participant_class"][at] = BY_KEY[plain], klass
            book["basis"][at], book["value"][at] = Basis.OPERATOR, stored(plain, value)
        await self.send(Sent(Table.RULE_BOOKS, book, json.dumps({"files": {}, "name": "drawn"}).encode()))
        classes = [ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION, ParticipantClass.OPERATOR]
        for member in range(2, MEMBERS + 2):
            rows = self._rows(1, Table.PARTICIPANTS, 1)
            rows["participant_class"] = classes[2] if member == MEMBERS + 1 else classes[member % 2]
            await self.send(self._named(Table.PARTICIPANTS, rows, f"member{member}"))
            session = rows_of(Table.SESSIONS, 1)
            session["actor"] = member
            await self.send(self._named(Table.SESSIONS, session, "t"))
            self._sessions[member] = member
        instrument = self._rows(1, Table.INSTRUMENTS, 1)
        instrument["rule_book"], instrument["tick_minor"], instrument["lot_units"] = 1, 1, TICK_VALUE
        await self.send(self._named(Table.INSTRUMENTS, instrument, "SZEA"))
        for member in range(2, MEMBERS + 1):
            await self._deposit(member)
        await self._phase(Phase.CONTINUOUS)

    async def _end(self) -> None:
        core = self.sequencer.core
        assert core.conservation() == []
        self._compare()
        await self.sequencer.stop()
        assert self._notes == []
        assert verify(self.folder).problems == []
        whole, journal = Core(), Journal.open_for_reading(self.folder)
        keyed = []
        for step in replay(journal, whole):
            rows = step.batch.rows
            keyed += [key for key in zip(rows["session"].tolist(), rows["request_id"].tolist(), strict=True) if key[0]]
        journal.close()
        assert len(keyed) == len(set(keyed)), "a request is in the journal twice"
        assert (whole.digest(), whole.event_chain) == (core.digest(), core.event_chain)
        assert whole.next_sequence == self.auditor.next_sequence

    # -- sending -----------------------------------------------------------------------------------------------------

    async def send(self, sent: Sent) -> Answer:
        """Sends, restarts the venue when it fails, and lets the auditor look at what came of it."""
        for _ in range(3):
            try:
                answer = await self.sequencer.submit(sent.table, sent.rows.copy(), sent.text)
                break
            except Stopped:
                await self.sequencer.stop()
                await self._start()
        else:
            raise AssertionError("the venue fails again and again")
        assert answer.durable_through >= 1
        await self._fold(sent, answer.outcomes, answer.first_sequence, answer)
        self._answered.append((sent, answer))
        self._compare()
        return answer

    async def _fold(self, sent: Sent, outcomes: np.ndarray, first: int, answer: Answer | None = None) -> None:
        """Hands the auditor one batch with its events, as they stand in the feed."""
        if answer is not None and answer.last_sequence < answer.first_sequence:
            events = answer.events
        else:
            first, events = await anext(self.sequencer.subscribe(self.auditor.next_sequence))
        rows = [{name: int(row[name]) for name in row.dtype.names} for row in sent.rows]
        names = list(sent.names) or [""] * len(rows)
        self.auditor.batch(sent.table, rows, names, outcomes.tolist(), events, first)
        for outcome in outcomes.tolist():
            self.seen[Outcome(outcome).name] += 1

    def _compare(self) -> None:
        """The core's accounts are the auditor's, when it has seen everything (after a crash it catches up)."""
        core = self.sequencer.core
        if core.next_sequence != self.auditor.next_sequence:
            return
        for member, pockets in self.auditor.cash.items():
            cash = core.cash(member)
            if [cash.available_minor, cash.held_minor] != pockets:
                raise Impossible(f"cash of {member}: {cash}, the auditor has {pockets}")
            held = [view for view in core.holdings(member) if view.instrument == INSTRUMENT]
            lots = [held[0].available_lots, held[0].held_lots, held[0].locked_lots] if held else [0, 0, 0]
            if lots != self.auditor.units[member]:
                raise Impossible(f"units of {member}: {lots}, the auditor has {self.auditor.units[member]}")

    def _rows(self, actor: int, table: Table, count: int) -> np.ndarray:
        rows = rows_of(table, count)
        rows["actor"], rows["session"] = actor, self._sessions[actor]
        first = self._last_ids[actor] + 1 + int(self.random.integers(0, 2))
        rows["request_id"] = np.arange(first, first + count)
        self._last_ids[actor] = first + count - 1
        return rows

    def _named(self, table: Table, rows: np.ndarray, name: str) -> Sent:
        rows["text_length"] = len(name.encode())
        return Sent(table, rows, name.encode(), (name,))

    def _member(self) -> int:
        """A member; now and then an operator, who may not trade."""
        return int(self.random.integers(2, MEMBERS + (2 if self.random.random() < 0.05 else 1)))

    # -- what happens ------------------------------------------------------------------------------------------------

    def _draw_orders(self) -> Sent:
        draw, actor = self.random, self._member()
        rows = self._rows(actor, Table.ORDERS, int(draw.integers(1, 7)))
        count = len(rows)
        rows["command"], rows["instrument"] = OrderCommand.NEW, INSTRUMENT
        rows["side"] = draw.integers(Side.BUY, Side.SELL + 1, count)
        rows["order_type"] = np.where(draw.random(count) < 0.1, 2, 1)
        rows["time_in_force"] = draw.choice([1, 2, 3], count, p=[0.85, 0.12, 0.03])
        rows["price_ticks"] = np.where(rows["order_type"] == 2, 0, draw.integers(90, 111, count))
        rows["quantity_lots"] = np.where(
            draw.random(count) < 0.04, draw.integers(0, 10**5, count), draw.integers(1, 40, count)
        )
        self._order_ids += [order_id(self._sessions[actor], int(number)) for number in rows["request_id"]]
        return Sent(Table.ORDERS, rows)

    async def _orders(self) -> None:
        await self.send(self._draw_orders())

    async def _changes(self) -> None:
        draw = self.random
        if not self._order_ids:
            return
        recent = self._order_ids[-60:]
        live = sorted(self.auditor.orders)
        target = int(draw.choice(live)) if live and draw.random() < 0.8 else int(draw.choice(recent))
        owner = next((member for member, session in self._sessions.items() if session == target >> 40), 2)
        rows = self._rows(owner if draw.random() < 0.9 else self._member(), Table.ORDERS, 1)
        rows["command"] = draw.choice([OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE])
        rows["order_id"], rows["quantity_lots"] = target, int(draw.integers(1, 50))
        rows["price_ticks"] = int(draw.integers(90, 111)) if rows["command"][0] == OrderCommand.REPLACE else 0
        await self.send(Sent(Table.ORDERS, rows))

    async def _bids(self) -> None:
        draw = self.random
        open_rounds = [number for number, book in self.auditor.rounds.items() if book.stage == "open"]
        if not open_rounds and draw.random() < 0.7:
            return await self._round()
        number = int(draw.choice(open_rounds)) if open_rounds and draw.random() < 0.9 else int(draw.integers(1, 9))
        rows = self._rows(self._member(), Table.BIDS, int(draw.integers(1, 4)))
        rows["round_number"] = number
        rows["price_ticks"] = draw.integers(RESERVE - 1, RESERVE + 12, len(rows))
        rows["quantity_lots"] = draw.integers(1, 60, len(rows))
        await self.send(Sent(Table.BIDS, rows))

    async def _round(self) -> None:
        draw = self.random
        waiting = [number for number, book in self.auditor.rounds.items() if book.stage in ("draft", "open", "closed")]
        if not waiting or draw.random() < 0.1:
            rows = self._rows(1, Table.ROUNDS, 1)
            rows["rule_book"], rows["instrument"], rows["day"] = 1, INSTRUMENT, self.clock.time_ns // DAY_NS
            self._rounds += draw.random() < 0.9
            return await self._send_named(Table.ROUNDS, rows, f"round {self._rounds}")
        number = int(draw.choice(waiting))
        stage = self.auditor.rounds[number].stage
        if stage == "draft" and draw.random() < 0.6:
            rows = self._rows(1, Table.SUPPLY, 1)
            rows["round_number"], rows["kind"], rows["rank"] = number, SupplyKind.GOVERNMENT, 1
            rows["seller"], rows["quantity_lots"] = self._member(), int(draw.integers(1, 80))
            await self.send(Sent(Table.SUPPLY, rows))
            return None
        usual = {"draft": RoundAction.OPEN, "open": RoundAction.CLOSE, "closed": RoundAction.CLEAR}[stage]
        rows = self._rows(1 if draw.random() < 0.95 else 2, Table.ROUND_ACTIONS, 1)
        rows["round_number"] = number
        rows["action"] = usual if draw.random() < 0.8 else int(draw.integers(1, 5))
        await self.send(Sent(Table.ROUND_ACTIONS, rows))

    async def _send_named(self, table: Table, rows: np.ndarray, name: str) -> None:
        await self.send(self._named(table, rows, name))

    async def _deposit(self, member: int | None = None) -> None:
        rows = self._rows(1, Table.DEPOSITS, 2)
        rows["participant"], rows["instrument"] = member or self._member(), [CASH, INSTRUMENT]
        rows["quantity"] = self.random.integers(0 if member is None else 1, [60_000, 400])
        await self.send(Sent(Table.DEPOSITS, rows))

    async def _phase(self, phase: Phase | None = None) -> None:
        rows = self._rows(1, Table.PHASES, 1)
        rows["instrument"] = INSTRUMENT
        rows["phase"] = phase or (
            Phase.CLOSED if self.auditor.trading and self.random.random() < 0.3 else Phase.CONTINUOUS
        )
        await self.send(Sent(Table.PHASES, rows))

    async def _again(self) -> None:
        """An old request is sent again: it gets its first answer and nothing happens."""
        sent, first = self._answered[int(self.random.integers(len(self._answered)))]
        if not sent.rows["session"].all():
            return
        before = self.sequencer.core.digest()
        answer = await self.sequencer.submit(sent.table, sent.rows.copy(), sent.text)
        for name in ("outcomes", "parameters", "references"):
            assert getattr(answer, name).tolist() == getattr(first, name).tolist(), name
        assert answer.repeated.all()
        assert self.sequencer.core.digest() == before

    async def _reused(self) -> None:
        """An old key with another content is turned away, and nothing is recorded."""
        orders = [sent for sent, _ in self._answered if sent.table is Table.ORDERS]
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

    # -- faults ------------------------------------------------------------------------------------------------------

    async def _crash(self) -> None:
        """The process ends with requests under way: the files as they are at that moment are all that is left."""
        under_way = [self._draw_orders() for _ in range(int(self.random.integers(0, 4)))]
        tasks = [asyncio.create_task(self.sequencer.submit(s.table, s.rows.copy(), s.text)) for s in under_way]
        for _ in range(int(self.random.integers(0, 6))):
            await asyncio.sleep(0)
        self._lives += 1
        left = self._root / f"life{self._lives}"
        await self.sequencer._in_thread(lambda: shutil.copytree(self.folder, left))
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.sequencer.stop()
        shutil.rmtree(self.folder)
        self.folder = left
        await self._start()
        for sent in under_way:
            await self.send(sent)

    async def _disk_fails(self) -> None:
        """A write fails: the writer stops, and says so to whoever waits; `send` restarts it and asks again."""
        store = self.sequencer._journal.store

        def fail(addition: object) -> None:
            raise OSError(28, "No space left on device")

        store.append = fail  # type: ignore[method-assign]
        await self._orders()
        assert self.sequencer._journal.store is not store

    async def _clean_restart(self) -> None:
        before = self.sequencer.core.digest()
        await self.sequencer.stop()
        await self._start()
        assert self.sequencer.core.digest() == before


def run(seed: int, steps: int = STEPS) -> World:
    """Lives the world of a seed; an AssertionError says what could not be."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        world = World(seed, Path(folder))
        asyncio.run(world.live(steps))
        return world


if __name__ == "__main__":
    lived = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STEPS)
    sys.stdout.write(f"{lived.auditor.next_sequence - 1} events; {dict(lived.seen.most_common())}\n")
