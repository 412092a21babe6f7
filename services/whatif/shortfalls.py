"""Who lacks how much, as CSV: `bidder,class,shortfall`. Demand of drawn books then varies about these quantities."""

from __future__ import annotations

import csv
import io

import numpy as np

from services.errors import BadInput
from services.offline.bid_files import CLASSES
from services.whatif.books import Population

COLUMNS = ["bidder", "class", "shortfall"]


def read_shortfalls(file: str, content: bytes, lot_units: int) -> Population:
    """The population of a file. Raises BadInput with all that is wrong with it."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{file}: not a CSV file in UTF-8 ({error}); save it as one") from None
    if not rows or rows[0] != COLUMNS:
        raise BadInput(f"{file}, line 1: found {','.join(rows[0]) if rows else 'nothing'}; give {','.join(COLUMNS)}")
    problems = []
    names, classes, demand = [], [], []
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS):
            problems.append(f"{file}, line {line}: {len(row)} columns; give {len(COLUMNS)}")
            continue
        name, word, units = (cell.strip() for cell in row)
        if not name or name in names:
            problems.append(f"{file}, line {line}: bidder {name!r} is empty or stands twice; give each one line")
        if word not in CLASSES:
            problems.append(f"{file}, line {line}: class {word!r}; allowed are {', '.join(CLASSES)}")
        if not (units.isascii() and units.isdecimal() and len(units) <= 12):
            problems.append(f"{file}, line {line}: shortfall {units!r}; allowed are whole units")
        if not problems:
            names.append(name)
            classes.append(int(CLASSES[word]))
            demand.append(int(units) / lot_units)
    if problems or not names:
        raise BadInput(problems or f"{file}: no bidder; give at least one line")
    return Population(tuple(names), np.array(classes), np.array(demand))
