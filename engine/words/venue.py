"""Words that the rules of a trading venue are written in and that its books publish.

Numbers are stored in adopted books and journals: frozen once released. The words (lower case of the member's name) are
what rule books write.
"""

from __future__ import annotations

from enum import IntEnum


class TradingMode(IntEnum):
    """How orders meet (交易方式); an instrument trades in one mode at a time."""

    PICK_LIST = 1
    """The taker picks a listing, at the lister's price (挂牌点选)."""
    PRICE_TIME = 2
    """An order book by price, then time, at the price of the order that was there first."""
    MEDIAN = 3
    """An order book in which the middle one of bid, ask and last price is the price (协商议价)."""


class OpenFormula(IntEnum):
    """The opening price of a day (开盘价)."""

    FIRST_TRADE = 1
    PREVIOUS_CLOSE = 2


class CloseFormula(IntEnum):
    """The closing price of a day (收盘价)."""

    DAY_AVERAGE = 1
    """The average price of the day's trades, weighted by quantity."""
    LAST_TRADES_AVERAGE = 2
    """That of the last trades, as many as `trading.close_trades` says; of all where there were fewer."""


class CloseOtherwise(IntEnum):
    """The closing price of a day whose trades do not make one."""

    PREVIOUS_CLOSE = 1
    OPEN = 2
    """The opening price of the day."""


class Rounding(IntEnum):
    """How a price that a formula gives is rounded to the tick (取整方式)."""

    HALF_UP = 1
    DOWN = 2
    UP = 3


class TradingCalendar(IntEnum):
    """Which days are trading days, before closed days of the venue's own (交易日历)."""

    CHINA_MAINLAND = 1
    """Monday to Friday without the public holidays of mainland China. Its working weekends are no trading days."""
    WEEKDAYS = 2
    """Monday to Friday."""


class TaxBase(IntEnum):
    """What a tax on trades is a share of (计税依据)."""

    VALUE = 1
    """The value of the trade."""
    FEE = 2
    """The fee of the side that pays."""


class TaxReceiver(IntEnum):
    """Whose account receives taxes on trades; numbered as the class of participant that it is."""

    OPERATOR = 1
    GOVERNMENT = 2
