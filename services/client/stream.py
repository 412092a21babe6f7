"""Batches of orders on one stream: many under way, answered in order, sent again after a drop under the same ids.

Promise: every batch handed over gets the venue's answer or the stream ends with an error that every waiting batch is
told. After a drop the batches without an answer are sent again in their order; what the venue had recorded, it answers
as before, and nothing is done twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import grpc.aio

from services.client.connection import Attempts, Connection
from services.client.errors import CallFailed, ClientError, Unanswered
from services.client.records import OrderAnswer, Orders
from services.wire.jingjia.orders.v1 import orders_pb2

if TYPE_CHECKING:
    from services.wire.jingjia.orders.v1.orders_pb2_grpc import OrderServiceAsyncStub

UNDER_WAY_MAX = 64
"""Batches without an answer; beyond that `send` waits."""


@dataclass(eq=False)
class _Waiting:
    request: orders_pb2.OrderSessionRequest
    first_request_id: int
    answered: asyncio.Future[OrderAnswer]


class AsyncOrderStream:
    """Use as `async with session.order_stream() as stream`; leaving waits until everything is answered."""

    def __init__(
        self, connection: Connection, stub: OrderServiceAsyncStub, session: int, take_ids: Callable[[int], int]
    ) -> None:
        self._connection = connection
        self._stub = stub
        self._session = session
        self._take_ids = take_ids
        self._unsent: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._waiting: deque[_Waiting] = deque()
        self._room = asyncio.Semaphore(UNDER_WAY_MAX)
        self._failure: ClientError | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> AsyncOrderStream:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None:
            return
        if kind is None:
            await self._unsent.put(None)
            await self._task
            if self._failure is not None:
                raise self._failure
        else:
            self._task.cancel()
            self._fail(ClientError("the stream was left with an error before this was answered"))

    async def send(self, orders: Orders) -> asyncio.Future[OrderAnswer]:
        """Hands over a batch; the future gets its answer. Waits while too many are without one."""
        await self._room.acquire()
        if self._failure is not None:
            raise self._failure
        # Ids are taken with the rows counted, before anything else can take the next ones.
        _, count = orders.message(self._session, 0)
        first = self._take_ids(count)
        columns, _ = orders.message(self._session, first)
        waiting = _Waiting(
            orders_pb2.OrderSessionRequest(orders=columns), first, asyncio.get_running_loop().create_future()
        )
        self._waiting.append(waiting)
        await self._unsent.put(waiting)
        return waiting.answered

    async def _run(self) -> None:
        """Keeps a stream open until everything is answered, or gives up and tells everybody why."""
        ended = False
        attempts = Attempts(self._connection.retry)
        while not ended:
            before = len(self._waiting)
            try:
                ended = await self._one_stream()
            except grpc.aio.AioRpcError as error:
                failed = CallFailed(error)
                if len(self._waiting) < before:
                    attempts = Attempts(self._connection.retry)
                if not await attempts.pause(failed):
                    return self._fail(Unanswered(error) if failed.is_worth_repeating else failed)
            except Exception as error:
                self._fail(ClientError(f"the stream failed: {type(error).__name__}: {error}"))
                raise

    async def _one_stream(self) -> bool:
        """One stream from its opening to its end: first what has no answer yet, then what is new. True at the end."""
        call = self._stub.OrderSession(metadata=self._connection.metadata)
        again = list(self._waiting)
        resent = set(map(id, again))
        writer = asyncio.create_task(self._write(call, again, resent))
        try:
            while True:
                message = await call.read()
                if not isinstance(message, orders_pb2.OrderSessionResponse):
                    break
                self._take_answer(message)
            return await writer
        finally:
            writer.cancel()
            call.cancel()

    async def _write(self, call: Any, again: list[_Waiting], resent: set[int]) -> bool:
        """Writes until there is nothing more to come; true when the user's end was reached."""
        for waiting in again:
            await call.write(waiting.request)
        while (new := await self._unsent.get()) is not None:
            if id(new) not in resent:
                await call.write(new.request)
        self._unsent.put_nowait(None)
        await call.done_writing()
        return True

    def _take_answer(self, message: orders_pb2.OrderSessionResponse) -> None:
        waiting = self._waiting.popleft()
        self._room.release()
        if not waiting.answered.done():
            waiting.answered.set_result(OrderAnswer.of(message.answer, self._session, waiting.first_request_id))

    def _fail(self, failure: ClientError) -> None:
        self._failure = failure
        while self._waiting:
            waiting = self._waiting.popleft()
            self._room.release()
            if not waiting.answered.done():
                waiting.answered.set_exception(failure)
                # Whoever looks gets it; whoever does not is told by leaving the stream.
                waiting.answered.exception()
