"""Bids of a round from files whose rules want commitments: committed to, and revealed once the round is closed.

Nothing is secret in a file, so the salt is not either: 32 zero bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.commands import Table, order_id, rows_of
from engine.events import EventKind
from engine.limits import BATCH_ROWS_MAX
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid, to_words
from engine.views import Applied
from services.errors import BadInput

Verdicts = tuple[np.ndarray, np.ndarray]
"""Outcome and parameter of each bid."""

_SALT = bytes(32)


def commit_and_reveal(
    apply: Callable[[Table, np.ndarray], Applied], close: Callable[[], None]
) -> Callable[[np.ndarray], Verdicts]:
    """A function that takes rows of BIDS, all of a round in one batch, and closes the round on the way.

    It raises BadInput for a second batch: a reveal is one.
    """
    batches = 0

    def send(rows: np.ndarray) -> Verdicts:
        nonlocal batches
        batches += 1
        if batches > 1:
            raise BadInput(f"a round whose bids are committed to takes {BATCH_ROWS_MAX} bids; divide it")
        entered = apply(Table.COMMITMENTS, _commitments(rows))
        outcomes, parameters = entered.outcomes.copy(), entered.parameters.copy()
        close()
        good = np.flatnonzero(outcomes == 0)
        if len(good):
            revealed = apply(Table.REVEALS, _reveals(rows[good])).events
            void = revealed[revealed["kind"] == EventKind.BID_VOIDED]
            at = good[void["row"]]
            outcomes[at], parameters[at] = void["outcome"], void["parameter"]
        return outcomes, parameters

    return send


def _commitments(rows: np.ndarray) -> np.ndarray:
    commitments = rows_of(Table.COMMITMENTS, len(rows))
    for name in ("actor", "session", "request_id", "round_number"):
        commitments[name] = rows[name]
    for i, row in enumerate(rows):
        bid = PlainBid(
            int(row["round_number"]),
            int(row["actor"]),
            order_id(int(row["session"]), int(row["request_id"])),
            int(row["price_ticks"]),
            int(row["quantity_lots"]),
        )
        for place, word in enumerate(to_words(commitment_of_bid(bid, _SALT)), start=1):
            commitments[f"hash_{place}"][i] = word
    return commitments


def _reveals(rows: np.ndarray) -> np.ndarray:
    reveals = rows_of(Table.REVEALS, len(rows))
    reveals["actor"] = 1
    for name in ("round_number", "price_ticks", "quantity_lots"):
        reveals[name] = rows[name]
    reveals["target"] = rows["session"].astype(np.int64) << 40 | rows["request_id"]
    return reveals
