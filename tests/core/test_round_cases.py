"""The worked cases of consignment, fees and default: each a whole venue, every figure and every account compared."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Change, Fact, ParticipantClass, RoundAction
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, DEFINITIONS, Parameter
from engine.rules.values import parse_value
from engine.units import format_scaled, parse_scaled
from engine.words.reserve import ReserveStep
from tests.core.venue import UNIFORM, Key, Venue, outcomes

FOLDER = Path(__file__).resolve().parents[2] / "engine" / "rounds" / "cases"
CASES = sorted(FOLDER.glob("*.toml"))
CENTS = 100
ORDER = ("A", "B", "G", "R", "X", "Y", "Z")
CLASSES = {"G": ParticipantClass.GOVERNMENT, "R": ParticipantClass.GOVERNMENT}


def ticks(text: str) -> int:
    return parse_scaled(text, CENTS)


class Case:
    """One case played: participants by their letter, the round open, bid in, and cleared."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, self.venue = case, Venue()
        values: dict[Key, int | str] = {**UNIFORM}
        for key, value in case["rules"].items():
            parsed = parse_value(BY_KEY[key], value)
            word = DEFINITIONS[BY_KEY[key]].words
            stored = word(parsed).name.lower() if word else parsed
            values[(key, ParticipantClass.KEY_EMITTER) if key.startswith("consignment.allowed") else key] = stored
        self.venue.instrument("SZEA", self.venue.adopt(values))
        who = {*case["holdings"], *case["cash"]} | {case.get("reserve", {}).get("account", "A")}
        self.number = {"operator": 1} | {
            name: self.venue.register(name, CLASSES.get(name, ParticipantClass.KEY_EMITTER))
            for name in ORDER
            if name in who
        }
        for name, lots in case["holdings"].items():
            self.venue.deposit_units(self.number[name], 1, lots)
        for name, lots in case.get("allocations", {}).items():
            self.venue.fact(self.number[name], Fact.ALLOCATION, 2022, lots)
        for name, amount in case["cash"].items():
            self.venue.deposit_cash(self.number[name], ticks(amount))
        if "reserve" in case:
            account = self.number[case["reserve"]["account"]]
            self.venue.reserve(ReserveStep.FOUND, rule_book=1, participant=account)

    def play(self) -> None:
        venue = self.venue
        venue.round("case", 1)
        for line in self.case.get("supply", []):
            assert outcomes(venue.supply(1, self.number[line["who"]], line["quantity"])) == [Outcome.ACCEPTED]
        for lot in self.case.get("consigned", []):
            minimum = ticks(lot.get("minimum", "0"))
            applied = venue.consign(1, self.number[lot["who"]], lot["quantity"], minimum)
            self.expect(lot, outcomes(applied)[0], Parameter(int(applied.parameters[0])))
        self.withdraw("withdrawn")
        assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]
        for bid in self.case["bids"]:
            bidder = self.number[bid["who"]]
            assert outcomes(venue.bid(1, bidder, ticks(bid["price"]), bid["quantity"])) == [Outcome.ACCEPTED]
        self.withdraw("withdrawn_after_bids")
        venue.act(1, RoundAction.CLOSE)
        assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ACCEPTED]

    def withdraw(self, when: str) -> None:
        for row in self.case.get(when, []):
            applied = self.venue.amend(1, self.number[row["who"]], Change.WITHDRAW_CONSIGNMENT, row["line"])
            self.expect(row, outcomes(applied)[0], Parameter.NONE)

    @staticmethod
    def expect(row: dict[str, Any], outcome: Outcome, parameter: Parameter) -> None:
        assert outcome.name == row.get("refused", "ACCEPTED")
        if "parameter" in row:
            assert DEFINITIONS[parameter].key == row["parameter"]

    def found(self) -> dict[str, Any]:
        """What came out, in the words of the case; accounts as far as the case speaks of them."""
        result = self.venue.core.round_result(1)
        assert result is not None
        answer = self.case["answer"]
        found: dict[str, Any] = {
            "status": result.status.name.lower(),
            "awards": [award.awarded_lots for award in result.awards],
            "sold": [line.sold_lots for line in result.supply],
            "proceeds": [format_scaled(line.proceeds_minor, CENTS) for line in result.supply],
            "cash": {n: format_scaled(self.venue.core.cash(self.number[n]).available_minor, CENTS)
                     for n in answer["cash"]},
            "holdings": {n: self.lots(n)[0] for n in answer["holdings"]},
        }  # fmt: skip
        if result.price_ticks is not None:
            found["price"] = format_scaled(result.price_ticks, CENTS)
        if "locked" in answer:
            found["locked"] = {n: self.lots(n)[1] for n in answer["locked"]}
        return found

    def lots(self, name: str) -> tuple[int, int]:
        """(free, locked)."""
        held = self.venue.core.holdings(self.number[name])
        return sum(h.available_lots for h in held), sum(h.locked_lots for h in held)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path: Path) -> None:
    case = Case(tomllib.loads(path.read_text(encoding="utf-8")))
    case.play()
    assert case.found() == case.case["answer"]
    assert case.venue.core.conservation() == []
    held = [case.venue.core.cash(number).held_minor for number in case.number.values()]
    assert not any(held)


def test_every_case_says_its_situation_its_clause_and_its_arithmetic() -> None:
    assert len(CASES) >= 15
    listed = (FOLDER / "README.md").read_text()
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "clause", "situation", "arithmetic")), path.name
        assert f"`{path.name}`" in listed
