"""Clears every book under every design, and keeps of each round what is compared.

The engine takes the rounds of a part in one call, and threads may share the parts. Their order is fixed, so the number
of threads changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from engine.auction import Clearing, RoundInputError, RoundStatus, clear
from engine.auction.whatif import Books, Rounds, clear_many
from services.errors import BadInput
from services.whatif.designs import Base, Design

PART = 250
"""Rounds of one part: progress moves by so many."""
_BY_ROUND = ("statuses", "prices_ticks", "sold_lots", "offered_lots", "proceeds_minor", "concentration_ppm")


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
            joined = {name: np.concatenate([getattr(done, name) for done in columns]) for name in _BY_ROUND}
            won = np.sum([done.won_lots for done in columns], axis=0)
            found.append(Outcomes(design, **joined, won_lots=won))
    return found


def clear_one(base: Base, design: Design, books: Books, classes: np.ndarray, number: int = 0) -> Clearing:
    """One round of the books under a design, whole."""
    terms, supply, limits = base.terms_in(design), base.supply_in(design), base.limits_in(design, classes)
    prices, lots, bidders, times = books.of_round(number)
    return clear(terms, prices, lots, times, bidders, supply, np.arange(prices.size), limits=limits, with_cuts=False)


def _work(base: Base, design: Design, books: Books, classes: np.ndarray) -> Callable[[range], Rounds]:
    """What clears a part of the rounds under a design."""
    terms, supply, limits = base.terms_in(design), base.supply_in(design), base.limits_in(design, classes)
    return lambda part: clear_many(terms, books, supply, limits, part)


SOLD = (int(RoundStatus.CLEARED), int(RoundStatus.PARTIALLY_CLEARED))
"""Statuses of a round in which something was sold."""
