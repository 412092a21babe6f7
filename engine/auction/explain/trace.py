"""The way of one bid through a clear, read off the round and its result: limits, price, rank, margin, payment.

Nothing is cleared again, but for two price rules under which the price that is paid is not the marginal one. What holds
for all bids is added up in a few passes over the columns; what concerns the bidder is worked out bid by bid.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.auction.clearing import Clearing
from engine.auction.explain.arrays import RoundArrays
from engine.auction.explain.counting import Counting
from engine.auction.explain.margin import Parties, trace_share
from engine.auction.explain.steps import Step, StepName
from engine.auction.terms import GuaranteeRule, MarginUnit, PaymentRounding, PriceRule


def trace_clear(place: int, arrays: RoundArrays, result: Clearing) -> tuple[Step, ...]:
    """The steps of the bid at `place` of the columns, as `result` came out of them. Linear in the bids, and
    n log n where guarantees restore."""
    return tuple(_Trace(place, arrays, result).steps())


class _Trace:
    """One bid on its way; `lots` is what is left of it so far."""

    def __init__(self, place: int, arrays: RoundArrays, result: Clearing) -> None:
        self.place, self.arrays, self.result = place, arrays, result
        self.price, self.lots = int(arrays.prices[place]), int(arrays.quantities_lots[place])
        self.bidder = int(arrays.bidders[place])
        self._counting = Counting(arrays, result)

    def steps(self) -> Iterator[Step]:
        """All steps, up to the one that ends the bid's way."""
        validity = self._validity()
        yield validity
        if not validity.result["passes"]:
            return
        for limit in self._limits():
            self.lots = limit.result["lots"]
            yield limit
        price = self._price()
        yield price
        if not price.result["passes"]:
            return
        marginal = price.result["price_ticks"]
        full, margin = self._full_and_margin(marginal)
        rank = {"price_ticks": self.price, "marginal_ticks": marginal, "lots": self.lots}
        if self.arrays.restores and self.bidder in self.arrays.guarantees:
            yield self._restored(marginal, full, margin)
            rank |= {"restored_full_lots": full, "restored_margin_lots": margin}
        yield Step(StepName.RANK, rank, {"full_lots": full, "margin_lots": margin})
        shared = 0
        if margin:
            step = self._margin(marginal, price.result["left_lots"], margin)
            shared = step.result["lots"]
            yield step
        yield Step(StepName.AWARD, {"full_lots": full, "margin_lots": shared}, {"lots": full + shared})
        yield self._payment(full + shared)

    # -- before the price ----------------------------------------------------------------------------------------

    def _validity(self) -> Step:
        arrays, terms = self.arrays, self.arrays.terms
        own = int(arrays.prices_ticks[self.place])
        ceiling = terms.ceiling_price_ticks
        passes = self.lots > 0 and own >= arrays.lowest_ticks and (not ceiling or own <= ceiling)
        facts = {
            "price_ticks": own,
            "lowest_valid_ticks": arrays.lowest_ticks,
            "ceiling_ticks": ceiling,
            "fixed_ticks": arrays.fixed_ticks,
            "lots": self.lots,
        }
        return Step(StepName.VALIDITY, facts, {"passes": int(passes), "price_ticks": self.price, "lots": self.lots})

    def _limits(self) -> Iterator[Step]:
        limits = self.arrays.limits
        if limits is None:
            return
        own = self._best_first(self.arrays.bidders == self.bidder)
        kept = self.arrays.quantities_lots * self.result.valid
        if self.bidder in self.arrays.caps:
            yield self._capped(StepName.OWN_CAP, self.arrays.caps[self.bidder], own, kept)
        if self.result.cuts is not None:
            kept = kept - self.result.cuts.by_cap_lots
        for shared in limits.shared:
            members = self._best_first(np.isin(self.arrays.bidders, shared.bidders))
            if self.bidder in shared.bidders:
                yield self._capped(StepName.SHARED_CAP, shared.cap_lots, members, kept)
            kept = self._after_cap(shared.cap_lots, members, kept)
        if not self.arrays.restores and self.bidder in self.arrays.guarantees:
            yield self._guaranteed(own, kept)

    def _capped(self, name: StepName, cap: int, order: np.ndarray, kept: np.ndarray) -> Step:
        ahead = int(kept[order[: int(np.flatnonzero(order == self.place)[0])]].sum())
        step = self.arrays.terms.limit_step_lots
        facts = {"lots": self.lots, "cap_lots": cap, "step_lots": step, "ahead_lots": ahead}
        return Step(name, facts, {"lots": max(0, min(self.lots, cap // step * step - ahead))})

    def _after_cap(self, cap: int, order: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """What a shared cap leaves of all bids."""
        step = self.arrays.terms.limit_step_lots
        lots = kept[order]
        left = kept.copy()
        left[order] = np.clip(cap // step * step - (np.cumsum(lots) - lots), 0, lots)
        return left

    def _guaranteed(self, own: np.ndarray, kept: np.ndarray) -> Step:
        """The longest best-first part whose value stays within the guarantee; below a cut nothing stays."""
        terms, guarantee = self.arrays.terms, self.arrays.guarantees[self.bidder]
        step, value = terms.limit_step_lots, terms.tick_value_minor
        ahead_lots = ahead_minor = 0
        cut_ahead = False
        for i in own:
            lots, price = int(kept[i]), int(self.arrays.prices[i]) * value
            if i == self.place:
                break
            room = _room(terms.guarantee_rule, guarantee, price, ahead_lots, ahead_minor)
            if lots > room and not cut_ahead:
                cut_ahead = True
                lots = max(0, min(lots, max(0, ahead_lots + room) // step * step - ahead_lots))
            elif cut_ahead:
                lots = 0
            ahead_lots += lots
            ahead_minor += lots * price
        price = self.price * value
        room = _room(terms.guarantee_rule, guarantee, price, ahead_lots, ahead_minor)
        left = self.lots
        if cut_ahead:
            left = 0
        elif left > room:
            left = max(0, min(left, max(0, ahead_lots + room) // step * step - ahead_lots))
        facts = {
            "lots": self.lots,
            "price_ticks": self.price,
            "tick_value_minor": value,
            "guarantee_minor": guarantee,
            "guarantee_rule": int(terms.guarantee_rule),
            "step_lots": step,
            "ahead_lots": ahead_lots,
            "ahead_minor": ahead_minor,
            "cut_ahead": int(cut_ahead),
        }
        return Step(StepName.GUARANTEE, facts, {"lots": left})

    def _best_first(self, chosen: np.ndarray) -> np.ndarray:
        """Places of the chosen bids: highest price first, then the earlier, then the lower number."""
        arrays = self.arrays
        places = np.flatnonzero(chosen)
        prices = np.where(self.result.valid[places], arrays.prices[places], 0)
        ordered: np.ndarray = places[np.lexsort((arrays.numbers[places], arrays.times[places], -prices))]
        return ordered

    # -- the price, and from there on ----------------------------------------------------------------------------

    def _price(self) -> Step:
        terms, result = self.arrays.terms, self.result
        marginal = result.price_ticks or 0
        if marginal and terms.price_rule in (PriceRule.HIGHEST_ACCEPTED_OFFER, PriceRule.MIDPOINT):
            marginal = self.arrays.uniform().price_ticks or 0
        facts = {
            "status": int(result.status),
            "price_rule": int(terms.price_rule),
            "undersubscription_rule": int(terms.undersubscription_rule),
            "offered_lots": result.offered_lots,
            "marginal_ticks": marginal,
        }
        if not marginal:
            return Step(StepName.PRICE, facts, {"passes": 0})
        supply, floor = self.arrays.supply, self.arrays.fixed_ticks or terms.reserve_price_ticks
        let_go = result.supply_released & (supply.minimum_price_ticks <= max(marginal, floor))
        above, (_, at_margin) = self._counting.total(marginal + 1), self._counting.margin(marginal)
        facts |= {
            "supply_lots": int(supply.quantity_lots[let_go].sum()),
            "demand_above_lots": above,
            "demand_lots": above + int(at_margin.sum()),
        }
        left = facts["supply_lots"] - facts["demand_above_lots"]
        return Step(StepName.PRICE, facts, {"passes": 1, "price_ticks": marginal, "left_lots": left})

    def _full_and_margin(self, marginal: int) -> tuple[int, int]:
        full = self._counting.lots_of(self.place, marginal + 1)
        return full, self._counting.lots_of(self.place, marginal) - full

    def _restored(self, marginal: int, full: int, margin: int) -> Step:
        terms = self.arrays.terms
        facts = {
            "lots": self.lots,
            "price_ticks": self.price,
            "tick_value_minor": terms.tick_value_minor,
            "guarantee_minor": self.arrays.guarantees[self.bidder],
            "step_lots": terms.limit_step_lots,
            "ahead_lots": int(self._counting.own_before[self.place]),
            "tested_ticks": self._counting.tested(marginal),
            "tested_above_ticks": self._counting.tested(marginal + 1),
        }
        return Step(StepName.RESTORED_GUARANTEE, facts, {"full_lots": full, "margin_lots": margin})

    def _margin(self, marginal: int, left: int, margin: int) -> Step:
        arrays = self.arrays
        members, lots = self._counting.margin(marginal)
        at_margin = Parties(
            lots,
            arrays.times[members],
            arrays.numbers[members],
            arrays.draws[members],
            arrays.minimum_lots[members],
            int(np.flatnonzero(members == self.place)[0]),
        )
        within, parties = 0, at_margin
        if arrays.terms.margin_unit == MarginUnit.BIDDER:
            within = self._own_lots_ahead(members, at_margin.lots)
            parties = _merged(arrays.bidders[members], at_margin)
        facts, share = trace_share(arrays.terms, left, parties)
        facts |= {"lots": margin, "own_ahead_lots": within, "unit": int(arrays.terms.margin_unit)}
        return Step(StepName.MARGIN, facts, {"lots": max(0, min(margin, share - within))})

    def _own_lots_ahead(self, members: np.ndarray, lots: np.ndarray) -> int:
        """Lots at the margin of the same bidder's bids that its share serves before this one."""
        times, numbers = self.arrays.times, self.arrays.numbers
        own = (self.arrays.bidders[members] == self.bidder) & (members != self.place)
        here = (int(times[self.place]), int(numbers[self.place]))
        ahead = [k for k in np.flatnonzero(own) if (int(times[members[k]]), int(numbers[members[k]])) < here]
        return int(lots[ahead].sum()) if ahead else 0

    def _payment(self, award: int) -> Step:
        terms = self.arrays.terms
        own = terms.price_rule == PriceRule.PAY_AS_BID
        pays = (self.price if own else self.result.price_ticks or 0) if award else 0
        step, amount = terms.payment_step_minor, award * pays * terms.tick_value_minor
        facts = {
            "lots": award,
            "price_rule": int(terms.price_rule),
            "own_price_ticks": self.price,
            "one_price_ticks": self.result.price_ticks or 0,
            "tick_value_minor": terms.tick_value_minor,
            "payment_step_minor": step,
            "payment_rounding": int(terms.payment_rounding),
        }
        whole, rest = divmod(amount, step)
        up = {PaymentRounding.NEAREST: 2 * rest >= step, PaymentRounding.DOWN: False, PaymentRounding.UP: rest > 0}
        paid = (whole + up[terms.payment_rounding]) * step
        return Step(StepName.PAYMENT, facts, {"pays_ticks": pays, "payment_minor": paid})


def _room(rule: GuaranteeRule, guarantee: int, price: int, ahead_lots: int, ahead_minor: int) -> int:
    """Lots of one more bid that the guarantee covers."""
    if rule == GuaranteeRule.SUM_OF_VALUES:
        return (guarantee - ahead_minor) // price
    return guarantee // price - ahead_lots


def _merged(owners: np.ndarray, bids: Parties) -> Parties:
    """One party a bidder: its lots and minimums together, the place of its earliest bid, its best draw."""
    order = np.lexsort((bids.numbers, bids.times, owners))
    starts = np.flatnonzero(np.concatenate([[True], owners[order][1:] != owners[order][:-1]]))
    heads = order[starts]
    return Parties(
        np.add.reduceat(bids.lots[order], starts),
        bids.times[heads],
        bids.numbers[heads],
        np.minimum.reduceat(bids.draws[order], starts),
        np.add.reduceat(bids.minimums[order], starts),
        int(np.flatnonzero(owners[heads] == owners[bids.own])[0]),
    )
