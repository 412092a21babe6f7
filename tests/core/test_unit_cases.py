"""The worked cases of the life of a unit, each played in a whole venue."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Fact, ParticipantClass, Table
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, DEFINITIONS, Parameter
from engine.rules.values import parse_value
from engine.views import Applied
from engine.words.units import UnitStep, UnitType
from tests.core.venue import OPERATOR, TRADING, Key, Venue, outcomes

FOLDER = Path(__file__).resolve().parents[2] / "engine" / "compliance" / "cases"
CASES = sorted(FOLDER.glob("*.toml"))
EMITTER, BANK = 2, 3
ACTORS = {"operator": OPERATOR, "emitter": EMITTER, "bank": BANK}
POCKETS = ("available", "pledged", "compliance")


class Play:
    """One case on its venue: facts are recorded in the first instrument."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, self.venue = case, Venue()
        rules: dict[Key, int | str] = {**TRADING}
        for key, value in case["rules"].items():
            parameter = BY_KEY[key]
            stored = parse_value(parameter, value)
            word = value if DEFINITIONS[parameter].words else stored
            by_class = DEFINITIONS[parameter].by_class
            for klass in (ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION) if by_class else (0,):
                rules[(key, klass) if by_class else key] = word  # type: ignore[index]
        book = self.venue.adopt(rules)
        self.venue.register("emitter", ParticipantClass.KEY_EMITTER)
        self.venue.register("bank", ParticipantClass.INSTITUTION)
        self.numbers: dict[str, int] = {}
        for name, units in case["instruments"].items():
            number = self.numbers[name] = self.venue.instrument(name, book, trading=False)
            kind = {"unit_type": UnitType[units["type"].upper()], "vintage": units["vintage"]}
            self.venue.send(Table.UNIT_TYPES, [{"instrument": number, **kind}])
            self.venue.deposit_units(EMITTER, number, units["emitter"])
        for year, facts in case["facts"].items():
            for name, lots in facts.items():
                self.venue.fact(EMITTER, Fact[name.upper()], int(year), lots)

    def take(self, step: dict[str, Any]) -> Applied:
        """One step, as a command."""
        data = step.get("reason", "").encode()
        actor = ACTORS[step.get("by", "emitter")]
        whose = EMITTER if step["do"] in ("restrict", "lift") else ACTORS.get(step.get("to", ""), 0)
        row = {
            "step": UnitStep[step["do"].upper()],
            "instrument": self.numbers[step["of"]],
            "obligation": 1,
            "participant": whose,
            "year": step.get("for", 0),
            "target": step.get("pledge", 0),
            "quantity_lots": step["quantity"],
            "text_length": len(data),
        }
        return self.venue.send(Table.UNIT_STEPS, [{**self.venue.key(actor), **row}], data, actor)

    def found(self) -> dict[str, Any]:
        """What came out, in the words of the case."""
        core = self.venue.core
        found: dict[str, Any] = {"owed": sum(view.owed for view in core.obligations(EMITTER))}
        holdings = {view.instrument: view for view in core.holdings(EMITTER)}
        for name, number in self.numbers.items():
            amounts = {pocket: getattr(holdings.get(number), f"{pocket}_lots", 0) for pocket in POCKETS}
            found[name] = {pocket: lots for pocket, lots in amounts.items() if lots}
        return {key: found[key] for key in self.case["answer"]}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path: Path) -> None:
    play = Play(tomllib.loads(path.read_text(encoding="utf-8")))
    for step in play.case["steps"]:
        before = play.found()
        applied = play.take(step)
        assert outcomes(applied)[0].name == step.get("refused", "ACCEPTED"), step
        if "parameter" in step:
            assert DEFINITIONS[Parameter(int(applied.parameters[0]))].key == step["parameter"]
        assert play.venue.core.conservation() == []
        if outcomes(applied) != [Outcome.ACCEPTED]:
            assert play.found() == before
    assert play.found() == play.case["answer"]


def test_every_case_says_its_situation_its_clause_and_its_arithmetic() -> None:
    assert len(CASES) >= 6
    listed = (FOLDER / "README.md").read_text()
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "clause", "situation", "arithmetic")), path.name
        assert f"`{path.name}`" in listed
