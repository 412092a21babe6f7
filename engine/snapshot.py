"""The whole state of a core as parts that can be written down and read back.

Each room says what it holds beside the state record in one place: `KEPT` names its attributes, `SCRATCH` those that
carry nothing from one batch to the next. Whatever is neither, nor a view of the record, nor another room, is caught by
`tests/engine/test_snapshot.py`, so that no room can be forgotten.

`photograph` copies what may change and shares what cannot, so that a core is stopped no longer than the copying takes;
`encode` and `decode` turn a photograph into text and arrays and back, and may run elsewhere meanwhile.

Promise: a fresh core of the same capacity, restored, answers every further batch as the first core would.

Not promised: that another build can read it. The record's bytes, and what is kept beside it, mean something to the
sources that wrote them only: whoever stores a dump stores `engine.jit.source_hash("engine.core")` with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from engine import commands, outcomes, parameters, trading_days, views
from engine.auction import bidder_limits, layout, terms
from engine.auction import clearing as auction_clearing
from engine.compliance import layout as unit_layout
from engine.parameters import definition
from engine.registry import books
from engine.reserve import layout as reserve_layout
from engine.rooms import Room
from engine.rounds import clearing as round_clearing
from engine.rounds import dossier, offers
from engine.rounds.columns import Columns
from engine.words import market as market_words
from engine.words import rounds as round_words
from engine.words import units as unit_words

FORMAT_VERSION = 1
"""Of the text that `encode` writes."""

_MODULES = (
    views,
    commands,
    outcomes,
    parameters,
    definition,
    round_words,
    market_words,
    unit_words,
    unit_layout,
    terms,
    trading_days,
    books,
    dossier,
    offers,
    reserve_layout,
    round_clearing,
    auction_clearing,
    bidder_limits,
    layout,
)


def _words() -> dict[str, type[Any]]:
    """By name; raises TypeError where two modules use one name for different classes, which nothing could read back."""
    found: dict[str, type[Any]] = {}
    for module in _MODULES:
        for name, word in vars(module).items():
            if not isinstance(word, type) or (issubclass(word, IntEnum) and word is IntEnum):
                continue
            is_value = is_dataclass(word) or hasattr(word, "_fields") or issubclass(word, IntEnum)
            if is_value and found.setdefault(name, word) is not word:
                raise TypeError(f"{name} names {found[name].__module__}'s and {word.__module__}'s class")
    return found


WORDS = _words()
"""Classes of values that may be kept, by name: a dataclass, named tuple or enum of one of these modules."""


@dataclass(frozen=True, eq=False)
class Dump:
    """A core as it stood: the bytes of its record (1-d uint8) and what each room kept beside it, by name."""

    capacity: str
    record: np.ndarray
    beside: dict[str, dict[str, Any]]


def photograph(value: Any) -> Any:
    """The value as it is now: containers and arrays are copied, what cannot change is shared. O(what can change)."""
    if isinstance(value, Columns):
        return value.rows().copy()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [photograph(item) for item in value]
    if isinstance(value, dict):
        return {key: photograph(item) for key, item in value.items()}
    if isinstance(value, np.void):
        return value.copy()
    if isinstance(value, tuple):
        return type(value)(*map(photograph, value)) if hasattr(value, "_fields") else tuple(map(photograph, value))
    params = getattr(type(value), "__dataclass_params__", None)
    if params is not None and not params.frozen:
        return type(value)(*(photograph(getattr(value, field.name)) for field in fields(value)))
    return value


def take(capacity: str, record: np.ndarray, rooms: dict[str, Room], spare: np.ndarray | None = None) -> Dump:
    """A dump of a record (its bytes) and the rooms around it. `spare`: memory of an earlier dump, to be used again."""
    if spare is None or len(spare) != len(record):
        spare = np.empty_like(record)
    np.copyto(spare, record)
    beside = {
        name: {attribute: photograph(getattr(room, attribute)) for attribute in room.KEPT}
        for name, room in rooms.items()
    }
    return Dump(capacity, spare, beside)


def put_back(dump: Dump, record: np.ndarray, rooms: dict[str, Room]) -> None:
    """The other way round. Raises ValueError where the dump is not one of these rooms; then nothing is changed."""
    wanted = {name: set(room.KEPT) for name, room in rooms.items()}
    if {name: set(kept) for name, kept in dump.beside.items()} != wanted or len(dump.record) != len(record):
        raise ValueError("the dump holds other rooms than this core, or a record of another length")
    np.copyto(record, dump.record)
    for name, room in rooms.items():
        for attribute in room.KEPT:
            value, present = dump.beside[name][attribute], getattr(room, attribute)
            if isinstance(present, Columns):
                present.load(value)
            else:
                setattr(room, attribute, photograph(value))


def encode(dump: Dump) -> tuple[bytes, list[np.ndarray]]:
    """A dump as UTF-8 text (JSON) and contiguous arrays, the record first. Raises TypeError for what cannot be kept."""
    arrays = [dump.record]
    beside = {
        room: {attribute: _encoded(value, arrays) for attribute, value in kept.items()}
        for room, kept in dump.beside.items()
    }
    text = {"format": FORMAT_VERSION, "capacity": dump.capacity, "beside": beside}
    return json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode(), arrays


def decode(text: bytes, arrays: Sequence[bytes]) -> Dump:
    """The dump that was encoded; `arrays` are the bytes of each array. Raises ValueError where it is none."""
    try:
        found = json.loads(text)
        if found["format"] != FORMAT_VERSION:
            raise ValueError(f"the dump has format {found['format']}; this build reads format {FORMAT_VERSION}")
        beside = {
            room: {attribute: _decoded(value, arrays) for attribute, value in kept.items()}
            for room, kept in found["beside"].items()
        }
        return Dump(found["capacity"], np.frombuffer(arrays[0], np.uint8), beside)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"the dump cannot be read ({type(error).__name__}: {error})") from error


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    """A value as JSON: `[tag, ...]` for everything that JSON has no word for; integers and text stand for themselves.

    An enum is its number and the name of its class; a sequence of like records of integers is one array of columns.
    """
    if isinstance(value, IntEnum):
        return ["enum", _word(value), int(value)]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, np.ndarray):
        arrays.append(np.ascontiguousarray(value))
        return ["array", len(arrays) - 1, _described(value.dtype), value.dtype.type is np.record, list(value.shape)]
    if isinstance(value, np.void):
        return ["row", _encoded(np.array([value]), arrays)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ["record", _word(value), *(_encoded(item, arrays) for item in value)]
    if isinstance(value, tuple | list):
        tag = "tuple" if isinstance(value, tuple) else "list"
        columns = _columns(value)
        if columns is not None:
            kinds, table = columns
            return ["table", tag, _word(value[0]), kinds, _encoded(table, arrays)]
        return [tag, *(_encoded(item, arrays) for item in value)]
    if isinstance(value, dict):
        return ["dict", *([_encoded(key, arrays), _encoded(item, arrays)] for key, item in value.items())]
    if is_dataclass(value):
        return ["record", _word(value), *(_encoded(getattr(value, field.name), arrays) for field in fields(value))]
    raise TypeError(f"a {type(value).__name__} cannot be kept; see engine.rooms")


def _decoded(node: Any, arrays: Sequence[bytes]) -> Any:
    if not isinstance(node, list):
        return node
    tag, *rest = node
    match tag:
        case "enum":
            return WORDS[rest[0]](rest[1])
        case "bytes":
            return bytes.fromhex(rest[0])
        case "array":
            place, descr, is_record, shape = rest
            dtype = np.dtype(descr) if isinstance(descr, str) else np.dtype([_field(field) for field in descr])
            return np.frombuffer(arrays[place], np.dtype((np.record, dtype)) if is_record else dtype).reshape(shape)
        case "row":
            return _decoded(rest[0], arrays)[0]
        case "tuple":
            return tuple(_decoded(item, arrays) for item in rest)
        case "list":
            return [_decoded(item, arrays) for item in rest]
        case "dict":
            return {_decoded(key, arrays): _decoded(item, arrays) for key, item in rest}
        case "record":
            return WORDS[rest[0]](*(_decoded(item, arrays) for item in rest[1:]))
        case "table":
            columns = [
                [bool(number) if kind == "bool" else WORDS[kind](number) for number in column] if kind else column
                for kind, column in zip(rest[2], _decoded(rest[3], arrays).tolist(), strict=True)
            ]
            items = (WORDS[rest[1]](*row) for row in zip(*columns, strict=True))
            return tuple(items) if rest[0] == "tuple" else list(items)
    raise ValueError(f"the tag {tag!r} is not known")


def _columns(items: Sequence[Any]) -> tuple[list[str], np.ndarray] | None:
    """Like records of integers as (kind of each field, int64 columns); None when they are anything else.

    A kind is "" for an integer, "bool", or the name of an enum.
    """
    if not items or not is_dataclass(items[0]) or not fields(items[0]) or len({type(item) for item in items}) > 1:
        return None
    kinds, columns = [], []
    for field in fields(items[0]):
        column = [getattr(item, field.name) for item in items]
        types = {type(number) for number in column}
        kind = types.pop()
        if types or not (kind in (int, bool) or issubclass(kind, IntEnum)):
            return None
        kinds.append({int: "", bool: "bool"}.get(kind) if kind in (int, bool) else _word(column[0]))
        columns.append(column)
    return kinds, np.array(columns, np.int64)  # type: ignore[return-value]


def _word(value: Any) -> str:
    name = type(value).__name__
    if WORDS.get(name) is not type(value):
        raise TypeError(f"{type(value).__qualname__} is none of the classes that may be kept (engine.snapshot.WORDS)")
    return name


def _described(dtype: np.dtype) -> Any:
    return dtype.str if dtype.names is None else dtype.descr


def _field(field: list[Any]) -> tuple[Any, ...]:
    name, kind, *shape = field
    inner = kind if isinstance(kind, str) else [_field(part) for part in kind]
    return (name, inner, tuple(shape[0])) if shape else (name, inner)
