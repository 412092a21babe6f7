"""One design over many books: the result of `clear`, round by round, in one compiled call.

Pure: books come in, drawn or resampled by the caller from a seed that it records. Any design that `clear` takes;
whatever is drawn is drawn in the order of the books. Uniform prices over one plain offer, with own caps and guarantees
that cut, have a way of their own, several times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.bidder_limits import NO_LIMITS, BidderLimits
from engine.auction.checks import RoundInputError
from engine.auction.layout import terms_record
from engine.auction.order_of_sale import columns_of
from engine.auction.supply import Supply
from engine.auction.terms import GuaranteeExcess, MarginRule, MarginUnit, PriceRule, Terms
from engine.auction.whatif.books import Books
from engine.auction.whatif.kernels import clear_rounds, clear_rounds_whole
from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX

MARGINS = (MarginRule.TIME_PRIORITY, MarginRule.PRO_RATA_LARGEST_REMAINDER, MarginRule.PRO_RATA_FIRST)
"""Margin rules that need neither a draw nor minimums of bids."""


@dataclass(frozen=True)
class Rounds:
    """One entry a round, int64: `statuses` (RoundStatus), `prices_ticks` (0 where nothing was sold; the lowest accepted
    bid under pay-as-bid), `offered_lots`, `sold_lots`, `proceeds_minor`, `valid_demand_lots`, `concentration_ppm` (sum
    of squared shares of the buyers: 1,000,000 where one buys all). One entry a bidder: `won_lots`, over all rounds."""

    statuses: np.ndarray
    prices_ticks: np.ndarray
    offered_lots: np.ndarray
    sold_lots: np.ndarray
    proceeds_minor: np.ndarray
    valid_demand_lots: np.ndarray
    concentration_ppm: np.ndarray
    won_lots: np.ndarray


def is_plain(terms: Terms, supply: Supply, limits: BidderLimits | None) -> bool:
    """Whether a design goes the fast way."""
    floor = terms.reserve_price_ticks
    conditions = (supply.trigger_price_ticks > 0) | (supply.minimum_price_ticks > floor) | (supply.withheld > 0)
    return (
        terms.price_rule == PriceRule.UNIFORM
        and terms.margin_rule in MARGINS
        and terms.margin_unit == MarginUnit.BID
        and terms.guarantee_excess == GuaranteeExcess.TRIMMED
        and not terms.ceiling_price_ticks
        and terms.payment_step_minor == 1
        and not conditions.any()
        and not (limits is not None and limits.shared)
    )


def clear_many(
    terms: Terms,
    books: Books,
    supply: Supply | int | Sequence[int] | np.ndarray,
    limits: BidderLimits | None = None,
    rounds: range | None = None,
) -> Rounds:
    """Clear the rounds of `books` (all, or those of `rounds`), each over the lines `supply`, or over one line of that
    many lots: the same for all, or one number a round.

    Limits are the same in every round and belong to the bidders of the books. Equal in every figure to `clear` with the
    round's columns, and the places of its bids as recorded draw; linear in the bids. Releases the interpreter: parts of
    the rounds may run in threads. Raises RoundInputError for limits, supply or rounds that are none.
    """
    part = range(books.rounds) if rounds is None else rounds
    lines, supplies = _lines(supply, books.rounds)
    problems = _problems(lines, supplies, limits) + _unlike(part, books.rounds)
    if problems:
        raise RoundInputError(problems)
    columns = NO_LIMITS
    plain = is_plain(terms, lines, limits)
    if plain or limits is not None:
        _, columns = (limits or BidderLimits()).columns(np.arange(max(1, books.bidder_count)))
    outputs = tuple(np.zeros(books.rounds, np.int64) for _ in range(7))
    won = np.zeros(max(1, books.bidder_count, columns.caps.size), np.int64)
    arrays = (books.prices_ticks, books.quantities_lots, books.bidders, books.times, books.starts)
    record = terms_record(terms)
    if plain:
        offers = supplies if supplies.size else np.full(books.rounds, lines.quantity_lots.sum(), np.int64)
        clear_rounds(record, arrays, columns, offers, part.start, part.stop, outputs[:5], won)
        outputs[5][:] = offers
        outputs[6][:] = outputs[1] * outputs[2] * terms.tick_value_minor
    else:
        clear_rounds_whole(record, arrays, columns, columns_of(lines), supplies, part.start, part.stop, outputs, won)
    statuses, prices, sold, qualified, concentration, offered, paid = (
        column[part.start : part.stop] for column in outputs
    )
    return Rounds(statuses, prices, offered, sold, paid, qualified, concentration, won[: books.bidder_count])


def _lines(supply: Supply | int | Sequence[int] | np.ndarray, rounds: int) -> tuple[Supply, np.ndarray]:
    """(lines, lots of the first line by round: empty where they are those of the line)."""
    if isinstance(supply, Supply):
        return supply, np.empty(0, np.int64)
    supplies = np.array(np.broadcast_to(np.asarray(supply, np.int64), (rounds,)))
    return Supply.of([0]), supplies


def _problems(lines: Supply, supplies: np.ndarray, limits: BidderLimits | None) -> list[str]:
    found = [] if limits is None else limits.problems()
    for name, values, most in (
        ("supply", supplies, HOLDING_LOTS_MAX),
        ("supply.quantity_lots", lines.quantity_lots, HOLDING_LOTS_MAX),
        ("supply.minimum_price_ticks", lines.minimum_price_ticks, PRICE_TICKS_MAX),
        ("supply.trigger_price_ticks", lines.trigger_price_ticks, PRICE_TICKS_MAX - 1),
    ):
        if values.size and not 0 <= int(values.min()) <= int(values.max()) <= most:
            found.append(f"{name} lies from {values.min()} to {values.max()}; allowed are 0 to {most}")
    if not found and sum(lines.quantity_lots.tolist()) > HOLDING_LOTS_MAX:
        found.append(f"supply sums to more than {HOLDING_LOTS_MAX} lots")
    if limits is not None and min(np.asarray(limits.bidders, np.int64).reshape(-1).tolist(), default=0) < 0:
        found.append("limits.bidders holds a negative number; bidders of books count from 0")
    return found


def _unlike(part: range, rounds: int) -> list[str]:
    if part.step == 1 and 0 <= part.start <= part.stop <= rounds:
        return []
    return [f"rounds is {part}; give a range within 0 to {rounds}"]
