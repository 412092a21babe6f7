"""Words of the commands that run the floor: stopping trade, and changing its rules.

Numbers are stored in journals: frozen once released.
"""

from __future__ import annotations

from enum import IntEnum


class ControlAction(IntEnum):
    """What a row of MARKET_CONTROLS asks for (交易暂停与恢复)."""

    STOP = 1
    """Cancels everything of the target and takes nothing new, until the stop is lifted."""
    PROPOSE_RESUMPTION = 2
    APPROVE_RESUMPTION = 3
    """By another operator than the one who proposed it: the stop is lifted."""


class ChangeStep(IntEnum):
    """What a row of VENUE_CHANGES asks for (规则变更)."""

    PROPOSE = 1
    APPROVE = 2
    WITHDRAW = 3
