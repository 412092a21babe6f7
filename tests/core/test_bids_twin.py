"""The compiled path of bids against its slow twin: outcome, parameter, hold and account after every row."""

from __future__ import annotations

import numpy as np
import pytest

from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.commands import Batch, ParticipantClass, RoundAction, Table, rows_of
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.reference import ReferenceBidder, RoundRules, judge
from tests.core.venue import UNIFORM, Key, Venue

OFFERED, CASH = 1_000, 400_000
BIDDERS = (3, 4, 5)


def drawn_rules(rng: np.random.Generator) -> tuple[dict[Key, int | str], RoundRules]:
    """The same terms twice: as a book's values and as the twin's rules."""
    comparator = ReserveComparator(int(rng.integers(1, 3)))
    below = BelowReserve(int(rng.integers(1, 3)))
    guarantee = GuaranteeRule(int(rng.integers(1, 3)))
    price_step, quantity_step = int(rng.choice([1, 5])), int(rng.choice([1, 10]))
    reserve, minimum, count_max = int(rng.choice([0, 100])), int(rng.choice([0, 15])), int(rng.choice([0, 6]))
    cap_lots, cap_ppm = int(rng.choice([0, 350])), int(rng.choice([1_000_000, 300_001]))
    by_share = OFFERED * cap_ppm // 1_000_000
    by_quantity = 0 < cap_lots < by_share
    values: dict[Key, int | str] = {
        **UNIFORM,
        "auction.reserve_price": reserve,
        "auction.reserve_comparator": comparator.name.lower(),
        "auction.below_reserve": below.name.lower(),
        "bid.guarantee": guarantee.name.lower(),
        "bid.tick": price_step,
        "bid.lot": quantity_step,
        "bid.minimum": minimum,
        "bid.count_max": count_max,
        "bid.cap_share": cap_ppm,
        "bid.cap_quantity": cap_lots,
    }
    rules = RoundRules(
        price_step=price_step,
        quantity_step=quantity_step,
        reserve=reserve,
        comparator=comparator,
        below_reserve=below,
        guarantee=guarantee,
        minimum=minimum,
        count_max=count_max,
        cap_lots=cap_lots if by_quantity else by_share,
        cap_parameter=Parameter.BID_CAP_QUANTITY if by_quantity else Parameter.BID_CAP_SHARE,
    )
    return values, rules


def compare(seed: int, rounds: int) -> None:
    rng = np.random.default_rng(seed)
    venue = Venue()
    venue.instrument("SZEA", venue.adopt(UNIFORM))
    venue.register("gov", ParticipantClass.GOVERNMENT)
    venue.deposit_units(2, 1, OFFERED * rounds)
    for bidder in BIDDERS:
        venue.register(f"bidder {bidder}", ParticipantClass.INSTITUTION)
        venue.deposit_cash(bidder, CASH)
    for _ in range(rounds):
        values, rules = drawn_rules(rng)
        number = venue.round(f"round {len(venue.core.rounds())}", venue.adopt(values))
        venue.supply(number, 2, OFFERED)
        venue.act(number, RoundAction.OPEN)
        twins = {bidder: ReferenceBidder(CASH) for bidder in BIDDERS}
        count = int(rng.integers(1, 40))
        rows = rows_of(Table.BIDS, count)
        rows["round_number"] = number
        rows["actor"] = rng.choice(BIDDERS, count)
        rows["price_ticks"] = np.where(
            rng.random(count) < 0.9, rng.integers(15, 60, count) * 5, rng.integers(0, 300, count)
        )
        rows["quantity_lots"] = np.where(
            rng.random(count) < 0.9, rng.integers(1, 12, count) * 10, rng.integers(0, 120, count)
        )
        for i in range(count):
            key = venue.key(int(rows["actor"][i]))
            rows["session"][i], rows["request_id"][i] = key["session"], key["request_id"]
        venue.time_ns += 1
        applied = venue.core.apply(Batch(Table.BIDS, venue.time_ns, rows))
        for i, event in enumerate(applied.events):
            twin = twins[int(rows["actor"][i])]
            expected = judge(rules, twin, int(rows["price_ticks"][i]), int(rows["quantity_lots"][i]))
            found = Outcome(int(event["outcome"])), Parameter(int(event["parameter"])), int(event["amount_minor"])
            assert found == expected, f"seed {seed}, round {number}, row {i}: {rules}"
        for bidder, twin in twins.items():
            account = venue.core.cash(bidder)
            assert (account.available_minor, account.held_minor) == (twin.cash, twin.held), f"seed {seed}"
        venue.act(number, RoundAction.CANCEL)
        assert venue.core.conservation() == []


@pytest.mark.parametrize("seed", range(4))
def test_bids_agree(seed: int) -> None:
    compare(seed, rounds=6)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_bids_agree_at_length(seed: int) -> None:
    compare(seed, rounds=25)
