"""Drawn trading: orders and changes of them, phases with their calls, blocks, deposits."""

from __future__ import annotations

import numpy as np

from engine.commands import (
    CALLS,
    CASH,
    BlockCommand,
    OrderCommand,
    OrderType,
    Phase,
    Side,
    Table,
    order_id,
)
from tests.simulation.sending import DAY_NS, INSTRUMENT, MEMBERS, OPERATOR, Sending, Sent

USUAL: dict[Phase, tuple[Phase, ...]] = {
    Phase.CLOSED: (Phase.OPENING_CALL, Phase.CONTINUOUS),
    Phase.OPENING_CALL: (Phase.FIRM_CALL, Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.HALTED),
    Phase.FIRM_CALL: (Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.CLOSED),
    Phase.CONTINUOUS: (Phase.CLOSING_CALL, Phase.HALTED, Phase.CLOSED),
    Phase.CLOSING_CALL: (Phase.CLOSED, Phase.FIRM_CALL),
    Phase.HALTED: (Phase.CONTINUOUS, Phase.OPENING_CALL),
}
"""Where a phase leads on most days. Any other may be asked for."""


class TradingDraws(Sending):
    """What members and the operator do around the book."""

    def draw_orders(self) -> Sent:
        draw, actor = self.random, self.member()
        rows = self.rows(actor, Table.ORDERS, int(draw.integers(1, 7)), command=OrderCommand.NEW, instrument=INSTRUMENT)
        count = len(rows)
        rows["side"] = draw.integers(Side.BUY, Side.SELL + 1, count)
        rows["order_type"] = np.where(draw.random(count) < 0.1, OrderType.MARKET, OrderType.LIMIT)
        if self.auditor.phase in CALLS:
            # What a market sell of a call without a band is good for is not the auditor's to say.
            rows["side"][rows["order_type"] == OrderType.MARKET] = Side.BUY
        rows["time_in_force"] = draw.choice([1, 2, 3], count, p=[0.85, 0.12, 0.03])
        rows["price_ticks"] = np.where(rows["order_type"] == OrderType.MARKET, 0, draw.integers(90, 111, count))
        rows["quantity_lots"] = np.where(
            draw.random(count) < 0.04, draw.integers(0, 10**5, count), draw.integers(1, 40, count)
        )
        self.order_ids += [order_id(self.sessions[actor], int(number)) for number in rows["request_id"]]
        return Sent(Table.ORDERS, rows)

    async def orders(self) -> None:
        if self.auditor.phase in (Phase.CLOSED, Phase.HALTED) and self.chance(0.6):
            await self.phase()
        await self.send(self.draw_orders())

    async def changes(self) -> None:
        draw = self.random
        if not self.order_ids:
            return
        recent = self.order_ids[-60:]
        live = sorted(self.auditor.orders)
        target = int(draw.choice(live)) if live and self.chance(0.8) else int(draw.choice(recent))
        owner = next((member for member, session in self.sessions.items() if session == target >> 40), 2)
        rows = self.rows(owner if self.chance(0.9) else self.member(), Table.ORDERS)
        rows["command"] = draw.choice([OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE])
        rows["order_id"], rows["quantity_lots"] = target, int(draw.integers(1, 50))
        rows["price_ticks"] = int(draw.integers(90, 111)) if rows["command"][0] == OrderCommand.REPLACE else 0
        await self.send(Sent(Table.ORDERS, rows))

    async def deposit(self, member: int | None = None) -> None:
        rows = self.rows(OPERATOR, Table.DEPOSITS, 2, participant=member or self.member())
        rows["instrument"] = [CASH, INSTRUMENT]
        rows["quantity"] = self.random.integers(0 if member is None else 1, [60_000, 400])
        await self.send(Sent(Table.DEPOSITS, rows))

    async def phase(self, phase: Phase | None = None) -> None:
        now = self.auditor.phase
        asked = phase if phase is not None else self.one(*(USUAL[now] if self.chance(0.9) else (*USUAL, now)))
        await self.send(Sent(Table.PHASES, self.rows(OPERATOR, Table.PHASES, instrument=INSTRUMENT, phase=asked)))
        if asked is Phase.CLOSED or not self.auditor.blocks_open:
            await self.switch_blocks()

    async def switch_blocks(self) -> None:
        command = BlockCommand.STOP if self.auditor.blocks_open and self.chance(0.2) else BlockCommand.START
        await self.send(Sent(Table.BLOCKS, self.rows(OPERATOR, Table.BLOCKS, command=command, instrument=INSTRUMENT)))

    async def blocks(self) -> None:
        """An offer, or an answer to one, by somebody who may or may not."""
        draw, waiting = self.random, sorted(self.auditor.offers)
        if not waiting or self.chance(0.4):
            actor = self.member()
            rows = self.rows(actor, Table.BLOCKS, command=BlockCommand.OFFER, instrument=INSTRUMENT)
            rows["side"], rows["counterparty"] = int(draw.integers(1, 3)), self.one(0, *MEMBERS, *MEMBERS, 99)
            if self.chance(0.3):
                rows["expire_ns"] = self.clock.time_ns + int(draw.integers(-DAY_NS // 40, DAY_NS // 4))
            self.offer_ids.append(order_id(self.sessions[actor], int(rows["request_id"][0])))
        else:
            target = int(draw.choice(waiting if self.chance(0.9) else self.offer_ids))
            offer = self.auditor.offers.get(target)
            asked = self.member() if offer is None or not offer.asked else offer.asked
            usual = [(BlockCommand.CONFIRM, asked), (BlockCommand.COUNTER, asked), (BlockCommand.DECLINE, asked)]
            usual.append((BlockCommand.WITHDRAW, offer.proposer if offer else asked))
            command, actor = usual[int(draw.choice(4, p=[0.5, 0.2, 0.1, 0.2]))]
            rows = self.rows(actor if self.chance(0.9) else self.member(), Table.BLOCKS, command=command)
            rows["offer_id"] = target
        rows["price_ticks"], rows["quantity_lots"] = int(draw.integers(85, 116)), int(draw.integers(3, 90))
        await self.send(Sent(Table.BLOCKS, rows))
