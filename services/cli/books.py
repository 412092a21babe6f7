"""What the commands on rule books share: a book by its name, and a day by its text."""

from __future__ import annotations

from datetime import date

from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound
from services.errors import BadInput
from services.rule_books import files as rule_files

LAST_DAY = date(2100, 12, 31).toordinal() - EPOCH_ORDINAL
"""The day of what is in force last."""


def day_of(text: str) -> int:
    """The day of `--on`, `LAST_DAY` for none. Raises BadInput."""
    if not text:
        return LAST_DAY
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL
    except ValueError:
        raise BadInput(f"--on {text}: no day of the calendar; write year-month-day, such as 2022-08-12") from None


def find(name: str) -> rule_files.BookFiles:
    """The files of a book by name or folder. Raises BadInput."""
    try:
        return rule_files.find_book(name)
    except (rule_files.BookNotFound, OSError) as error:
        raise BadInput(str(error)) from error


def load(name: str) -> Book:
    """The book by name or folder. Raises BadInput with everything that is wrong with it."""
    try:
        return rule_files.load_book(name)
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from found
    except (rule_files.BookNotFound, OSError) as error:
        raise BadInput(str(error)) from error
