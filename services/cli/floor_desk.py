"""`jingjia floor`: what operators do on a running venue: stop and resume trade, change its rules, see the day.

Every command is a client of a server; without TLS the name after --as is taken on trust, and only on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands import ParticipantClass
from services.cli.remote import Address, As, Authority, Certificate, Key, connected, number_of, show
from services.client import Client, Session
from services.errors import BadInput
from services.reports.holders import HolderReport, HolderRow

app = typer.Typer(help="Run the floor of a venue that is being served.", no_args_is_help=True)

SESSION = "floor"
"""The session whose requests these commands are."""

Who = Annotated[str, typer.Option("--participant", metavar="NAME", help="A participant, in all instruments.")]
What = Annotated[str, typer.Option("--instrument", metavar="NAME", help="An instrument, for everybody.")]
Everything = Annotated[bool, typer.Option("--everything", help="Everything.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


def _target(client: Client, participant: str, instrument: str, everything: bool) -> dict[str, int]:
    if sum((bool(participant), bool(instrument), everything)) != 1:
        raise BadInput("name one target: --participant, --instrument or --everything")
    if participant:
        return {
            "participant": number_of(participant, [(p.name, p.number) for p in client.participants()], "participant")
        }
    if instrument:
        return {"instrument": number_of(instrument, [(i.name, i.number) for i in client.instruments()], "instrument")}
    return {}


def _control(
    take: Callable[[Session], Callable[..., None]], said: str, reason: str, target: tuple[str, str, bool], **way: Any
) -> None:
    with connected(**way) as client:
        named = _target(client, *target)
        take(client.open_session(SESSION))(reason, **named)
    typer.echo(said)


@app.command()
def stop(
    address: Address,
    reason: Reason,
    name: As = "operator",
    participant: Who = "",
    instrument: What = "",
    everything: Everything = False,
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """The kill switch: cancels everything of the target and takes nothing new, until two operators lift it.

    Example: jingjia floor stop --address 127.0.0.1:8920 --participant alpha --reason "runaway algorithm"
    """
    way = {"address": address, "name": name, "ca": ca, "cert": cert, "key": key}
    _control(lambda s: s.stop_trading, "stopped", reason, (participant, instrument, everything), **way)


@app.command()
def lift(
    address: Address,
    reason: Reason,
    name: As = "operator",
    participant: Who = "",
    instrument: What = "",
    everything: Everything = False,
    approve: Annotated[bool, typer.Option("--approve", help="Approve what another operator proposed.")] = False,
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Propose to lift a stop, or (--approve) lift what another operator proposed to lift.

    Example: jingjia floor lift --address 127.0.0.1:8920 --participant alpha --reason "mended" --approve --as second
    """
    way = {"address": address, "name": name, "ca": ca, "cert": cert, "key": key}
    target = (participant, instrument, everything)
    if approve:
        _control(lambda s: s.approve_resumption, "lifted", reason, target, **way)
    else:
        _control(lambda s: s.propose_resumption, "proposed; another operator has to approve", reason, target, **way)


@app.command()
def stops(
    address: Address, name: As = "operator", ca: Authority = None, cert: Certificate = None, key: Key = None
) -> None:
    """The stops that stand, as JSON lines.

    Example: jingjia floor stops --address 127.0.0.1:8920
    """
    with connected(address, name, ca, cert, key) as client:
        show(client.stops())


@app.command()
def change(
    address: Address,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Its name.")],
    parameter: Annotated[str, typer.Argument(metavar="KEY", help="Such as trading.band.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As a rule book writes it, such as 0.05.")],
    reason: Reason,
    effective_ns: Annotated[int, typer.Option("--from-ns", help="Time from which it holds; 0: at once.")] = 0,
    effective_sequence: Annotated[int, typer.Option("--from-sequence", help="Sequence from which it holds.")] = 0,
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Propose a value of a limit, band or pace for one instrument; prints the number of the change.

    Example: jingjia floor change --address 127.0.0.1:8920 SZEA trading.band 0.05 --reason "calm the market"
    """
    with connected(address, name, ca, cert, key) as client:
        number = _target(client, "", instrument, everything=False)["instrument"]
        proposed = client.open_session(SESSION).propose_change(
            number,
            reason,
            parameter=parameter,
            value=value,
            effective_ns=effective_ns,
            effective_sequence=effective_sequence,
        )
        typer.echo(proposed)


@app.command()
def answer(
    address: Address,
    number: Annotated[int, typer.Argument(metavar="CHANGE", min=1, help="Number of the change.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back instead.")] = False,
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Approve a change that another person proposed, or (--withdraw) take one back.

    Example: jingjia floor answer --address 127.0.0.1:8920 3 --as second
    """
    with connected(address, name, ca, cert, key) as client:
        session = client.open_session(SESSION)
        (session.withdraw_change if withdraw else session.approve_change)(number)
    typer.echo("withdrawn" if withdraw else "approved")


@app.command()
def changes(
    address: Address, name: As = "operator", ca: Authority = None, cert: Certificate = None, key: Key = None
) -> None:
    """All changes that were proposed, as JSON lines.

    Example: jingjia floor changes --address 127.0.0.1:8920
    """
    with connected(address, name, ca, cert, key) as client:
        show(client.changes())


@app.command()
def day(
    address: Address,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Its name.")],
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """Reference, band, opening and closing price of a trading day as they stand, as JSON.

    Example: jingjia floor day --address 127.0.0.1:8920 SZEA
    """
    with connected(address, name, ca, cert, key) as client:
        show([client.trading_day(_target(client, "", instrument, everything=False)["instrument"])])


@app.command()
def holders(
    address: Address,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Its name.")],
    csv: Annotated[Path | None, typer.Option("--csv", metavar="F.csv", help="Write the report as CSV.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="F.html", help="Write it as a page.")] = None,
    name: As = "operator",
    ca: Authority = None,
    cert: Certificate = None,
    key: Key = None,
) -> None:
    """The accounts that are reported as large holders, as they stand now; as CSV on the screen or in files.

    Example: jingjia floor holders --address 127.0.0.1:8920 BEA --html holders.html
    """
    with connected(address, name, ca, cert, key) as client:
        report = _report(client, instrument)
    for path, text in ((csv, report.csv()), (html, report.page() if html else "")):
        if path is not None:
            try:
                path.write_text(text, "utf-8")
            except OSError as error:
                raise BadInput(f"{path}: {error.strerror}") from None
    if csv is None and html is None:
        typer.echo(report.csv(), nl=False)


def _report(client: Client, instrument: str) -> HolderReport:
    number = _target(client, "", instrument, everything=False)["instrument"]
    found = {view.number: view for view in client.instruments()}[number]
    people = {person.number: person for person in client.participants()}
    shown = client.rule_book(found.rule_book).values
    key = "trading.large_holder_report"
    clause = next((value.clause for value in reversed(shown) if value.parameter == key), "")
    rows = tuple(
        HolderRow(
            people[holder.participant].name,
            ParticipantClass(people[holder.participant].participant_class).name.lower(),
            holder.held_lots * found.lot_units,
            holder.counted_lots * found.lot_units,
            holder.threshold_lots * found.lot_units,
            holder.allocation_year,
        )
        for holder in client.large_holders(number)
    )
    return HolderReport(found.name, client.state().last_sequence, clause, rows)
