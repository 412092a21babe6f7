"""The worked cases of the reserve and of paid allocation, each played in a whole venue."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Fact, ParticipantClass, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, DEFINITIONS, Parameter
from engine.rules.values import parse_value
from engine.units import format_scaled, parse_scaled
from engine.views import Applied
from engine.words.reserve import AllocationStep, ReserveStep
from tests.core.venue import UNIFORM, Key, Venue, only, outcomes

FOLDER = Path(__file__).resolve().parents[2] / "engine" / "reserve" / "cases"
CASES = sorted(FOLDER.glob("*.toml"))
CENTS = 100
STEPS = {step.name.lower(): step for step in ReserveStep}
GOVERNMENT, EMITTER, UTILITY, SECOND = 2, 3, 4, 5
NAMES = {"government": GOVERNMENT, "emitter": EMITTER, "utility": UTILITY}
ACTORS = {"first": 1, "second": SECOND, "emitter": EMITTER}


def day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


class Play:
    """One case on its venue."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, self.venue = case, Venue()
        values: dict[Key, int | str] = {**UNIFORM}
        for key, value in case["rules"].items():
            by_class = DEFINITIONS[BY_KEY[key]].by_class
            values[(key, ParticipantClass.KEY_EMITTER) if by_class else key] = parse_value(BY_KEY[key], value)
        self.venue.instrument("SZEA", self.venue.adopt(values))
        for name in ("government", "emitter", "utility"):
            klass = ParticipantClass.GOVERNMENT if name == "government" else ParticipantClass.KEY_EMITTER
            number = self.venue.register(name, klass)
            if case.get(name, 0):
                self.venue.deposit_units(number, 1, case[name])
            if "cash" in case and name != "utility":
                self.venue.deposit_cash(number, parse_scaled(case["cash"], CENTS))
        self.venue.register("second operator", ParticipantClass.OPERATOR)
        self.venue.reserve(ReserveStep.FOUND, rule_book=1, participant=GOVERNMENT)

    def take(self, step: dict[str, Any]) -> Applied:
        """One step, as a command."""
        venue, lots = self.venue, step.get("quantity", 0)
        match step["do"]:
            case "allocation_fact":
                return venue.fact(EMITTER, Fact.ALLOCATION, step["year"], lots)
            case "plan":
                return venue.allocation(AllocationStep.PLAN, GOVERNMENT, step["year"], lots, rule_book=1)
            case "allocate":
                exempt = int(step.get("exempt", False))
                return venue.allocation(AllocationStep.ALLOCATE, NAMES[step["to"]], step["year"], lots, exempt=exempt)
        actor = ACTORS[step.get("by", "first")]
        row = {
            **(venue.key(actor) if actor == EMITTER else {}),
            "step": STEPS[step["do"]],
            "instrument": 1,
            "day": day_number(step["day"]),
            "target": step.get("target", 0),
            "quantity_lots": lots,
            "price_ticks": parse_scaled(step.get("price", "0"), CENTS),
        }
        return venue.send(Table.RESERVE_STEPS, [row], actor=actor)

    def expect(self, step: dict[str, Any], applied: Applied) -> None:
        """What the case says of the step."""
        assert outcomes(applied)[0].name == step.get("refused", "ACCEPTED"), step
        if "parameter" in step:
            assert DEFINITIONS[Parameter(int(applied.parameters[0]))].key == step["parameter"]
        tested = only(applied, EventKind.TRIGGER_TESTED)
        if len(tested):
            found = [int(tested["reference"][0]), int(tested["quantity_lots"][0])]
            assert found == step.get("trigger", [0, 0]), step

    def found(self) -> dict[str, Any]:
        """What came out, in the words of the case, as far as it speaks of it."""
        core = self.venue.core
        found: dict[str, Any] = {"reserve": core.reserves()[0].lots}
        for name, number in NAMES.items():
            found[name] = sum(h.available_lots for h in core.holdings(number))
            found[f"{name}_cash"] = format_scaled(core.cash(number).available_minor, CENTS)
        for year in core.allocation_years():
            found |= {"emitters_part": year.emitter_lots, "new_entrants": year.new_entrant_lots}
            found |= {"free": year.free_lots, "paid": year.paid_lots, "rounds": list(year.round_lots)}
        return {key: found[key] for key in self.case["answer"]}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path: Path) -> None:
    play = Play(tomllib.loads(path.read_text(encoding="utf-8")))
    for step in play.case["steps"]:
        before = play.venue.core.reserves(), play.venue.core.allocation_years()
        applied = play.take(step)
        play.expect(step, applied)
        assert play.venue.core.conservation() == []
        if outcomes(applied) != [Outcome.ACCEPTED]:
            assert (play.venue.core.reserves(), play.venue.core.allocation_years()) == before
    assert play.found() == play.case["answer"]


def test_every_case_says_its_situation_its_clause_and_its_arithmetic() -> None:
    assert len(CASES) >= 7
    listed = (FOLDER / "README.md").read_text()
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "clause", "situation", "arithmetic")), path.name
        assert f"`{path.name}`" in listed
