"""The declared bounds of the engine as a table: every number that a file, a message or a rule book is held to.

They are read off `engine.limits` and the capacity classes, each with the sentence that stands under it there, so that
nothing is said twice.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from itertools import pairwise

from engine import limits
from engine.capacity import CLASSES


@dataclass(frozen=True)
class Bound:
    """One bound. `meaning` is what the source says of it."""

    name: str
    value: int
    meaning: str


def bounds() -> list[Bound]:
    """The bounds that hold in every capacity class, in the order of `engine.limits`."""
    body = ast.parse(inspect.getsource(limits)).body
    found = []
    for statement, below in pairwise(body):
        match statement, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found.append(Bound(name.lower(), int(getattr(limits, name)), " ".join(text.split())))
    return found


def pools() -> dict[str, dict[str, int]]:
    """How much each capacity class holds, by class and pool."""
    return {
        name: {
            "participants": capacity.participants - 1,
            "sessions": capacity.sessions - 1,
            "instruments": capacity.instruments - 1,
            "orders": capacity.orders,
            "levels": capacity.levels,
            "rounds": capacity.rounds - 1,
        }
        for name, capacity in CLASSES.items()
    }
