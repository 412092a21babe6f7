"""The slow twin of the compiled path of bids: one round's judgement and holds in plain Python.

Shares nothing with what it checks but the declared words. A bidder's bids are a list; the guarantee is recomputed from
all of them each time; integers have no bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import limits
from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.outcomes import Outcome
from engine.parameters import Parameter

Verdict = tuple[Outcome, Parameter, int]


@dataclass(frozen=True)
class RoundRules:
    """What a bid is judged by; caps and minimums of the one class that bids, -1 or 0 where there is none."""

    price_step: int
    quantity_step: int
    reserve: int
    comparator: ReserveComparator
    below_reserve: BelowReserve
    guarantee: GuaranteeRule
    minimum: int = 0
    count_max: int = 0
    cap_lots: int = -1
    cap_parameter: Parameter = Parameter.BID_CAP_SHARE
    tick_value: int = 1


@dataclass
class ReferenceBidder:
    """Free cash, held cash, and the bids so far as (price, quantity)."""

    cash: int
    held: int = 0
    bids: list[tuple[int, int]] = field(default_factory=list)


def judge(rules: RoundRules, bidder: ReferenceBidder, price: int, lots: int) -> Verdict:
    """Outcome, parameter, and the cash that the bid adds to the bidder's hold; a good bid is taken in."""
    outcome, parameter = _terms(rules, bidder, price, lots)
    if outcome is not Outcome.ACCEPTED:
        return outcome, parameter, 0
    largest = limits.AMOUNT_MINOR_MAX // rules.tick_value
    bids = [*bidder.bids, (price, lots)]
    held = guarantee(rules.guarantee, bids)
    if price * lots > largest or held > largest:
        return Outcome.AMOUNT_OUT_OF_BOUNDS, Parameter.NONE, 0
    added = held * rules.tick_value - bidder.held
    if added > bidder.cash:
        return Outcome.CASH_INSUFFICIENT, Parameter.BID_GUARANTEE, 0
    bidder.bids = bids
    bidder.cash -= added
    bidder.held += added
    return Outcome.ACCEPTED, Parameter.NONE, added


def guarantee(rule: GuaranteeRule, bids: list[tuple[int, int]]) -> int:
    """Cash in ticks x lots that these bids hold."""
    if rule is GuaranteeRule.SUM_OF_VALUES:
        return sum(price * lots for price, lots in bids)
    return max(price * sum(lots for other, lots in bids if other >= price) for price, _ in bids)


def _terms(rules: RoundRules, bidder: ReferenceBidder, price: int, lots: int) -> tuple[Outcome, Parameter]:
    if not 1 <= price <= limits.PRICE_TICKS_MAX:
        return Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE
    if not 1 <= lots <= limits.QUANTITY_LOTS_MAX:
        return Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE
    if price % rules.price_step:
        return Outcome.BID_PRICE_OFF_TICK, Parameter.BID_TICK
    least = rules.reserve + 1 if rules.comparator is ReserveComparator.ABOVE else rules.reserve
    if rules.reserve and price < least and rules.below_reserve is BelowReserve.REFUSED_AT_ENTRY:
        return Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE
    if lots % rules.quantity_step:
        return Outcome.BID_QUANTITY_OFF_LOT, Parameter.BID_LOT
    if lots < rules.minimum:
        return Outcome.BID_QUANTITY_BELOW_MINIMUM, Parameter.BID_MINIMUM
    if rules.count_max and len(bidder.bids) >= rules.count_max:
        return Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX
    if rules.cap_lots >= 0 and sum(other for _, other in bidder.bids) + lots > rules.cap_lots:
        return Outcome.BID_CAP_EXCEEDED, rules.cap_parameter
    return Outcome.ACCEPTED, Parameter.NONE
