"""What must hold of the order books at every moment between two rows: each invariant is one line, and a check.

For tests and audits, not for the path of orders: walks everything, O(pool). A broken invariant raises `BookBroken` with
the invariant and the state around it.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.layout import DIGIT_BITS, FANOUT, KEY_BITS, KEY_MAX, LADDERS


class BookBroken(AssertionError):
    """An invariant does not hold; the message says which, and shows what was found."""


def require(holds: bool, invariant: str, *shown: Any) -> None:
    """Raise unless an invariant holds."""
    if not holds:
        raise BookBroken("\n".join([invariant, *(f"  {thing!r}" for thing in shown)]))


def key_in(x: Any, level: int) -> int:
    """The key of a level."""
    return int(x.levels[level].place) & KEY_MAX


def check_book(x: Any, may_cross: Container[int] = ()) -> None:
    """Check every invariant of the books in a state record. In the instruments that `may_cross` orders only wait."""
    seen_orders: list[int] = []
    seen_levels: list[int] = []
    seen_nodes: list[int] = []
    for ladder_number in range(len(x.ladders)):
        levels = levels_below(x, ladder_number, int(x.ladders[ladder_number].root), 0, seen_nodes)
        check_ladder(x, ladder_number, levels)
        for level in levels:
            seen_orders += check_queue(x, ladder_number, level)
        seen_levels += levels
    check_pools(x, seen_orders, seen_levels, seen_nodes)
    check_ids(x, seen_orders)
    check_counts(x, seen_orders)
    check_expiries(x, seen_orders)
    for instrument in range(len(x.guards)):
        check_instrument(x, instrument, instrument in may_cross)


def levels_below(x: Any, ladder_number: int, child: int, parent: int, seen_nodes: list[int]) -> list[int]:
    """The levels of a tree from left to right, its nodes checked on the way."""
    if child <= 0:
        if child < 0:
            require(x.levels[-child].node == parent, "a level knows the node it hangs from", x.levels[-child], parent)
        return [-child] if child else []
    node = x.nodes[child]
    require(len(seen_nodes) < len(x.nodes), "a tree has no cycle", ladder_number, child)
    seen_nodes.append(child)
    digits = [digit for digit in range(FANOUT) if int(node.bitmap) >> digit & 1]
    require(node.parent == parent, "a node knows its parent", child, node)
    require(len(digits) >= 2, "a node has at least two children", child, node)
    require(node.shift % DIGIT_BITS == 0, "a node decides one digit", child, node)
    levels: list[int] = []
    for digit in digits:
        below = levels_below(x, ladder_number, int(node.children[digit]), child, seen_nodes)
        for level in below:
            key = key_in(x, level)
            require(key >> node.shift & (FANOUT - 1) == digit, "a level hangs under its own digit", child, key, digit)
            require(key >> (node.shift + DIGIT_BITS) == node.prefix, "keys below a node begin alike", child, node, key)
        levels += below
    return levels


def check_ladder(x: Any, ladder_number: int, levels: list[int]) -> None:
    ladder = x.ladders[ladder_number]
    keys = [key_in(x, level) for level in levels]
    require(keys == sorted(set(keys)), "the levels of a ladder are in order, each key once", ladder_number, keys)
    ladders = {(int(x.levels[level].place) >> KEY_BITS) - 1 for level in levels}
    require(ladders <= {ladder_number}, "a level knows its ladder", ladder_number, ladders)
    require(
        ladder.best == (levels[0] if levels else 0), "the best level is the leftmost", ladder_number, ladder, levels
    )
    nearness = KEY_MAX + 1 - key_in(x, levels[0]) if levels else 0
    require(ladder.nearness == nearness, "a ladder knows the key of its best level", ladder_number, ladder, nearness)
    require(ladder.levels == len(levels), "a ladder counts its levels", ladder_number, ladder)


def check_queue(x: Any, ladder_number: int, level_number: int) -> list[int]:
    """The slots of a level's queue, oldest first, each checked."""
    level = x.levels[level_number]
    slots: list[int] = []
    older, slot = 0, int(level.head)
    while slot:
        order = x.orders[slot]
        require(len(slots) <= len(x.orders), "a queue has no cycle", level_number, level)
        slots.append(slot)
        place = int(order.instrument) * LADDERS + int(order.is_stop) * 2 + int(order.side) - 1
        terms = x.order_terms[slot]
        price = int(terms.stop_price_ticks if order.is_stop else order.price_ticks)
        key = PRICE_TICKS_MAX - price if ladder_number % LADDERS in (0, 3) else price - 1
        require(order.level == level_number, "an order knows its level", slot, order)
        require(order.older == older, "a queue is linked both ways", slot, order, older)
        require(place == ladder_number, "an order stands in the ladder of its instrument and side", slot, order)
        require(key == key_in(x, level_number), "an order stands at its own price", slot, order, level)
        require(0 < order.shown_lots <= order.remaining_lots, "an order in a queue shows something", slot, order)
        hides = order.shown_lots < order.remaining_lots
        require(not hides or (order.has_terms and terms.display_lots), "only an iceberg hides lots", slot, order, terms)
        older, slot = slot, int(order.newer)
    shown = sum(int(x.orders[slot].shown_lots) for slot in slots)
    require(level.tail == older, "a level knows its youngest order", level_number, level, older)
    require(level.orders == len(slots) > 0, "a level has orders, and counts them", level_number, level, slots)
    require(level.quantity_lots == shown, "a level sums what is shown", level_number, level, shown)
    return slots


