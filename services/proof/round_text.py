"""The files of a round that was not run from files: ROUND.toml, the consigned lots, who has which number.

What is written here is read back by `services.offline.round_files` and `bid_files`, to the same values.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

from engine.parameters import DEFINITIONS, Kind
from engine.rules.forms import day_text
from engine.rules.model import ALL_CLASSES, CLASS_WORDS
from engine.rules.values import format_value
from engine.units import format_scaled
from services.errors import BadInput
from services.offline.bid_files import LOT_COLUMNS, LOT_COLUMNS_MORE, FileLot
from services.offline.round_files import OperatorValue, RoundFile, SupplyOffer
from services.reports.scale import MINOR_PER_UNIT, money

PARTICIPANT_COLUMNS = ("number", "name")

_CLASS_WORDS = {number: word for word, number in CLASS_WORDS.items()}
_BARE = (Kind.UNITS, Kind.COUNT, Kind.SWITCH, Kind.DAY)


def round_toml(setup: RoundFile) -> bytes:
    """The round as a file."""
    return ("\n\n".join("\n".join(table) for table in _tables(setup)) + "\n").encode()


def _tables(setup: RoundFile) -> Iterator[list[str]]:
    def price(ticks: int) -> str:
        return _text(format_scaled(ticks * setup.tick_minor, MINOR_PER_UNIT))

    yield [
        "[round]",
        f"name = {_text(setup.name)}",
        f"rule_book = {_text(setup.rule_book)}",
        f"day = {day_text(setup.day)}",
        f"instrument = {_text(setup.instrument)}",
        f"tick = {price(1)}",
        f"lot = {setup.lot_units}",
    ]
    for offer in setup.supply:
        yield ["[[supply]]", *_supply(offer, setup.lot_units, price)]
    for value in setup.values:
        yield ["[[value]]", *_value(value)]
    inputs = setup.inputs
    if inputs.hidden_reserve is not None:
        ticks, salt = inputs.hidden_reserve
        yield ["[hidden_reserve]", f"price = {price(ticks)}", f"salt = {_text(salt)}"]
    if inputs.line_order:
        yield ["[draw_of_lines]", f"order = [{', '.join(map(str, inputs.line_order))}]"]
    if inputs.reserve_account:
        yield ["[reserve]", f"account = {_text(inputs.reserve_account)}"]
    for fact in inputs.facts:
        yield [
            "[[fact]]",
            f"participant = {_text(fact.participant)}",
            f"fact = {_text(fact.fact.name.lower())}",
            f"year = {fact.year}",
            f"quantity = {fact.quantity_lots * setup.lot_units}",
        ]
    for name, amount in inputs.guarantees:
        yield ["[[guarantee]]", f"participant = {_text(name)}", f"amount = {_text(money(amount))}"]
    for group in inputs.links:
        yield ["[[link]]", f"participants = [{', '.join(map(_text, group))}]"]


def _supply(offer: SupplyOffer, lot_units: int, show: Callable[[int], str]) -> Iterator[str]:
    yield f"seller = {_text(offer.seller)}"
    yield f"kind = {_text(offer.kind.name.lower())}"
    yield f"group = {offer.group}"
    yield f"rank = {offer.rank}"
    yield f"quantity = {offer.quantity_lots * lot_units}"
    if offer.minimum_price_ticks:
        yield f"minimum_price = {show(offer.minimum_price_ticks)}"
    if offer.trigger_price_ticks:
        yield f"trigger_price = {show(offer.trigger_price_ticks)}"
    if offer.tier:
        yield f"tier = {offer.tier}"
    if offer.withheld:
        yield "withheld = true"


def _value(value: OperatorValue) -> Iterator[str]:
    definition = DEFINITIONS[value.parameter]
    shown = format_value(value.parameter, value.value)
    yield f"parameter = {_text(definition.key)}"
    if value.participant_class != ALL_CLASSES:
        yield f"classes = [{_text(_CLASS_WORDS[value.participant_class])}]"
    yield f"value = {shown if definition.kind in _BARE else _text(shown)}"
    yield f"why = {_text(value.why)}"


def lots_csv(lots: Sequence[FileLot], setup: RoundFile) -> bytes:
    """The consigned lots as a file."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow((*LOT_COLUMNS, *LOT_COLUMNS_MORE))
    for lot in lots:
        minimum = format_scaled(lot.minimum_price_ticks * setup.tick_minor, MINOR_PER_UNIT)
        writer.writerow(
            (
                lot.consignor,
                lot.quantity_lots * setup.lot_units,
                minimum if lot.minimum_price_ticks else "",
                lot.participant_class.name.lower(),
                lot.group,
                "" if lot.holding_lots is None else lot.holding_lots * setup.lot_units,
            )
        )
    return target.getvalue().encode()


def participants_csv(order: Sequence[str]) -> bytes:
    """Who has which number, from 2 on; a number whose owner has no part in the round has no name."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(PARTICIPANT_COLUMNS)
    writer.writerows((number, name) for number, name in enumerate(order, start=2))
    return target.getvalue().encode()


def read_participants(file: str, content: bytes) -> tuple[str, ...]:
    """The names by number, from 2 on. Raises BadInput."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")))
    numbers = [str(number) for number in range(2, len(rows) + 1)]
    names = [row[1] for row in rows[1:] if len(row) == len(PARTICIPANT_COLUMNS)]
    named = [name for name in names if name]
    is_whole = bool(rows) and tuple(rows[0]) == PARTICIPANT_COLUMNS and [row[0] for row in rows[1:] if row] == numbers
    if not is_whole or len(names) != len(numbers) or len(set(named)) != len(named):
        raise BadInput(
            f"{file}: found rows that are not one participant each\n  allowed: {','.join(PARTICIPANT_COLUMNS)}, and "
            "the numbers from 2 on, each name once\n  next: Restore the file: an export is not edited."
        )
    return tuple(names)


def _text(value: str) -> str:
    """A text as TOML writes it: JSON's escapes are TOML's, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
