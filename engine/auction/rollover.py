"""Where unsold units go: the schedules of later rounds.

Every function returns whole units that sum to what was unsold: nothing is lost, and nothing appears. What returns to an
owner instead of a later round is in `engine.auction.consignment`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.auction.caps import PPM
from engine.units import split_largest_remainder


@dataclass(frozen=True)
class Spread:
    """`added`: lots for each later round, in order; `left`: what no round could take."""

    added: tuple[int, ...]
    left: int


def spread_evenly(unsold_lots: int, rounds: int) -> Spread:
    """The same to each of the next rounds, single lots over to the earlier ones (EU: a quarter to each of four)."""
    return Spread(tuple(split_largest_remainder(unsold_lots, [1] * rounds)), 0)


def spread_with_cap(unsold_lots: int, proposed: Sequence[int], current: Sequence[int], cap_ppm: int) -> Spread:
    """Evenly over the next rounds, none above `cap_ppm` of what was first proposed for it; what one cannot take goes to
    the others of them evenly; the rest is left (UK SI 2021/484 reg. 6(8): 125 %, then to the reserve account)."""
    room = [max(0, most * cap_ppm // PPM - now) for most, now in zip(proposed, current, strict=True)]
    added = [0] * len(room)
    left = unsold_lots
    while left and any(room):
        shares = split_largest_remainder(left, [int(space > 0) for space in room])
        for i, share in enumerate(shares):
            taken = min(share, room[i])
            added[i] += taken
            room[i] -= taken
            left -= taken
    return Spread(tuple(added), left)


def next_in_year(unsold_lots: int, rounds_left_in_year: int) -> Spread:
    """All to the next round of the same calendar year; after the last one nothing carries over (New Zealand)."""
    if rounds_left_in_year <= 0:
        return Spread((), unsold_lots)
    return Spread((unsold_lots, *[0] * (rounds_left_in_year - 1)), 0)


def next_batch(batch_lots: int, unsold_lots: int) -> int:
    """The next batch of one sale with what the batch before left (Hubei 2020: 1 Mt and the unsold of batch 1)."""
    return batch_lots + unsold_lots


def consigned_next_round(unsold: Mapping[str, int], newly_consigned: Mapping[str, int]) -> dict[str, int]:
    """What each consignor offers next: all its unsold lots again, and what it consigns anew (California, Québec)."""
    names = [*unsold, *(name for name in newly_consigned if name not in unsold)]
    return {name: unsold.get(name, 0) + newly_consigned.get(name, 0) for name in names}


def displaced(offer_lots: int, returning_lots: int) -> int:
    """What is left of a seller's offer when returning consigned lots must not raise the total (Québec s. 54.1)."""
    return max(0, offer_lots - returning_lots)


def redesignated(
    otherwise_offered: int,
    backlog: int | None,
    sold_out_rounds: int,
    *,
    rounds_needed: int = 2,
    share_ppm: int = 250_000,
) -> int:
    """Unsold state units offered again: only after enough consecutive rounds above the reserve, and at most a share of
    what is otherwise offered, rounded down (17 CCR 95911; six of six published quantities). `backlog` None: plenty."""
    if sold_out_rounds < rounds_needed:
        return 0
    most = otherwise_offered * share_ppm // PPM
    return most if backlog is None else min(most, backlog)
