"""Changing and withdrawing bids (撤改申报): until the time the rules name, and by a bidder its own only.

An amended bid is a new bid in the place of the old one: it is judged like any other, has its own id, and stands behind
what came before it. When it is refused the old one stays as it was. A bid made by mistake may be taken out by the
operator after the close, where the rules allow that, until the price is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.commands import Batch, Change, ParticipantClass, Table, is_code, rows_of
from engine.events import EVENT, EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.commitments import CommitmentDesk
from engine.rounds.kernels import AMENDED, build_run_bids, build_withdraw_bid
from engine.rounds.layout import Stage
from engine.rounds.shelf import Shelf
from engine.rounds.supply import SupplyDesk
from engine.state import state_dtype


@cache
def run_bids(capacity: Capacity) -> Callable[..., int]:
    """The kernel that takes bids, for one capacity class."""
    return build_run_bids(state_dtype(capacity))


@cache
def _withdraw_bid(capacity: Capacity) -> Callable[..., int]:
    return build_withdraw_bid(state_dtype(capacity))


class ChangeDesk:
    """Takes rows of CHANGES."""

    def __init__(
        self, capacity: Capacity, state: np.ndarray, shelf: Shelf, supply: SupplyDesk, commitments: CommitmentDesk
    ) -> None:
        self._capacity, self._state, self._shelf, self._supply = capacity, state, shelf, supply
        self._commitments = commitments

    def change(self, batch: Batch, row: int, out: Recorder, first_sequence: int) -> None:
        """One row of CHANGES; `first_sequence` numbers the first event of the batch."""
        columns, shelf = batch.rows[row], self._shelf
        number, code = int(columns["round_number"]), int(columns["change"])
        if not is_code(Change, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, reference=number)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if code == Change.WITHDRAW_CONSIGNMENT:
            return self._supply.withdraw(batch, row, out)
        target, actor = int(columns["target"]), int(columns["actor"])
        if self._commitments.seals(number):
            return self._change_committed(number, Change(code), target, actor, batch.time_ns, row, out)
        position = self._position(number, target)
        klass = shelf.register.class_of(actor)
        is_own = position is not None and int(shelf.bids.rows()["bidder"][position]) == actor
        is_mistake = klass is ParticipantClass.OPERATOR and code == Change.WITHDRAW_BID
        if position is None or not (is_own or is_mistake):
            return out.refuse(row, Outcome.BID_UNKNOWN, reference=number, order_id=target)
        verdict = self._judge_mistake(number) if is_mistake else self._judge_time(number, batch.time_ns)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, order_id=target, participant=actor)
        if code == Change.WITHDRAW_BID:
            return self._withdraw(position, 0, row, out)
        return self._amend(batch, row, position, out, first_sequence)

    def _change_committed(
        self, number: int, change: Change, target: int, actor: int, time_ns: int, row: int, out: Recorder
    ) -> None:
        """A bid that is committed to may be withdrawn; another one takes its place by another commitment."""
        if change is Change.AMEND_BID:
            refusal = (Outcome.BIDS_ARE_COMMITTED, Parameter.AUCTION_SEALING)
            return out.refuse(row, *refusal, reference=number, order_id=target, participant=actor)
        return self._commitments.withdraw(number, target, actor, time_ns, row, out)

    def _position(self, number: int, bid_id: int) -> int | None:
        bids = self._shelf.bids.rows()
        found = np.flatnonzero((bids["bid_id"] == bid_id) & (bids["round_number"] == number) & (bids["withdrawn"] == 0))
        return int(found[0]) if len(found) else None

    def _judge_mistake(self, number: int) -> tuple[Outcome, Parameter] | None:
        if self._shelf.stage(number) is not Stage.CLOSED:
            return Outcome.ROUND_NOT_CLOSED, Parameter.NONE
        if self._shelf.resolver(number).known(Parameter.GOVERNANCE_MISTAKEN_BIDS) != 1:
            return Outcome.BID_NOT_AMENDABLE, Parameter.GOVERNANCE_MISTAKEN_BIDS
        return None

    def _judge_time(self, number: int, time_ns: int) -> tuple[Outcome, Parameter] | None:
        terms = self._shelf.rounds[number]
        if self._shelf.stage(number) not in (Stage.OPEN, Stage.SUSPENDED):
            return Outcome.ROUND_NOT_OPEN, Parameter.NONE
        if not terms["amendable"]:
            return Outcome.BID_NOT_AMENDABLE, Parameter.BID_AMENDABLE
        if terms["withdraw_closes_ns"] and time_ns >= terms["withdraw_closes_ns"]:
            return Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES
        if terms["closes_ns"] and time_ns >= terms["closes_ns"]:
            return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
        return None

    def _withdraw(self, position: int, successor: int, row: int, out: Recorder) -> None:
        shelf = self._shelf
        freed = self._take_out(position)
        bid = shelf.bids.rows()[position]
        out.add(
            EventKind.BID_WITHDRAWN,
            row,
            reference=int(bid["round_number"]),
            instrument=shelf.instrument(int(bid["round_number"])),
            order_id=int(bid["bid_id"]),
            participant=int(bid["bidder"]),
            price_ticks=int(bid["price_ticks"]),
            quantity_lots=int(bid["quantity_lots"]),
            amount_minor=freed,
            counter_order_id=successor,
        )

    def _take_out(self, position: int) -> int:
        bids = self._shelf.bids
        return int(_withdraw_bid(self._capacity)(self._state, bids.reserve(0), position))

    def _amend(self, batch: Batch, row: int, position: int, out: Recorder, first_sequence: int) -> None:
        """Try it: take the old bid out, let the new one be judged, and put everything back when it is refused."""
        columns, shelf = batch.rows[row], self._shelf
        number, actor = int(columns["round_number"]), int(columns["actor"])
        row_of_bid = rows_of(Table.BIDS, 1)
        for name in ("actor", "session", "request_id", "round_number", "price_ticks", "quantity_lots"):
            row_of_bid[name] = columns[name]
        before = self._snapshot(number, actor)
        events = np.zeros(1, EVENT)
        shelf.bids.reserve(1)
        freed = self._take_out(position)
        used = run_bids(self._capacity)(
            self._state,
            row_of_bid.view(np.uint8),
            shelf.bids.reserve(1),
            shelf.bids.used,
            first_sequence + out.count + 1,
            batch.time_ns,
            AMENDED,
            events.view(np.uint8),
        )
        events["row"] = row
        if used == shelf.bids.used:
            self._restore(number, actor, before)
            events["order_id"] = int(columns["target"])
            return out.extend(events)
        shelf.bids.used = used
        old = shelf.bids.rows()[position]
        out.add(
            EventKind.BID_WITHDRAWN,
            row,
            reference=number,
            instrument=shelf.instrument(number),
            order_id=int(old["bid_id"]),
            participant=actor,
            price_ticks=int(old["price_ticks"]),
            quantity_lots=int(old["quantity_lots"]),
            amount_minor=freed,
            counter_order_id=int(events["order_id"][0]),
        )
        return out.extend(events)

    def _snapshot(self, number: int, actor: int) -> tuple[np.ndarray, ...]:
        shelf = self._shelf
        own = np.flatnonzero((shelf.bids.rows()["round_number"] == number) & (shelf.bids.rows()["bidder"] == actor))
        return (
            shelf.rounds[number : number + 1].copy(),
            shelf.bidders[number, actor : actor + 1].copy(),
            shelf.record["cash"][actor : actor + 1].copy(),
            own,
            shelf.bids.rows()[own].copy(),
        )

    def _restore(self, number: int, actor: int, before: tuple[np.ndarray, ...]) -> None:
        shelf = self._shelf
        shelf.rounds[number : number + 1] = before[0]
        shelf.bidders[number, actor : actor + 1] = before[1]
        shelf.record["cash"][actor : actor + 1] = before[2]
        shelf.bids.rows()[before[3]] = before[4]
