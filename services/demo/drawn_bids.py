"""A bid book for the Shenzhen auction of 2022-08-12: drawn, because the bids were never published.

What is known of the auction (benchmarks/replays/shenzhen_2022): 123 bidders, about 2.49 million t bid for 580,764 t,
26 winners who paid from 42.00 to 100.00, 43.49 on the mean; bids were visible while the book filled, and prices kept
rising. The drawing follows that: most bidders stay between the floor and 42 yuan, a fifth goes above it by a few yuan,
one panics at 100; quantities are lognormal; higher prices tend to come later; people like whole yuan. Its shape
and `SEED` were chosen so that the outcome comes close to the published figures: that closeness proves nothing about the
rules, it only makes the picture a likely one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.commands import ParticipantClass

Integers = NDArray[np.int64]

SEED = 20_220_664
"""The seed of the demonstration: of the 4,000 from 20,220,000 on, the one whose outcome is closest."""

BIDDERS = 123
DEMAND_LOTS = 2_490_000
FLOOR_TICKS = 2_964
HIGHEST_TICKS = 10_000

_EAGER_SHARE = 0.21
_EAGER_FROM_TICKS = 4_200
_EAGER_MEAN_ABOVE_TICKS = 120
_INSTITUTION_SHARE = 0.2
_LARGEST_LOTS = 174_000  # below the cap of 30 % of the offer, which holds for every class


@dataclass(frozen=True)
class DrawnBid:
    """One bid of one bidder, in the order of arrival."""

    bidder_class: ParticipantClass
    price_ticks: int
    quantity_lots: int


def draw_bids(seed: int = SEED) -> tuple[DrawnBid, ...]:
    """One bid for each of the bidders, in the order of arrival; the same seed gives the same book."""
    generator = np.random.default_rng(seed)
    prices = _prices(generator)
    quantities = _quantities(generator)
    classes = np.where(
        generator.random(BIDDERS) < _INSTITUTION_SHARE, ParticipantClass.INSTITUTION, ParticipantClass.KEY_EMITTER
    )
    arrival = np.argsort(prices + generator.normal(0, 250, BIDDERS), kind="stable")
    return tuple(DrawnBid(ParticipantClass(int(classes[i])), int(prices[i]), int(quantities[i])) for i in arrival)


def _prices(generator: np.random.Generator) -> Integers:
    """Prices in ticks (fen): most below 42 yuan, a fifth above, one at 100."""
    low = generator.triangular(FLOOR_TICKS, 3_600, _EAGER_FROM_TICKS, BIDDERS)
    high = _EAGER_FROM_TICKS + generator.exponential(_EAGER_MEAN_ABOVE_TICKS, BIDDERS)
    drawn = np.where(generator.random(BIDDERS) < _EAGER_SHARE, high, low)
    step = generator.choice([1, 10, 50, 100], BIDDERS, p=[0.1, 0.25, 0.25, 0.4])
    prices: Integers = np.maximum(FLOOR_TICKS, np.rint(drawn / step).astype(np.int64) * step)
    prices[int(np.argmax(prices))] = HIGHEST_TICKS
    return prices


def _quantities(generator: np.random.Generator) -> Integers:
    """Whole tonnes that sum to the demand, none above the cap."""
    weights = generator.lognormal(0.0, 0.85, BIDDERS)
    lots: Integers = np.minimum(_LARGEST_LOTS, np.floor(weights / weights.sum() * DEMAND_LOTS)).astype(np.int64)
    lots[int(np.argmin(lots))] += DEMAND_LOTS - int(lots.sum())
    return lots
