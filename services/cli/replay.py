"""`jingjia replay`: historical order logs through the book."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.orderbook.call_auction import CALL_RULES
from services.clock import stopwatch_s
from services.errors import BadInput
from services.replay.log import read_log
from services.replay.prices import TickSize
from services.replay.session import Session, Summary, phase_problems
from services.replay.writing import TradesWriter, whole_file, write_depth

app = typer.Typer(help="Replay what was sent, and get the trades again.", no_args_is_help=True)

SECONDS_WITHOUT_BAR = 1.0
DEFAULT_RULE = "sse"

_RULES = "\b\nCall rules:\n" + "\n".join(f"  {name:<18}{rule.meaning}" for name, rule in CALL_RULES.items())


@app.command(epilog=_RULES)
def orders(
    log: Annotated[Path, typer.Argument(metavar="LOG.csv[.gz]", help="The order log.", show_default=False)],
    tick: Annotated[str, typer.Option(metavar="T", help="Smallest step of a price, as 0.01.", show_default=False)],
    call_rule: Annotated[
        str, typer.Option(metavar="R", help="How `uncross` finds its price; the rules are listed below.")
    ] = DEFAULT_RULE,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="P", help="Reference price before the first trade, as the previous close.", show_default=False
        ),
    ] = None,
    trades: Annotated[
        Path | None, typer.Option(metavar="F.csv", help="Write the trades there.", show_default=False)
    ] = None,
    depth: Annotated[
        Path | None, typer.Option(metavar="F.csv", help="Write the book at the end there.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
) -> None:
    """Replay an order log through the book: its trades, its auctions, what was refused, the book that is left.

    The log is CSV with the columns seq,time,command,order_id,participant,side,type,tif,price,quantity,phase.
    Commands: new, cancel, reduce, replace, phase. Phases: opening_call, uncross, continuous, closing_call, closed.

    Example: jingjia replay orders day.csv.gz --tick 0.01 --call-rule szse --reference 48.00 --trades trades.csv

    Exit code 0: replayed. 2: bad input; everything wrong with the log is listed by line, and nothing is written.
    """
    if call_rule not in CALL_RULES:
        raise BadInput(f"--call-rule {call_rule!r}: allowed are {', '.join(CALL_RULES)}")
    tick_size = TickSize.parse(tick)
    reference_ticks = None if reference is None else _reference(reference, tick_size)
    with _progress("reading") as (_, advance):
        order_log = read_log(log, tick_size, advance)
    wrong = phase_problems(order_log)
    if wrong:
        raise BadInput([f"{log}:{line}: {text}" for line, text in wrong])
    began = stopwatch_s()
    with whole_file(trades) as trades_file, whole_file(depth) as depth_file:
        writer = TradesWriter(trades_file, tick_size, order_log.order_ids)
        session = Session(order_log, CALL_RULES[call_rule], reference_ticks, writer.write)
        with _progress("replaying", order_log.rows) as (_, advance):
            summary = session.run(advance)
        waiting = session.waiting()
        write_depth(depth_file, tick_size, waiting)
    found = _found(summary, tick_size, call_rule, len(waiting))
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        _print(found, stopwatch_s() - began)


def _reference(text: str, tick: TickSize) -> int:
    try:
        return tick.ticks(text)
    except ValueError as problem:
        raise BadInput(f"--reference: {problem}") from None


def _found(summary: Summary, tick: TickSize, call_rule: str, live_orders: int) -> dict[str, object]:
    """The summary as plain values: prices and money as decimals in text, a price that does not exist as None."""

    def price(ticks: int | None) -> str | None:
        return None if ticks is None else tick.text(ticks)

    return {
        "rows": summary.rows,
        "trades": summary.trades,
        "volume": summary.volume_lots,
        "turnover": tick.text(summary.turnover_ticks),
        "last_price": price(summary.last_price_ticks),
        "live_orders": live_orders,
        "refused": {outcome.name: count for outcome, count in sorted(summary.refused.items())},
        "cancelled_market_orders": summary.cancelled_market_orders,
        "call_rule": call_rule,
        "auctions": [
            {
                "seq": auction.seq,
                "price": price(auction.price_ticks),
                "volume": auction.volume_lots,
                "surplus": auction.surplus_lots,
                "reference": price(auction.reference_ticks),
            }
            for auction in summary.uncrossings
        ],
    }


def _print(found: dict[str, object], seconds: float) -> None:
    write = sys.stdout.write
    for name in ("rows", "trades", "volume", "turnover", "last_price", "live_orders"):
        value = found[name]
        shown = f"{value:,}" if isinstance(value, int) else ("none" if value is None else value)
        write(f"{name.replace('_', ' '):<14}{shown}\n")
    for auction in found["auctions"] if isinstance(found["auctions"], list) else []:
        price = "no price" if auction["price"] is None else f"{auction['price']}, {auction['volume']:,} traded"
        write(
            f"{'auction':<14}{price} ({found['call_rule']}, row {auction['seq']}, left over {auction['surplus']:,})\n"
        )
    refused = found["refused"] if isinstance(found["refused"], dict) else {}
    for outcome, count in refused.items():
        write(f"{'refused':<14}{count:,} {outcome}\n")
    write(f"{'seconds':<14}{seconds:.2f}\n")


@contextmanager
def _progress(title: str, total: int | None = None) -> Iterator[tuple[Progress, Callable[[int], None]]]:
    """A bar on stderr, on a terminal only, that appears after a second."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(title, total=total)
    began = stopwatch_s()
    shown = False

    def advance(done: int) -> None:
        nonlocal shown
        if not shown and stopwatch_s() - began > SECONDS_WITHOUT_BAR:
            bar.start()
            shown = True
        bar.update(task, completed=done)

    try:
        yield bar, advance
    finally:
        bar.stop()
