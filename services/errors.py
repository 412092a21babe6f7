"""Errors that people see: what is wrong, where, and what to do, never a traceback.

The command line turns them into a message on stderr and an exit code; the server turns what a client did wrong into a
gRPC status (`services.status`), which is another list because it has another reader.
"""

from __future__ import annotations

from collections.abc import Sequence


class BadInput(Exception):
    """Something that was given cannot be used. Carries all problems at once, one line each; exit code 2."""

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class CheckFailed(Exception):
    """A check was made and did not hold; exit code 1. The message says which and by how much."""
