"""Batches of BLOCKS: the owner of the compiled path, of the terms of a day, and of the list of waiting offers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.commands import Batch
from engine.digest import by_name
from engine.events import EVENT
from engine.exchange.blocks.kernels import build_run_blocks
from engine.exchange.terms import TradingTerms
from engine.orderbook.modes.block.layout import OFFERS_MAX
from engine.state import state_dtype


@cache
def _run_blocks(capacity: Capacity) -> Callable[..., int]:
    return build_run_blocks(state_dtype(capacity))


class Blocks:
    """Negotiated blocks of all instruments, over the state record."""

    def __init__(self, capacity: Capacity, state: np.ndarray) -> None:
        self._bytes = state.view(np.uint8)
        self._x = state[0]
        self._run = _run_blocks(capacity)

    def run(self, batch: Batch) -> np.ndarray:
        """Events of a batch of BLOCKS: one a row and up to four charges, after the offers that have expired."""
        rows = np.ascontiguousarray(batch.rows).view(np.uint8)
        output = np.zeros(5 * len(batch.rows) + OFFERS_MAX, EVENT)
        count = self._run(self._bytes, rows, output.view(np.uint8), batch.time_ns)
        return output[:count].copy()

    def begin_day(self, instrument: int, terms: TradingTerms) -> None:
        """What blocks of an instrument have to keep from here on; offers that wait stay as they are."""
        guard = self._x["block_guards"][instrument]
        guard["minimum_lots"] = terms.block_minimum_lots
        guard["band_low_ticks"] = terms.block_band.low_ticks
        guard["band_high_ticks"] = terms.block_band.high_ticks
        guard["allowed"] = terms.blocks_allowed
        if not terms.blocks_allowed:
            guard["open_now"] = 0

    def is_open(self, instrument: int) -> bool:
        """Whether blocks of an instrument may be traded now."""
        return bool(self._x["block_guards"]["open_now"][instrument])

    def waiting(self) -> np.ndarray:
        """The offers that wait, oldest first: a copy, columns as in `engine.orderbook.modes.block.layout.OFFER`."""
        offers: np.ndarray = self._x["block_offers"][: int(self._x["blocks"]["used"])].copy()
        return offers

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of blocks: offers in their order, then what is watched."""
        guards = self._x["block_guards"]
        watched = [i for i in range(len(guards)) if guards[i].tobytes().strip(b"\0")]
        return [by_name(offer) for offer in self.waiting()] + [
            f"guard {i}:".encode() + by_name(guards[i]) for i in watched
        ]
