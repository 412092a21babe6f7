"""Whole rounds of the core against their slow twin: every award, payment, line of supply and account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.auction.reference import Bid, Bidder, Line
from engine.auction.terms import (
    GuaranteeExcess,
    GuaranteeRule,
    HiddenReserveRule,
    MarginRule,
    MarginUnit,
    PriceRule,
    ProceedsRule,
    ReleaseRule,
    ShortSaleRule,
    SupplyStepRule,
    Terms,
    UndersubscriptionRule,
)
from engine.commands import Drawn, ParticipantClass, RoundAction, SupplyKind
from engine.outcomes import Outcome
from engine.rounds.reference_settlement import Settled, SettlementRules, settle
from engine.words.reserve import ReserveStep
from engine.words.rounds import DefaultRule, FeeRounding, ForfeitRule
from tests.conftest import Seen
from tests.core.venue import CONSIGNED, Key, Venue, outcomes

EMITTER = ParticipantClass.KEY_EMITTER
GOVERNMENT, RESERVE, CONSIGNORS, BIDDERS = 2, 3, (4, 5), (6, 7, 8)
UNITS, CASH = 200, 70
MARGINS = [rule for rule in MarginRule if rule is not MarginRule.PRO_RATA_WITH_MINIMUMS]


class DrawnRound:
    """One drawn round: played in the core, and described for the twin."""

    def __init__(self, seed: int) -> None:
        self.rng, self.seed = np.random.default_rng(seed), seed
        self.terms, self.rules, values = self._settings()
        self.venue = Venue()
        self.venue.instrument("SZEA", self.venue.adopt(values))
        for name, klass in (
            ("government", ParticipantClass.GOVERNMENT),
            ("reserve", ParticipantClass.GOVERNMENT),
            ("first consignor", EMITTER),
            ("second consignor", EMITTER),
            ("first bidder", EMITTER),
            ("second bidder", EMITTER),
            ("third bidder", ParticipantClass.INSTITUTION),
        ):
            number = self.venue.register(name, klass)
            self.venue.deposit_cash(number, CASH)
            if number <= max(CONSIGNORS):
                self.venue.deposit_units(number, 1, UNITS)
        self.venue.reserve(ReserveStep.FOUND, rule_book=1, participant=RESERVE)
        self.lines: list[Line] = []
        self.bids: list[Bid] = []
        self.held: dict[int, int] = {}

    def one(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def _settings(self) -> tuple[Terms, SettlementRules, dict[Key, int | str]]:
        one = self.one
        self.posted, self.trims = one(False, False, True), one(False, True)
        self.class_cap, self.linked_cap = one(0, 0, 400_000), one(0, 0, 300_000)
        self.share = one(0, 250_000, 100_000, 100_000)
        hidden = one(0, 0, 0, 4)
        terms = Terms(
            price_rule=one(*PriceRule),
            undersubscription_rule=one(UndersubscriptionRule.LOWEST_VALID_BID, UndersubscriptionRule.AT_RESERVE,
                                       UndersubscriptionRule.CANCEL),
            margin_rule=one(*MARGINS),
            reserve_price_ticks=one(0, 3),
            proceeds_rule=one(*ProceedsRule),
            fixed_price_ticks=int(self.rng.integers(3, 8)),
            ceiling_price_ticks=one(0, 0, 10),
            hidden_reserve_ticks=hidden,
            hidden_reserve_rule=one(*HiddenReserveRule),
            supply_step_rule=one(*SupplyStepRule),
            payment_step_minor=one(1, 1, 5),
            margin_unit=one(*MarginUnit),
            short_sale_rule=one(*ShortSaleRule),
            release_rule=one(*ReleaseRule),
            guarantee_rule=one(*GuaranteeRule),
            guarantee_excess=one(*GuaranteeExcess) if self.posted else GuaranteeExcess.TRIMMED,
        )  # fmt: skip
        rules = SettlementRules(
            buyer_fee=one(0, 50_001),
            seller_fee=one(0, 12_345),
            rounding=one(*FeeRounding),
            default=one(*DefaultRule),
            forfeit=one(0, 250_000, 1_000_000),
            forfeit_to=one(*ForfeitRule),
        )
        values: dict[Key, int | str] = {
            **CONSIGNED,
            "auction.price_rule": terms.price_rule.name.lower(),
            "auction.undersubscription_rule": terms.undersubscription_rule.name.lower(),
            "auction.margin_rule": terms.margin_rule.name.lower(),
            "auction.reserve_price": terms.reserve_price_ticks,
            "auction.below_reserve": "void_at_clearing",
            "auction.fixed_price": terms.fixed_price_ticks,
            "auction.ceiling_price": terms.ceiling_price_ticks,
            "auction.payment_step": terms.payment_step_minor,
            "auction.margin_unit": terms.margin_unit.name.lower(),
            "supply.proceeds": terms.proceeds_rule.name.lower(),
            "supply.step_rule": terms.supply_step_rule.name.lower(),
            "supply.release_rule": terms.release_rule.name.lower(),
            "consignment.split": terms.short_sale_rule.name.lower(),
            "consignment.minimum_allowed": 1,
            "consignment.may_bid": 1,
            "bid.guarantee": terms.guarantee_rule.name.lower(),
            "bid.guarantee_share": self.share,
            "fee.buyer_share": rules.buyer_fee,
            "fee.seller_share": rules.seller_fee,
            "fee.rounding": rules.rounding.name.lower(),
            "settlement.default_units": rules.default.name.lower() if rules.default else "unknown",
            "settlement.default_forfeit": rules.forfeit,
            "settlement.default_forfeit_to": rules.forfeit_to.name.lower(),
            "bid.linked_cap_share": self.linked_cap,
        }
        if self.class_cap:
            values["bid.class_cap_share", EMITTER] = self.class_cap
        if self.posted:
            values["bid.guarantee_excess"] = terms.guarantee_excess.name.lower()
        if hidden:
            values["auction.hidden_reserve_rule"] = terms.hidden_reserve_rule.name.lower()
        if self.trims:
            values |= {"bid.cap_excess": "trimmed_at_clearing", "bid.cap_quantity": 15}
        return terms, rules, values

    def play(self) -> None:
        venue, rng = self.venue, self.rng
        venue.round("drawn", 1)
        for _ in range(int(rng.integers(1, 4))):
            line = {"kind": SupplyKind.GOVERNMENT, "rank": int(rng.integers(0, 3)), "group": int(rng.integers(0, 2)),
                    "trigger_price_ticks": self.one(0, 0, 0, 5), "minimum_price_ticks": self.one(0, 0, 6),
                    "withheld": self.one(0, 0, 0, 1)}  # fmt: skip
            if line["withheld"]:
                line["minimum_price_ticks"] = 6
            lots = int(rng.integers(1, 30))
            assert outcomes(venue.line(1, GOVERNMENT, lots, **line)) == [Outcome.ACCEPTED]
            trigger = line["trigger_price_ticks"]
            self.lines.append(
                Line(lots, line["group"], line["rank"], GOVERNMENT, max(line["minimum_price_ticks"], trigger), trigger,
                     line["withheld"])
            )  # fmt: skip
        for consignor in CONSIGNORS:
            if rng.random() < 0.6:
                lots, minimum = int(rng.integers(1, 20)), self.one(0, 0, 5)
                assert outcomes(venue.consign(1, consignor, lots, minimum)) == [Outcome.ACCEPTED]
                self.lines.append(Line(lots, 0, 0, consignor, minimum))
        if self.terms.hidden_reserve_ticks:
            venue.seal(1, self.terms.hidden_reserve_ticks)
        for bidder in BIDDERS[:2] if self.linked_cap else ():
            venue.link(bidder, 1)
        assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]
        self._bid()
        venue.act(1, RoundAction.CLOSE)
        self._record()

    def _bid(self) -> None:
        venue, rng = self.venue, self.rng
        posted = {bidder: int(rng.integers(1, CASH)) for bidder in BIDDERS} if self.posted else {}
        for bidder, amount in posted.items():
            assert outcomes(venue.guarantee(1, bidder, amount)) == [Outcome.ACCEPTED]
        self.guarantees = posted
        for _ in range(int(rng.integers(0, 9))):
            bidder, price, lots = int(rng.choice(BIDDERS)), int(rng.integers(1, 12)), int(rng.integers(1, 25))
            arrival = venue.core.next_sequence
            venue.bid(1, bidder, price, lots)
            if outcomes(venue.applied) == [Outcome.ACCEPTED]:  # type: ignore[arg-type]
                self.bids.append(Bid(price, lots, arrival, venue.bid_id(bidder), bidder=bidder))

    def _record(self) -> None:
        venue, rng = self.venue, self.rng
        if self.terms.hidden_reserve_ticks:
            venue.reveal(1, self.terms.hidden_reserve_ticks)
        order = rng.permutation(len(self.bids)).tolist()
        if self.bids:
            venue.draw(1, [self.bids[i].number for i in order])
        self.bids = [bid._replace(draw=order.index(i) + 1) for i, bid in enumerate(self.bids)]
        lines = rng.permutation(len(self.lines)).tolist()
        venue.draw(1, [line + 1 for line in lines], Drawn.SUPPLY_LINE)
        self.lines = [line._replace(draw=lines.index(i) + 1) for i, line in enumerate(self.lines)]
        for bidder in BIDDERS:
            account = venue.core.cash(bidder)
            self.held[bidder] = account.held_minor

    def twin(self) -> Settled:
        offer = sum(line.lots for line in self.lines if not line.trigger)
        who = sorted({bid.bidder for bid in self.bids})
        share = self.share or 1_000_000
        limits = [
            Bidder(
                bidder,
                15 if self.trims else None,
                self.guarantees[bidder] * 1_000_000 // share if self.posted else None,
            )
            for bidder in who
        ]
        shared = []
        if self.class_cap and set(who) & set(BIDDERS[:2]):
            shared.append(([n for n in who if n in BIDDERS[:2]], offer * self.class_cap // 1_000_000))
        if self.linked_cap and set(who) & set(BIDDERS[:2]):
            shared.append(([n for n in who if n in BIDDERS[:2]], offer * self.linked_cap // 1_000_000))
        has_limits = self.trims or self.posted or bool(shared)
        return settle(
            self.terms,
            self.rules,
            self.bids,
            self.lines,
            limits if has_limits else [],
            shared,
            self.held,
            dict.fromkeys(BIDDERS, CASH),
        )


def compare(seed: int) -> bool:
    """Plays and compares one round; whether a winner failed in it."""
    drawn = DrawnRound(seed)
    drawn.play()
    expected, venue = drawn.twin(), drawn.venue
    before = venue.core.digest()
    applied = venue.act(1, RoundAction.CLEAR)
    if outcomes(applied) == [Outcome.OVERSHOOT_NOT_COVERED]:
        assert venue.core.digest() == before
        return False
    assert outcomes(applied) == [Outcome.ACCEPTED], f"seed {seed}"
    result = venue.core.round_result(1)
    assert result is not None
    found = (
        [award.awarded_lots for award in result.awards],
        [award.payment_minor for award in result.awards],
        [line.sold_lots for line in result.supply],
        [line.proceeds_minor for line in result.supply],
        {default.participant for default in result.defaults},
    )
    assert found == (
        expected.awards, expected.payments, expected.sold, expected.proceeds, expected.failed
    ), f"seed {seed}: {drawn.terms} {drawn.rules}"  # fmt: skip
    for participant in range(1, 9):
        account, change = venue.core.cash(participant), expected.cash.get(participant, 0)
        start = 0 if participant == 1 else CASH
        assert (account.available_minor - start, account.held_minor) == (change, 0), f"seed {seed}, {participant}"
    for bidder in BIDDERS:
        lots = sum(lots for bid, lots in zip(drawn.bids, expected.awards, strict=True) if bid.bidder == bidder)
        assert sum(h.available_lots for h in venue.core.holdings(bidder)) == lots
    assert sum(reserve.lots for reserve in venue.core.reserves()) == expected.to_reserve
    assert venue.core.conservation() == []
    return bool(expected.failed)


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_rounds_agree(start: int) -> None:
    defaults = sum(compare(seed) for seed in range(start, start + 40))
    assert defaults, "no winner failed in any of these rounds: nothing was tested of that"


@pytest.mark.long
@pytest.mark.parametrize("start", range(1_000, 5_000, 200))
def test_rounds_agree_at_length(start: int, seen: Seen) -> None:
    assert sum(compare(seed) for seed in range(start, start + 200))
    seen("drawn rounds settled like the slow twin, defaults and fees included", 200)
