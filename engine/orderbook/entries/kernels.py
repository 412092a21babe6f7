"""One entry of a pool, by number.

Numbers of entries are never negative and always below 2**32. Saying so to the compiler spares it the question at every
access whether to count from the end, as Python does; over an order's whole way that is a noticeable part of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper


@helper
def order_at(x: Any, slot: int) -> Any:
    """The order in a slot."""
    return x.orders[np.uint32(slot)]


@helper
def terms_at(x: Any, slot: int) -> Any:
    """The further terms of the order in a slot."""
    return x.order_terms[np.uint32(slot)]


@helper
def level_at(x: Any, number: int) -> Any:
    """A level of any ladder."""
    return x.levels[np.uint32(number)]


@helper
def node_at(x: Any, number: int) -> Any:
    """A node of any tree."""
    return x.nodes[np.uint32(number)]


@helper
def ladder_at(x: Any, number: int) -> Any:
    """A ladder: four an instrument."""
    return x.ladders[np.uint32(number)]


@helper
def guard_at(x: Any, instrument: int) -> Any:
    """What is watched in an instrument."""
    return x.guards[np.uint32(instrument)]


@helper
def entry_at(x: Any, position: int) -> Any:
    """An entry of the id table."""
    return x.id_table[np.uint32(position)]
