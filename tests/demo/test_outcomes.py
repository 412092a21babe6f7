"""What the scenes call a failure: each promise broken once, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from services.demo import findings
from services.demo.consignment import Consigned
from services.demo.crash import Kill, SessionOutcome
from services.demo.tape import TapeDifference
from services.reports.curves import Trade
from tests.reports.sample import RESULT, report

TRADES = (Trade(datetime.fromisoformat("2024-01-02T10:00"), 5, 1),)
CALM = Kill(1, 1, "aa", "aa", 10, 10, 4, 4, 0.5)
BUSY = Kill(1, 1, "aa", "bb", 10, 12, 2, 0, 0.5)
FINE = SessionOutcome(TRADES, ((5, 1),), 2, CALM, BUSY, "cc", None)


def test_a_session_that_kept_everything_has_no_problems() -> None:
    assert FINE.problems == []
    assert "equal, trade by trade" in findings.of_tape(FINE).en
    assert "the same" in findings.of_calm_kill(FINE).en


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"difference": TapeDifference(0, (5, 1), (5, 2))}, "trade 0 of the tape: (5, 1) went in, (5, 2) came out"),
        ({"calm": replace(CALM, digest_after="bb")}, "the digest was aa, after the restart bb"),
        ({"calm": replace(CALM, repeated_rows=3)}, "of 4 rows sent again 3 were recognised"),
        ({"calm": replace(CALM, kept=0)}, "1 trades were acknowledged, 0 are there after the restart"),
        ({"busy": replace(BUSY, kept=0)}, "1 trades were acknowledged, 0 are there after the restart"),
    ],
)
def test_every_broken_promise_is_told(change: dict[str, object], told: str) -> None:
    assert replace(FINE, **change).problems == [told]  # type: ignore[arg-type]


def test_findings_do_not_call_a_difference_equal() -> None:
    other = replace(FINE, difference=TapeDifference(0, (5, 1), None), calm=replace(CALM, digest_after="bb"))
    assert "NOT equal" in findings.of_tape(other).en
    assert "不一致" in findings.of_tape(other).zh
    assert "ANOTHER" in findings.of_calm_kill(other).en


def test_a_round_is_balanced_only_to_the_fen() -> None:
    fine = Consigned(report(), {3: 148_500, 4: 153_000})
    assert fine.is_balanced
    assert not replace(fine, received_minor={3: 148_499, 4: 153_000}).is_balanced
    short = replace(RESULT, proceeds_minor=RESULT.proceeds_minor - 1)
    assert not replace(fine, report=report(short)).is_balanced
    assert "do not agree" in findings.of_consignment([replace(fine, received_minor={3: 0, 4: 0})]).en
