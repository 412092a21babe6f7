"""Drawn lives of units against a twin with books of its own: plain dictionaries that share no code with the room."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from fractions import Fraction

import pytest

from engine.commands import Fact, ParticipantClass
from engine.outcomes import Outcome
from engine.words.units import UnitStep
from tests.core.test_unit_life import CCER, RULES, SZA, SZA_2025, set_type, take, venue_of_units
from tests.core.venue import OPERATOR, Key, Venue, outcomes

PEOPLE = {1: "operator", 2: "government", 3: "emitter", 4: "institution", 5: "emitter"}
VINTAGE = {SZA: 2024, SZA_2025: 2025, CCER: 0, 4: 0}
OFFSETS = {CCER: Fraction(5, 100), 4: Fraction(8, 100)}
ALL_OFFSETS = Fraction(10, 100)
BANKED, BORROWED = 1, 1


class Twin:
    """What the rules of this file come to, step by step; each answer is the name of an outcome."""

    def __init__(self) -> None:
        self.free: Counter[tuple[int, int]] = Counter()
        self.pledged: Counter[tuple[int, int]] = Counter()
        self.restricted: Counter[tuple[int, int]] = Counter()
        self.pledges: dict[int, list[int]] = {}
        self.emissions: dict[tuple[int, int, int], int] = {}
        self.given: defaultdict[tuple[int, int, int], Counter[int]] = defaultdict(Counter)

    def answer(self, step: str, actor: int, **c: int) -> str:
        who, own = PEOPLE[actor], step in ("TRANSFER", "SURRENDER", "RETIRE", "PLEDGE")
        if own and who == "operator":
            return "NOT_PERMITTED_FOR_CLASS"
        if step in ("RESTRICT", "LIFT") and who != "operator":
            return "NOT_PERMITTED_FOR_CLASS"
        if step in ("ISSUE", "ALLOCATE") and who not in ("operator", "government"):
            return "NOT_PERMITTED_FOR_CLASS"
        return str(getattr(self, step.lower())(actor, who, **c))

    def issue(self, actor: int, who: str, instrument: int, lots: int, participant: int, year: int, **_: int) -> str:
        if year != VINTAGE[instrument]:
            return "VINTAGE_NOT_OF_INSTRUMENT"
        self.free[participant, instrument] += lots
        return "ACCEPTED"

    def allocate(
        self, actor: int, who: str, instrument: int, lots: int, participant: int, counterparty: int, **_: int
    ) -> str:
        giver = counterparty or actor
        if who == "government" and giver != actor:
            return "NOT_PERMITTED_FOR_CLASS"
        return self._move(giver, participant, instrument, lots)

    def transfer(self, actor: int, who: str, instrument: int, lots: int, participant: int, **_: int) -> str:
        if participant == actor:
            return "TRANSFER_TO_SELF"
        if who != "emitter" or PEOPLE[participant] != "emitter":
            return "TRANSFER_NOT_ALLOWED"
        return self._move(actor, participant, instrument, lots)

    def retire(self, actor: int, who: str, instrument: int, lots: int, **_: int) -> str:
        if who == "institution":
            return "RETIREMENT_NOT_ALLOWED"
        return self._take(self.free, actor, instrument, lots)

    def pledge(self, actor: int, who: str, instrument: int, lots: int, participant: int, **_: int) -> str:
        if participant == actor:
            return "PLEDGE_TO_SELF"
        if who != "emitter":
            return "PLEDGE_NOT_ALLOWED"
        if self._take(self.free, actor, instrument, lots) != "ACCEPTED":
            return "HOLDING_INSUFFICIENT"
        self.pledged[actor, instrument] += lots
        self.pledges[len(self.pledges) + 1] = [instrument, actor, participant, lots]
        return "ACCEPTED"

    def release(self, actor: int, who: str, instrument: int, lots: int, target: int, told: int, **_: int) -> str:
        found = self.pledges.get(target)
        if not found or not found[3] or found[0] != instrument:
            return "PLEDGE_UNKNOWN"
        if actor != found[2] and who != "operator":
            return "PLEDGE_RELEASE_NOT_YOURS"
        if lots > found[3]:
            return "PLEDGE_EXCEEDED"
        if actor != found[2] and not told:
            return "REASON_MISSING"
        found[3] -= lots
        self.pledged[found[1], instrument] -= lots
        self.free[found[1], instrument] += lots
        return "ACCEPTED"

    def restrict(self, actor: int, who: str, instrument: int, lots: int, participant: int, told: int, **_: int) -> str:
        return self._between(self.free, self.restricted, instrument, lots, participant, told)

    def lift(self, actor: int, who: str, instrument: int, lots: int, participant: int, told: int, **_: int) -> str:
        return self._between(self.restricted, self.free, instrument, lots, participant, told)

    def surrender(self, actor: int, who: str, instrument: int, lots: int, year: int, obligation: int, **_: int) -> str:
        key = (actor, obligation, year)
        owed, given = self.emissions.get(key, 0), self.given[key]
        if not owed:
            return "OBLIGATION_UNKNOWN"
        if sum(given.values()) + lots > owed:
            return "SURRENDER_ABOVE_OBLIGATION"
        if instrument in OFFSETS:
            together = sum(given[one] for one in OFFSETS) + lots
            if together > ALL_OFFSETS * owed or given[instrument] + lots > OFFSETS[instrument] * owed:
                return "OFFSET_LIMIT_EXCEEDED"
        elif not -BORROWED <= year - VINTAGE[instrument] <= BANKED:
            return "VINTAGE_NOT_ELIGIBLE"
        restricted = min(lots, self.restricted[actor, instrument])
        if lots - restricted > self.free[actor, instrument]:
            return "HOLDING_INSUFFICIENT"
        self.restricted[actor, instrument] -= restricted
        self.free[actor, instrument] -= lots - restricted
        given[instrument] += lots
        return "ACCEPTED"

    def _between(
        self, source: Counter[tuple[int, int]], to: Counter[tuple[int, int]], instrument: int, lots: int, whose: int,
        told: int,
    ) -> str:  # fmt: skip
        if source[whose, instrument] < lots:
            return "HOLDING_INSUFFICIENT"
        if not told:
            return "REASON_MISSING"
        source[whose, instrument] -= lots
        to[whose, instrument] += lots
        return "ACCEPTED"

    def _move(self, giver: int, taker: int, instrument: int, lots: int) -> str:
        found = self._take(self.free, giver, instrument, lots)
        if found == "ACCEPTED":
            self.free[taker, instrument] += lots
        return found

    @staticmethod
    def _take(pocket: Counter[tuple[int, int]], whose: int, instrument: int, lots: int) -> str:
        if pocket[whose, instrument] < lots:
            return "HOLDING_INSUFFICIENT"
        pocket[whose, instrument] -= lots
        return "ACCEPTED"


def drawn(rng: random.Random) -> tuple[str, int, dict[str, int]]:
    """One step: who takes it, and its columns, mostly such that it can succeed."""
    step = rng.choice([*UnitStep, UnitStep.SURRENDER, UnitStep.ISSUE]).name
    own = step in ("TRANSFER", "SURRENDER", "RETIRE", "PLEDGE", "RELEASE")
    actor = rng.choice([3, 5, 4, 3, 5, 2] if own else [1, 1, 1, 2, 3])
    instrument = rng.choice(list(VINTAGE))
    columns = {
        "instrument": instrument,
        "lots": rng.choice([1, rng.randint(1, 30), rng.randint(1, 120)]),
        "participant": rng.choice([3, 5, 3, 5, 4, 2]),
        "counterparty": 0,
        "year": rng.choice([2023, 2024, 2024, 2025, 2026]),
        "obligation": rng.choice([SZA, SZA, SZA_2025]),
        "target": rng.randint(1, 6),
        "told": int(rng.random() < 0.8),
    }
    if step == "ISSUE":
        columns["year"] = VINTAGE[instrument] if rng.random() < 0.95 else 2024
    if step == "ALLOCATE":
        columns["counterparty"] = 2 if actor == OPERATOR or rng.random() < 0.2 else rng.choice([0, 3])
    return step, actor, columns


def lived(seed: int, steps: int) -> Counter[str]:
    """One life of units; the outcomes that were seen."""
    rules: dict[Key, int | str] = {**RULES, "surrender.offset_share_local": 80_000, "surrender.borrowing_years": 1}
    venue, twin, rng = venue_of_units(rules), Twin(), random.Random(seed)
    venue.instrument("PHCER", 1, trading=False)
    set_type(venue, 4, 3, 0)
    for participant in (3, 4, 5):
        for instrument in (SZA, SZA_2025):
            for year in (2023, 2024, 2025):
                lots = rng.choice([0, 100, 400])
                venue.fact(participant, Fact.EMISSIONS, year, lots, instrument)
                twin.emissions[participant, instrument, year] = lots
    seen: Counter[str] = Counter()
    for _ in range(steps):
        step, actor, columns = drawn(rng)
        expected = twin.answer(step, actor, **columns)
        given = {name: value for name, value in columns.items() if name not in ("lots", "told", "instrument")}
        reason = "because" if columns["told"] else ""
        applied = take(venue, UnitStep[step], actor, columns["lots"], columns["instrument"], reason, **given)
        assert outcomes(applied) == [Outcome[expected]], f"seed {seed}: {step} by {actor} {columns}"
        seen[expected] += 1
        compare(venue, twin)
    return seen


def compare(venue: Venue, twin: Twin) -> None:
    """Accounts, pledges and obligations, in every pocket."""
    for participant in PEOPLE:
        held = {view.instrument: view for view in venue.core.holdings(participant)}
        for instrument in VINTAGE:
            view = held.get(instrument)
            found = (view.available_lots, view.pledged_lots, view.compliance_lots) if view else (0, 0, 0)
            place = participant, instrument
            assert found == (twin.free[place], twin.pledged[place], twin.restricted[place])
        for view in venue.core.obligations(participant):
            key = participant, view.instrument, view.year
            assert view.owed == twin.emissions[key] - sum(twin.given[key].values())
    assert [[p.instrument, p.owner, p.pledgee, p.lots] for p in venue.core.pledges()] == [
        pledge for pledge in twin.pledges.values() if pledge[3]
    ]
    assert venue.core.conservation() == []


def test_drawn_lives() -> None:
    seen: Counter[str] = Counter()
    for seed in range(12):
        seen += lived(seed, 120)
    assert seen["ACCEPTED"] > 300
    assert len(seen) >= 14


@pytest.mark.long
def test_many_drawn_lives() -> None:
    for seed in range(1_000, 1_060):
        lived(seed, 400)


def test_the_classes_of_this_file_are_those_of_the_venue() -> None:
    venue = venue_of_units()
    names = {ParticipantClass.KEY_EMITTER: "emitter"}
    found = {
        p.number: names.get(p.participant_class, p.participant_class.name.lower()) for p in venue.core.participants()
    }
    assert found == PEOPLE
