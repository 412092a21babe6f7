"""The only place that multiplies a price by a quantity, divides money, or rounds.

Prices are integers in ticks, quantities integers in lots, money integers in minor units (fen, cents). An instrument
says what one tick of one lot is worth: `tick_value_minor`. Every rounding has a name, because "the nearest" is a rule
of a market and not of a programming language: Python's `round` on floats gives 9.04 for 9.045.

All functions are exact for Python integers of any size. Kernels use the same formulas on int64 within `engine.limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation


def amount_minor(price_ticks: int, quantity_lots: int, tick_value_minor: int) -> int:
    """Money for `quantity_lots` at `price_ticks`, in minor units: exact, nothing to round."""
    return price_ticks * quantity_lots * tick_value_minor


def divide_floor(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded towards minus infinity; `denominator` must be positive."""
    return numerator // denominator


def divide_ceiling(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded towards plus infinity; `denominator` must be positive."""
    return -(-numerator // denominator)


def divide_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to the nearest integer, a half going up (四舍五入); both non-negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def split_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` so that the parts sum to `total` exactly.

    Each part is first rounded down; the units left over go one each to the largest remainders, and among equal
    remainders to the earliest part. `weights` are non-negative with a positive sum unless `total` is 0.

    The joint auctions of California, Québec and Ontario divide a short sale between jurisdictions this way (inferred
    from the published results of 2015 to 2018, which exclude nearest rounding and floor-then-first).
    """
    whole = sum(weights)
    if whole <= 0:
        if total:
            raise ValueError(f"cannot split {total} over weights that sum to {whole}")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def parse_scaled(text: str, scale: int) -> int:
    """Read a decimal string as an integer number of units of 1/`scale`: `parse_scaled("29.64", 100) == 2964`.

    Raises ValueError, naming the text and the unit, when the text is no plain decimal number or is not a whole number
    of units. Never goes through a float.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a finite number")
    numerator, denominator = value.as_integer_ratio()
    if numerator * scale % denominator:
        raise ValueError(f"{text!r} is not a multiple of {format_scaled(1, scale)}")
    return numerator * scale // denominator


def format_scaled(units: int, scale: int) -> str:
    """Write an integer number of units of 1/`scale` as a decimal string: `format_scaled(2964, 100) == "29.64"`.

    `scale` must be a power of ten. The string always shows all the digits of the unit.
    """
    digits = len(str(scale)) - 1
    if scale != 10**digits:
        raise ValueError(f"scale {scale} is not a power of ten")
    sign, units = ("-", -units) if units < 0 else ("", units)
    whole, fraction = divmod(units, scale)
    return f"{sign}{whole}.{fraction:0{digits}d}" if digits else f"{sign}{whole}"
