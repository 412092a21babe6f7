"""`jingjia rules`: list, show, check and compare rule books.

Exit codes: 0; 1 when a book that was checked has problems; 2 when what was named or given cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from engine.parameters import BY_KEY, DEFINITIONS, Basis, Parameter
from engine.rules.compile import book_sha256, book_text
from engine.rules.explain import Explanation, explain
from engine.rules.forms import EPOCH_ORDINAL, date_of, day_text, did_you_mean
from engine.rules.model import ALL_CLASSES, BIDDERS, CLASS_WORDS, Book, Entry, chapter_of
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.values import format_value
from services.cli.books import day_of, find, load
from services.cli.floor import floor
from services.cli.timetable import timetable
from services.errors import BadInput, CheckFailed
from services.rule_books import files as rule_files
from services.rule_books.cases import Verdict, run_cases
from services.rule_books.trading_days import trading_days, unknown

app = typer.Typer(help="Rule books: what they say, whether they are right, how they differ.", no_args_is_help=True)
app.command()(floor)
app.command()(timetable)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
OnDay = Annotated[
    str, typer.Option("--on", metavar="YEAR-MONTH-DAY", help="The day asked about; default: the last one.")
]
BookName = Annotated[str, typer.Argument(metavar="BOOK", help="A shipped book, or the folder of one.")]


@app.command("list")
def list_books(as_json: AsJson = False) -> None:
    """The shipped rule books, with how many of their values rest on what.

    Example: jingjia rules list
    """
    books = [load(name) for name in rule_files.shipped_names()]
    if as_json:
        _print_json([_head(book) for book in books])
        return
    for book in books:
        head = _head(book)
        until = f"confirmed to {head['last_confirmed']}" if head["last_confirmed"] else "no last day"
        provisional = ", provisional" if book.provisional else ""
        counts = ", ".join(f"{count} {basis}" for basis, count in head["coverage"].items())
        typer.echo(f"{book.name}  ({book.market}, from {head['from']}, {until}{provisional})")
        typer.echo(f"  {book.title}\n  {book.title_zh}\n  values: {counts}")


@app.command()
def show(
    book: BookName,
    parameter: Annotated[str, typer.Argument(metavar="[PARAMETER]", help="One parameter, with what it rests on.")] = "",
    on: OnDay = "",
    participant_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="key_emitter, institution, individual or all.")
    ] = "all",
    as_json: AsJson = False,
) -> None:
    """A book's values, or one parameter with its source, clause and quote in English and Chinese.

    Example: jingjia rules show shenzhen_2022 bid.cap_share --class institution
    """
    loaded = load(book)
    if parameter:
        _show_parameter(loaded, parameter, day_of(on), participant_class, as_json)
        return
    entries = [entry for entry in loaded.entries if not on or _in_force(loaded, entry, day_of(on))]
    if as_json:
        sources = {name: asdict(source) for name, source in loaded.sources.items()}
        _print_json({**_head(loaded), "sources": sources, "values": [_entry_json(entry) for entry in entries]})
        return
    console = _console()
    console.print(f"{loaded.title}\n{loaded.title_zh}" + ("\nprovisional" if loaded.provisional else ""))
    table = _table("parameter", "class", "from", "value", "basis", "source and clause")
    for entry in sorted(entries, key=lambda entry: (entry.parameter, entry.classes, entry.from_day)):
        value = "-" if entry.value is None else format_value(entry.parameter, entry.value)
        behind = f"{entry.source} {entry.clause}".strip()
        classes = _class_words(entry) if DEFINITIONS[entry.parameter].by_class else ""
        key = DEFINITIONS[entry.parameter].key
        table.add_row(key, classes, day_text(entry.from_day), value, entry.basis.name.lower(), behind)
    console.print(table)


@app.command()
def check(
    books: Annotated[list[str] | None, typer.Argument(metavar="[BOOK]...", help="Default: every shipped book.")] = None,
    with_cases: Annotated[bool, typer.Option("--cases", help="Also run the worked cases of each book.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read books strictly and print every problem with its file, line and key.

    Example: jingjia rules check my_books/shenzhen_draft --cases
    """
    problems: list[Problem] = []
    checked: list[dict[str, Any]] = []
    for name in _with_progress(books or rule_files.shipped_names(), with_cases and not as_json):
        files = find(name)
        reading = files.read()
        found, verdicts = list(reading.problems), list[Verdict]()
        if with_cases and not found:
            try:
                verdicts = list(run_cases(files))
            except ProblemsFound as error:
                found += error.problems
        problems += found
        checked.append({"book": name, "problems": len(found), "cases": [asdict(verdict) for verdict in verdicts]})
    if as_json:
        _print_json({"books": checked, "problems": [problem.as_dict() for problem in problems]})
    else:
        _show_checked(checked, problems)
    failed = sum(1 for line in checked for case in line["cases"] if case["differences"])
    told = [_counted(count, what) for count, what in ((len(problems), "problem"), (failed, "failed case")) if count]
    if told:
        raise CheckFailed(f"{' and '.join(told)} found")


