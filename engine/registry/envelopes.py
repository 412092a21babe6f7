"""Which class may send which table, and the first judgement of a batch of a rare table.

Orders and bids are judged row by row in their own kernels, with the same helper.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.commands import Batch, ParticipantClass, Table
from engine.outcomes import Outcome
from engine.registry.kernels import HEAD, build_judge_envelopes
from engine.state import state_dtype

_OPERATOR = 1 << ParticipantClass.OPERATOR
_EVERYONE = sum(1 << member for member in ParticipantClass)

PERMITTED: dict[Table, int] = {
    Table.PARTICIPANTS: _OPERATOR,
    Table.INSTRUMENTS: _OPERATOR,
    Table.SESSIONS: _EVERYONE,
    Table.DEPOSITS: _OPERATOR,
    Table.RULE_BOOKS: _OPERATOR,
    Table.ROUNDS: _OPERATOR,
    Table.ROUND_VALUES: _OPERATOR,
    Table.SUPPLY: _OPERATOR,
    Table.CONSIGNMENTS: _EVERYONE & ~_OPERATOR,
    Table.ROUND_ACTIONS: _OPERATOR,
    Table.PHASES: _OPERATOR,
    Table.MARKET_CONTROLS: _EVERYONE,
    Table.VENUE_CHANGES: _OPERATOR | 1 << ParticipantClass.GOVERNMENT,
    Table.BOOK_PROPOSALS: _OPERATOR,
    Table.SUPPLY_LINES: _OPERATOR,
    Table.DRAWS: _OPERATOR,
    Table.HIDDEN_RESERVES: _OPERATOR,
    Table.LINKS: _OPERATOR,
    Table.FACTS: _OPERATOR,
    Table.GUARANTEES: _EVERYONE & ~_OPERATOR,
    Table.CHANGES: _EVERYONE,
    Table.ROUND_STEPS: _OPERATOR | 1 << ParticipantClass.GOVERNMENT,
    Table.RESERVE_STEPS: _EVERYONE,
    Table.ALLOCATIONS: _OPERATOR,
    Table.UNIT_TYPES: _OPERATOR,
    Table.UNIT_STEPS: _EVERYONE,
    Table.VOIDS: _OPERATOR,
    Table.COMMITMENTS: _EVERYONE & ~_OPERATOR,
    Table.REVEALS: _OPERATOR,
}
"""Bit masks of classes by table, for the tables that Python handles."""


@cache
def _kernel(capacity: Capacity) -> Callable[..., None]:
    return build_judge_envelopes(state_dtype(capacity))


def judge_batch(capacity: Capacity, state: np.ndarray, batch: Batch) -> np.ndarray:
    """Outcome numbers (int64, one a row) of the rows' first three columns; good request ids are used up.

    `state` is the record's bytes.
    """
    heads = np.empty(len(batch.rows), HEAD)
    for name in ("actor", "session", "request_id"):
        heads[name] = batch.rows[name]
    outcomes = np.zeros(len(heads), np.int64)
    _kernel(capacity)(state, heads.view(np.uint8), PERMITTED[batch.table], outcomes)
    return outcomes


def judge_genesis(batch: Batch) -> np.ndarray:
    """Outcome numbers of the first PARTICIPANTS batch, which nobody can send: its first row names the operator."""
    named = int(batch.rows["participant_class"][0]) == ParticipantClass.OPERATOR
    outcome = Outcome.ACCEPTED if named else Outcome.NOT_PERMITTED_FOR_CLASS
    return np.full(len(batch.rows), outcome, np.int64)
