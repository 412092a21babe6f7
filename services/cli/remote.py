"""Commands that are clients of a served venue: how they reach it, whom they name, and how they show what it tells.

Without TLS the name after --as is taken on trust, and only on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict

from services.client import CallFailed, Client, Refused, Tls, Unanswered
from services.errors import BadInput, CheckFailed

Address = Annotated[str, typer.Option("--address", metavar="HOST:PORT", help="Where the venue is served.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who asks; with TLS the certificate says it.")]
Authority = Annotated[Path | None, typer.Option("--ca", metavar="PEM", help="Authority of the server's certificate.")]
Certificate = Annotated[Path | None, typer.Option("--cert", metavar="PEM", help="One's own certificate.")]
Key = Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Its key.")]


@contextmanager
def connected(address: str, name: str, ca: Path | None, cert: Path | None, key: Path | None) -> Iterator[Client]:
    """A connection; what goes wrong with it is told, never a traceback."""
    tls = None
    if ca or cert or key:
        if ca is None or cert is None or key is None:
            raise BadInput("--ca, --cert and --key go together: without one of them nobody can be known")
        tls = Tls(ca, cert, key)
    try:
        with Client.connect(address, participant=None if tls else name, tls=tls) as client:
            yield client
    except Refused as refused:
        why = [f"{r.outcome.name}: {r.advice} {r.clause}".strip() for r in refused.refusals]
        raise CheckFailed("; ".join(why)) from None
    except (CallFailed, Unanswered) as failed:
        raise BadInput(f"{address}: {failed}") from None


def number_of(name: str, known: list[tuple[str, int]], what: str) -> int:
    """The number that a name has among those known. Raises BadInput."""
    for other, number in known:
        if other == name:
            return number
    raise BadInput(f"no {what} {name!r}; there are: {', '.join(other for other, _ in known) or 'none'}")


def show(messages: list[Any]) -> None:
    """Messages as JSON, one a line."""
    for message in messages:
        shown = MessageToDict(message, preserving_proto_field_name=True)
        typer.echo(json.dumps(shown, ensure_ascii=False))
