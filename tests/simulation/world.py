"""A drawn world around a venue: members, operators, an authority, rounds, time, and everything that can go wrong.

Everything follows from the seed. `python -m tests.simulation.world SEED [STEPS]` lives one world and prints what it
saw; a test that fails prints that line. What is drawn may be wrong in any way a sender can be wrong; the auditor
(`tests.simulation.auditor`) says what may come of it. What is drawn lies in `trading_draws`, `round_draws`,
`policy_draws`, `unit_draws` and `faults`; the world's rule book in `charters`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.commands import ParticipantClass, Phase, Table, rows_of
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis
from services.journal.journal import Journal
from services.journal.replay import replay
from services.journal.verify import verify
from services.sequencer import Answer, Limits, Sequencer, Stopped
from services.sequencer.snapshots import Snapshots
from tests.core.venue import stored
from tests.simulation.auditor import Auditor, Impossible
from tests.simulation.charters import CHARTERS, COMMON
from tests.simulation.faults import Defective, Faults
from tests.simulation.policy_draws import PolicyDraws
from tests.simulation.round_draws import RoundDraws
from tests.simulation.sending import (
    BLOCK_MINIMUM,
    DAY_NS,
    GOVERNMENT,
    INSTRUMENT,
    MEMBERS,
    OPERATOR,
    SECOND,
    TICK_VALUE,
    Sent,
)
from tests.simulation.unit_draws import UnitDraws

STEPS = 80
CLASSES = {
    **{member: (ParticipantClass.INSTITUTION, ParticipantClass.KEY_EMITTER)[member % 2] for member in MEMBERS},
    SECOND: ParticipantClass.OPERATOR,
    GOVERNMENT: ParticipantClass.GOVERNMENT,
}


class World(RoundDraws, PolicyDraws, UnitDraws, Faults):
    """One venue on a journal, and everything that happens to it."""

    def __init__(self, seed: int, folder: Path) -> None:
        charter, self._values = CHARTERS[seed % len(CHARTERS)]
        auditor = Auditor(tick_value=TICK_VALUE, block_minimum=BLOCK_MINIMUM, charter=charter)
        super().__init__(seed, auditor, folder)

    # -- living ------------------------------------------------------------------------------------------------------

    async def live(self, steps: int) -> None:
        """Sets the venue up, does `steps` things, and checks the end of it."""
        self.folder.mkdir()
        await self.start()
        first = rows_of(Table.PARTICIPANTS, 1)
        await self.fold(Sent(Table.PARTICIPANTS, first, b"operator", ("operator",)), np.zeros(1, int), 1)
        await self._set_up()
        things: list[tuple[Callable[[], object], float]] = [
            (self.orders, 30), (self.changes, 12), (self.blocks, 9), (self.phase, 4), (self.deposit, 3),
            (self.bids, 14), (self.round, 16), (self.bid_changes, 5), (self.reserve, 5), (self.years, 3),
            (self.records, 2), (self.unit_steps, 6), (self.stops, 2), (self.again, 6), (self.reused, 2),
            (self.crash, 2.5), (self.disk_fails, 1.5), (self.clean_restart, 1.5), (self.defect, 0.4),
        ]  # fmt: skip
        weights = np.array([weight for _, weight in things])
        for _ in range(steps):
            self.clock.advance(int(self.random.integers(0, DAY_NS // 20)))
            thing = things[int(self.random.choice(len(things), p=weights / weights.sum()))][0]
            self.seen[thing.__name__] += 1
            await thing()  # type: ignore[misc]
        await self._end()

    async def start(self) -> None:
        core = Defective()
        journal = Journal.open(self.folder, clock=self.clock)
        self._notes: list[str] = []
        snapshots = Snapshots(self.folder, core, self._notes.append)
        limits = Limits(checkpoint_batches=16)
        self.sequencer = Sequencer(core, journal, clock=self.clock, limits=limits, snapshots=snapshots)
        await self.sequencer.start()
        self.seen["starts from a snapshot"] += self.sequencer.replayed_after > 0

    async def _set_up(self) -> None:
        session = rows_of(Table.SESSIONS, 1)
        session["actor"], session["text_length"] = OPERATOR, 1
        await self.send(Sent(Table.SESSIONS, session, b"s", ("s",)))
        self.sessions[OPERATOR] = 1
        values = {**COMMON, **self._values}
        book = self.rows(OPERATOR, Table.RULE_BOOKS, len(values), basis=Basis.OPERATOR)
        for at, (key, value) in enumerate(values.items()):
            plain, klass = key if isinstance(key, tuple) else (key, 0)
            book["parameter"][at], book["participant_class"][at] = BY_KEY[plain], klass
            book["value"][at] = stored(plain, value)
        await self.send(Sent(Table.RULE_BOOKS, book, json.dumps({"files": {}, "name": "drawn"}).encode()))
        for number, klass in CLASSES.items():
            rows = self.rows(OPERATOR, Table.PARTICIPANTS, participant_class=klass)
            await self.send(self.named(Table.PARTICIPANTS, rows, f"member{number}"))
            session = rows_of(Table.SESSIONS, 1)
            session["actor"] = number
            await self.send(self.named(Table.SESSIONS, session, "t"))
            self.sessions[number] = number
        instrument = self.rows(OPERATOR, Table.INSTRUMENTS, rule_book=1, tick_minor=1, lot_units=TICK_VALUE)
        await self.send(self.named(Table.INSTRUMENTS, instrument, "SZEA"))
        for member in (*MEMBERS, GOVERNMENT):
            await self.deposit(member)
        await self.phase(Phase.CONTINUOUS)

    async def _end(self) -> None:
        core = self.sequencer.core
        assert core.conservation() == []
        self._compare()
        await self.sequencer.stop()
        assert self._notes == []
        assert verify(self.folder).problems == []
        whole, journal = Defective(), Journal.open_for_reading(self.folder)
        keyed = []
        for step in replay(journal, whole):
            rows = step.batch.rows
            keyed += [key for key in zip(rows["session"].tolist(), rows["request_id"].tolist(), strict=True) if key[0]]
        journal.close()
        assert len(keyed) == len(set(keyed)), "a request is in the journal twice"
        assert (whole.digest(), whole.event_chain) == (core.digest(), core.event_chain)
        assert whole.next_sequence == self.auditor.next_sequence
        self.seen.update({kind.name: count for kind, count in self.auditor.read.items()})

    # -- sending -----------------------------------------------------------------------------------------------------

    async def send(self, sent: Sent) -> Answer:
        for _ in range(3):
            try:
                answer = await self.sequencer.submit(sent.table, sent.rows.copy(), sent.text)
                break
            except Stopped:
                await self.sequencer.stop()
                await self.start()
        else:
            raise AssertionError("the venue fails again and again")
        assert answer.durable_through >= 1
        self.seen[sent.table.name] += 1
        if not answer.repeated.all() or answer.first_sequence >= self.auditor.next_sequence:
            await self.fold(sent, answer.outcomes, answer.first_sequence, answer)
        self.answered.append((sent, answer))
        self._compare()
        return answer

    async def fold(self, sent: Sent, outcomes: np.ndarray, first: int, answer: Answer | None = None) -> None:
        """Hands the auditor one batch with its events, as they stand in the feed."""
        if answer is not None and answer.last_sequence < answer.first_sequence:
            events = answer.events
        else:
            first, events = await anext(self.sequencer.subscribe(self.auditor.next_sequence))
        rows = [{name: int(row[name]) for name in row.dtype.names} for row in sent.rows]
        names = list(sent.names) or [""] * len(rows)
        self.auditor.time_ns = self.clock.time_ns
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
            pockets = ("available", "held", "locked", "unsettled", "pledged", "compliance")
            lots = [getattr(held[0], f"{pocket}_lots") if held else 0 for pocket in pockets]
            if lots != self.auditor.units[member]:
                raise Impossible(f"units of {member}: {lots}, the auditor has {self.auditor.units[member]}")


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
