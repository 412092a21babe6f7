"""Large holders at the end of a day, counted as the book counts them."""

from __future__ import annotations

from engine.commands import Fact, ParticipantClass, Phase, Side, Table
from engine.days import year_of
from engine.events import EventKind
from tests.core.venue import DAY, TRADING, Key, Venue, only

EMITTER, INVESTOR = ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION
BEIJING: dict[Key, int | str] = {
    **TRADING,
    "trading.large_holder_report": 500_000,
    ("trading.holding_limit_above_allocation", EMITTER): 1,
}
"""As Beijing in 2014: from 500,000 t on, for a covered entity above its allocation."""


def reported(venue: Venue) -> list[tuple[int, int, int, int, int]]:
    venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CLOSED}])
    events = only(venue.applied, EventKind.LARGE_HOLDER_REPORTED)  # type: ignore[arg-type]
    names = ("participant", "quantity_lots", "remaining_lots", "counter_order_id", "reference")
    return [tuple(int(event[name]) for name in names) for event in events]  # type: ignore[misc]


def test_from_the_quantity_on_and_above_the_allocation_of_who_has_one() -> None:
    venue = Venue()
    venue.instrument("BEA", venue.adopt(BEIJING))
    year = year_of(DAY)
    for name, klass, lots, allocated in (
        ("one below", INVESTOR, 499_999, 0),
        ("exactly", INVESTOR, 500_000, 0),
        ("an investor's allocation does not count", INVESTOR, 500_001, 400_000),
        ("emitter below", EMITTER, 899_999, 400_000),
        ("emitter at it", EMITTER, 900_000, 400_000),
        ("emitter without a record", EMITTER, 500_000, 0),
    ):
        number = venue.register(name, klass)
        venue.deposit_units(number, 1, lots)
        if allocated:
            venue.fact(number, Fact.ALLOCATION, year, allocated)
    venue.order(3, Side.SELL, 100, 7)
    shown = [holder.participant for holder in venue.core.floor.large_holders(1, DAY)]
    assert reported(venue) == [
        (3, 500_000, 500_000, 500_000, 0),
        (4, 500_001, 500_001, 500_000, 0),
        (6, 900_000, 500_000, 500_000, year),
        (7, 500_000, 500_000, 500_000, 0),
    ]
    assert shown == [3, 4, 6, 7]


def test_nobody_is_reported_without_a_rule() -> None:
    venue = Venue()
    venue.instrument("SZEA", venue.adopt(TRADING))
    venue.deposit_units(venue.register("large", INVESTOR), 1, 10**9)
    assert reported(venue) == []
