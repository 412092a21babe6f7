"""Around every call: errors become statuses, calls are counted, defects are logged under a number.

This is the only place that catches everything. An error of the table in `services.status` is told to the caller with
its details; anything else is a defect: the caller gets INTERNAL with the number of an incident, the log gets the
incident with the places it passed through, but not its text, which could hold what a sealed bid says.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import structlog
from google.rpc import status_pb2
from grpc_status import rpc_status

from services.clock import stopwatch_s
from services.metrics import Metrics
from services.servicers.venue import Context
from services.status import code_of, internal_status, status_of

log = structlog.get_logger()

OURS = "/jingjia."
"""How the names of our own calls begin; health and reflection are left alone."""


class Edge(grpc.aio.ServerInterceptor):
    """The interceptor of the server."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wraps the handler of a call of ours."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(OURS):
            return handler
        coders = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.stream_stream is not None:
            return grpc.stream_stream_rpc_method_handler(self._both_ways(method, handler.stream_stream), **coders)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(self._outwards(method, handler.unary_stream), **coders)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **coders)

    def _unary(self, method: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def guarded(request: Any, context: Context) -> Any:
            begun = stopwatch_s()
            try:
                answer = await call(request, context)
            except Exception as error:
                await self._end(method, context, error)
                raise
            self._metrics.seconds.labels(method).observe(stopwatch_s() - begun)
            self._metrics.calls.labels(method, "OK").inc()
            return answer

        return guarded

    def _outwards(self, method: str, call: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def guarded(request: Any, context: Context) -> None:
            with self._metrics.open_streams.labels(method).track_inprogress():
                try:
                    await call(request, context)
                except Exception as error:  # noqa: BLE001 - as above
                    await self._end(method, context, error)
            self._metrics.calls.labels(method, "OK").inc()

        return guarded

    def _both_ways(self, method: str, call: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def guarded(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            with self._metrics.open_streams.labels(method).track_inprogress():
                try:
                    async for answer in call(requests, context):
                        yield answer
                except Exception as error:  # noqa: BLE001 - as above
                    await self._end(method, context, error)
            self._metrics.calls.labels(method, "OK").inc()

        return guarded

    async def _end(self, method: str, context: Context, error: Exception) -> None:
        """Tells the caller; does not return, because ending a call raises."""
        status = status_of(error)
        if status is None:
            status = self._defect(method, error)
        code = code_of(status)
        self._metrics.calls.labels(method, code.name).inc()
        told = rpc_status.to_status(status)
        await context.abort(code, status.message, told.trailing_metadata)

    def _defect(self, method: str, error: Exception) -> status_pb2.Status:
        incident = uuid.uuid4().hex[:12]
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        log.error("defect", method=method, incident=incident, error=type(error).__name__, places=places)
        return internal_status(incident)
