"""A small right book, and ways to spoil it: what the tests of the loader edit."""

from __future__ import annotations

from engine.rules.loader import Reading, read_book

NAME = "draft"

BOOK = """\
[book]
name = "draft"
title = "A draft"
title_zh = "草案"
market = "nowhere"
currency = "CNY"
provisional = true
covers = ["trading"]
last_confirmed = 2025-12-31
files = ["10_notice.toml"]

[source.notice]
title = "A notice"
title_zh = "公告"
where = "shelf 3"
date = 2024-03-01
kind = "R"

[source.report]
title = "A report"
title_zh = "报道"
where = "page 9"
date = "2024-03"
kind = "N"
"""

NOTICE = """\
# The notice.

[[trading.tick]]
from = 2024-03-01
value = "0.01"
basis = "stated"
source = "notice"
clause = "4.1.8"
quote = "0.01元"
note = "One fen."

[[trading.tick]]
from = 2025-01-01
value = "0.05"
basis = "assumed"
source = "report"
clause = ""
quote = ""
note = "Five fen, as was reported."
"""

ASSUMPTIONS = """\
[[trading.lot]]
from = 2024-03-01
value = 1
basis = "operator"
decided_by = "the editors"
decided_on = 2024-02-01
why = "One tonne."
"""

FILES = {"book.toml": BOOK, "10_notice.toml": NOTICE, "assumptions.toml": ASSUMPTIONS}


def read(files: dict[str, str]) -> Reading:
    """A reading of the draft with these files."""
    return read_book(NAME, {file: text.encode() for file, text in files.items()})


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The draft with one piece of one file exchanged; the piece must be there exactly once."""
    assert FILES[file].count(old) == 1, (file, old)
    return {**FILES, file: FILES[file].replace(old, new)}
