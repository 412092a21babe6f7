"""Switches phases by the clock: at every boundary of an instrument's day one command, journalled like any other.

The commands are those of a participant named `timetable`, of the class of operators, so that the record says which
switches nobody made. What is due is worked out from the state alone, never from what this process remembers: a boundary
is done when the instrument was switched at its time or later, by whomever. So a restart in the middle of a day catches
up at once and does nothing twice, and a switch by hand stands until the next boundary.

- A day that was left open (the server was down at its end) is ended before another begins.
- An operator's halt is not ended by a session that begins; the end of the day ends it.
- A day without an answer in the calendar stops the server: no market is better than one on days that were made up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import structlog

from engine.commands import BlockCommand, ParticipantClass, Phase, Table, rows_of
from engine.core import Core
from engine.outcomes import ADVICE, Outcome
from engine.parameters import Parameter
from engine.views import Instrument
from services.clock import Clock
from services.errors import BadInput
from services.sequencer.outcomes import QueueFull, Stopped
from services.sequencer.sequencer import Sequencer
from services.timetable.plan import Boundary, Incomplete, Value, begin_of, day_at, has_sessions, plan

log = structlog.get_logger()

NAME = "timetable"
"""Name of the participant whose commands these are."""

OPERATOR = 1
POLL_S = 0.5
"""How often the clock is looked at; a boundary is at most so much late."""

Sleep = Callable[[float], Awaitable[None]]


class UnknownDay(ValueError):
    """A day for which an instrument's book has no answer."""


@dataclass(frozen=True)
class Step:
    """One command: a phase, or blocks open or shut, of an instrument; `boundary_ns` is when it was due."""

    instrument: int
    boundary_ns: int
    phase: Phase | None = None
    blocks: bool | None = None


