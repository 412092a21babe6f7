"""Trading days as whole months: a bitmap for each, which an adopted book carries and replay uses.

Which days these are is found out before a book is adopted (`services.rule_books.trading_days`); nothing here knows a
holiday. A day outside the months that are known has no answer, so that nobody takes a year that was never looked up
for one without holidays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

_EPOCH = date(1970, 1, 1).toordinal()


def month_of(day: int) -> int:
    """The first day of the month that a day lies in, both since 1970-01-01."""
    return date.fromordinal(day + _EPOCH).replace(day=1).toordinal() - _EPOCH


def next_month(month: int) -> int:
    """The first day of the month after."""
    return month_of(month + 31)


@dataclass(frozen=True)
class TradingDays:
    """`months`: the first day of each known month, since 1970-01-01, to the bitmap of its trading days.

    Bit 0 is the first day of the month.
    """

    months: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, first: int, last: int, trading: Iterable[int]) -> TradingDays:
        """All months from that of day `first` to that of day `last`; `trading` are their trading days."""
        months = {}
        month = month_of(first)
        while month <= last:
            months[month] = 0
            month = next_month(month)
        for day in trading:
            month = month_of(day)
            months[month] |= 1 << (day - month)
        return cls(months)

    def is_trading_day(self, day: int) -> bool | None:
        """Whether `day` is a trading day; None where its month is not known."""
        month = month_of(day)
        bitmap = self.months.get(month)
        return None if bitmap is None else bool(bitmap >> (day - month) & 1)

    def after(self, day: int, count: int) -> int | None:
        """The `count`-th trading day after `day` (0: `day` itself); None where the known months end before it.

        O(days in between).
        """
        while count:
            day += 1
            open_ = self.is_trading_day(day)
            if open_ is None:
                return None
            count -= open_
        return day


def is_month(first_day: int, bitmap: int) -> bool:
    """Whether the two are a month: its first day, and no day beyond its last."""
    return month_of(first_day) == first_day and 0 <= bitmap < 1 << (next_month(first_day) - first_day)
