"""Drawn worlds, each held against an auditor with books of its own; and an auditor who is not asleep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Side, Table
from engine.events import EVENT, EventKind
from engine.outcomes import Outcome
from tests.conftest import Seen
from tests.simulation.auditor import Auditor, Impossible
from tests.simulation.world import run

pytestmark = pytest.mark.compiled

FIRST_SEED = 20_231_124
WORLDS_A_TEST = 40


def lived(seed: int) -> Counter[str]:
    """What one world saw; a failure names the command that lives it again."""
    try:
        return run(seed).seen
    except BaseException as error:
        raise AssertionError(f"python -m tests.simulation.world {seed}: {type(error).__name__}: {error}") from error


def test_fifty_worlds() -> None:
    seen: Counter[str] = Counter()
    for seed in range(FIRST_SEED, FIRST_SEED + 50):
        seen += lived(seed)
    for thing in ("crash", "disk_fails", "clean_restart", "again", "reused", "starts from a snapshot"):
        assert seen[thing] > 15, thing
    refusals = {outcome for outcome in Outcome if seen[outcome.name]} - {Outcome.ACCEPTED}
    assert len(refusals) > 12


@pytest.mark.long
@pytest.mark.parametrize("first", range(FIRST_SEED + 1_000, FIRST_SEED + 3_000, WORLDS_A_TEST))
def test_two_thousand_worlds(first: int, seen: Seen) -> None:
    lives = sum((lived(seed) for seed in range(first, first + WORLDS_A_TEST)), Counter[str]())
    seen("drawn worlds in which the auditor found no fault", WORLDS_A_TEST)
    for what in ("crash", "disk_fails", "clean_restart", "again", "starts from a snapshot"):
        seen(f"... in them: {what.replace('_', ' ')}", lives[what])


def test_a_world_is_the_same_again(tmp_path: Path) -> None:
    one, other = run(7), run(7)
    assert one.auditor.cash == other.auditor.cash
    assert one.auditor.units == other.auditor.units


# -- the auditor itself: one field of one event changed, and it must not agree -----------------------------------------


@pytest.fixture(scope="module")
def told() -> list[tuple]:
    """Everything one world's auditor was told."""
    heard = []
    batch = Auditor.batch

    def listen(self: Auditor, *arguments: object) -> None:
        table, rows, names, outcomes, events, first = arguments
        heard.append((table, rows, names, outcomes, np.array(events, EVENT), first))
        batch(self, *arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Auditor, "batch", listen)
        run(FIRST_SEED, 250)
    return heard


def agrees(told: list[tuple]) -> bool:
    auditor = Auditor(tick_value=3, price_step=1, quantity_step=1, reserve=95)
    try:
        for told_batch in told:
            auditor.batch(*told_batch)
    except (Impossible, KeyError, ValueError):
        return False
    return True


def test_the_auditor_agrees_with_what_happened(told: list[tuple]) -> None:
    assert agrees(told)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (EventKind.TRADE, "price_ticks"),
        (EventKind.TRADE, "quantity_lots"),
        (EventKind.TRADE, "counter_order_id"),
        (EventKind.TRADE, "remaining_lots"),
        (EventKind.ORDER_CANCELLED, "quantity_lots"),
        (EventKind.BID_ACCEPTED, "amount_minor"),
        (EventKind.BID_AWARDED, "quantity_lots"),
        (EventKind.BID_AWARDED, "amount_minor"),
        (EventKind.SUPPLY_SETTLED, "amount_minor"),
        (EventKind.SUPPLY_SETTLED, "quantity_lots"),
        (EventKind.ROUND_CLEARED, "quantity_lots"),
        (EventKind.ROUND_CLEARED, "price_ticks"),
    ],
)
def test_a_changed_event_is_noticed(told: list[tuple], kind: EventKind, column: str) -> None:
    changed = 0
    for at, (table, rows, names, outcomes, events, first) in enumerate(told):
        for place in np.flatnonzero(events["kind"] == kind)[:1]:
            if kind is EventKind.ROUND_CLEARED and not events["price_ticks"][place]:
                continue
            other = events.copy()
            other[column][place] += 1
            assert not agrees([*told[:at], (table, rows, names, outcomes, other, first), *told[at + 1 :]])
            changed += 1
        if changed == 3:
            break
    assert changed


def test_a_missing_event_and_a_wrong_outcome_are_noticed(told: list[tuple]) -> None:
    at = next(at for at, batch in enumerate(told) if (batch[4]["kind"] == EventKind.TRADE).any())
    table, rows, names, outcomes, events, first = told[at]
    assert not agrees([*told[:at], (table, rows, names, outcomes, events[:-1], first), *told[at + 1 :]])
    assert not agrees([*told[:at], *told[at + 1 :]])
    at = next(at for at, batch in enumerate(told) if Outcome.CASH_INSUFFICIENT in batch[3])
    table, rows, names, outcomes, events, first = told[at]
    wrong = [Outcome.HOLDING_INSUFFICIENT if one == Outcome.CASH_INSUFFICIENT else one for one in outcomes]
    assert not agrees([*told[:at], (table, rows, names, wrong, events, first), *told[at + 1 :]])


def test_a_trade_through_a_better_price_is_noticed() -> None:
    auditor = Auditor(tick_value=1, price_step=1, quantity_step=1, reserve=1)
    auditor.trading = True
    for number in (1, 2, 3):
        auditor.cash[number], auditor.units[number] = [1_000, 0], [100, 0, 0]
    auditor.deposited = [3_000, 300]

    def batch(actor: int, side: Side, price: int, number: int, trade: tuple[int, int] | None = None) -> None:
        row = {"actor": actor, "command": 1, "side": side, "order_type": 1, "time_in_force": 1, "instrument": 1}
        row |= {"order_id": 0, "price_ticks": price, "quantity_lots": 5}
        events = np.zeros(1 + (trade is not None), EVENT)
        events["kind"], events["order_id"], events["participant"] = EventKind.ORDER_ACCEPTED, number, actor
        events["side"], events["price_ticks"], events["quantity_lots"], events["reference"] = side, price, 5, 1
        if trade is not None:
            events["kind"][1], events["counter_order_id"][1], events["price_ticks"][1] = EventKind.TRADE, *trade
        auditor.batch(Table.ORDERS, [row], [""], [0], events, auditor.next_sequence)

    batch(1, Side.SELL, 10, 1)
    batch(2, Side.SELL, 9, 2)
    with pytest.raises(Impossible, match="traded at 10, the best was 9"):
        batch(3, Side.BUY, 10, 3, trade=(1, 10))
