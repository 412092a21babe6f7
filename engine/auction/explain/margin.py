"""The margin of one bid: its place among those who share, and what that place gets, told by each rule's own figures.

Parties are bids, or bidders with all their bids there. What every rule needs: what is left, what all parties ask, what
this party asks. Beyond that: the lots that come before it (time, draw); or how much rounding down gave to all and how
many parties come before it for the rest (pro rata); or whether it was dropped (minimums).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.auction.terms import MarginRule, Terms

_BY_DRAW = (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS)
_IN_ORDER = (MarginRule.TIME_PRIORITY, MarginRule.RANDOM_ORDER)
_PERCENT_STEPS = 10_000


@dataclass(frozen=True)
class Parties:
    """Those who share at the margin, one entry each, int64; `own` is the place of the one that is explained."""

    lots: np.ndarray
    times: np.ndarray
    numbers: np.ndarray
    draws: np.ndarray
    minimums: np.ndarray
    own: int


def trace_share(terms: Terms, left_lots: int, parties: Parties) -> tuple[dict[str, int], int]:
    """(facts, lots) of the party's share."""
    rule, own = terms.margin_rule, parties.own
    asked = int(parties.lots[own])
    whole = int(parties.lots.sum())
    facts = {"rule": int(rule), "left_lots": left_lots, "whole_lots": whole, "party_lots": asked}
    if rule == MarginRule.PRO_RATA_WITH_MINIMUMS:
        return _with_minimums(facts, left_lots, parties)
    if whole <= left_lots:
        return facts, asked
    if rule == MarginRule.PERCENTAGE_ROUNDED_UP:
        facts["margin_lot"] = terms.margin_lot
        percentage = -(-_PERCENT_STEPS * left_lots // whole)
        step = _PERCENT_STEPS * terms.margin_lot
        return facts, min(asked, -(-asked * percentage // step) * terms.margin_lot)
    before = _before(parties, by_draw=rule in _BY_DRAW)
    if rule in _IN_ORDER:
        ahead = int(parties.lots[before].sum())
        return facts | {"ahead_lots": ahead}, max(0, min(asked, left_lots - ahead))
    return _in_proportion(facts, left_lots, parties, by_remainder=rule == MarginRule.PRO_RATA_LARGEST_REMAINDER)


def _before(parties: Parties, *, by_draw: bool) -> np.ndarray:
    """Which parties come before the own one by their keys: draw or time, then number."""
    keys, own = parties.draws if by_draw else parties.times, parties.own
    equal = keys == keys[own]
    result: np.ndarray = (keys < keys[own]) | (equal & (parties.numbers < parties.numbers[own]))
    return result


def _in_proportion(
    facts: dict[str, int], left_lots: int, parties: Parties, *, by_remainder: bool
) -> tuple[dict[str, int], int]:
    lots = parties.lots
    whole = int(lots.sum())
    floors, remainders = _shares(left_lots, lots, whole)
    by_draw = facts["rule"] == MarginRule.PRO_RATA_RANDOM_UNITS
    before = _before(parties, by_draw=by_draw) & (lots > 0)
    if by_remainder:
        own = remainders[parties.own]
        before = (lots > 0) & ((remainders > own) | ((remainders == own) & before))
    given, ahead = int(floors.sum()), int(before.sum())
    facts = facts | {"whole_lots": whole, "rounded_down_lots": given, "ahead_parties": ahead}
    return facts, int(floors[parties.own]) + (ahead < left_lots - given)


def _shares(total: int, lots: np.ndarray, whole: int) -> tuple[np.ndarray, np.ndarray]:
    """(quotients, remainders) of total x lots / whole: in int64 where that holds it, else in Python's integers."""
    if total * int(lots.max(initial=0)) < 2**62:
        products = total * lots
        return products // whole, products % whole
    exact = [divmod(total * weight, whole) for weight in lots.tolist()]
    return np.array([q for q, _ in exact], np.int64), np.array([r for _, r in exact], np.int64)


def _with_minimums(facts: dict[str, int], left_lots: int, parties: Parties) -> tuple[dict[str, int], int]:
    """Parties whose share is below their own minimum are dropped, and the shares taken again, until none is."""
    weights = parties.lots.copy()
    while True:
        whole = int(weights.sum())
        awards = weights if whole <= left_lots else _largest_remainder(left_lots, weights, parties)
        short = (weights > 0) & (awards < parties.minimums)
        if not short.any():
            break
        weights[short] = 0
    own_weight = int(weights[parties.own])
    facts = facts | {
        "minimum_lots": int(parties.minimums[parties.own]),
        "dropped": int(own_weight == 0),
        "whole_lots": int(weights.sum()),
    }
    if own_weight == 0:
        return facts, 0
    if facts["whole_lots"] <= left_lots:
        return facts, own_weight
    kept = Parties(weights, parties.times, parties.numbers, parties.draws, parties.minimums, parties.own)
    return _in_proportion(facts, left_lots, kept, by_remainder=True)


def _largest_remainder(total: int, weights: np.ndarray, parties: Parties) -> np.ndarray:
    floors, remainders = _shares(total, weights, int(weights.sum()))
    order = np.lexsort((parties.numbers, parties.times, -remainders))
    floors[order[: total - int(floors.sum())]] += 1
    return floors
