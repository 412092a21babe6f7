"""One channel to the venue: how it is opened, who it speaks for, and how a call is repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import grpc.aio

from services.client.errors import CallFailed
from services.identity import METADATA_KEY, METADATA_KEY_BINARY

MESSAGE_BYTES_MAX = 64 * 2**20
"""Largest answer taken; results of large rounds are long."""

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Tls:
    """PEM files: the authority that signed the server's certificate, and the participant's own certificate and key.

    `server_name` is set where the certificate was made for another name than the address has.
    """

    server_authority: Path
    certificate: Path
    key: Path
    server_name: str | None = None


@dataclass(frozen=True)
class Retry:
    """How long and how fast a call is repeated that the server did not answer, or had no room for."""

    for_s: float = 30.0
    """From the first attempt on, in seconds; 0: never."""
    first_pause_s: float = 0.05
    """Before the second attempt, in seconds; it doubles each time."""
    longest_pause_s: float = 2.0
    call_s: float = 10.0
    """Deadline of each single attempt, in seconds."""


class Connection:
    """A channel and what every call on it carries."""

    def __init__(self, address: str, participant: str | None, tls: Tls | None, retry: Retry) -> None:
        """`participant` names the caller where there is no TLS; with TLS the certificate does."""
        if (participant is None) == (tls is None):
            raise ValueError("name either the participant (without TLS) or the TLS files (whose certificate names it)")
        self.retry = retry
        self.metadata = None if participant is None else (_identity(participant),)
        options: list[tuple[str, str | int]] = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 2_000),
            ("grpc.enable_retries", 0),
        ]
        if tls is None:
            self.channel = grpc.aio.insecure_channel(address, options)
            return
        if tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", tls.server_name))
        credentials = grpc.ssl_channel_credentials(
            tls.server_authority.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
        )
        self.channel = grpc.aio.secure_channel(address, credentials, options)

    async def call(self, method: Callable[..., Awaitable[Answer]], request: Request) -> Answer:
        """One unary call, repeated as it stands while that is worth it. Raises CallFailed."""
        attempts = Attempts(self.retry)
        while True:
            try:
                return await method(request, timeout=self.retry.call_s, metadata=self.metadata)
            except grpc.aio.AioRpcError as error:
                failed = CallFailed(error)
                if not await attempts.pause(failed):
                    raise failed from error

    async def close(self) -> None:
        """Closes the channel."""
        await self.channel.close()


class Attempts:
    """How often something was tried, and the pauses between."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._pause_s = retry.first_pause_s
        self._until = asyncio.get_running_loop().time() + retry.for_s

    async def pause(self, failed: CallFailed) -> bool:
        """Waits before the next attempt; false when there is none."""
        pause_s = max(self._pause_s, failed.retry_after_s)
        if not failed.is_worth_repeating or asyncio.get_running_loop().time() + pause_s > self._until:
            return False
        await asyncio.sleep(pause_s)
        self._pause_s = min(self._pause_s * 2, self._retry.longest_pause_s)
        return True


def _identity(participant: str) -> tuple[str, str | bytes]:
    if participant.isascii() and participant.isprintable() and participant == participant.strip():
        return METADATA_KEY, participant
    return METADATA_KEY_BINARY, participant.encode()
