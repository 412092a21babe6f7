"""The table of refusals in the life of a unit: every reason, and which of several is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands import Fact, Table
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Parameter
from engine.views import Applied
from engine.words.reserve import AllocationStep
from engine.words.units import UnitStep, UnitType
from tests.core.test_unit_life import EMITTER, GOVERNMENT, RULES, YEAR, set_type, venue_of_units
from tests.core.venue import OPERATOR, TRADING, Key, Venue, outcomes

TABLE = Path(__file__).resolve().parent.parent / "tables" / "units" / "refusals.txt"
LINES = [line for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
UNKNOWING: dict[Key, int | str] = {**TRADING, "surrender.offset_share": "unknown"}


@pytest.fixture(scope="module")
def venue() -> Venue:
    """One venue for the whole table, as its head describes it."""
    found = venue_of_units({**RULES, "surrender.offset_share_local": 0})
    found.instrument("PHCER", 1, trading=False)
    set_type(found, 4, UnitType.LOCAL_OFFSET, 0)
    found.instrument("UNKNOWN", found.adopt(UNKNOWING, name="unknowing"), trading=False)
    found.fact(EMITTER, Fact.EMISSIONS, YEAR, 1_000, instrument=5)
    found.allocation(AllocationStep.PLAN, GOVERNMENT, 2030, 50, rule_book=1)
    return found


def send(venue: Venue, text: str) -> Applied:
    """The command of a line: a step, then pairs of a column and its value."""
    step, *words = text.split()
    given = dict(zip(words[::2], words[1::2], strict=True))
    actor, reason = int(given.pop("by", OPERATOR)), given.pop("reason", "").encode()
    columns = {"quantity_lots" if name == "lots" else name: int(value) for name, value in given.items()}
    if step == "type":
        return venue.send(Table.UNIT_TYPES, [{**venue.key(actor), **columns}], actor=actor)
    row = {**venue.key(actor), "step": UnitStep[step.upper()], "text_length": len(reason), **columns}
    return venue.send(Table.UNIT_STEPS, [row], reason, actor)


def told(applied: Applied) -> str:
    """What became of it, as the table writes it."""
    (outcome,) = outcomes(applied)
    if outcome is Outcome.ACCEPTED:
        return "accepted"
    parameter = int(applied.parameters[0])
    return f"refused {outcome.name}" + (f" {DEFINITIONS[Parameter(parameter)].key}" if parameter else "")


def test_the_table(venue: Venue) -> None:
    differences = []
    for line in LINES:
        command, expected = (part.strip() for part in line.split("=>"))
        before = [venue.core.holdings(number) for number in range(1, 6)], venue.core.pledges()
        found = told(send(venue, command))
        if found != expected:
            differences.append(f"{command}: {found}, expected {expected}")
        if found != "accepted":
            assert before == ([venue.core.holdings(number) for number in range(1, 6)], venue.core.pledges())
    assert not differences, "\n".join(differences)


def test_every_refusal_of_the_life_of_units_is_in_the_table() -> None:
    written = "\n".join(LINES)
    assert {o.name for o in Outcome if 460 <= o < 480 and f"refused {o.name}" not in written} == set()