class Timetable:
    """Runs the timetable of all instruments whose rules have sessions."""

    def __init__(self, sequencer: Sequencer[Core], clock: Clock) -> None:
        self._sequencer = sequencer
        self._core = sequencer.core
        self._clock = clock
        self._actor = 0
        self._refused: set[tuple[int, int]] = set()

    # -- driving ---------------------------------------------------------------------------------------------------

    async def start(self) -> list[str]:
        """Registers the timetable's name where that is new. Returns the instruments that are switched by hand.

        Raises BadInput, with all faults at once, for rules that have sessions and not all that goes with them, and for
        a day that the calendar does not know.
        """
        by_hand, faults, now = [], [], self._clock()
        for view in self._traded():
            value = self._value(view, now)
            if not has_sessions(value):
                by_hand.append(view.name)
                continue
            try:
                self._boundaries(view, now)
            except Incomplete as found:
                faults += [f"instrument {view.name}: its rule book {fault}" for fault in found.faults]
            except UnknownDay as found:
                faults.append(str(found))
        if faults:
            raise BadInput(faults)
        known = self._core.participant_by_name(NAME)
        self._actor = known.number if known is not None else await self._register()
        return by_hand

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Does what is due, for ever. A day that the calendar does not know fails the sequencer."""
        try:
            while True:
                try:
                    await self.tick()
                except QueueFull:
                    log.warning("timetable waits", reason="the queue is full")
                await sleep(POLL_S)
        except UnknownDay as found:
            self._sequencer.fail(str(found))
        except Stopped:
            return

    async def tick(self) -> list[Step]:
        """Does what is due now; returns the steps that were taken. Raises UnknownDay."""
        taken = []
        while due := self.due():
            for step in due:
                await self._take(step)
                taken.append(step)
        return taken

    def due(self) -> list[Step]:
        """The next step of each instrument that has one, by the state as it is now."""
        now = self._clock()
        steps = [step for view in self._traded() for step in self._due_of(view, now)]
        return [step for step in steps if (step.instrument, step.boundary_ns) not in self._refused]

    # -- what is due -----------------------------------------------------------------------------------------------

    def _due_of(self, view: Instrument, now: int) -> list[Step]:
        value = self._value(view, now)
        if not has_sessions(value):
            return []
        switched_ns, by = self._core.floor.last_switch(view.number)
        begin = begin_of(value, day_at(value, now))
        if view.phase is not Phase.CLOSED and switched_ns < begin:
            return [Step(view.number, begin, Phase.CLOSED)]
        try:
            passed = [boundary for boundary in self._boundaries(view, now) if boundary.time_ns <= now]
        except Incomplete as found:
            raise UnknownDay(f"instrument {view.name}: its rule book {found}") from None
        last_phase = next((b for b in reversed(passed) if b.phase is not None), None)
        last_blocks = next((b for b in reversed(passed) if b.blocks is not None), None)
        due = []
        # The timetable closes at the end of a day, or late: then the boundary that has passed is still to be entered.
        ended_late = view.phase is Phase.CLOSED and by == self._actor
        if last_phase is not None and (switched_ns < last_phase.time_ns or ended_late):
            due += [last_phase] if self._wanted(view, last_phase.phase, by) else []
        blocks_ns, _ = self._core.floor.last_blocks_switch(view.number)
        if last_blocks is not None and blocks_ns < last_blocks.time_ns:
            due += [last_blocks] if self._core.blocks_open(view.number) != last_blocks.blocks else []
        first = [boundary for boundary in passed if boundary in due][:1]
        return [Step(view.number, boundary.time_ns, boundary.phase, boundary.blocks) for boundary in first]

    def _wanted(self, view: Instrument, phase: Phase | None, by: int) -> bool:
        """Whether a boundary's phase is to be entered from the present one."""
        if phase is view.phase:
            return False
        halted_by_hand = view.phase is Phase.HALTED and by != self._actor
        return phase is Phase.CLOSED or not halted_by_hand

    def _boundaries(self, view: Instrument, now: int) -> list[Boundary]:
        value = self._value(view, now)
        day = day_at(value, now)
        boundaries = plan(value, day)
        trades = self._core.floor.is_trading_day(view.number, day)
        if trades is None:
            raise UnknownDay(
                f"instrument {view.name}: no trading days are known for {np.datetime64(day, 'D')}; adopt its rule book "
                "again with days for that time, or run without --timetable and switch phases by hand"
            )
        return boundaries if trades else []

    def _traded(self) -> list[Instrument]:
        return [view for view in self._core.instruments() if view.price_step_ticks]

    def _value(self, view: Instrument, now: int) -> Value:
        day = now // 86_400_000_000_000

        def value(parameter: Parameter) -> int | None:
            return self._core.floor.rule_value(view.number, parameter, day)

        return value

    # -- sending ---------------------------------------------------------------------------------------------------

    async def _register(self) -> int:
        rows, text = rows_of(Table.PARTICIPANTS, 1), NAME.encode()
        rows["actor"], rows["participant_class"], rows["text_length"] = OPERATOR, ParticipantClass.OPERATOR, len(text)
        answer = await self._sequencer.submit(Table.PARTICIPANTS, rows, text)
        if answer.outcomes[0]:
            raise BadInput(f"the participant {NAME!r} cannot be registered: {ADVICE[Outcome(int(answer.outcomes[0]))]}")
        return int(answer.references[0])

    async def _take(self, step: Step) -> None:
        table = Table.PHASES if step.phase is not None else Table.BLOCKS
        rows = rows_of(table, 1)
        rows["actor"], rows["instrument"] = self._actor, step.instrument
        if step.phase is not None:
            rows["phase"] = step.phase
        else:
            rows["command"] = BlockCommand.START if step.blocks else BlockCommand.STOP
        answer = await self._sequencer.submit(table, rows)
        said = {
            "instrument": step.instrument,
            "phase": None if step.phase is None else step.phase.name,
            "blocks": step.blocks,
        }
        if answer.outcomes[0]:
            outcome = Outcome(int(answer.outcomes[0]))
            self._refused.add((step.instrument, step.boundary_ns))
            log.error("timetable refused", outcome=outcome.name, advice=ADVICE[outcome], **said)
        else:
            log.info("timetable", **said)
