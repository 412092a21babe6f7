"""Statements and trial balances as messages."""

from __future__ import annotations

from engine.ledger.postings import CASH_ASSET, Pocket
from engine.ledger.statement import Ledger, Places, Statement
from services.statements import words
from services.translate.problems import Admission
from services.wire.jingjia.accounts.v1 import accounts_pb2

LINES_MAX = 20_000
"""Most lines of one statement; a longer one is asked for in parts."""


def admit_range(first: int, last: int, there: int) -> tuple[int, int]:
    """The events from which to which is asked, of those that are there (0: from the first, to the last).

    Raises Malformed.
    """
    admission = Admission()
    to = admission.within("to_sequence", last or there, 1, max(there, 1))
    begin = admission.within("from_sequence", first or 1, 1, to)
    admission.close()
    return begin, to


def admit_lines(statement: Statement) -> None:
    """Raises Malformed when a statement has too many lines for one message."""
    admission = Admission()
    found = len(statement.lines)
    if found > LINES_MAX:
        admission.add("from_sequence", f"the range has {found} postings; at most {LINES_MAX} are given at a time")
    admission.close()


def statement_message(statement: Statement) -> accounts_pb2.GetStatementResponse:
    """A statement."""
    lines = []
    for line in statement.lines:
        what = words.description(line)
        lines.append(
            accounts_pb2.StatementLine(
                sequence=line.sequence,
                time_ns=line.time_ns,
                batch=line.batch,
                row=line.row,
                description=what.en,
                description_zh=what.zh,
                counterparty=line.counterparty,
                instrument=_instrument(line.asset),
                pocket=int(line.pocket),  # type: ignore[arg-type]
                amount=line.amount,
                balance=line.balance,
            )
        )
    return accounts_pb2.GetStatementResponse(
        participant=statement.account,
        from_sequence=statement.first_sequence,
        to_sequence=statement.last_sequence,
        opening=_balances(statement.opening),
        lines=lines,
        closing=_balances(statement.closing),
    )


def trial_message(ledger: Ledger) -> accounts_pb2.GetTrialBalanceResponse:
    """What all accounts have."""
    return accounts_pb2.GetTrialBalanceResponse(
        to_sequence=ledger.sequence,
        balances=[
            accounts_pb2.AccountBalance(account=account, balance=balance)
            for account in ledger.accounts()
            for balance in _balances(ledger.places(account))
        ],
    )


def _balances(places: Places) -> list[accounts_pb2.Balance]:
    return [_balance(pocket, asset, amount) for (pocket, asset), amount in places.items()]


def _balance(pocket: Pocket, asset: int, amount: int) -> accounts_pb2.Balance:
    return accounts_pb2.Balance(instrument=_instrument(asset), pocket=int(pocket), amount=amount)  # type: ignore[arg-type]


def _instrument(asset: int) -> int:
    return 0 if asset == CASH_ASSET else asset
