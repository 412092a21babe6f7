"""RuleBookService: books that ship, books that are adopted, and the adoption."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import Table, rows_of
from engine.outcomes import Outcome
from engine.rules.compile import book_sha256, book_text, compiled_rows, parse_book_text
from engine.rules.explain import explain
from engine.rules.loader import load_book
from engine.rules.model import Book
from engine.rules.values import format_value
from services.rule_books import files as rule_files
from services.rule_books.trading_days import trading_days
from services.servicers.venue import Context, Venue
from services.status import NotFound
from services.translate.keys import admit_key
from services.translate.problems import Admission
from services.wire.jingjia.rules.v1 import rules_pb2, rules_pb2_grpc


class RuleBookServicer(rules_pb2_grpc.RuleBookServiceServicer):
    """Lists, shows and adopts rule books."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def ListRuleBooks(
        self, request: rules_pb2.ListRuleBooksRequest, context: Context
    ) -> rules_pb2.ListRuleBooksResponse:
        """Adopted and shipped books."""
        del request
        self._venue.caller(context)
        return rules_pb2.ListRuleBooksResponse(
            adopted=[
                rules_pb2.RuleBook(number=view.number, name=view.name, sha256=view.sha256)
                for view in self._venue.core.rule_books()
            ],
            shipped=rule_files.shipped_names(),
        )

    async def ShowRuleBook(
        self, request: rules_pb2.ShowRuleBookRequest, context: Context
    ) -> rules_pb2.ShowRuleBookResponse:
        """One book with its text and values."""
        self._venue.caller(context)
        name, files = (
            self._adopted(request.number) if request.WhichOneof("book") == "number" else _shipped(request.shipped)
        )
        book = load_book(name, files)
        return rules_pb2.ShowRuleBookResponse(
            name=name,
            sha256=book_sha256(book_text(name, files)),
            files={file: text.decode() for file, text in files.items()},
            values=_values(book),
        )

    async def AdoptRuleBook(
        self, request: rules_pb2.AdoptRuleBookRequest, context: Context
    ) -> rules_pb2.AdoptRuleBookResponse:
        """Adopts a book; it is loaded first, so a book with problems never reaches the journal."""
        caller = self._venue.caller(context)
        name, files = _shipped(request.shipped) if request.WhichOneof("book") == "shipped" else _own(request)
        text = book_text(name, files)
        book = load_book(name, files)
        rows = compiled_rows(book, trading_days(book))
        admission = Admission()
        if len(text) > limits.TEXT_BYTES_MAX:
            admission.add("files", f"found {len(text)} bytes in all; allowed is {limits.TEXT_BYTES_MAX}")
        session, first = admit_key(admission, request.key, len(rows))
        admission.close()
        rows["actor"] = caller.number
        rows["session"] = session
        rows["request_id"] = first + np.arange(len(rows))
        if request.propose:
            rows = _proposed(rows, request)
        table = Table.BOOK_PROPOSALS if request.propose else Table.RULE_BOOKS
        told = await self._venue.submit_for_receipt(table, rows, text)
        return rules_pb2.AdoptRuleBookResponse(
            receipt=told, sha256=book_sha256(text), last_request_id=int(rows["request_id"][-1])
        )

    def _adopted(self, number: int) -> tuple[str, dict[str, bytes]]:
        for view in self._venue.core.rule_books():
            if view.number == number:
                return parse_book_text(view.text)
        raise NotFound(Outcome.RULE_BOOK_UNKNOWN, f"There is no adopted rule book {number}.")


def _shipped(name: str) -> tuple[str, dict[str, bytes]]:
    """Name and files of a shipped book, by its exact name: a path names nothing here."""
    if name not in rule_files.shipped_names():
        names = ", ".join(rule_files.shipped_names())
        raise NotFound(Outcome.RULE_BOOK_UNKNOWN, f"No rule book {name!r} ships; there are: {names}.")
    found = rule_files.find_book(name)
    return found.name, found.files


def _own(request: rules_pb2.AdoptRuleBookRequest) -> tuple[str, dict[str, bytes]]:
    admission = Admission()
    if request.WhichOneof("book") != "files":
        admission.add("book", "found nothing; allowed is shipped or files")
        admission.close()
    admission.name("files.name", request.files.name)
    admission.close()
    return request.files.name, {file: text.encode() for file, text in request.files.files.items()}


def _proposed(rows: np.ndarray, request: rules_pb2.AdoptRuleBookRequest) -> np.ndarray:
    """The rows of a book as those of a proposal."""
    proposed = rows_of(Table.BOOK_PROPOSALS, len(rows))
    for name in rows.dtype.names or ():
        proposed[name] = rows[name]
    admission = Admission()
    for name in ("effective_ns", "effective_sequence"):
        proposed[name] = admission.within(name, getattr(request, name), 0, limits.TIME_NS_MAX)
    admission.close()
    return proposed


def _values(book: Book) -> list[rules_pb2.RuleValue]:
    values = []
    for entry in sorted(book.entries, key=lambda entry: (entry.parameter, entry.classes, entry.from_day)):
        for number in entry.classes:
            shown = explain(book, entry.parameter, number, entry.from_day)
            values.append(
                rules_pb2.RuleValue(
                    parameter=shown.key,
                    meaning=shown.meaning,
                    participant_class=number,  # type: ignore[arg-type]
                    effective_day=entry.from_day,
                    value="" if entry.value is None else format_value(entry.parameter, entry.value),
                    basis=entry.basis.name.lower(),
                    clause=shown.text,
                )
            )
    return values
