"""Entry of a bid: a table in which each row mends one thing, and then the last row is accepted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.auction.admission.entry import EntryRules, admit_bids
from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import PRECEDENCE, Outcome
from engine.parameters import Parameter

RULES = EntryRules(
    price_step_ticks=10, quantity_step_lots=5, minimum_lots=20, count_max=2, reserve_price_ticks=100,
    cap_parameter=Parameter.BID_CAP_SHARE,
)  # fmt: skip

# One bid of a bidder that already has two bids of 20 lots and may have 50 lots. Each row mends what the last one named.
TABLE = [
    (0, 0, 2, Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    (PRICE_TICKS_MAX + 1, 0, 2, Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    (95, 0, 2, Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    (95, QUANTITY_LOTS_MAX + 1, 2, Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    (95, 12, 2, Outcome.BID_PRICE_OFF_TICK, Parameter.BID_TICK),
    (90, 12, 2, Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE),
    (100, 12, 2, Outcome.BID_QUANTITY_OFF_LOT, Parameter.BID_LOT),
    (100, 15, 2, Outcome.BID_QUANTITY_BELOW_MINIMUM, Parameter.BID_MINIMUM),
    (100, 20, 2, Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX),
    (100, 45, 1, Outcome.BID_CAP_EXCEEDED, Parameter.BID_CAP_SHARE),
    (100, 20, 1, Outcome.ACCEPTED, Parameter.NONE),
]


@pytest.mark.parametrize(("price", "lots", "earlier", "outcome", "parameter"), TABLE)
def test_the_first_broken_rule_is_the_answer(price, lots, earlier, outcome, parameter) -> None:
    prices, quantities = [100] * earlier + [price], [20] * earlier + [lots]
    entry = admit_bids(RULES, prices, quantities, [7] * (earlier + 1), [50] * (earlier + 1))
    assert (Outcome(int(entry.outcomes[-1])), Parameter(int(entry.parameters[-1]))) == (outcome, parameter)


def test_the_table_goes_through_the_outcomes_in_their_precedence() -> None:
    order = [PRECEDENCE.index(row[3]) for row in TABLE[:-1]]
    assert order == sorted(order)


def test_a_refused_bid_changes_nothing() -> None:
    # The second bid is refused for its tick: it counts neither as a bid nor towards the cap.
    entry = admit_bids(RULES, [100, 95, 100], [20, 30, 30], [7, 7, 7], [50, 50, 50])
    assert entry.outcomes.tolist() == [0, int(Outcome.BID_PRICE_OFF_TICK), 0]


@pytest.mark.parametrize(
    ("comparator", "below", "price", "accepted"),
    [
        (ReserveComparator.AT_OR_ABOVE, BelowReserve.REFUSED_AT_ENTRY, 100, True),
        (ReserveComparator.ABOVE, BelowReserve.REFUSED_AT_ENTRY, 100, False),
        (ReserveComparator.ABOVE, BelowReserve.REFUSED_AT_ENTRY, 101, True),
        (ReserveComparator.AT_OR_ABOVE, BelowReserve.VOID_AT_CLEARING, 99, True),
    ],
)
def test_the_reserve_at_entry(comparator, below, price, accepted) -> None:
    rules = EntryRules(reserve_price_ticks=100, reserve_comparator=comparator, below_reserve=below)
    assert (admit_bids(rules, [price], [1], [1]).outcomes[0] == 0) == accepted


def test_caps_are_of_bidders_and_nothing_is_a_cap() -> None:
    entry = admit_bids(EntryRules(), [5, 5, 5, 5], [10, 10, 10, 1], [1, 2, 1, 3], [15, -1, 15, 0])
    assert entry.outcomes.tolist() == [0, 0, int(Outcome.BID_CAP_EXCEEDED), int(Outcome.BID_CAP_EXCEEDED)]


def test_guarantees_worked_by_hand() -> None:
    # 10 x 100 = 1,000; 8 x 150 = 1,200; 7 x 350 = 2,450. The sum of the values is 1,000 + 400 + 1,400.
    bids = ([10, 8, 7], [100, 50, 200])
    assert guarantee_minor(GuaranteeRule.MAXIMUM_VALUE, *bids, 1) == 2450
    assert guarantee_minor(GuaranteeRule.SUM_OF_VALUES, *bids, 100) == 280_000


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=8))
def test_no_price_makes_bids_worth_more_than_their_guarantee(bids: list[tuple[int, int]]) -> None:
    prices, lots = [p for p, _ in bids], [q for _, q in bids]
    most = max((p * sum(q for r, q in bids if r >= p) for p in range(1, 52)), default=0)
    found = guarantee_minor(GuaranteeRule.MAXIMUM_VALUE, prices, lots, 1)
    assert found == most <= int(np.dot(prices, lots)) if bids else found == 0
