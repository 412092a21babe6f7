"""`jingjia`: the command line, put together from one module a sub-command.

Exit codes: 0 all is well; 1 a check was made and failed; 2 what was given cannot be used. Whatever a command raises of
`services.errors` is a message on stderr and never a traceback.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from services.cli import auction, floor_desk, journal, replay, rules, units
from services.cli.conform import conform
from services.cli.demo import demo
from services.cli.limits import limits
from services.cli.serve import serve
from services.cli.warm import warm
from services.errors import BadInput, CheckFailed

app = typer.Typer(
    name="jingjia",
    help="Jingjia (竞价): the auction and trading-rules engine of a carbon market.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(serve)
app.command()(warm)
app.command()(demo)
app.command()(conform)
app.command()(limits)
app.add_typer(auction.app, name="auction")
app.add_typer(rules.app, name="rules")
app.add_typer(replay.app, name="replay")
app.add_typer(journal.app, name="journal")
app.add_typer(floor_desk.app, name="floor")
app.add_typer(units.app, name="units")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jingjia {version('jingjia')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del show_version


def run() -> None:
    """Entry point of the command `jingjia`."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Runs one command; gives its exit code."""
    try:
        app(arguments, prog_name="jingjia", standalone_mode=True)
    except BadInput as error:
        for problem in error.problems:
            typer.echo(f"jingjia: {problem}", err=True)
        return 2
    except CheckFailed as error:
        typer.echo(f"jingjia: {error}", err=True)
        return 1
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BrokenPipeError:
        # Whoever read our output has gone (`jingjia ... | head`); there is nobody left to tell.
        sys.stderr.close()
        return 0
    return 0
