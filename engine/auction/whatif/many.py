"""One design over many books: the result of `clear`, round by round, in one compiled call.

Pure: books come in, drawn or resampled by the caller from a seed that it records. For uniform-price rounds with one
offer, own caps, and guarantees that cut; other designs go through `clear`, whose results these are in every figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.bidder_limits import BidderLimits
from engine.auction.checks import RoundInputError
from engine.auction.layout import terms_record
from engine.auction.terms import GuaranteeExcess, MarginRule, MarginUnit, PriceRule, Terms
from engine.auction.whatif.books import Books
from engine.auction.whatif.kernels import clear_rounds
from engine.limits import HOLDING_LOTS_MAX

MARGINS = (MarginRule.TIME_PRIORITY, MarginRule.PRO_RATA_LARGEST_REMAINDER, MarginRule.PRO_RATA_FIRST)
"""Margin rules that need neither a draw nor minimums of bids."""


@dataclass(frozen=True)
class Rounds:
    """One entry a round, int64: `statuses` (RoundStatus), `prices_ticks` (0 where nothing was sold), `sold_lots`,
    `proceeds_minor`, `valid_demand_lots`, `concentration_ppm` (sum of squared shares of the buyers: 1,000,000 where one
    buys all). One entry a bidder: `won_lots`, over all rounds."""

    statuses: np.ndarray
    prices_ticks: np.ndarray
    sold_lots: np.ndarray
    proceeds_minor: np.ndarray
    valid_demand_lots: np.ndarray
    concentration_ppm: np.ndarray
    won_lots: np.ndarray


def problems_of(terms: Terms) -> list[str]:
    """Why a design cannot be cleared in one call; empty where it can."""
    asked = {
        "price_rule": (terms.price_rule, (PriceRule.UNIFORM,)),
        "margin_rule": (terms.margin_rule, MARGINS),
        "margin_unit": (terms.margin_unit, (MarginUnit.BID,)),
        "guarantee_excess": (terms.guarantee_excess, (GuaranteeExcess.TRIMMED,)),
        "ceiling_price_ticks": (terms.ceiling_price_ticks, (0,)),
        "payment_step_minor": (terms.payment_step_minor, (1,)),
    }
    return [
        f"{name} is {getattr(value, 'name', value)}; many rounds at once take "
        f"{', '.join(str(getattr(one, 'name', one)) for one in allowed)}: use clear round by round"
        for name, (value, allowed) in asked.items()
        if value not in allowed
    ]


def clear_many(
    terms: Terms,
    books: Books,
    supply_lots: int | Sequence[int] | np.ndarray,
    limits: BidderLimits | None = None,
    rounds: range | None = None,
) -> Rounds:
    """Clear the rounds of `books` (all, or those of `rounds`) with `supply_lots` on offer in each (or in every).

    Limits are the same in every round and belong to the bidders of the books. Equal in every figure to `clear` with
    the round's columns; linear in the bids. Releases the interpreter: parts of the rounds may run in threads.
    Raises RoundInputError for a design or a supply that this way does not take.
    """
    part = range(books.rounds) if rounds is None else rounds
    supplies = np.array(np.broadcast_to(np.asarray(supply_lots, np.int64), (books.rounds,)))
    problems = problems_of(terms) + ([] if limits is None else limits.problems())
    if supplies.size and not 0 <= int(supplies.min()) <= int(supplies.max()) <= HOLDING_LOTS_MAX:
        problems.append(f"supply_lots lie from {supplies.min()} to {supplies.max()}; allowed are 0 to 2^50")
    if limits is not None and limits.shared:
        problems.append("limits.shared binds several bidders; many rounds at once take own limits: use clear")
    if limits is not None and min(np.asarray(limits.bidders, np.int64).reshape(-1).tolist(), default=0) < 0:
        problems.append("limits.bidders holds a negative number; bidders of books count from 0")
    if part.step != 1 or not 0 <= part.start <= part.stop <= books.rounds:
        problems.append(f"rounds is {part}; give a range within 0 to {books.rounds}")
    if problems:
        raise RoundInputError(problems)
    everyone = np.arange(max(1, books.bidder_count))
    _, columns = (limits or BidderLimits()).columns(everyone)
    outputs = tuple(np.zeros(books.rounds, np.int64) for _ in range(5))
    won = np.zeros(columns.caps.size, np.int64)
    arrays = (books.prices_ticks, books.quantities_lots, books.bidders, books.times, books.starts)
    clear_rounds(terms_record(terms), arrays, columns, supplies, part.start, part.stop, outputs, won)
    statuses, prices, sold, qualified, concentration = (column[part.start : part.stop] for column in outputs)
    proceeds = prices * sold * terms.tick_value_minor
    return Rounds(statuses, prices, sold, proceeds, qualified, concentration, won[: books.bidder_count])
