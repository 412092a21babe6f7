"""Reading the entries of one file: which keys an entry has follows from its basis and from the file it stands in.

Files named after sources hold what texts or reports say, each value with its source. `assumptions.toml` holds what
the texts leave unsaid, each value with who decided it, when and why; parameters that nobody knows anything about are
listed together there, under `[[unknown]]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.parameters import BY_KEY, DEFINITIONS, Basis, Parameter
from engine.rules.forms import (
    Check,
    Form,
    NotAllowed,
    add,
    day,
    did_you_mean,
    fill,
    form,
    show,
    tables_at,
    text,
    text_or_empty,
    word_of,
    words_from,
)
from engine.rules.model import ALL_CLASSES, CLASS_WORDS, Chapter, Entry, Source, SourceKind, chapter_of
from engine.rules.toml_text import Document, Path
from engine.rules.values import parse_value

ASSUMPTIONS_FILE = "assumptions.toml"
UNKNOWN_TABLE = "unknown"
"""The table that lists parameters of which nothing is known."""

BASIS_WORDS: dict[str, Basis] = {basis.name.lower(): basis for basis in Basis}
_IN_SOURCES = {word: BASIS_WORDS[word] for word in ("stated", "assumed")}
_IN_ASSUMPTIONS = {word: BASIS_WORDS[word] for word in ("assumed", "operator", "unknown")}


def read_entries(document: Document, sources: Mapping[str, Source], covers: tuple[Chapter, ...]) -> list[Entry]:
    """All entries of a file in the order of the text; what is wrong goes to the document's problems."""
    entries: list[Entry] = []
    for group, members in document.data.items():
        if group == UNKNOWN_TABLE:
            entries += _read_unknown(document, members, covers)
            continue
        if not isinstance(members, dict):
            _refuse_parameter(document, (group,), group, "found " + show(members))
            continue
        for name, raw in members.items():
            path: Path = (group, name)
            parameter = BY_KEY.get(f"{group}.{name}")
            if parameter is None or chapter_of(parameter) is None:
                _refuse_parameter(document, path, f"{group}.{name}", "no parameter of this name")
                continue
            if chapter_of(parameter) not in covers:
                _not_covered(document, path, f"a parameter of the chapter {chapter_of(parameter)}", covers)
            for i, table in enumerate(tables_at(document, path, raw)):
                entry = _read_entry(document, (*path, i), table, parameter, sources)
                if entry:
                    entries.append(entry)
    return sorted(entries, key=lambda entry: entry.line)


def _refuse_parameter(document: Document, path: Path, key: str, found: str) -> None:
    add(
        document,
        path,
        found,
        "parameters such as [[auction.price_rule]]; all of them: docs/rule_books/parameters.md",
        did_you_mean(key, list(BY_KEY)) or "Remove it, or correct its name.",
    )


def _not_covered(document: Document, path: Path, found: str, covers: tuple[Chapter, ...]) -> None:
    add(
        document,
        path,
        found,
        f"parameters of the chapters the book covers: {', '.join(covers)}",
        "Add the chapter to `covers` in book.toml, or remove the entry.",
    )


def _read_unknown(document: Document, raw: object, covers: tuple[Chapter, ...]) -> list[Entry]:
    """The entries of `[[unknown]]`: one for every parameter listed, without a value, for every class."""
    if document.file != ASSUMPTIONS_FILE:
        add(
            document,
            (UNKNOWN_TABLE,),
            "parameters without a value in a file of a source",
            f"[[{UNKNOWN_TABLE}]] in {ASSUMPTIONS_FILE} only",
            "Move it there.",
        )
        return []
    entries = []
    for i, table in enumerate(tables_at(document, (UNKNOWN_TABLE,), raw)):
        path: Path = (UNKNOWN_TABLE, i)
        values: dict[str, Any] = fill(document, path, table, _UNKNOWN)
        if values.keys() != _UNKNOWN.keys.keys():
            continue
        for parameter in values["parameters"]:
            if chapter_of(parameter) not in covers:
                found = f"{DEFINITIONS[parameter].key}, a parameter of the chapter {chapter_of(parameter)}"
                _not_covered(document, (*path, "parameters"), found, covers)
            entries.append(
                Entry(
                    parameter=parameter,
                    classes=(ALL_CLASSES,),
                    from_day=values["from"],
                    value=None,
                    basis=Basis.UNKNOWN,
                    source="",
                    clause="",
                    quote="",
                    note=values["why"],
                    decided_by=values["decided_by"],
                    decided_on=values["decided_on"],
                    file=document.file,
                    line=document.line_of((*path, "parameters")),
                )
            )
    return entries


