"""How much the core can hold: one of a few named classes, because each is compiled for itself.

The whole state is one record whose arrays have fixed lengths; a capacity class says how long they are. A pool that is
full is a named refusal, never a crash. The state digest goes by meaning, so it is equal across classes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """Lengths of the pools of one state record."""

    name: str
    participants: int
    sessions: int
    instruments: int
    orders: int
    levels: int
    rounds: int


SMALL = Capacity("small", participants=64, sessions=256, instruments=8, orders=4_096, levels=2_048, rounds=32)
"""For tests and a look around."""

MEDIUM = Capacity(
    "medium", participants=1_024, sessions=4_096, instruments=32, orders=131_072, levels=65_536, rounds=128
)
"""The default of a server."""

LARGE = Capacity(
    "large", participants=8_192, sessions=32_768, instruments=64, orders=1_048_576, levels=524_288, rounds=256
)
"""For a national market."""

CLASSES: dict[str, Capacity] = {capacity.name: capacity for capacity in (SMALL, MEDIUM, LARGE)}
