"""Putting something into a pocket of an account, or taking it out, with the control account kept beside it.

Everything of the ledger that Python moves goes through `Pockets`. A posting is two or more of its calls that take from
one pocket what they give to another; whoever gives without taking is told at the end of the batch (`unbalanced`), with
the asset and by how much. Orders and bids move in compiled code (`engine.ledger.kernels`), under the same check.
"""

from __future__ import annotations

import numpy as np

from engine.ledger.layout import CASH_ASSET

Where = int | slice
"""One account, or all of them, by number."""


class Unbalanced(RuntimeError):
    """A batch gave what nobody lost, or took what nobody got: a defect, the state can no longer be trusted."""


class Pockets:
    """The pockets of the state record, and their control accounts."""

    def __init__(self, record: np.void) -> None:
        self.cash = record["cash"]
        self.holdings = record["holdings"]
        self.issued_lots = record["issued_lots"]
        self.totals = record["totals"]
        self._control = record["control"]
        self._zeros = bytes(self._control.nbytes)

    def add_cash(self, where: Where, pocket: str, amount_minor: int | np.ndarray) -> None:
        """Put cash into a pocket (negative: take it out); an amount an account where `where` is all of them."""
        self.cash[pocket][where] += amount_minor
        self._control[CASH_ASSET] += np.sum(amount_minor)

    def add_units(self, where: Where, instrument: int, pocket: str, lots: int | np.ndarray) -> None:
        """Put units into a pocket (negative: take them out); a number an account where `where` is all of them."""
        self.holdings[pocket][where, instrument] += lots
        self._control[instrument] += np.sum(lots)

    def take_in_cash(self, amount_minor: int) -> None:
        """Count cash that comes to the venue from outside; its pocket gets it apart from this."""
        self.totals["cash_minor"] += amount_minor
        self._control[CASH_ASSET] -= amount_minor

    def issue(self, instrument: int, lots: int) -> None:
        """Count units that come into being (negative: cease to be); their pocket gets them apart from this."""
        self.issued_lots[instrument] += lots
        self._control[instrument] -= lots

    def unbalanced(self) -> str:
        """What is out of balance, in words; empty when nothing is. O(assets), without a walk over accounts."""
        if self._control.tobytes() == self._zeros:
            return ""
        return "; ".join(
            f"{'cash' if asset == CASH_ASSET else f'instrument {asset}'}: pockets got {int(self._control[asset]):+} "
            f"{'minor units' if asset == CASH_ASSET else 'lots'} that no pocket gave"
            for asset in np.flatnonzero(self._control).tolist()
        )
