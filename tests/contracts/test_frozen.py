"""Numbers and layouts that journals and clients hold: once released they mean the same for ever.

`frozen.txt` is the record. A line that no longer holds is a break of every journal written so far; a new member needs
its own new line. Nothing here is computed from the file: it is compared with the code, both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

import numpy as np

from engine import commands, events
from engine.auction import terms
from engine.events import EVENT, MEANING, EventKind
from engine.outcomes import ADVICE, PRECEDENCE, Outcome, may_succeed_later
from engine.parameters import BY_KEY, DEFINITIONS, Basis, Kind, Parameter, trading, words_of
from engine.words import floor, market, reserve, rounds, units, venue

FROZEN = Path(__file__).with_name("frozen.txt")


def enums() -> Iterator[type[IntEnum]]:
    yield from (Outcome, EventKind, Parameter, Kind, Basis)
    for module in (commands, events, terms, rounds, market, trading, venue, units, reserve, floor):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, IntEnum) and value.__module__ == module.__name__:
                yield value


def layout(dtype: np.dtype) -> str:
    return " ".join(f"{name}:{dtype.fields[name][0].str}" for name in dtype.names)


def lines_of_the_code() -> set[str]:
    """One line for every number and every layout that leaves the process."""
    numbers = {
        f"{enum.__name__} {member.value} {name}" for enum in enums() for name, member in enum.__members__.items()
    }
    tables = {f"rows of {table.name}: {layout(dtype)}" for table, dtype in commands.ROWS.items()}
    keys = {f"key {parameter.value} {definition.key}" for parameter, definition in DEFINITIONS.items()}
    return numbers | tables | keys | {f"event: {layout(EVENT)}"}


def lines_of_the_record() -> list[str]:
    return [line for line in FROZEN.read_text().splitlines() if line and not line.startswith("#")]


def test_what_is_frozen_still_holds() -> None:
    assert sorted(set(lines_of_the_record()) - lines_of_the_code()) == []


def test_what_is_new_has_its_line() -> None:
    assert sorted(lines_of_the_code() - set(lines_of_the_record())) == [], f"add these lines to {FROZEN.name}"


def test_no_number_or_name_is_used_twice() -> None:
    lines = lines_of_the_record()
    assert len(lines) == len(set(lines))
    numbered = [line.split() for line in lines if not line.startswith(("rows of", "event"))]
    assert len({(what, number) for what, number, _ in numbered}) == len(numbered)
    assert len({(what, name) for what, _, name in numbered}) == len(numbered)


def test_every_outcome_says_what_to_do_next() -> None:
    assert set(ADVICE) == set(Outcome)
    assert all(line.endswith(".") and len(line) <= 120 for line in ADVICE.values())


def test_every_outcome_has_its_place_in_the_order_of_stages() -> None:
    assert len(PRECEDENCE) == len(Outcome)
    stages = [outcome // 100 for outcome in PRECEDENCE]
    assert stages == sorted(stages)
    assert set(stages) <= {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}


def test_every_outcome_says_whether_to_try_again() -> None:
    assert {may_succeed_later(outcome) for outcome in Outcome} == {True, False}
    assert not may_succeed_later(Outcome.ACCEPTED)
    # What the row itself says does not change by waiting.
    assert not any(may_succeed_later(outcome) for outcome in Outcome if 100 < outcome < 200)


def test_every_kind_of_event_says_what_its_columns_mean() -> None:
    assert set(MEANING) == set(EventKind)
    assert all(MEANING.values())


def test_every_parameter_is_defined_once() -> None:
    assert set(DEFINITIONS) == set(Parameter) - {Parameter.NONE}
    assert len(BY_KEY) == len(DEFINITIONS)
    for parameter, definition in DEFINITIONS.items():
        assert (definition.kind is Kind.WORD) == bool(words_of(parameter)), definition.key
        assert definition.meaning


def test_numbers_fit_the_columns_that_carry_them() -> None:
    assert max(Outcome) < 2**16
    assert max(Parameter) < 2**16
    assert max(EventKind) < 2**8
    assert EVENT.itemsize % 8 == 0
    for table, dtype in commands.ROWS.items():
        assert dtype.names[:3] == ("actor", "session", "request_id"), table
        assert all(dtype.fields[name][0].str[0] in "<|" for name in dtype.names), table
