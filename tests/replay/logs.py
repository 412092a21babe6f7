"""Order logs for tests: rows as short tuples, written as the files that people have."""

from __future__ import annotations

import gzip
from pathlib import Path

from services.replay.log import COLUMNS

HEADER = ",".join(COLUMNS)


def new(order: str, side: str, price: str, quantity: int, tif: str = "gtc") -> str:
    """A limit order, or a market order when `price` is empty."""
    kind = "limit" if price else "market"
    return f"new,{order},P1,{side},{kind},{tif},{price},{quantity},"


def cancel(order: str) -> str:
    return f"cancel,{order},P1,,,,,,"


def reduce(order: str, by: int) -> str:
    return f"reduce,{order},P1,,,,,{by},"


def replace(order: str, price: str, quantity: int) -> str:
    return f"replace,{order},P1,,,,{price},{quantity},"


def phase(name: str) -> str:
    return f"phase,,,,,,,,{name}"


def write_log(folder: Path, *rows: str, name: str = "log.csv", header: str = HEADER) -> Path:
    """A log with seq 1, 2, ... before each row; a row that begins with a digit has its own."""
    lines = [row if row[:1].isdigit() else f"{at},09:30:00,{row}" for at, row in enumerate(rows, 1)]
    path = folder / name
    text = "\n".join([header, *lines]) + "\n"
    if name.endswith(".gz"):
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")
    return path
