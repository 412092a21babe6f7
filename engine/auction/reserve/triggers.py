"""Price tests: is a condition met on enough consecutive days or months, and what may then be decided.

Averages come in as published integers in ticks. A test says *triggered*; what is released or bought back is a decision
of its own (`decide`): the United Kingdom's test was met twice and released nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from engine.auction.caps import PPM


class Direction(IntEnum):
    """Which side of the trigger counts."""

    ABOVE = 1
    BELOW = 2


@dataclass(frozen=True)
class Run:
    """How often a condition held in a row, and when it first held often enough (None: never)."""

    longest: int
    met_at: int | None

    @property
    def triggered(self) -> bool:
        return self.met_at is not None


def consecutive(prices_ticks: Sequence[int], trigger_ticks: int, needed: int, direction: Direction) -> Run:
    """Whether prices lie strictly beyond the trigger `needed` times in a row; a price at the trigger breaks the run.

    UK SI 2021/484 reg. 12 (three months), Beijing's draft of 2024 (ten trading days), Korea (five days).
    """
    longest = run = 0
    met_at = None
    for place, price in enumerate(prices_ticks):
        beyond = price > trigger_ticks if direction == Direction.ABOVE else price < trigger_ticks
        run = run + 1 if beyond else 0
        longest = max(longest, run)
        if run == needed and met_at is None:
            met_at = place
    return Run(longest, met_at)


def multiple_of_average(prices_ticks: Sequence[int], multiple_ppm: int) -> int:
    """A trigger as a multiple of the mean of a reference period, rounded down to the tick."""
    return sum(prices_ticks) * multiple_ppm // (PPM * len(prices_ticks))


def sale_is_due(last_price_ticks: int, lowest_tier_ticks: int, share_ppm: int, always: bool = False) -> bool:
    """Whether a reserve sale is offered: the last price reached a share of the lowest tier, or the rules always hold
    one (17 CCR 95913: 60 %; the sale before 1 November)."""
    return always or last_price_ticks * PPM >= lowest_tier_ticks * share_ppm


def decide(triggered: bool, decided_lots: int | None, available_lots: int) -> int:
    """Lots released or bought back: what was decided, as far as there is; nothing without a trigger or a decision."""
    return min(decided_lots, available_lots) if triggered and decided_lots is not None else 0


def buy_back_limit(allocation_lots: int, share_ppm: int) -> int:
    """The most that may be bought back in a year (Shenzhen's regime of 2014: 10 % of the allocation)."""
    return allocation_lots * share_ppm // PPM
