"""Runs cases one by one and keeps the three ends of a case apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.conform.cases import Case, NotSupported, Unreadable
from services.conform.registry import Adapter, adapter_of
from services.conform.verdict import CaseResult, Comparison, Verdict


def run_all(cases: Iterable[Case], tell: Callable[[CaseResult], None] = lambda _: None) -> list[CaseResult]:
    """The results of all cases in order; `tell` hears of each as it ends."""
    results = []
    for case in cases:
        results.append(run_case(case))
        tell(results[-1])
    return results


def run_case(case: Case, adapter: Adapter | None = None) -> CaseResult:
    """One case through its adapter (or the one given).

    Skipped: no adapter, an unsupported word or size, or a key of rule or input that nobody read, each named. Failed: a
    difference, an unreadable value, or an input that the engine refuses. A case that compared nothing has not passed.
    """
    chosen = adapter or adapter_of(case)
    if chosen is None:
        return _result(case, Verdict.SKIPPED, f"no adapter for kind {case.kind!r} of schema {case.schema.value!r}")
    comparison = Comparison(case.expected)
    try:
        chosen(case, comparison)
    except NotSupported as missing:
        return _result(case, Verdict.SKIPPED, str(missing))
    except Unreadable as problem:
        return _result(case, Verdict.FAILED, f"cannot be read: {problem}")
    except ValueError as problem:
        return _result(case, Verdict.FAILED, f"the engine refuses the input: {problem}")
    unread = case.rule.unread() + case.input.unread()
    if unread:
        return _result(case, Verdict.SKIPPED, f"not understood: {', '.join(unread)}")
    if comparison.differences:
        return _result(case, Verdict.FAILED, *comparison.differences, *comparison.notes)
    if case.expected.unread():
        return _result(case, Verdict.SKIPPED, f"no counterpart of {', '.join(case.expected.unread())}")
    if not comparison.compared:
        return _result(case, Verdict.SKIPPED, "the case expects nothing that could be compared", *comparison.notes)
    return _result(case, Verdict.PASSED, *comparison.notes)


def _result(case: Case, verdict: Verdict, *reasons: str) -> CaseResult:
    return CaseResult(case.case_id, case.kind, verdict, reasons)
