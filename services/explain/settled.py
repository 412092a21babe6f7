"""The way of a bid through the clear and what came after it: winners that did not pay, and the round cleared again.

What is traced is the clear that decided about the bid: the last one that its bidder still took part in. Reads what the
core cleared from and everybody's cash; whoever runs rounds has both.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.auction.explain import RoundArrays, Step, trace_clear
from engine.auction.explain.steps import StepName
from engine.commands import Drawn
from engine.rounds.clearing import RoundInput, clear_input, places_of, supply_of, terms_of
from engine.rounds.default import Attempt, attempts


class SettledRound:
    """A round as it was cleared and settled; `cash` is what each participant held and had free, by its number."""

    def __init__(self, given: RoundInput, cash: np.ndarray) -> None:
        self.given, self._cash = given, cash

    @cached_property
    def attempts(self) -> list[Attempt]:
        """The clears, the one that stands last."""
        return list(attempts(self.given, clear_input(self.given), self._cash))

    def awarded_lots(self) -> list[int]:
        """What each bid got in the end, in the order of the bids."""
        last = self.attempts[-1]
        won = dict(zip(last.given.bids["bid_id"].tolist(), last.clearing.awarded_lots.tolist(), strict=True))
        bids = zip(self.given.bids["bid_id"].tolist(), self.given.bids["bidder"].tolist(), strict=True)
        return [0 if bidder in last.short else won.get(bid, 0) for bid, bidder in bids]

    def trace(self, bid_id: int) -> tuple[Step, ...]:
        """The steps of a bid, by its number. Raises KeyError where there is no such bid."""
        with_it = [attempt for attempt in self.attempts if (attempt.given.bids["bid_id"] == bid_id).any()]
        if not with_it:
            raise KeyError(f"there is no bid {bid_id}")
        attempt = with_it[-1]
        place = int(np.flatnonzero(attempt.given.bids["bid_id"] == bid_id)[0])
        steps = list(self._cleared_again(attempt))
        steps += trace_clear(place, arrays_of(attempt.given), attempt.clearing)
        if any(other.short for other in self.attempts) and attempt.clearing.awarded_lots[place]:
            steps.append(self._paid(attempt, place))
        return tuple(steps)

    def _cleared_again(self, attempt: Attempt) -> list[Step]:
        failed = len(set(self.given.bids["bidder"].tolist()) - set(attempt.given.bids["bidder"].tolist()))
        lots = int(self.given.bids["quantity_lots"].sum()) - int(attempt.given.bids["quantity_lots"].sum())
        facts = {"failed_bidders": failed, "failed_lots": lots}
        return [Step(StepName.CLEARED_AGAIN, facts, {"passes": 1})] if failed else []

    def _paid(self, attempt: Attempt, place: int) -> Step:
        bidder = int(attempt.given.bids["bidder"][place])
        payment, fee = int(attempt.clearing.payments_minor[place]), int(attempt.final.fees[bidder])
        facts = {
            "payment_minor": payment,
            "other_payments_minor": int(attempt.final.due[bidder]) - fee - payment,
            "fee_minor": fee,
            "cash_minor": int(self._cash[bidder]),
        }
        return Step(StepName.PAID, facts, {"passes": int(bidder not in attempt.short)})


def arrays_of(given: RoundInput) -> RoundArrays:
    """What a round was cleared from, as the tracer reads it."""
    bids = given.bids
    return RoundArrays.of(
        terms_of(given.terms, given.hidden_reserve_ticks),
        bids["price_ticks"],
        bids["quantity_lots"],
        supply_of(given),
        limits=given.limits,
        times=bids["arrival"],
        bidders=bids["bidder"],
        numbers=bids["bid_id"],
        draws=places_of(given.draws[Drawn.BID], bids["bid_id"]),
    )
