"""`jingjia units`: the life of units on a running venue: issue, allocate, transfer, pledge, surrender, retire."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.words.units import UnitStep, UnitType
from services.cli.remote import Address, As, Authority, Certificate, Key, connected, number_of, show
from services.client import Client
from services.errors import BadInput
from services.wire.jingjia.units.v1 import units_pb2

app = typer.Typer(help="The life of units of a venue that is being served.", no_args_is_help=True)

SESSION = "units"
"""The session whose requests these commands are."""

STEPS = tuple(step.name.lower() for step in UnitStep)
TYPES = tuple(kind.name.lower() for kind in UnitType)

Instrument = Annotated[str, typer.Option("--instrument", metavar="NAME", help="The instrument.", show_default=False)]
Whom = Annotated[
    str,
    typer.Option("--participant", metavar="NAME", help="Whose account; who gets the units, or the pledge."),
]


@app.command()
def step(
    what: Annotated[str, typer.Argument(metavar="STEP", help=f"One of {', '.join(STEPS)}.", show_default=False)],
    address: Address,
    instrument: Instrument,
    quantity: Annotated[int, typer.Option(min=1, help="How much, in lots.", show_default=False)],
    name: As = "operator",
    participant: Whom = "",
    out_of: Annotated[str, typer.Option("--out-of", metavar="NAME", help="Whose units are allocated.")] = "",
    year: Annotated[int, typer.Option(help="The vintage issued; the year allocated or surrendered for.")] = 0,
    obligation: Annotated[str, typer.Option(metavar="NAME", help="Instrument whose emissions are meant.")] = "",
    pledge: Annotated[int, typer.Option(help="Number of the pledge to release.")] = 0,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Take one step in the life of units; who may take which is a rule, and a refusal names it with its clause.

    Example: jingjia units step retire --address 127.0.0.1:8920 --as emitter --instrument SZA-2024 --quantity 100

    Exit code 0: done. 1: refused. 2: bad input.
    """
    if what not in STEPS:
        raise BadInput(f"{what!r}: allowed are {', '.join(STEPS)}")
    with connected(address, name, ca, cert, key) as client:
        request = units_pb2.StepUnitsRequest(
            step=int(UnitStep[what.upper()]),  # type: ignore[arg-type]
            instrument=_instrument(client, instrument),
            quantity_lots=quantity,
            participant=_participant(client, participant),
            counterparty=_participant(client, out_of),
            year=year,
            obligation=_instrument(client, obligation) if obligation else 0,
            pledge=pledge,
            reason=reason,
        )
        number = client.open_session(SESSION).step_units(request)
    typer.echo(f"pledge {number}" if what == "pledge" else "done")


@app.command()
def define(
    address: Address,
    instrument: Instrument,
    unit_type: Annotated[str, typer.Option("--type", help=f"One of {', '.join(TYPES)}.", show_default=False)],
    vintage: Annotated[int, typer.Option(help="The year that its units are of (0: none).")] = 0,
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Say, once, what the units of an instrument are.

    Example: jingjia units define --address 127.0.0.1:8920 --instrument SZA-2024 --type allowance --vintage 2024
    """
    if unit_type not in TYPES:
        raise BadInput(f"--type {unit_type!r}: allowed are {', '.join(TYPES)}")
    with connected(address, name, ca, cert, key) as client:
        session = client.open_session(SESSION)
        session.set_unit_type(_instrument(client, instrument), UnitType[unit_type.upper()], vintage)
    typer.echo("done")


@app.command()
def obligations(
    address: Address,
    participant: Whom = "",
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """What a participant has to surrender and has surrendered, as JSON lines.

    Example: jingjia units obligations --address 127.0.0.1:8920 --participant emitter
    """
    with connected(address, name, ca, cert, key) as client:
        show(client.obligations(_participant(client, participant)))


@app.command()
def pledges(
    address: Address, name: As = "operator", ca: Authority = None, cert: Certificate = None, key: Key = None
) -> None:
    """Pledges that concern the caller (the operator: all), as JSON lines.

    Example: jingjia units pledges --address 127.0.0.1:8920
    """
    with connected(address, name, ca, cert, key) as client:
        show(client.pledges())


def _instrument(client: Client, name: str) -> int:
    return number_of(name, [(view.name, view.number) for view in client.instruments()], "instrument")


def _participant(client: Client, name: str) -> int:
    return number_of(name, [(view.name, view.number) for view in client.participants()], "participant") if name else 0
