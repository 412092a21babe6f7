"""The auditor's list of block offers: who proposed what to whom, and what that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.commands import BlockCommand, Side, order_id
from engine.events import BlockEnd, EventKind
from engine.outcomes import Outcome
from tests.simulation.books import FREE, HELD, Handlers, Row, must
from tests.simulation.trading_books import TradingBooks

SWITCHES = (BlockCommand.START, BlockCommand.STOP)
PROPOSALS = (BlockCommand.OFFER, BlockCommand.COUNTER)


@dataclass
class Offer:
    """An offer that waits: the last proposal, and who is asked (0: everybody)."""

    proposer: int
    side: Side
    asked: int
    price: int
    lots: int
    expire_ns: int


class BlockBooks(TradingBooks):
    """Blocks of one instrument, of at least `block_minimum` lots."""

    def __init__(self, *, block_minimum: int, **of_trading: Any) -> None:
        super().__init__(**of_trading)
        self.block_minimum = block_minimum
        self.offers: dict[int, Offer] = {}
        self.blocks_open = False

    def block_handlers(self) -> Handlers:
        return {
            EventKind.BLOCK_OFFERED: self._offered,
            EventKind.BLOCK_COUNTERED: self._countered,
            EventKind.BLOCK_TRADED: self._block_traded,
            EventKind.BLOCK_ENDED: self._ended,
            EventKind.BLOCKS_SWITCHED: self._switched,
        }

    def held_by_offers(self, owner: int) -> tuple[int, int]:
        own = [offer for offer in self.offers.values() if offer.proposer == owner]
        cash = sum(self.need(offer.price, offer.lots) for offer in own if offer.side is Side.BUY)
        return cash, sum(offer.lots for offer in own if offer.side is Side.SELL)

    # -- what is possible ----------------------------------------------------------------------------------------------

    def against_block(self, row: Row) -> list[Outcome]:
        command, actor = row["command"], row["actor"]
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if (actor in self.operators) != (command in SWITCHES) else []
        if command in SWITCHES:
            return found
        if command in PROPOSALS and row["quantity_lots"] < self.block_minimum:
            found.append(Outcome.QUANTITY_BELOW_MINIMUM)
        if command <= BlockCommand.CONFIRM and not self.blocks_open:
            found.append(Outcome.BLOCKS_NOT_OPEN)
        if command == BlockCommand.OFFER:
            return found + self._against_offer(row)
        offer = self.offers.get(row["offer_id"])
        if offer is None or 0 < offer.expire_ns <= self.time_ns:
            return [*found, Outcome.ORDER_UNKNOWN]
        may = actor == offer.proposer if command == BlockCommand.WITHDRAW else self._is_asked(actor, offer)
        found += [] if may else [Outcome.ORDER_NOT_OF_PARTICIPANT]
        if command in (BlockCommand.COUNTER, BlockCommand.DECLINE) and offer.asked == 0:
            found.append(Outcome.ORDER_TERMS_CONTRADICTORY)
        if command in (BlockCommand.COUNTER, BlockCommand.CONFIRM):
            given = (
                row if command == BlockCommand.COUNTER else {"price_ticks": offer.price, "quantity_lots": offer.lots}
            )
            found += self._against_means(actor, 3 - offer.side, given["price_ticks"], given["quantity_lots"])
        return found

    def _against_offer(self, row: Row) -> list[Outcome]:
        found = [] if row["counterparty"] in (0, *self.cash) else [Outcome.PARTICIPANT_UNKNOWN]
        found += [Outcome.ORDER_TERMS_CONTRADICTORY] if row["counterparty"] == row["actor"] else []
        found += [Outcome.EXPIRY_NOT_IN_FUTURE] if 0 < row["expire_ns"] <= self.time_ns else []
        return found + self._against_means(row["actor"], row["side"], row["price_ticks"], row["quantity_lots"])

    def _against_means(self, actor: int, side: int, price: int, lots: int) -> list[Outcome]:
        if side == Side.BUY and self.need(price, lots) > self.cash[actor][FREE]:
            return [Outcome.CASH_INSUFFICIENT]
        return self.against_units(actor, lots) if side == Side.SELL else []

    def _is_asked(self, actor: int, offer: Offer) -> bool:
        return actor != offer.proposer and offer.asked in (0, actor)

    # -- what happened -------------------------------------------------------------------------------------------------

    def _offered(self, event: Any) -> None:
        row = self.row
        must(int(event["order_id"]) == order_id(row["session"], row["request_id"]), "an offer has another's id")
        offer = Offer(
            int(event["participant"]),
            Side(int(event["side"])),
            int(event["counterparty"]),
            int(event["price_ticks"]),
            int(event["quantity_lots"]),
            row["expire_ns"],
        )
        asked_for = tuple(row[name] for name in ("side", "counterparty", "price_ticks", "quantity_lots"))
        must(
            (offer.side, offer.asked, offer.price, offer.lots) == asked_for, "another offer is made than was asked for"
        )
        self.offers[int(event["order_id"])] = offer
        must(int(event["amount_minor"]) == self._hold_offer(offer, 1), "an offer holds another amount than it may cost")

    def _countered(self, event: Any) -> None:
        offer = self.offers[int(event["order_id"])]
        self._hold_offer(offer, -1)
        must(int(event["counterparty"]) == offer.proposer, "a counter-proposal goes to somebody else")
        must(int(event["side"]) == 3 - offer.side, "a counter-proposal changes sides")
        offer.proposer, offer.asked = int(event["participant"]), offer.proposer
        offer.side = Side(int(event["side"]))
        offer.price, offer.lots = int(event["price_ticks"]), int(event["quantity_lots"])
        must(int(event["amount_minor"]) == self._hold_offer(offer, 1), "a counter-proposal holds another amount")

    def _block_traded(self, event: Any) -> None:
        offer, confirmed_by = self.offers.pop(int(event["order_id"])), int(event["participant"])
        terms = int(event["price_ticks"]), int(event["quantity_lots"])
        must(terms == (offer.price, offer.lots), f"a block of {offer} traded at {terms}")
        must(self._is_asked(confirmed_by, offer), "a block is confirmed by somebody who was not asked")
        self._hold_offer(offer, -1)
        buyer, seller = offer.proposer, confirmed_by
        if offer.side is Side.SELL:
            buyer, seller = seller, buyer
        paid = offer.price * offer.lots * self.tick_value
        must(int(event["amount_minor"]) == paid, "a block's payment is not price times quantity")
        self.cash[buyer][FREE] -= paid
        self.cash[seller][FREE] += paid
        self.units[seller][FREE] -= offer.lots
        self.deliver(buyer, seller, offer.lots, paid, counts_dates=True)

    def _ended(self, event: Any) -> None:
        offer = self.offers.pop(int(event["order_id"]))
        self._hold_offer(offer, -1)
        due = 0 < offer.expire_ns <= self.time_ns
        must((int(event["reference"]) == BlockEnd.EXPIRED) <= due, "an offer expires before its time")

    def _switched(self, event: Any) -> None:
        self.blocks_open = bool(event["reference"])

    def _hold_offer(self, offer: Offer, sign: int) -> int:
        """Holds (1) or frees (-1) what a proposal may cost; returns the cash."""
        cash = self.need(offer.price, offer.lots)
        if offer.side is Side.BUY:
            self.move(self.cash, offer.proposer, sign * cash, FREE, HELD)
            return cash
        self.move(self.units, offer.proposer, sign * offer.lots, FREE, HELD)
        return 0