def _read_entry(
    document: Document, path: Path, table: dict[str, object], parameter: Parameter, sources: Mapping[str, Source]
) -> Entry | None:
    """One entry, or None when something in it is wrong."""
    before = len(document.problems)
    assumptions = document.file == ASSUMPTIONS_FILE
    allowed = _IN_ASSUMPTIONS if assumptions else _IN_SOURCES
    written = table.get("basis")
    basis = allowed.get(written) if isinstance(written, str) else None
    wanted = _entry_form(parameter, basis, assumptions, sources)
    values: dict[str, Any] = fill(document, path, table, wanted)
    if "source" in values:
        was_read = sources[values["source"]].kind is SourceKind.READ
        if basis is Basis.STATED and not was_read:
            _source_kind_wrong(document, path, values["source"], "a source of kind R: its text was read")
        if basis is Basis.ASSUMED and was_read and not assumptions:
            _source_kind_wrong(document, path, values["source"], "a source of kind N or I, or the basis stated")
    if len(document.problems) > before or basis is None or values.keys() != wanted.keys.keys():
        return None
    return Entry(
        parameter=parameter,
        classes=values.get("classes", (ALL_CLASSES,)),
        from_day=values["from"],
        value=values.get("value"),
        basis=basis,
        source=values.get("source", ""),
        clause=values.get("clause", ""),
        quote=values.get("quote", ""),
        note=values.get("note") or values.get("why", ""),
        decided_by=values.get("decided_by", ""),
        decided_on=values.get("decided_on"),
        file=document.file,
        line=document.line_of(path),
    )


_ANY_KEY = (
    "from",
    "classes",
    "value",
    "basis",
    "source",
    "clause",
    "quote",
    "note",
    "why",
    "decided_by",
    "decided_on",
)


def _source_kind_wrong(document: Document, path: Path, source: str, allowed: str) -> None:
    add(document, (*path, "source"), f"`{source}` is of another kind", allowed, "Correct the basis or the source.")


def _entry_form(parameter: Parameter, basis: Basis | None, assumptions: bool, sources: Mapping[str, Source]) -> Form:
    """The keys of an entry. With an unreadable basis the keys all bases share are still checked."""
    definition = DEFINITIONS[parameter]
    keys: dict[str, Check] = {"from": day}
    refused: dict[str, str] = {}
    if definition.by_class:
        keys["classes"] = _classes
    else:
        refused["classes"] = "no classes: the value is one for everybody"
    if basis is Basis.UNKNOWN:
        refused["value"] = "no value where the basis is unknown; it is an error where one is needed"
    else:
        keys["value"] = lambda raw: parse_value(parameter, raw)
    keys["basis"] = word_of(_IN_ASSUMPTIONS if assumptions else _IN_SOURCES)
    if not assumptions or basis is Basis.ASSUMED:
        keys["source"] = _source_in(sources)
    elif basis is not None:
        refused["source"] = f"no source where the basis is {basis.name.lower()}"
    if not assumptions or basis is Basis.ASSUMED:
        keys |= {"clause": text_or_empty, "quote": text_or_empty}
    elif basis is not None:
        refused |= dict.fromkeys(("clause", "quote"), f"nothing quoted where the basis is {basis.name.lower()}")
    if assumptions:
        refused["note"] = "the reason under `why`"
        keys |= {"decided_by": text, "decided_on": day, "why": text}
    else:
        keys["note"] = text
    if basis is None:
        refused |= dict.fromkeys([key for key in _ANY_KEY if key not in keys], "the keys that its basis calls for")
    return form(_form_name(basis, definition.by_class), keys, refused)


def _form_name(basis: Basis | None, by_class: bool) -> str:
    name = "an entry" if basis is None else f"an entry with basis {basis.name.lower()}"
    return f"{name} by class" if by_class else name


def _classes(raw: object) -> object:
    numbers = words_from(CLASS_WORDS)(raw)
    if isinstance(numbers, tuple) and ALL_CLASSES in numbers and len(numbers) > 1:
        raise NotAllowed('["all"] alone, or the names of classes')
    return numbers


def _source_in(sources: Mapping[str, Source]) -> Check:
    def check(raw: object) -> object:
        if not isinstance(raw, str) or raw not in sources:
            known = ", ".join(sources) or "none yet"
            advice = did_you_mean(raw, list(sources)) if isinstance(raw, str) else ""
            raise NotAllowed(f"a source of book.toml: {known}", advice or "Name one, or add [source.…] to book.toml.")
        return raw

    return check


def _must_be_spoken_of(parameter: Parameter) -> bool:
    """Whether a book that covers the parameter's chapter cannot leave it out.

    Others are not listed under `[[unknown]]`, where one that got lost would mean what its absence means.
    """
    return chapter_of(parameter) is not None and not DEFINITIONS[parameter].absent


_UNKNOWN = form(
    f"[[{UNKNOWN_TABLE}]]",
    {
        "from": day,
        "parameters": words_from({key: named for key, named in BY_KEY.items() if _must_be_spoken_of(named)}),
        "decided_by": text,
        "decided_on": day,
        "why": text,
    },
    dict.fromkeys(("value", "basis", "source", "classes"), "no values here: parameters of which nothing is known"),
)
