"""Ticks, lots and minor units as people read them: decimal strings, thousands set apart, never a float.

A round trades one instrument. `Scale` knows what one tick and one lot of it are worth, and is the only way by which
numbers of a report become text.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from engine import units

MINOR_PER_UNIT = 100
"""Minor units of one unit of money: every currency a rule book can name has hundredths."""


@dataclass(frozen=True)
class Scale:
    """How integers of one instrument become text.

    `tick_minor`: money of one tick for one unit (t), in minor units; `lot_units`: units of one lot.
    """

    currency: str
    tick_minor: int = 1
    lot_units: int = 1

    def price(self, price_ticks: int) -> str:
        """A price per unit: `Scale("CNY").price(2964) == "29.64"`."""
        return units.format_scaled(price_ticks * self.tick_minor, MINOR_PER_UNIT)

    def quantity(self, quantity_lots: int) -> int:
        """Lots in units (t)."""
        return quantity_lots * self.lot_units

    def price_of(self, amount_minor: int, quantity_lots: int) -> str:
        """Money a unit, to the minor unit, a half going up: the mean price of what was sold."""
        minor = units.divide_half_up(amount_minor, quantity_lots * self.lot_units)
        return units.format_scaled(minor, MINOR_PER_UNIT)


def money(amount_minor: int) -> str:
    """An amount as a plain decimal string: `money(2525906852) == "25259068.52"`."""
    return units.format_scaled(amount_minor, MINOR_PER_UNIT)


def decimals(value: Fraction, places: int) -> str:
    """A non-negative fraction with so many decimals, a half going up: `decimals(Fraction(2, 3), 2) == "0.67"`."""
    scale = 10**places
    return units.format_scaled(units.divide_half_up(value.numerator * scale, value.denominator), scale)


def grouped(number: int | str) -> str:
    """Thousands set apart by commas: `grouped("25259068.52") == "25,259,068.52"`."""
    sign, text = ("-", str(number)[1:]) if str(number).startswith("-") else ("", str(number))
    whole, dot, fraction = text.partition(".")
    return f"{sign}{int(whole):,}{dot}{fraction}"
