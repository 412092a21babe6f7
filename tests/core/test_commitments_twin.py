"""Commitments against their slow twin: what every row is told at entry, what every bid comes to at the reveal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from engine.commands import Change, RoundAction
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.reference_sealing import Sealed, SealedRound, Verdict
from engine.rounds.sealed_bid import PlainBid
from engine.views import Applied
from tests.core.test_bids_twin import BIDDERS, MINUTE_NS, Pair, venue_of_bidders
from tests.core.venue import DAY, Key, Venue, outcomes


def told(applied: Applied) -> Verdict:
    return Outcome(int(applied.outcomes[0])), Parameter(int(applied.parameters[0]))


class SealedPair(Pair):
    """One round of a venue whose bids are committed to, and its twin, told the same."""

    values: Mapping[Key, int | str] = {"auction.sealing": "committed"}

    def __init__(self, rng: np.random.Generator, venue: Venue, seed: int) -> None:
        super().__init__(rng, venue, seed)
        self.twin = SealedRound(self.rules, self.twins)
        self.bids: dict[int, PlainBid] = {}

    def put_up(self) -> None:
        for bidder, twin in self.twins.items():
            if self.rng.random() < 0.8:
                amount = int(self.rng.integers(1, 40_000))
                assert outcomes(self.venue.guarantee(self.number, bidder, amount)) == [Outcome.ACCEPTED]
                twin.posted += amount

    def step(self) -> None:
        rng, venue = self.rng, self.venue
        bidder = int(rng.choice(BIDDERS))
        known = [0, 77, *self.bids]
        target = int(rng.choice(known)) if rng.random() < 0.4 else 0
        batch = venue.core.next_sequence
        if target and rng.random() < 0.4:
            applied = venue.amend(self.number, bidder, Change.WITHDRAW_BID, target)
            assert told(applied) == self.twin.withdraw(target, bidder, venue.time_ns), self.seed
            return
        price = int(rng.integers(15, 60)) * 5 if rng.random() < 0.9 else int(rng.integers(0, 300))
        lots = int(rng.integers(1, 12)) * 10 if rng.random() < 0.9 else int(rng.integers(0, 120))
        applied = venue.commit(self.number, bidder, price, lots, target)
        bid = PlainBid(self.number, bidder, venue.bid_id(bidder), price, lots)
        expected = self.twin.commit(Sealed(bid.bid_id, bidder, price, lots), venue.time_ns, batch, target)
        assert told(applied) == expected, self.seed
        if expected[0] is Outcome.ACCEPTED:
            self.bids[bid.bid_id] = bid

    def end(self) -> int:
        venue = self.venue
        assert [c.bid for c in venue.core.commitments(self.number)] == [s.number for s in self.twin.live], self.seed
        assert outcomes(venue.act(self.number, RoundAction.CLOSE)) == [Outcome.ACCEPTED]
        bids = [self.bids[sealed.number] for sealed in self.twin.live]
        if bids:
            shuffled = [bids[i] for i in self.rng.permutation(len(bids))]
            assert set(outcomes(venue.reveal_bids(shuffled))) == {Outcome.ACCEPTED}
        expected = self.twin.reveal()
        void = [c.void for c in venue.core.commitments(self.number)]
        found = [
            (Outcome.ACCEPTED, Parameter.NONE) if v is None else (Outcome(v.outcome), Parameter(v.parameter))
            for v in void
        ]
        assert found == expected, self.seed
        entered = [int(bid) for bid in venue.core.round_input(self.number).bids["bid_id"]]
        good = [verdict[0] is Outcome.ACCEPTED for verdict in expected]
        assert entered == [bid.bid_id for bid, is_good in zip(bids, good, strict=True) if is_good], self.seed
        for bidder, twin in self.twins.items():
            assert venue.core.cash(bidder).held_minor == twin.posted, self.seed
        assert venue.core.conservation() == [], self.seed
        venue.act(self.number, RoundAction.CANCEL)
        return len(bids)


def play(seed: int, rounds: int) -> int:
    rng = np.random.default_rng(seed)
    venue = venue_of_bidders(rounds)
    revealed = 0
    for _ in range(rounds):
        pair = SealedPair(rng, venue, seed)
        pair.put_up()
        for _ in range(int(rng.integers(5, 40))):
            pair.step()
            if pair.rules.opens is not None:
                venue.time_ns += int(rng.choice([1, 1, MINUTE_NS, 3 * MINUTE_NS]))
        revealed += pair.end()
        venue.time_ns = max(venue.time_ns, DAY * 1_440 * MINUTE_NS)
    return revealed


@pytest.mark.parametrize("seed", range(4))
def test_every_verdict_is_the_twins(seed: int) -> None:
    assert play(seed, 12) > 20


@pytest.mark.long
def test_every_verdict_is_the_twins_over_many_rounds() -> None:
    assert sum(play(seed, 20) for seed in range(1_000, 1_040)) > 2_000
