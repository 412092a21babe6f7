"""The compiled path of bids against its slow twin: outcome, parameter, hold and account after every row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.commands import Batch, Change, Fact, ParticipantClass, RoundAction, Table, rows_of
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.reference import ReferenceBidder, RoundRules, amend, judge, withdraw
from engine.words.rounds import CapExcess
from tests.conftest import Seen
from tests.core.venue import DAY, UNIFORM, Key, Venue, outcomes

OFFERED, CASH = 1_000, 400_000
MINUTE_NS = 60_000_000_000
BIDDERS = (3, 4, 5)
WINDOW = {"auction.clock": "utc", "auction.opens": 60, "auction.closes": 120, "bid.withdraw_closes": 100}


def drawn_rules(rng: np.random.Generator) -> tuple[dict[Key, int | str], RoundRules]:
    """The same terms twice: as a book's values and as the twin's rules."""
    comparator = ReserveComparator(int(rng.integers(1, 3)))
    below = BelowReserve(int(rng.integers(1, 3)))
    guarantee = GuaranteeRule(int(rng.integers(1, 3)))
    excess = CapExcess(int(rng.choice([1, 1, 2])))
    price_step, quantity_step = int(rng.choice([1, 5])), int(rng.choice([1, 10]))
    reserve, minimum, count_max = int(rng.choice([0, 100])), int(rng.choice([0, 15])), int(rng.choice([0, 6]))
    cap_lots, cap_ppm = int(rng.choice([0, 350])), int(rng.choice([1_000_000, 300_001]))
    by_share = OFFERED * cap_ppm // 1_000_000
    by_quantity = 0 < cap_lots < by_share
    shortfall, emissions = int(rng.choice([0, 0, 500_003])), int(rng.choice([0, 0, 20_007]))
    holding, only = int(rng.choice([0, 0, 300])), bool(rng.random() < 0.2)
    share, fee, step = int(rng.choice([0, 333_333])), int(rng.choice([0, 50_001])), int(rng.choice([0, 5]))
    submissions, amendable = int(rng.choice([0, 4])), bool(rng.random() < 0.8)
    window, posted = bool(rng.random() < 0.4), bool(rng.random() < 0.15)
    values: dict[Key, int | str] = {
        **UNIFORM,
        "auction.reserve_price": reserve,
        "auction.reserve_comparator": comparator.name.lower(),
        "auction.below_reserve": below.name.lower(),
        "auction.payment_step": step,
        "auction.shortfall_only": int(only),
        "bid.guarantee": guarantee.name.lower(),
        "bid.guarantee_share": share,
        "bid.tick": price_step,
        "bid.lot": quantity_step,
        "bid.minimum": minimum,
        "bid.count_max": count_max,
        "bid.cap_share": cap_ppm,
        "bid.cap_quantity": cap_lots,
        "bid.cap_excess": excess.name.lower(),
        "bid.cap_shortfall_share": shortfall,
        "bid.cap_emissions_share": emissions,
        "bid.holding_limit": holding,
        "bid.submissions_max": submissions,
        "bid.amendable": int(amendable),
        "fee.buyer_share": fee,
        "settlement.default_units": "return_to_sellers",
    }
    values |= WINDOW if window else {}
    values |= {"bid.guarantee_excess": "trimmed"} if posted else {}
    times = [(DAY * 1_440 + minutes) * MINUTE_NS if window else None for minutes in (60, 120, 100)]
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
        shortfall_share=shortfall,
        emissions_share=emissions,
        holding_limit=holding,
        shortfall_only=only,
        cap_excess=excess,
        submissions_max=submissions,
        amendable=amendable,
        opens=times[0],
        closes=times[1],
        withdraw_closes=times[2],
        guarantee_share=share or 1_000_000,
        fee_share=fee,
        payment_step=step or 1,
        posted=posted,
    )
    return values, rules


class Pair:
    """One round of a venue and its twins, told the same."""

    values: Mapping[Key, int | str] = {}
    """What the book says beside the drawn terms."""

    def __init__(self, rng: np.random.Generator, venue: Venue, seed: int) -> None:
        self.rng, self.venue, self.seed = rng, venue, seed
        values, self.rules = drawn_rules(rng)
        self.number = venue.round(f"round {len(venue.core.rounds())}", venue.adopt({**values, **self.values}))
        self.twins: dict[int, ReferenceBidder] = {}
        for bidder in BIDDERS:
            account, units = venue.core.cash(bidder), venue.core.holdings(bidder)
            facts = [int(rng.choice([0, 400, 4_001])) for _ in range(2)]
            for fact, lots in zip((Fact.SHORTFALL, Fact.EMISSIONS), facts, strict=True):
                venue.fact(bidder, fact, 2021, lots)
            self.twins[bidder] = ReferenceBidder(
                account.available_minor,
                holding=sum(h.available_lots for h in units),
                shortfall=facts[0],
                emissions=facts[1],
            )
        venue.supply(self.number, 2, OFFERED)
        assert outcomes(venue.act(self.number, RoundAction.OPEN)) == [Outcome.ACCEPTED]
        if self.rules.opens is not None:
            venue.time_ns = max(venue.time_ns, self.rules.opens - 3)

    def post(self) -> None:
        if self.rules.posted:
            for bidder, twin in self.twins.items():
                amount = int(self.rng.integers(1, twin.cash))
                assert outcomes(self.venue.guarantee(self.number, bidder, amount)) == [Outcome.ACCEPTED]
                twin.cash, twin.held, twin.posted = twin.cash - amount, twin.held + amount, amount

    def bids(self) -> None:
        rng, venue, count = self.rng, self.venue, int(self.rng.integers(1, 16))
        rows = rows_of(Table.BIDS, count)
        rows["round_number"] = self.number
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
        batch = venue.core.next_sequence
        applied = venue.core.apply(Batch(Table.BIDS, venue.time_ns, rows))
        for i, event in enumerate(applied.events):
            expected = judge(
                self.rules,
                self.twins[int(rows["actor"][i])],
                int(rows["price_ticks"][i]),
                int(rows["quantity_lots"][i]),
                venue.time_ns,
                batch,
                int(event["order_id"]),
            )
            found = Outcome(int(event["outcome"])), Parameter(int(event["parameter"])), int(event["amount_minor"])
            assert found == expected, f"seed {self.seed}, round {self.number}, row {i}: {self.rules}"

    def change(self) -> None:
        bidder = int(self.rng.choice(BIDDERS))
        twin = self.twins[bidder]
        target = int(self.rng.choice([bid.number for bid in twin.bids] or [7]))
        if self.rng.random() < 0.5:
            applied = self.venue.amend(self.number, bidder, Change.WITHDRAW_BID, target)
            expected = withdraw(self.rules, twin, target, self.venue.time_ns)[:2]
        else:
            price, lots = int(self.rng.integers(15, 60)) * 5, int(self.rng.integers(1, 12)) * 10
            batch = self.venue.core.next_sequence
            applied = self.venue.amend(self.number, bidder, Change.AMEND_BID, target, price, lots)
            number = self.venue.bid_id(bidder)
            expected = amend(self.rules, twin, target, price, lots, self.venue.time_ns, batch, number)
        found = Outcome(int(applied.outcomes[0])), Parameter(int(applied.parameters[0]))
        assert found == expected, f"seed {self.seed}, round {self.number}: {self.rules}"

    def compare(self) -> None:
        for bidder, twin in self.twins.items():
            account = self.venue.core.cash(bidder)
            assert (account.available_minor, account.held_minor) == (twin.cash, twin.held), f"seed {self.seed}"
        live = sum(len(twin.bids) for twin in self.twins.values())
        assert self.venue.core.rounds()[self.number - 1].bids == live
        assert self.venue.core.conservation() == []


def venue_of_bidders(rounds: int) -> Venue:
    """A venue whose government has units for so many rounds, and whose bidders have cash and units."""
    venue = Venue()
    venue.instrument("SZEA", venue.adopt(UNIFORM))
    venue.register("gov", ParticipantClass.GOVERNMENT)
    venue.deposit_units(2, 1, OFFERED * rounds)
    for bidder in BIDDERS:
        venue.register(f"bidder {bidder}", ParticipantClass.INSTITUTION)
        venue.deposit_cash(bidder, CASH)
        venue.deposit_units(bidder, 1, 100)
    return venue


def compare(seed: int, rounds: int) -> None:
    rng = np.random.default_rng(seed)
    venue = venue_of_bidders(rounds)
    for _ in range(rounds):
        pair = Pair(rng, venue, seed)
        pair.post()
        for _ in range(int(rng.integers(1, 6))):
            pair.bids()
            pair.compare()
            for _ in range(int(rng.integers(0, 4))):
                pair.change()
                pair.compare()
            if pair.rules.opens is not None:
                venue.time_ns += int(rng.choice([1, 20 * MINUTE_NS, 40 * MINUTE_NS]))
        venue.act(pair.number, RoundAction.CANCEL)
        venue.time_ns = max(venue.time_ns, DAY * 1_440 * MINUTE_NS)
        assert venue.core.conservation() == []


@pytest.mark.parametrize("seed", range(4))
def test_bids_agree(seed: int) -> None:
    compare(seed, rounds=6)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_bids_agree_at_length(seed: int, seen: Seen) -> None:
    compare(seed, rounds=25)
    seen("drawn rounds whose bids and changes are judged like the slow twin", 25)
