"""Words of the commands that run the floor: stopping trade, changing its rules, taking a batch out of the journal.

A row of MARKET_CONTROLS names a participant with ALL_INSTRUMENTS, an instrument with ALL_PARTICIPANTS, or both for
everything; its text is the reason. A row of VENUE_CHANGES proposes a value of a parameter for one instrument
(`parameter` 0: another rule book for it, whose number is the value), or names a `change` to approve or withdraw. It
takes effect with the first batch whose time is at least `effective_ns` and whose first event is at least
`effective_sequence` (0: at once). Rows of BOOK_PROPOSALS are those of RULE_BOOKS, the whole book in one batch, with the
effect in the first row.

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


class VoidAction(IntEnum):
    """What a row of VOIDS asks for."""

    PROPOSE = 1
    APPROVE = 2
