"""Drawn worlds, each held against an auditor with books of its own; and an auditor who is not asleep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.commands import ParticipantClass, Phase, Side, Table
from engine.events import EVENT, EventKind
from engine.outcomes import Outcome
from tests.conftest import Seen
from tests.simulation.auditor import Auditor, Charter, Impossible
from tests.simulation.charters import CHARTERS
from tests.simulation.sending import BLOCK_MINIMUM, TICK_VALUE
from tests.simulation.world import run

pytestmark = pytest.mark.compiled

FIRST_SEED = 20_231_124
WORLDS_A_TEST = 40
DRAWN_KINDS = {
    kind
    for first, last in (("REFUSED", "ORDER_REPLACED"), ("RULE_BOOK_ADOPTED", "ROUND_CREATED"),
                        ("SUPPLY_ADDED", "ROUND_CANCELLED"), ("PARTICIPANT_LINKED", "BID_WITHDRAWN"),
                        ("CALL_UNCROSSED", "BLOCKS_SWITCHED"), ("ROUND_STEPPED", "ROUND_SETTLED"),
                        ("RESERVE_CHANGED", "UNITS_ALLOCATED"), ("UNITS_ISSUED", "UNITS_SURRENDERED"),
                        ("TRADING_STOPPED", "TRADING_RESUMED"), ("BATCH_VOID_PROPOSED", "BATCH_VOID_APPROVED"))
    for kind in EventKind
    if EventKind[first] <= kind <= EventKind[last]
} | {EventKind.DRAW_RECORDED, EventKind.PLEDGE_CHANGED, EventKind.TRADE_CHARGED, EventKind.TRADE_TERMS_SET,
     EventKind.UNITS_SETTLED}  # fmt: skip
"""What the worlds have to come to, by the ranges of their numbers."""

RARE = {
    EventKind[name].name
    for name in (
        "WINNER_DEFAULTED",
        "RESERVE_DECIDED",
        "BLOCK_COUNTERED",
        "UNITS_SURRENDERED",
        "TRADING_RESUMED",
        "UNITS_SETTLED",
    )
}
"""Seen in most hundreds of worlds, not in every forty."""


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
    assert seen["defect"] > 3
    refusals = {outcome for outcome in Outcome if seen[outcome.name]} - {Outcome.ACCEPTED}
    assert len(refusals) > 33
    assert {kind.name for kind in DRAWN_KINDS if not seen[kind.name]} <= RARE


@pytest.mark.long
@pytest.mark.parametrize("first", range(FIRST_SEED + 1_000, FIRST_SEED + 3_000, WORLDS_A_TEST))
def test_two_thousand_worlds(first: int, seen: Seen) -> None:
    lives = sum((lived(seed) for seed in range(first, first + WORLDS_A_TEST)), Counter[str]())
    seen("drawn worlds in which the auditor found no fault", WORLDS_A_TEST)
    for what in ("crash", "disk_fails", "clean_restart", "defect", "again", "starts from a snapshot"):
        seen(f"... in them: {what.replace('_', ' ')}", lives[what])
    seen("... in them: events read by the auditor", sum(lives[kind.name] for kind in EventKind))
    assert {kind.name for kind in DRAWN_KINDS if not lives[kind.name]} <= RARE


def test_a_world_is_the_same_again(tmp_path: Path) -> None:
    one, other = run(7), run(7)
    assert one.auditor.cash == other.auditor.cash
    assert one.auditor.units == other.auditor.units


# -- the auditor itself: one field of one event changed, and it must not agree -----------------------------------------


@dataclass(frozen=True)
class Story:
    """Everything one world's auditor was told, each batch with the time of it."""

    charter: Charter
    batches: list[tuple]

    def agrees(self, at: int = -1, *instead: object) -> bool:
        """Whether an auditor agrees with the story; with what stands at a place replaced by other arguments."""
        auditor = Auditor(tick_value=TICK_VALUE, block_minimum=BLOCK_MINIMUM, charter=self.charter)
        try:
            for place, (time_ns, *arguments) in enumerate(self.batches):
                auditor.time_ns = time_ns
                auditor.batch(*(instead if place == at else arguments))
        except (Impossible, KeyError, ValueError, IndexError):
            return False
        return True


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    """One world under each charter."""
    heard: list[tuple] = []
    batch = Auditor.batch

    def listen(self: Auditor, *arguments: object) -> None:
        table, rows, names, outcomes, events, first = arguments
        heard.append((self.time_ns, table, rows, names, outcomes, np.array(events, EVENT), first))
        batch(self, *arguments)  # type: ignore[arg-type]

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Auditor, "batch", listen)
        for place, (charter, _) in enumerate(CHARTERS):
            heard.clear()
            run(FIRST_SEED + place, 200)
            told.append(Story(charter, list(heard)))
    return told


