"""OrderService: single orders, batches, the two-way stream, and the stream of one's own executions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from engine.commands import Table
from engine.events import EventKind
from engine.orderbook.reading.kernels import QUEUED_ORDER
from engine.views import Participant
from services.sequencer.outcomes import Answer, QueueFull
from services.servicers.streams import send, stretches
from services.servicers.venue import Context, Venue
from services.translate import columns
from services.translate.answers import Clause, receipt, refusals, statuses
from services.translate.executions import executions
from services.translate.live_orders import live_orders
from services.translate.orders import order_rows
from services.translate.single_orders import (
    cancel_row,
    mass_cancel_row,
    reduce_row,
    replace_row,
    submit_row,
    take_row,
)
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc

STREAM_BATCHES_MAX = 64
"""Batches of one stream that may wait for their answers; beyond that the stream is not read."""

BACK_PRESSURE_S = 0.005
"""How long a stream waits before it offers a batch again to a queue that is full, in seconds."""


class OrderServicer(orders_pb2_grpc.OrderServiceServicer):
    """Takes orders and tells what became of them."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def SubmitOrder(
        self, request: orders_pb2.SubmitOrderRequest, context: Context
    ) -> orders_pb2.SubmitOrderResponse:
        """Places one order."""
        caller = self._venue.caller(context)
        told, done = await self._one(submit_row(request, caller.number), caller)
        return orders_pb2.SubmitOrderResponse(receipt=told, executions=done)

    async def CancelOrder(
        self, request: orders_pb2.CancelOrderRequest, context: Context
    ) -> orders_pb2.CancelOrderResponse:
        """Takes back what is left of one order."""
        caller = self._venue.caller(context)
        told, done = await self._one(cancel_row(request, caller.number), caller)
        return orders_pb2.CancelOrderResponse(receipt=told, executions=done)

    async def ReduceOrder(
        self, request: orders_pb2.ReduceOrderRequest, context: Context
    ) -> orders_pb2.ReduceOrderResponse:
        """Lowers the quantity of one order."""
        caller = self._venue.caller(context)
        told, done = await self._one(reduce_row(request, caller.number), caller)
        return orders_pb2.ReduceOrderResponse(receipt=told, executions=done)

    async def ReplaceOrder(
        self, request: orders_pb2.ReplaceOrderRequest, context: Context
    ) -> orders_pb2.ReplaceOrderResponse:
        """Gives one order new terms."""
        caller = self._venue.caller(context)
        told, done = await self._one(replace_row(request, caller.number), caller)
        return orders_pb2.ReplaceOrderResponse(receipt=told, executions=done)

    async def MassCancel(
        self, request: orders_pb2.MassCancelRequest, context: Context
    ) -> orders_pb2.MassCancelResponse:
        """Takes back many orders."""
        caller = self._venue.caller(context)
        told, done = await self._one(mass_cancel_row(request, caller.number), caller)
        return orders_pb2.MassCancelResponse(receipt=told, executions=done)

    async def TakeListing(
        self, request: orders_pb2.TakeListingRequest, context: Context
    ) -> orders_pb2.TakeListingResponse:
        """Takes a listing of a pick-list."""
        caller = self._venue.caller(context)
        told, done = await self._one(take_row(request, caller.number), caller)
        return orders_pb2.TakeListingResponse(receipt=told, executions=done)

    async def ListOrders(
        self, request: orders_pb2.ListOrdersRequest, context: Context
    ) -> orders_pb2.ListOrdersResponse:
        """The caller's own live orders."""
        caller = self._venue.caller(context)
        core = self._venue.core
        wanted = [self._venue.instrument(request.instrument)] if request.instrument else core.instruments()
        lines = [core.orders(view.number) for view in sorted(wanted, key=lambda view: view.number)]
        none = np.zeros(0, QUEUED_ORDER)
        return live_orders(np.concatenate([none, *lines]), caller.number, self._venue.last_sequence)

    async def SubmitOrderBatch(
        self, request: orders_pb2.SubmitOrderBatchRequest, context: Context
    ) -> orders_pb2.SubmitOrderBatchResponse:
        """One batch of rows."""
        caller = self._venue.caller(context)
        rows = order_rows(request.orders, caller.number)
        answer = await self._venue.submit(Table.ORDERS, rows)
        return orders_pb2.SubmitOrderBatchResponse(answer=self._answer(answer, rows, caller))

    async def OrderSession(
        self, request_iterator: AsyncIterator[orders_pb2.OrderSessionRequest], context: Context
    ) -> AsyncIterator[orders_pb2.OrderSessionResponse]:
        """Batches in, answers out, in order; what cannot be read ends the stream after the answers before it."""
        caller = self._venue.caller(context)
        waiting: asyncio.Queue[asyncio.Task[orders_pb2.OrderSessionResponse] | None] = asyncio.Queue(STREAM_BATCHES_MAX)
        reader = asyncio.create_task(self._read(request_iterator, caller, waiting))
        try:
            while (task := await waiting.get()) is not None:
                yield await task
            await reader
        finally:
            reader.cancel()
            while not waiting.empty():
                if (left := waiting.get_nowait()) is not None:
                    left.cancel()

    async def _read(
        self,
        requests: AsyncIterator[orders_pb2.OrderSessionRequest],
        caller: Participant,
        waiting: asyncio.Queue[asyncio.Task[orders_pb2.OrderSessionResponse] | None],
    ) -> None:
        """Reads batches and submits each before the next is read; ends the queue at the end or at the first error."""
        try:
            async for request in requests:
                rows = order_rows(request.orders, caller.number)
                while True:
                    task = asyncio.create_task(self._session_answer(rows, caller))
                    # The task takes its first step before this goes on, so batches are queued in the order they came.
                    await asyncio.sleep(0)
                    if not (task.done() and isinstance(task.exception(), QueueFull)):
                        break
                    await asyncio.sleep(BACK_PRESSURE_S)
                await waiting.put(task)
                if task.done() and task.exception() is not None:
                    return
        finally:
            await waiting.put(None)

    async def _session_answer(self, rows: np.ndarray, caller: Participant) -> orders_pb2.OrderSessionResponse:
        answer = await self._venue.submit(Table.ORDERS, rows)
        return orders_pb2.OrderSessionResponse(answer=self._answer(answer, rows, caller))

    async def FollowExecutions(  # type: ignore[override]
        self, request: orders_pb2.FollowExecutionsRequest, context: Context
    ) -> None:
        """The caller's own executions, from a sequence on."""
        caller = self._venue.caller(context)
        subscription = self._venue.subscribe(request.from_sequence)
        own = stretches(subscription, lambda events, first: executions(events, first, caller.number))
        async for first, last, found in own:
            message = orders_pb2.FollowExecutionsResponse(first_sequence=first, last_sequence=last, executions=found)
            await send(context, message, first, self._venue.write_timeout_s)

    async def _one(
        self, rows: np.ndarray, caller: Participant
    ) -> tuple[common_pb2.Receipt, orders_pb2.Executions | None]:
        answer = await self._venue.submit(Table.ORDERS, rows)
        told = receipt([answer], [self._clause(answer, rows, caller)])
        return told, executions(answer.events, answer.first_sequence, caller.number)

    def _answer(self, answer: Answer, rows: np.ndarray, caller: Participant) -> orders_pb2.OrderAnswer:
        message = orders_pb2.OrderAnswer(
            first_sequence=answer.first_sequence,
            last_sequence=answer.last_sequence,
            durable_through_batch=answer.durable_through,
            executions=executions(answer.events, answer.first_sequence, caller.number),
        )
        if answer.outcomes.any():
            message.refusals.extend(refusals(answer, self._clause(answer, rows, caller)))
        columns.write(message, {"statuses": statuses(answer)})
        return message

    def _clause(self, answer: Answer, rows: np.ndarray, caller: Participant) -> Clause:
        """The clauses behind refusals: by the instrument that a refusal names (the order's own), else by the row's."""
        klass = int(caller.participant_class)
        refused = answer.events[answer.events["kind"] == EventKind.REFUSED]
        named = dict(zip(refused["row"].tolist(), refused["instrument"].tolist(), strict=True))

        def clause(row: int, parameter: int) -> str:
            instrument = named.get(row) or int(rows["instrument"][row])
            return self._venue.clauses.of_instrument(instrument, parameter, klass)

        return clause
