"""What the loader says to a book that is right, and, word for word, to books that are wrong."""

from __future__ import annotations

import pytest

from engine.parameters import Basis, Parameter
from engine.rules.loader import load_book
from engine.rules.problems import ProblemsFound
from tests.rules.drafts import ASSUMPTIONS, BOOK, FILES, NAME, NOTICE, edited, read

BAD = {
    "a key that nobody knows": (
        edited("10_notice.toml", 'clause = "4.1.8"', 'clause = "4.1.8"\nclaus = "4"'),
        (
            "10_notice.toml:9: trading.tick.claus: unknown key\n"
            "  allowed: an entry with basis stated has exactly: from, value, basis, source, clause, quote, note\n"
            "  next: Did you mean `clause`?"
        ),
    ),
    "a key that is missing": (
        edited("10_notice.toml", 'quote = "0.01元"\n', ""),
        (
            "10_notice.toml:3: trading.tick: no `quote`\n"
            "  allowed: an entry with basis stated has exactly: from, value, basis, source, clause, quote, note\n"
            "  next: Add what is missing; where nothing is known, the page on writing books says how that is written."
        ),
    ),
    "a key written twice": (
        edited("assumptions.toml", "value = 1\n", "value = 1\nvalue = 10\n"),
        (
            "assumptions.toml:4: trading.lot.value: written a second time: value = 10\n"
            "  allowed: every key once in its table\n"
            "  next: Remove one of the two."
        ),
    ),
    "a fraction": (
        edited("10_notice.toml", 'value = "0.01"', "value = 0.01"),
        (
            "10_notice.toml:5: trading.tick.value: found the fraction 0.01\n"
            '  allowed: a decimal number in quotes from "0.01" to "10737418.24"\n'
            '  next: Put it in quotes: "0.01". A fraction without quotes would be read as a float.'
        ),
    ),
    "a price finer than the currency": (
        edited("10_notice.toml", 'value = "0.01"', 'value = "0.015"'),
        (
            '10_notice.toml:5: trading.tick.value: found the text "0.015"\n'
            '  allowed: a decimal number in quotes from "0.01" to "10737418.24", in whole steps of 0.01\n'
            "  next: Correct the value."
        ),
    ),
    "a day and month exchanged": (
        edited("10_notice.toml", "from = 2025-01-01", "from = 2025-31-01"),
        (
            "10_notice.toml:13: trading.tick.from: 2025-31-01 is no day of the calendar\n"
            "  allowed: a date written year-month-day, such as 2022-08-12\n"
            "  next: Write the day that is meant. Month and day look swapped: 2025-01-31?"
        ),
    ),
    "a day that does not exist": (
        edited("10_notice.toml", "from = 2025-01-01", "from = 2025-02-30"),
        (
            "10_notice.toml:13: trading.tick.from: 2025-02-30 is no day of the calendar\n"
            "  allowed: a date written year-month-day, such as 2022-08-12\n"
            "  next: Write the day that is meant."
        ),
    ),
    "a day in quotes": (
        edited("10_notice.toml", "from = 2025-01-01", 'from = "2025-01-01"'),
        (
            '10_notice.toml:13: trading.tick.from: found the text "2025-01-01"\n'
            "  allowed: a date without quotes, year-month-day, such as 2022-08-12\n"
            "  next: Correct the value."
        ),
    ),
    "a day after the last confirmed one": (
        edited("10_notice.toml", "from = 2025-01-01", "from = 2026-01-01"),
        (
            "10_notice.toml:12: trading.tick: from 2026-01-01, after the last confirmed day 2025-12-31\n"
            "  allowed: days up to `last_confirmed` of book.toml: a later value could never be used\n"
            "  next: Correct the day (are month and day swapped?), or confirm the book for longer."
        ),
    ),
    "two values for one day": (
        edited("10_notice.toml", "from = 2025-01-01", "from = 2024-03-01"),
        (
            "10_notice.toml:12: trading.tick: from 2024-03-01, the same day as 10_notice.toml:3\n"
            "  allowed: one entry of a parameter and class for a day, and in each file in the order of their days\n"
            "  next: Remove one of the two, or correct its day."
        ),
    ),
    "values out of order": (
        edited("10_notice.toml", "from = 2025-01-01", "from = 2023-01-01"),
        (
            "10_notice.toml:12: trading.tick: from 2023-01-01, before 10_notice.toml:3\n"
            "  allowed: one entry of a parameter and class for a day, and in each file in the order of their days\n"
            "  next: Move it up, or correct its day."
        ),
    ),
    "a basis that is no word of the list": (
        edited("assumptions.toml", '"operator"', '"operater"'),
        (
            'assumptions.toml:4: trading.lot.basis: found the text "operater"\n'
            "  allowed: one of: assumed, operator, unknown\n"
            "  next: Did you mean `operator`?"
        ),
    ),
    "a stated value among the assumptions": (
        edited("assumptions.toml", '"operator"', '"stated"'),
        (
            'assumptions.toml:4: trading.lot.basis: found the text "stated"\n'
            "  allowed: one of: assumed, operator, unknown\n"
            "  next: Correct the value."
        ),
    ),
    "a value where nothing is known": (
        edited("assumptions.toml", '"operator"', '"unknown"'),
        (
            "assumptions.toml:3: trading.lot.value: found the number 1\n"
            "  allowed: no value where the basis is unknown; it is an error where one is needed\n"
            "  next: Remove `value`."
        ),
    ),
    "a source that the table does not have": (
        edited("10_notice.toml", 'source = "report"', 'source = "reports"'),
        (
            '10_notice.toml:16: trading.tick.source: found the text "reports"\n'
            "  allowed: a source of book.toml: notice, report\n"
            "  next: Did you mean `report`?\n"
            "book.toml:19: source.report: no value cites this source\n"
            "  allowed: sources that a value rests on\n"
            "  next: Cite it in an entry, or remove it."
        ),
    ),
    "a report passed off as the text": (
        edited("10_notice.toml", '"assumed"', '"stated"'),
        (
            "10_notice.toml:16: trading.tick.source: `report` is of another kind\n"
            "  allowed: a source of kind R: its text was read\n"
            "  next: Correct the basis or the source."
        ),
    ),
    "classes where there are none": (
        edited("assumptions.toml", "value = 1\n", 'value = 1\nclasses = ["key_emitter"]\n'),
        (
            'assumptions.toml:4: trading.lot.classes: found a list with the text "key_emitter"\n'
            "  allowed: no classes: the value is one for everybody\n"
            "  next: Remove `classes`."
        ),
    ),
    "a parameter that nobody knows": (
        edited("assumptions.toml", "[[trading.lot]]", "[[trading.lots]]"),
        (
            "assumptions.toml:1: trading.lots: no parameter of this name\n"
            "  allowed: parameters such as [[auction.price_rule]]; all of them: docs/rule_books/parameters.md\n"
            "  next: Did you mean `trading.lot`?\n"
            "book.toml:8: book.covers: no entry of trading.lot\n"
            "  allowed: an entry for every parameter of a covered chapter\n"
            "  next: Add [[trading.lot]] to a file; where nothing is known, list it under [[unknown]]."
        ),
    ),
    "a parameter of a chapter not covered": (
        {**FILES, "assumptions.toml": ASSUMPTIONS + ASSUMPTIONS.replace("trading.lot", "bid.lot")},
        (
            "assumptions.toml:8: bid.lot: a parameter of the chapter auction\n"
            "  allowed: parameters of the chapters the book covers: trading\n"
            "  next: Add the chapter to `covers` in book.toml, or remove the entry."
        ),
    ),
    "a name that is not the folder's": (
        edited("book.toml", 'name = "draft"', 'name = "final"'),
        (
            'book.toml:2: book.name: found "final" in a folder named "draft"\n'
            "  allowed: the name of the folder\n"
            "  next: Rename one of the two."
        ),
    ),
    "a file that belongs nowhere": (
        {**FILES, "notes.txt": ""},
        (
            "notes.txt:1: a file name that is not allowed\n"
            "  allowed: book.toml, closed_days.toml, assumptions.toml, names such as 10_notice.toml (in legal order)\n"
            "  next: Rename the file, or move it out of the folder."
        ),
    ),
    "a file that got lost": (
        {file: text for file, text in FILES.items() if file != "10_notice.toml"},
        (
            "book.toml:10: book.files: found 10_notice.toml\n"
            "  allowed: the numbered files of the folder, in order: none\n"
            "  next: Correct the list, or bring back the file that is missing."
        ),
    ),
    "no assumptions": (
        {file: text for file, text in FILES.items() if file != "assumptions.toml"},
        (
            "assumptions.toml:1: no file at this place\n"
            "  allowed: a rule book has book.toml and assumptions.toml\n"
            "  next: Write assumptions.toml."
        ),
    ),
    "text that is not TOML": (
        edited("assumptions.toml", "value = 1\n", "value 1\n"),
        (
            "assumptions.toml:3: trading.lot: Expected '=' after a key in a key/value pair: value 1\n"
            "  allowed: a statement of TOML: key = value\n"
            "  next: Correct the line."
        ),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_book_gets_exactly_these_words(case: str) -> None:
    files, expected = BAD[case]
    reading = read(files)
    assert reading.book is None
    assert "\n".join(str(problem) for problem in reading.problems) == expected


def test_good_book_says_what_its_files_say() -> None:
    reading = read(FILES)
    assert not reading.problems
    book = reading.book
    assert book is not None
    assert (book.name, book.currency, book.provisional) == ("draft", "CNY", True)
    early, late, lot = book.entries
    assert (early.parameter, early.value, early.basis, early.clause) == (
        Parameter.TRADING_TICK,
        1,
        Basis.STATED,
        "4.1.8",
    )
    assert (late.value, late.basis, late.source, late.line) == (5, Basis.ASSUMED, "report", 12)
    assert (lot.value, lot.basis, lot.note, lot.decided_by) == (1, Basis.OPERATOR, "One tonne.", "the editors")
    assert book.sources["report"].when == "2024-03"


def test_problems_of_all_files_come_at_once() -> None:
    files = {
        "book.toml": BOOK.replace('"CNY"', '"Yuan"').replace("provisional = true", "provisional = 1"),
        "10_notice.toml": NOTICE.replace('"0.01"', '"-1"').replace("2025-01-01", "2025-01-32"),
        "assumptions.toml": ASSUMPTIONS.replace("= 1\n", "= true\n").replace("why", "because"),
    }
    found = {(problem.file, problem.line, problem.key) for problem in read(files).problems}
    assert found == {
        ("book.toml", 6, "book.currency"),
        ("book.toml", 7, "book.provisional"),
        ("10_notice.toml", 5, "trading.tick.value"),
        ("10_notice.toml", 13, "trading.tick.from"),
        ("assumptions.toml", 1, "trading.lot"),
        ("assumptions.toml", 3, "trading.lot.value"),
        ("assumptions.toml", 7, "trading.lot.because"),
    }


def test_several_faults_of_syntax_in_one_file_are_all_found() -> None:
    files = {**FILES, "10_notice.toml": NOTICE.replace('"4.1.8"', "4.1.8").replace('source = "report"', "source =")}
    assert [(problem.file, problem.line) for problem in read(files).problems] == [
        ("10_notice.toml", 8),
        ("10_notice.toml", 16),
    ]


def test_a_later_entry_leaves_the_days_before_it_alone() -> None:
    book = read(FILES).book
    assert book is not None
    before, after = book.last_confirmed - 366, book.last_confirmed
    assert book.entry_at(Parameter.TRADING_TICK, 0, before).value == 1
    assert book.entry_at(Parameter.TRADING_TICK, 0, after).value == 5


def test_an_overlong_value_is_cut_to_one_line() -> None:
    reading = read(edited("assumptions.toml", "value = 1\n", 'value = """' + "x\n" * 50_000 + '"""\n'))
    assert [len(str(problem).split("\n")) for problem in reading.problems] == [3]
    assert all(len(str(problem)) < 600 for problem in reading.problems)


def test_bytes_that_are_no_text_are_a_problem_with_a_line() -> None:
    content = {file: text.encode() for file, text in FILES.items()}
    content["10_notice.toml"] = b"# one\n# two \xff\n"
    with pytest.raises(ProblemsFound) as caught:
        load_book(NAME, content)
    assert str(caught.value).startswith("10_notice.toml:2: bytes that are not UTF-8\n")


def test_line_ends_of_windows_read_the_same() -> None:
    windows = {file: text.replace("\n", "\r\n") for file, text in FILES.items()}
    assert read(windows).book.entries == read(FILES).book.entries
