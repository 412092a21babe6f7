"""Reading `book.toml`: the head of a rule book, and the table of sources its values rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.rules import forms
from engine.rules.forms import NotAllowed, add, fill, form, identifier, table_at
from engine.rules.model import CURRENCIES, Chapter, Source, SourceKind
from engine.rules.toml_text import Document, Path

HEAD_FILE = "book.toml"
NUMBERED_FILE = re.compile(r"[0-9]{2}_[a-z0-9_]+\.toml")

_WHEN = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?|unknown")


def read_head(name: str, documents: list[Document]) -> tuple[dict[str, Any], dict[str, Source]]:
    """The values of [book] and the sources. Values that were wrong are left out."""
    document = next((document for document in documents if document.file == HEAD_FILE), None)
    if document is None:
        return {}, {}
    head: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for key, raw in document.data.items():
        if key == "book":
            table = table_at(document, (key,), raw)
            head = fill(document, (key,), table, _HEAD) if table is not None else {}
        elif key == "source":
            sources = _read_sources(document, (key,), table_at(document, (key,), raw) or {})
        else:
            found = "unknown table" if isinstance(raw, dict | list) else "unknown key"
            add(document, (key,), found, "[book] and [source.NAME]", "Move it to one of the two, or remove it.")
    for key in ("book", "source"):
        if key not in document.data and (key,) not in document.faulty:
            add(document, (), f"no [{key}…]", "[book] and at least one [source.NAME]", "Add it.")
    if head.get("name", name) != name:
        found = f'found "{head["name"]}" in a folder named "{name}"'
        add(document, ("book", "name"), found, "the name of the folder", "Rename one of the two.")
    return head, sources


def _read_sources(document: Document, path: Path, tables: Mapping[str, object]) -> dict[str, Source]:
    sources = {}
    for name, raw in tables.items():
        at = (*path, name)
        table = table_at(document, at, raw)
        if table is None:
            continue
        try:
            identifier(name)
        except NotAllowed as refusal:
            add(document, at, f'found "{name}"', refusal.allowed, "Rename the source.")
        values: dict[str, Any] = fill(document, at, table, _SOURCE)
        # A source with a fault of its own is still known by name, or every entry that cites it would be a problem too.
        sources[name] = Source(
            name,
            values.get("title", ""),
            values.get("title_zh", ""),
            values.get("where", ""),
            values.get("date", ""),
            values.get("kind", SourceKind.READ),
        )
    return sources


def _last_confirmed(raw: object) -> object:
    if raw == "none":
        return None
    try:
        return forms.day(raw)
    except NotAllowed:
        raise NotAllowed('a date without quotes, year-month-day, or the word "none"') from None


def _when(raw: object) -> object:
    if isinstance(raw, str) and _WHEN.fullmatch(raw):
        return raw
    try:
        return forms.day_text(forms.day(raw))
    except NotAllowed:
        raise NotAllowed('a date without quotes, or as far as it is known: "2013-10", "2013", "unknown"') from None


def _chapters(raw: object) -> object:
    return forms.words_from({str(chapter): chapter for chapter in Chapter})(raw)


def _file_list(raw: object) -> object:
    if not isinstance(raw, list) or not all(isinstance(file, str) and NUMBERED_FILE.fullmatch(file) for file in raw):
        raise NotAllowed('a list of file names such as ["10_notice.toml"], empty for none')
    return tuple(raw)


_HEAD = form(
    "[book]",
    {
        "name": identifier,
        "title": forms.text,
        "title_zh": forms.text,
        "market": forms.text,
        "currency": forms.word_of(list(CURRENCIES)),
        "provisional": forms.switch,
        "covers": _chapters,
        "last_confirmed": _last_confirmed,
        "files": _file_list,
    },
)
_SOURCE = form(
    "a source",
    {
        "title": forms.text,
        "title_zh": forms.text,
        "where": forms.text,
        "date": _when,
        "kind": forms.word_of({str(kind): kind for kind in SourceKind}),
    },
)
