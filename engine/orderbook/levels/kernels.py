"""The tree of live price levels: find, add, remove, and walk in order of service.

One pool of levels and one of nodes serve every ladder of every instrument. A ladder's tree branches 64 ways on six bits
of the key at a time and skips what does not branch, so it has a node fewer than levels at most and is as deep as the
prices in it are spread (five nodes at the very most). Its shape depends on the live prices alone, not on how they came.

Finding a level goes through `shortcuts` first: a hint, checked against the level itself, hence never wrong and never
maintained. The best level is always known. The best level's successor is the leftmost leaf of the node it leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper, routine, stand_alone
from engine.orderbook.bits.kernels import bit, digit_shift, lowest_bit
from engine.orderbook.entries.kernels import ladder_at, level_at, node_at
from engine.orderbook.layout import DIGIT_BITS, FANOUT, KEY_BITS, KEY_MAX, SHORTCUTS

_DIGIT_MASK = FANOUT - 1
_LADDER_STRIDE = 797


@helper
def key_of(ladder_number: int, price_ticks: int) -> int:
    """The key of a price in a ladder: the smaller, the earlier served."""
    place = ladder_number & 3
    descending = (place ^ (place >> 1) ^ 1) & 1
    return (price_ticks - 1) ^ (-descending & KEY_MAX)


@helper
def opposite_key(key: int) -> int:
    """The key that the price of a key has on the other side: bids for asks, buy stops for sell stops."""
    return key ^ KEY_MAX


@helper
def price_of(ladder_number: int, key: int) -> int:
    """The price of a key: `key_of` the other way round."""
    place = ladder_number & 3
    descending = (place ^ (place >> 1) ^ 1) & 1
    return (key ^ (-descending & KEY_MAX)) + 1


@helper
def place_of(ladder_number: int, key: int) -> int:
    """Ladder and key of a level in one number, never 0."""
    return (ladder_number + 1) << KEY_BITS | key


@helper
def key_at(level: Any) -> int:
    """The key of a level."""
    return level.place & KEY_MAX


@routine
def seek_level(x: Any, ladder_number: int, key: int) -> int:
    """The level of a key in a ladder, or 0, by walking down the tree."""
    stand_alone()
    child = np.int64(ladder_at(x, ladder_number).root)
    while child > 0:
        node = node_at(x, child)
        digit = (key >> node.shift) & _DIGIT_MASK
        if (node.bitmap >> digit) & 1 == 0:
            return 0
        child = np.int64(node.children[digit])
    if child == 0 or key_at(level_at(x, -child)) != key:
        return 0
    x.shortcuts[hint_of(ladder_number, key)] = -child
    return -child


@helper
def hint_of(ladder_number: int, key: int) -> int:
    """Where the table of shortcuts may know a level."""
    return (key + ladder_number * _LADDER_STRIDE) & (SHORTCUTS - 1)


@helper
def hinted_level(x: Any, ladder_number: int, key: int) -> int:
    """The level of a key in a ladder if the table of shortcuts knows it, or 0."""
    level = np.int64(x.shortcuts[hint_of(ladder_number, key)])
    return level if level_at(x, level).place == place_of(ladder_number, key) else np.int64(0)


@helper
def find_level(x: Any, ladder_number: int, key: int) -> int:
    """The level of a key in a ladder, or 0."""
    level = hinted_level(x, ladder_number, key)
    return level if level != 0 else seek_level(x, ladder_number, key)


@helper
def open_level(x: Any, ladder_number: int, key: int) -> int:
    """The level of a key in a ladder; a new, empty one if there was none, into which the caller puts an order at once.

    The caller has seen to it that there is room for it.
    """
    level = hinted_level(x, ladder_number, key)
    return level if level != 0 else plant_level(x, ladder_number, key)


@helper
def first_level(x: Any, child: int) -> int:
    """The level served first below a child (a node or a level)."""
    while child > 0:
        node = node_at(x, child)
        child = node.children[lowest_bit(node.bitmap)]
    return -child


@routine
def next_level(x: Any, level: int) -> int:
    """The level served after this one in its ladder, or 0."""
    stand_alone()
    key = key_at(level_at(x, level))
    number = level_at(x, level).node
    while number != 0:
        node = node_at(x, number)
        digit = (key >> node.shift) & _DIGIT_MASK
        later = node.bitmap & ~(bit(digit) | (bit(digit) - 1)) if digit < _DIGIT_MASK else 0
        if later != 0:
            return first_level(x, np.int64(node.children[lowest_bit(later)]))
        number = node.parent
    return 0


@helper
def set_parent(x: Any, child: int, parent: int) -> None:
    """Note in a child (a node or a level) which node it hangs from."""
    if child > 0:
        node_at(x, child).parent = parent
    else:
        level_at(x, -child).node = parent


@helper
def set_child(x: Any, ladder_number: int, parent: int, key: int, child: int) -> None:
    """Hang a child, whose keys begin like `key`, below a node that has one there, or at the root."""
    if parent == 0:
        ladder_at(x, ladder_number).root = child
    else:
        node = node_at(x, parent)
        node.children[(key >> node.shift) & _DIGIT_MASK] = child
    set_parent(x, child, parent)


@helper
def take_node(x: Any) -> int:
    """An entry of the pool of nodes; the caller has seen to it that there is one."""
    number = np.int64(x.book.nodes_free)
    x.book.nodes_free = number + 1 + node_at(x, number).parent
    x.book.nodes_used += 1
    return number


@helper
def give_node(x: Any, number: int) -> None:
    """Put an entry back into the pool of nodes."""
    node_at(x, number).parent = x.book.nodes_free - number - 1
    x.book.nodes_free = number
    x.book.nodes_used -= 1


@helper
def fork(x: Any, ladder_number: int, parent: int, child: int, level: int) -> None:
    """Put a node where `child` hangs, with `child` and the new `level` below it."""
    key = key_at(level_at(x, level))
    if child > 0:
        other = node_at(x, child).prefix << (node_at(x, child).shift + DIGIT_BITS)
    else:
        other = key_at(level_at(x, -child))
    shift = digit_shift(key ^ other)
    number = take_node(x)
    node = node_at(x, number)
    node.shift = shift
    node.prefix = key >> (shift + DIGIT_BITS)
    own, its = (key >> shift) & _DIGIT_MASK, (other >> shift) & _DIGIT_MASK
    node.bitmap = bit(own) | bit(its)
    node.children[own] = -level
    node.children[its] = child
    set_parent(x, child, number)
    level_at(x, level).node = number
    set_child(x, ladder_number, parent, key, number)


@routine
def plant_level(x: Any, ladder_number: int, key: int) -> int:
    """The level of a key in a ladder, made and hung into the tree if it is not there."""
    stand_alone()
    parent = np.int64(0)
    child = np.int64(ladder_at(x, ladder_number).root)
    while child > 0:
        node = node_at(x, child)
        digit = (key >> node.shift) & _DIGIT_MASK
        if key >> node.shift >> DIGIT_BITS != node.prefix:
            break
        if (node.bitmap >> digit) & 1 == 0:
            level = take_level(x, ladder_number, key)
            node.bitmap |= bit(digit)
            node.children[digit] = -level
            level_at(x, level).node = child
            return level
        parent = child
        child = np.int64(node.children[digit])
    if child < 0 and key_at(level_at(x, -child)) == key:
        x.shortcuts[hint_of(ladder_number, key)] = -child
        return -child
    level = take_level(x, ladder_number, key)
    if child == 0:
        ladder_at(x, ladder_number).root = -level
        level_at(x, level).node = 0
    else:
        fork(x, ladder_number, parent, child, level)
    return level


@helper
def take_level(x: Any, ladder_number: int, key: int) -> int:
    """A level without orders that hangs nowhere yet, counted and known as the best of its ladder if it will be that."""
    level = np.int64(x.book.levels_free)
    record = level_at(x, level)
    x.book.levels_free = level + 1 + record.tail
    x.book.levels_used += 1
    record.quantity_lots = 0
    record.place = place_of(ladder_number, key)
    record.orders = 0
    record.head = 0
    record.tail = 0
    ladder = ladder_at(x, ladder_number)
    ladder.levels += 1
    if KEY_MAX - key >= ladder.nearness:
        ladder.best = level
        ladder.nearness = KEY_MAX + 1 - key
    x.shortcuts[hint_of(ladder_number, key)] = level
    return level


@routine
def remove_level(x: Any, level: int) -> None:
    """Take a level without orders out of its ladder, and find the new best one if it was the best."""
    stand_alone()
    record = level_at(x, level)
    ladder_number, key, number = (record.place >> KEY_BITS) - 1, key_at(record), np.int64(record.node)
    ladder = ladder_at(x, ladder_number)
    ladder.levels -= 1
    if number == 0:
        ladder.root = 0
        ladder.best = 0
        ladder.nearness = 0
    else:
        node = node_at(x, number)
        others = node.bitmap & ~bit((key >> node.shift) & _DIGIT_MASK)
        node.bitmap = others
        lowest = lowest_bit(others)
        first = np.int64(node.children[lowest])
        if others == bit(lowest):
            set_child(x, ladder_number, np.int64(node.parent), key, first)
            give_node(x, number)
        if ladder.best == level:
            best = first_level(x, first)
            ladder.best = best
            ladder.nearness = KEY_MAX + 1 - key_at(level_at(x, best))
    record.place = 0
    record.tail = x.book.levels_free - level - 1
    x.book.levels_free = level
    x.book.levels_used -= 1
