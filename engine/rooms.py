"""What every room of the core that holds something says of itself, so that a snapshot forgets none."""

from __future__ import annotations

from typing import Protocol


class Room(Protocol):
    """What a room says about itself."""

    @property
    def KEPT(self) -> tuple[str, ...]:  # noqa: N802
        """Attributes whose values a dump holds: integers, text, bytes, `WORDS`, arrays, rows, `Columns`, and tuples,
        lists, dictionaries of those."""
