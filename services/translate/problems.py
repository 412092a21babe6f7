"""What is wrong with a request, collected: the first problems with field and row, all of them counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import limits

PROBLEMS_SHOWN_MAX = 32
"""Problems told one by one; the rest are counted. Metadata of a call, where they travel, is 8 KiB in many languages."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the field as the message calls it (`orders.price_ticks[3]`), and what is allowed."""

    field: str
    found: str


class Malformed(Exception):
    """A request that cannot be read as rows. Nothing of it was done, and nothing was recorded.

    `problems` holds the first ones, `count` says how many there are in all.
    """

    def __init__(self, problems: list[Problem], count: int) -> None:
        self.problems = tuple(problems)
        self.count = count
        more = f" (and {count - len(problems)} more)" if count > len(problems) else ""
        super().__init__("; ".join(f"{p.field}: {p.found}" for p in problems[:5]) + (more or ""))


class Admission:
    """Collects the problems of one request, then lets it through or raises `Malformed`."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._count = 0

    def add(self, field: str, found: str) -> None:
        """One problem of a field."""
        self._count += 1
        if len(self._problems) < PROBLEMS_SHOWN_MAX:
            self._problems.append(Problem(field, found))

    def add_rows(self, field: str, wrong: np.ndarray, values: np.ndarray, allowed: str) -> None:
        """One problem for every true entry of `wrong`, telling the value found there."""
        if not np.count_nonzero(wrong):
            return
        rows = np.flatnonzero(wrong)
        room = PROBLEMS_SHOWN_MAX - len(self._problems)
        self._count += len(rows)
        for row in rows[:room].tolist():
            self._problems.append(Problem(f"{field}[{row}]", f"found {values[row]}; {allowed}"))

    def within(self, field: str, value: int, least: int, most: int) -> int:
        """Checks one number; gives it back, or `least` when it is out of bounds."""
        if least <= value <= most:
            return value
        self.add(field, f"found {value}; allowed is {least} to {most}")
        return least

    def known(self, field: str, value: int, names: list[str], *, optional: bool = False) -> int:
        """Checks the number of an enum whose members `names` begin with the unspecified one."""
        if (0 if optional else 1) <= value < len(names):
            return value
        allowed = ", ".join(names if optional else names[1:])
        self.add(field, f"found {names[value] if 0 <= value < len(names) else value}; allowed is {allowed}")
        return 0

    def name(self, field: str, text: str) -> bytes:
        """Checks a name; gives its UTF-8."""
        data = text.encode()
        if not text.strip() or len(data) > limits.NAME_BYTES_MAX:
            allowed = f"1 to {limits.NAME_BYTES_MAX} bytes of UTF-8, not blank"
            self.add(field, f"found {text[:40]!r} of {len(data)} bytes; allowed is {allowed}")
        return data

    def close(self) -> None:
        """Raises `Malformed` when anything was found."""
        if self._count:
            raise Malformed(self._problems, self._count)
