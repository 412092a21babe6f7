"""What two states differ in, in words: who there is, what they have, what is in the books, how rounds stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from engine.core import Core

LEVELS_MAX = 65_536


@dataclass(frozen=True)
class Difference:
    """One thing: where, and what either side says (None: it is not there)."""

    where: str
    first: str | None
    second: str | None


def differences(first: Core, second: Core) -> Iterator[Difference]:
    """Everything that can be shown and is not the same, in the order of the rooms."""
    one, other = dict(_shown(first)), dict(_shown(second))
    for where in [*one, *(where for where in other if where not in one)]:
        if one.get(where) != other.get(where):
            yield Difference(where, one.get(where), other.get(where))


def _shown(core: Core) -> Iterator[tuple[str, str]]:
    yield "events", str(core.next_sequence - 1)
    yield "time", str(core.time_ns)
    for participant in core.participants():
        yield from _flat(f"participant {participant.number}", participant)
        yield from _flat(f"cash of {participant.name}", core.cash(participant.number))
        for holding in core.holdings(participant.number):
            yield from _flat(f"holding of {participant.name} in instrument {holding.instrument}", holding)
    for session in core.sessions():
        yield from _flat(f"session {session.number}", session)
    for book in core.rule_books():
        yield f"rule book {book.number}", f"{book.name} {book.sha256}"
    for instrument in core.instruments():
        yield from _flat(f"instrument {instrument.name}", instrument)
        depth = core.depth(instrument.number, LEVELS_MAX)
        yield f"last price of {instrument.name}", str(depth.last_price_ticks)
        for side, levels in (("bid", depth.bids), ("ask", depth.asks)):
            for level in levels:
                where = f"{instrument.name} {side} {level.price_ticks}"
                yield where, f"{level.quantity_lots} lots in {level.orders} orders"
    for view in core.rounds():
        yield from _flat(f"round {view.name}", view)
        result = core.round_result(view.number)
        if result is not None:
            yield from _flat(f"result of round {view.name}", result)
        for commitment in core.commitments(view.number):
            yield from _flat(f"commitment {commitment.bid} of round {view.name}", commitment)
        yield from _recorded(core, view.number, view.name)
    yield from _beyond_trading(core)
    for number, (proposer, person) in core.voided().items():
        yield f"voided batch {number}", f"by participants {proposer} and {person}"


def _recorded(core: Core, number: int, name: str) -> Iterator[tuple[str, str]]:
    """What was recorded for the clear of a round: draws, and a hidden reserve that is revealed."""
    given = core.round_input(number)
    yield f"hidden reserve of round {name}", str(given.hidden_reserve_ticks)
    for drawn, places in given.draws.items():
        for target, place in places.items():
            yield f"draw of round {name}, {drawn.name.lower()} {target}", str(place)


def _beyond_trading(core: Core) -> Iterator[tuple[str, str]]:
    """The day of each instrument, blocks that wait, stops, changes of the rules, units, reserves, planned years."""
    for instrument in core.instruments():
        yield from _flat(f"day of {instrument.name}", core.floor.day_prices(instrument.number))
        for parameter, value in core.floor.own_values(instrument.number).items():
            yield f"own value of {instrument.name}, {parameter.name.lower()}", str(value)
    for offer in core.block_offers():
        yield f"block offer {int(offer['offer_id'])}", ", ".join(f"{name} {offer[name]}" for name in offer.dtype.names)
    for stop in core.floor.stops():
        yield f"stop of participant {stop.participant} in instrument {stop.instrument}", str(stop)
    for change in core.floor.changes():
        yield from _flat(f"change {change.number}", change)
    for kind in core.unit_kinds():
        yield f"units of instrument {kind.instrument}", f"{kind.unit_type.name.lower()} of {kind.vintage}"
    for pledge in core.pledges():
        yield from _flat(f"pledge {pledge.number}", pledge)
    for participant in core.participants():
        for owed in core.obligations(participant.number):
            yield f"obligation of {participant.name} in instrument {owed.instrument} for {owed.year}", str(owed)
    for reserve in core.reserves():
        yield from _flat(f"reserve of instrument {reserve.instrument}", reserve)
    for year in core.allocation_years():
        yield from _flat(f"year {year.year} of instrument {year.instrument}", year)


def _flat(where: str, view: Any) -> Iterator[tuple[str, str]]:
    """Each field of a view on its own; of a sequence of views each one by its first field."""
    for field in fields(view):
        value = getattr(view, field.name)
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            for item in value:
                yield f"{where}, {field.name} {getattr(item, fields(item)[0].name)}", str(item)
        else:
            yield f"{where}, {field.name}", str(value)
