"""Recorded inputs of a round's clear: a draw, a hidden reserve, guarantees put up beforehand."""

from __future__ import annotations

import re

import numpy as np

from engine.auction.terms import UndersubscriptionRule
from engine.commands import Batch, Drawn, is_code
from engine.events import EventKind
from engine.limits import AMOUNT_MINOR_MAX, NAME_BYTES_MAX, PRICE_TICKS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.commitments import CommitmentDesk
from engine.rounds.dossier import Dossier, commitment_of
from engine.rounds.layout import Stage
from engine.rounds.shelf import Shelf

_SHA256 = re.compile(r"[0-9a-f]{64}")


class InputDesk:
    """Takes rows of DRAWS, HIDDEN_RESERVES and GUARANTEES."""

    SCRATCH = ("_targets",)

    def __init__(self, shelf: Shelf, commitments: CommitmentDesk) -> None:
        self._shelf, self._commitments = shelf, commitments
        self._targets: tuple[int, Drawn, set[int]] = (0, Drawn.BID, set())

    def draw(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of DRAWS: the next bid or line in the order in which they were drawn."""
        columns, shelf = batch.rows[row], self._shelf
        number, code, target = int(columns["round_number"]), int(columns["drawn"]), int(columns["target"])
        if not is_code(Drawn, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, reference=number)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if shelf.stage(number) != Stage.CLOSED:
            return out.refuse(row, Outcome.ROUND_NOT_CLOSED, reference=number)
        if self._commitments.unrevealed(number):
            return out.refuse(row, Outcome.BIDS_NOT_REVEALED, Parameter.AUCTION_SEALING, reference=number)
        places = shelf.dossier(number).draws[Drawn(code)]
        if target not in self._drawable(number, Drawn(code), first=row == 0):
            return out.refuse(row, Outcome.DRAW_TARGET_UNKNOWN, reference=number, order_id=target)
        if target in places:
            return out.refuse(row, Outcome.DRAW_REPEATED, reference=number, order_id=target)
        places[target] = len(places) + 1
        out.add(
            EventKind.DRAW_RECORDED,
            row,
            reference=number,
            instrument=shelf.instrument(number),
            side=code,
            order_id=target,
            quantity_lots=places[target],
        )

    def hidden_reserve(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of HIDDEN_RESERVES: sealed before the round opens, revealed once it is closed."""
        number, price = int(batch.rows["round_number"][row]), int(batch.rows["price_ticks"][row])
        text, shelf = batch.text_of(row), self._shelf
        if not 0 <= price <= PRICE_TICKS_MAX:
            return out.refuse(row, Outcome.PRICE_OUT_OF_BOUNDS, reference=number)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if price:
            self._reveal(number, price, text, row, out)
        else:
            self._seal(number, text, int(batch.rows["actor"][row]), row, out)

    def _seal(self, number: int, text: str, actor: int, row: int, out: Recorder) -> None:
        dossier = self._shelf.dossier(number)
        if self._shelf.stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        if dossier.commitment:
            return out.refuse(row, Outcome.HIDDEN_RESERVE_ALREADY_GIVEN, reference=number)
        if not _SHA256.fullmatch(text):
            return out.refuse(row, Outcome.COMMITMENT_INVALID, reference=number)
        dossier.commitment = text
        out.add(EventKind.HIDDEN_RESERVE_SEALED, row, reference=number, participant=actor)

    def _reveal(self, number: int, price_ticks: int, salt: str, row: int, out: Recorder) -> None:
        dossier = self._shelf.dossier(number)
        if self._shelf.stage(number) != Stage.CLOSED:
            return out.refuse(row, Outcome.ROUND_NOT_CLOSED, reference=number)
        if dossier.hidden_reserve_ticks:
            return out.refuse(row, Outcome.HIDDEN_RESERVE_ALREADY_GIVEN, reference=number)
        if not salt or len(salt.encode()) > NAME_BYTES_MAX:
            return out.refuse(row, Outcome.COMMITMENT_INVALID, reference=number)
        if commitment_of(price_ticks, salt) != dossier.commitment:
            return out.refuse(row, Outcome.HIDDEN_RESERVE_NOT_AS_SEALED, reference=number)
        dossier.hidden_reserve_ticks, dossier.salt = price_ticks, salt
        out.add(EventKind.HIDDEN_RESERVE_REVEALED, row, reference=number, price_ticks=price_ticks)

    def guarantee(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of GUARANTEES: cash of a bidder, held for its bids in one round, or given back."""
        columns, shelf = batch.rows[row], self._shelf
        number, actor, amount = int(columns["round_number"]), int(columns["actor"]), int(columns["amount_minor"])
        if not 1 <= abs(amount) <= AMOUNT_MINOR_MAX:
            return out.refuse(row, Outcome.AMOUNT_OUT_OF_BOUNDS, reference=number, participant=actor)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number, participant=actor)
        if amount > shelf.accounts.available_cash_of(actor):
            return out.refuse(row, Outcome.CASH_INSUFFICIENT, reference=number, participant=actor)
        if shelf.stage(number) is not Stage.OPEN:
            return out.refuse(row, Outcome.ROUND_NOT_OPEN, reference=number, participant=actor)
        if not shelf.rounds["guarantee_excess"][number] and not self._commitments.seals(number):
            parameter = Parameter.BID_GUARANTEE_EXCESS
            return out.refuse(row, Outcome.GUARANTEE_NOT_TAKEN, parameter, reference=number, participant=actor)
        bidder = shelf.bidders[number, actor]
        in_use = amount < 0 and (int(bidder["bids"]) > 0 or self._commitments.has_any(number, actor))
        now = int(bidder["guarantee_minor"]) + amount
        if in_use or now < 0 or now > AMOUNT_MINOR_MAX:
            return out.refuse(row, Outcome.GUARANTEE_IN_USE, reference=number, participant=actor)
        shelf.accounts.hold_cash(actor, amount)
        for name in ("guarantee_minor", "held_minor"):
            shelf.bidders[name][number, actor] += amount
        shelf.dossier(number).guarantees[actor] = now
        out.add(
            EventKind.GUARANTEE_CHANGED,
            row,
            reference=number,
            instrument=shelf.instrument(number),
            participant=actor,
            amount_minor=amount,
            order_id=now,
        )

    def _drawable(self, number: int, drawn: Drawn, *, first: bool) -> set[int]:
        """What may be drawn in a round; kept for the rows of one batch, because bids are many."""
        if first or self._targets[:2] != (number, drawn):
            self._targets = (number, drawn, targets_of(self._shelf, number, drawn))
        return self._targets[2]


def targets_of(shelf: Shelf, number: int, drawn: Drawn) -> set[int]:
    """The bids (ids) or lines (numbers) of a round that a draw has to name."""
    if drawn is Drawn.SUPPLY_LINE:
        return set(shelf.offers.columns.of_round(number)["line"].tolist())
    bids = shelf.bids.of_round(number)
    return set(bids["bid_id"][bids["withdrawn"] == 0].tolist())


def needs_hidden_reserve(terms: np.void) -> bool:
    """Whether a round cannot be cleared without a hidden reserve."""
    declines = UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE
    return bool(terms["hidden_reserve_rule"]) or int(terms["undersubscription_rule"]) == declines


def still_missing(dossier: Dossier, terms: np.void) -> bool:
    """Whether a sealed hidden reserve waits to be revealed, or one is needed and was never sealed."""
    return (bool(dossier.commitment) or needs_hidden_reserve(terms)) and not dossier.hidden_reserve_ticks
