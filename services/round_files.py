"""A round as a file: which rule book, which day, what is on offer, and what the operator sets for it.

`ROUND.toml` is as strict as a rule book and is told off in the same form: every key there once, none unknown, fractions
in quotes, all problems at once with file and line. `docs/examples/round.toml` is a commented example. The file says
nothing of bids; they come as CSV (`services.bid_files`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import limits
from engine.commands import SupplyKind
from engine.parameters import BY_KEY, DEFINITIONS, Parameter
from engine.rules import forms
from engine.rules.forms import Check, NotAllowed, add, did_you_mean, fill, form, show, table_at, tables_at
from engine.rules.model import ALL_CLASSES, CLASS_WORDS, chapter_of
from engine.rules.problems import ProblemsFound
from engine.rules.toml_text import Document, Path, read_toml
from engine.rules.values import MONEY_SCALE, parse_value
from engine.units import parse_scaled

SUPPLY_WORDS: dict[str, SupplyKind] = {
    kind.name.lower(): kind for kind in SupplyKind if kind is not SupplyKind.CONSIGNED
}
"""Kinds of supply that a round file offers; consigned lots come from their owners."""

_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class SupplyOffer:
    """One line on offer. Lower ranks sell first; `group` tells jurisdictions of a joint sale apart."""

    seller: str
    kind: SupplyKind
    group: int
    rank: int
    quantity_lots: int


@dataclass(frozen=True)
class OperatorValue:
    """A value that the operator sets for this round, for one class (0: all), in the integer form of rule books."""

    parameter: Parameter
    participant_class: int
    value: int
    why: str


@dataclass(frozen=True)
class RoundFile:
    """A round to be run. `rule_book` is a shipped name or a folder; `day` counts since 1970-01-01.

    `tick_minor` is the money of one tick per unit, `lot_units` the units of one lot, as an instrument has them.
    """

    name: str
    rule_book: str
    day: int
    instrument: str
    tick_minor: int
    lot_units: int
    supply: tuple[SupplyOffer, ...]
    values: tuple[OperatorValue, ...]


def read_round(file: str, content: bytes) -> RoundFile:
    """The round of a file, or `ProblemsFound` with everything that is wrong with it."""
    document = read_toml(file, content)
    data = document.data
    for key in data:
        if key not in ("round", "supply", "value"):
            advice = did_you_mean(key, ["round", "supply", "value"]) or "Move it into one of them, or remove it."
            add(document, (key,), f"found {show(data[key])}", "[round], [[supply]] and [[value]]", advice)
    for key, written in (("round", "[round]"), ("supply", "[[supply]]")):
        if key not in data and not any(path[:1] == (key,) for path in document.faulty):
            add(document, (), f"no {written}", "one [round] and at least one [[supply]]", "Add it.")
    head: dict[str, Any] = {}
    if "round" in data:
        head = fill(document, ("round",), table_at(document, ("round",), data["round"]) or {}, _HEAD)
    supply = _supply(document, data.get("supply"), head.get("lot", 1))
    values = _values(document, data.get("value"))
    if document.problems:
        raise ProblemsFound(document.problems)
    return RoundFile(
        name=head["name"],
        rule_book=head["rule_book"],
        day=head["day"],
        instrument=head["instrument"],
        tick_minor=head["tick"],
        lot_units=head["lot"],
        supply=supply,
        values=values,
    )


def _supply(document: Document, raw: object, lot_units: int) -> tuple[SupplyOffer, ...]:
    offers = []
    for i, table in enumerate(tables_at(document, ("supply",), raw) if raw is not None else []):
        path: Path = ("supply", i)
        line: dict[str, Any] = fill(document, path, table, _SUPPLY)
        units = line.get("quantity", 0)
        if units % lot_units:
            allowed = f"whole lots of {lot_units} units"
            add(document, (*path, "quantity"), f"found the number {units}", allowed, "Correct the quantity or the lot.")
        elif len(line) == len(_SUPPLY.keys):
            offers.append(SupplyOffer(line["seller"], line["kind"], line["group"], line["rank"], units // lot_units))
    return tuple(offers)


def _values(document: Document, raw: object) -> tuple[OperatorValue, ...]:
    values: list[OperatorValue] = []
    first: dict[tuple[Parameter, int], int] = {}
    for i, table in enumerate(tables_at(document, ("value",), raw) if raw is not None else []):
        path: Path = ("value", i)
        named = table.get("parameter")
        parameter = BY_KEY.get(named) if isinstance(named, str) else None
        line: dict[str, Any] = fill(document, path, table, _value_form(parameter))
        if parameter is None or not {"parameter", "value", "why"} <= line.keys():
            continue
        for number in line.get("classes", (ALL_CLASSES,)):
            at = document.line_of(path)
            before = first.setdefault((parameter, number), at)
            if before != at:
                found = f"a second value of {named} for one class; the first is at line {before}"
                add(document, path, found, "one value of a parameter and class", "Remove one of the two.")
            values.append(OperatorValue(parameter, number, line["value"], line["why"]))
    return tuple(values)


def _value_form(parameter: Parameter | None) -> forms.Form:
    keys: dict[str, Check] = {"parameter": _parameter}
    refused: Mapping[str, str] = {}
    if parameter is None:
        refused = {"classes": "classes where the parameter may differ by class", "value": "a value of a parameter"}
        return form("a [[value]]", {**keys, "why": forms.text}, refused)
    if DEFINITIONS[parameter].by_class:
        keys["classes"] = forms.words_from(CLASS_WORDS)
    else:
        refused = {"classes": "no classes: the value is one for everybody"}
    return form("a [[value]]", {**keys, "value": lambda raw: parse_value(parameter, raw), "why": forms.text}, refused)


def _parameter(raw: object) -> object:
    parameter = BY_KEY.get(raw) if isinstance(raw, str) else None
    if parameter is None or chapter_of(parameter) is None:
        advice = did_you_mean(raw, list(BY_KEY)) if isinstance(raw, str) else ""
        raise NotAllowed("a parameter such as auction.reserve_price; all: docs/rule_books/parameters.md", advice)
    return parameter


def _name(raw: object) -> str:
    name = forms.text(raw)
    if len(name.encode()) > limits.NAME_BYTES_MAX:
        raise NotAllowed(f"text of at most {limits.NAME_BYTES_MAX} bytes")
    return name


def _whole(least: int, most: int) -> Check:
    def check(raw: object) -> object:
        if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
            raise NotAllowed(f"a whole number without quotes from {least} to {most}")
        return raw

    return check


def _tick(raw: object) -> object:
    minor = parse_scaled(raw, MONEY_SCALE) if isinstance(raw, str) and _PRICE.fullmatch(raw) else 0
    if not 1 <= minor <= limits.TICK_VALUE_MINOR_MAX:
        raise NotAllowed('a price in quotes, such as "0.01"')
    return minor


_HEAD = form(
    "[round]",
    {
        "name": _name,
        "rule_book": forms.text,
        "day": forms.day,
        "instrument": _name,
        "tick": _tick,
        "lot": _whole(1, 1_000_000),
    },
)
_SUPPLY = form(
    "a [[supply]]",
    {
        "seller": _name,
        "kind": forms.word_of(SUPPLY_WORDS),
        "group": _whole(0, 65_535),
        "rank": _whole(0, 65_535),
        "quantity": _whole(1, limits.QUANTITY_LOTS_MAX),
    },
)
