"""Postings of orders and blocks: holds, trades, and what is given back.

An event of an order says its price and its lots; what it holds follows from them and from the instrument's tick value.
Only a replaced order and a block need a memory: what the old terms held.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.commands import Side
from engine.ledger.postings.entries import CASH_ASSET, Slip, available, held
from engine.ledger.postings.reading import Event, Known
from engine.ledger.postings.settlement import SettlementPostings

_BUY = int(Side.BUY)


class _Order(NamedTuple):
    """Whose a live order is and what its price is, in ticks (0: a market order, which holds no cash)."""

    participant: int
    side: int
    price_ticks: int


class _Offer(NamedTuple):
    """What the last proposal of a block holds."""

    proposer: int
    side: int
    lots: int
    amount_minor: int


class OrderPostings:
    """Folds events of orders."""

    def __init__(self, known: Known, settlement: SettlementPostings) -> None:
        self._known = known
        self._settlement = settlement
        self._orders: dict[int, _Order] = {}
        self._left: dict[int, int] = {}

    def accepted(self, event: Event, slip: Slip) -> None:
        """ORDER_ACCEPTED: what it needs is held. A market order that buys pays as it trades."""
        self._orders[event.order_id] = _Order(event.participant, event.side, event.price_ticks)
        self._left[event.order_id] = event.quantity_lots
        self._hold(event, event.participant, event.side, event.price_ticks, event.quantity_lots, slip)

    def replaced(self, event: Event, slip: Slip) -> None:
        """ORDER_REPLACED: the hold becomes that of the new terms."""
        order = self._orders[event.order_id]
        self._hold(event, order.participant, order.side, order.price_ticks, -event.remaining_lots, slip)
        self._hold(event, order.participant, order.side, event.price_ticks, event.quantity_lots, slip)
        self._orders[event.order_id] = order._replace(price_ticks=event.price_ticks)
        self._left[event.order_id] = event.quantity_lots

    def ended(self, event: Event, slip: Slip) -> None:
        """ORDER_CANCELLED, ORDER_REDUCED: what was held for these lots is free."""
        self._hold(event, event.participant, event.side, event.price_ticks, -event.quantity_lots, slip)
        self._take_off(event.order_id, event.quantity_lots)

    def traded(self, event: Event, slip: Slip) -> None:
        """TRADE, CALL_TRADE: units to the buyer, cash to the seller, and to the buyer what it held above the price."""
        buyer, seller = event.participant, event.counterparty
        if event.side != _BUY and event.side:
            buyer, seller = seller, buyer
        value = self._known.tick_value_minor(event.instrument)
        lots = event.quantity_lots
        paid = event.price_ticks * lots * value
        set_aside = self._settlement.cost(event.instrument, event.reference * value, lots)
        proceeds = self._settlement.proceeds(event.instrument, seller)
        slip.move(CASH_ASSET, paid, held(buyer) if set_aside else available(buyer), proceeds)
        if set_aside:
            slip.move(CASH_ASSET, set_aside - paid, held(buyer), available(buyer))
        slip.move(event.instrument, lots, held(seller), self._settlement.bought(event.instrument, buyer))
        self._take_off(event.order_id, lots)
        self._take_off(event.counter_order_id, lots)

    def _hold(self, event: Event, participant: int, side: int, price_ticks: int, lots: int, slip: Slip) -> None:
        if side == _BUY:
            price_minor = price_ticks * self._known.tick_value_minor(event.instrument)
            amount = self._settlement.cost(event.instrument, price_minor, lots)
            slip.move(CASH_ASSET, amount, available(participant), held(participant))
        else:
            slip.move(event.instrument, lots, available(participant), held(participant))

    def _take_off(self, order_id: int, lots: int) -> None:
        left = self._left.get(order_id, 0) - lots
        if left > 0:
            self._left[order_id] = left
        else:
            self._left.pop(order_id, None)
            self._orders.pop(order_id, None)


class BlockPostings:
    """Folds events of negotiated blocks."""

    def __init__(self, settlement: SettlementPostings) -> None:
        self._settlement = settlement
        self._offers: dict[int, _Offer] = {}

    def proposed(self, event: Event, slip: Slip) -> None:
        """BLOCK_OFFERED, BLOCK_COUNTERED: the last proposal's maker holds, the one before is free."""
        self._release(event, slip)
        offer = _Offer(event.participant, event.side, event.quantity_lots, event.amount_minor)
        self._offers[event.order_id] = offer
        self._hold(event.instrument, offer, 1, slip)

    def ended(self, event: Event, slip: Slip) -> None:
        """BLOCK_ENDED: what was held is free."""
        self._release(event, slip)
        del self._offers[event.order_id]

    def traded(self, event: Event, slip: Slip) -> None:
        """BLOCK_TRADED: the proposer gives what it held, who confirms gives what is free.

        What the proposer held for charges is free again: they come as events of their own.
        """
        offer = self._offers.pop(event.order_id)
        if offer.side == _BUY:
            payer, giver = held(offer.proposer), available(event.participant)
            slip.move(CASH_ASSET, offer.amount_minor - event.amount_minor, payer, available(offer.proposer))
        else:
            payer, giver = available(event.participant), held(offer.proposer)
        proceeds = self._settlement.proceeds(event.instrument, giver.account)
        slip.move(CASH_ASSET, event.amount_minor, payer, proceeds)
        bought = self._settlement.bought(event.instrument, payer.account)
        slip.move(event.instrument, event.quantity_lots, giver, bought)

    def _release(self, event: Event, slip: Slip) -> None:
        offer = self._offers.get(event.order_id)
        if offer is not None:
            self._hold(event.instrument, offer, -1, slip)

    @staticmethod
    def _hold(instrument: int, offer: _Offer, sign: int, slip: Slip) -> None:
        place = offer.proposer
        if offer.side == _BUY:
            slip.move(CASH_ASSET, sign * offer.amount_minor, available(place), held(place))
        else:
            slip.move(instrument, sign * offer.lots, available(place), held(place))
