"""What a trading day goes by: the rule book's parameters of trading and blocks, as the integers that the book watches.

Resolved when the day begins (`engine.exchange.phases`), for the day of the batch, and copied into the state record:
nothing reads a rule book while the day lasts. Prices become ticks and quantities lots; a value that is no whole number
of them is a refusal of the day, naming the parameter.

A band is measured from the reference price: the close of the day before; where the book has no closing formula, the
last price; for an instrument that has neither, what the rule book gives. Its ends are rounded to the price step as the
book says, half up where it does not, and lie within what a price can be. Orders and blocks have a band each. On the
first trading day of an instrument the band of orders may be another one, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import units
from engine.exchange.day.prices import DIVIDE, PriceTerms
from engine.limits import CLOSE_TRADES_MAX, ORDERS_PER_SECOND_MAX, PRICE_TICKS_MAX
from engine.parameters import Parameter
from engine.registry.books import Books
from engine.views import Instrument
from engine.words.venue import Rounding

SHARE_UNIT = 1_000_000
"""A share of 1, in parts per million."""

SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Band:
    """Lowest and highest price; 0, 0 when there is no band."""

    low_ticks: int = 0
    high_ticks: int = 0


@dataclass(frozen=True)
class TradingTerms:
    """The integers of one instrument's day; 0 means "not watched" but where `engine.exchange.terms` says otherwise."""

    reference_price_ticks: int
    band: Band
    dynamic_band_ticks: int
    protection_ticks: int
    minimum_lots: int
    maximum_lots: int
    reach_levels: int
    any_at_level: int
    self_trade: int
    call_rule: int
    blocks_allowed: int
    block_band: Band
    block_minimum_lots: int
    first_day: bool
    interval_ns: int
    depth_ns: int
    prices: PriceTerms


@dataclass(frozen=True)
class Before:
    """What the days before have left: last price and last close (0: none), and the first trading day that was kept."""

    last_price_ticks: int = 0
    close_ticks: int = 0
    listed_on: int = 0
    reference_ticks: int | None = None
    """Within a trading day: the price that it began from, and whether it is the first."""
    first_day: bool = False


