"""The figures of a results notice, computed from a `RoundResult` by exact integer arithmetic.

Definitions, since notices of different markets differ in them:

- A *bid* is valid when it counted at clearing. Figures of bids are over valid bids unless they say "submitted".
- The *mean bid* weighs each bid by its quantity. The *median bid* is the price at which half of the quantity bid is
  reached from above: the highest price p such that the bids at p or above make up at least half of the valid demand.
- The *cover ratio* is demand divided by the offer; both the valid and the submitted one are kept as fractions.
- *Concentration* looks at winners, one entry a bidder: the share of the largest, of the three largest, and the
  Herfindahl-Hirschman index, the sum of squared shares in per cent (10,000: one winner takes all).

Nothing here rounds: ratios are `Fraction`s, prices and money integers. `services.reports.scale` turns them into text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from engine.views import Award, RoundResult


@dataclass(frozen=True)
class Prices:
    """Prices in ticks over a set of bids or awards, weighted by quantity where that matters."""

    minimum_ticks: int
    maximum_ticks: int
    mean_ticks: Fraction
    median_ticks: int


@dataclass(frozen=True)
class Concentration:
    """How the sale is spread over the winning bidders; shares of what was sold."""

    largest_share: Fraction
    three_largest_share: Fraction
    herfindahl_index: Fraction


@dataclass(frozen=True)
class RoundFigures:
    """All counts and ratios of one round. Prices and shares are None where there is nothing to take them from."""

    bids_submitted: int
    bids_valid: int
    bids_awarded: int
    bidders_submitted: int
    bidders_valid: int
    winners: int
    unsold_lots: int
    cover_valid: Fraction | None
    cover_submitted: Fraction | None
    bids: Prices | None
    awards: Prices | None
    concentration: Concentration | None
    won_lots: tuple[int, ...]
    """What each winning bidder got, in lots, most first."""


def figures(result: RoundResult) -> RoundFigures:
    """The figures of one round; linear in its bids but for sorting their prices."""
    valid = [award for award in result.awards if award.valid]
    awarded = [award for award in result.awards if award.awarded_lots]
    won_lots = _won(awarded)
    offered = result.offered_lots
    return RoundFigures(
        bids_submitted=len(result.awards),
        bids_valid=len(valid),
        bids_awarded=len(awarded),
        bidders_submitted=len({award.bidder for award in result.awards}),
        bidders_valid=len({award.bidder for award in valid}),
        winners=len(won_lots),
        unsold_lots=max(0, offered - result.sold_lots),
        cover_valid=Fraction(result.valid_demand_lots, offered) if offered else None,
        cover_submitted=Fraction(result.submitted_demand_lots, offered) if offered else None,
        bids=_prices((award.bid_price_ticks, award.bid_quantity_lots) for award in valid),
        awards=_prices((award.price_ticks, award.awarded_lots) for award in awarded),
        concentration=_concentration(won_lots),
        won_lots=won_lots,
    )


def _won(awarded: Iterable[Award]) -> tuple[int, ...]:
    by_bidder: dict[int, int] = defaultdict(int)
    for award in awarded:
        by_bidder[award.bidder] += award.awarded_lots
    return tuple(sorted(by_bidder.values(), reverse=True))


def _prices(pairs: Iterable[tuple[int, int]]) -> Prices | None:
    highest_first = sorted(pairs, reverse=True)
    total = sum(lots for _, lots in highest_first)
    if not total:
        return None
    reached, median = 0, highest_first[-1][0]
    for price, lots in highest_first:
        reached += lots
        if 2 * reached >= total:
            median = price
            break
    return Prices(
        minimum_ticks=highest_first[-1][0],
        maximum_ticks=highest_first[0][0],
        mean_ticks=Fraction(sum(price * lots for price, lots in highest_first), total),
        median_ticks=median,
    )


def _concentration(won_lots: tuple[int, ...]) -> Concentration | None:
    total = sum(won_lots)
    if not total:
        return None
    return Concentration(
        largest_share=Fraction(won_lots[0], total),
        three_largest_share=Fraction(sum(won_lots[:3]), total),
        herfindahl_index=Fraction(sum(lots * lots for lots in won_lots) * 10_000, total * total),
    )
