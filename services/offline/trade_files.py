"""Trades as CSV, from which a reserve price is computed: `day,price,quantity,mode,period`.

`mode` is listing, block or other; `period` names what is averaged by itself, empty where the formula averages all. All
problems are told at once, up to `PROBLEMS_MAX`, in the form of rule books.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date

from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX
from engine.rules.floor_price import Trade
from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.values import MONEY_SCALE
from engine.units import parse_scaled

COLUMNS = ("day", "price", "quantity", "mode", "period")
MODES = ("listing", "block", "other")
PROBLEMS_MAX = 200

_PRICE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
_WHOLE = re.compile(r"[0-9]{1,15}")


def read_trades(file: str, content: bytes) -> list[Trade]:
    """The trades of a file, in its order. Raises `ProblemsFound`."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        found = ",".join(rows.fieldnames or ()) or "nothing"
        raise ProblemsFound([Problem(file, 1, "", f"found {found}", ",".join(COLUMNS), "Correct the first line.")])
    problems: list[Problem] = []
    trades = []
    for line, row in enumerate(rows, start=2):
        values = [_read(file, line, column, row.get(column), problems) for column in COLUMNS]
        if None in row or None in row.values():
            problems.append(
                Problem(file, line, "", "another number of columns", ",".join(COLUMNS), "Correct the line.")
            )
        elif None not in values:
            trades.append(Trade(*values))  # type: ignore[arg-type]
        if len(problems) >= PROBLEMS_MAX:
            problems.append(Problem(file, line, "", "so many problems", "a file of trades", "Mend these first."))
            break
    if problems:
        raise ProblemsFound(problems)
    return trades


def _read(file: str, line: int, column: str, text: str | None, problems: list[Problem]) -> int | str | None:
    check, allowed = _CHECKS[column]
    value = None if text is None else check(text.strip())
    if value is None and text is not None:
        problems.append(Problem(file, line, column, f'found the text "{text}"', allowed, "Correct the value."))
    return value


def _day(text: str) -> int | None:
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL
    except ValueError:
        return None


def _price(text: str) -> int | None:
    value = parse_scaled(text, MONEY_SCALE) if _PRICE.fullmatch(text) else 0
    return value if 1 <= value <= PRICE_TICKS_MAX else None


def _quantity(text: str) -> int | None:
    value = int(text) if _WHOLE.fullmatch(text) else 0
    return value if 1 <= value <= HOLDING_LOTS_MAX else None


_CHECKS: dict[str, tuple[Callable[[str], int | str | None], str]] = {
    "day": (_day, "a day, year-month-day, such as 2022-08-12"),
    "price": (_price, "a price with at most two decimals, above 0"),
    "quantity": (_quantity, "a whole number of units, above 0"),
    "mode": (lambda text: text if text in MODES else None, f"one of: {', '.join(MODES)}"),
    "period": (lambda text: text, "any name, or empty"),
}
