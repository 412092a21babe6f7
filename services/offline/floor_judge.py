"""Is the reserve price of a round the one that its rule book's formula gives?

The formula and its window are those of the day of the notice; the price is the one in force on the round's day. A book
without a formula, or trades of which none counts, is something in the way: a price that cannot be judged is not good.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.parameters import Parameter
from engine.rules.floor_price import Floor, NoFloor, Trade, floor_from_trades, formula_on
from engine.rules.forms import day_text
from engine.rules.model import Book
from engine.rules.values import MONEY_SCALE
from engine.units import format_scaled
from services.errors import BadInput
from services.offline.round_files import RoundFile
from services.reports.in_force import RulesOfRound


def judge_floor(file: str, setup: RoundFile, book: Book, trades: Sequence[Trade], notice_day: int | None) -> Floor:
    """The computed reserve price, which is the round's. Raises BadInput where it is not, or cannot be computed.

    `file` is the name of the round's file, for messages; `notice_day` None: the round's own day.
    """
    day = setup.day if notice_day is None else notice_day
    try:
        floor = floor_from_trades(formula_on(book, day), trades)
    except NoFloor as reason:
        raise BadInput(f"{file}: auction.reserve_price cannot be judged on {day_text(day)}: {reason}") from None
    found = RulesOfRound(book, setup.day, setup.values).of(Parameter.AUCTION_RESERVE_PRICE).value
    if found != floor.price_minor:
        shown = "no value" if found is None else format_scaled(found, MONEY_SCALE)
        price = format_scaled(floor.price_minor, MONEY_SCALE)
        raise BadInput(
            f"{file}: auction.reserve_price: found {shown}\n"
            f"  allowed: {price}, which auction.floor_formula of {book.name} gives from {floor.counted} trades\n"
            "  next: Set that price with a [[value]], or correct the trades or the day of the notice."
        )
    return floor
