"""Asking early for what later rows of a batch will touch, so that a row rarely waits for memory.

A row touches the entry of an id, an order and its neighbours, and a holding, each anywhere in megabytes. Where they lie
is known rows before: the entry from the row itself, the order from the entry, the rest from the order. Nothing is
changed and nothing is judged here; a row may name what does not exist.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderCommand
from engine.jit import helper
from engine.orderbook.bits.kernels import fetch_early
from engine.orderbook.entries.kernels import entry_at, order_at
from engine.orderbook.ids.kernels import fetch_around, fetch_order, home_in

NEW = int(OrderCommand.NEW)

AHEAD = 16
_ORDERS_AHEAD, _NEIGHBOURS_AHEAD = 8, 4
"""How many rows before its turn the entry of a row's id is fetched, the order, and what lies around the order."""

_MASK = AHEAD - 1


@helper
def id_of(row: Any) -> int:
    """The id of the order that a row is about: a NEW one's own."""
    return np.int64(row.session) << 40 | row.request_id if row.command == NEW else row.order_id


@helper
def look_ahead_first(x: Any, rows: Any, first: int, homes: Any) -> None:
    """Note the homes of the first rows to come in `homes` (int32, `AHEAD` of them, by row number)."""
    for early in range(first, min(first + AHEAD, rows.shape[0])):
        homes[early & _MASK] = home_in(x, id_of(rows[np.uint32(early)]))


@helper
def look_ahead(x: Any, rows: Any, i: int, homes: Any) -> None:
    """Ask for what the rows after row `i` will touch, and note the home of the row `AHEAD` of it."""
    if i + AHEAD >= rows.shape[0]:
        return
    row = rows[np.uint32(i + AHEAD)]
    home = home_in(x, id_of(row))
    homes[i & _MASK] = home
    fetch_early(entry_at(x, home))
    fetch_holding(x, row.actor, row.instrument)
    fetch_order(x, homes[(i + _ORDERS_AHEAD) & _MASK])
    home = np.int64(homes[(i + _NEIGHBOURS_AHEAD) & _MASK])
    fetch_around(x, home)
    order = order_at(x, entry_at(x, home).slot)
    fetch_holding(x, order.participant, order.instrument)


@helper
def fetch_holding(x: Any, participant: int, instrument: int) -> None:
    """Ask for a holding, if there can be such a one."""
    if participant < x.holdings.shape[0] and instrument < x.holdings.shape[1]:
        fetch_early(x.holdings[participant, instrument])
