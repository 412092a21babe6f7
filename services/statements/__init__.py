"""Statements of account (对账单) and the trial balance, from a journal: as of any sequence, beside a running server."""
