"""Rows of anything: whatever a row of a rare table says, it is answered, and nothing gets lost or stops the core."""

from __future__ import annotations

import numpy as np
import pytest

from engine.commands import ROWS, Batch, ParticipantClass, RoundAction, Table, rows_of
from tests.conftest import Seen
from tests.core.test_rounds import venue_with
from tests.core.venue import CONSIGNED, DAY, OPERATOR, Key, Venue

TABLES = [
    Table.SUPPLY,
    Table.CONSIGNMENTS,
    Table.ROUND_ACTIONS,
    Table.ROUND_VALUES,
    Table.SUPPLY_LINES,
    Table.DRAWS,
    Table.HIDDEN_RESERVES,
    Table.LINKS,
    Table.FACTS,
    Table.GUARANTEES,
    Table.CHANGES,
    Table.ROUND_STEPS,
    Table.RESERVE_STEPS,
    Table.ALLOCATIONS,
    Table.UNIT_TYPES,
    Table.UNIT_STEPS,
    Table.BIDS,
    Table.COMMITMENTS,
    Table.REVEALS,
]
RULES: list[dict[Key, int | str]] = [
    {},
    {"auction.clock": "utc", "auction.opens": 0, "bid.amendable": 1, "consignment.withdrawable": 1,
     "consignment.deadline": 1_439, "supply.unsold": "next_round", "governance.mistaken_bids": 1},
    {"bid.guarantee_excess": "trimmed", "settlement.default_units": "next_bids", "fee.buyer_share": 50_000},
    {"governance.announcement": 1, "bid.guarantee_share": 100_000, "settlement.default_units": "return_to_sellers"},
    {"auction.price_rule": "pay_as_bid", "supply.unsold": "spread_over_rounds", "supply.unsold_rounds": 3,
     "reserve.release_price": 3, "reserve.release_days": 1, "reserve.intake_above": 2, "reserve.intake_share": 500_000,
     "reserve.buy_back_price": 100, "reserve.buy_back_days": 1, "allocation.paid_share": 30_000},
    {"auction.sealing": "committed", "bid.amendable": 1},
]  # fmt: skip
TEXT = b"0123456789abcdef" * 8


LIKELY = {
    "round_number": (1, 4),
    "instrument": (1, 2),
    "rule_book": (1, 2),
    "seller": (2, 6),
    "participant": (2, 6),
    "year": (2020, 2025),
    "day": (DAY, DAY + 400),
    "target": (1, 5),
    "withheld": (0, 2),
    "tier": (0, 2),
}
"""What a column mostly holds, so that enough rows are good."""


def drawn_rows(rng: np.random.Generator, table: Table, venue: Venue) -> np.ndarray:
    """A few rows, each column small, at its bounds, or anything."""
    rows = rows_of(table, int(rng.integers(1, 4)))
    for name in ROWS[table].names or ():
        kind = ROWS[table][name]
        bounds = np.iinfo(kind)
        for i in range(len(rows)):
            choice = rng.random()
            least, most = LIKELY.get(name, (0, 8 if kind.itemsize < 8 else 60))
            if choice < 0.96:
                rows[name][i] = rng.integers(least, most)
            elif choice < 0.98:
                rows[name][i] = rng.choice([bounds.min, bounds.max])
            else:
                rows[name][i] = rng.integers(bounds.min, bounds.max, dtype=kind, endpoint=True)
    for i in range(len(rows)):
        by_members = table in (Table.BIDS, Table.CONSIGNMENTS, Table.CHANGES, Table.GUARANTEES, Table.COMMITMENTS)
        actor = int(rng.integers(2, 6)) if rng.random() < (0.95 if by_members else 0.1) else OPERATOR
        key = venue.key(actor)
        rows["actor"][i], rows["session"][i], rows["request_id"][i] = actor, key["session"], key["request_id"]
    if "text_start" in (rows.dtype.names or ()):
        rows["text_start"], rows["text_length"] = 0, rng.choice([0, 3, 64], len(rows))
    if table is Table.CHANGES and rng.random() < 0.7:
        rows["target"] = venue.bid_id(int(rows["actor"][0])) - int(rng.integers(0, 6))
    return rows


def start(venue: Venue, likely: dict[str, tuple[int, int]]) -> None:
    """Three more rounds, two of them open, which the next rows are mostly about."""
    first = len(venue.core.rounds()) + 1
    if first + 3 > venue.core.capacity.rounds:
        return
    for number in range(first, first + 3):
        venue.round(f"round {number}", 1, day=[DAY, DAY, 2**31 - 1][number - first])
        venue.supply(number, 2, 50)
        if number < first + 2:
            venue.act(number, RoundAction.OPEN)
    likely["round_number"] = (first, first + 3)


def played(seed: int, rules: dict[Key, int | str], batches: int) -> list[str]:
    rng = np.random.default_rng(seed)
    venue = venue_with({**CONSIGNED, "auction.reserve_price": 0, "consignment.minimum_allowed": 1, **rules})
    assert venue.register("second operator", ParticipantClass.OPERATOR) == 6
    for participant in (3, 4, 5):
        venue.deposit_units(participant, 1, 500)
    kinds = set()
    for count in range(batches):
        if count % 60 == 0:
            start(venue, LIKELY)
        table = TABLES[int(rng.integers(len(TABLES)))]
        rows = drawn_rows(rng, table, venue)
        venue.time_ns += 1
        applied = venue.core.apply(Batch(table, venue.time_ns, rows, TEXT))
        assert len(applied.outcomes) == len(rows)
        kinds |= {(table, int(outcome)) for outcome in applied.outcomes}
        if count % 10 == 0:
            assert venue.core.conservation() == [], f"seed {seed}, batch {count}, {table.name}"
    accepted = {table for table, outcome in kinds if outcome == 0}
    assert len(accepted) > 8, f"too few rows were good to test anything: {accepted}"
    assert all(cash.available_minor >= 0 <= cash.held_minor for cash in map(venue.core.cash, range(1, 7)))
    return [venue.core.digest(), venue.core.event_chain.hex()]


@pytest.mark.parametrize("place", range(len(RULES)))
def test_whatever_a_row_says_is_answered(place: int) -> None:
    first = played(place, RULES[place], 400)
    assert played(place, RULES[place], 400) == first


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_whatever_a_row_says_is_answered_at_length(seed: int, seen: Seen) -> None:
    played(seed, RULES[seed % len(RULES)], 4_000)
    seen("batches of any table with anything in their columns, each answered", 4_000)
