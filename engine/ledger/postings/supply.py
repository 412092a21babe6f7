"""Postings of what comes from outside and goes back, and of reserves and years."""

from __future__ import annotations

from engine.ledger.postings.entries import CASH_ASSET, WORLD, Slip, available, locked
from engine.ledger.postings.reading import Event, Known
from engine.words.reserve import ReserveStep


class SupplyPostings:
    """Folds deposits, reserves and years."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._planned: dict[tuple[int, int], int] = {}

    @staticmethod
    def cash_deposited(event: Event, slip: Slip) -> None:
        """CASH_DEPOSITED."""
        slip.move(CASH_ASSET, event.amount_minor, WORLD, available(event.participant))

    @staticmethod
    def units_deposited(event: Event, slip: Slip) -> None:
        """UNITS_DEPOSITED."""
        slip.move(event.instrument, event.quantity_lots, WORLD, available(event.participant))

    def planned(self, event: Event, slip: Slip) -> None:
        """YEAR_PLANNED: the year's total is issued into the account that sells and gives it."""
        self._planned[event.instrument, event.order_id] = event.participant
        slip.move(event.instrument, event.quantity_lots, WORLD, available(event.participant))

    def allocated(self, event: Event, slip: Slip) -> None:
        """UNITS_ALLOCATED: the free part of an entitlement, out of the year's account."""
        giver = self._planned[event.instrument, event.order_id]
        slip.move(event.instrument, event.quantity_lots, available(giver), available(event.participant))

    def reserve_changed(self, event: Event, slip: Slip) -> None:
        """RESERVE_CHANGED: into the reserve from the account itself or another's, out of it, or out of existence."""
        reserve, lots, instrument = event.participant, event.quantity_lots, event.instrument
        match ReserveStep(event.reference):
            case ReserveStep.EXPIRE:
                slip.move(instrument, -lots, locked(reserve), WORLD)
            case ReserveStep.DECIDE:
                slip.move(instrument, -lots, locked(reserve), available(reserve))
            case ReserveStep.SELL_BACK:
                paid = event.price_ticks * lots * self._known.tick_value_minor(instrument)
                slip.move(CASH_ASSET, paid, available(reserve), available(event.counterparty))
                slip.move(instrument, lots, available(event.counterparty), locked(reserve))
            case _:
                slip.move(instrument, lots, available(event.counterparty or reserve), locked(reserve))
