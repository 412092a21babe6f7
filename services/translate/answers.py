"""What became of rows, as the wire tells it: one status a row, and a reason for each refused one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.outcomes import ADVICE, Outcome, may_succeed_later
from engine.parameters import DEFINITIONS, Parameter
from services.sequencer.outcomes import Answer
from services.wire.jingjia.common.v1 import common_pb2

Clause = Callable[[int, int], str]
"""Gives the clause behind a refusal: (position of the row, parameter number) -> text, empty when there is none."""

_STATUSES = np.array(
    [
        common_pb2.ROW_STATUS_ACCEPTED,
        common_pb2.ROW_STATUS_REFUSED,
        common_pb2.ROW_STATUS_ACCEPTED_BEFORE,
        common_pb2.ROW_STATUS_REFUSED_BEFORE,
    ],
    np.uint8,
)
"""By refused + 2 x repeated."""


def statuses(answer: Answer) -> np.ndarray:
    """One `RowStatus` number (uint8) a row."""
    status: np.ndarray = _STATUSES[(answer.outcomes != 0) + 2 * answer.repeated.astype(np.int8)]
    return status


def refusals(answer: Answer, clause: Clause, first_row: int = 0) -> list[common_pb2.Refusal]:
    """One entry a refused row, in row order; rows are counted from `first_row`."""
    return [
        refusal(row + first_row, Outcome(outcome), parameter, clause(row, parameter) if parameter else "")
        for row, outcome, parameter in _refused(answer)
    ]


def _refused(answer: Answer) -> Sequence[tuple[int, int, int]]:
    rows = np.flatnonzero(answer.outcomes)
    return list(zip(rows.tolist(), answer.outcomes[rows].tolist(), answer.parameters[rows].tolist(), strict=True))


def refusal(row: int, outcome: Outcome, parameter: int, clause: str) -> common_pb2.Refusal:
    """One refusal, with the parameter as a rule book writes it and what to do next."""
    return common_pb2.Refusal(
        row=row,
        outcome=int(outcome),  # type: ignore[arg-type]
        parameter=DEFINITIONS[Parameter(parameter)].key if parameter else "",
        clause=clause,
        advice=ADVICE[outcome],
        may_succeed_later=may_succeed_later(outcome),
    )


def receipt(answers: Sequence[Answer], clauses: Sequence[Clause]) -> common_pb2.Receipt:
    """One receipt for the batches that carried out one request, in order; it refers to what the first row opened."""
    refused: list[common_pb2.Refusal] = []
    row = 0
    for answer, clause in zip(answers, clauses, strict=True):
        refused += refusals(answer, clause, row)
        row += len(answer.outcomes)
    repeated = all(bool(answer.repeated.all()) for answer in answers)
    return common_pb2.Receipt(
        status=int(_STATUSES[bool(refused) + 2 * repeated]),  # type: ignore[arg-type]
        reference=int(answers[0].references[0]),
        refusals=refused,
        first_sequence=answers[0].first_sequence,
        last_sequence=answers[-1].last_sequence,
        durable_through_batch=answers[-1].durable_through,
    )
