"""The server: one journal, one core, one writer, and the edges around them, from start to stop.

Start: the port is bound first, so that health can be asked from the beginning; it says NOT_SERVING, and every call
UNAVAILABLE, until kernels are compiled and the journal is replayed and checked. Stop: health says NOT_SERVING, no new
call is taken, what was submitted is answered, the journal is closed. If the writer fails, the server stops and says
why.

Without TLS it binds to the loopback interface only: identity is then a word in the metadata, which proves nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from engine.capacity import MEDIUM, Capacity
from engine.core import Core
from services.clock import Clock, system_clock
from services.edge import Edge
from services.errors import BadInput
from services.journal.background import BackgroundCheck
from services.journal.journal import Journal
from services.journal.verify import Report
from services.metrics import Metrics
from services.sealing.desk import SealingDesk
from services.sequencer import Limits, Sequencer
from services.sequencer.snapshots import Snapshots
from services.servicers.accounts import AccountServicer
from services.servicers.auctions import AuctionServicer
from services.servicers.blocks import BlockServicer
from services.servicers.floor import FloorServicer
from services.servicers.market import MarketDataServicer
from services.servicers.orders import OrderServicer
from services.servicers.reference import ReferenceServicer
from services.servicers.reserve import ReserveServicer
from services.servicers.rules import RuleBookServicer
from services.servicers.units import UnitServicer
from services.servicers.venue import Venue
from services.timetable.timetable import Timetable
from services.warm import compile_kernels_aside
from services.wire.jingjia.accounts.v1 import accounts_pb2, accounts_pb2_grpc
from services.wire.jingjia.auctions.v1 import auctions_pb2, auctions_pb2_grpc
from services.wire.jingjia.blocks.v1 import blocks_pb2, blocks_pb2_grpc
from services.wire.jingjia.floor.v1 import floor_pb2, floor_pb2_grpc
from services.wire.jingjia.market.v1 import market_pb2, market_pb2_grpc
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc
from services.wire.jingjia.reference.v1 import reference_pb2, reference_pb2_grpc
from services.wire.jingjia.reserve.v1 import reserve_pb2, reserve_pb2_grpc
from services.wire.jingjia.rules.v1 import rules_pb2, rules_pb2_grpc
from services.wire.jingjia.units.v1 import units_pb2, units_pb2_grpc

log = structlog.get_logger()

MESSAGE_BYTES_MAX = 16 * 2**20
"""Largest message either way. A full batch of orders, all columns, is 7 MiB; a message beyond it is RESOURCE_EXHAUSTED
with this number in its text, before anything is read."""

SERVICE_NAMES = tuple(
    file.services_by_name[name].full_name
    for file, name in (
        (orders_pb2.DESCRIPTOR, "OrderService"),
        (auctions_pb2.DESCRIPTOR, "AuctionService"),
        (blocks_pb2.DESCRIPTOR, "BlockService"),
        (market_pb2.DESCRIPTOR, "MarketDataService"),
        (rules_pb2.DESCRIPTOR, "RuleBookService"),
        (accounts_pb2.DESCRIPTOR, "AccountService"),
        (reserve_pb2.DESCRIPTOR, "ReserveService"),
        (units_pb2.DESCRIPTOR, "UnitService"),
        (reference_pb2.DESCRIPTOR, "ReferenceService"),
        (floor_pb2.DESCRIPTOR, "FloorService"),
    )
)
"""Full names of our services."""


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the server's certificate and key, and the authority that signs its clients' certificates."""

    certificate: Path
    key: Path
    client_authority: Path

    def credentials(self) -> grpc.ServerCredentials:
        """Credentials that demand a certificate of every client. Raises BadInput for files that cannot be read."""
        problems, contents = [], []
        for option, path in (
            ("--tls-cert", self.certificate),
            ("--tls-key", self.key),
            ("--client-ca", self.client_authority),
        ):
            try:
                contents.append(path.read_bytes())
            except OSError as error:
                problems.append(f"{option} {path}: {error.strerror}; it has to be a readable PEM file")
        if problems:
            raise BadInput(problems)
        certificate, key, authority = contents
        return grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)


@dataclass(frozen=True)
class Config:
    """How a server runs."""

    data: Path
    """Folder of the journal; it is made where there is none."""
    host: str = "127.0.0.1"
    port: int = 0
    """Port to bind; 0 takes one that is free."""
    tls: TlsFiles | None = None
    capacity: Capacity = MEDIUM
    operator: str = "operator"
    """Name of participant 1 of a journal that is empty; without a meaning for one that is not."""
    limits: Limits | None = None
    """How much may wait and be kept; None: the sequencer's own."""
    write_timeout_s: float = 10.0
    """How long a reader of a stream may leave a message untaken, in seconds, before it is cut."""
    timetable: bool = False
    """Whether phases are switched by the clock, by the sessions of rule books."""
    grace_s: float = 5.0
    """How long open calls have to end after a stop was asked for, in seconds."""


