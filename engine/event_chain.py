"""The chain over all events: after each batch SHA-256(chain before, bytes of the batch's events).

Promise: `value` is what hashing each batch at once would give, and nothing depends on when it is hashed. Hashing takes
about as long as matching, so batches that are long, or long together, are hashed in a thread while the caller goes on;
whoever asks for the value, or adds a short batch, waits until it is there.

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

_SHORT_BYTES = 2**14
"""A batch below this length is hashed at once: waiting for others of its kind would take longer than hashing it."""

_PORTION_BYTES = 2**17
"""What is handed to the thread together: for less, taking turns with the interpreter costs more than it saves."""

_AHEAD_MAX = 8
"""How many portions may wait for the thread: then the caller waits, so that memory stays bounded."""


class EventChain:
    """The chain of one core."""

    def __init__(self) -> None:
        self._known = CHAIN_START
        self._ahead: deque[Future[bytes]] = deque()
        self._gathered: list[np.ndarray] = []
        self._gathered_bytes = 0
        self._thread: ThreadPoolExecutor | None = None

    @property
    def value(self) -> bytes:
        """The chain after all batches so far (32 bytes)."""
        if self._ahead:
            self._known = self._ahead[-1].result()
            self._ahead.clear()
        if self._gathered:
            self._known = _hash_all(self._known, self._take_gathered())
        return self._known

    @value.setter
    def value(self, chain: bytes) -> None:
        self._ahead.clear()
        self._take_gathered()
        self._known = chain

    def extend(self, events: np.ndarray) -> None:
        """Add a batch of events (1-d, not to be changed any more)."""
        if events.nbytes < _SHORT_BYTES:
            self._known = _hash(self.value, events)
            return
        self._gathered.append(events)
        self._gathered_bytes += events.nbytes
        if self._gathered_bytes >= _PORTION_BYTES:
            self._hand_over(self._take_gathered())

    def _take_gathered(self) -> list[np.ndarray]:
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        return gathered

    def _hand_over(self, batches: list[np.ndarray]) -> None:
        """Let the thread hash a portion, after those it has already."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-chain")
        before = self._ahead[-1] if self._ahead else self._known
        self._ahead.append(self._thread.submit(_hash_after, before, batches))
        if len(self._ahead) > _AHEAD_MAX:
            self._ahead.popleft().result()


def _hash(before: bytes, events: Any) -> bytes:
    """`events` as the buffer that an array is: asking it for one takes longer than hashing a few events."""
    digest = hashlib.sha256(before)
    digest.update(events)
    return digest.digest()


def _hash_all(before: bytes, batches: list[np.ndarray]) -> bytes:
    for events in batches:
        before = _hash(before, events)
    return before


def _hash_after(before: bytes | Future[bytes], batches: list[np.ndarray]) -> bytes:
    """In the thread: what comes before is done by then, for there is one thread."""
    return _hash_all(before if isinstance(before, bytes) else before.result(), batches)
