"""Reading `closed_days.toml`: days on which a venue is closed although its calendar calls them trading days.

A book may have the file or not. Each day stands there once, in order, with the source that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from engine.rules.forms import add, day, day_text, fill, form, show, tables_at, text, text_or_empty, word_of
from engine.rules.model import ClosedDay, Source
from engine.rules.toml_text import Document, Path

CLOSED_DAYS_FILE = "closed_days.toml"
CLOSED_TABLE = "closed"


def read_closed_days(document: Document, sources: Mapping[str, Source]) -> tuple[ClosedDay, ...]:
    """The closed days of the file in the order of the text; what is wrong goes to the document's problems."""
    for key, raw in document.data.items():
        if key != CLOSED_TABLE:
            add(document, (key,), f"found {show(raw)}", f"[[{CLOSED_TABLE}]] only", "Move it, or correct its name.")
    if CLOSED_TABLE not in document.data:
        if not any(path[:1] == (CLOSED_TABLE,) for path in document.faulty):
            add(document, (), f"no [[{CLOSED_TABLE}]]", "one for each closed day", "Add one, or remove the file.")
        return ()
    wanted = form(
        f"a [[{CLOSED_TABLE}]]",
        {"day": day, "source": word_of(list(sources)), "clause": text_or_empty, "note": text},
    )
    days = []
    for i, table in enumerate(tables_at(document, (CLOSED_TABLE,), document.data[CLOSED_TABLE])):
        path: Path = (CLOSED_TABLE, i)
        values: dict[str, Any] = fill(document, path, table, wanted)
        if values.keys() == wanted.keys.keys():
            line = document.line_of((*path, "day"))
            days.append(ClosedDay(values["day"], values["source"], values["clause"], values["note"], line))
    for before, after in pairwise(days):
        if after.day <= before.day:
            found = f"{day_text(after.day)} after {day_text(before.day)} of line {before.line}"
            add(
                document, (CLOSED_TABLE, days.index(after), "day"), found, "each day once, in order", "Correct the day."
            )
    return tuple(days)
