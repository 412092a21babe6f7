"""The chain over all events: after each batch SHA-256(chain before, bytes of the batch's events).

Promise: `value` is what hashing each batch at once would give, and nothing depends on when it is hashed. Hashing takes
about as long as matching, so a long batch is hashed in a thread while the caller goes on; whoever asks for the value,
or adds a short batch, waits until it is there.

Not here: a copy of the events. The arrays given must not change any more.
"""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

CHAIN_START = bytes(32)
"""The chain before the first batch."""

_LONG_BYTES = 2**17
"""From this length on a batch is hashed in the thread: below, handing it over and taking turns with the interpreter
costs more than it saves."""

_AHEAD_MAX = 8
"""How many batches may wait for the thread: then the caller waits, so that memory stays bounded."""


class EventChain:
    """The chain of one core."""

    def __init__(self) -> None:
        self._known = CHAIN_START
        self._ahead: deque[Future[bytes]] = deque()
        self._thread: ThreadPoolExecutor | None = None

    @property
    def value(self) -> bytes:
        """The chain after all batches so far (32 bytes)."""
        if self._ahead:
            self._known = self._ahead[-1].result()
            self._ahead.clear()
        return self._known

    @value.setter
    def value(self, chain: bytes) -> None:
        self._ahead.clear()
        self._known = chain

    def extend(self, events: np.ndarray) -> None:
        """Add a batch of events (1-d, not to be changed any more)."""
        if events.nbytes < _LONG_BYTES:
            self._known = _hash(self.value, events)
        else:
            self._hand_over(events)

    def _hand_over(self, events: np.ndarray) -> None:
        """Let the thread hash a batch, after those it has already."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-chain")
        before = self._ahead[-1] if self._ahead else self._known
        self._ahead.append(self._thread.submit(_hash_after, before, events))
        if len(self._ahead) > _AHEAD_MAX:
            self._ahead.popleft().result()


def _hash(before: bytes, events: Any) -> bytes:
    """`events` as the buffer that an array is: asking it for one takes longer than hashing a few events."""
    digest = hashlib.sha256(before)
    digest.update(events)
    return digest.digest()


def _hash_after(before: bytes | Future[bytes], events: np.ndarray) -> bytes:
    """In the thread: what comes before is done by then, for there is one thread."""
    return _hash(before if isinstance(before, bytes) else before.result(), events)
