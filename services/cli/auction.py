"""`jingjia auction`: rounds from files, through the same core as the service.

Exit codes: 0; 2 when a file or a value cannot be used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli import proof
from services.cli.check_round import check
from services.cli.explain import explain
from services.cli.export_round import export
from services.cli.round_inputs import read_inputs
from services.cli.whatif import whatif
from services.errors import BadInput
from services.offline.round import OfflineResult
from services.proof.folder import files_of, write_folder
from services.reports.files import notice_files
from services.reports.pictures import round_picture
from services.reports.result_json import result_json
from services.reports.tables import figures_table, sellers_table

app = typer.Typer(help="Sealed-bid rounds: clear, explain and prove one from files.", no_args_is_help=True)
app.command()(check)
app.add_typer(proof.draws, name="draw")
app.command()(export)
app.command()(proof.receipts)
app.command()(proof.verify)
app.command()(explain)
app.command()(whatif)


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
    draw: Annotated[
        Path | None, typer.Option(metavar="ORDER.json", help="The recorded draw, for a rule that needs one.")
    ] = None,
    export_folder: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="DIR", help="Seal the bids and write everything that it takes to recompute the round."
        ),
    ] = None,
    secret: Annotated[
        Path | None,
        typer.Option(metavar="F", help="With --export: 64 hexadecimal digits that the salts come from; else new ones."),
    ] = None,
) -> None:
    """Clear one round from files; a bid that the rules refuse is a row of the result, with its clause.

    Example: jingjia auction clear docs/examples/round.toml docs/examples/bids.csv
    --consigned docs/examples/lots.csv --json - --notice notice.html
    """
    inputs = read_inputs(round_file, bids_file, consigned, draw, secret)
    if secret is not None and export_folder is None:
        raise BadInput(f"--secret {secret}: nothing is sealed without --export; add --export DIR, or leave it out")
    result = inputs.run()
    report, record = result.report, None
    if export_folder is None:
        body = result_json(report, bid_ids=result.bid_ids, bidders=result.bidders, refused=result.refused)
    else:
        record = inputs.record(result)
        report, body = record.report, record.result
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    to_stdout = json_file is not None and str(json_file) == "-"
    if json_file is not None and not to_stdout:
        _write(json_file, text.encode())
    if record is not None and export_folder is not None:
        write_folder(export_folder, files_of(record) | notice_files(report, body["digest"]))
    if plot is not None:
        _write(plot, round_picture(report).png)
    if notice is not None:
        _write(notice, notice_files(report, body["digest"])["notice.html"])
    if to_stdout:
        typer.echo(text, nl=False)
    else:
        _show(result)
    if export_folder is not None and record is not None:
        typer.echo(f"sealed {len(record.seal.bids)} bids under the root {record.seal.root}", err=True)
        typer.echo(f"exported to {export_folder}; check it with: jingjia auction verify {export_folder}", err=True)


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
