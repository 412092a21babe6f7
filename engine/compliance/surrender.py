"""Surrender (清缴): whether units count for an obligation, and how many of them. A function of plain integers.

An obligation is the verified emissions of a participant in a year. All kinds of units given up for it add up to at
most that. Offsets (抵销) count up to a share of a base that the rules name, all kinds together and each kind by itself,
rounded down to whole units. An allowance counts for its own year, for later ones as long as the rules let it be banked
(结转), and for earlier ones as far as they let it be borrowed (预借). Quantities here are units (t), not lots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.compliance.layout import UnitNature
from engine.compliance.rules import UnitRules, Verdict
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.words.units import OffsetBase, UnitType

_P, _O = Parameter, Outcome

OFFSETS: dict[UnitType, Parameter] = {
    UnitType.CCER: _P.SURRENDER_OFFSET_SHARE_CCER,
    UnitType.LOCAL_OFFSET: _P.SURRENDER_OFFSET_SHARE_LOCAL,
}
"""The kinds of units that are offsets, and the parameter that limits each of them by itself."""


@dataclass(frozen=True)
class Obligation:
    """What is recorded of a participant and a year, in units (t); `surrendered` by the kind of unit."""

    year: int
    emissions: int
    allocation: int
    shortfall: int
    surrendered: dict[UnitType, int]

    @property
    def owed(self) -> int:
        """What is still to be surrendered."""
        return max(0, self.emissions - sum(self.surrendered.values()))


def judge_surrender(obligation: Obligation, kind: UnitNature, units: int, rules: UnitRules) -> Iterator[Verdict]:
    """Everything that speaks against surrendering `units` of a kind for the obligation."""
    if not obligation.emissions:
        yield _O.OBLIGATION_UNKNOWN, _P.NONE
    elif units > obligation.owed:
        yield _O.SURRENDER_ABOVE_OBLIGATION, _P.NONE
    if kind.unit_type in OFFSETS:
        yield from _judge_offset(obligation, kind.unit_type, units, rules)
    elif kind.vintage:
        yield from _judge_vintage(obligation.year - kind.vintage, rules)


def offset_limit(obligation: Obligation, share_ppm: int, base: OffsetBase) -> int:
    """Most that offsets may be of what is surrendered for an obligation, in units, rounded down."""
    whole = {
        OffsetBase.EMISSIONS: obligation.emissions,
        OffsetBase.ALLOCATION: obligation.allocation,
        OffsetBase.SHORTFALL: obligation.shortfall,
    }[base]
    return whole * share_ppm // SHARE_WHOLE_PPM


def _judge_offset(obligation: Obligation, unit_type: UnitType, units: int, rules: UnitRules) -> Iterator[Verdict]:
    together, own = rules.known(_P.SURRENDER_OFFSET_SHARE), rules.known(OFFSETS[unit_type])
    base = OffsetBase(rules.known(_P.SURRENDER_OFFSET_BASE) or OffsetBase.EMISSIONS)
    if rules.unknown:
        return
    if not together:
        yield _O.OFFSET_NOT_ELIGIBLE, _P.SURRENDER_OFFSET_SHARE
        return
    given = sum(lots for kind, lots in obligation.surrendered.items() if kind in OFFSETS)
    if given + units > offset_limit(obligation, together, base):
        yield _O.OFFSET_LIMIT_EXCEEDED, _P.SURRENDER_OFFSET_SHARE
    if own is not None and obligation.surrendered.get(unit_type, 0) + units > offset_limit(obligation, own, base):
        yield (_O.OFFSET_LIMIT_EXCEEDED if own else _O.OFFSET_NOT_ELIGIBLE), OFFSETS[unit_type]


def _judge_vintage(years_after: int, rules: UnitRules) -> Iterator[Verdict]:
    if years_after > 0:
        banked = rules.known(_P.SURRENDER_BANKING_YEARS)
        if banked is not None and years_after > banked:
            yield _O.VINTAGE_NOT_ELIGIBLE, _P.SURRENDER_BANKING_YEARS
    elif years_after < 0:
        borrowed = rules.known(_P.SURRENDER_BORROWING_YEARS)
        if not rules.is_unknown(_P.SURRENDER_BORROWING_YEARS) and -years_after > (borrowed or 0):
            yield _O.VINTAGE_NOT_ELIGIBLE, _P.SURRENDER_BORROWING_YEARS
