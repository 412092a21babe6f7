"""`jingjia serve` is killed at random moments while members trade over gRPC; and stopped in good order under load."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import grpc
import grpc.aio
import numpy as np
import pytest

from engine.commands import Table
from services.client import AsyncClient, ParticipantClass, Phase
from services.identity import METADATA_KEY
from services.journal.verify import verify
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc
from tests.conftest import Seen
from tests.crash.load import INSTRUMENT, TRADERS, trade
from tests.crash.nursery import Nursery, check_journal

pytestmark = pytest.mark.compiled

ACCEPTED = (common_pb2.ROW_STATUS_ACCEPTED, common_pb2.ROW_STATUS_ACCEPTED_BEFORE)
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
PATIENCE_S = 60


@dataclass
class Told:
    """What an order answer says of each row, in the form the load generator compares."""

    outcomes: np.ndarray
    parameters: np.ndarray
    references: np.ndarray


class OverGrpc:
    """The venue is a server: batches of orders as columns, one participant's."""

    def __init__(self, channel: grpc.aio.Channel, participant: str) -> None:
        self._stub = orders_pb2_grpc.OrderServiceStub(channel)
        self._metadata = ((METADATA_KEY, participant),)

    async def submit(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Told:
        assert table is Table.ORDERS
        assert not text
        columns = orders_pb2.OrderColumns(session=int(rows["session"][0]), request_ids=rows["request_id"].tolist())
        for field, column in (
            ("commands", "command"),
            ("instruments", "instrument"),
            ("sides", "side"),
            ("order_ids", "order_id"),
            ("price_ticks", "price_ticks"),
            ("quantity_lots", "quantity_lots"),
        ):
            getattr(columns, field).extend(rows[column].tolist())
        new = rows["command"] == orders_pb2.ORDER_COMMAND_NEW
        columns.order_types.extend(np.where(new, rows["order_type"], 0).tolist())
        columns.times_in_force.extend(np.where(new, rows["time_in_force"], 0).tolist())
        columns.instruments[:] = np.where(new, rows["instrument"], 0).tolist()
        request = orders_pb2.SubmitOrderBatchRequest(orders=columns)
        answer = (await self._stub.SubmitOrderBatch(request, metadata=self._metadata, timeout=PATIENCE_S)).answer
        told = Told(np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64))
        for refusal in answer.refusals:
            told.outcomes[refusal.row] = refusal.outcome
        accepted = np.isin(np.array(answer.statuses), ACCEPTED)
        assert (accepted == (told.outcomes == 0)).all()
        return told

    async def session(self, actor: int, name: str) -> int:
        raise NotImplementedError("sessions are opened by the client")


