"""The state digest: SHA-256 over what the state means, not over how memory happens to hold it.

Promise: two cores that would answer every future command alike have equal digests, whatever their capacity class, and a
release that adds a field leaves the digest of a state that does not use it unchanged (fields are hashed by name, and
zero is not hashed). A hash of the record's bytes would be faster and would break with every build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np


def integers(*values: int | np.integer) -> bytes:
    """Integers as little-endian int64."""
    return np.array(values, "<i8").tobytes()


def by_name(record: np.void) -> bytes:
    """A record's non-zero fields as `name=value;` text, in the order of their names."""
    parts = []
    for name in sorted(record.dtype.names or ()):
        value = np.asarray(record[name])
        if value.any():
            parts.append(f"{name}={','.join(str(int(number)) for number in value.ravel())};")
    return "".join(parts).encode()


def columns(rows: np.ndarray, *names: str) -> bytes:
    """Named columns of many rows as little-endian int64, column after column."""
    return b"".join(rows[name].astype("<i8").tobytes() for name in names)


def digest_of(sections: Iterable[tuple[str, Iterable[bytes]]]) -> str:
    """SHA-256 (hex) over named sections of parts; lengths are hashed too, so no two states can run together."""
    total = hashlib.sha256()
    for title, parts in sections:
        total.update(f"[{title}]".encode())
        for part in parts:
            total.update(len(part).to_bytes(8, "little"))
            total.update(part)
    return total.hexdigest()
