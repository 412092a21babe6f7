"""What a posting is, who stands on its other side, and the balances that postings add up to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from engine.commands import CASH

CASH_ASSET = CASH
"""The asset of postings in money; that of postings in units is the instrument's number."""

OUTSIDE = -1
"""The account of the world outside the venue: what it has given (less than 0) and taken back. All that participants
have is what the outside is short of."""

ROUND_SETTLEMENT = -2
"""The account through which rounds settle: buyers pay into it, sellers deliver into it. Empty after every batch."""

COUNTER_ACCOUNTS = (OUTSIDE, ROUND_SETTLEMENT)
"""Accounts of the venue itself; they have no pockets, and what they have may lie below 0."""


class Pocket(IntEnum):
    """Where in an account cash or units lie."""

    NONE = 0
    """Of the accounts that have no pockets."""
    AVAILABLE = 1
    HELD = 2
    """For orders, bids and blocks."""
    LOCKED = 3
    """Units in rounds and reserves."""
    UNSETTLED = 4
    """What a trade brought and its day of settlement has not released."""
    PLEDGED = 5
    COMPLIANCE = 6
    """Units that serve surrender only."""


class Place(NamedTuple):
    """A pocket of an account (a participant's number, or one of `COUNTER_ACCOUNTS`)."""

    account: int
    pocket: Pocket


class Posting(NamedTuple):
    """What one pocket gains (or, below 0, loses) of one asset: minor units of cash, or lots of an instrument."""

    account: int
    pocket: Pocket
    asset: int
    amount: int


class Entry(NamedTuple):
    """The postings of one event: at least two, zero in sum for each asset."""

    sequence: int
    kind: int
    row: int
    postings: tuple[Posting, ...]


WORLD = Place(OUTSIDE, Pocket.NONE)
ROUNDS = Place(ROUND_SETTLEMENT, Pocket.NONE)


def available(account: int) -> Place:
    """The free pocket of an account."""
    return Place(account, Pocket.AVAILABLE)


def held(account: int) -> Place:
    """What an account has set aside for orders and bids."""
    return Place(account, Pocket.HELD)


def locked(account: int) -> Place:
    """What an account has in rounds and reserves."""
    return Place(account, Pocket.LOCKED)


class Slip:
    """Collects the postings of one event; the only way to write one is to move, so their sum is zero."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []

    def move(self, asset: int, amount: int, source: Place, target: Place) -> None:
        """Take from one place what another gets; a negative amount goes the other way, 0 is not written."""
        if amount and source != target:
            self.postings.append(Posting(source.account, source.pocket, asset, -amount))
            self.postings.append(Posting(target.account, target.pocket, asset, amount))


class Balances:
    """Sums of postings by (account, pocket, asset); a sum of 0 is left out."""

    def __init__(self) -> None:
        self.by_place: dict[tuple[int, int, int], int] = {}

    def post(self, postings: Iterable[Posting]) -> None:
        """Add postings."""
        sums = self.by_place
        for account, pocket, asset, amount in postings:
            key = (account, int(pocket), asset)
            total = sums.get(key, 0) + amount
            if total:
                sums[key] = total
            else:
                sums.pop(key, None)

    def of(self, account: int, pocket: Pocket, asset: int) -> int:
        """What lies in one pocket."""
        return self.by_place.get((account, int(pocket), asset), 0)

    def totals(self) -> dict[int, int]:
        """The sum over all accounts, counter accounts included, by asset: 0 each, or the books are wrong."""
        totals: dict[int, int] = {}
        for (_, _, asset), amount in self.by_place.items():
            totals[asset] = totals.get(asset, 0) + amount
        return totals
