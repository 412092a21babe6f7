"""Drawn policy: facts, links, planned years, and a reserve with its reports, triggers and decisions."""

from __future__ import annotations

from engine.commands import Fact, Table
from engine.words.reserve import AllocationStep, ReserveStep
from tests.simulation.sending import DAY_NS, GOVERNMENT, INSTRUMENT, MEMBERS, Sending, Sent

FIRST_YEAR = 2023


class PolicyDraws(Sending):
    """What the operators record and decide beyond trading."""

    async def records(self) -> None:
        if self.chance(0.7):
            rows = self.rows(self.operator(), Table.FACTS, instrument=INSTRUMENT, fact=self.one(*Fact))
            rows["participant"], rows["year"] = self.one(*MEMBERS, 99), FIRST_YEAR + int(self.random.integers(3))
            rows["quantity_lots"] = int(self.random.integers(0, 500))
            await self.send(Sent(Table.FACTS, rows))
        else:
            rows = self.rows(self.operator(), Table.LINKS, participant=self.one(*MEMBERS, 99))
            rows["link"] = int(self.random.integers(0, 3))
            await self.send(Sent(Table.LINKS, rows))

    async def years(self) -> None:
        plans = not self.auditor.years or self.chance(0.2)
        step = AllocationStep.PLAN if plans else AllocationStep.ALLOCATE
        rows = self.rows(self.operator(), Table.ALLOCATIONS, step=step, instrument=INSTRUMENT, rule_book=1)
        rows["year"] = FIRST_YEAR + len(self.auditor.years) - (not plans) + int(self.random.integers(-1, 1)) * plans
        rows["participant"] = GOVERNMENT if plans else self.one(*MEMBERS)
        rows["quantity_lots"] = int(self.random.integers(200, 900)) if plans else int(self.random.integers(1, 150))
        await self.send(Sent(Table.ALLOCATIONS, rows))

    async def reserve(self) -> None:
        draw, day = self.random, self.clock.time_ns // DAY_NS
        if not self.auditor.reserve_account:
            step = ReserveStep.FOUND if self.chance(0.9) else ReserveStep.ENDOW
        else:
            steps = [ReserveStep.ENDOW, ReserveStep.REPORT_CIRCULATION, ReserveStep.REPORT_PRICE, ReserveStep.DECIDE,
                     ReserveStep.SELL_BACK, ReserveStep.EXPIRE, ReserveStep.FOUND]  # fmt: skip
            step = steps[int(draw.choice(7, p=[0.2, 0.15, 0.25, 0.2, 0.12, 0.04, 0.04]))]
        actor = int(draw.choice(MEMBERS)) if step is ReserveStep.SELL_BACK else self.operator()
        rows = self.rows(actor, Table.RESERVE_STEPS, step=step, instrument=INSTRUMENT, rule_book=1, day=day)
        rows["quantity_lots"] = int(draw.integers(0, 60))
        match step:
            case ReserveStep.FOUND:
                rows["participant"] = GOVERNMENT
            case ReserveStep.ENDOW:
                rows["participant"] = self.one(0, *MEMBERS)
            case ReserveStep.REPORT_CIRCULATION:
                rows["quantity_lots"] = int(draw.integers(0, 4_000))
            case ReserveStep.REPORT_PRICE:
                rows["price_ticks"] = int(draw.integers(80, 121))
            case ReserveStep.DECIDE:
                rows["target"] = self.one(*(set(self.auditor.triggers) - self.auditor.decided or {1}))
                rows["price_ticks"] = int(draw.integers(80, 100))
                rows["participant"] = self.one(0, *MEMBERS)
            case ReserveStep.SELL_BACK:
                rows["target"] = max(1, len(self.auditor.buy_backs))
        await self.send(Sent(Table.RESERVE_STEPS, rows))
