"""The scenario tables: every order type, every refusal and their precedence, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.outcomes import Outcome
from tests.orderbook.tables import Scenario

FOLDER = Path(__file__).resolve().parent.parent / "tables" / "orderbook"
TABLES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", TABLES, ids=[path.stem for path in TABLES])
def test_table(path: Path) -> None:
    differences = Scenario(path).play()
    assert not differences, "\n".join(differences)


def test_every_refusal_of_the_book_is_in_a_table() -> None:
    """Full pools apart: those take thousands of orders and have a test of their own."""
    written = "\n".join(path.read_text() for path in TABLES)
    of_the_exchange = {"INSTRUMENT_NOT_TRADING", "PRICE_OFF_TICK", "QUANTITY_OFF_LOT"}
    mine = {outcome.name for outcome in Outcome if 400 <= outcome < 420 and outcome.name not in of_the_exchange} | {
        "UNKNOWN_COMMAND",
        "PRICE_OUT_OF_BOUNDS",
        "QUANTITY_OUT_OF_BOUNDS",
        "INSTRUMENT_UNKNOWN",
        "ORDER_UNKNOWN",
    }
    assert {name for name in mine if f"refused {name}" not in written} == set()
