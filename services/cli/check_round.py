"""`jingjia auction check`: could this round be opened, and by which rules would it be judged?

Exit codes: 0; 2 when the files are wrong or the round could not be opened, with everything in the way.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from engine.rules.floor_price import Floor
from engine.rules.values import MONEY_SCALE
from engine.units import format_scaled
from services.cli.books import day_of
from services.cli.round_inputs import Reader
from services.offline.bid_files import read_lots
from services.offline.check import Checked, check_round
from services.offline.floor_judge import judge_floor
from services.offline.round_files import RoundFile, read_round
from services.offline.trade_files import read_trades
from services.rule_books.files import load_book


def check(
    round_file: Annotated[Path, typer.Argument(metavar="ROUND.toml", help="What is on offer, and by which rules.")],
    consigned: Annotated[
        Path | None, typer.Option(metavar="LOTS.csv", help="Consigned lots: consignor,quantity,minimum_price")
    ] = None,
    trades: Annotated[
        Path | None,
        typer.Option(
            metavar="TRADES.csv", help="Judge the reserve price by the book's formula: day,price,quantity,mode,period"
        ),
    ] = None,
    notice: Annotated[
        str, typer.Option(metavar="YEAR-MONTH-DAY", help="The day of the notice, for --trades; default: the round's.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Open the round without bids: everything in its way, or the rules in force with what each rests on.

    Example: jingjia auction check docs/examples/round.toml --consigned docs/examples/lots.csv
    """
    reader = Reader()
    contents = {path: reader.bytes_of(path) for path in (round_file, consigned, trades) if path is not None}
    reader.close()
    setup = reader.parsed(lambda: read_round(str(round_file), contents[round_file]))
    lots = []
    if setup is not None and consigned is not None:
        tick, lot = setup.tick_minor, setup.lot_units
        lots = reader.parsed(lambda: read_lots(str(consigned), contents[consigned], tick, lot)) or []
    reader.close()
    if setup is None:
        raise RuntimeError("what was read without problems is there")
    checked = reader.parsed(lambda: check_round(str(round_file), setup, lots))
    floor = None
    if trades is not None:
        floor = reader.parsed(lambda: _floor(round_file, setup, str(trades), contents[trades], notice))
    reader.close()
    if checked is None:
        raise RuntimeError("what was read without problems is there")
    _show(setup.name, checked, floor, as_json)


def _floor(round_file: Path, setup: RoundFile, trades_file: str, trades: bytes, notice: str) -> Floor:
    day = day_of(notice) if notice else None
    return judge_floor(str(round_file), setup, load_book(setup.rule_book), read_trades(trades_file, trades), day)


def _show(name: str, checked: Checked, floor: Floor | None, as_json: bool) -> None:
    if as_json:
        body: dict[str, Any] = {"round": name, "can_be_opened": True}
        body |= {"not_checked": checked.unknown_yet, "rules": [value.as_json() for value in checked.rules]}
        if floor is not None:
            body["reserve_price_by_formula"] = asdict(floor)
        typer.echo(json.dumps(body, indent=1, ensure_ascii=False))
        return
    console = Console()
    console.print(f"{name}: can be opened 可以开场", markup=False, highlight=False)
    if floor is not None:
        price = format_scaled(floor.price_minor, MONEY_SCALE)
        agrees = f"reserve price {price}, as the formula gives from {floor.counted} trades 竞买底价与计算方法一致"
        console.print(agrees, markup=False, highlight=False)
    if checked.unknown_yet:
        names = ", ".join(checked.unknown_yet)
        unchecked = f"not checked before there are bids, which say their class 待申报后核验: {names}"
        console.print(unchecked, markup=False, highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("rule 规则", "class", "value 取值", "from 生效", "rests on 依据"):
        table.add_column(column, overflow="fold")
    for value in checked.rules:
        told = value.as_json()
        klass = "" if told["class"] == "all" else told["class"].replace("_", " ")
        behind = ", ".join(filter(None, (value.basis.en, value.source.en, value.clause)))
        table.add_row(value.key, klass, value.shown, value.effective, behind)
    console.print(table)
