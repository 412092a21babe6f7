"""A round as a file: which rule book, which day, what is on offer, and what the operator sets for it.

`ROUND.toml` is as strict as a rule book and is told off in the same form: every key there once, none unknown, fractions
in quotes, all problems at once with file and line. What a clear may need beside (a recorded draw, a hidden reserve,
verified quantities, guarantees, linked bidders) has tables of its own, which may be left out.
`docs/examples/round.toml` is a commented example. The file says
nothing of bids; they come as CSV (`services.offline.bid_files`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import limits
from engine.commands import Fact, SupplyKind
from engine.parameters import BY_KEY, DEFINITIONS, Parameter
from engine.rounds.terms import RELEASE_TIERS
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

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class SupplyOffer:
    """One line on offer. Lower ranks sell first; `group` tells jurisdictions of a joint sale apart."""

    seller: str
    kind: SupplyKind
    group: int
    rank: int
    quantity_lots: int
    minimum_price_ticks: int = 0
    trigger_price_ticks: int = 0
    tier: int = 0
    withheld: bool = False


@dataclass(frozen=True)
class OperatorValue:
    """A value that the operator sets for this round, for one class (0: all), in the integer form of rule books."""

    parameter: Parameter
    participant_class: int
    value: int
    why: str


@dataclass(frozen=True)
class FileFact:
    """A verified quantity of a participant for a year, in lots."""

    participant: str
    fact: Fact
    year: int
    quantity_lots: int


@dataclass(frozen=True)
class RoundInputs:
    """Recorded inputs of a round: what a clear may need beside bids and supply. Empty where the file has none.

    `line_order`: numbers of the lines of supply in the order in which they were drawn (the draw of bids is a file of
    its own). `hidden_reserve` is (price in ticks, salt). `guarantees` are (participant, minor units), `links` groups of
    linked participants.
    """

    hidden_reserve: tuple[int, str] | None = None
    line_order: tuple[int, ...] = ()
    facts: tuple[FileFact, ...] = ()
    guarantees: tuple[tuple[str, int], ...] = ()
    links: tuple[tuple[str, ...], ...] = ()
    reserve_account: str = ""

    @property
    def participants(self) -> tuple[str, ...]:
        """Everybody whom the inputs name."""
        names = [fact.participant for fact in self.facts] + [name for name, _ in self.guarantees]
        return tuple(dict.fromkeys([*names, *(name for group in self.links for name in group)]))

    def of(self, names: Container[str]) -> RoundInputs:
        """What is said of these participants alone; the rest as it is."""
        return replace(
            self,
            facts=tuple(fact for fact in self.facts if fact.participant in names),
            guarantees=tuple(named for named in self.guarantees if named[0] in names),
            links=tuple(left for group in self.links if (left := tuple(name for name in group if name in names))),
        )


NO_INPUTS = RoundInputs()


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
    inputs: RoundInputs = NO_INPUTS


def read_round(file: str, content: bytes) -> RoundFile:
    """The round of a file, or `ProblemsFound` with everything that is wrong with it."""
    document = read_toml(file, content)
    data = document.data
    for key in data:
        if key not in _TABLES:
            advice = did_you_mean(key, list(_TABLES)) or "Move it into one of them, or remove it."
            add(document, (key,), f"found {show(data[key])}", ", ".join(_TABLES.values()), advice)
    for key, written in (("round", "[round]"), ("supply", "[[supply]]")):
        if key not in data and not any(path[:1] == (key,) for path in document.faulty):
            add(document, (), f"no {written}", "one [round] and at least one [[supply]]", "Add it.")
    head: dict[str, Any] = {}
    if "round" in data:
        head = fill(document, ("round",), table_at(document, ("round",), data["round"]) or {}, _HEAD)
    supply = _supply(document, data.get("supply"), head.get("lot", 1), head.get("tick", 1))
    values = _values(document, data.get("value"))
    inputs = _inputs(document, head.get("tick", 1), head.get("lot", 1))
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
        inputs=inputs,
    )


def _inputs(document: Document, tick_minor: int, lot_units: int) -> RoundInputs:
    """The recorded inputs; each kind of table may be left out."""
    data = document.data

    def tables(key: str, wanted: forms.Form) -> list[dict[str, Any]]:
        raws = tables_at(document, (key,), data[key]) if key in data else []
        filled = [fill(document, (key, i), table, wanted) for i, table in enumerate(raws)]
        return [line for line in filled if line.keys() >= wanted.keys.keys()]

    def one(key: str, wanted: forms.Form) -> dict[str, Any]:
        if key not in data:
            return {}
        filled: dict[str, Any] = fill(document, (key,), table_at(document, (key,), data[key]) or {}, wanted)
        return filled if filled.keys() >= wanted.keys.keys() else {}

    def whole(units: int, step: int, path: Path, what: str) -> int:
        if units % step:
            add(document, path, f"found {units}", f"whole {what}", "Correct the value, or the tick or lot of [round].")
        return units // step

    hidden, reserve = one("hidden_reserve", _HIDDEN_RESERVE), one("reserve", _RESERVE)
    facts = [
        FileFact(f["participant"], f["fact"], f["year"], whole(f["quantity"], lot_units, ("fact", i), "lots"))
        for i, f in enumerate(tables("fact", _FACT))
    ]
    return RoundInputs(
        hidden_reserve=(whole(hidden["price"], tick_minor, ("hidden_reserve",), "ticks"), hidden["salt"])
        if hidden
        else None,
        line_order=one("draw_of_lines", _DRAW_OF_LINES).get("order", ()),
        facts=tuple(facts),
        guarantees=tuple((g["participant"], g["amount"]) for g in tables("guarantee", _GUARANTEE)),
        links=tuple(link["participants"] for link in tables("link", _LINK)),
        reserve_account=reserve.get("account", ""),
    )


def _supply(document: Document, raw: object, lot_units: int, tick_minor: int) -> tuple[SupplyOffer, ...]:
    offers = []
    for i, table in enumerate(tables_at(document, ("supply",), raw) if raw is not None else []):
        path: Path = ("supply", i)
        line: dict[str, Any] = fill(document, path, table, _SUPPLY)
        units = line.get("quantity", 0)
        if units % lot_units:
            allowed = f"whole lots of {lot_units} units"
            add(document, (*path, "quantity"), f"found the number {units}", allowed, "Correct the quantity or the lot.")
        elif line.keys() >= _SUPPLY.keys.keys():
            prices = {name: line.get(name, 0) for name in ("minimum_price", "trigger_price")}
            for name in [name for name, price in prices.items() if price % tick_minor]:
                add(document, (*path, name), "found a part of a tick", "whole ticks", "Correct the price or the tick.")
            offers.append(
                SupplyOffer(
                    line["seller"],
                    line["kind"],
                    line["group"],
                    line["rank"],
                    units // lot_units,
                    prices["minimum_price"] // tick_minor,
                    prices["trigger_price"] // tick_minor,
                    line.get("tier", 0),
                    line.get("withheld", False),
                )
            )
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


def _names(raw: object) -> object:
    """A list of different names."""
    if not isinstance(raw, list) or not raw or not all(isinstance(item, str) and item.strip() for item in raw):
        raise NotAllowed("a list of one or more names")
    names = tuple(raw)
    if len(set(names)) != len(names):
        raise NotAllowed("each name once")
    return names


def _line_numbers(raw: object) -> object:
    """A list of different lines of supply, by their numbers from 1."""
    if not isinstance(raw, list) or not raw or not all(type(item) is int and item > 0 for item in raw):
        raise NotAllowed("a list of numbers of lines of supply, from 1")
    if len(set(raw)) != len(raw):
        raise NotAllowed("each line once")
    return tuple(raw)


def _amount(raw: object) -> object:
    if not isinstance(raw, str) or not _AMOUNT.fullmatch(raw):
        raise NotAllowed('an amount of money in quotes, such as "150000.00"')
    return parse_scaled(raw, MONEY_SCALE)


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
    optional={
        "minimum_price": _tick,
        "trigger_price": _tick,
        "tier": _whole(1, len(RELEASE_TIERS)),
        "withheld": forms.switch,
    },
)
_HIDDEN_RESERVE = form("[hidden_reserve]", {"price": _tick, "salt": _name})
_RESERVE = form("[reserve]", {"account": _name})
_DRAW_OF_LINES = form("[draw_of_lines]", {"order": _line_numbers})
_FACT = form(
    "a [[fact]]",
    {
        "participant": _name,
        "fact": forms.word_of({fact.name.lower(): fact for fact in Fact}),
        "year": _whole(1990, 2100),
        "quantity": _whole(0, limits.HOLDING_LOTS_MAX),
    },
)
_GUARANTEE = form("a [[guarantee]]", {"participant": _name, "amount": _amount})
_LINK = form("a [[link]]", {"participants": _names})
_TABLES = {
    "round": "[round]",
    "supply": "[[supply]]",
    "value": "[[value]]",
    "hidden_reserve": "[hidden_reserve]",
    "reserve": "[reserve]",
    "draw_of_lines": "[draw_of_lines]",
    "fact": "[[fact]]",
    "guarantee": "[[guarantee]]",
    "link": "[[link]]",
}
"""The tables of a round file, each as it is written; the first two have to be there."""
