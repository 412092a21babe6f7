"""Drawn lives of units, and members that are stopped and resumed."""

from __future__ import annotations

from engine.commands import ALL_INSTRUMENTS, Table
from engine.words.floor import ControlAction
from engine.words.units import UnitStep
from tests.simulation.sending import INSTRUMENT, MEMBERS, OPERATOR, SECOND, Sending

OF_OPERATORS = (UnitStep.ISSUE, UnitStep.RESTRICT, UnitStep.LIFT)


class UnitDraws(Sending):
    """What owners and operators do with units off the book, and what stops a member."""

    async def unit_steps(self) -> None:
        draw = self.random
        step = self.one(*(one for one in UnitStep if one is not UnitStep.ALLOCATE))
        actor = self.operator() if step in OF_OPERATORS else int(draw.choice(MEMBERS))
        rows = self.rows(actor, Table.UNIT_STEPS, step=step, instrument=INSTRUMENT, obligation=INSTRUMENT)
        rows["quantity_lots"] = int(draw.integers(0, 60))
        if step is not UnitStep.RETIRE:
            rows["participant"] = self.one(*MEMBERS)
        if step is UnitStep.RELEASE:
            rows["participant"], rows["target"] = 0, self.one(1, *self.auditor.pledges)
        if step is UnitStep.SURRENDER:
            rows["participant"], rows["year"] = 0, 2023
        await self.send(self.named(Table.UNIT_STEPS, rows, "drawn"))

    async def stops(self) -> None:
        stopped = sorted(self.auditor.stopped)
        target = int(self.random.choice(stopped)) if stopped and self.chance(0.9) else int(self.random.choice(MEMBERS))
        if target not in stopped:
            action, actor = ControlAction.STOP, self.operator()
        elif not self.auditor.stopped[target]:
            action, actor = ControlAction.PROPOSE_RESUMPTION, OPERATOR
        else:
            action, actor = (
                ControlAction.APPROVE_RESUMPTION,
                int(self.random.choice((OPERATOR, SECOND, SECOND, SECOND))),
            )
        rows = self.rows(actor, Table.MARKET_CONTROLS, action=action, participant=target, instrument=ALL_INSTRUMENTS)
        await self.send(self.named(Table.MARKET_CONTROLS, rows, "drawn" if self.chance(0.95) else ""))
