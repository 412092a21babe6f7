"""The auditor's book of what trades lead to beside the price: charges, and units that wait for their day."""

from __future__ import annotations

from typing import Any

from engine.events import Charge, EventKind
from engine.outcomes import Outcome
from tests.simulation.books import FREE, UNSETTLED, Accounts, Handlers, must
from tests.simulation.levies import Due, Levies

DAY_NS = 86_400 * 10**9


class SettlingBooks(Accounts):
    """Charges of one instrument's trades, and the trading days that its units wait for."""

    def __init__(self, tick_value: int, levies: Levies) -> None:
        super().__init__(tick_value)
        self.levies = levies
        self.time_ns = 0
        self.dues: list[Due] = []
        """Charges of the row's trades that were not told yet."""
        self.waiting: list[tuple[int, int, int]] = []
        """Bought and not settled: (number of the trading day, buyer, lots)."""
        self.day_number = self.date = 0

    def settling_handlers(self) -> Handlers:
        return {
            EventKind.TRADE_CHARGED: self._charged,
            EventKind.TRADE_TERMS_SET: self._terms_set,
            EventKind.TRADING_DAY_BEGAN: self._day_began,
            EventKind.UNITS_SETTLED: self._units_settled,
        }

    def need(self, price: int, lots: int) -> int:
        """Cash that a buyer sets aside for so many lots at this limit: the price, and the most that charges come to."""
        value = price * self.tick_value
        return (value + self.levies.most_a_lot(value)) * lots

    def against_units(self, owner: int, lots: int) -> list[Outcome]:
        """What speaks against selling so many lots."""
        if lots <= self.units[owner][FREE]:
            return []
        waits = lots <= self.units[owner][FREE] + self.units[owner][UNSETTLED]
        return [Outcome.HOLDING_NOT_SETTLED if waits else Outcome.HOLDING_INSUFFICIENT]

    def deliver(self, buyer: int, seller: int, lots: int, paid: int, *, counts_dates: bool = False) -> None:
        """Units to a buyer, and what both owe. A block that is made after midnight counts from the day to come."""
        lock = self.levies.lock_days
        self.dues += self.levies.dues(buyer, seller, paid)
        self.units[buyer][UNSETTLED if lock else FREE] += lots
        if lock:
            early = counts_dates and self.time_ns // DAY_NS > self.date
            self.waiting.append((self.day_number + early + lock, buyer, lots))

    def end_of_settling(self) -> None:
        """A row has ended: all that it led to was told."""
        must(not self.dues, f"not charged: {self.dues}")
        overdue = [line for line in self.waiting if line[0] <= self.day_number]
        must(not overdue, f"due on trading day {self.day_number} and not settled: {overdue}")

    def unsettled_of(self, owner: int) -> int:
        return sum(lots for _, buyer, lots in self.waiting if buyer == owner)

    # -- what happened -------------------------------------------------------------------------------------------------

    def _charged(self, event: Any) -> None:
        told = Due(
            int(event["participant"]),
            int(event["side"]),
            Charge(int(event["reference"])),
            int(event["counterparty"]),
            int(event["amount_minor"]),
        )
        must(told in self.dues, f"charged is {told}, due were {self.dues}")
        self.dues.remove(told)
        self.cash[told.payer][FREE] -= told.amount
        self.cash[told.receiver][FREE] += told.amount

    def _terms_set(self, event: Any) -> None:
        levies = self.levies
        told = tuple(int(event[name]) for name in ("order_id", "counter_order_id", "amount_minor", "quantity_lots"))
        wanted = (levies.fee_buyer, levies.tax_buyer, levies.minimum, levies.lock_days)
        must(told == wanted, f"trades go by {told}, not {wanted}")

    def _day_began(self, _event: Any) -> None:
        date = self.time_ns // DAY_NS
        self.day_number += date > self.date
        self.date = date

    def _units_settled(self, event: Any) -> None:
        owner, lots = int(event["participant"]), int(event["quantity_lots"])
        due = sum(part for day, buyer, part in self.waiting if buyer == owner and day <= self.day_number)
        must(lots == due > 0, f"{lots} of {owner} settle, due were {due}")
        self.waiting = [line for line in self.waiting if line[1] != owner or line[0] > self.day_number]
        self.move(self.units, owner, lots, UNSETTLED, FREE)
