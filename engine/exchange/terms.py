"""What a trading day goes by: the rule book's parameters of trading and blocks, as the integers that the book watches.

Resolved when the day begins (`engine.exchange.phases`), for the day of the batch, and copied into the state record:
nothing reads a rule book while the day lasts. Prices become ticks and quantities lots; a value that is no whole number
of them is a refusal of the day, naming the parameter.

A band is measured from the reference price: the last price of the days before, or what the rule book gives for an
instrument that has not traded. Its ends are rounded half up to the price step, and lie within what a price can be.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import units
from engine.limits import PRICE_TICKS_MAX
from engine.parameters import Parameter
from engine.registry.books import Books
from engine.views import Instrument

SHARE_UNIT = 1_000_000
"""A share of 1, in parts per million."""


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


class OffStep(ValueError):
    """A value of the rule book that is no whole number of the instrument's ticks or lots."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(f"{parameter.name} is no whole number of ticks or lots")
        self.parameter = parameter


def band_around(reference_ticks: int, share_ppm: int, step_ticks: int) -> Band:
    """The band of a share around a reference price, its ends half up on the step; none without either.

    >>> band_around(4995, 100_000, 1)
    Band(low_ticks=4496, high_ticks=5495)
    """
    if not reference_ticks or not share_ppm:
        return Band()
    unit = SHARE_UNIT * step_ticks
    low = units.divide_half_up(reference_ticks * (SHARE_UNIT - share_ppm), unit) * step_ticks
    high = units.divide_half_up(reference_ticks * (SHARE_UNIT + share_ppm), unit) * step_ticks
    return Band(max(low, step_ticks), min(high, PRICE_TICKS_MAX // step_ticks * step_ticks))


def terms_of(books: Books, instrument: Instrument, last_price_ticks: int, day: int) -> TradingTerms:
    """The terms of an instrument on a day (days since 1970-01-01). Raises OffStep."""

    def value(parameter: Parameter) -> int:
        return books.value(instrument.rule_book, parameter, 0, day) or 0

    def in_units(parameter: Parameter, unit: int) -> int:
        whole, rest = divmod(value(parameter), unit)
        if rest:
            raise OffStep(parameter)
        return whole

    tick, lot = instrument.tick_minor, instrument.lot_units
    reference = last_price_ticks or in_units(Parameter.TRADING_REFERENCE_PRICE, tick)
    if reference % instrument.price_step_ticks:
        raise OffStep(Parameter.TRADING_REFERENCE_PRICE)

    def band(parameter: Parameter) -> Band:
        return band_around(reference, value(parameter), instrument.price_step_ticks)

    return TradingTerms(
        reference_price_ticks=reference,
        band=band(Parameter.TRADING_BAND),
        dynamic_band_ticks=in_units(Parameter.TRADING_DYNAMIC_BAND, tick),
        protection_ticks=in_units(Parameter.TRADING_PROTECTION, tick),
        minimum_lots=in_units(Parameter.TRADING_MINIMUM, lot),
        maximum_lots=in_units(Parameter.TRADING_MAXIMUM, lot),
        reach_levels=value(Parameter.TRADING_REACH_LEVELS),
        any_at_level=value(Parameter.TRADING_ANY_AT_LEVEL),
        self_trade=value(Parameter.TRADING_SELF_TRADE),
        call_rule=value(Parameter.TRADING_CALL_RULE),
        blocks_allowed=value(Parameter.BLOCK_ALLOWED),
        block_band=band(Parameter.BLOCK_BAND),
        block_minimum_lots=in_units(Parameter.BLOCK_MINIMUM, lot),
    )
