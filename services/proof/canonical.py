"""How anything is written before it is hashed: JSON in UTF-8, keys sorted, no blanks, characters as they are."""

from __future__ import annotations

import hashlib
import json


def canonical(value: object) -> bytes:
    """The bytes that are hashed for a value of strings, integers, lists and objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_hex(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def is_sha256_hex(text: object) -> bool:
    """Whether this is such a hash."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")
