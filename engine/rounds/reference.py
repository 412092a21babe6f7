"""The slow twin of the path of bids: one round's judgement, holds, changes and withdrawals in plain Python.

Shares nothing with what it checks but the declared words. A bidder's bids are a list; caps and holds are recomputed
from all of them each time; integers have no bounds. What a round comes to is in `engine.rounds.reference_settlement`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor

from engine import limits
from engine.auction.terms import BelowReserve, GuaranteeRule, ReserveComparator
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.words.rounds import CapExcess

Verdict = tuple[Outcome, Parameter, int]

WHOLE = 1_000_000


@dataclass(frozen=True)
class RoundRules:
    """What a bid is judged by; caps and minimums of the one class that bids. -1 (caps) or 0 where there is none.

    `opens`, `closes`, `withdraw_closes` are times, None where there is none. Shares are parts per million.
    """

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
    shortfall_share: int = 0
    emissions_share: int = 0
    holding_limit: int = 0
    shortfall_only: bool = False
    cap_excess: CapExcess = CapExcess.REFUSED_AT_ENTRY
    submissions_max: int = 0
    amendable: bool = False
    opens: int | None = None
    closes: int | None = None
    withdraw_closes: int | None = None
    guarantee_share: int = WHOLE
    fee_share: int = 0
    payment_step: int = 1
    posted: bool = False


@dataclass(frozen=True)
class ReferenceBid:
    price: int
    lots: int
    number: int = 0


@dataclass
class ReferenceBidder:
    """Free cash, held cash, what is recorded of it, and its live bids in the order in which they came."""

    cash: int
    held: int = 0
    bids: list[ReferenceBid] = field(default_factory=list)
    posted: int = 0
    holding: int = 0
    shortfall: int = 0
    emissions: int = 0
    submissions: set[int] = field(default_factory=set)


def judge(
    rules: RoundRules, bidder: ReferenceBidder, price: int, lots: int, time: int = 0, batch: int = 0, number: int = 0
) -> Verdict:
    """Outcome, parameter, and the cash that the bid adds to the bidder's hold; a good bid is taken in.

    `batch` tells submissions apart.
    """
    outcome, parameter = terms_verdict(rules, bidder, price, lots, time, batch)
    if outcome is not Outcome.ACCEPTED:
        return outcome, parameter, 0
    bids = [*bidder.bids, ReferenceBid(price, lots, number)]
    largest = limits.AMOUNT_MINOR_MAX // rules.tick_value
    if price * lots > largest or value(rules.guarantee, bids) > largest:
        return Outcome.AMOUNT_OUT_OF_BOUNDS, Parameter.NONE, 0
    added = hold(rules, bids, bidder.posted) - bidder.held
    if added > bidder.cash:
        return Outcome.CASH_INSUFFICIENT, Parameter.BID_GUARANTEE, 0
    bidder.bids = bids
    bidder.cash -= added
    bidder.held += added
    bidder.submissions.add(batch)
    return Outcome.ACCEPTED, Parameter.NONE, added


def withdraw(rules: RoundRules, bidder: ReferenceBidder, number: int, time: int) -> Verdict:
    """Outcome, parameter, and the cash that is free again."""
    outcome, parameter = _change(rules, bidder, number, time)
    if outcome is not Outcome.ACCEPTED:
        return outcome, parameter, 0
    bidder.bids = [bid for bid in bidder.bids if bid.number != number]
    freed = bidder.held - hold(rules, bidder.bids, bidder.posted)
    bidder.cash += freed
    bidder.held -= freed
    return Outcome.ACCEPTED, Parameter.NONE, freed


def amend(
    rules: RoundRules,
    bidder: ReferenceBidder,
    old: int,
    price: int,
    lots: int,
    time: int,
    batch: int,
    number: int,
) -> tuple[Outcome, Parameter]:
    """Outcome and parameter; a refused change leaves everything as it was."""
    outcome, parameter = _change(rules, bidder, old, time)
    if outcome is not Outcome.ACCEPTED:
        return outcome, parameter
    tried = replace(bidder, bids=list(bidder.bids), submissions=set(bidder.submissions))
    withdraw(rules, tried, old, time)
    outcome, parameter, _ = judge(rules, tried, price, lots, time, batch, number)
    if outcome is Outcome.ACCEPTED:
        bidder.bids, bidder.cash, bidder.held = tried.bids, tried.cash, tried.held
        bidder.submissions = tried.submissions
    return outcome, parameter


def value(rule: GuaranteeRule, bids: list[ReferenceBid]) -> int:
    """What these bids may have to pay, in ticks x lots."""
    if rule is GuaranteeRule.SUM_OF_VALUES:
        return sum(bid.price * bid.lots for bid in bids)
    return max((at.price * sum(bid.lots for bid in bids if bid.price >= at.price) for at in bids), default=0)


def hold(rules: RoundRules, bids: list[ReferenceBid], posted: int) -> int:
    """Cash that stands behind these bids."""
    if rules.posted:
        return posted
    worth = value(rules.guarantee, bids) * rules.tick_value
    held = ceil(Fraction(worth * rules.guarantee_share, WHOLE))
    return held + (rules.payment_step - 1) * len(bids) + ceil(Fraction(worth * rules.fee_share, WHOLE))


def caps(rules: RoundRules, bidder: ReferenceBidder) -> list[tuple[int, Parameter]]:
    """Every cap on the bidder's total, with the parameter behind it."""
    found = [(rules.cap_lots, rules.cap_parameter)] if rules.cap_lots >= 0 else []
    if rules.shortfall_share:
        found.append((floor(Fraction(bidder.shortfall * rules.shortfall_share, WHOLE)), _P.BID_CAP_SHORTFALL_SHARE))
    if rules.emissions_share:
        found.append((floor(Fraction(bidder.emissions * rules.emissions_share, WHOLE)), _P.BID_CAP_EMISSIONS_SHARE))
    if rules.holding_limit:
        found.append((max(0, rules.holding_limit - bidder.holding), _P.BID_HOLDING_LIMIT))
    return found


