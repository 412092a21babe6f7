"""What is asked of a bid when it arrives, in the order in which it is asked; the first rule broken ends the trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.auction.explain.steps import Step, StepName
from engine.auction.terms import BelowReserve
from engine.limits import AMOUNT_MINOR_MAX


@dataclass(frozen=True)
class EntryFacts:
    """A bid at its arrival. 0 means no such rule, but for `cap_lots`, where it is -1.

    `count_before`, `submissions_before` and `lots_before` are of the bidder's bids accepted so far, `held_minor` is the
    cash that its bids hold with this one, `cash_minor` the cash it had for all of them, `consigned_lots` what it offers
    in the round itself. `put_up_minor` is the guarantee that it put up beforehand, -1 where the rules want none.
    `value_minor` is what it may have to pay, at most `amount_max_minor`.
    """

    price_ticks: int
    lots: int
    eligible: int
    price_step_ticks: int
    quantity_step_lots: int
    minimum_lots: int
    count_before: int
    count_max: int
    lots_before: int
    cap_lots: int
    lowest_valid_ticks: int
    below_reserve: int
    consigned_lots: int
    consignor_may_bid: int
    held_minor: int
    cash_minor: int
    shortfall_only: int = 0
    shortfall_lots: int = 0
    submissions_before: int = 0
    submissions_max: int = 0
    put_up_minor: int = -1
    value_minor: int = 0
    amount_max_minor: int = AMOUNT_MINOR_MAX


def trace_entry(facts: EntryFacts) -> tuple[Step, ...]:
    """The steps at entry; the last one has `passes` 0 when the bid is refused."""
    steps = []
    for step in _asked(facts):
        steps.append(step)
        if not step.result["passes"]:
            break
    return tuple(steps)


def _asked(x: EntryFacts) -> Iterator[Step]:
    yield _step(StepName.ELIGIBILITY, x.eligible == 1, eligible=x.eligible)
    if x.shortfall_only:
        short = x.shortfall_lots
        yield _step(StepName.SHORTFALL, short > 0, shortfall_lots=short)
    if x.price_step_ticks:
        whole = x.price_ticks % x.price_step_ticks == 0
        yield _step(StepName.PRICE_STEP, whole, price_ticks=x.price_ticks, price_step_ticks=x.price_step_ticks)
    refuses = x.below_reserve == BelowReserve.REFUSED_AT_ENTRY
    if x.lowest_valid_ticks > 1 and refuses:
        meets = x.price_ticks >= x.lowest_valid_ticks
        yield _step(
            StepName.RESERVE_AT_ENTRY, meets, price_ticks=x.price_ticks, lowest_valid_ticks=x.lowest_valid_ticks
        )
    if x.quantity_step_lots:
        whole = x.lots % x.quantity_step_lots == 0
        yield _step(StepName.QUANTITY_STEP, whole, lots=x.lots, quantity_step_lots=x.quantity_step_lots)
    yield _step(StepName.MINIMUM_QUANTITY, x.lots >= x.minimum_lots, lots=x.lots, minimum_lots=x.minimum_lots)
    if x.count_max:
        room = x.count_before < x.count_max
        yield _step(StepName.BID_COUNT, room, count_before=x.count_before, count_max=x.count_max)
    if x.cap_lots >= 0:
        within = x.lots_before + x.lots <= x.cap_lots
        yield _step(StepName.CAP_AT_ENTRY, within, lots=x.lots, lots_before=x.lots_before, cap_lots=x.cap_lots)
    if x.submissions_max:
        before, most = x.submissions_before, x.submissions_max
        yield _step(StepName.SUBMISSIONS, before < most, submissions_before=before, submissions_max=most)
    if x.consigned_lots:
        may = x.consignor_may_bid
        yield _step(StepName.CONSIGNOR, may == 1, consigned_lots=x.consigned_lots, consignor_may_bid=may)
    if x.value_minor > x.amount_max_minor:
        yield _step(StepName.AMOUNT, False, value_minor=x.value_minor, amount_max_minor=x.amount_max_minor)
    if x.put_up_minor >= 0:
        yield _step(StepName.GUARANTEE_PUT_UP, True, put_up_minor=x.put_up_minor)
        return
    covered = x.held_minor <= x.cash_minor
    yield _step(StepName.GUARANTEE_AT_ENTRY, covered, held_minor=x.held_minor, cash_minor=x.cash_minor)


def _step(name: StepName, passes: bool, **facts: int) -> Step:
    return Step(name, facts, {"passes": int(passes)})
