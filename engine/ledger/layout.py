"""The fields of the state record that hold accounts.

An account has cash and, per instrument, units. Both know what is free and what is held: cash for buy orders and bids,
units for sell orders, and units locked in rounds (on offer, or unsold and waiting for the next round). What is held
belongs to the account; only settlement moves it to another.
"""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity

CASH = np.dtype((np.record, [("available_minor", "i8"), ("held_minor", "i8")]))

HOLDING = np.dtype((np.record, [("available_lots", "i8"), ("held_lots", "i8"), ("locked_lots", "i8")]))

TOTALS = np.dtype((np.record, [("cash_minor", "i8")]))
"""`cash_minor`: all cash on deposit, which bounds every sum over accounts."""


def ledger_fields(capacity: Capacity) -> list[tuple[str, np.dtype] | tuple[str, np.dtype, tuple[int, ...]]]:
    """Fields of the state record for one capacity class: `holdings[participant, instrument]`, `cash[participant]`."""
    return [
        ("totals", TOTALS),
        ("cash", CASH, (capacity.participants,)),
        ("holdings", HOLDING, (capacity.participants, capacity.instruments)),
        ("issued_lots", np.dtype("i8"), (capacity.instruments,)),
    ]
