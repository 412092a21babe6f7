"""Which days are trading days under a rule book: its calendar, less the closed days of the venue itself.

The calendar of mainland China comes from the library chinesecalendar, which knows the holidays of the years that the
State Council has announced and no others. Outside those years there is no answer, and none is made up: days are
compiled only for known years, and asking for another is an error that says which years are known.

The venue's own closed days stand in `closed_days.toml` of the book (`engine.rules.closed_days`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import chinese_calendar
from chinese_calendar import constants

from engine.parameters import Parameter
from engine.rules.forms import EPOCH_ORDINAL, date_of, day_text
from engine.rules.model import ALL_CLASSES, Book
from engine.trading_days import TradingDays, month_of, next_month
from engine.words.venue import TradingCalendar
from services.errors import BadInput

CALENDARS: tuple[Parameter, ...] = (Parameter.TRADING_CALENDAR, Parameter.AUCTION_CALENDAR)
"""The parameters that name a book's calendar; the first one that a book sets is meant."""

CHINA_FIRST_YEAR = min(constants.holidays).year
CHINA_LAST_YEAR = max(constants.holidays).year

WEEKDAYS_LAST_YEAR = 2050
"""Up to here a calendar without holidays is compiled for a book without a last confirmed day."""

SATURDAY = 5


def _china(day: date) -> bool:
    """A working weekend, to which a holiday was moved, is no trading day of any exchange of the mainland."""
    return day.weekday() < SATURDAY and not chinese_calendar.is_holiday(day)


def _weekdays(day: date) -> bool:
    return day.weekday() < SATURDAY


_RULES: dict[TradingCalendar, tuple[Callable[[date], bool], int, int]] = {
    TradingCalendar.CHINA_MAINLAND: (_china, CHINA_FIRST_YEAR, CHINA_LAST_YEAR),
    TradingCalendar.WEEKDAYS: (_weekdays, 1990, WEEKDAYS_LAST_YEAR),
}
"""For each calendar: whether a day is open, and the first and last year that is known."""


def trading_days(book: Book) -> TradingDays:
    """The trading days of a book's time, in whole months; none where the book names no calendar.

    From the month of its first value to that of its last confirmed day, within the years that the calendar knows.
    """
    calendar = calendar_of(book)
    if calendar is None:
        return TradingDays()
    is_open, first_year, last_year = _RULES[calendar]
    first = max(min(entry.from_day for entry in book.entries), _day(first_year, 1, 1))
    end_of_known = _day(last_year, 12, 31)
    last = end_of_known if book.last_confirmed is None else min(book.last_confirmed, end_of_known)
    closed = {closed_day.day for closed_day in book.closed_days}
    days = range(month_of(first), next_month(month_of(last)))
    trading = (day for day in days if day not in closed and is_open(date_of(day)))
    return TradingDays.of(first, last, trading)


def calendar_of(book: Book) -> TradingCalendar | None:
    """The calendar that a book names, None where it names none or does not know."""
    for parameter in CALENDARS:
        history = book.history(parameter, ALL_CLASSES)
        if history and history[-1].value is not None:
            return TradingCalendar(history[-1].value)
    return None


def day_after(book: Book, day: int, count: int) -> int:
    """The `count`-th trading day after `day` under a book, for settlement. Raises BadInput outside known months."""
    days = trading_days(book)
    found = days.after(day, count) if days.is_trading_day(day) is not None else None
    if found is None:
        raise BadInput(unknown(book, days, day))
    return found


def unknown(book: Book, days: TradingDays, day: int) -> str:
    """Why there is no answer for a day, and what to do about it."""
    if not days.months:
        return f"{book.name} names no calendar of trading days; set trading.calendar or auction.calendar in it"
    known = f"{day_text(min(days.months))[:7]} to {day_text(max(days.months))[:7]}"
    return (
        f"no trading days are known for {day_text(day)}: {book.name} has them from {known}. Holidays of mainland China "
        f"are known from {CHINA_FIRST_YEAR} to {CHINA_LAST_YEAR}: a newer release of chinesecalendar knows more years"
    )


def _day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - EPOCH_ORDINAL
