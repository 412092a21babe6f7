"""Books of bids for many rounds, as columns one behind the other: what is drawn once and cleared under many designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.checks import RoundInputError, Seen, int64_column
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX


@dataclass(frozen=True)
class Books:
    """Books in schedule order: round by round, in each by bidder, each bidder's best bid first.

    Columns, int64: `prices_ticks`, `quantities_lots`, `bidders` (0 up, the same numbers in every round), `times`; the
    bids of round r stand from `starts[r]` to `starts[r + 1]`.
    """

    prices_ticks: np.ndarray
    quantities_lots: np.ndarray
    bidders: np.ndarray
    times: np.ndarray
    starts: np.ndarray
    bidder_count: int

    @property
    def rounds(self) -> int:
        return self.starts.size - 1

    @classmethod
    def of(
        cls,
        rounds: Sequence[int] | np.ndarray,
        prices_ticks: Sequence[int] | np.ndarray,
        quantities_lots: Sequence[int] | np.ndarray,
        bidders: Sequence[int] | np.ndarray,
        times: Sequence[int] | np.ndarray | None = None,
        round_count: int | None = None,
    ) -> Books:
        """Books from bids in any order; `rounds` is the round of each bid. Sorts once, n log n.

        Raises RoundInputError for columns of different length and values out of bounds.
        """
        given = {
            "rounds": rounds,
            "prices_ticks": prices_ticks,
            "quantities_lots": quantities_lots,
            "bidders": bidders,
            "times": np.zeros(len(prices_ticks), np.int64) if times is None else times,
        }
        columns = {name: int64_column(name, values) for name, values in given.items()}
        sizes = {name: column.size for name, column in columns.items()}
        if len(set(sizes.values())) != 1:
            raise RoundInputError([f"the columns of the books differ in length: {sizes}; give one entry a bid"])
        problems = [
            f"{name} holds a negative number; count from 0"
            for name in ("rounds", "bidders")
            if columns[name].size and columns[name].min() < 0
        ]
        seen = Seen.of(columns["prices_ticks"], columns["quantities_lots"])
        if columns["prices_ticks"].size and not 1 <= seen.lowest_ticks <= seen.highest_ticks <= PRICE_TICKS_MAX:
            problems.append(f"prices_ticks lie from {seen.lowest_ticks} to {seen.highest_ticks}; allowed are 1 to 2^30")
        if not 0 <= seen.least_lots <= seen.most_lots <= QUANTITY_LOTS_MAX:
            problems.append(f"quantities_lots lie from {seen.least_lots} to {seen.most_lots}; allowed are 0 to 2^32-1")
        if seen.highest_ticks * seen.total_lots >= 2**62:
            problems.append("the bids are worth more than 2^62 tick-lots together; use fewer rounds or larger lots")
        if problems:
            raise RoundInputError(problems)
        keys = (columns["times"], -columns["prices_ticks"], columns["bidders"], columns["rounds"])
        order = np.lexsort(keys)
        count = int(columns["rounds"].max()) + 1 if columns["rounds"].size else 0
        sorted_rounds = columns["rounds"][order]
        starts = np.searchsorted(sorted_rounds, np.arange(max(count, round_count or 0) + 1)).astype(np.int64)
        prices, lots, owners, arrivals = (
            np.ascontiguousarray(columns[name][order])
            for name in ("prices_ticks", "quantities_lots", "bidders", "times")
        )
        return cls(prices, lots, owners, arrivals, starts, int(owners.max()) + 1 if owners.size else 0)

    def of_round(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(prices, lots, bidders, times) of one round."""
        here = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.prices_ticks[here], self.quantities_lots[here], self.bidders[here], self.times[here]
