"""`jingjia rules floor`: a reserve price computed as a rule book says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.parameters import Parameter
from engine.rules.explain import explain
from engine.rules.floor_price import Floor, Formula, NoFloor, floor_from_last_year, floor_from_trades, formula_on
from engine.rules.forms import NotAllowed
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound
from engine.rules.values import MONEY_SCALE, parse_value
from engine.units import format_scaled
from services.cli.books import day_of, load
from services.errors import BadInput
from services.offline.trade_files import read_trades


def floor(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="A shipped book, or the folder of one.")],
    trades: Annotated[
        Path | None, typer.Argument(metavar="[TRADES.csv]", help="day,price,quantity,mode,period")
    ] = None,
    on: Annotated[
        str, typer.Option("--on", metavar="YEAR-MONTH-DAY", help="The day of the notice; default: the last one.")
    ] = "",
    last: Annotated[str, typer.Option("--last", metavar="PRICE", help="Last year's price, where it is raised.")] = "",
    inflation: Annotated[
        str, typer.Option("--inflation", metavar="SHARE", help="Inflation of the year, such as 0.026.")
    ] = "0",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """The reserve price that a book's formula gives, from trades or from last year's price.

    Example: jingjia rules floor shanghai_2023 trades.csv --on 2023-10-31
    """
    loaded, day = load(book), day_of(on)
    if (trades is None) == (not last):
        raise BadInput("give either a file of trades or --last, as the book's formula asks for")
    try:
        formula = formula_on(loaded, day)
        computed = _from_file(formula, trades) if trades is not None else _from_last(formula, last, inflation)
    except NoFloor as error:
        raise BadInput(str(error)) from None
    price = format_scaled(computed.price_minor, MONEY_SCALE)
    if as_json:
        typer.echo(json.dumps({"book": loaded.name, "reserve_price": price, **asdict(computed)}, indent=2))
        return
    typer.echo(f"{price} {loaded.currency}")
    if trades is not None:
        typer.echo(f"from {computed.counted} trades, {computed.quantity} t")
    if computed.price_minor != computed.uncapped_minor:
        typer.echo(f"capped: the formula gives {format_scaled(computed.uncapped_minor, MONEY_SCALE)}")
    typer.echo(_behind(loaded, day))


def _behind(book: Book, day: int) -> str:
    shown = explain(book, Parameter.AUCTION_FLOOR_FORMULA, day=day)
    return f"{shown.text}\n{shown.text_zh}"


def _from_file(formula: Formula, path: Path) -> Floor:
    try:
        return floor_from_trades(formula, read_trades(str(path), path.read_bytes()))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}; name a file that can be read") from None
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from None


def _from_last(formula: Formula, last: str, inflation: str) -> Floor:
    try:
        price = parse_value(Parameter.AUCTION_RESERVE_PRICE, last)
        return floor_from_last_year(formula, price, parse_value(Parameter.ALLOCATION_RESERVE_SHARE, inflation))
    except NotAllowed as refusal:
        raise BadInput(f"--last and --inflation: allowed is {refusal.allowed}") from None