class ServerLives:
    """Lives of `jingjia serve` on one folder, with the members' side in this process."""

    def __init__(self, nursery: Nursery, tmp_path: Path) -> None:
        self.nursery = nursery
        self.sessions: dict[int, int] = {}
        self._ready = tmp_path / "ready.json"
        self._left: list[object] | None = None

    def start(self) -> int:
        """Asks for a life; returns its process id."""
        self._ready.unlink(missing_ok=True)
        return self.nursery.ask("serve", ready=str(self._ready))

    async def address(self) -> str:
        """Where the server listens, once it is ready; it came to the state that the last audit found."""
        deadline = monotonic() + PATIENCE_S
        while not self._ready.exists():
            assert monotonic() < deadline, f"the server was not ready in time (seed {self.nursery.seed})"
            await asyncio.sleep(0.005)
        ready = json.loads(self._ready.read_text())
        self.nursery.ready = ["ready", ready["digest"], ready["last_sequence"] + 1]
        assert self._left in (None, self.nursery.ready[1:]), (
            f"another state than the replay's (seed {self.nursery.seed})"
        )
        return str(ready["address"])

    async def make_market(self) -> None:
        """The operator sets the market up, the members open their sessions: once, in a life that is not killed."""
        address = await self.address()
        async with AsyncClient.connect(address, participant="operator") as client:
            session = await client.open_session("set-up")
            book = await session.adopt_rule_book("nz_spot")
            assert await session.define_instrument("NZU", book, tick_minor=1, lot_units=1) == INSTRUMENT
            for number in TRADERS:
                assert await session.register_participant(f"trader{number}", ParticipantClass.INSTITUTION) == number
                await session.deposit_cash(number, 10**9)
                await session.deposit_units(number, INSTRUMENT, 10**6)
            await session.set_phase(INSTRUMENT, Phase.CONTINUOUS)
        for number in TRADERS:
            async with AsyncClient.connect(address, participant=f"trader{number}") as client:
                self.sessions[number] = (await client.open_session("trading")).number

    async def load(self, end: Callable[[], None], delay_s: float, answered: bool = True) -> list[grpc.StatusCode]:
        """Members trade; `delay_s` after the first answer `end` is called; returns what their last calls came to.

        Without `answered`: that long after the server is ready, whether it has answered by then or not.
        """
        address = await self.address()
        next_ids = self.nursery._next_ids()
        ended: list[grpc.StatusCode] = []
        first_answer = asyncio.Event()

        def report(session: int, ids: list[int], answers: list[tuple[int, int, int]]) -> None:
            self.nursery._note(["told", session, ids, [list(answer) for answer in answers]])
            first_answer.set()

        async def member(actor: int) -> None:
            session = self.sessions[actor]
            async with grpc.aio.insecure_channel(address) as channel:
                venue = OverGrpc(channel, f"trader{actor}")
                first = next_ids.get(str(session), 1)
                try:
                    await trade(venue, actor, session, first, self.nursery.seed, report)
                except grpc.aio.AioRpcError as error:
                    ended.append(error.code())

        async with asyncio.TaskGroup() as group:
            for actor in TRADERS:
                group.create_task(member(actor))
            if answered:
                await asyncio.wait_for(first_answer.wait(), PATIENCE_S)
            await asyncio.sleep(delay_s)
            end()
        return ended

    def check(self, keys_file: Path) -> None:
        """Every acknowledged order is in the journal, none twice; the next start has to come to this replay's state."""
        digest, next_sequence, keys = self.nursery.audit(keys_file)
        self._left, self.nursery.ready = [digest, next_sequence], []
        check_journal(self.nursery, digest, next_sequence, keys)


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(50, 46), *(pytest.param(100, seed, marks=pytest.mark.long) for seed in range(470, 480))],
)
def test_a_server_killed_at_random_moments(tmp_path: Path, seen: Seen, kills: int, seed: int) -> None:
    """Every fifth life is killed about when it gives its first answer; the others after it, and so all of them grow."""
    random = np.random.default_rng(seed)
    with Nursery(tmp_path / "journal", seed) as nursery:
        lives = ServerLives(nursery, tmp_path)
        pid = lives.start()
        asyncio.run(lives.make_market())
        nursery.kill(pid)
        for life in range(1, kills + 1):
            answered, before = life % 5 != 0, len(nursery.told)
            delay_s = float(random.uniform(0.0, 0.1 if answered else 0.04))
            pid = lives.start()
            ended = asyncio.run(lives.load(lambda: os.kill(pid, signal.SIGKILL), delay_s, answered))  # noqa: B023
            assert set(ended) <= set(GONE)
            nursery.until("dead")
            lives.check(tmp_path / "keys.npy")
            assert len(nursery.told) > before or not answered
        pid = lives.start()
        asyncio.run(lives.address())
        os.kill(pid, signal.SIGTERM)
        assert nursery.until("dead")[1] == 0
    assert verify(tmp_path / "journal").problems == []
    seen("SIGKILL of a server under load over gRPC: nothing lost, nothing twice, the same state", kills)
    seen("rows acknowledged by servers that were killed", len(nursery.told))


def test_a_server_terminated_under_load_answers_what_it_took(tmp_path: Path) -> None:
    """SIGTERM: exit code 0 within the grace, everything acknowledged is durable, the rest gets UNAVAILABLE."""
    with Nursery(tmp_path / "journal", 48) as nursery:
        lives = ServerLives(nursery, tmp_path)
        pid = lives.start()
        asyncio.run(lives.make_market())
        for _ in range(3):
            begun: list[float] = []

            def terminate(pid: int = pid, begun: list[float] = begun) -> None:
                begun.append(monotonic())
                os.kill(pid, signal.SIGTERM)

            ended = asyncio.run(lives.load(terminate, 0.3))
            assert nursery.until("dead")[1] == 0
            assert monotonic() - begun[0] < 6
            assert set(ended) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
            lives.check(tmp_path / "keys.npy")
            pid = lives.start()
            asyncio.run(lives.address())
        os.kill(pid, signal.SIGTERM)
        assert nursery.until("dead")[1] == 0
    assert verify(tmp_path / "journal").problems == []
    assert len(nursery.told) > 50
