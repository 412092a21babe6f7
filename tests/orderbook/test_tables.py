"""The scenario tables: every order type, every refusal and their precedence, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.capacity import MEDIUM
from engine.commands import TimeInForce
from engine.events import EventKind
from engine.orderbook.layout import MarketData
from engine.outcomes import Outcome
from tests.orderbook.rows import BUY, SELL, cancel, new, rows
from tests.orderbook.tables import Scenario
from tests.orderbook.twins import Twins

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


def test_one_order_takes_5_000_others_one_by_one_and_leaves_nothing() -> None:
    """The one of the FIFO invariants that is too long for a table; afterwards its price and its ids are free."""
    twins = Twins(MarketData.NONE, MEDIUM)
    twins.apply(rows(*(new(order_id, SELL, 61, 1) for order_id in range(1, 5_001))), 0)
    taker = new(5_001, BUY, 61, 5_000, actor=2, time_in_force=TimeInForce.IOC)
    accepted, *trades = twins.apply(rows(taker), 0)
    assert accepted["kind"] == EventKind.ORDER_ACCEPTED
    assert [trade["kind"] for trade in trades] == [EventKind.TRADE] * 5_000
    assert [trade["counter_order_id"] for trade in trades] == list(range(1, 5_001))
    assert {(trade["quantity_lots"], trade["price_ticks"], trade["remaining_lots"]) for trade in trades} == {(1, 61, 0)}
    assert (twins.fast.depth().bids, twins.fast.depth().asks) == ((), ())
    gone = twins.apply(rows(cancel(1), cancel(2_500), cancel(5_000), cancel(5_001)), 0)
    assert gone["outcome"].tolist() == [Outcome.ORDER_UNKNOWN] * 4
    again = twins.apply(rows(new(2_500, SELL, 61, 3), new(5_001, BUY, 61, 2, actor=2)), 0)
    assert [EventKind(kind).name for kind in again["kind"]] == ["ORDER_ACCEPTED", "ORDER_ACCEPTED", "TRADE"]
    assert twins.fast.depth().asks[0].quantity_lots == 1
    twins.check()
