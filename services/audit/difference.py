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
    for number, (proposer, person) in core.voided().items():
        yield f"voided batch {number}", f"by participants {proposer} and {person}"


def _flat(where: str, view: Any) -> Iterator[tuple[str, str]]:
    """Each field of a view on its own; of a sequence of views each one by its first field."""
    for field in fields(view):
        value = getattr(view, field.name)
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            for item in value:
                yield f"{where}, {field.name} {getattr(item, fields(item)[0].name)}", str(item)
        else:
            yield f"{where}, {field.name}", str(value)
