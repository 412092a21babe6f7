"""Exact numbers of cases: decimals in, ticks and lots for the engine, decimals out; never a float.

A case states prices as decimals and quantities as whole numbers of any size, the engine takes int64 within
`engine.limits`. Both are scaled by a unit that divides all of them, so nothing is rounded, and scaled back for the
comparison. What does not fit even so is a capability that is missing, named as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import gcd, lcm

from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from services.conform.cases import NotSupported, Unreadable


def exact(value: object, where: str) -> Fraction:
    """A number of a case, exactly: a whole number, a decimal, or a decimal in text."""
    return Fraction(decimal(value, where))


def decimal(value: object, where: str) -> Decimal:
    """The same as a decimal, which still knows how many places were written."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unreadable(f"{where}: a number is needed, found {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Unreadable(f"{where}: a number is needed, found {value!r}") from None
    if not number.is_finite():
        raise Unreadable(f"{where}: a finite number is needed, found {value!r}")
    return number


def plain(value: object) -> str:
    """A value as people write it: exact decimals where they end, fractions where they don't, `null` for nothing."""
    if value is None:
        return "null"
    if not isinstance(value, Fraction):
        return str(value)
    places = 0
    while places < 40 and value * 10**places % 1:
        places += 1
    if value * 10**places % 1:
        return str(value)
    return f"{Decimal(int(value * 10**places)).scaleb(-places):f}"


@dataclass(frozen=True)
class PriceScale:
    """Prices as whole ticks: `ticks = price / unit + shift`. The shift moves prices of zero and below above it."""

    unit: Fraction
    shift: int = 0

    def ticks(self, price: Decimal) -> int:
        """The price in ticks; Unreadable when it is no multiple of the tick."""
        count = Fraction(price) / self.unit
        if count.denominator != 1:
            raise Unreadable(f"price {price} is no multiple of the tick {plain(self.unit)}")
        return int(count) + self.shift

    def price(self, ticks: int) -> Fraction:
        """The price of a number of ticks, exactly."""
        return (ticks - self.shift) * self.unit


def price_scale(
    prices: Iterable[Decimal],
    tick: Decimal | None,
    *,
    exact_midpoint: bool = False,
    only_limits: bool = False,
    relative: bool = False,
) -> PriceScale:
    """A scale on which all `prices` are ticks the engine accepts.

    Without a stated `tick` the smallest unit that the prices are written in is the tick. `exact_midpoint` halves it, so
    that the middle of two prices is itself a price. `only_limits`: no price between the limits can be chosen, so large
    prices may be divided by their common divisor. `relative`: a rule takes a share of a price, so prices cannot be
    shifted. Raises NotSupported when the prices do not fit.
    """
    listed = list(prices)
    unit = Fraction(1, 10 ** max([0, *(-int(price.as_tuple().exponent) for price in listed)]))
    if tick is not None:
        unit = Fraction(tick)
    if unit <= 0:
        raise Unreadable(f"tick {tick}: a number above 0 is needed")
    if only_limits and any(abs(Fraction(price)) / unit > PRICE_TICKS_MAX for price in listed):
        unit = common_divisor(Fraction(price) for price in listed) or unit
    if exact_midpoint:
        unit /= 2
    lowest = min((Fraction(price) / unit for price in listed), default=Fraction(1))
    shift = 0
    if lowest < 1:
        if relative:
            raise NotSupported("a price of 0 or below under a rule that takes a share of a price")
        shift = 1 - int(lowest // 1)
    if any(Fraction(price) / unit + shift > PRICE_TICKS_MAX for price in listed):
        raise NotSupported(f"prices beyond {PRICE_TICKS_MAX} ticks of {plain(unit)}")
    return PriceScale(unit, shift)


@dataclass(frozen=True)
class QuantityScale:
    """Quantities as whole lots of `unit`."""

    unit: Fraction

    def lots(self, quantity: Fraction) -> int:
        return int(quantity / self.unit)

    def quantity(self, lots: int) -> Fraction:
        """What `lots` are worth in the case's own unit."""
        return lots * self.unit


def quantity_scale(quantities: Iterable[Fraction]) -> QuantityScale:
    """A scale on which all `quantities` are lots the engine accepts: their own unit, else their common divisor.

    Raises NotSupported when a quantity exceeds the largest order even in units of the common divisor.
    """
    listed = list(quantities)
    if all(quantity.denominator == 1 and quantity <= QUANTITY_LOTS_MAX for quantity in listed):
        return QuantityScale(Fraction(1))
    unit = common_divisor(listed)
    if any(quantity / unit > QUANTITY_LOTS_MAX for quantity in listed):
        raise NotSupported(
            f"a quantity beyond {QUANTITY_LOTS_MAX} lots, even in units of the common divisor {plain(unit)}"
        )
    return QuantityScale(unit)


def common_divisor(values: Iterable[Fraction]) -> Fraction:
    """The largest number of which all values are whole multiples; 0 when all are 0."""
    listed = list(values)
    denominator = lcm(*(value.denominator for value in listed))
    return Fraction(gcd(*(int(value * denominator) for value in listed)), denominator)