class Server:
    """One server. `start`, then `wait_until_stopped`, then `stop`."""

    def __init__(self, config: Config, *, clock: Clock = system_clock) -> None:
        _check_host(config)
        self.config = config
        self.metrics = Metrics()
        self.address = ""
        self._journal = Journal.open(config.data, clock=clock)
        self.journal_note = self._journal.store.describe()
        core = Core(config.capacity)
        self.sequencer: Sequencer[Core] = Sequencer(
            core,
            self._journal,
            clock=clock,
            operator=config.operator,
            limits=config.limits,
            snapshots=Snapshots(config.data, core, tell=lambda line: log.warning("snapshot", note=line)),
        )
        self.sealing = SealingDesk(config.data, self.sequencer, lambda line: log.warning("sealing", note=line))
        self.venue = Venue(
            self.sequencer,
            config.data,
            self.sealing,
            tls=config.tls is not None,
            write_timeout_s=config.write_timeout_s,
        )
        self._health = health.aio.HealthServicer()
        self._grpc: grpc.aio.Server | None = None
        self._check: BackgroundCheck | None = None
        self.timetable = Timetable(self.sequencer, clock) if config.timetable else None
        self._switching: asyncio.Task[None] | None = None
        self.switched_by_hand: list[str] = []
        """Instruments whose rules have no sessions, where there is a timetable."""

    @property
    def core(self) -> Core:
        """The core; read it on the event loop only."""
        return self.sequencer.core

    async def start(self) -> None:
        """Binds, compiles, replays, then serves. Raises BadInput (port in use, TLS files) or JournalError."""
        self._grpc = self._make_grpc()
        await self._say(health_pb2.HealthCheckResponse.NOT_SERVING)
        self.address = self._bind(self._grpc)
        await self._grpc.start()
        try:
            await compile_kernels_aside(self.config.capacity)
            await self.sequencer.start()
            await self.sealing.start()
            if self.timetable is not None:
                await self._follow(self.timetable)
        except BaseException:
            await self._grpc.stop(None)
            raise
        self.venue.ready = True
        self.metrics.watch(self.sequencer)
        self.metrics.ready.set(1)
        await self._say(health_pb2.HealthCheckResponse.SERVING)
        if self.sequencer.replayed_after:
            self._check = BackgroundCheck(self.config.data, asyncio.get_running_loop(), self._checked)

    async def _follow(self, timetable: Timetable) -> None:
        """What is due is done before anybody is served; from then on the clock is followed."""
        self.switched_by_hand = await timetable.start()
        await timetable.tick()
        self._switching = asyncio.create_task(timetable.run())

    def _checked(self, report: Report) -> None:
        """The rows before the snapshot were looked at while requests were served."""
        if report.problems:
            self.sequencer.fail(f"The journal is damaged further back than the start looked: {report.problems[0]}")
        else:
            log.info("checked", batches=report.batches)

    async def wait_until_stopped(self) -> None:
        """Returns when the writer has stopped: after `stop`, or because it failed (`sequencer.failure` says why)."""
        await self.sequencer.stopped.wait()

    async def stop(self) -> None:
        """Takes no new calls, lets open ones end within the grace, answers what was submitted, closes the journal."""
        if self._check is not None:
            self._check.stop()
        if self._switching is not None:
            self._switching.cancel()
        self.metrics.ready.set(0)
        await self._say(health_pb2.HealthCheckResponse.NOT_SERVING)
        ending = None if self._grpc is None else asyncio.create_task(self._grpc.stop(self.config.grace_s))
        await self.sequencer.stop()
        if ending is not None:
            await ending
        self.sealing.close()

    async def _say(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for name in ("", *SERVICE_NAMES):
            await self._health.set(name, status)

    def _make_grpc(self) -> grpc.aio.Server:
        server = grpc.aio.server(
            interceptors=[Edge(self.metrics)],
            options=[
                ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
                ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
                ("grpc.so_reuseport", 0),
            ],
        )
        orders_pb2_grpc.add_OrderServiceServicer_to_server(OrderServicer(self.venue), server)
        auctions_pb2_grpc.add_AuctionServiceServicer_to_server(AuctionServicer(self.venue), server)
        market_pb2_grpc.add_MarketDataServiceServicer_to_server(MarketDataServicer(self.venue), server)
        blocks_pb2_grpc.add_BlockServiceServicer_to_server(BlockServicer(self.venue), server)
        rules_pb2_grpc.add_RuleBookServiceServicer_to_server(RuleBookServicer(self.venue), server)
        accounts_pb2_grpc.add_AccountServiceServicer_to_server(AccountServicer(self.venue), server)
        reserve_pb2_grpc.add_ReserveServiceServicer_to_server(ReserveServicer(self.venue), server)
        units_pb2_grpc.add_UnitServiceServicer_to_server(UnitServicer(self.venue), server)
        reference_pb2_grpc.add_ReferenceServiceServicer_to_server(ReferenceServicer(self.venue), server)
        floor_pb2_grpc.add_FloorServiceServicer_to_server(FloorServicer(self.venue), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*SERVICE_NAMES, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        return server

    def _bind(self, server: grpc.aio.Server) -> str:
        config = self.config
        host = f"[{config.host}]" if ":" in config.host else config.host
        wanted = f"{host}:{config.port}"
        try:
            if config.tls is None:
                port = server.add_insecure_port(wanted)
            else:
                port = server.add_secure_port(wanted, config.tls.credentials())
        except RuntimeError as error:
            raise BadInput(
                f"cannot listen on {wanted}: the port is in use or the address is not of this machine; "
                "choose another with --port (0 takes one that is free) or --host"
            ) from error
        return f"{host}:{port}"


def _check_host(config: Config) -> None:
    """Without TLS only the loopback interface: whoever reaches the port can say that it is the operator."""
    if config.tls is not None:
        return
    try:
        loopback = config.host == "localhost" or ipaddress.ip_address(config.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BadInput(
            f"--host {config.host} without TLS: a caller's name would be proved by nothing. "
            "Give --tls-cert, --tls-key and --client-ca, or listen on 127.0.0.1"
        )
