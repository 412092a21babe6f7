"""The scenario tables of the exchange: modes, blocks, holds, every refusal and their precedence, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.outcomes import Outcome
from tests.core.exchange_tables import Scenario

FOLDER = Path(__file__).resolve().parent.parent / "tables" / "exchange"
TABLES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", TABLES, ids=[path.stem for path in TABLES])
def test_table(path: Path) -> None:
    differences = Scenario(path).play()
    assert not differences, "\n".join(differences)


def test_every_refusal_of_trading_is_in_a_table() -> None:
    """Full pools apart: those take thousands of orders and have a test of their own."""
    written = "\n".join(path.read_text() for path in TABLES)
    full = {"BLOCK_OFFERS_FULL", "ORDER_ALREADY_LIVE"}  # a request id cannot open the same order twice
    mine = {outcome.name for outcome in Outcome if 400 <= outcome < 450} - full | {
        "UNKNOWN_COMMAND",
        "PRICE_OUT_OF_BOUNDS",
        "QUANTITY_OUT_OF_BOUNDS",
        "AMOUNT_OUT_OF_BOUNDS",
        "ACTOR_UNKNOWN",
        "SESSION_NOT_OF_ACTOR",
        "REQUEST_ID_NOT_INCREASING",
        "NOT_PERMITTED_FOR_CLASS",
        "PARTICIPANT_UNKNOWN",
        "INSTRUMENT_UNKNOWN",
        "ORDER_UNKNOWN",
        "ORDER_NOT_OF_PARTICIPANT",
        "CASH_INSUFFICIENT",
        "HOLDING_INSUFFICIENT",
    }
    assert {name for name in mine if f"refused {name}" not in written} == set()
