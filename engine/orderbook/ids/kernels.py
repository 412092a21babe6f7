"""The id table: which slot holds the order of a given id.

Open addressing with linear probing over eight-byte entries, never more than half full; an entry that goes leaves no
tombstone, the ones behind it move up. An entry carries 31 bits derived from the id, so a probe that passes other
orders' entries does not touch the orders. Eight ids that differ only in their last three bits share a cache line: a
client that numbers its orders one by one walks through the table line by line.

Cost: one cache line an operation as long as ids are not chosen to collide; somebody who picks ids that collide makes
these operations walk through as many entries as it has live orders there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper
from engine.orderbook.bits.kernels import fetch_early
from engine.orderbook.entries.kernels import entry_at, order_at

_LINE_BITS = 3
_TAG_BITS = 31
_TAG_MASK = (1 << _TAG_BITS) - 1
_HALF_BITS = 30
_HALF_MASK = (1 << _HALF_BITS) - 1
_LOW_FACTOR = 1_327_217_885
_HIGH_FACTOR = 1_821_285_621


@helper
def tag_of(order_id: int) -> int:
    """31 bits that stand for an id: its last three, below 28 that all the others mix into."""
    group = order_id >> _LINE_BITS
    mixed = (group & _HALF_MASK) * _LOW_FACTOR + (group >> _HALF_BITS) * _HIGH_FACTOR
    return (mixed & (_TAG_MASK - 7)) | (order_id & 7)


@helper
def home_of(tag: int, entries: int) -> int:
    """Where the search for an entry begins; `entries` is a power of two."""
    lines = entries >> _LINE_BITS
    return ((np.int64(tag) * lines) >> _TAG_BITS) << _LINE_BITS | (tag & 7)


@helper
def find_slot(x: Any, order_id: int) -> int:
    """The slot of the live order with this id, or 0."""
    entries = x.id_table.shape[0]
    tag = tag_of(order_id)
    position = home_of(tag, entries)
    while True:
        entry = entry_at(x, position)
        slot = np.int64(entry.slot)
        if slot == 0:
            return slot
        if entry.tag == tag and order_at(x, slot).order_id == order_id:
            return slot
        position = (position + 1) & (entries - 1)


@helper
def remember(x: Any, order_id: int, slot: int) -> None:
    """Enter an id that is not there."""
    entries = x.id_table.shape[0]
    tag = tag_of(order_id)
    position = home_of(tag, entries)
    while entry_at(x, position).slot != 0:
        position = (position + 1) & (entries - 1)
    entry = entry_at(x, position)
    entry.tag = tag
    entry.slot = slot


@helper
def forget(x: Any, order_id: int, slot: int) -> None:
    """Take out an id that is there, and move up the entries that were pushed past it."""
    entries = x.id_table.shape[0]
    hole = home_of(tag_of(order_id), entries)
    while entry_at(x, hole).slot != slot:
        hole = (hole + 1) & (entries - 1)
    position = hole
    while True:
        position = (position + 1) & (entries - 1)
        entry = entry_at(x, position)
        if entry.slot == 0:
            break
        home = home_of(entry.tag, entries)
        if ((position - home) & (entries - 1)) >= ((position - hole) & (entries - 1)):
            freed = entry_at(x, hole)
            freed.tag = entry.tag
            freed.slot = entry.slot
            hole = position
    entry_at(x, hole).slot = 0


@helper
def fetch_entry(x: Any, order_id: int) -> None:
    """Ask for the cache line where the search for an id begins."""
    fetch_early(entry_at(x, home_of(tag_of(order_id), x.id_table.shape[0])))


@helper
def fetch_order(x: Any, order_id: int) -> None:
    """Ask for the order that the first entry of the search points to: nearly always the right one."""
    fetch_early(order_at(x, entry_at(x, home_of(tag_of(order_id), x.id_table.shape[0])).slot))
