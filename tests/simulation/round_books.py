"""The auditor's papers of rounds: stages and who took them, lines, bids, draws, and the result before it is settled.

A result is first a claim on paper (ROUND_CLEARED, BID_AWARDED, SUPPLY_SETTLED, FEE_CHARGED, WINNER_DEFAULTED) that has
to add up; accounts move when it is settled: with the clear, or with ROUND_SETTLED where the rules announce first.
"""

from __future__ import annotations

from typing import Any

from engine.commands import Change, ParticipantClass, RoundAction, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.rounds.layout import Stage
from tests.simulation.block_books import BlockBooks
from tests.simulation.books import FREE, HELD, LOCKED, Handlers, Row, must
from tests.simulation.levies import OPERATOR
from tests.simulation.round_papers import (
    BEFORE_OPENING,
    LEADS,
    REASONED,
    WRONG_STAGE,
    Charter,
    Claim,
    RoundBook,
)

_A, _S = RoundAction, Stage


class RoundBooks(BlockBooks):
    """All rounds of one instrument under one charter."""

    def __init__(self, *, charter: Charter, **of_blocks: Any) -> None:
        super().__init__(levies=charter.levies, **of_blocks)
        self.charter = charter
        self.rounds: dict[int, RoundBook] = {}
        self.names: set[str] = set()

    def round_handlers(self) -> Handlers:
        return {
            EventKind.ROUND_CREATED: self._round_created,
            EventKind.SUPPLY_ADDED: self._supply_added,
            EventKind.UNITS_CONSIGNED: self._supply_added,
            EventKind.SUPPLY_WITHDRAWN: self._supply_withdrawn,
            EventKind.ROUND_OPENED: lambda event: self._step(event, _A.OPEN),
            EventKind.ROUND_CLOSED: lambda event: self._step(event, _A.CLOSE),
            EventKind.ROUND_STEPPED: self._stepped,
            EventKind.BID_ACCEPTED: self._bid,
            EventKind.BID_WITHDRAWN: self._bid_withdrawn,
            EventKind.GUARANTEE_CHANGED: self._guarantee,
            EventKind.DRAW_RECORDED: self._drawn,
            EventKind.WINNER_DEFAULTED: self._defaulted,
            EventKind.ROUND_CLEARED: self._cleared,
            EventKind.BID_AWARDED: self._awarded,
            EventKind.SUPPLY_SETTLED: self._line_settled,
            EventKind.FEE_CHARGED: self._fee,
            EventKind.ROUND_SETTLED: self._round_settled,
            EventKind.ROUND_CANCELLED: self._round_cancelled,
        }

    def held_by_rounds(self, owner: int) -> int:
        return sum(book.held.get(owner, 0) for book in self.rounds.values())

    def locked_by_rounds(self, owner: int) -> int:
        return sum(lots for book in self.rounds.values() for seller, lots in book.supply.values() if seller == owner)

    # -- what is possible ----------------------------------------------------------------------------------------------

    def against_round(self, table: Table, row: Row, name: str) -> list[Outcome] | None:
        """What speaks against a row of any table of rounds; None where the auditor has no opinion."""
        if table is Table.ROUNDS:
            return self._not_operator(row) + ([Outcome.NAME_ALREADY_REGISTERED] if name in self.names else [])
        book = self.rounds.get(row["round_number"])
        if book is None:
            return [Outcome.ROUND_UNKNOWN, Outcome.NOT_PERMITTED_FOR_CLASS, Outcome.REASON_MISSING]
        match table:
            case Table.BIDS:
                return self._against_bid(row, book)
            case Table.SUPPLY | Table.SUPPLY_LINES:
                found = [] if book.stage is _S.DRAFT else [Outcome.ROUND_NOT_IN_DRAFT]
                more = row["quantity_lots"] > self.units[row["seller"]][FREE]
                return self._not_operator(row) + found + ([Outcome.HOLDING_INSUFFICIENT] if more else [])
            case Table.ROUND_ACTIONS | Table.ROUND_STEPS:
                return self._against_step(row, book, name)
            case Table.DRAWS:
                found = [] if book.stage is _S.CLOSED else [Outcome.ROUND_NOT_CLOSED]
                found += [Outcome.DRAW_REPEATED] if row["target"] in book.drawn else []
                known = row["target"] in book.bids or row["target"] in book.drawn
                return self._not_operator(row) + found + ([] if known else [Outcome.DRAW_TARGET_UNKNOWN])
            case Table.GUARANTEES:
                return self._against_guarantee(row, book)
            case Table.CHANGES if row["change"] != Change.WITHDRAW_CONSIGNMENT:
                return self._against_change_of_bid(row, book)
            case Table.CONSIGNMENTS:
                return self._against_consignment(row, book)
        return None

    def _not_operator(self, row: Row) -> list[Outcome]:
        return [] if row["actor"] in self.operators else [Outcome.NOT_PERMITTED_FOR_CLASS]

    def _against_bid(self, row: Row, book: RoundBook) -> list[Outcome] | None:
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if row["actor"] in self.operators else []
        if book.stage is not _S.OPEN:
            found.append(Outcome.ROUND_NOT_OPEN)
        if row["price_ticks"] < self.charter.reserve:
            found.append(Outcome.BID_BELOW_RESERVE)
        need = row["price_ticks"] * row["quantity_lots"] * self.tick_value
        if not self.charter.posted and need > self.cash[row["actor"]][FREE]:
            found.append(Outcome.CASH_INSUFFICIENT)
        if any(seller == row["actor"] for seller, lots in book.supply.values() if lots) or self.charter.posted:
            return [*found, Outcome.CONSIGNOR_MAY_NOT_BID] if found else None
        return found

    def _against_step(self, row: Row, book: RoundBook, reason: str) -> list[Outcome]:
        actor, charter = row["actor"], self.charter
        action = RoundAction(row["action"])
        found = []
        authority = self.classes[actor] is ParticipantClass.GOVERNMENT
        if actor not in self.operators and not (authority and action in (_A.APPROVE, _A.CERTIFY, _A.RETURN_TO_DRAFT)):
            found.append(Outcome.NOT_PERMITTED_FOR_CLASS)
        if (book.stage, action) not in LEADS or (charter.four_eyes and (book.stage, action) == (_S.DRAFT, _A.OPEN)):
            found += WRONG_STAGE
        if charter.four_eyes:
            others = {_A.APPROVE: (_A.PROPOSE,), _A.PUBLISH: (_A.PROPOSE,), _A.ANNOUNCE: (_A.CLEAR,)}
            takers = {book.taken_by.get(step) for step in others.get(action, ())}
            takers |= {book.drafted_by} if action in (_A.APPROVE, _A.PUBLISH) else set()
            found += [Outcome.SAME_PERSON] if actor in takers else []
        if action is _A.CERTIFY and actor in [book.taken_by.get(step) for step in (_A.PROPOSE, _A.APPROVE, _A.CLEAR)]:
            found.append(Outcome.SAME_PERSON)
        if action in (_A.CERTIFY, _A.ANNOUNCE) and not charter.announces:
            found += WRONG_STAGE
        if charter.four_eyes and action is _A.ANNOUNCE and book.stage is _S.CLEARED:
            found += WRONG_STAGE
        if action is _A.DECLINE and not charter.four_eyes:
            found.append(Outcome.RESULT_MAY_NOT_BE_DECLINED)
        if (action in REASONED or (action is _A.CANCEL and charter.four_eyes)) and not reason:
            found.append(Outcome.REASON_MISSING)
        if action is _A.EXTEND and not 1 <= row.get("argument", 0) <= 1_440:
            found.append(Outcome.EXTENSION_TOO_LONG)
        if action is _A.OPEN and not any(lots for _, lots in book.supply.values()):
            found.append(Outcome.ROUND_WITHOUT_SUPPLY)
        if action is _A.CLEAR and charter.draws and set(book.bids) - set(book.drawn):
            found.append(Outcome.DRAW_MISSING)
        return found

    def _against_guarantee(self, row: Row, book: RoundBook) -> list[Outcome]:
        actor, amount = row["actor"], row["amount_minor"]
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if actor in self.operators else []
        found += [] if amount else [Outcome.AMOUNT_OUT_OF_BOUNDS]
        found += [Outcome.CASH_INSUFFICIENT] if amount > self.cash[actor][FREE] else []
        found += [] if book.stage is _S.OPEN else [Outcome.ROUND_NOT_OPEN]
        found += [] if self.charter.posted else [Outcome.GUARANTEE_NOT_TAKEN]
        in_use = amount < 0 and any(bidder == actor for bidder, _, _ in book.bids.values())
        return found + ([Outcome.GUARANTEE_IN_USE] if in_use or book.posted[actor] + amount < 0 else [])

    def _against_change_of_bid(self, row: Row, book: RoundBook) -> list[Outcome] | None:
        bid = book.bids.get(row["target"])
        if bid is None or (bid[0] != row["actor"] and row["actor"] not in self.operators):
            return [Outcome.BID_UNKNOWN]
        if row["actor"] in self.operators:
            return None
        found = [] if self.charter.amendable else [Outcome.BID_NOT_AMENDABLE]
        found += [] if book.stage in (_S.OPEN, _S.SUSPENDED) else [Outcome.ROUND_NOT_OPEN]
        if row["change"] == Change.WITHDRAW_BID:
            return found
        found += [] if book.stage is _S.OPEN else [Outcome.ROUND_NOT_OPEN]
        found += [Outcome.BID_BELOW_RESERVE] if row["price_ticks"] < self.charter.reserve else []
        if self.charter.posted:
            return found or None
        freed = bid[1] * bid[2] * self.tick_value
        need = row["price_ticks"] * row["quantity_lots"] * self.tick_value
        return found + ([Outcome.CASH_INSUFFICIENT] if need > self.cash[row["actor"]][FREE] + freed else [])

    def _against_consignment(self, row: Row, book: RoundBook) -> list[Outcome]:
        actor = row["actor"]
        found = (
            [] if self.classes[actor] is ParticipantClass.KEY_EMITTER else [Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS]
        )
        found += [Outcome.NOT_PERMITTED_FOR_CLASS] if actor in self.operators else []
        found += [Outcome.HOLDING_INSUFFICIENT] if row["quantity_lots"] > self.units[actor][FREE] else []
        found += [] if book.stage in (*BEFORE_OPENING, _S.OPEN) else [Outcome.ROUND_NOT_OPEN]
        return found + ([Outcome.CONSIGNMENT_AFTER_FIRST_BID] if book.had_bids else [])

    # -- what happened: up to the clear --------------------------------------------------------------------------------

    def _round_created(self, event: Any) -> None:
        self.rounds[int(event["reference"])] = RoundBook(self.row["actor"])

    def _step(self, event: Any, action: RoundAction) -> None:
        book = self.rounds[int(event["reference"])]
        must((book.stage, action) in LEADS, f"{action.name} in the stage {book.stage.name}")
        book.stage = LEADS[book.stage, action]
        book.taken_by[action] = self.row["actor"]

    def _stepped(self, event: Any) -> None:
        book, action = self.rounds[int(event["reference"])], RoundAction(int(event["side"]))
        must(int(event["order_id"]) == book.stage, f"{action.name} is said to come from another stage")
        if action is _A.SETTLE or action is _A.DECLINE:
            must(book.is_over, f"{action.name} leaves holds or locks behind")
        self._step(event, action)
        must(int(event["counter_order_id"]) == book.stage, f"{action.name} leads to another stage")
        must(int(event["participant"]) == self.row["actor"], "a step is said to be somebody else's")

    def _supply_added(self, event: Any) -> None:
        seller, lots = int(event["participant"]), int(event["quantity_lots"])
        self.rounds[int(event["reference"])].supply[int(event["order_id"])] = [seller, lots]
        self.move(self.units, seller, lots, FREE, LOCKED)

    def _supply_withdrawn(self, event: Any) -> None:
        line = self.rounds[int(event["reference"])].supply[int(event["order_id"])]
        lots = int(event["quantity_lots"])
        must(0 < lots <= line[1] and line[0] == int(event["participant"]), "more is withdrawn than a line has")
        line[1] -= lots
        self.move(self.units, line[0], lots, LOCKED, FREE)

    def _bid(self, event: Any) -> None:
        book, bidder = self.rounds[int(event["reference"])], int(event["participant"])
        price, lots, held = int(event["price_ticks"]), int(event["quantity_lots"]), int(event["amount_minor"])
        must(book.stage is _S.OPEN, "a bid in a round that is not open")
        book.bids[int(event["order_id"])] = bidder, price, lots
        book.had_bids = True
        must(held == (0 if self.charter.posted else price * lots * self.tick_value), f"{held} is held for a bid")
        book.held[bidder] += held
        self.move(self.cash, bidder, held, FREE, HELD)

    def _bid_withdrawn(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        bidder, price, lots = book.bids.pop(int(event["order_id"]))
        told = tuple(int(event[name]) for name in ("participant", "price_ticks", "quantity_lots"))
        must(told == (bidder, price, lots), "another bid is withdrawn than was made")
        freed = int(event["amount_minor"])
        must(
            freed == (0 if self.charter.posted else price * lots * self.tick_value), f"{freed} is given back for a bid"
        )
        book.held[bidder] -= freed
        self.move(self.cash, bidder, freed, HELD, FREE)

    def _guarantee(self, event: Any) -> None:
        book, bidder = self.rounds[int(event["reference"])], int(event["participant"])
        amount = int(event["amount_minor"])
        book.posted[bidder] += amount
        must(int(event["order_id"]) == book.posted[bidder] >= 0, "a guarantee is told wrong")
        book.held[bidder] += amount
        self.move(self.cash, bidder, amount, FREE, HELD)

    def _drawn(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        book.drawn.append(int(event["order_id"]))
        must(int(event["quantity_lots"]) == len(book.drawn), "a draw gives another place than the next")

    # -- what happened: the result -------------------------------------------------------------------------------------

    def _cleared(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        stage = (_S.CLEARED, _S.CERTIFIED, _S.ANNOUNCED) if self.charter.announces else (_S.CLOSED,)
        must(book.stage in stage, f"a result in the stage {book.stage.name}")
        claim = Claim(int(event["price_ticks"]), int(event["quantity_lots"]), int(event["amount_minor"]))
        book.claim = claim
        offered = sum(lots for _, lots in book.supply.values())
        demand = sum(lots for _, _, lots in book.bids.values())
        if self.charter.posted or book.defaults:
            must(claim.sold <= min(offered, demand), f"{claim.sold} sold of {offered} on {demand}")
        else:
            must(claim.sold == min(offered, demand), f"{claim.sold} sold of {offered} on {demand}")

    def _awarded(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        claim = self._claim(book)
        bidder, price, lots = book.bids[int(event["order_id"])]
        awarded, paid = int(event["quantity_lots"]), int(event["amount_minor"])
        must(awarded + int(event["remaining_lots"]) == lots, "an award and its rest are not the bid")
        must(paid == awarded * claim.price * self.tick_value, "a payment is not award times price")
        must(awarded == 0 or price >= claim.price, "an award above what was bid")
        strict = not self.charter.posted and not book.defaults
        must(not strict or price <= claim.price or awarded == lots, "a bid above the price went short")
        claim.awarded[bidder] += awarded
        claim.paid[bidder] += paid
        must(self.charter.posted or claim.paid[bidder] <= book.held[bidder], "paid more than was held")

    def _line_settled(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        claim = self._claim(book)
        seller, lots = book.supply[int(event["order_id"])]
        sold, proceeds = int(event["quantity_lots"]), int(event["amount_minor"])
        must(sold + int(event["remaining_lots"]) == lots, "sold and returned are not what was offered")
        must(int(event["participant"]) == seller, "proceeds of another seller")
        claim.lines[int(event["order_id"])] = sold, proceeds
        if len(claim.lines) == len(book.supply):
            must(sum(claim.awarded.values()) == claim.sold, "awards are not what was sold")
            must(sum(one for one, _ in claim.lines.values()) == claim.sold, "lines have not sold what was sold")
            proceeds = sum(two for _, two in claim.lines.values())
            must(proceeds == claim.proceeds == sum(claim.paid.values()), "proceeds are not what was paid")

    def _claim(self, book: RoundBook) -> Claim:
        must(book.claim is not None, "a part of a result before the result")
        return book.claim  # type: ignore[return-value]

    def _fee(self, event: Any) -> None:
        book, key = self.rounds[int(event["reference"])], (int(event["participant"]), int(event["side"]))
        claim = self._claim(book)
        base = claim.paid[key[0]] if key[1] == 1 else self._proceeds_of(book, key[0])
        must(0 < int(event["amount_minor"]) <= base, f"a fee of {event['amount_minor']} on {base}")
        book.fees[key] = int(event["amount_minor"])

    def _proceeds_of(self, book: RoundBook, seller: int) -> int:
        lines = self._claim(book).lines
        return sum(lines[line][1] for line, (owner, _) in book.supply.items() if owner == seller)

    def _defaulted(self, event: Any) -> None:
        book, winner = self.rounds[int(event["reference"])], int(event["participant"])
        lots, forfeited = int(event["quantity_lots"]), int(event["amount_minor"])
        must(lots > 0 and 0 <= forfeited <= book.held[winner], "a default forfeits more than is held")
        book.defaults[winner] = lots, forfeited

    def _round_settled(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        claim = self._claim(book)
        must((int(event["quantity_lots"]), int(event["amount_minor"])) == (claim.sold, claim.proceeds),
             "another result is settled than the one that was told")  # fmt: skip
        self._post(book)

    def end_of_rounds(self) -> None:
        """A row has ended: where nothing is announced, a result is settled at once."""
        if self.charter.announces:
            return
        for book in self.rounds.values():
            if book.claim is not None and book.stage is _S.CLOSED:
                book.stage = _S.CLEARED
                self._post(book)

    def _post(self, book: RoundBook) -> None:
        """Delivery against payment: holds end, payments, units, proceeds, fees, forfeits."""
        claim = self._claim(book)
        must(len(claim.lines) == len(book.supply), "a line is left out of the result")
        for bidder, held in book.held.items():
            self.move(self.cash, bidder, held, HELD, FREE)
        for winner, (_, forfeited) in book.defaults.items():
            must(claim.awarded[winner] == 0, "a winner in default got units")
            self._pay(winner, OPERATOR, forfeited)
        for bidder, lots in claim.awarded.items():
            self.cash[bidder][FREE] -= claim.paid[bidder]
            self.units[bidder][FREE] += lots
        for line, (seller, lots) in book.supply.items():
            sold, proceeds = claim.lines[line]
            self.units[seller][LOCKED] -= lots
            self.units[seller][FREE] += lots - sold
            self.cash[seller][FREE] += proceeds
        for (payer, _), fee in book.fees.items():
            self._pay(payer, OPERATOR, fee)
        self._close(book)

    def _pay(self, payer: int, payee: int, amount: int) -> None:
        self.cash[payer][FREE] -= amount
        self.cash[payee][FREE] += amount

    def _close(self, book: RoundBook) -> None:
        book.held.clear()
        book.posted.clear()
        book.supply.clear()
        book.bids.clear()

    def _round_cancelled(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        for bidder, held in book.held.items():
            self.move(self.cash, bidder, held, HELD, FREE)
        for seller, lots in book.supply.values():
            self.move(self.units, seller, lots, LOCKED, FREE)
        self._close(book)
        if self.row["action"] == _A.CANCEL:
            self._step(event, _A.CANCEL)
