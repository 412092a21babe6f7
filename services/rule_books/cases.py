"""Worked cases of rule books: rounds with known answers, run through the engine and compared.

A case lies in the book's folder as `cases/NAME/`: `round.toml` and `bids.csv` (and `lots.csv` with consigned lots,
`draw.json` with a recorded draw) as for `jingjia auction clear`, so anybody can run it, and `answer.toml` with what
must come out, where it is known from, and the arithmetic in words. With `trades.csv` the reserve price must be what the
book's formula gives from them. A case is judged by the book it lies in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.auction.terms import RoundStatus
from engine.rules import forms
from engine.rules.floor_price import Trade
from engine.rules.forms import NotAllowed, add, fill, form, show, table_at
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.toml_text import Document, read_toml
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot, read_bids, read_lots
from services.offline.floor_judge import judge_floor
from services.offline.round import run_round
from services.offline.round_files import RoundFile, read_round
from services.offline.trade_files import read_trades
from services.proof.draw import TieOrder, read_order
from services.reports.result_json import result_json
from services.rule_books.files import BookFiles, load_book

ROUND, BIDS, LOTS, DRAW, ANSWER = "round.toml", "bids.csv", "lots.csv", "draw.json", "answer.toml"
TRADES = "trades.csv"


@dataclass(frozen=True)
class Answer:
    """What a round must give. `clearing_price` None: nothing is sold, so there is no price.

    `awards`, `refused` and `sold_by_seller` are None where the answer does not speak of them.
    """

    title: str
    source: str
    arithmetic: str
    status: str
    clearing_price: str | None
    sold: int
    proceeds: str
    awards: Mapping[str, int] | None
    refused: Mapping[str, str] | None
    sold_by_seller: Mapping[str, int] | None


@dataclass(frozen=True)
class Case:
    """One case, read: a round, its bids and lots, the trades behind its reserve price, and the answer."""

    name: str
    setup: RoundFile
    bids: tuple[FileBid, ...]
    lots: tuple[FileLot, ...]
    draw: TieOrder | None
    answer: Answer
    trades: tuple[Trade, ...] | None = None


@dataclass(frozen=True)
class Verdict:
    """How a case ended: `differences` is empty when everything came out as it must."""

    name: str
    title: str
    differences: tuple[str, ...]


def run_cases(book: BookFiles) -> Iterator[Verdict]:
    """Every case of a book in the order of their names. Raises `ProblemsFound` where a case cannot be read."""
    for name in sorted(book.cases):
        case = read_case(book, name)
        yield Verdict(name, case.answer.title, tuple(differences(case, book)))


def read_case(book: BookFiles, name: str) -> Case:
    """One case of a book, or `ProblemsFound` with everything that is wrong with its files (a draw: `BadInput`)."""
    files, where = book.cases[name], f"{book.where}/cases/{name}"
    problems = [
        Problem(
            f"{where}/{file}", 1, "", "no file at this place", f"a case has {ROUND}, {BIDS} and {ANSWER}", "Add it."
        )
        for file in (ROUND, BIDS, ANSWER)
        if file not in files
    ]
    if problems:
        raise ProblemsFound(problems)
    answer = _read_answer(f"{where}/{ANSWER}", files[ANSWER])
    setup = replace(read_round(f"{where}/{ROUND}", files[ROUND]), rule_book=book.place)
    scale = (setup.tick_minor, setup.lot_units)
    bids = read_bids(f"{where}/{BIDS}", files[BIDS], *scale)
    lots = read_lots(f"{where}/{LOTS}", files[LOTS], *scale) if LOTS in files else []
    draw = read_order(f"{where}/{DRAW}", files[DRAW]) if DRAW in files else None
    trades = tuple(read_trades(f"{where}/{TRADES}", files[TRADES])) if TRADES in files else None
    return Case(name, setup, tuple(bids), tuple(lots), draw, answer, trades)


def differences(case: Case, book: BookFiles) -> Iterator[str]:
    """Runs the round of a case; a line for everything that is not as the answer says."""
    try:
        result = run_round(case.setup, case.bids, case.lots, draw=case.draw)
        if case.trades is not None:
            judge_floor(case.name, case.setup, load_book(book.place), case.trades, None)
    except BadInput as error:
        yield from (f"the round was refused: {problem}" for problem in error.problems)
        return
    body = result_json(result.report, bid_ids=result.bid_ids, bidders=result.bidders, refused=result.refused)
    answer = case.answer
    sellers: dict[str, int] = {}
    for line in body["tranches"]:
        sellers[line["seller"]] = sellers.get(line["seller"], 0) + line["sold"]
    found: dict[str, tuple[Any, Any]] = {
        "status": (answer.status, body["status"]),
        "clearing_price": (answer.clearing_price, body["clearing_price"]),
        "sold": (answer.sold, body["sold"]),
        "proceeds": (answer.proceeds, body["proceeds"]),
        "awards": (answer.awards, {award["bid_id"]: award["quantity"] for award in body["awards"]}),
        "refused": (answer.refused, {bid["bid_id"]: bid["outcome"] for bid in body["refused"]}),
        "sold_by_seller": (answer.sold_by_seller, {name: sold for name, sold in sellers.items() if sold}),
    }
    for key, (expected, came) in found.items():
        if (expected is not None and expected != came) or (key == "clearing_price" and expected != came):
            yield f"{book.name}/{case.name}: {key}: expected {expected}, found {came}"


def _read_answer(file: str, content: bytes) -> Answer:
    document = read_toml(file, content)
    values: dict[str, Any] = {}
    tables: dict[str, Any] = dict.fromkeys(_TABLES)
    for key, raw in document.data.items():
        table = table_at(document, (key,), raw) if key in ("answer", *_TABLES) else None
        if table is None:
            allowed = f"[answer], and where they are known {', '.join(f'[{name}]' for name in _TABLES)}"
            if key not in ("answer", *_TABLES):
                add(document, (key,), f"found {show(raw)}", allowed, "Remove it, or correct its name.")
        elif key == "answer":
            values = fill(document, (key,), table, _ANSWER)
        else:
            tables[key] = _column(document, key, table)
    if "answer" not in document.data:
        add(document, (), "no [answer]", "one [answer]", "Add it.")
    if document.problems:
        raise ProblemsFound(document.problems)
    return Answer(**values, **tables)


def _column(document: Document, key: str, table: Mapping[str, object]) -> dict[str, object]:
    """A table from names (of bids, of sellers) to what became of each."""
    check = _TABLES[key]
    column = {}
    for name, raw in table.items():
        try:
            column[name] = check(raw)
        except NotAllowed as refusal:
            add(document, (key, name), f"found {show(raw)}", refusal.allowed, "Correct the value.")
    return column


def _whole(raw: object) -> object:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise NotAllowed("a whole number of units without quotes")
    return raw


def _price(raw: object) -> object:
    return None if forms.text(raw) == "none" else forms.text(raw)


_TABLES: dict[str, forms.Check] = {"awards": _whole, "refused": forms.text, "sold_by_seller": _whole}
_ANSWER = form(
    "[answer]",
    {
        "title": forms.text,
        "source": forms.text,
        "arithmetic": forms.text,
        "status": forms.word_of([status.name.lower() for status in RoundStatus]),
        "clearing_price": _price,
        "sold": _whole,
        "proceeds": forms.text,
    },
)
