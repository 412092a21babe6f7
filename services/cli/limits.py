"""`jingjia limits`: the declared bounds. Exit code: 0."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from services.limits import bounds, pools


def limits(as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False) -> None:
    """The bounds that every price, quantity, amount and text is held to; beyond them is a refusal, never an overflow.

    Example: jingjia limits --json
    """
    if as_json:
        body = {"bounds": [asdict(bound) for bound in bounds()], "capacity": pools()}
        typer.echo(json.dumps(body, indent=1, ensure_ascii=False))
        return
    console = Console()
    table = Table(title="Bounds 界限", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("bound", "value", ""):
        table.add_column(column, justify="right" if column == "value" else "left")
    for bound in bounds():
        table.add_row(bound.name, f"{bound.value:,}", bound.meaning)
    console.print(table)
    table = Table(title="Capacity classes 容量等级", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("most")
    held = pools()
    for name in held:
        table.add_column(name, justify="right")
    for pool in next(iter(held.values())):
        table.add_row(pool, *(f"{numbers[pool]:,}" for numbers in held.values()))
    console.print(table)
