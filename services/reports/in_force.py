"""What was in force in a round: the value of a parameter for a class on the round's day, and what it rests on.

A value that the operator set for the round comes before the rule book's own, and is marked so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.parameters import DEFINITIONS, Basis, Parameter
from engine.rules.explain import BASIS_ZH, explain
from engine.rules.forms import day_text
from engine.rules.model import ALL_CLASSES, BIDDERS, CLASS_WORDS, Book, Chapter, parameters_of
from engine.rules.values import format_value
from services.offline.round_files import OperatorValue
from services.reports.report import Text

_CLASS_OF = {number: word for word, number in CLASS_WORDS.items()}
BASIS_OF_ROUND = Text("set for this round by the operator", "组织方为本场设定")


@dataclass(frozen=True)
class InForce:
    """One value in force. `value` is the integer of the rule book, None where it is unknown or nothing says anything;
    `shown` is as a rule book writes it. Texts that don't exist are empty."""

    parameter: Parameter
    participant_class: int
    value: int | None
    shown: str
    basis: Text
    effective: str
    source: Text
    clause: str
    quote: str
    note: str

    @property
    def key(self) -> str:
        """The parameter's key in a rule book."""
        return DEFINITIONS[self.parameter].key

    def as_json(self) -> dict[str, Any]:
        """For machines, and for an export."""
        return {
            "parameter": self.key,
            "class": _CLASS_OF.get(self.participant_class, str(self.participant_class)),
            "value": self.shown or None,
            "basis": self.basis.en,
            "effective": self.effective or None,
            "source": self.source.en,
            "clause": self.clause,
            "quote": self.quote,
            "note": self.note,
        }


class RulesOfRound:
    """The rule book of a round on its day, with the values that the operator set."""

    def __init__(self, book: Book, day: int, values: Sequence[OperatorValue]) -> None:
        self._book, self._day = book, day
        self._set = {(value.parameter, value.participant_class): value for value in values}

    def of(self, parameter: Parameter, participant_class: int = ALL_CLASSES) -> InForce:
        """The value in force for a class."""
        set_here = self._set.get((parameter, participant_class)) or self._set.get((parameter, ALL_CLASSES))
        if set_here is not None:
            shown = format_value(parameter, set_here.value)
            none = Text("", "")
            day = day_text(self._day)
            return InForce(
                parameter, participant_class, set_here.value, shown, BASIS_OF_ROUND, day, none, "", "", set_here.why
            )
        found = explain(self._book, parameter, participant_class, self._day)
        entry = self._book.entry_at(parameter, participant_class, self._day)
        value = entry.value if entry else None
        return InForce(
            parameter=parameter,
            participant_class=participant_class,
            value=value,
            shown="" if value is None else format_value(parameter, value),
            basis=Text(found.basis.name.lower(), BASIS_ZH[found.basis]),
            effective=found.from_day,
            source=_source(found.source.title, found.source.title_zh, found.source.when) if found.source else _NONE,
            clause=found.clause,
            quote=found.quote,
            note=found.note,
        )

    def all(self, *, with_consignment: bool) -> list[InForce]:
        """Every value that a round is judged by and somebody gave, by parameter and class."""
        parameters = list(parameters_of(Chapter.AUCTION))
        if with_consignment:
            parameters += parameters_of(Chapter.CONSIGNMENT)
        found = [
            self.of(parameter, klass)
            for parameter in sorted(parameters)
            if DEFINITIONS[parameter].enforced
            for klass in (BIDDERS if DEFINITIONS[parameter].by_class else (ALL_CLASSES,))
        ]
        return [value for value in found if value.value is not None or value.basis.en != Basis.UNKNOWN.name.lower()]


_NONE = Text("", "")


def _source(title: str, title_zh: str, when: str) -> Text:
    return Text(f"{title} ({when})", f"{title_zh}（{when}）")
