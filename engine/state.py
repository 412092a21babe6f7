"""The one record that is judged row by row, composed of what each room declares.

A record is a NumPy record of nested arrays: kernels get its bytes and see named fields, with the JIT on or off; a
snapshot is its bytes. Bulk that only grows (bids, supply lines, registered text) lies beside it, in the core.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.exchange.layout import exchange_fields
from engine.ledger.layout import ledger_fields
from engine.orderbook.layout import CACHE_LINE_BYTES, aligned_bytes, book_fields, initialise_book
from engine.registry.layout import registry_fields
from engine.rounds.layout import round_fields

STATE_BYTES_MAX = 2**31
"""Largest record; offsets within it are computed in 32 bits by the compiler's record support."""


@cache
def state_dtype(capacity: Capacity) -> np.dtype:
    """The layout of the whole state for one capacity class."""
    fields = [
        *book_fields(capacity),
        *registry_fields(capacity),
        *ledger_fields(capacity),
        *exchange_fields(capacity),
        *round_fields(capacity),
    ]
    # What fills whole cache lines comes first, then halves of one, and so on: no order, holding or account lies in two.
    fields.sort(key=lambda field: -min(field[1].itemsize & -field[1].itemsize, CACHE_LINE_BYTES))
    dtype = np.dtype((np.record, fields))
    if dtype.itemsize >= STATE_BYTES_MAX:
        raise ValueError(f"capacity {capacity.name!r} needs {dtype.itemsize} bytes; at most {STATE_BYTES_MAX - 1}")
    return dtype


def new_state(capacity: Capacity) -> np.ndarray:
    """An empty state: an array of one record, with the pools of the book threaded."""
    dtype = state_dtype(capacity)
    state = aligned_bytes(dtype.itemsize).view(dtype)
    initialise_book(state[0])
    return state
