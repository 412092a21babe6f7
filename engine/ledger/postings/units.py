"""Postings of the life of units: issued, moved, pledged, and given up to the outside."""

from __future__ import annotations

from engine.ledger.postings.entries import WORLD, Place, Pocket, Slip, available
from engine.ledger.postings.reading import Event
from engine.words.units import UnitStep


def restricted(account: int) -> Place:
    """Units of an account that serve surrender only."""
    return Place(account, Pocket.COMPLIANCE)


def issued(event: Event, slip: Slip) -> None:
    """UNITS_ISSUED: from outside."""
    slip.move(event.instrument, event.quantity_lots, WORLD, available(event.participant))


def moved(event: Event, slip: Slip) -> None:
    """UNITS_MOVED: to another account, or to another pocket of the same one."""
    source, target = available(event.participant), available(event.counterparty)
    if event.side == UnitStep.RESTRICT:
        target = restricted(event.participant)
    elif event.side == UnitStep.LIFT:
        source, target = restricted(event.participant), available(event.participant)
    slip.move(event.instrument, event.quantity_lots, source, target)


def surrendered(event: Event, slip: Slip) -> None:
    """UNITS_SURRENDERED: restricted units and free ones leave the venue."""
    slip.move(event.instrument, event.counter_order_id, restricted(event.participant), WORLD)
    slip.move(event.instrument, event.quantity_lots - event.counter_order_id, available(event.participant), WORLD)


def retired(event: Event, slip: Slip) -> None:
    """UNITS_RETIRED: free units leave the venue."""
    slip.move(event.instrument, event.quantity_lots, available(event.participant), WORLD)


def pledge_changed(event: Event, slip: Slip) -> None:
    """PLEDGE_CHANGED: between the owner's free and its pledged units."""
    pledged = Place(event.participant, Pocket.PLEDGED)
    slip.move(event.instrument, event.quantity_lots, available(event.participant), pledged)