class OffStep(ValueError):
    """A value of the rule book that is no whole number of the instrument's ticks or lots, or too large."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(f"{parameter.name} is no whole number of ticks or lots, or too large")
        self.parameter = parameter


def band_around(reference_ticks: int, share_ppm: int, step_ticks: int, rounding: Rounding = Rounding.HALF_UP) -> Band:
    """The band of a share around a reference price, its ends rounded to the step; none without either.

    >>> band_around(4995, 100_000, 1)
    Band(low_ticks=4496, high_ticks=5495)
    """
    if not reference_ticks or not share_ppm:
        return Band()
    unit, divide = SHARE_UNIT * step_ticks, DIVIDE[rounding]
    low = divide(reference_ticks * (SHARE_UNIT - share_ppm), unit) * step_ticks
    high = divide(reference_ticks * (SHARE_UNIT + share_ppm), unit) * step_ticks
    return Band(max(low, step_ticks), min(high, PRICE_TICKS_MAX // step_ticks * step_ticks))


def pace_of(per_second: int, burst: int) -> tuple[int, int]:
    """(time between two orders at the steady pace, depth of the bucket) in nanoseconds; 0, 0 without a throttle.

    The interval is rounded up, so nobody is ever faster than the rule.

    >>> pace_of(3, 2)
    (333333334, 333333334)
    """
    if not per_second:
        return 0, 0
    interval = units.divide_ceiling(SECOND_NS, per_second)
    return interval, ((burst or per_second) - 1) * interval


class _Reader:
    """Reads one instrument's parameters as of a day: a change of the instrument's own first, then its book."""

    def __init__(self, books: Books, instrument: Instrument, day: int, changed: Mapping[Parameter, int]) -> None:
        self._books, self._instrument, self._day, self._changed = books, instrument, day, changed

    def known(self, parameter: Parameter) -> int | None:
        """The value, or None where nobody knows one."""
        if parameter in self._changed:
            return self._changed[parameter]
        return self._books.value(self._instrument.rule_book, parameter, 0, self._day)

    def value(self, parameter: Parameter) -> int:
        """The value; 0 where there is none."""
        return self.known(parameter) or 0

    def at_most(self, parameter: Parameter, bound: int) -> int:
        """The value. Raises OffStep above a bound."""
        if self.value(parameter) > bound:
            raise OffStep(parameter)
        return self.value(parameter)

    def _whole(self, parameter: Parameter, unit: int) -> int:
        whole, rest = divmod(self.value(parameter), unit)
        if rest:
            raise OffStep(parameter)
        return whole

    def ticks(self, parameter: Parameter) -> int:
        """An amount of money as ticks. Raises OffStep."""
        return self._whole(parameter, self._instrument.tick_minor)

    def lots(self, parameter: Parameter) -> int:
        """A quantity as lots. Raises OffStep."""
        return self._whole(parameter, self._instrument.lot_units)


def terms_of(
    books: Books, instrument: Instrument, before: Before, day: int, changed: Mapping[Parameter, int] | None = None
) -> TradingTerms:
    """The terms of an instrument on a day (days since 1970-01-01); `changed`: its own values. Raises OffStep."""
    book = _Reader(books, instrument, day, changed or {})
    prices = _price_terms(book)
    reference = before.reference_ticks
    if reference is None:
        close = before.close_ticks if prices.close_formula else 0
        reference = close or before.last_price_ticks or book.ticks(Parameter.TRADING_REFERENCE_PRICE)
    if reference % instrument.price_step_ticks:
        raise OffStep(Parameter.TRADING_REFERENCE_PRICE)
    rounding = Rounding(book.value(Parameter.TRADING_BAND_ROUNDING) or Rounding.HALF_UP)
    first_share = book.known(Parameter.TRADING_FIRST_DAY_BAND)
    never_traded = not before.listed_on and not before.last_price_ticks and not before.close_ticks
    if before.reference_ticks is None:
        first_day = first_share is not None and (never_traded or before.listed_on == day)
    else:
        first_day = first_share is not None and before.first_day

    def band(share_ppm: int) -> Band:
        return band_around(reference, share_ppm, instrument.price_step_ticks, rounding)

    interval_ns, depth_ns = pace_of(
        book.at_most(Parameter.TRADING_ORDERS_PER_SECOND, ORDERS_PER_SECOND_MAX),
        book.at_most(Parameter.TRADING_ORDERS_BURST, ORDERS_PER_SECOND_MAX),
    )
    return TradingTerms(
        reference_price_ticks=reference,
        band=band(first_share or 0 if first_day else book.value(Parameter.TRADING_BAND)),
        dynamic_band_ticks=book.ticks(Parameter.TRADING_DYNAMIC_BAND),
        protection_ticks=book.ticks(Parameter.TRADING_PROTECTION),
        minimum_lots=book.lots(Parameter.TRADING_MINIMUM),
        maximum_lots=book.lots(Parameter.TRADING_MAXIMUM),
        reach_levels=book.value(Parameter.TRADING_REACH_LEVELS),
        any_at_level=book.value(Parameter.TRADING_ANY_AT_LEVEL),
        self_trade=book.value(Parameter.TRADING_SELF_TRADE),
        call_rule=book.value(Parameter.TRADING_CALL_RULE),
        blocks_allowed=book.value(Parameter.BLOCK_ALLOWED),
        block_band=band(book.value(Parameter.BLOCK_BAND)),
        block_minimum_lots=book.lots(Parameter.BLOCK_MINIMUM),
        first_day=first_day,
        interval_ns=interval_ns,
        depth_ns=depth_ns,
        prices=prices,
    )


def _price_terms(book: _Reader) -> PriceTerms:
    return PriceTerms(
        open_formula=book.value(Parameter.TRADING_OPEN_FORMULA),
        close_formula=book.value(Parameter.TRADING_CLOSE_FORMULA),
        close_trades=book.at_most(Parameter.TRADING_CLOSE_TRADES, CLOSE_TRADES_MAX),
        close_volume_above_lots=book.lots(Parameter.TRADING_CLOSE_VOLUME_ABOVE),
        close_otherwise=book.value(Parameter.TRADING_CLOSE_OTHERWISE),
        close_rounding=book.value(Parameter.TRADING_CLOSE_ROUNDING) or Rounding.HALF_UP,
        blocks_count=book.value(Parameter.BLOCK_COUNTS_IN_PRICES),
    )
