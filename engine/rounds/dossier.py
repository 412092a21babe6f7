"""What lies beside the record of one round: its name, the operator's values, and the recorded inputs of its clear.

A lottery's order and a hidden reserve are inputs: they are recorded here before the clear, published with the result,
and never drawn or thought up inside.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from engine.commands import Drawn, RoundAction
from engine.digest import integers


@dataclass
class Dossier:
    """One round's papers.

    `draws[kind]` gives each drawn bid or line its place, from 1. `commitment` is the sealed hidden reserve (SHA-256,
    hex), `hidden_reserve_ticks` what was revealed, 0 before, `salt` with it. `steps` are (action, actor, reason) in the
    order taken.

    The last three keep what would be gone by the end, so that a round can be run again from what it began with:
    lots of each line as it was added, what consignors held when they consigned, guarantees that were put up.
    """

    name: str
    created_by: int
    values: dict[tuple[int, int], int] = field(default_factory=dict)
    draws: dict[Drawn, dict[int, int]] = field(default_factory=lambda: {drawn: {} for drawn in Drawn})
    commitment: str = ""
    hidden_reserve_ticks: int = 0
    steps: list[tuple[RoundAction, int, str]] = field(default_factory=list)
    extended_minutes: int = 0
    salt: str = ""
    offered: dict[int, int] = field(default_factory=dict)
    holdings: dict[int, int] = field(default_factory=dict)
    guarantees: dict[int, int] = field(default_factory=dict)

    def actor_of(self, action: RoundAction) -> int:
        """Who took a step last; 0 when nobody has."""
        return next((actor for taken, actor, _ in reversed(self.steps) if taken is action), 0)

    def digest_parts(self, number: int) -> list[bytes]:
        """What the state digest takes of it; nothing for what a round does not use."""
        parts = [integers(number, code, klass, value) for (code, klass), value in sorted(self.values.items())]
        for drawn, places in self.draws.items():
            parts += [integers(number, drawn, target, place) for target, place in places.items()]
        if self.commitment:
            parts.append(f"{number} {self.commitment} {self.hidden_reserve_ticks}".encode())
        parts += [f"{number} {int(action)} {actor} {reason}".encode() for action, actor, reason in self.steps]
        if self.extended_minutes:
            parts.append(integers(number, self.extended_minutes))
        return parts


def commitment_of(price_ticks: int, salt: str) -> str:
    """The hash under which a hidden reserve is sealed: SHA-256 (hex) of "PRICE_TICKS:SALT" in UTF-8."""
    return hashlib.sha256(f"{price_ticks}:{salt}".encode()).hexdigest()
