"""The id table: which slot holds the order of a given id.

A table of four-byte chain heads, at least twice as many as orders; orders whose ids share a head are chained through
the orders themselves. So the table is a twentieth of the orders, an order that ends leaves no trace in it, and finding
an order costs one cache line of the table and the order itself, which is wanted anyway. Sixteen ids that differ only in
their last four bits share a cache line of the table: a client that numbers its orders one by one walks through it line
by line.

Cost: constant as long as ids are not chosen to collide; somebody who picks ids that collide makes these operations walk
through as many orders as there are live ones in the chain.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper, routine, stand_alone
from engine.orderbook.bits.kernels import fetch_early, scatter
from engine.orderbook.entries.kernels import entry_at, level_at, order_at

_LINE_BITS = 4
_LINE_MASK = (1 << _LINE_BITS) - 1
_SCATTERED_BITS = 32


@helper
def home_of(order_id: int, entries: int) -> int:
    """The entry where the chain of an id begins; `entries` is a power of two."""
    lines = entries >> _LINE_BITS
    line = (scatter(order_id >> _LINE_BITS) * lines) >> _SCATTERED_BITS
    return line << _LINE_BITS | (order_id & _LINE_MASK)


@helper
def home_in(x: Any, order_id: int) -> int:
    """`home_of` in the table of a record."""
    return home_of(order_id, x.id_table.shape[0])


@helper
def find_slot(x: Any, order_id: int) -> int:
    """The slot of the live order with this id, or 0."""
    return find_from(x, home_in(x, order_id), order_id)


@helper
def find_from(x: Any, home: int, order_id: int) -> int:
    """`find_slot` where the id's home is known."""
    slot = np.int64(entry_at(x, home).slot)
    while slot != 0:
        order = order_at(x, slot)
        if order.order_id == order_id:
            break
        slot = np.int64(order.chained)
    return slot


@helper
def remember(x: Any, order_id: int, slot: int) -> None:
    """Enter an id that is not there."""
    remember_at(x, home_in(x, order_id), slot)


@helper
def remember_at(x: Any, home: int, slot: int) -> None:
    """`remember` where the id's home is known."""
    entry = entry_at(x, home)
    order_at(x, slot).chained = entry.slot
    entry.slot = slot


@helper
def forget(x: Any, slot: int) -> None:
    """Take out the id of a live order."""
    forget_at(x, home_in(x, order_at(x, slot).order_id), slot)


@helper
def forget_at(x: Any, home: int, slot: int) -> None:
    """`forget` where the id's home is known."""
    order = order_at(x, slot)
    entry = entry_at(x, home)
    if entry.slot == slot:
        entry.slot = order.chained
    else:
        unchain(x, np.int64(entry.slot), slot)


@routine
def unchain(x: Any, first: int, slot: int) -> None:
    """Take an order out of the chain that begins with another one."""
    stand_alone()
    before = order_at(x, first)
    while before.chained != slot:
        before = order_at(x, before.chained)
    before.chained = order_at(x, slot).chained


@helper
def fetch_order(x: Any, home: int) -> None:
    """Ask for the first order of the chain that begins at a home: nearly always the right one."""
    fetch_early(order_at(x, entry_at(x, home).slot))


@helper
def fetch_around(x: Any, home: int) -> None:
    """Ask for what that order touches when it is taken out of its queue: its level and its neighbours."""
    order = order_at(x, entry_at(x, home).slot)
    fetch_early(level_at(x, order.level))
    fetch_early(order_at(x, order.older))
    fetch_early(order_at(x, order.newer))
