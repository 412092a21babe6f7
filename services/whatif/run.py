"""Clears every book under every design, and keeps of each round what is compared.

Designs that the engine takes in one call for many rounds go that way, in parts that threads may share; the others go
round by round. Both are the same clear. The order of the parts is fixed, so the number of threads changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from engine.auction import BidderLimits, Clearing, RoundInputError, RoundStatus, Supply, Terms, clear
from engine.auction.whatif import Books, clear_many
from engine.auction.whatif.many import problems_of
from services.errors import BadInput
from services.whatif.designs import Base, Design

PART = 250
"""Rounds of one part: progress moves by so many."""
_PPM = 1_000_000


@dataclass(frozen=True)
class Outcomes:
    """What rounds came to under one design, in columns.

    One entry a round: RoundStatus, price in ticks (0: nothing was sold; under pay-as-bid the lowest accepted bid), lots
    sold and offered, proceeds, concentration (sum of squared shares, millionths). One entry a bidder: lots won over all
    rounds.
    """

    design: Design
    statuses: np.ndarray
    prices_ticks: np.ndarray
    sold_lots: np.ndarray
    offered_lots: np.ndarray
    proceeds_minor: np.ndarray
    concentration_ppm: np.ndarray
    won_lots: np.ndarray


def run_designs(
    base: Base,
    designs: Sequence[Design],
    books: Books,
    classes: np.ndarray,
    *,
    threads: int = 2,
    advance: Callable[[int], None] = lambda rounds: None,
) -> list[Outcomes]:
    """The outcomes of each design. `classes`: class of each bidder; `advance` hears of rounds done. Raises BadInput."""
    parts = [range(start, min(start + PART, books.rounds)) for start in range(0, books.rounds, PART)]
    found = []
    with ThreadPoolExecutor(threads) as pool:
        for design in designs:
            work = _work(base, design, books, classes)
            columns = []
            try:
                for part, done in zip(parts, pool.map(work, parts), strict=True):
                    columns.append(done)
                    advance(len(part))
            except RoundInputError as error:
                raise BadInput([f"design {design.name}: {problem}" for problem in error.problems]) from None
            statuses, prices, sold, offered, proceeds, concentration = (
                np.concatenate(column) for column in zip(*(done[:-1] for done in columns), strict=True)
            )
            won = np.sum([done[-1] for done in columns], axis=0)
            found.append(Outcomes(design, statuses, prices, sold, offered, proceeds, concentration, won))
    return found


def clear_one(base: Base, design: Design, books: Books, classes: np.ndarray, number: int = 0) -> Clearing:
    """One round of the books under a design, whole."""
    limits = BidderLimits(np.arange(classes.size), base.caps_in(design, classes))
    return _clear(base.terms_in(design), base.supply_in(design), limits, books, number)


def _work(base: Base, design: Design, books: Books, classes: np.ndarray) -> Callable[[range], tuple[np.ndarray, ...]]:
    """What clears a part of the rounds under a design."""
    terms, supply = base.terms_in(design), base.supply_in(design)
    limits = BidderLimits(np.arange(classes.size), base.caps_in(design, classes))
    floor = terms.reserve_price_ticks
    conditions = supply.trigger_price_ticks.any() or (supply.minimum_price_ticks > floor).any() or supply.withheld.any()
    offered = int(supply.quantity_lots.sum())

    def at_once(part: range) -> tuple[np.ndarray, ...]:
        done = clear_many(terms, books, offered, limits, part)
        whole = np.full(len(part), offered, np.int64)
        return (
            done.statuses,
            done.prices_ticks,
            done.sold_lots,
            whole,
            done.proceeds_minor,
            done.concentration_ppm,
            done.won_lots,
        )

    def one_by_one(part: range) -> tuple[np.ndarray, ...]:
        columns = np.zeros((6, len(part)), np.int64)
        won = np.zeros(classes.size, np.int64)
        for place, number in enumerate(part):
            done = _clear(terms, supply, limits, books, number)
            got = np.zeros(classes.size, np.int64)
            np.add.at(got, books.of_round(number)[2], done.awarded_lots)
            won += got
            shares = got * _PPM // max(1, done.sold_lots)
            columns[:, place] = (
                done.status,
                done.price_ticks or 0,
                done.sold_lots,
                done.offered_lots,
                done.proceeds_minor,
                int((shares * shares).sum()) // _PPM,
            )
        return (*columns, won)

    return one_by_one if conditions or problems_of(terms) else at_once


def _clear(terms: Terms, supply: Supply, limits: BidderLimits, books: Books, number: int) -> Clearing:
    prices, lots, bidders, times = books.of_round(number)
    places = np.arange(prices.size)
    return clear(terms, prices, lots, times, bidders, supply, tie_order=places, limits=limits, with_cuts=False)


SOLD = (int(RoundStatus.CLEARED), int(RoundStatus.PARTIALLY_CLEARED))
"""Statuses of a round in which something was sold."""
