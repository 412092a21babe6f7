"""`jingjia auction check`: could this round be opened, and by which rules would it be judged?

Exit codes: 0; 2 when the files are wrong or the round could not be opened, with everything in the way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from services.cli.round_inputs import Reader
from services.offline.bid_files import read_lots
from services.offline.check import check_round
from services.offline.round_files import read_round
from services.reports.in_force import InForce


def check(
    round_file: Annotated[Path, typer.Argument(metavar="ROUND.toml", help="What is on offer, and by which rules.")],
    consigned: Annotated[
        Path | None, typer.Option(metavar="LOTS.csv", help="Consigned lots: consignor,quantity,minimum_price")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Open the round without bids: everything in its way, or the rules in force with what each rests on.

    Example: jingjia auction check docs/examples/round.toml --consigned docs/examples/lots.csv
    """
    reader = Reader()
    contents = {path: reader.bytes_of(path) for path in (round_file, consigned) if path is not None}
    reader.close()
    setup = reader.parsed(lambda: read_round(str(round_file), contents[round_file]))
    lots = []
    if setup is not None and consigned is not None:
        tick, lot = setup.tick_minor, setup.lot_units
        lots = reader.parsed(lambda: read_lots(str(consigned), contents[consigned], tick, lot)) or []
    reader.close()
    if setup is None:
        raise RuntimeError("what was read without problems is there")
    values = reader.parsed(lambda: check_round(str(round_file), setup, lots))
    reader.close()
    _show(setup.name, values or [], as_json)


def _show(name: str, values: list[InForce], as_json: bool) -> None:
    if as_json:
        body = {"round": name, "can_be_opened": True, "rules": [value.as_json() for value in values]}
        typer.echo(json.dumps(body, indent=1, ensure_ascii=False))
        return
    console = Console()
    console.print(f"{name}: can be opened 可以开场", markup=False, highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("rule 规则", "class", "value 取值", "from 生效", "rests on 依据"):
        table.add_column(column, overflow="fold")
    for value in values:
        told = value.as_json()
        klass = "" if told["class"] == "all" else told["class"].replace("_", " ")
        behind = ", ".join(filter(None, (value.basis.en, value.source.en, value.clause)))
        table.add_row(value.key, klass, value.shown, value.effective, behind)
    console.print(table)
