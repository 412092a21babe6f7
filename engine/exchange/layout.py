"""The fields of the state record that belong to trading alone: what was told last about each call, the
prices of a day, the gates, and blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.capacity import Capacity
from engine.exchange.day.layout import DAY
from engine.exchange.gates.layout import gate_fields
from engine.orderbook.modes.block.layout import block_fields

CALL = np.dtype((np.record, [("price_ticks", "i8"), ("volume_lots", "i8"), ("surplus_lots", "i8")]))
"""How the call would end, as the last CALL_INDICATED said; all 0 outside a call."""


def exchange_fields(capacity: Capacity) -> list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]]:
    """Fields of the state record for one capacity class."""
    return [
        ("calls", CALL, (capacity.instruments,)),
        ("days", DAY, (capacity.instruments,)),
        *gate_fields(capacity),
        *block_fields(capacity.instruments),
    ]