def _show_checked(checked: list[dict[str, Any]], problems: list[Problem]) -> None:
    for problem in problems:
        typer.echo(str(problem))
    for line in checked:
        cases = line["cases"]
        right = sum(1 for case in cases if not case["differences"])
        told = f", {right} of {_counted(len(cases), 'worked case')} right" if cases else ""
        typer.echo(f"{line['book']}: {_counted(line['problems'], 'problem')}{told}")
        for case in cases:
            for difference in case["differences"]:
                typer.echo(f"  {difference}")


def _with_progress(names: list[str], shown: bool) -> Iterable[str]:
    return track(names, "checking", console=Console(stderr=True), transient=True, disable=not shown)


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


@app.command()
def diff(
    left: BookName,
    right: Annotated[str, typer.Argument(metavar="OTHER", help="The book to compare with.")],
    on: OnDay = "",
    as_json: AsJson = False,
) -> None:
    """The parameters that two books set differently on a day.

    Example: jingjia rules diff shenzhen_2014 shenzhen_2022
    """
    one, other = load(left), load(right)
    differences = [
        (explained, against)
        for parameter in DEFINITIONS
        for number in ([int(bidder) for bidder in BIDDERS] if DEFINITIONS[parameter].by_class else [ALL_CLASSES])
        if chapter_of(parameter) in {*one.covers, *other.covers}
        for explained, against in [
            (explain(one, parameter, number, day_of(on)), explain(other, parameter, number, day_of(on)))
        ]
        if explained.value != against.value
    ]
    if as_json:
        _print_json(
            [
                {"parameter": a.key, "class": _class_word(a), one.name: _side_json(a), other.name: _side_json(b)}
                for a, b in differences
            ]
        )
        return
    table = _table("parameter", "class", one.name, other.name)
    for a, b in differences:
        table.add_row(a.key, _class_word(a), _side_text(a), _side_text(b))
    _console().print(table if differences else f"{one.name} and {other.name} set the same values.")


@app.command()
def days(
    book: BookName,
    year: Annotated[int, typer.Argument(metavar="YEAR", help="The year asked about.")],
    as_json: AsJson = False,
) -> None:
    """The trading days of a year under a book: its calendar, less the venue's own closed days.

    Example: jingjia rules days national_cea 2022
    """
    loaded = load(book)
    known = trading_days(loaded)
    if not 1990 <= year <= 2100:
        raise BadInput(f"YEAR {year}: a year from 1990 to 2100")
    january = date(year, 1, 1).toordinal() - EPOCH_ORDINAL
    months = {month: known.months[month] for month in known.months if date_of(month).year == year}
    if not months:
        raise BadInput(unknown(loaded, known, january))
    open_days = {month: [day + 1 for day in range(31) if bitmap >> day & 1] for month, bitmap in months.items()}
    closed = [closed_day for closed_day in loaded.closed_days if date_of(closed_day.day).year == year]
    if as_json:
        listed = [day_text(month + day - 1) for month, numbers in open_days.items() for day in numbers]
        _print_json({"book": loaded.name, "trading_days": listed, "closed": [asdict(one) for one in closed]})
        return
    for month, numbers in open_days.items():
        typer.echo(f"{day_text(month)[:7]}  {' '.join(f'{number:2d}' for number in numbers)}")
    typer.echo(_counted(sum(map(len, open_days.values())), "trading day"))
    for one in closed:
        typer.echo(f"closed {day_text(one.day)}: {one.note} ({one.source} {one.clause})".replace(" )", ")"))


