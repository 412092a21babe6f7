"""Drawn rounds: from draft to settlement under the charter of the world, with bids, changes, guarantees and draws."""

from __future__ import annotations

from engine.commands import Change, Drawn, RoundAction, SupplyKind, Table
from engine.rounds.layout import Stage
from tests.simulation.round_papers import REASONED, RoundBook
from tests.simulation.sending import DAY_NS, GOVERNMENT, INSTRUMENT, MEMBERS, OPERATOR, SECOND, Sending, Sent

_A, _S = RoundAction, Stage
USUAL = {
    _S.PROPOSED: _A.APPROVE, _S.APPROVED: _A.PUBLISH, _S.PUBLISHED: _A.OPEN, _S.OPEN: _A.CLOSE, _S.SUSPENDED: _A.RESUME,
    _S.CLOSED: _A.CLEAR, _S.CERTIFIED: _A.ANNOUNCE, _S.ANNOUNCED: _A.SETTLE,
}  # fmt: skip
"""The next step of most rounds."""

ENDED = (_S.CANCELLED, _S.SETTLED, _S.DECLINED)


class RoundDraws(Sending):
    """What operators, the authority, sellers and bidders do around rounds."""

    def _under_way(self) -> list[int]:
        ends = ENDED if self.auditor.charter.announces else (*ENDED, _S.CLEARED)
        return [number for number, book in self.auditor.rounds.items() if book.stage not in ends]

    async def round(self) -> None:
        """Up to four steps, some of them wrong, of one round or of several."""
        for _ in range(int(self.random.integers(1, 5))):
            await self._round()

    async def _round(self) -> None:
        """The next step of a round, or a wrong one; a new round where none is under way."""
        waiting = self._under_way()
        if not waiting or self.chance(0.1):
            self.round_names += self.chance(0.9)
            day = self.clock.time_ns // DAY_NS
            rows = self.rows(self.operator(), Table.ROUNDS, rule_book=1, instrument=INSTRUMENT, day=day)
            await self.send(self.named(Table.ROUNDS, rows, f"round {self.round_names}"))
            return None
        number = int(self.random.choice(waiting))
        book = self.auditor.rounds[number]
        if book.stage is _S.DRAFT and (not book.supply or self.chance(0.4)):
            return await self._supply(number)
        if book.stage is _S.CLOSED and self.auditor.charter.draws and set(book.bids) - set(book.drawn):
            return await self._draw(number, book)
        if book.stage is _S.OPEN and len(book.bids) < 4 and self.chance(0.7):
            return await self.bids()
        await self._step(number, book)

    async def _supply(self, number: int) -> None:
        draw = self.random
        seller = GOVERNMENT if self.chance(0.4) else self.member()
        if self.chance(0.25):
            rows = self.rows(self.member(), Table.CONSIGNMENTS, round_number=number)
            rows["quantity_lots"] = int(draw.integers(1, 60))
            await self.send(Sent(Table.CONSIGNMENTS, rows))
            return
        table = Table.SUPPLY_LINES if self.chance(0.3) else Table.SUPPLY
        rows = self.rows(self.operator(), table, round_number=number, kind=SupplyKind.GOVERNMENT, rank=1, seller=seller)
        rows["quantity_lots"] = int(draw.integers(1, 80)) * self._scale()
        await self.send(Sent(table, rows))

    def _scale(self) -> int:
        """Where bids need only a guarantee they may pass what their bidders can pay: some winners default."""
        return 5 if self.auditor.charter.posted else 1

    async def _step(self, number: int, book: RoundBook) -> None:
        usual = self._usual(book)
        action = usual if self.chance(0.85) else self.one(*_A)
        four_eyes = self.auditor.charter.four_eyes
        if four_eyes and self.chance(0.8):
            drafter = book.taken_by.get(_A.CLEAR, book.drafted_by)
            other = SECOND if drafter == OPERATOR else OPERATOR
            actor = {_A.APPROVE: other, _A.PUBLISH: other, _A.ANNOUNCE: other, _A.CERTIFY: GOVERNMENT}.get(
                action,
                book.drafted_by,  # type: ignore[call-overload]
            )
        else:
            actor = self.operator()
        if action in REASONED or four_eyes or self.chance(0.3):
            rows = self.rows(actor, Table.ROUND_STEPS, round_number=number, action=action)
            rows["argument"] = int(self.random.integers(0, 30)) if action is _A.EXTEND else 0
            await self.send(self.named(Table.ROUND_STEPS, rows, "as agreed" if self.chance(0.95) else ""))
        else:
            rows = self.rows(actor, Table.ROUND_ACTIONS, round_number=number, action=action)
            await self.send(Sent(Table.ROUND_ACTIONS, rows))

    def _usual(self, book: RoundBook) -> RoundAction:
        charter = self.auditor.charter
        if book.stage is _S.DRAFT:
            return _A.PROPOSE if charter.four_eyes else _A.OPEN
        if book.stage is _S.CLEARED:
            return _A.CERTIFY if charter.four_eyes else _A.ANNOUNCE
        if book.stage is _S.OPEN and self.chance(0.15):
            return _A.SUSPEND if self.chance(0.5) else _A.EXTEND
        return USUAL[book.stage]

    async def _draw(self, number: int, book: RoundBook) -> None:
        left = sorted(set(book.bids) - set(book.drawn))
        order = [int(left[place]) for place in self.random.permutation(len(left))]
        if self.chance(0.1):
            order.append(order[0])
        rows = self.rows(OPERATOR, Table.DRAWS, len(order), round_number=number, drawn=Drawn.BID)
        rows["target"] = order
        await self.send(Sent(Table.DRAWS, rows))

    async def bids(self) -> None:
        draw = self.random
        open_rounds = [number for number, book in self.auditor.rounds.items() if book.stage is _S.OPEN]
        if not open_rounds and self.chance(0.7):
            return await self.round()
        number = int(draw.choice(open_rounds)) if open_rounds and self.chance(0.9) else int(draw.integers(1, 9))
        actor, reserve = self.member(), self.auditor.charter.reserve
        if self.auditor.charter.posted and self.chance(0.4):
            amount = int(draw.integers(-2_000, 12_000))
            rows = self.rows(actor, Table.GUARANTEES, round_number=number, amount_minor=amount)
            await self.send(Sent(Table.GUARANTEES, rows))
            return None
        rows = self.rows(actor, Table.BIDS, int(draw.integers(1, 4)), round_number=number)
        rows["price_ticks"] = draw.integers(reserve - 1, reserve + 12, len(rows))
        rows["quantity_lots"] = draw.integers(1, 60, len(rows)) * self._scale()
        await self.send(Sent(Table.BIDS, rows))

    async def bid_changes(self) -> None:
        """A bid is amended or withdrawn, by its bidder or by somebody else, in time or not."""
        draw = self.random
        known = [(number, bid) for number in self._under_way() for bid in self.auditor.rounds[number].bids]
        if not known:
            return
        number, target = known[int(draw.integers(len(known)))]
        bidder = self.auditor.rounds[number].bids[target][0]
        rows = self.rows(bidder if self.chance(0.9) else int(draw.choice(MEMBERS)), Table.CHANGES, round_number=number)
        rows["change"] = Change.AMEND_BID if self.chance(0.6) else Change.WITHDRAW_BID
        rows["target"] = target if self.chance(0.95) else target + 1
        if rows["change"][0] == Change.AMEND_BID:
            reserve = self.auditor.charter.reserve
            rows["price_ticks"], rows["quantity_lots"] = draw.integers([reserve - 1, 1], [reserve + 12, 60])
        await self.send(Sent(Table.CHANGES, rows))
