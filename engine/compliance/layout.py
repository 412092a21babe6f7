"""What the life of units is recorded in: plain records."""

from __future__ import annotations

from dataclasses import dataclass

from engine.words.units import UnitType


@dataclass(frozen=True)
class UnitNature:
    """What the units of an instrument are. `vintage` is a calendar year, 0: none."""

    unit_type: UnitType = UnitType.ALLOWANCE
    vintage: int = 0


@dataclass
class Pledge:
    """Units of an owner that stand as security for a pledgee; `lots` still do."""

    number: int
    instrument: int
    owner: int
    pledgee: int
    lots: int


@dataclass(frozen=True)
class Request:
    """One row of UNIT_STEPS as plain integers, with the day it is judged on and whether it says why."""

    step: int
    actor: int
    instrument: int
    obligation: int
    participant: int
    counterparty: int
    year: int
    target: int
    lots: int
    day: int
    reason: str


"""`obligation` is an instrument's number, never 0."""