def test_the_auditor_agrees_with_what_happened(stories: list[Story]) -> None:
    assert all(story.agrees() for story in stories)


CHANGED = {
    EventKind.TRADE: ("price_ticks", "quantity_lots", "counter_order_id", "remaining_lots"),
    EventKind.UNITS_SETTLED: ("quantity_lots", "participant"),
    EventKind.TRADE_CHARGED: ("amount_minor", "participant", "counterparty", "side"),
    EventKind.ORDER_CANCELLED: ("quantity_lots",),
    EventKind.CALL_UNCROSSED: ("price_ticks", "quantity_lots"),
    EventKind.CALL_TRADE: ("price_ticks", "quantity_lots", "counter_order_id", "remaining_lots", "amount_minor"),
    EventKind.BLOCK_OFFERED: ("price_ticks", "quantity_lots", "amount_minor"),
    EventKind.BLOCK_COUNTERED: ("side", "counterparty"),
    EventKind.BLOCK_TRADED: ("price_ticks", "quantity_lots", "amount_minor", "participant"),
    EventKind.BLOCK_ENDED: ("order_id",),
    EventKind.BID_ACCEPTED: ("amount_minor",),
    EventKind.BID_WITHDRAWN: ("amount_minor", "quantity_lots", "participant"),
    EventKind.GUARANTEE_CHANGED: ("amount_minor", "order_id"),
    EventKind.DRAW_RECORDED: ("quantity_lots", "order_id"),
    EventKind.ROUND_STEPPED: ("order_id", "counter_order_id", "participant", "side"),
    EventKind.ROUND_CLEARED: ("quantity_lots", "price_ticks"),
    EventKind.BID_AWARDED: ("quantity_lots", "amount_minor"),
    EventKind.SUPPLY_SETTLED: ("quantity_lots", "amount_minor"),
    EventKind.ROUND_SETTLED: ("quantity_lots", "amount_minor"),
    EventKind.RESERVE_CHANGED: ("quantity_lots", "remaining_lots"),
    EventKind.YEAR_PLANNED: ("quantity_lots", "remaining_lots"),
    EventKind.UNITS_ALLOCATED: ("quantity_lots", "remaining_lots"),
    EventKind.FACT_RECORDED: ("participant", "order_id"),
    EventKind.UNITS_ISSUED: ("quantity_lots",),
    EventKind.UNITS_MOVED: ("quantity_lots",),
    EventKind.PLEDGE_CHANGED: ("quantity_lots", "remaining_lots", "participant"),
}


@pytest.mark.parametrize(
    ("kind", "column"), [(kind, column) for kind, columns in CHANGED.items() for column in columns]
)
def test_a_changed_event_is_noticed(stories: list[Story], kind: EventKind, column: str) -> None:
    changed = 0
    for story in stories:
        for at, (_, table, rows, names, outcomes, events, first) in enumerate(story.batches):
            for place in np.flatnonzero(events["kind"] == kind)[:1]:
                if kind is EventKind.ROUND_CLEARED and not events["price_ticks"][place]:
                    continue
                other = events.copy()
                other[column][place] += 1
                assert not story.agrees(at, table, rows, names, outcomes, other, first), (story.charter.name, at)
                changed += 1
            if changed >= 2:
                break
    assert changed


def test_a_missing_event_and_a_wrong_outcome_are_noticed(stories: list[Story]) -> None:
    story = stories[0]
    at = next(at for at, batch in enumerate(story.batches) if (batch[5]["kind"] == EventKind.TRADE).any())
    _, table, rows, names, outcomes, events, first = story.batches[at]
    assert not story.agrees(at, table, rows, names, outcomes, events[:-1], first)
    assert not Story(story.charter, [*story.batches[:at], *story.batches[at + 1 :]]).agrees()
    at = next(at for at, batch in enumerate(story.batches) if Outcome.CASH_INSUFFICIENT in batch[4])
    _, table, rows, names, outcomes, events, first = story.batches[at]
    wrong = [Outcome.HOLDING_INSUFFICIENT if one == Outcome.CASH_INSUFFICIENT else one for one in outcomes]
    assert not story.agrees(at, table, rows, names, wrong, events, first)


def test_a_trade_through_a_better_price_is_noticed() -> None:
    auditor = Auditor(tick_value=1)
    auditor.phase = Phase.CONTINUOUS
    for number in (1, 2, 3):
        auditor.cash[number], auditor.units[number] = [1_000, 0], [100, 0, 0, 0, 0, 0]
        auditor.classes[number] = ParticipantClass.INSTITUTION
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
