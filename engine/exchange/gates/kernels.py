"""Judging a row at the gates, compiled: is it stopped, and is it in time.

Only what was accepted takes from the bucket: a refused row changes nothing. Cancels, reductions and mass cancels never
come here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper
from engine.outcomes import Outcome
from engine.parameters import Parameter

ACCEPTED = int(Outcome.ACCEPTED)
TRADING_STOPPED = int(Outcome.TRADING_STOPPED)
ORDER_RATE_EXCEEDED = int(Outcome.ORDER_RATE_EXCEEDED)
NO_PARAMETER = int(Parameter.NONE)
ORDERS_PER_SECOND = int(Parameter.TRADING_ORDERS_PER_SECOND)


@helper
def is_stopped(x: Any, participant: int, instrument: int) -> bool:
    """Whether new orders, offers and bids of a participant in an instrument are stopped."""
    return (x.venue_gate.stopped | x.gates[instrument].stopped | x.senders[participant].stopped) != 0


@helper
def judge_gate(x: Any, participant: int, instrument: int) -> tuple[int, int]:
    """(outcome, parameter) of one more order now, by the time of the batch."""
    if is_stopped(x, participant, instrument):
        return TRADING_STOPPED, NO_PARAMETER
    gate = x.gates[instrument]
    if gate.interval_ns > 0 and x.senders[participant].full_ns > x.book.time_ns + gate.depth_ns:
        return ORDER_RATE_EXCEEDED, ORDERS_PER_SECOND
    return ACCEPTED, NO_PARAMETER


@helper
def pass_gate(x: Any, participant: int, instrument: int) -> None:
    """Take one order out of the bucket."""
    interval = x.gates[instrument].interval_ns
    if interval > 0:
        sender = x.senders[participant]
        sender.full_ns = max(np.int64(sender.full_ns), np.int64(x.book.time_ns)) + interval
