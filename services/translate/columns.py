"""Columns of a message as NumPy arrays, in one copy each way.

Reading: protobuf hands a packed repeated field to NumPy as one array (protobuf 7.35.1 and later). Writing: a packed
field is a tag, a length and the little-endian bytes of the array, so the bytes are put down as they lie in memory
and parsed by the message at once; assigning value by value costs fifty times as much. Enum columns travel as varints
of one byte a value, which is why their numbers stay below 128 (a test sees to that).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_DTYPES: dict[int, np.dtype[Any]] = {
    FieldDescriptor.TYPE_SFIXED64: np.dtype("<i8"),
    FieldDescriptor.TYPE_FIXED32: np.dtype("<u4"),
    FieldDescriptor.TYPE_ENUM: np.dtype("u1"),
}

_LENGTH_DELIMITED = 2


def read(column: Any) -> np.ndarray:
    """The values of a packed repeated field as a new 1-d array: int64, uint32, or int32 for an enum."""
    return np.asarray(column)


def beyond(values: np.ndarray, largest: int) -> bool:
    """Whether any value is below 0 or above `largest`: one pass, as a negative number is large unsigned."""
    unsigned = values.view(f"u{values.itemsize}")
    return bool(len(values)) and int(np.maximum.reduce(unsigned)) > largest


def write(message: Message, columns: Mapping[str, np.ndarray]) -> None:
    """Append arrays to the packed repeated fields of `message` that they are named after.

    Values are converted to the field's own width, so they must fit it. Raises TypeError for a field that is no packed
    column of fixed width or enum.
    """
    parts = []
    for name, values in columns.items():
        if len(values):
            tag, dtype = _field(message.DESCRIPTOR, name)
            data = np.ascontiguousarray(values, dtype).tobytes()
            parts += [tag, _varint(len(data)), data]
    message.MergeFromString(b"".join(parts))


@cache
def _field(descriptor: Descriptor, name: str) -> tuple[bytes, np.dtype[Any]]:
    field = descriptor.fields_by_name[name]
    dtype = _DTYPES.get(field.type)
    if dtype is None or not field.is_packed:
        raise TypeError(f"{field.full_name} is no packed column of fixed width")
    return _varint(field.number << 3 | _LENGTH_DELIMITED), dtype


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
