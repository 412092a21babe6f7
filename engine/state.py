"""The one record that is judged row by row, composed of what each room declares.

A record is a NumPy record of nested arrays: kernels get its bytes and see named fields, with the JIT on or off; a
snapshot is its bytes. Bulk that only grows (bids, supply lines, registered text) lies beside it, in the core.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.ledger.layout import ledger_fields
from engine.orderbook.layout import book_fields

STATE_BYTES_MAX = 2**31
"""Largest record; offsets within it are computed in 32 bits by the compiler's record support."""


@cache
def state_dtype(capacity: Capacity) -> np.dtype:
    """The layout of the whole state for one capacity class."""
    dtype = np.dtype((np.record, [*book_fields(capacity), *ledger_fields(capacity)]))
    if dtype.itemsize >= STATE_BYTES_MAX:
        raise ValueError(f"capacity {capacity.name!r} needs {dtype.itemsize} bytes; at most {STATE_BYTES_MAX - 1}")
    return dtype
