"""`jingjia auction`: rounds from files, through the same core as the service.

Exit codes: 0; 2 when a file or a value cannot be used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.rules.problems import ProblemsFound
from services.bid_files import read_bids, read_lots
from services.errors import BadInput
from services.offline_round import OfflineResult, run_round
from services.reports.notice import notice_html
from services.reports.pictures import awards_picture, round_picture
from services.reports.result_json import result_json
from services.reports.tables import figures_table, sellers_table
from services.round_files import read_round

app = typer.Typer(help="Sealed-bid rounds: clear one from files.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `clear` a sub-command while it is the only one."""


@app.command()
def clear(
    round_file: Annotated[Path, typer.Argument(metavar="ROUND.toml", help="What is on offer, and by which rules.")],
    bids_file: Annotated[Path, typer.Argument(metavar="BIDS.csv", help="bid_id,bidder,class,price,quantity,time")],
    consigned: Annotated[
        Path | None, typer.Option(metavar="LOTS.csv", help="Consigned lots: consignor,quantity,minimum_price")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the result as JSON; - for standard output.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="F.png", help="Draw demand and supply with the price.")] = None,
    notice: Annotated[
        Path | None, typer.Option(metavar="F.html", help="Write the results notice in English and Chinese.")
    ] = None,
) -> None:
    """Clear one round from files; a bid that the rules refuse is a row of the result, with its clause.

    Example: jingjia auction clear docs/examples/round.toml docs/examples/bids.csv
    --consigned docs/examples/lots.csv --json - --notice notice.html
    """
    result = _run(round_file, bids_file, consigned)
    body = result_json(result.report, bid_ids=result.bid_ids, bidders=result.bidders, refused=result.refused)
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    to_stdout = json_file is not None and str(json_file) == "-"
    if json_file is not None and not to_stdout:
        _write(json_file, text.encode())
    picture = round_picture(result.report) if plot is not None or notice is not None else None
    if plot is not None and picture is not None:
        _write(plot, picture.png)
    if notice is not None and picture is not None:
        pictures = [picture, awards_picture(result.report)] if body["awards"] else [picture]
        _write(notice, notice_html(result.report, pictures, result_digest=body["digest"]).encode())
    if to_stdout:
        typer.echo(text, nl=False)
    else:
        _show(result)


def _run(round_file: Path, bids_file: Path, consigned: Path | None) -> OfflineResult:
    """Reads the files, telling all that is wrong with any of them, and runs the round."""
    problems: list[str] = []
    contents = {}
    for path in (round_file, bids_file, consigned):
        if path is not None:
            try:
                contents[path] = path.read_bytes()
            except OSError as error:
                problems.append(f"{path}: {error.strerror or error}; name a file that can be read")
    if problems:
        raise BadInput(problems)
    try:
        setup = read_round(str(round_file), contents[round_file])
        bids, lots = [], []
        try:
            bids = read_bids(str(bids_file), contents[bids_file], setup.tick_minor, setup.lot_units)
        except ProblemsFound as found:
            problems += map(str, found.problems)
        try:
            if consigned is not None:
                lots = read_lots(str(consigned), contents[consigned], setup.tick_minor, setup.lot_units)
        except ProblemsFound as found:
            problems += map(str, found.problems)
        if problems:
            raise BadInput(problems)
        return run_round(setup, bids, lots)
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{path}: cannot be written ({reason}); name a file in a folder that exists") from None


def _show(result: OfflineResult) -> None:
    console = Console()
    console.print(figures_table(result.report))
    console.print(sellers_table(result.report))
    for bid in result.refused:
        rule = f" ({bid.parameter})" if bid.parameter else ""
        console.print(f"refused: {bid.bid_id}: {bid.outcome}{rule}", markup=False, highlight=False)
