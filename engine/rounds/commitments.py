"""Sealed bids as commitments: a bid enters as a hash, and a round's bids are revealed in one batch after its close.

Promise: until the reveal the core knows who committed how often and what guarantee stands behind it, and nothing of any
price. At entry is judged what can be judged without one: the window, the class, the count, the submissions, the
consignor, and that a guarantee is put up. Everything else is judged at the reveal, in the order in which commitments
arrived: a bid that the rules refuse then is void. Every live commitment is revealed, or none: a wrong or missing one
leaves the round closed and unrevealed, and it cannot clear.

Not promised: that whoever keeps bids and salts keeps them to itself; that is the edge's (`services.sealing`).
"""

from __future__ import annotations

import numpy as np

from engine.commands import Batch, Table, order_id, rows_of
from engine.digest import integers
from engine.events import EventKind
from engine.limits import BATCH_ROWS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.layout import Stage
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid, from_words
from engine.rounds.shelf import Shelf
from engine.views import Commitment, VoidBid
from engine.words.rounds import Sealing

Verdict = tuple[Outcome, Parameter]


class CommitmentDesk:
    """Takes rows of COMMITMENTS and batches of REVEALS, and withdraws what was committed."""

    KEPT = ("live", "counts", "void")

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.live: dict[int, dict[int, tuple[int, bytes]]] = {}
        """By round and bid, in the order of arrival: the bidder and the commitment. They stay after the reveal."""
        self.counts: dict[int, dict[int, int]] = {}
        """By round and bidder: how many live commitments it has."""
        self.void: dict[int, dict[int, tuple[int, int, int, int]]] = {}
        """Bids that were void when they were revealed: price, quantity, outcome, parameter."""

    # -- commands ------------------------------------------------------------------------------------------------

    def commit(self, batch: Batch, row: int, out: Recorder, first_sequence: int) -> None:
        """One row of COMMITMENTS; `first_sequence` numbers the first event of the batch."""
        columns, shelf = batch.rows[row], self._shelf
        number, actor, replaced = int(columns["round_number"]), int(columns["actor"]), int(columns["replaces"])
        bid = order_id(int(columns["session"]), int(columns["request_id"]))
        verdict = self._judge(number, actor, replaced, batch.time_ns, first_sequence)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, order_id=bid, participant=actor)
        if replaced:
            self._take_out(number, replaced)
        self.live.setdefault(number, {})[bid] = (actor, from_words(columns, "hash"))
        counts = self.counts.setdefault(number, {})
        counts[actor] = counts.get(actor, 0) + 1
        shelf.rounds["commitments"][number] += 1
        if shelf.bidders["last_submission"][number, actor] != first_sequence:
            shelf.bidders["last_submission"][number, actor] = first_sequence
            shelf.bidders["submissions"][number, actor] += 1
        out.add(
            EventKind.BID_COMMITTED,
            row,
            reference=number,
            instrument=shelf.instrument(number),
            order_id=bid,
            participant=actor,
            counter_order_id=replaced,
        )

    def withdraw(self, number: int, bid: int, actor: int, time_ns: int, row: int, out: Recorder) -> None:
        """A row of CHANGES that withdraws a bid, in a round whose bids are not revealed yet."""
        verdict = self._judge_stage(number) or self._judge_target(number, actor, bid, time_ns)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, order_id=bid, participant=actor)
        self._take_out(number, bid)
        out.add(
            EventKind.COMMITMENT_WITHDRAWN,
            row,
            reference=number,
            instrument=self._shelf.instrument(number),
            order_id=bid,
            participant=actor,
        )

    def _take_out(self, number: int, bid: int) -> None:
        bidder, _ = self.live[number].pop(bid)
        self.counts[number][bidder] -= 1
        self._shelf.rounds["withdrawn_commitments"][number] += 1

    # -- judgement at entry --------------------------------------------------------------------------------------

    def _judge(self, number: int, actor: int, replaced: int, time_ns: int, first_sequence: int) -> Verdict | None:
        """Why a commitment is refused, or None; the first reason in the order of `engine.outcomes`."""
        shelf = self._shelf
        if not shelf.exists(number):
            return Outcome.ROUND_UNKNOWN, Parameter.NONE
        terms, bidder = shelf.rounds[number], shelf.bidders[number, actor]
        klass = shelf.register.class_of(actor)
        if shelf.is_stopped(number, actor):
            return Outcome.TRADING_STOPPED, Parameter.NONE
        if verdict := self._judge_window(number, time_ns):
            return verdict
        if not terms["eligible"][klass]:
            return Outcome.CLASS_NOT_ELIGIBLE, Parameter.AUCTION_ELIGIBLE
        if terms["shortfall_only"] and bidder["shortfall_lots"] <= 0:
            return Outcome.SHORTFALL_MISSING, Parameter.AUCTION_SHORTFALL_ONLY
        live = self.live.get(number, {})
        others = self._count(number, actor) - (live.get(replaced, (0, b""))[0] == actor)
        if terms["bid_count_max"] and others >= terms["bid_count_max"]:
            return Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX
        used_up = terms["submissions_max"] and bidder["submissions"] >= terms["submissions_max"]
        if used_up and bidder["last_submission"] != first_sequence:
            return Outcome.BID_SUBMISSIONS_EXCEEDED, Parameter.BID_SUBMISSIONS_MAX
        if bidder["consigned_lots"] > 0 and not terms["consignor_may_bid"]:
            return Outcome.CONSIGNOR_MAY_NOT_BID, Parameter.CONSIGNMENT_MAY_BID
        if replaced and (verdict := self._judge_target(number, actor, replaced, time_ns)):
            return verdict
        if not bidder["guarantee_minor"]:
            return Outcome.GUARANTEE_NOT_PUT_UP, Parameter.BID_GUARANTEE
        if not replaced and len(live) >= BATCH_ROWS_MAX:
            return Outcome.COMMITMENTS_FULL, Parameter.NONE
        return None

    def _judge_stage(self, number: int) -> Verdict | None:
        stage = self._shelf.stage(number)
        return None if stage in (Stage.OPEN, Stage.SUSPENDED) else (Outcome.ROUND_NOT_OPEN, Parameter.NONE)

    def _judge_window(self, number: int, time_ns: int) -> Verdict | None:
        """Whether a commitment may enter now, and may enter this round at all."""
        terms = self._shelf.rounds[number]
        if self._shelf.stage(number) is not Stage.OPEN:
            return Outcome.ROUND_NOT_OPEN, Parameter.NONE
        if terms["opens_ns"] and time_ns < terms["opens_ns"]:
            return Outcome.WINDOW_NOT_OPEN_YET, Parameter.AUCTION_OPENS
        if terms["closes_ns"] and time_ns >= terms["closes_ns"]:
            return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
        if terms["sealing"] != Sealing.COMMITTED:
            return Outcome.COMMITMENT_NOT_TAKEN, Parameter.AUCTION_SEALING
        return None

    def _judge_target(self, number: int, actor: int, bid: int, time_ns: int) -> Verdict | None:
        """Whether a live commitment of the actor's own may be replaced or withdrawn now."""
        terms = self._shelf.rounds[number]
        if self.live.get(number, {}).get(bid, (0, b""))[0] != actor:
            return Outcome.BID_UNKNOWN, Parameter.NONE
        if not terms["amendable"]:
            return Outcome.BID_NOT_AMENDABLE, Parameter.BID_AMENDABLE
        if terms["withdraw_closes_ns"] and time_ns >= terms["withdraw_closes_ns"]:
            return Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES
        if terms["closes_ns"] and time_ns >= terms["closes_ns"]:
            return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
        return None

    # -- the reveal ----------------------------------------------------------------------------------------------

    def judge_reveal(self, batch: Batch, senders: np.ndarray) -> np.ndarray:
        """Outcome numbers of the rows of a batch of REVEALS whose senders came out as `senders`; all 0: it is good.

        A batch of which one row is wrong is refused whole: rows with nothing wrong about them are REVEAL_INCOMPLETE.
        """
        number = int(batch.rows["round_number"][0])
        if not self._shelf.exists(number):
            return np.where(senders, senders, int(Outcome.ROUND_UNKNOWN))
        stands = self._judge_revealable(number)
        if stands is not None:
            return np.where(senders, senders, int(stands))
        outcomes = senders.copy()
        seen: set[int] = set()
        for row, columns in enumerate(batch.rows):
            if not outcomes[row]:
                outcomes[row] = self._judge_opened(number, columns, seen)
        if outcomes.any() or len(seen) != len(self.live.get(number, {})):
            outcomes[outcomes == 0] = Outcome.REVEAL_INCOMPLETE
        return outcomes

    def _judge_revealable(self, number: int) -> Outcome | None:
        terms = self._shelf.rounds[number]
        if self._shelf.stage(number) is not Stage.CLOSED:
            return Outcome.ROUND_NOT_CLOSED
        if terms["sealing"] != Sealing.COMMITTED:
            return Outcome.COMMITMENT_NOT_TAKEN
        return Outcome.BIDS_ALREADY_REVEALED if terms["revealed"] else None

    def _judge_opened(self, number: int, columns: np.void, seen: set[int]) -> int:
        """One row against its commitment."""
        target = int(columns["target"])
        bidder, commitment = self.live.get(number, {}).get(target, (0, b""))
        if columns["round_number"] != number or not bidder:
            return Outcome.BID_UNKNOWN
        bid = PlainBid(number, bidder, target, int(columns["price_ticks"]), int(columns["quantity_lots"]))
        if commitment_of_bid(bid, from_words(columns, "salt")) != commitment:
            return Outcome.REVEAL_NOT_AS_COMMITTED
        if target in seen:
            return Outcome.REVEAL_INCOMPLETE
        seen.add(target)
        return Outcome.ACCEPTED

    def opened(self, batch: Batch) -> tuple[int, np.ndarray, np.ndarray]:
        """Round, rows of BIDS in the order in which the commitments arrived, and the row of the batch of each."""
        number = int(batch.rows["round_number"][0])
        at = {int(target): row for row, target in enumerate(batch.rows["target"])}
        order = np.array([at[bid] for bid in self.live[number]], np.int64)
        rows = rows_of(Table.BIDS, len(order))
        rows["round_number"] = number
        rows["actor"] = [bidder for bidder, _ in self.live[number].values()]
        ids = np.fromiter(self.live[number], np.int64, len(order))
        rows["session"], rows["request_id"] = ids >> 40, ids & (2**40 - 1)
        for name in ("price_ticks", "quantity_lots"):
            rows[name] = batch.rows[name][order]
        return number, rows, order

    def take_revealed(self, number: int, events: np.ndarray, out: Recorder) -> None:
        """The bids as the rules judged them (an array of EVENT, one a bid): what was refused is void."""
        shelf = self._shelf
        void = events["kind"] == EventKind.REFUSED
        events["kind"][void] = EventKind.BID_VOIDED
        events["instrument"] = shelf.instrument(number)
        if void.any():
            self.void[number] = {
                int(event["order_id"]): tuple(
                    int(event[name]) for name in ("price_ticks", "quantity_lots", "outcome", "parameter")
                )  # type: ignore[misc]
                for event in events[void]
            }
        shelf.rounds["revealed"][number] = 1
        out.extend(events)
        out.add(
            EventKind.BIDS_REVEALED,
            int(events["row"][0]),
            reference=number,
            instrument=shelf.instrument(number),
            quantity_lots=len(events),
            remaining_lots=int(void.sum()),
        )

    # -- reads ---------------------------------------------------------------------------------------------------

    def seals(self, number: int) -> bool:
        """Whether bids of a round are committed to, and not revealed yet."""
        terms = self._shelf.rounds[number]
        return bool(terms["sealing"] == Sealing.COMMITTED and not terms["revealed"])

    def unrevealed(self, number: int) -> bool:
        """Whether a round has commitments that are no bids yet."""
        return bool(self.live.get(number)) and not self._shelf.rounds["revealed"][number]

    def of_round(self, number: int) -> tuple[Commitment, ...]:
        """The live commitments of a round, in the order of arrival; with what was void, once they are revealed."""
        void = self.void.get(number, {})
        return tuple(
            Commitment(bid, bidder, sha256, VoidBid(*void[bid]) if bid in void else None)
            for bid, (bidder, sha256) in self.live.get(number, {}).items()
        )

    def has_any(self, number: int, bidder: int) -> bool:
        """Whether a bidder has a live commitment in a round."""
        return self._count(number, bidder) > 0

    def _count(self, number: int, bidder: int) -> int:
        return self.counts.get(number, {}).get(bidder, 0)

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of commitments; nothing where there are none."""
        parts = []
        for number, committed in sorted(self.live.items()):
            parts += [integers(number, bid, bidder) + sha256 for bid, (bidder, sha256) in committed.items()]
        for number, bids in sorted(self.void.items()):
            parts += [integers(number, bid, *fate) for bid, fate in bids.items()]
        return parts
