"""Distributions of outcomes as figures that people and machines read: percentiles, means, shares, all from integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from engine.commands import ParticipantClass
from services.reports.scale import Scale, decimals, money
from services.whatif.run import SOLD, Outcomes

PERCENTILES = (5, 50, 95)
LARGEST = 5
"""Bidders named as the largest winners."""


@dataclass(frozen=True)
class Spread:
    """Percentiles 5, 50, 95 (of the values that came out: never between two of them) and the mean, as text."""

    low: str
    middle: str
    high: str
    mean: str

    def as_json(self) -> dict[str, str]:
        return {"p5": self.low, "p50": self.middle, "p95": self.high, "mean": self.mean}


@dataclass(frozen=True)
class Summary:
    """One design: `price` over the rounds that sold anything (None: no round did), the rest over all rounds."""

    design: str
    rounds: int
    rounds_sold: int
    price: Spread | None
    sold: Spread
    sold_out_share: str
    proceeds: Spread
    concentration: Spread
    winners: dict[str, str]
    largest: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {
            "design": self.design,
            "rounds": self.rounds,
            "rounds_sold": self.rounds_sold,
            "price": self.price.as_json() if self.price else None,
            "sold": self.sold.as_json(),
            "sold_out_share": self.sold_out_share,
            "proceeds": self.proceeds.as_json(),
            "concentration": self.concentration.as_json(),
            "share_of_sold_by_class": self.winners,
            "share_of_sold_by_largest": self.largest,
        }


def summarise(outcomes: Outcomes, classes: np.ndarray, scale: Scale, names: Sequence[str] = ()) -> Summary:
    """The figures of one design. `names` of the bidders, where they are the same in every round."""
    sold = np.isin(outcomes.statuses, SOLD)
    rounds = outcomes.statuses.size
    all_sold = int((outcomes.sold_lots >= np.maximum(1, outcomes.offered_lots)).sum())
    return Summary(
        design=outcomes.design.name,
        rounds=rounds,
        rounds_sold=int(sold.sum()),
        price=_spread(outcomes.prices_ticks[sold], scale.price) if sold.any() else None,
        sold=_spread(outcomes.sold_lots, lambda lots: str(scale.quantity(lots))),
        sold_out_share=decimals(Fraction(all_sold, rounds), 4),
        proceeds=_spread(outcomes.proceeds_minor, money),
        concentration=_spread(outcomes.concentration_ppm, lambda ppm: decimals(Fraction(ppm, 1_000_000), 4)),
        winners=_by_class(outcomes.won_lots, classes),
        largest=_largest(outcomes.won_lots, names),
    )


def _spread(values: np.ndarray, shown: Callable[[int], str]) -> Spread:
    """Nearest-rank percentiles and the mean, a half going up."""
    ordered = sorted(values.tolist())
    picked = [ordered[-(-percent * len(ordered) // 100) - 1] for percent in PERCENTILES]
    mean = (2 * sum(ordered) + len(ordered)) // (2 * len(ordered))
    low, middle, high = (shown(value) for value in picked)
    return Spread(low, middle, high, shown(mean))


def _by_class(won: np.ndarray, classes: np.ndarray) -> dict[str, str]:
    whole = int(won.sum())
    return {
        ParticipantClass(int(klass)).name.lower(): decimals(Fraction(int(won[classes == klass].sum()), whole or 1), 4)
        for klass in np.unique(classes)
    }


def _largest(won: np.ndarray, names: Sequence[str]) -> dict[str, str]:
    """Shares of those who won most over all rounds, the most first."""
    whole = int(won.sum()) or 1
    first = np.argsort(-won, kind="stable")[:LARGEST].tolist() if names else []
    return {names[place]: decimals(Fraction(int(won[place]), whole), 4) for place in first if won[place] > 0}
