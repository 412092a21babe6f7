"""A day replayed in plain Python: a list of orders, searched for the best one at every step, and the slow auction.

Shares no code with the replay or the book. Rows are tuples as the log has them, after reading: prices in ticks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.orderbook.call_auction.reference import slow_uncross
from engine.orderbook.call_auction.rules import CallRule

Trade = tuple[int, int, int, str, str, str]
"""(seq, price, quantity, buy order, sell order, aggressor)."""


@dataclass
class Row:
    """One command. `price` 0: a market order."""

    command: str
    order: str = ""
    side: str = ""
    tif: str = ""
    price: int = 0
    quantity: int = 0
    phase: str = ""


@dataclass
class Resting:
    order: str
    side: str
    price: int
    quantity: int


@dataclass
class SlowDay:
    rule: CallRule
    reference: int | None = None
    phase: str = "continuous"
    live: list[Resting] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    refused: int = 0

    def run(self, rows: list[Row]) -> None:
        for seq, row in enumerate(rows, 1):
            if row.command == "phase":
                self.turn(seq, row.phase)
            elif self.phase == "closed":
                self.refused += 1
            else:
                self.command(seq, row)

    def turn(self, seq: int, phase: str) -> None:
        if phase == "uncross":
            self.uncross(seq)
            phase = "continuous"
        self.phase = phase

    def command(self, seq: int, row: Row) -> None:
        found = next((order for order in self.live if order.order == row.order), None)
        if row.command == "new":
            in_call = self.phase.endswith("call")
            no_wait = row.tif == "fok" or (row.tif == "ioc" and row.price)
            nobody = not in_call and not row.price and not any(o.side != row.side for o in self.live)
            if found or (in_call and no_wait) or nobody:
                self.refused += 1
            else:
                self.enter(seq, Resting(row.order, row.side, row.price, row.quantity), row.tif)
        elif found is None or (row.command == "reduce" and row.quantity >= found.quantity):
            self.refused += 1
        elif row.command == "reduce":
            found.quantity -= row.quantity
        else:
            self.live.remove(found)
            if row.command == "replace":
                self.enter(seq, Resting(row.order, found.side, row.price, row.quantity), "gtc")

    def enter(self, seq: int, order: Resting, tif: str) -> None:
        if self.phase.endswith("call"):
            self.live.append(order)
            return
        if tif == "fok" and sum(o.quantity for o in self.live if self.crosses(order, o)) < order.quantity:
            return
        while order.quantity:
            makers = [other for other in self.live if self.crosses(order, other)]
            if not makers:
                break
            best = min(makers, key=lambda o: o.price if o.side == "sell" else -o.price)
            quantity = min(order.quantity, best.quantity)
            ids = (order.order, best.order) if order.side == "buy" else (best.order, order.order)
            self.trades.append((seq, best.price, quantity, *ids, order.side))
            order.quantity -= quantity
            best.quantity -= quantity
            if not best.quantity:
                self.live.remove(best)
        if order.quantity and order.price and tif == "gtc":
            self.live.append(order)

    @staticmethod
    def crosses(order: Resting, other: Resting) -> bool:
        if order.side == other.side:
            return False
        return not order.price or (other.price <= order.price if order.side == "buy" else other.price >= order.price)

    def uncross(self, seq: int) -> None:
        reference = self.trades[-1][1] if self.trades else self.reference
        result = slow_uncross(
            self.rule.candidates.name,
            [step.name for step in self.rule.steps],
            [({"buy": 1, "sell": 2}[o.side], o.price, o.quantity) for o in self.live],
            reference=reference,
            band_ppm=self.rule.band_ppm,
        )
        for buyer, seller, quantity in result.trades:
            price = result.price or 0
            self.trades.append((seq, price, quantity, self.live[buyer].order, self.live[seller].order, "auction"))
        for order, fill in zip(self.live, result.fills, strict=True):
            order.quantity -= fill
        self.live = [order for order in self.live if order.quantity and order.price]

    def waiting(self) -> list[tuple[str, str, int, int]]:
        """Live orders, buys before sells, best first, then by priority."""
        orders = [(o.side, o.order, o.price, o.quantity) for o in self.live]
        buys = [order for order in orders if order[0] == "buy"]
        sells = [order for order in orders if order[0] == "sell"]
        return sorted(buys, key=lambda o: -(o[2] or 2**40)) + sorted(sells, key=lambda o: o[2])
