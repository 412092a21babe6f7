"""Postings of what trades cost and of what settles, and what both mean for the holds of buy orders.

The terms of an instrument's trading day come with its TRADE_TERMS_SET; an instrument that has none settles at once and
charges nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.commands import Side
from engine.ledger.postings.entries import CASH_ASSET, Place, Pocket, Slip, available
from engine.ledger.postings.reading import Event

_PPM = 1_000_000


class _Terms(NamedTuple):
    """What an event of TRADE_TERMS_SET says."""

    units_days: int = 0
    cash_days: int = 0
    buyer_fee_ppm: int = 0
    buyer_tax_ppm: int = 0
    least_fee_minor: int = 0
    tax_on_fee: bool = False


_NOTHING = _Terms()


def _up(amount: int, share_ppm: int) -> int:
    return -(-amount * share_ppm // _PPM)


class SettlementPostings:
    """Folds charges and settlements; says how much a buy holds and where a trade delivers."""

    def __init__(self) -> None:
        self._terms: dict[int, _Terms] = {}

    def terms_set(self, event: Event, slip: Slip) -> None:
        """TRADE_TERMS_SET: moves nothing; from here on trades of the instrument go by it."""
        self._terms[event.instrument] = _Terms(
            units_days=event.quantity_lots,
            cash_days=event.remaining_lots,
            buyer_fee_ppm=event.order_id,
            buyer_tax_ppm=event.counter_order_id,
            least_fee_minor=event.amount_minor,
            tax_on_fee=bool(event.side),
        )

    def charged(self, event: Event, slip: Slip) -> None:
        """TRADE_CHARGED: a buyer pays out of what is free, a seller out of what the trade brought."""
        payer = available(event.participant)
        if event.side != Side.BUY:
            payer = self.proceeds(event.instrument, event.participant)
        slip.move(CASH_ASSET, event.amount_minor, payer, available(event.counterparty))

    def units_settled(self, event: Event, slip: Slip) -> None:
        """UNITS_SETTLED: what was bought is free."""
        self._settle(event.instrument, event.quantity_lots, event.participant, slip)

    def cash_settled(self, event: Event, slip: Slip) -> None:
        """CASH_SETTLED: what was earned is free."""
        self._settle(CASH_ASSET, event.amount_minor, event.participant, slip)

    def cost(self, instrument: int, price_minor: int, lots: int) -> int:
        """What a buy of so many lots holds at this price a lot, in minor units: the price and the most of charges."""
        terms = self._terms.get(instrument, _NOTHING)
        fee = tax = 0
        if price_minor and terms.buyer_fee_ppm:
            fee = max(terms.least_fee_minor, _up(price_minor, terms.buyer_fee_ppm))
        if price_minor and terms.buyer_tax_ppm:
            tax = _up(fee if terms.tax_on_fee else price_minor, terms.buyer_tax_ppm)
        return (price_minor + fee + tax) * lots

    def proceeds(self, instrument: int, seller: int) -> Place:
        """Where the proceeds of a trade go."""
        waits = self._terms.get(instrument, _NOTHING).cash_days
        return Place(seller, Pocket.UNSETTLED) if waits else available(seller)

    def bought(self, instrument: int, buyer: int) -> Place:
        """Where the units of a trade go."""
        waits = self._terms.get(instrument, _NOTHING).units_days
        return Place(buyer, Pocket.UNSETTLED) if waits else available(buyer)

    @staticmethod
    def _settle(asset: int, amount: int, participant: int, slip: Slip) -> None:
        slip.move(asset, amount, Place(participant, Pocket.UNSETTLED), available(participant))
