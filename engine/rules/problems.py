"""A problem in a rule book or a round file, as data.

Promise: every problem says where it is, what was found, what is allowed and what to do, in at most three lines, however
long the offending text is. Readers return all problems at once; none stops at the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN_MAX = 110


def clip(text: str) -> str:
    """`text` on one line, cut to a readable length."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_MAX else line[: _SHOWN_MAX - 1] + "…"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: ordered by place.

    `line` counts from 1; `key` is the dotted path of what is wrong, empty when the whole file is.
    """

    file: str
    line: int
    key: str
    found: str
    allowed: str
    next_step: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: {self.key}: " if self.key else f"{self.file}:{self.line}: "
        return f"{place}{clip(self.found)}\n  allowed: {clip(self.allowed)}\n  next: {clip(self.next_step)}"

    def as_dict(self) -> dict[str, str | int]:
        """For machines: the same, key by key."""
        return {
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "found": clip(self.found),
            "allowed": self.allowed,
            "next": self.next_step,
        }


class ProblemsFound(Exception):
    """Raised where a caller needs the thing itself and cannot go on without it. Carries all problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
