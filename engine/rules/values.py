"""One value of a parameter: from what a book writes to an integer, and back to text.

Fractions are decimal strings and nothing else, so that no float is ever between a text and its integer.
"""

from __future__ import annotations

import re

from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX
from engine.parameters import DEFINITIONS, Kind, Parameter, words_of
from engine.rules.forms import NotAllowed, day, day_text, did_you_mean, switch
from engine.rules.toml_text import FractionText
from engine.units import format_scaled, parse_scaled

MONEY_SCALE = 100
"""Minor units of one unit of every currency that a book can name."""

SHARE_SCALE = 1_000_000
"""Parts of 1 in which a share is stored."""

COUNT_MAX = 1_000_000

_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def parse_value(parameter: Parameter, raw: object) -> int:
    """The integer of a value as a TOML book writes it. Raises `NotAllowed` with what the parameter takes."""
    definition = DEFINITIONS[parameter]
    match definition.kind:
        case Kind.MONEY:
            return _scaled(raw, MONEY_SCALE, definition.least, PRICE_TICKS_MAX)
        case Kind.SHARE:
            return _scaled(raw, SHARE_SCALE, definition.least, SHARE_SCALE)
        case Kind.UNITS:
            return _whole(raw, definition.least, HOLDING_LOTS_MAX)
        case Kind.COUNT:
            return _whole(raw, definition.least, COUNT_MAX)
        case Kind.SWITCH:
            return int(switch(raw))
        case Kind.WORD:
            words = words_of(parameter)
            if not isinstance(raw, str) or raw not in words:
                raise NotAllowed(
                    "one of: " + ", ".join(words), did_you_mean(raw, list(words)) if isinstance(raw, str) else ""
                )
            return words[raw]
        case Kind.CLOCK:
            clock = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
            if clock is None:
                raise NotAllowed('a time of day in quotes, "HH:MM" from "00:00" to "23:59"')
            return int(clock[1]) * 60 + int(clock[2])
        case Kind.DAY:
            return day(raw)


def format_value(parameter: Parameter, value: int) -> str:
    """The text of a value, as a book writes it (without quotes)."""
    match DEFINITIONS[parameter].kind:
        case Kind.MONEY:
            return format_scaled(value, MONEY_SCALE)
        case Kind.SHARE:
            whole = format_scaled(value, SHARE_SCALE)
            return whole.rstrip("0").rstrip(".")
        case Kind.SWITCH:
            return "true" if value else "false"
        case Kind.WORD:
            return next((word for word, number in words_of(parameter).items() if number == value), str(value))
        case Kind.CLOCK:
            return f"{value // 60:02d}:{value % 60:02d}"
        case Kind.DAY:
            return day_text(value)
        case _:
            return str(value)


def _scaled(raw: object, scale: int, least: int, most: int) -> int:
    allowed = f'a decimal number in quotes from "{_short(least, scale)}" to "{_short(most, scale)}"'
    if isinstance(raw, FractionText):
        raise NotAllowed(
            allowed, f'Put it in quotes: "{raw.text}". A fraction without quotes would be read as a float.'
        )
    if isinstance(raw, int) and not isinstance(raw, bool):
        raise NotAllowed(allowed, f'Put it in quotes: "{raw}".')
    if not isinstance(raw, str) or not _DECIMAL.fullmatch(raw):
        raise NotAllowed(allowed)
    try:
        value = parse_scaled(raw, scale)
    except ValueError:
        raise NotAllowed(f"{allowed}, in whole steps of {format_scaled(1, scale)}") from None
    if not least <= value <= most:
        raise NotAllowed(allowed)
    return value


def _short(units: int, scale: int) -> str:
    return format_scaled(units, scale).rstrip("0").rstrip(".") if scale == SHARE_SCALE else format_scaled(units, scale)


def _whole(raw: object, least: int, most: int) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
        raise NotAllowed(f"a whole number without quotes from {least} to {most}")
    return raw
