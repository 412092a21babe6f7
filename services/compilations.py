"""Counts what numba compiles (or loads) in this process: once a server is ready, it should be nothing more."""

from __future__ import annotations

from typing import Any

from numba.core import event


class Compilations(event.Listener):  # type: ignore[misc]
    """Counts from its creation on."""

    def __init__(self) -> None:
        self.count = 0
        self.names: list[str] = []
        event.register("numba:compile", self)

    def on_start(self, happening: Any) -> None:
        """numba begins to compile a function for new types, or to load it."""
        self.count += 1
        self.names.append(str(happening.data.get("dispatcher", "?"))[:120])

    def on_end(self, happening: Any) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Counts no more."""
        event.unregister("numba:compile", self)