def free_entries(first: int, links: Any, used: int, length: int) -> set[int]:
    """The entries of a pool's free list. Behind the last link that is set it runs on from entry to entry."""
    free: set[int] = set()
    number, count = first, length - 1 - used
    last_set = int(np.flatnonzero(links).max(initial=0))
    while len(free) < count and number <= last_set:
        require(0 < number < length and number not in free, "a free list runs through free entries once", number)
        free.add(number)
        number += 1 + int(links[number])
    rest = range(number, number + count - len(free))
    require(not rest or (number > 0 and rest.stop <= length), "a free list stays within its pool", number, count)
    free.update(rest)
    require(len(free) == count, "a free list runs through free entries once", number, count)
    return free


def check_pools(x: Any, orders: list[int], levels: list[int], nodes: list[int]) -> None:
    for name, seen, first, links, used in (
        ("orders", orders, x.book.orders_free, x.orders["newer"], x.book.orders_used),
        ("levels", levels, x.book.levels_free, x.levels["tail"], x.book.levels_used),
        ("nodes", nodes, x.book.nodes_free, x.nodes["parent"], x.book.nodes_used),
    ):
        require(len(set(seen)) == len(seen) == used, "every used entry of a pool is in use once", name, used, seen[:50])
        free = free_entries(int(first), links, int(used), len(links))
        require(not free & set(seen), "an entry is free or in use", name, sorted(free & set(seen)))
    room = len(x.levels) - 1 - x.book.levels_used
    require(x.book.waiting_stops <= room, "there is room for a level for every stop that waits", x.book)


def check_ids(x: Any, orders: list[int]) -> None:
    chained: list[int] = []
    heads = x.id_table["slot"]
    for first in heads[np.flatnonzero(heads)]:
        slot = int(first)
        while slot:
            require(len(chained) < len(x.orders), "a chain of the id table ends", first)
            chained.append(slot)
            slot = int(x.orders[slot].chained)
    require(sorted(chained) == sorted(orders), "the id table holds the live orders once and no others", chained, orders)
    ids = [int(x.orders[slot].order_id) for slot in orders]
    require(len(set(ids)) == len(ids), "no two live orders share an id", ids)


def check_counts(x: Any, orders: list[int]) -> None:
    hidden = stops = 0
    for slot in orders:
        order = x.orders[slot]
        stops += int(order.is_stop)
        lots = int(order.remaining_lots - order.shown_lots)
        lots += int(order.is_stop) * int(order.shown_lots)
        display = int(x.order_terms[slot].display_lots) if order.has_terms else 0
        hidden += -(-lots // display) if display else 0
    require(x.book.waiting_stops == stops, "the stops that wait are counted", x.book, stops)
    require(x.book.hidden_slices == hidden, "the slices that hidden lots can show are counted", x.book, hidden)


def check_expiries(x: Any, orders: list[int]) -> None:
    expiring = {slot for slot in orders if x.orders[slot].has_terms and x.order_terms[slot].expire_ns}
    heap = [int(slot) for slot in x.expiries[1 : int(x.book.expiring) + 1]]
    require(set(heap) == expiring and len(heap) == len(expiring), "the orders that expire are all watched", heap)
    times = [(int(x.order_terms[slot].expire_ns), int(x.orders[slot].order_id)) for slot in heap]
    for position, slot in enumerate(heap, 1):
        require(x.order_terms[slot].expiry_position == position, "an order knows its place in the heap", slot)
        if position > 1:
            require(times[position // 2 - 1] <= times[position - 1], "who expires sooner is nearer the top", times)
    require(all(time > x.book.time_ns for time, _ in times), "nothing in the book has expired", times, x.book)


def check_instrument(x: Any, instrument: int, may_cross: bool) -> None:
    bid, ask = (int(x.ladders[instrument * LADDERS + place].best) for place in (0, 1))
    if bid and ask and not may_cross:
        bid_price = PRICE_TICKS_MAX - key_in(x, bid)
        ask_price = key_in(x, ask) + 1
        require(bid_price < ask_price, "the best bid is below the best ask", instrument, bid_price, ask_price)
    guard = x.guards[instrument]
    require(guard.trade_low_ticks == guard.trade_high_ticks == 0, "no trade waits to set off stops", instrument, guard)
