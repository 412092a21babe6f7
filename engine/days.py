"""Days as the engine counts them, since 1970-01-01, and the calendar years they lie in."""

from __future__ import annotations

from datetime import date

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_LAST_ORDINAL = date.max.toordinal()


def year_of(day: int) -> int:
    """The calendar year of a day; the first or last one there is for a day beyond the calendar."""
    return date.fromordinal(min(_LAST_ORDINAL, max(1, day + EPOCH_ORDINAL))).year


def first_day_of(year: int) -> int:
    """The first of January of a year."""
    return date(year, 1, 1).toordinal() - EPOCH_ORDINAL
