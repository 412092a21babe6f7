"""`jingjia rules timetable`: what a trading day of a rule book looks like, before any server runs it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from engine.parameters import Parameter
from engine.rules.forms import date_of, day_text
from engine.rules.model import ALL_CLASSES, Book
from services.cli.books import day_of, load
from services.errors import BadInput
from services.rule_books.trading_days import trading_days, unknown
from services.timetable.plan import Boundary, Incomplete, Value, has_sessions, plan


def timetable(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="A shipped book, or the folder of one.")],
    on: Annotated[str, typer.Option("--on", metavar="YEAR-MONTH-DAY", help="The day.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """What `jingjia serve --timetable` would switch on a day, and when, by the sessions of a book.

    Example: jingjia rules timetable national_cea --on 2021-09-17
    """
    loaded, day = load(book), day_of(on)
    value = _value(loaded, day)
    if not has_sessions(value):
        raise BadInput(f"{loaded.name} has no sessions: its instruments are switched by hand")
    try:
        boundaries = plan(value, day)
    except Incomplete as found:
        raise BadInput([f"{loaded.name} {fault}" for fault in found.faults]) from None
    days = trading_days(loaded)
    trades = days.is_trading_day(day)
    if trades is None:
        raise BadInput(unknown(loaded, days, day))
    steps = [(_clock(boundary), _what(boundary)) for boundary in boundaries] if trades else []
    if as_json:
        listed = [{"time": time, "does": what} for time, what in steps]
        typer.echo(json.dumps({"book": loaded.name, "day": day_text(day), "trading_day": trades, "steps": listed}))
        return
    typer.echo(f"{day_text(day)} {date_of(day):%A}: {'a trading day' if trades else 'no trading day'}")
    for time, what in steps:
        typer.echo(f"{time}  {what}")


def _value(book: Book, day: int) -> Value:
    def value(parameter: Parameter) -> int | None:
        in_force = [entry for entry in book.history(parameter, ALL_CLASSES) if entry.from_day <= day]
        return in_force[-1].value if in_force else None

    return value


def _clock(boundary: Boundary) -> str:
    return f"{boundary.minute // 60:02d}:{boundary.minute % 60:02d}"


def _what(boundary: Boundary) -> str:
    if boundary.phase is None:
        return "blocks on" if boundary.blocks else "blocks off"
    return boundary.phase.name.lower()
