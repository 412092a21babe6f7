"""Streams of events to one reader: stretches without gaps, and an end to whoever does not read.

A stretch with nothing in it for the reader is joined to the next one, so a quiet reader costs little; after `QUIET_S`
seconds or `QUIET_EVENTS_MAX` events it is sent all the same, so that a reader's place stays near the present.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import numpy as np
from google.protobuf.message import Message

from services.sequencer.feed import Subscription
from services.servicers.venue import Context
from services.status import ReaderStalled

QUIET_EVENTS_MAX = 4_096
"""Most events passed over in silence."""

QUIET_S = 1.0
"""Longest silence after an event that is nothing to the reader, in seconds."""

Found = TypeVar("Found")


async def stretches(
    subscription: Subscription, select: Callable[[np.ndarray, int], Found | None]
) -> AsyncIterator[tuple[int, int, Found | None]]:
    """(first sequence, last sequence, what `select` found in it) of stretches that follow each other without gaps.

    `select` gets the events of one batch and the sequence of the first.
    """
    now = asyncio.get_running_loop().time
    begin, last, silent_until = 0, 0, 0.0
    while True:
        try:
            async with asyncio.timeout_at(silent_until if begin else None):
                first, events = await anext(subscription)
        except TimeoutError:
            yield begin, last, None
            begin = 0
            continue
        except StopAsyncIteration:
            return
        if not begin:
            begin, silent_until = first, now() + QUIET_S
        last = first + len(events) - 1
        found = select(events, first)
        if found is not None or last - begin >= QUIET_EVENTS_MAX or now() >= silent_until:
            yield begin, last, found
            begin = 0


async def send(context: Context, message: Message, first_sequence: int, timeout_s: float) -> None:
    """Writes to a reader; raises ReaderStalled when it does not take it within `timeout_s` seconds."""
    try:
        async with asyncio.timeout(timeout_s):
            await context.write(message)
    except TimeoutError:
        raise ReaderStalled(first_sequence, timeout_s) from None
