"""The event feed: the latest events, kept once for all subscribers.

Promise: a subscriber gets every event from the one it asked for, in order, without gaps, or an error that says where it
stands. Publishing costs the same for any number of subscribers and never waits for one: they all read from one bounded
store, each at its own place, and whoever falls out of it is cut.

Not promised: events older than what is kept. They are in the journal: a replay gives them.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque

import numpy as np

from services.sequencer.outcomes import Malformed, Stopped, SubscriberTooSlow, TooOld


class Feed:
    """The latest events as chunks (one a batch); used from one event loop."""

    def __init__(self, events_max: int) -> None:
        """Keeps at least the last chunk and at most `events_max` events otherwise."""
        self._events_max = events_max
        self._firsts: deque[int] = deque()
        self._chunks: dict[int, np.ndarray] = {}
        self._kept = 0
        self._wake = asyncio.Event()
        self.next_sequence = 1
        self.closed: str | None = None

    @property
    def first_available(self) -> int:
        """The oldest event kept; the next one when none is."""
        return self._firsts[0] if self._firsts else self.next_sequence

    def publish(self, first_sequence: int, events: np.ndarray) -> None:
        """Adds the events of one batch. O(1), whoever listens."""
        if not len(events):
            return
        self._firsts.append(first_sequence)
        self._chunks[first_sequence] = events
        self._kept += len(events)
        self.next_sequence = first_sequence + len(events)
        while self._kept > self._events_max and len(self._firsts) > 1:
            self._kept -= len(self._chunks.pop(self._firsts.popleft()))
        self._notify()

    def chunks(self) -> tuple[list[int], list[np.ndarray]]:
        """Everything that is kept: first sequences and events of each chunk."""
        return list(self._firsts), list(self._chunks.values())

    def close(self, reason: str) -> None:
        """Ends all subscriptions: those that have read everything end, with `Stopped` if the reason is a failure."""
        self.closed = reason
        self._notify()

    def subscribe(self, from_sequence: int) -> Subscription:
        """Events from `from_sequence` on. Raises TooOld, or Malformed for a number that is not the next or earlier."""
        if not 1 <= from_sequence <= self.next_sequence:
            raise Malformed([f"from_sequence {from_sequence}: allowed is 1 to {self.next_sequence} (the next event)"])
        if from_sequence < self.first_available:
            raise TooOld(self.first_available)
        return Subscription(self, from_sequence)

    def _chunk(self, sequence: int) -> np.ndarray | None:
        """The events from `sequence` to the end of its chunk; None when they are not kept."""
        chunk = self._chunks.get(sequence)
        if chunk is not None:
            return chunk
        place = bisect_right(self._firsts, sequence) - 1
        if place < 0:
            return None
        first = self._firsts[place]
        return self._chunks[first][sequence - first :]

    def _notify(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()


class Subscription:
    """An async iterator of (first_sequence, events); events is a 1-d read-only array of `engine.events.EVENT`.

    Ends when the sequencer stopped and everything was read; raises Stopped where it failed, SubscriberTooSlow where
    this subscriber did not read fast enough. Needs no closing: nothing is kept for it.
    """

    def __init__(self, feed: Feed, next_sequence: int) -> None:
        """Use `Sequencer.subscribe`."""
        self._feed = feed
        self.next_sequence = next_sequence

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> tuple[int, np.ndarray]:
        feed = self._feed
        while self.next_sequence >= feed.next_sequence:
            if feed.closed is not None:
                if feed.closed:
                    raise Stopped(feed.closed)
                raise StopAsyncIteration
            await feed._wake.wait()
        events = feed._chunk(self.next_sequence)
        if events is None:
            raise SubscriberTooSlow(self.next_sequence, feed.first_available)
        first = self.next_sequence
        self.next_sequence = first + len(events)
        return first, events