_P = Parameter


def _change(rules: RoundRules, bidder: ReferenceBidder, number: int, time: int) -> tuple[Outcome, Parameter]:
    if all(bid.number != number for bid in bidder.bids):
        return Outcome.BID_UNKNOWN, Parameter.NONE
    if not rules.amendable:
        return Outcome.BID_NOT_AMENDABLE, Parameter.BID_AMENDABLE
    if rules.withdraw_closes is not None and time >= rules.withdraw_closes:
        return Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES
    if rules.closes is not None and time >= rules.closes:
        return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
    return Outcome.ACCEPTED, Parameter.NONE


def terms_verdict(
    rules: RoundRules, bidder: ReferenceBidder, price: int, lots: int, time: int, batch: int
) -> tuple[Outcome, Parameter]:
    """Outcome and parameter of a bid by the terms of the round, cash aside; nothing moves."""
    if not 1 <= price <= limits.PRICE_TICKS_MAX:
        return Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE
    if not 1 <= lots <= limits.QUANTITY_LOTS_MAX:
        return Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE
    if rules.opens is not None and time < rules.opens:
        return Outcome.WINDOW_NOT_OPEN_YET, Parameter.AUCTION_OPENS
    if rules.closes is not None and time >= rules.closes:
        return Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES
    if rules.shortfall_only and not bidder.shortfall:
        return Outcome.SHORTFALL_MISSING, Parameter.AUCTION_SHORTFALL_ONLY
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
    tightest = min(caps(rules, bidder), key=lambda cap: cap[0], default=None)
    total = sum(bid.lots for bid in bidder.bids) + lots
    if tightest and total > tightest[0] and rules.cap_excess is CapExcess.REFUSED_AT_ENTRY:
        return Outcome.BID_CAP_EXCEEDED, tightest[1]
    if rules.submissions_max and len(bidder.submissions | {batch}) > rules.submissions_max:
        return Outcome.BID_SUBMISSIONS_EXCEEDED, Parameter.BID_SUBMISSIONS_MAX
    return Outcome.ACCEPTED, Parameter.NONE
