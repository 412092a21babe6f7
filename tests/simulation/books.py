"""What every part of the auditor shares: accounts in plain Python integers, and the word for what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.commands import ParticipantClass
from engine.events import EventKind
from engine.outcomes import Outcome

Row = Mapping[str, int]
Handlers = dict[EventKind, Callable[[Any], None]]
FREE, HELD, LOCKED, UNSETTLED, PLEDGED, COMPLIANCE = range(6)
"""Pockets of an account."""


class Impossible(AssertionError):
    """Something that the auditor's books do not allow."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Impossible(what)


class Accounts:
    """Cash (free, held) and units (by pocket) of everybody, of one instrument whose tick of one lot is worth
    `tick_value`."""

    def __init__(self, tick_value: int) -> None:
        self.tick_value = tick_value
        self.classes: dict[int, ParticipantClass] = {}
        self.cash: dict[int, list[int]] = {}
        self.units: dict[int, list[int]] = {}
        self.deposited = [0, 0]
        """Cash and lots that came in, less what was cancelled."""
        self.row: Row = {}
        """The row whose events are being read."""

    @property
    def operators(self) -> set[int]:
        return {number for number, klass in self.classes.items() if klass is ParticipantClass.OPERATOR}

    def account_handlers(self) -> Handlers:
        return {
            EventKind.CASH_DEPOSITED: self._cash_deposited,
            EventKind.UNITS_DEPOSITED: self._units_deposited,
            EventKind.PARTICIPANT_REGISTERED: self._registered,
        }

    def move(self, pockets: dict[int, list[int]], owner: int, amount: int, source: int, target: int) -> None:
        """Within one account."""
        pockets[owner][source] -= amount
        pockets[owner][target] += amount

    def check_accounts(self) -> None:
        for books, what in ((self.cash, "cash"), (self.units, "units")):
            for participant, pockets in books.items():
                must(min(pockets) >= 0, f"{what} of {participant} fell below zero: {pockets}")
        must(sum(map(sum, self.cash.values())) == self.deposited[0], "cash is not conserved")
        must(sum(map(sum, self.units.values())) == self.deposited[1], "units are not conserved")

    def against_deposit(self, row: Row) -> list[Outcome]:
        found = [] if row["quantity"] >= 1 else [Outcome.AMOUNT_OUT_OF_BOUNDS]
        return found + ([] if row["participant"] in self.cash else [Outcome.PARTICIPANT_UNKNOWN])

    def _registered(self, event: Any) -> None:
        number = int(event["participant"])
        must(number == len(self.cash) + 1, "participants are not numbered in turn")
        self.cash[number], self.units[number] = [0, 0], [0] * 6
        self.classes[number] = ParticipantClass(int(event["reference"]))

    def _cash_deposited(self, event: Any) -> None:
        self.cash[int(event["participant"])][FREE] += int(event["amount_minor"])
        self.deposited[0] += int(event["amount_minor"])

    def _units_deposited(self, event: Any) -> None:
        self.units[int(event["participant"])][FREE] += int(event["quantity_lots"])
        self.deposited[1] += int(event["quantity_lots"])
