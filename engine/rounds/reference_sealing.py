"""The slow twin of commitments: one round whose bids are committed to, in plain Python.

It keeps the bids beside the commitments from the start, which the core cannot, and judges them only at the reveal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine import limits
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.reference import ReferenceBid, ReferenceBidder, RoundRules, hold, terms_verdict, value

Verdict = tuple[Outcome, Parameter]

GOOD = (Outcome.ACCEPTED, Parameter.NONE)


@dataclass(frozen=True)
class Sealed:
    """A bid behind a commitment."""

    number: int
    bidder: int
    price: int
    lots: int


@dataclass
class SealedRound:
    """What was committed to, oldest first. `bidders` have guarantees in `posted`, and no bids before the reveal."""

    rules: RoundRules
    bidders: dict[int, ReferenceBidder]
    live: list[Sealed] = field(default_factory=list)

    def commit(self, bid: Sealed, time: int, batch: int, replaced: int = 0) -> Verdict:
        """What is judged without seeing a price. A good commitment is taken, at the end of the queue."""
        rules, own = self.rules, self.bidders[bid.bidder]
        others = [sealed for sealed in self.live if sealed.bidder == bid.bidder and sealed.number != replaced]
        target = [sealed for sealed in self.live if sealed.bidder == bid.bidder and sealed.number == replaced]
        if rules.opens is not None and time < rules.opens:
            return Outcome.WINDOW_NOT_OPEN_YET, Parameter.AUCTION_OPENS
        if rules.closes is not None and time >= rules.closes:
            return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
        if rules.shortfall_only and not own.shortfall:
            return Outcome.SHORTFALL_MISSING, Parameter.AUCTION_SHORTFALL_ONLY
        if rules.count_max and len(others) >= rules.count_max:
            return Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX
        if rules.submissions_max and len(own.submissions | {batch}) > rules.submissions_max:
            return Outcome.BID_SUBMISSIONS_EXCEEDED, Parameter.BID_SUBMISSIONS_MAX
        if replaced and (verdict := self._change(target, time)) != GOOD:
            return verdict
        if not own.posted:
            return Outcome.GUARANTEE_NOT_PUT_UP, Parameter.BID_GUARANTEE
        self.live = [sealed for sealed in self.live if sealed not in target] + [bid]
        own.submissions.add(batch)
        return GOOD

    def withdraw(self, number: int, bidder: int, time: int) -> Verdict:
        """A commitment is taken back."""
        target = [sealed for sealed in self.live if (sealed.number, sealed.bidder) == (number, bidder)]
        verdict = self._change(target, time)
        if verdict == GOOD:
            self.live = [sealed for sealed in self.live if sealed not in target]
        return verdict

    def reveal(self) -> list[Verdict]:
        """What becomes of each bid, oldest first: taken, or void and why."""
        entry_only = {"opens": None, "closes": None, "shortfall_only": False, "submissions_max": 0, "count_max": 0}
        rules = replace(self.rules, **entry_only)  # type: ignore[arg-type]
        return [self._judge(rules, self.bidders[sealed.bidder], sealed) for sealed in self.live]

    def _judge(self, rules: RoundRules, bidder: ReferenceBidder, sealed: Sealed) -> Verdict:
        verdict = terms_verdict(rules, bidder, sealed.price, sealed.lots, 0, 0)
        if verdict != GOOD:
            return verdict
        bids = [*bidder.bids, ReferenceBid(sealed.price, sealed.lots, sealed.number)]
        largest = limits.AMOUNT_MINOR_MAX // rules.tick_value
        if sealed.price * sealed.lots > largest or value(rules.guarantee, bids) > largest:
            return Outcome.AMOUNT_OUT_OF_BOUNDS, Parameter.NONE
        if hold(rules, bids, bidder.posted) > bidder.posted:
            return Outcome.COMMITTED_AMOUNT_EXCEEDED, Parameter.BID_GUARANTEE
        bidder.bids = bids
        return GOOD

    def _change(self, target: list[Sealed], time: int) -> Verdict:
        rules = self.rules
        if not target:
            return Outcome.BID_UNKNOWN, Parameter.NONE
        if not rules.amendable:
            return Outcome.BID_NOT_AMENDABLE, Parameter.BID_AMENDABLE
        if rules.withdraw_closes is not None and time >= rules.withdraw_closes:
            return Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES
        if rules.closes is not None and time >= rules.closes:
            return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
        return GOOD
