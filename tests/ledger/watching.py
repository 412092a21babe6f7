"""Folds what every core in a test does into postings, and compares with its accounts after every batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import numpy as np
import pytest

from engine.commands import Batch
from engine.core import Core
from engine.ledger.postings import (
    CASH_ASSET,
    OUTSIDE,
    ROUND_SETTLEMENT,
    Balances,
    Entry,
    Fold,
    KnownInstruments,
    Pocket,
)
from engine.snapshot import Dump
from engine.views import Applied

CASH_POCKETS = {Pocket.AVAILABLE: "available_minor", Pocket.HELD: "held_minor", Pocket.UNSETTLED: "unsettled_minor"}
UNITS_POCKETS = {pocket: f"{pocket.name.lower()}_lots" for pocket in Pocket if pocket}


def accounts_of(core: Core) -> dict[tuple[int, int, int], int]:
    """Every pocket that is not empty, by (account, pocket, asset), read from the state record."""
    record, found = core._state[0], {}
    for pocket, name in CASH_POCKETS.items():
        for participant in np.flatnonzero(record["cash"][name]).tolist():
            found[participant, int(pocket), CASH_ASSET] = int(record["cash"][name][participant])
    for pocket, name in UNITS_POCKETS.items():
        for participant, instrument in np.argwhere(record["holdings"][name]).tolist():
            found[participant, int(pocket), instrument] = int(record["holdings"][name][participant, instrument])
    return found


class Books:
    """The double-entry books of one core, kept beside it from its first event on."""

    def __init__(self, core: Core) -> None:
        self._fold = Fold(KnownInstruments(core.instruments))
        self.balances = Balances()
        self.entries: list[Entry] = []

    def follow(self, core: Core, applied: Applied) -> None:
        """Fold one batch and compare."""
        for entry in self._fold.entries(applied.events, applied.first_sequence):
            sums: dict[int, int] = {}
            for posting in entry.postings:
                sums[posting.asset] = sums.get(posting.asset, 0) + posting.amount
            assert not any(sums.values()), f"{entry} does not sum to zero"
            self.balances.post(entry.postings)
            self.entries.append(entry)
        mine = {key: amount for key, amount in self.balances.by_place.items() if key[0] > 0}
        theirs = accounts_of(core)
        differs = {k: (mine.get(k, 0), theirs.get(k, 0)) for k in mine.keys() | theirs.keys()}
        assert not {k: v for k, v in differs.items() if v[0] != v[1]}, (
            "(folded, in the core) by (account, pocket, asset)"
        )
        assert not any(self.balances.totals().values())
        assert not [key for key in self.balances.by_place if key[0] == ROUND_SETTLEMENT]
        assert {account for account, _, _ in self.balances.by_place if account < 0} <= {OUTSIDE}


@contextmanager
def watched() -> Iterator[WeakKeyDictionary[Core, Books]]:
    """While it lasts every core that begins with an empty venue has its books, which must agree after every batch."""
    books: WeakKeyDictionary[Core, Books] = WeakKeyDictionary()
    apply, void, restore = Core.apply, Core.void, Core.restore

    def followed(run):
        def act(self: Core, batch: Batch) -> Applied:
            if self.next_sequence == 1 and self not in books:
                books[self] = Books(self)
            applied = run(self, batch)
            if self in books:
                books[self].follow(self, applied)
            return applied

        return act

    def restored(self: Core, dump: Dump) -> None:
        books.pop(self, None)
        restore(self, dump)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Core, "apply", followed(apply))
        patch.setattr(Core, "void", followed(void))
        patch.setattr(Core, "restore", restored)
        yield books
