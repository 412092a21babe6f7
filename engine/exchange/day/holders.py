"""Large holders: accounts that hold so much of an instrument at the end of a day that the book has them reported.

Counted is all that an account has: free, held for orders, locked in rounds. Where the book counts the holding limit
above a class's allocation (`trading.holding_limit_above_allocation`), the recorded allocation of the day's year is
taken off first; without a record nothing is. From the book's quantity on, that quantity included, an account is
reported.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import Fact
from engine.days import year_of
from engine.ledger.accounts import Accounts
from engine.parameters import Parameter
from engine.registry.books import Books
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.views import Instrument


@dataclass(frozen=True)
class LargeHolder:
    """One account to report. `allocation_year` is 0 where no allocation was taken off."""

    participant: int
    instrument: int
    held_lots: int
    counted_lots: int
    threshold_lots: int
    allocation_year: int


class LargeHolders:
    """Looks through the accounts of an instrument."""

    def __init__(self, register: Register, books: Books, accounts: Accounts, facts: Facts) -> None:
        self._register, self._books, self._accounts, self._facts = register, books, accounts, facts

    def of(self, instrument: Instrument, day: int) -> list[LargeHolder]:
        """The accounts to report on a day (days since 1970-01-01), by participant. O(participants)."""

        def value(parameter: Parameter, klass: int) -> int:
            return self._books.value(instrument.rule_book, parameter, klass, day) or 0

        found = []
        for participant in self._register.participants():
            klass = int(participant.participant_class)
            # Part of a lot above the threshold is a lot above it.
            threshold = -(-value(Parameter.TRADING_LARGE_HOLDER_REPORT, klass) // instrument.lot_units)
            if not threshold:
                continue
            held = self._accounts.total_lots(participant.number, instrument.number)
            year = year_of(day) if value(Parameter.TRADING_HOLDING_LIMIT_ABOVE_ALLOCATION, klass) else 0
            allocated = self._facts.lots(Fact.ALLOCATION, participant.number, instrument.number, year) if year else 0
            if held - allocated >= threshold:
                entry = LargeHolder(
                    participant.number, instrument.number, held, held - allocated, threshold, year if allocated else 0
                )
                found.append(entry)
        return found
