"""Negotiated blocks with a dictionary, in plain Python integers. For tests.

Commands, kinds and outcomes are the words of the enums that the compiled side uses; nothing is imported from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PRICE_MAX = 2**30
QUANTITY_MAX = 2**32 - 1
OFFERS_MAX = 1_024
OTHER_SIDE = {1: 2, 2: 1}


@dataclass
class SlowGuard:
    minimum: int = 0
    low: int = 0
    high: int = 0
    is_open: bool = True


@dataclass
class SlowRow:
    command: str
    actor: int
    offer: int
    side: int = 0
    instrument: int = 0
    counterparty: int = 0
    price: int = 0
    quantity: int = 0
    expire: int = 0


@dataclass
class SlowOffer:
    offer: int
    instrument: int
    proposer: int
    asked: int
    side: int
    price: int
    quantity: int
    expire: int


SlowEvent = tuple[str, str, int, int, int, int, int, int, int]
"""(kind, outcome, row, participant, counterparty, side, offer, price, quantity)."""


@dataclass
class SlowBlocks:
    guards: list[SlowGuard]
    offers: dict[int, SlowOffer] = field(default_factory=dict)
    now: int = 0

    def apply(self, rows: list[SlowRow], now: int) -> list[SlowEvent]:
        self.now = now
        gone = [o for o in self.offers.values() if o.expire and o.expire <= now]
        events = [self.event("EXPIRED", 0, o, o.proposer, o.asked, o.side) for o in gone]
        for offer in gone:
            del self.offers[offer.offer]
        return events + [self.row(number, row) for number, row in enumerate(rows)]

    def event(self, kind: str, row: int, o: SlowOffer, who: int, other: int, side: int) -> SlowEvent:
        return kind, "ACCEPTED", row, who, other, side, o.offer, o.price, o.quantity

    def row(self, number: int, row: SlowRow) -> SlowEvent:
        why = self.why_not(row)
        if why:
            return "REFUSED", why, number, row.actor, row.counterparty, 0, row.offer, row.price, row.quantity
        if row.command == "OFFER":
            made = SlowOffer(
                row.offer, row.instrument, row.actor, row.counterparty, row.side, row.price, row.quantity, row.expire
            )
            self.offers[row.offer] = made
            return self.event("OFFERED", number, made, row.actor, row.counterparty, row.side)
        offer = self.offers[row.offer]
        if row.command == "COUNTER":
            offer.proposer, offer.asked = row.actor, offer.proposer
            offer.side, offer.price, offer.quantity = OTHER_SIDE[offer.side], row.price, row.quantity
            return self.event("COUNTERED", number, offer, row.actor, offer.asked, offer.side)
        del self.offers[row.offer]
        if row.command == "CONFIRM":
            return self.event("TRADED", number, offer, row.actor, offer.proposer, OTHER_SIDE[offer.side])
        kind = {"WITHDRAW": "WITHDRAWN", "DECLINE": "DECLINED"}[row.command]
        return self.event(kind, number, offer, offer.proposer, offer.asked, offer.side)

    def why_not(self, row: SlowRow) -> str:
        """The first reason against a row, empty when there is none."""
        new, proposal = row.command == "OFFER", row.command in ("OFFER", "COUNTER")
        known = ("OFFER", "COUNTER", "CONFIRM", "DECLINE", "WITHDRAW")
        offer = self.offers.get(row.offer)
        named = row.instrument if new else offer.instrument if offer else 0
        guard = self.guards[named] if named < len(self.guards) else SlowGuard()
        needs_market = row.command in ("OFFER", "COUNTER", "CONFIRM")
        reasons = [
            (
                row.command not in known or (row.offer < 1 and not new) or (new and row.side not in OTHER_SIDE),
                "UNKNOWN_COMMAND",
            ),
            (proposal and not 1 <= row.price <= PRICE_MAX, "PRICE_OUT_OF_BOUNDS"),
            (proposal and not 1 <= row.quantity <= QUANTITY_MAX, "QUANTITY_OUT_OF_BOUNDS"),
            (new and row.instrument >= len(self.guards), "INSTRUMENT_UNKNOWN"),
            (not new and offer is None, "ORDER_UNKNOWN"),
            (not new and offer is not None and not self.may_act(row, offer), "ORDER_NOT_OF_PARTICIPANT"),
            (needs_market and not guard.is_open, "BLOCKS_NOT_OPEN"),
            (new and offer is not None, "ORDER_ALREADY_LIVE"),
            (new and row.counterparty == row.actor, "ORDER_TERMS_CONTRADICTORY"),
            (
                row.command in ("COUNTER", "DECLINE") and offer is not None and offer.asked == 0,
                "ORDER_TERMS_CONTRADICTORY",
            ),
            (new and row.expire != 0 and row.expire <= self.now, "EXPIRY_NOT_IN_FUTURE"),
            (proposal and row.quantity < guard.minimum, "QUANTITY_BELOW_MINIMUM"),
            (proposal and not guard.low <= row.price <= (guard.high or PRICE_MAX), "PRICE_OUTSIDE_BAND"),
            (new and len(self.offers) >= OFFERS_MAX, "BLOCK_OFFERS_FULL"),
        ]
        return next((reason for holds, reason in reasons if holds), "")

    @staticmethod
    def may_act(row: SlowRow, offer: SlowOffer) -> bool:
        if row.command == "WITHDRAW":
            return row.actor == offer.proposer
        return row.actor != offer.proposer and offer.asked in (0, row.actor)
