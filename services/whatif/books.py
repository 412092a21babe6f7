"""Books of bids for a what-if: drawn, or resampled from bids that were made. Everything follows from a seed.

Drawn: each bidder has a value, log-normal around a reference price, and asks for a share of the demand (log-normal too,
or about its shortfall), in a few steps that go down from its value. Resampled: each bidder of the actual book is
replaced by one of its class, picked with replacement, with all its bids. Numbers are floats until they become ticks and
lots; the clear sees integers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.whatif import Books
from engine.commands import ParticipantClass
from services.offline.bid_files import FileBid


@dataclass(frozen=True)
class Population:
    """Who bids: a name and a class for each bidder, and the demand that it has on average, in lots."""

    names: tuple[str, ...]
    classes: np.ndarray
    demand_lots: np.ndarray

    @classmethod
    def even(cls, bidders: int, demand_lots: int) -> Population:
        """Key emitters with one and the same average demand."""
        each = np.full(bidders, demand_lots / bidders)
        names = tuple(f"bidder {number}" for number in range(1, bidders + 1))
        return cls(names, np.full(bidders, int(ParticipantClass.KEY_EMITTER)), each)


@dataclass(frozen=True)
class Values:
    """How prices and demand are drawn: reference price in ticks, spread of the values and of the demand (standard
    deviations of their logarithms), bids of one bidder, and the step from one to the next as a part of its value."""

    reference_ticks: float
    spread: float = 0.25
    demand_spread: float = 0.6
    steps: int = 3
    step: float = 0.04


def drawn(population: Population, values: Values, rounds: int, seed: int) -> Books:
    """`rounds` books of the population."""
    generator = np.random.default_rng(seed)
    shape = (rounds, len(population.names))
    # Both have the reference, and the average demand, as their mean.
    worth = values.reference_ticks * generator.lognormal(-(values.spread**2) / 2, values.spread, shape)
    asked = population.demand_lots * generator.lognormal(-(values.demand_spread**2) / 2, values.demand_spread, shape)
    down = 1 - values.step * np.arange(values.steps)
    prices = np.maximum(1, np.rint(worth[:, :, None] * down)).astype(np.int64)
    lots = np.maximum(0, np.rint(asked[:, :, None] / values.steps) * np.ones(values.steps)).astype(np.int64)
    bidders = np.broadcast_to(np.arange(shape[1])[:, None], (*shape, values.steps))
    numbers = np.broadcast_to(np.arange(rounds)[:, None, None], (*shape, values.steps))
    arrivals = generator.permuted(np.tile(np.arange(shape[1]), (rounds, 1)), axis=1)
    times = np.broadcast_to(arrivals[:, :, None], prices.shape)
    columns = [column.reshape(-1) for column in (numbers, prices, lots, bidders, times)]
    return Books.of(columns[0], columns[1], columns[2], columns[3], columns[4], rounds)


def population_of(bids: Sequence[FileBid]) -> Population:
    """The bidders of an actual book, in the order of their first bid, with what they asked for."""
    names = tuple(dict.fromkeys(bid.bidder for bid in bids))
    classes = {bid.bidder: int(bid.participant_class) for bid in bids}
    asked = {name: sum(bid.quantity_lots for bid in bids if bid.bidder == name) for name in names}
    return Population(names, np.array([classes[name] for name in names]), np.array([asked[name] for name in names]))


def actual(bids: Sequence[FileBid]) -> Books:
    """The one book of the bids as they are."""
    return _picked(bids, np.arange(len(population_of(bids).names))[None, :])


def resampled(bids: Sequence[FileBid], rounds: int, seed: int) -> Books:
    """`rounds` books: each seat of the actual book goes, with replacement, to a bidder of the same class."""
    generator = np.random.default_rng(seed)
    classes = population_of(bids).classes
    picks = np.empty((rounds, classes.size), np.int64)
    for klass in np.unique(classes):
        seats = np.flatnonzero(classes == klass)
        picks[:, seats] = seats[generator.integers(0, seats.size, (rounds, seats.size))]
    return _picked(bids, picks)


def _picked(bids: Sequence[FileBid], picks: np.ndarray) -> Books:
    """Books in which the seats of each round hold the bidders `picks`; a bidder picked twice bids twice, as two."""
    names = {name: number for number, name in enumerate(dict.fromkeys(bid.bidder for bid in bids))}
    own: list[list[tuple[int, int, int]]] = [[] for _ in names]
    for place, bid in enumerate(bids):
        own[names[bid.bidder]].append((bid.price_ticks, bid.quantity_lots, place))
    rows = [
        (number, price, lots, seat, place)
        for number, seats in enumerate(picks.tolist())
        for seat, picked in enumerate(seats)
        for price, lots, place in own[picked]
    ]
    numbers, prices, lots, seats_of, places = np.array(rows, np.int64).reshape(-1, 5).T
    return Books.of(numbers, prices, lots, seats_of, places, len(picks))
