"""A reserve price (竞买底价) computed as a rule book says: from trades, or from last year's price.

Promise: integers throughout; an average is rounded once, at the end, a half going up to the minor unit, since no text
that was read says how. Nothing is read here: trades come in as rows, the formula as the book's own values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine import units
from engine.parameters import DEFINITIONS, Parameter
from engine.rules.forms import EPOCH_ORDINAL, date_of, day_text
from engine.rules.model import ALL_CLASSES, Book
from engine.rules.values import SHARE_SCALE
from engine.words.market import FloorFormula, TradesCounted

PERCENT_WHOLE = 100

_P = Parameter


@dataclass(frozen=True)
class Trade:
    """One trade, or a day's trades at one price. `mode` is listing, block or other; `period` names what is averaged
    by itself where a formula takes the mean of averages."""

    day: int
    price_minor: int
    quantity: int
    mode: str
    period: str


@dataclass(frozen=True)
class Formula:
    """A book's formula on one day; None where the book does not say."""

    kind: FloorFormula
    percent: int
    cap_minor: int | None
    first_day: int | None
    last_day: int | None
    trades: TradesCounted | None
    growth_percent: int
    with_inflation: bool


@dataclass(frozen=True)
class Floor:
    """A computed reserve price: as it holds, and before the cap. `counted` rows counted, with `quantity` together."""

    price_minor: int
    uncapped_minor: int
    counted: int
    quantity: int


class NoFloor(Exception):
    """Why there is no computed price: what is missing, and what to do."""


def formula_on(book: Book, day: int) -> Formula:
    """The formula that holds on the day of a notice. Raises `NoFloor` where the book has none, or not all of it."""

    def value(parameter: Parameter) -> int | None:
        entry = book.entry_at(parameter, ALL_CLASSES, day)
        if entry is not None and entry.value is None:
            raise NoFloor(f"{DEFINITIONS[parameter].key} has no known value in {book.name} on {day_text(day)}")
        return None if entry is None else entry.value

    kind = value(_P.AUCTION_FLOOR_FORMULA)
    if kind is None:
        raise NoFloor(f"{book.name} has no formula on {day_text(day)}: auction.floor_formula is not in it")
    first, last = value(_P.AUCTION_FLOOR_WINDOW_FROM), value(_P.AUCTION_FLOOR_WINDOW_TO)
    months = value(_P.AUCTION_FLOOR_WINDOW_MONTHS)
    if months is not None:
        first, last = calendar_months_before(day, months)
    counted = value(_P.AUCTION_FLOOR_TRADES)
    return Formula(
        kind=FloorFormula(kind),
        percent=value(_P.AUCTION_FLOOR_PERCENT) or PERCENT_WHOLE,
        cap_minor=value(_P.AUCTION_FLOOR_CAP),
        first_day=first,
        last_day=last,
        trades=None if counted is None else TradesCounted(counted),
        growth_percent=value(_P.AUCTION_FLOOR_GROWTH_PERCENT) or 0,
        with_inflation=bool(value(_P.AUCTION_FLOOR_GROWS_WITH_INFLATION)),
    )


def calendar_months_before(day: int, months: int) -> tuple[int, int]:
    """First and last day of the whole calendar months before that of `day`."""
    month_start = date_of(day).replace(day=1)
    year, month = divmod(month_start.year * 12 + month_start.month - 1 - months, 12)
    first = month_start.replace(year=year, month=month + 1)
    return first.toordinal() - EPOCH_ORDINAL, month_start.toordinal() - EPOCH_ORDINAL - 1


def floor_from_trades(formula: Formula, trades: Iterable[Trade]) -> Floor:
    """The reserve price of a formula over trades. Raises `NoFloor` where none of them counts. O(trades)."""
    if formula.kind is FloorFormula.LAST_YEAR_RAISED:
        raise NoFloor("the formula raises last year's price: give that price, not trades")
    counted = [trade for trade in trades if _counts(formula, trade)]
    if not counted:
        raise NoFloor("none of the trades lies in the window and among the trades that count")
    if formula.kind is FloorFormula.MEAN_OF_AVERAGES:
        periods: dict[str, list[Trade]] = {}
        for trade in counted:
            periods.setdefault(trade.period, []).append(trade)
        average = sum((_average(members) for members in periods.values()), Fraction()) * Fraction(1, len(periods))
    else:
        average = _average(counted)
    return _floor(formula, average * Fraction(formula.percent, PERCENT_WHOLE), counted)


def floor_from_last_year(formula: Formula, last_minor: int, inflation_ppm: int) -> Floor:
    """Last year's price raised by the formula's percentage, inflation added to it where the book says so."""
    if formula.kind is not FloorFormula.LAST_YEAR_RAISED:
        raise NoFloor("the formula averages trades: give trades, not last year's price")
    growth = Fraction(formula.growth_percent, PERCENT_WHOLE)
    if formula.with_inflation:
        growth += Fraction(inflation_ppm, SHARE_SCALE)
    return _floor(formula, last_minor * (1 + growth), [])


def _counts(formula: Formula, trade: Trade) -> bool:
    in_window = (formula.first_day is None or trade.day >= formula.first_day) and (
        formula.last_day is None or trade.day <= formula.last_day
    )
    match formula.trades:
        case TradesCounted.LISTING:
            return in_window and trade.mode == "listing"
        case TradesCounted.PUBLIC:
            return in_window and trade.mode != "block"
        case _:
            return in_window


def _average(trades: Sequence[Trade]) -> Fraction:
    value = sum(units.amount_minor(trade.price_minor, trade.quantity, 1) for trade in trades)
    return Fraction(value, sum(trade.quantity for trade in trades))


def _floor(formula: Formula, exact: Fraction, counted: Sequence[Trade]) -> Floor:
    uncapped = units.divide_half_up(exact.numerator, exact.denominator)
    price = uncapped if formula.cap_minor is None else min(uncapped, formula.cap_minor)
    return Floor(price, uncapped, len(counted), sum(trade.quantity for trade in counted))
