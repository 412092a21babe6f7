"""Files of cases: what the command prints, its exit codes, and files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.cli.conform import conform
from services.conform.cases import load
from services.conform.registry import adapter_of
from services.conform.runner import run_case
from services.errors import BadInput
from tests.conform.examples import example, peer

app = typer.Typer()
app.command()(conform)

KINDS = {"call_auction", "uncross", "uncross_trades", "two_sided_uniform"}
GOOD = peer("uncross", [("buy", 5, 3), ("sell", 5, 2)], {"price": 5}, rule="max executable volume")
BAD = {**GOOD, "id": "drawn-2", "expect": {"price": 6}}
UNKNOWN = {**GOOD, "id": "drawn-3", "kind": "tombola"}


def write(folder: Path, document: Any) -> Path:
    path = folder / "cases.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_line_per_case_then_the_counts(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(write(tmp_path, {"cases": [GOOD, BAD, UNKNOWN]}))])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "drawn-1  uncross  passed",
        "drawn-2  uncross  failed: price: expected 6, found 5",
        "drawn-3  tombola  skipped: no adapter for kind 'tombola' of schema 'cases'",
        "1 passed, 1 failed, 1 skipped",
    ]


def test_skipped_cases_alone_are_no_failure(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(write(tmp_path, {"note": "", "cases": [GOOD, UNKNOWN]}))])
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "1 passed, 0 failed, 1 skipped")


def test_json(tmp_path: Path) -> None:
    path = write(tmp_path, {"cases": [GOOD, BAD]})
    result = CliRunner().invoke(app, [str(path), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "file": str(path),
        "cases": [
            {"id": "drawn-1", "kind": "uncross", "verdict": "passed", "reasons": []},
            {"id": "drawn-2", "kind": "uncross", "verdict": "failed", "reasons": ["price: expected 6, found 5"]},
        ],
        "passed": 1,
        "failed": 1,
        "skipped": 0,
    }


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", r"cases\.json:1: no JSON: Expecting property name"),
        ([], "an object is needed at the top, found list"),
        ({"schema_version": 1}, "a list `examples` or a list `cases` is needed at the top, found schema_version"),
        ({"examples": [], "cases": []}, "a list `examples` or a list `cases` is needed"),
        ({"cases": {}}, "found cases"),
        ({"cases": [7]}, r"cases\[0\]: the case: an object is needed, found int"),
        ({"cases": [{"kind": "uncross"}]}, r"cases\[0\]: id is missing"),
        ({"cases": [{"id": "a", "kind": "uncross"}]}, r"cases\[0\]: expect is missing"),
        ({"examples": [{**example([], {}, {}), "expected": 3}]}, r"expected: an object is needed, found int"),
        ({"examples": [{"id": "a", "kind": 5}]}, r"examples\[0\]: kind: text is needed, found 5"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, document: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        conform(write(tmp_path, document))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.json: no such file"):
        conform(tmp_path / "nowhere.json")


def test_all_broken_cases_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        conform(write(tmp_path, {"cases": [{}, GOOD, {"id": "b"}]}))
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == [
        "cases[0]: id is missing",
        "cases[2]: kind is missing",
    ]


@pytest.mark.parametrize("name", ["worked_examples.json", "peer_cases.json"])
def test_reference_cases_of_the_adapted_kinds_all_pass(reference_data: Path, name: str) -> None:
    path = reference_data.parent / "rules" / name
    if not path.is_file():
        pytest.skip(f"reference cases not found at {path}")
    results = [run_case(case) for case in load(path) if adapter_of(case)]
    assert results
    assert [result for result in results if result.verdict != "passed" and result.kind in KINDS] == []
