"""A hash tree over a list of leaves, as in RFC 6962, section 2.1: SHA-256, leaves and nodes kept apart by a prefix.

Who knows the root and the number of leaves can be shown, by a path of about log2(n) hashes, that one leaf stands at one
place of the list; the path says nothing of the other leaves but their hashes. Nothing here knows what a leaf means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

LEAF = b"\x00"
NODE = b"\x01"
"""What comes before the hashed bytes, so that no leaf can pass for a node."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root over no leaves."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(LEAF + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes. O(n)."""
    return levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of the tree, leaf hashes first, the root alone last. A node without a neighbour moves up as it is."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        above = [_node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        found.append(above + below[len(below) & ~1 :])
    return found


def path(of_levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The neighbours from leaf `index` up to the root: RFC 6962, 2.1.1. O(log n) once the levels are there."""
    found = []
    for level in of_levels[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            found.append(level[neighbour])
        index >>= 1
    return found


def root_from_path(leaf: bytes, index: int, size: int, neighbours: Sequence[bytes]) -> bytes | None:
    """The root of a tree of `size` leaves that holds `leaf` at `index` (RFC 9162, 2.1.3.2).

    None when a path of this length does not belong to that place.
    """
    if not 0 <= index < size:
        return None
    at, last, found, rest = index, size - 1, leaf, list(neighbours)
    while last:
        if at & 1 or at < last:
            if not rest:
                return None
            found = _node(rest.pop(0), found) if at & 1 else _node(found, rest.pop(0))
        at, last = at >> 1, last >> 1
    return None if rest else found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()
