"""What each row of a batch is told: an outcome, the parameter behind a refusal, and what the row opened or named.

The kernel of orders writes answers itself; for every other table they are read off the events of the batch.
"""

from __future__ import annotations

import numpy as np

from engine.commands import WHOLE_BOOKS, Batch, BlockCommand, OrderCommand, Table
from engine.events import EventKind

ANSWER = np.dtype((np.record, [("outcome", "<u2"), ("parameter", "<u2"), ("reference", "<i8")]))
"""What one row is told, 12 bytes: an `engine.outcomes.Outcome`; the `engine.parameters.Parameter` behind a refusal, or
0; the order, bid or line that it opened or named, or the number given to a new participant, session, instrument, book
or round. Journals hold these bytes."""


def answers_of(outcomes: np.ndarray, parameters: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Columns of one length, put together: a 1-d array of `ANSWER`."""
    answers = np.empty(len(outcomes), ANSWER)
    answers["outcome"], answers["parameter"], answers["reference"] = outcomes, parameters, references
    return answers


def answers_in(batch: Batch, events: np.ndarray) -> np.ndarray:
    """What the rows of a batch are told, read off its events: a 1-d array of `ANSWER`."""
    if batch.table is Table.BIDS:
        # One event a row, in row order.
        return answers_of(events["outcome"], events["parameter"], _references(batch, events))
    count = len(batch.rows)
    outcomes, parameters = np.zeros(count, np.uint16), np.zeros(count, np.uint16)
    refused = events[events["kind"] == EventKind.REFUSED]
    outcomes[refused["row"]] = refused["outcome"]
    parameters[refused["row"]] = refused["parameter"]
    if batch.table in WHOLE_BOOKS and len(refused):
        outcomes[:] = outcomes[refused["row"][0]]
    return answers_of(outcomes, parameters, _references(batch, events))


def _references(batch: Batch, events: np.ndarray) -> np.ndarray:
    """What each row opened or named: an order or bid by its id, anything else by the number of its first event."""
    rows = batch.rows
    if batch.table is Table.REVEALS:
        return rows["target"].astype(np.int64)
    if batch.table in (Table.ORDERS, Table.BIDS, Table.COMMITMENTS):
        own: np.ndarray = rows["session"].astype(np.int64) << 40 | rows["request_id"]
        if batch.table is not Table.ORDERS:
            return own
        opens = (rows["command"] == OrderCommand.NEW) | (rows["command"] == OrderCommand.TAKE)
        return np.where(opens, own, rows["order_id"])
    if batch.table is Table.BLOCKS:
        offered = rows["session"].astype(np.int64) << 40 | rows["request_id"]
        named = np.where(rows["command"] >= BlockCommand.START, rows["instrument"], rows["offer_id"])
        return np.where(rows["command"] == BlockCommand.OFFER, offered, named)
    references = np.zeros(len(rows), np.int64)
    if batch.table is Table.MARKET_CONTROLS:
        return references
    _, first = np.unique(events["row"], return_index=True)
    named = events[first]
    column = {Table.PARTICIPANTS: "participant", Table.INSTRUMENTS: "instrument"}.get(batch.table, "reference")
    if batch.table in (Table.SUPPLY, Table.SUPPLY_LINES, Table.CONSIGNMENTS, Table.DRAWS):
        column = "order_id"
    elif batch.table is Table.CHANGES:
        # An amended bid is the new one that takes the place of the old.
        named["order_id"] = np.where(named["counter_order_id"] > 0, named["counter_order_id"], named["order_id"])
        column = "order_id"
    values = np.where(named["kind"] == EventKind.REFUSED, named["reference"], named[column])
    references[named["row"]] = values
    return references
