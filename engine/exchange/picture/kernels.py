"""Compiled copies of book contents out of the state record; the record is not changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.jit import kernel
from engine.orderbook.reading.kernels import (
    DEPTH_LEVEL,
    QUEUED_ORDER,
    STANDING_LEVEL,
    copy_depth,
    copy_orders,
    copy_standing,
)


def build_read_depth(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `read_depth(state, ladder, output) -> levels copied`; `output` is bytes of `DEPTH_LEVEL`."""

    @kernel
    def read_depth(state: np.ndarray, ladder_number: int, output_bytes: np.ndarray) -> int:
        return copy_depth(state.view(state_dtype)[0], ladder_number, output_bytes.view(DEPTH_LEVEL))

    return read_depth


def build_read_standing(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `read_standing(state, instrument, output) -> levels copied`; `output` is bytes of `STANDING_LEVEL`."""

    @kernel
    def read_standing(state: np.ndarray, instrument: int, output_bytes: np.ndarray) -> int:
        return copy_standing(state.view(state_dtype)[0], instrument, output_bytes.view(STANDING_LEVEL))

    return read_standing


def build_read_orders(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `read_orders(state, first, last, output) -> orders copied`.

    Copies the orders of the ladders from `first` to before `last` into bytes of `QUEUED_ORDER` until those are full.
    """

    @kernel
    def read_orders(state: np.ndarray, first_ladder: int, last_ladder: int, output_bytes: np.ndarray) -> int:
        return copy_orders(state.view(state_dtype)[0], first_ladder, last_ladder, output_bytes.view(QUEUED_ORDER))

    return read_orders
