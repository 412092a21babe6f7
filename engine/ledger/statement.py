"""Statements: what an account had, every posting, and what it has, as of any sequence number.

A ledger follows a venue's batches from the first one on, folds them into postings (`engine.ledger.postings`), and
stops at a sequence. Then it gives the statement of the account it was asked about, and the balances of all accounts:
with the outside world and the settlement of rounds they sum to zero in every asset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.ledger.postings import Balances, Entry, Fold, Known, Pocket

Places = dict[tuple[Pocket, int], int]
"""Amounts by (pocket, asset); what is 0 is left out."""


@dataclass(frozen=True)
class Source:
    """The batch that entries come from: its number, its table's number, its time."""

    batch: int
    table: int
    time_ns: int


@dataclass(frozen=True)
class Line:
    """One posting of the account.

    `batch` and `row` name the command, `kind` and `side` the event (`engine.events`). `counterparty` is the account on
    the other side: 0 where it is another pocket of the same one, below 0 an account of the venue. `balance` is what the
    pocket has after it.
    """

    sequence: int
    time_ns: int
    batch: int
    row: int
    table: int
    kind: int
    side: int
    counterparty: int
    pocket: Pocket
    asset: int
    amount: int
    balance: int


@dataclass(frozen=True)
class Statement:
    """An account from the event `first_sequence` to the event `last_sequence`, both included."""

    account: int
    first_sequence: int
    last_sequence: int
    opening: Places
    lines: tuple[Line, ...]
    closing: Places


class Ledger:
    """Follows a venue up to `last_sequence` (None: as far as it is given batches); keeps the lines of one account.

    `account` 0 keeps no lines. Memory O(live orders and bids + lines).
    """

    def __init__(
        self, known: Known, account: int = 0, first_sequence: int = 1, last_sequence: int | None = None
    ) -> None:
        self._fold = Fold(known)
        self.account = account
        """May be named later, as long as it has no postings yet."""
        self._first, self._last = first_sequence, last_sequence
        self._lines: list[Line] = []
        self._opening: Places = {}
        self._has_begun = False
        self.balances = Balances()
        self.sequence = 0
        """The last event followed."""
        self.is_between_batches = True
        """Whether the ledger stopped at the end of a batch, so that the core stood there too."""

    @property
    def is_full(self) -> bool:
        """Whether the last event asked for has been followed."""
        return self._last is not None and self.sequence >= self._last

    def follow(self, events: np.ndarray, first_sequence: int, source: Source) -> None:
        """One batch: all of its events, in order. Nothing happens once the ledger is full."""
        if self.is_full or not len(events):
            return
        end = first_sequence + len(events) - 1
        last = end if self._last is None else min(end, self._last)
        for entry in self._fold.entries(events, first_sequence):
            if entry.sequence > last:
                break
            if entry.sequence >= self._first:
                self._begin()
            self._post(entry, int(events["side"][entry.sequence - first_sequence]), source)
        self.sequence, self.is_between_batches = last, last == end

    def statement(self) -> Statement:
        """The account's statement as far as the ledger has followed."""
        self._begin()
        return Statement(
            account=self.account,
            first_sequence=self._first,
            last_sequence=self.sequence,
            opening=self._opening,
            lines=tuple(self._lines),
            closing=self.places(self.account),
        )

    def places(self, account: int) -> Places:
        """What an account has now."""
        found = sorted((p, a, amount) for (who, p, a), amount in self.balances.by_place.items() if who == account)
        return {(Pocket(pocket), asset): amount for pocket, asset, amount in found}

    def accounts(self) -> list[int]:
        """Accounts that have anything, counter accounts first."""
        return sorted({account for account, _, _ in self.balances.by_place})

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._opening = self.places(self.account)

    def _post(self, entry: Entry, side: int, source: Source) -> None:
        for place, posting in enumerate(entry.postings):
            self.balances.post((posting,))
            if posting.account != self.account or entry.sequence < self._first:
                continue
            # Postings come in pairs: who gives, then who gets.
            other = entry.postings[place ^ 1].account
            self._lines.append(
                Line(
                    sequence=entry.sequence,
                    time_ns=source.time_ns,
                    batch=source.batch,
                    row=entry.row,
                    table=source.table,
                    kind=entry.kind,
                    side=side,
                    counterparty=0 if other == self.account else other,
                    pocket=posting.pocket,
                    asset=posting.asset,
                    amount=posting.amount,
                    balance=self.balances.of(posting.account, posting.pocket, posting.asset),
                )
            )
