"""Words of reserves and planned years: what is asked of them step by step.

Numbers are stored in journals: frozen once released.
"""

from __future__ import annotations

from enum import IntEnum


class ReserveStep(IntEnum):
    """What a row of RESERVE_STEPS asks for (配额储备)."""

    FOUND = 1
    """Names the account and the rule book of an instrument's reserve."""
    ENDOW = 2
    """Moves free units of the account into the reserve."""
    REPORT_CIRCULATION = 3
    """Records a published quantity in circulation: what the bands make of it is a trigger, and moves nothing."""
    REPORT_PRICE = 4
    """Records a day's published price: enough days in a row beyond a price are a trigger, and move nothing."""
    DECIDE = 5
    """Decides on a trigger that was met: units go into the reserve, out of it, or may be sold back."""
    SELL_BACK = 6
    """A participant sells units to the reserve under a decision to buy back."""
    EXPIRE = 7
    """Cancels what has lapsed, or what the rules invalidate."""


class AllocationStep(IntEnum):
    """What a row of ALLOCATIONS asks for (配额分配)."""

    PLAN = 1
    """Sets the total of a year: its parts by the shares of the rule book, the paid part as a series of rounds."""
    ALLOCATE = 2
    """Gives a participant the free part of its entitlement; the rest waits for the rounds of the year."""
