"""`jingjia conform`: cases from exchanges' documents and other projects, through the real engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from services.conform.cases import load
from services.conform.runner import run_all
from services.conform.verdict import CaseResult, Verdict


def conform(
    file: Annotated[Path, typer.Argument(help="File of cases: JSON with a list `examples` or a list `cases`.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Run a file of worked cases through the engine: a line per case, then how many passed, failed, were skipped.

    A case is skipped only with the missing capability named. Exit code 0: no case failed; 1: at least one did; 2: the
    file cannot be used.

    Example: jingjia conform worked_examples.json
    """
    cases = load(file)
    results = run_all(cases, (lambda _: None) if as_json else _print_line)
    counts = Counter(result.verdict for result in results)
    if as_json:
        typer.echo(json.dumps(_document(file, results, counts), ensure_ascii=False, indent=1))
    else:
        typer.echo(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict))
    if counts[Verdict.FAILED]:
        raise typer.Exit(1)


def _print_line(result: CaseResult) -> None:
    reasons = f": {'; '.join(result.reasons)}" if result.reasons else ""
    typer.echo(f"{result.case_id}  {result.kind}  {result.verdict.value}{reasons}")


def _document(file: Path, results: list[CaseResult], counts: Counter[Verdict]) -> dict[str, object]:
    return {
        "file": str(file),
        "cases": [
            {
                "id": result.case_id,
                "kind": result.kind,
                "verdict": result.verdict.value,
                "reasons": list(result.reasons),
            }
            for result in results
        ],
        **{verdict.value: counts[verdict] for verdict in Verdict},
    }
