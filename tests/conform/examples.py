"""Building cases for tests: the two schemas with as little around the numbers as they allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.conform.cases import load
from services.conform.runner import run_all
from services.conform.verdict import CaseResult


def example(steps: list[str], given: dict[str, Any], expected: dict[str, Any], **rule: Any) -> dict[str, Any]:
    """A case of kind `call_auction` in the schema of worked examples."""
    mechanism = rule.pop("mechanism", "drawn")
    return {
        "id": "drawn-1",
        "kind": "call_auction",
        "mechanism": mechanism,
        "provenance": "derived",
        "source": [{"what": "drawn for a test"}],
        "rule": {"steps": steps, **rule},
        "input": given,
        "expected": expected,
    }


def peer(kind: str, orders: list[tuple], expect: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A case in the schema of peer cases; orders are (side, price, quantity[, owner])."""
    names = ("side", "price", "qty", "broker")
    listed = [dict(zip(names, order, strict=False)) for order in orders]
    return {"id": "drawn-1", "kind": kind, "source": "drawn", "orders": listed, "expect": expect, **more}


def run(folder: Path, *cases: dict[str, Any]) -> list[CaseResult]:
    """The results of cases that went through a file."""
    schema = "examples" if "expected" in cases[0] else "cases"
    path = folder / "cases.json"
    path.write_text(json.dumps({schema: list(cases)}))
    return run_all(load(path))


def run_one(folder: Path, case: dict[str, Any]) -> tuple[str, str]:
    """(verdict, reasons) of one case."""
    (result,) = run(folder, case)
    return result.verdict.value, "; ".join(result.reasons)
