"""`jingjia serve`: the gRPC server on the embedded journal, ready in one command."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from prometheus_client import start_http_server

from engine import jit
from engine.capacity import CLASSES
from services.clock import stopwatch_s
from services.errors import BadInput
from services.journal.problems import JournalError
from services.sequencer import Limits
from services.server import Config, Server, TlsFiles

log = structlog.get_logger()


def serve(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of the journal; made if absent.")],
    host: Annotated[str, typer.Option(help="Address to listen on; without TLS only loopback.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")] = 0,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", metavar="PEM", help="Server certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="PEM", help="Server key.")] = None,
    client_ca: Annotated[
        Path | None, typer.Option("--client-ca", metavar="PEM", help="Authority of the clients' certificates.")
    ] = None,
    capacity: Annotated[str, typer.Option(help=f"How much fits: {', '.join(CLASSES)}.")] = "medium",
    operator: Annotated[str, typer.Option(metavar="NAME", help="Name of the operator of a new journal.")] = "operator",
    timetable: Annotated[
        bool, typer.Option("--timetable", help="Switch phases by the clock, by the sessions of the rule books.")
    ] = False,
    snapshot_batches: Annotated[
        int, typer.Option("--snapshot-batches", min=1, help="Batches between two snapshots, at most.")
    ] = Limits().checkpoint_batches,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=1, max=65_535, help="Port for Prometheus, on the same address.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option("--ready-file", metavar="FILE", help="Write the ready line, as JSON, here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ready line as JSON.")] = False,
) -> None:
    """Serve gRPC on a journal until SIGTERM or SIGINT.

    Example: jingjia serve --data ./venue --port 8920

    Prints one line when it is ready. A stop finishes what was submitted, then exits 0. Exit code 1: the writer failed
    (the message says why); 2: what was given cannot be used (port in use, damaged journal, unreadable certificate).
    """
    _configure_log()
    if capacity not in CLASSES:
        raise BadInput(f"--capacity {capacity!r}: allowed is {', '.join(CLASSES)}")
    config = Config(
        data=data,
        host=host,
        port=port,
        tls=_tls(tls_cert, tls_key, client_ca),
        capacity=CLASSES[capacity],
        operator=operator,
        timetable=timetable,
        limits=Limits(checkpoint_batches=snapshot_batches),
    )
    if config.tls is None:
        log.warning("without TLS", identity="any caller can take any participant's name", listens="loopback only")
    try:
        server = Server(config)
        failure = asyncio.run(_serve(server, metrics_port, ready_file, as_json))
    except JournalError as error:
        raise BadInput(f"--data {data}: {error}") from error
    except OSError as error:
        raise BadInput(f"--data {data}: {error.strerror or error}") from error
    if failure:
        typer.echo(f"jingjia: {failure}", err=True)
        raise typer.Exit(1)


def _tls(certificate: Path | None, key: Path | None, authority: Path | None) -> TlsFiles | None:
    if certificate is None and key is None and authority is None:
        return None
    if certificate is None or key is None or authority is None:
        raise BadInput("--tls-cert, --tls-key and --client-ca go together: without one of them no caller can be known")
    return TlsFiles(certificate, key, authority)


async def _serve(server: Server, metrics_port: int | None, ready_file: Path | None, as_json: bool) -> str:
    """Serves until a signal or a failure of the writer; gives the failure, or an empty text."""
    begun = stopwatch_s()
    warm = jit.is_warm("engine.exchange.kernels")
    log.info("starting", kernels="in the cache" if warm else "to be compiled, once: up to a minute or two")
    stop_asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_asked.set)
    starting = asyncio.create_task(server.start())
    asked = asyncio.create_task(stop_asked.wait())
    await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
    try:
        await starting
    except asyncio.CancelledError:
        await server.stop()
        return ""
    _serve_metrics(server, metrics_port)
    _tell_ready(_ready(server, warm, stopwatch_s() - begun), ready_file, as_json)
    ended = asyncio.create_task(server.wait_until_stopped())
    await asyncio.wait({asked, ended}, return_when=asyncio.FIRST_COMPLETED)
    failure = server.sequencer.failure or "" if ended.done() else ""
    log.info("stopping", reason=failure or "asked to")
    await server.stop()
    for task in (asked, ended):
        task.cancel()
    return failure


def _serve_metrics(server: Server, port: int | None) -> None:
    if port is None:
        return
    try:
        start_http_server(port, server.config.host, server.metrics.registry)
    except OSError as error:
        raise BadInput(f"--metrics-port {port}: {error.strerror}; choose another") from error


def _ready(server: Server, warm: bool, seconds: float) -> dict[str, Any]:
    """What the ready line says."""
    config, core = server.config, server.core
    return {
        "address": server.address,
        "pid": os.getpid(),
        "tls": config.tls is not None,
        "journal": str(config.data),
        "durability": server.journal_note,
        "batches": server.sequencer.durable_through,
        "replayed_after": server.sequencer.replayed_after,
        "last_sequence": core.next_sequence - 1,
        "digest": core.digest(),
        "capacity": config.capacity.name,
        "operator": core.participants()[0].name,
        "timetable": _followed(server),
        "kernels": f"{jit.cache_note} ({'loaded' if warm else 'compiled now'})",
        "ready_after_ms": round(seconds * 1000),
    }


def _followed(server: Server) -> str:
    """Whether phases follow the clock, and for which instruments they do not."""
    if server.timetable is None:
        return "off"
    return f"on, by hand: {', '.join(server.switched_by_hand)}" if server.switched_by_hand else "on"


def _tell_ready(ready: dict[str, Any], ready_file: Path | None, as_json: bool) -> None:
    text = json.dumps(ready, ensure_ascii=False)
    if ready_file is not None:
        # Renamed into place, so whoever waits for the file finds it whole.
        part = ready_file.with_name(ready_file.name + ".part")
        part.write_text(text + "\n", "utf-8")
        part.replace(ready_file)
    if as_json:
        print(text, flush=True)
        return
    print(
        f"ready: {ready['address']} (TLS {'on' if ready['tls'] else 'off'}), journal {ready['journal']} "
        f"({ready['durability']}), {ready['batches']} batches "
        f"({_replayed(ready)}), last event {ready['last_sequence']}, "
        f"digest {ready['digest']}, {ready['kernels']}, after {ready['ready_after_ms']} ms",
        flush=True,
    )


def _replayed(ready: dict[str, Any]) -> str:
    after = ready["replayed_after"]
    return f"from the snapshot after batch {after}" if after else "all replayed"


def _configure_log() -> None:
    """One JSON line an entry, on stderr."""
    logging.getLogger("grpc").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
