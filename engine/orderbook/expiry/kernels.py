"""The orders that expire (GTD), soonest first: a binary heap of slots by (expiry, order id).

An order knows its place in the heap, so one that goes for another reason leaves in O(log n) like one that expires.
Orders without an expiry never come near it. Equal expiries end in the order of their ids, which everybody can know.
"""

from __future__ import annotations

from typing import Any

from engine.jit import helper, routine, stand_alone
from engine.orderbook.entries.kernels import order_at, terms_at


@helper
def ends_before(x: Any, slot: int, other: int) -> bool:
    """Whether the order in `slot` expires before the one in `other`."""
    expiry, other_expiry = terms_at(x, slot).expire_ns, terms_at(x, other).expire_ns
    if expiry != other_expiry:
        return expiry < other_expiry
    return order_at(x, slot).order_id < order_at(x, other).order_id


@helper
def seat(x: Any, slot: int, position: int) -> None:
    """Put a slot at a position of the heap."""
    x.expiries[position] = slot
    terms_at(x, slot).expiry_position = position


@routine
def settle(x: Any, slot: int, position: int) -> None:
    """Let a slot rise or sink from a vacant position to where it belongs."""
    stand_alone()
    while position > 1 and ends_before(x, slot, x.expiries[position >> 1]):
        seat(x, x.expiries[position >> 1], position)
        position >>= 1
    while True:
        child = 2 * position
        if child > x.book.expiring:
            break
        if child < x.book.expiring and ends_before(x, x.expiries[child + 1], x.expiries[child]):
            child += 1
        if not ends_before(x, x.expiries[child], slot):
            break
        seat(x, x.expiries[child], position)
        position = child
    seat(x, slot, position)


@routine
def watch_expiry(x: Any, slot: int) -> None:
    """Enter an order whose terms say when it expires."""
    stand_alone()
    x.book.expiring += 1
    settle(x, slot, x.book.expiring)


@routine
def unwatch_expiry(x: Any, slot: int) -> None:
    """Take an order out that was entered."""
    stand_alone()
    position = terms_at(x, slot).expiry_position
    last = x.expiries[x.book.expiring]
    x.book.expiring -= 1
    if last != slot:
        settle(x, last, position)
