"""The fields of the state record that let an order in or keep it out: stops, and the pace of a participant.

The pace is a token bucket in one integer, the time at which it would be full again: an order moves that time on by the
interval of its instrument, and is in time as long as it does not lie further ahead than the bucket is deep. No token is
ever counted, and nothing has to be filled up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.capacity import Capacity

SENDER = np.dtype((np.record, [("full_ns", "i8"), ("stopped", "i8")]))
"""One participant: when its bucket is full again, and whether it was stopped."""

GATE = np.dtype((np.record, [("interval_ns", "i8"), ("depth_ns", "i8"), ("stopped", "i8")]))
"""One instrument: time between two orders of a participant at its steady pace (0: no throttle), how far ahead of the
present a bucket may have been emptied for one more order, and whether trading was stopped."""

VENUE_GATE = np.dtype((np.record, [("stopped", "i8")]))
"""Whether everything was stopped."""


def gate_fields(capacity: Capacity) -> list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]]:
    """Fields of the state record for one capacity class."""
    return [
        ("venue_gate", VENUE_GATE),
        ("gates", GATE, (capacity.instruments,)),
        ("senders", SENDER, (capacity.participants,)),
    ]
