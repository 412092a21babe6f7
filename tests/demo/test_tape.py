"""How a tape becomes batches, and how two tapes are compared. The batches meet a book that is three lines of Python."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.commands import Side
from services.demo.inputs import nzu_trades
from services.demo.tape import TapeDifference, runs, tape_difference
from services.reports.curves import Trade

BEGIN = datetime.fromisoformat("2024-01-02T10:00")

TRADES = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 5)), max_size=40)


def tape(pairs: list[tuple[int, int]]) -> list[Trade]:
    return [Trade(BEGIN + timedelta(seconds=place), price, lots) for place, (price, lots) in enumerate(pairs)]


def played(trades: list[Trade]) -> list[tuple[int, int]]:
    """The tape that the batches of all runs give in a book of price-time priority that is empty between runs."""
    out = []
    for run in runs([trade.price_ticks for trade in trades]):
        resting = [[trade.price_ticks, trade.quantity_lots] for trade in trades[run.start : run.end]]
        best = min if run.first_side is Side.SELL else max
        for trade in trades[run.start : run.end]:
            wanted = trade.quantity_lots
            while wanted and resting:
                # `min` and `max` give the first of equals: the earliest order at the best price.
                order = best(resting, key=lambda order: order[0])
                crossed = (
                    order[0] <= trade.price_ticks if run.first_side is Side.SELL else order[0] >= trade.price_ticks
                )
                if not crossed:
                    break
                lots = min(wanted, order[1])
                out.append((order[0], lots))
                wanted -= lots
                order[1] -= lots
                if not order[1]:
                    resting.remove(order)
        assert not resting
    return out


@given(TRADES)
def test_every_order_meets_its_own_partner(pairs: list[tuple[int, int]]) -> None:
    trades = tape(pairs)
    assert tape_difference(trades, played(trades)) is None


@given(TRADES)
def test_runs_follow_each_other_and_never_turn(pairs: list[tuple[int, int]]) -> None:
    prices = [price for price, _ in pairs]
    cut = runs(prices)
    assert [run.start for run in cut] == [0, *(run.end for run in cut)][: len(cut)]
    assert (cut[-1].end if cut else 0) == len(prices)
    for run in cut:
        part = prices[run.start : run.end]
        assert part == sorted(part, reverse=run.first_side is Side.BUY)


def test_the_shipped_tape_goes_through_in_a_few_hundred_runs() -> None:
    trades = list(nzu_trades())
    assert len(runs([trade.price_ticks for trade in trades])) == 427
    assert tape_difference(trades, played(trades)) is None


def test_equal_tapes_have_no_difference() -> None:
    assert tape_difference(tape([(5, 1), (6, 2)]), [(5, 1), (6, 2)]) is None


def test_a_wrong_a_missing_and_a_surplus_trade_are_each_told_with_their_place() -> None:
    trades = tape([(5, 1), (6, 2)])
    assert tape_difference(trades, [(5, 1), (6, 3)]) == TapeDifference(1, (6, 2), (6, 3))
    assert tape_difference(trades, [(5, 1)]) == TapeDifference(1, (6, 2), None)
    assert tape_difference(trades, [(5, 1), (6, 2), (6, 2)]) == TapeDifference(2, None, (6, 2))
    assert tape_difference(trades, [(6, 2), (5, 1)]) == TapeDifference(0, (5, 1), (6, 2))