def _show_parameter(book: Book, key: str, day: int, class_word: str, as_json: bool) -> None:
    parameter = BY_KEY.get(key)
    if parameter is None or parameter is Parameter.BOOK_LAST_CONFIRMED:
        advice = did_you_mean(key, list(BY_KEY)) or "docs/rule_books/parameters.md lists them."
        raise BadInput(f"no parameter {key!r}. {advice}")
    if class_word not in CLASS_WORDS:
        raise BadInput(f"--class {class_word}: no such class; one of: {', '.join(CLASS_WORDS)}")
    numbers = [CLASS_WORDS[class_word]]
    if DEFINITIONS[parameter].by_class and class_word == "all":
        numbers = [int(bidder) for bidder in BIDDERS]
    explanations = [explain(book, parameter, number, day) for number in numbers]
    if as_json:
        _print_json([_explanation_json(explanation) for explanation in explanations])
        return
    definition = DEFINITIONS[parameter]
    enforced = "" if definition.enforced else "; published with a round, not judged by the engine"
    typer.echo(f"{definition.key} ({definition.term}): {definition.meaning}{enforced}")
    for explanation in explanations:
        who = f"{_class_word(explanation)}: " if definition.by_class else ""
        typer.echo(f"- {who}{explanation.text}\n  {explanation.text_zh}\n  {explanation.note}")


def _head(book: Book) -> dict[str, Any]:
    return {
        "name": book.name,
        "title": book.title,
        "title_zh": book.title_zh,
        "market": book.market,
        "currency": book.currency,
        "provisional": book.provisional,
        "covers": [str(chapter) for chapter in book.covers],
        "from": day_text(min(entry.from_day for entry in book.entries)),
        "last_confirmed": None if book.last_confirmed is None else day_text(book.last_confirmed),
        "coverage": {basis.name.lower(): sum(1 for entry in book.entries if entry.basis is basis) for basis in Basis},
        "sha256": book_sha256(book_text(book.name, book.files)),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "parameter": DEFINITIONS[entry.parameter].key,
        "classes": _class_words(entry).split(", "),
        "from": day_text(entry.from_day),
        "value": None if entry.value is None else format_value(entry.parameter, entry.value),
        "basis": entry.basis.name.lower(),
        "source": entry.source,
        "clause": entry.clause,
        "quote": entry.quote,
        "note": entry.note,
        "decided_by": entry.decided_by,
        "decided_on": None if entry.decided_on is None else day_text(entry.decided_on),
        "file": entry.file,
        "line": entry.line,
    }


def _explanation_json(explanation: Explanation) -> dict[str, Any]:
    document = asdict(explanation)
    document["parameter"] = int(explanation.parameter)
    document["participant_class"] = _class_word(explanation)
    document["basis"] = explanation.basis.name.lower()
    return document


def _side_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "value": explanation.value,
        "basis": explanation.basis.name.lower(),
        "from": explanation.from_day,
        "clause": explanation.clause,
    }


def _side_text(explanation: Explanation) -> str:
    return f"{explanation.value or '-'} ({explanation.basis.name.lower()})"


def _in_force(book: Book, entry: Entry, day: int) -> bool:
    return any(book.entry_at(entry.parameter, number, day) is entry for number in entry.classes)


def _class_words(entry: Entry) -> str:
    return ", ".join(word for word, number in CLASS_WORDS.items() if number in entry.classes)


def _class_word(explanation: Explanation) -> str:
    return next(word for word, number in CLASS_WORDS.items() if number == explanation.participant_class)


def _console() -> Console:
    """Tables as wide as the terminal; where there is none, wide enough for every cell."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=200)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
