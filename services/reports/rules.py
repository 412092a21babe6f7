"""The rules behind a result, as rows of text: what was in force, in whose words, and what it rests on.

A value that the operator set for the round comes before the rule book's own, and is marked so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.parameters import DEFINITIONS, Basis, Kind, Parameter
from engine.rules.explain import BASIS_ZH, CLASS_ZH, WORD_ZH, Explanation, explain
from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.model import ALL_CLASSES, BIDDERS, CLASS_WORDS, Chapter, parameters_of
from engine.rules.values import format_value
from services.reports.report import RoundReport, Text

CLASS_NAMES = {number: word.replace("_", " ") for word, number in CLASS_WORDS.items()}


@dataclass(frozen=True)
class RuleRow:
    """One rule in force. `source` names the text and the clause, empty where the value is a choice."""

    key: str
    label: Text
    value: Text
    basis: Text
    source: Text
    quote: str


def value_in_force(report: RoundReport, parameter: Parameter, participant_class: int = ALL_CLASSES) -> int | None:
    """The integer a parameter had in the round, None where nobody gave one."""
    for number, klass, value in report.values:
        if number == parameter and klass in (participant_class, ALL_CLASSES):
            return value
    entry = report.book.entry_at(parameter, participant_class, _day(report))
    return entry.value if entry else None


def rule_rows(report: RoundReport) -> tuple[RuleRow, ...]:
    """The rules that the engine judged the round by, in the order of their numbers."""
    parameters = list(parameters_of(Chapter.AUCTION))
    if any(line.kind.name == "CONSIGNED" for line in report.result.supply):
        parameters += parameters_of(Chapter.CONSIGNMENT)
    return tuple(
        row for parameter in sorted(parameters) if DEFINITIONS[parameter].enforced for row in _rows(report, parameter)
    )


def _rows(report: RoundReport, parameter: Parameter) -> Iterator[RuleRow]:
    if not DEFINITIONS[parameter].by_class:
        yield _row(report, parameter, ALL_CLASSES)
        return
    rows = [_row(report, parameter, klass) for klass in BIDDERS]
    if len({(row.value, row.basis) for row in rows}) == 1:
        yield _row(report, parameter, BIDDERS[0], shared=True)
    else:
        yield from rows


def _row(report: RoundReport, parameter: Parameter, klass: int, *, shared: bool = False) -> RuleRow:
    definition = DEFINITIONS[parameter]
    found = explain(report.book, parameter, klass, _day(report))
    of_round = any(number == parameter and kl in (klass, ALL_CLASSES) for number, kl, _ in report.values)
    value = _value_text(report, parameter, value_in_force(report, parameter, klass))
    whose = "" if klass == ALL_CLASSES or shared else CLASS_NAMES[klass]
    return RuleRow(
        key=definition.key + (f" ({whose})" if whose else ""),
        label=Text(
            definition.meaning + (f", {whose}" if whose else ""),
            definition.term + (f"（{CLASS_ZH[klass]}）" if whose else ""),
        ),
        value=value,
        basis=_ROUND_BASIS if of_round else Text(found.basis.name.lower(), BASIS_ZH[found.basis]),
        source=Text("", "") if of_round or found.basis is Basis.OPERATOR else _source(found),
        quote="" if of_round else found.quote,
    )


_ROUND_BASIS = Text("set for this round by the operator", "组织方为本场设定")


def _source(found: Explanation) -> Text:
    if found.source is None:
        return Text("", "")
    clause_en = f", {found.clause}" if found.clause else ""
    clause_zh = f" {found.clause}" if found.clause else ""
    return Text(
        f"{found.source.title} ({found.source.when}){clause_en}",
        f"{found.source.title_zh}（{found.source.when}）{clause_zh}",
    )


def _value_text(report: RoundReport, parameter: Parameter, value: int | None) -> Text:
    if value is None:
        return Text("not known", "未知")
    plain = format_value(parameter, value)
    match DEFINITIONS[parameter].kind:
        case Kind.MONEY:
            return Text(f"{plain} {report.scale.currency}", f"{plain} {report.scale.currency}")
        case Kind.UNITS:
            return Text(f"{value:,} t", f"{value:,} 吨")
        case Kind.SHARE:
            per_cent = format_value(Parameter.BID_CAP_SHARE, value * 100)
            return Text(f"{per_cent} %", f"{per_cent}%")
        case Kind.WORD | Kind.SWITCH:
            return Text(plain.replace("_", " "), WORD_ZH.get(plain, plain))
        case _:
            return Text(plain, plain)


def _day(report: RoundReport) -> int:
    return report.day.toordinal() - EPOCH_ORDINAL
