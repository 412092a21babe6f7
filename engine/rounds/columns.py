"""Columns that only grow: bids and lines of supply of all rounds, beside the state record.

What a row says never changes once it is appended; only the links that chain a bidder's bids do. Room is doubled ahead
of need, so that compiled code can append without asking.
"""

from __future__ import annotations

import numpy as np


class Columns:
    """A growable 1-d array of one record dtype."""

    def __init__(self, dtype: np.dtype, room: int = 1_024) -> None:
        self._rows = np.zeros(room, dtype)
        self.used = 0

    def reserve(self, count: int) -> np.ndarray:
        """Bytes of the whole array, with room for at least `count` more rows behind the used ones."""
        room = len(self._rows)
        while self.used + count > room:
            room *= 2
        if room > len(self._rows):
            grown = np.zeros(room, self._rows.dtype)
            grown[: self.used] = self._rows[: self.used]
            self._rows = grown
        return self._rows.view(np.uint8)

    def append(self, **values: int) -> int:
        """One row from named values; returns its position."""
        self.reserve(1)
        for name, value in values.items():
            self._rows[name][self.used] = value
        self.used += 1
        return self.used - 1

    def load(self, rows: np.ndarray) -> None:
        """Takes these rows instead of its own."""
        self.used = 0
        self.reserve(len(rows))
        self._rows[: len(rows)] = rows
        self._rows[len(rows) :] = np.zeros((), self._rows.dtype)
        self.used = len(rows)

    def rows(self) -> np.ndarray:
        """The used rows, as a view."""
        return self._rows[: self.used]

    def of_round(self, number: int) -> np.ndarray:
        """The rows of one round, in the order of arrival; linear in all rows ever appended."""
        rows = self.rows()
        return rows[np.flatnonzero(rows["round_number"] == number)]
