"""`jingjia demo`: starts a server, plays shipped history through it as its client, and shows what came out."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.errors import BadInput


def demo(
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder for notices, results and pictures.")
    ] = Path("demo-output"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines, nothing else.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the journal and the server's log in the folder.")] = False,
) -> None:
    """Play real auctions and a real trading session through a server; print, draw and compare the outcome.

    Example: jingjia demo --output ./demo-output

    Five scenes: the California-Québec auctions of 2016 against their published results; Shenzhen's auction of
    2022-08-12 with drawn bids; consigned bidding, short and oversubscribed; 2,151 New Zealand trades through the order
    book; and a server that is killed twice on the way. Needs no network, and takes less than a minute once kernels are
    compiled. Exit code 1: something did not come out as it had to; 2: the folder cannot be written.
    """
    # Loaded when asked for: drawing takes most of a second to load, and every other command would wait for it.
    from services.demo.gallery import Gallery
    from services.demo.narrator import Narrator
    from services.demo.process import ServerProcess
    from services.demo.scenes import Demonstration, venue_folder

    narrator = Narrator(Console(stderr=as_json, quiet=as_json))
    try:
        gallery = Gallery(output)
        with venue_folder(output, keep) as folder:
            summary = asyncio.run(Demonstration(narrator, gallery, ServerProcess(folder)).play())
    except OSError as error:
        raise BadInput(f"--output {output}: {error.strerror or error}") from error
    if as_json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")
