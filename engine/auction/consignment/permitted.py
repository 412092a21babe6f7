"""What a consignor may bring, what it pays, and where units go that found no buyer or whose buyer failed.

Shenzhen's plan (深环〔2023〕256号 item 20) leaves the permitted ratio and the rules of execution to be set: here they
are arguments, never constants.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.auction.caps import PPM
from engine.auction.terms import UnsoldRule
from engine.units import divide_half_up
from engine.words.rounds import ConsignmentBase


@dataclass(frozen=True)
class Default:
    """A winner's default: lots that go back, and what is kept of its guarantee, in minor units."""

    returned_lots: int
    forfeited_minor: int


def permitted_lots(ratio_ppm: int, base: ConsignmentBase, allocation_lots: int, holding_lots: int) -> int:
    """The most that may be consigned: a share of the base, rounded down, and never more than is held."""
    whole = allocation_lots if base == ConsignmentBase.ALLOCATION else holding_lots
    return min(whole * ratio_ppm // PPM, holding_lots)


def required_lots(ratio_ppm: int, allocation_lots: int) -> int:
    """What must be consigned where it is a duty (WAC 173-446-300: 65 % in 2023, five points more each year)."""
    return -(-allocation_lots * ratio_ppm // PPM)


def ladder_ppm(start_ppm: int, step_ppm: int, start_year: int, year: int) -> int:
    """A ratio that rises by a step each year up to the whole."""
    return min(PPM, start_ppm + step_ppm * max(0, year - start_year))


def unsold_of(rule: UnsoldRule, offered_lots: int, sold_lots: int) -> tuple[int, int]:
    """(returned to the owner, offered again next round) of a consigned line."""
    unsold = offered_lots - sold_lots
    return (unsold, 0) if rule == UnsoldRule.RETURN_TO_OWNER else (0, unsold)


def fee_minor(amount_minor: int, share_ppm: int) -> int:
    """A fee on an amount, rounded half up to the minor unit (Shenzhen 2014: 5 % from winners)."""
    return divide_half_up(amount_minor * share_ppm, PPM)


def default_of(
    awarded_lots: int, payment_minor: int, paid_minor: int, forfeit_ppm: int, guarantee_minor: int
) -> Default:
    """What a winner that paid `paid_minor` of `payment_minor` loses: all its units, and a share of the invoice, at most
    its guarantee (New Zealand: 25 % of the invoice). Nothing when it paid in full."""
    if paid_minor >= payment_minor:
        return Default(0, 0)
    return Default(awarded_lots, min(guarantee_minor, divide_half_up(payment_minor * forfeit_ppm, PPM)))
