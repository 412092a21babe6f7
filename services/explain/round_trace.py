"""The trace of one bid of a round that was run from files: what was asked at entry, then its way through the clear.

The columns that the core cleared are put together again from its result, cleared once more by the same code, and must
come out the same: a trace is never of another round than the one that was run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction import Clearing, Supply, Terms, clear
from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.explain import EntryFacts, RoundArrays, Step, trace_clear, trace_entry
from engine.auction.terms import (
    BelowReserve,
    GuaranteeRule,
    MarginRule,
    PriceRule,
    ProceedsRule,
    ReserveComparator,
    UndersubscriptionRule,
)
from engine.rounds.terms import SHARE_WHOLE_PPM
from services.bid_files import FileBid, FileLot
from services.offline_round import OfflineResult
from services.proof.draw import TieOrder
from services.round_files import RoundFile

Fields = dict[str, int | tuple[int, ...]]


@dataclass(frozen=True)
class TracedRound:
    """A cleared round from which any of its bids can be traced."""

    setup: RoundFile
    bids: Sequence[FileBid]
    lots: Sequence[FileLot]
    result: OfflineResult
    draw: TieOrder | None = None

    def bid(self, bid_id: str) -> FileBid | None:
        """The bid of this id."""
        return next((bid for bid in self.bids if bid.bid_id == bid_id), None)

    def trace(self, bid: FileBid) -> tuple[Step, ...]:
        """All steps of the bid. Raises RuntimeError where they would be those of another round."""
        steps = trace_entry(self._entry(bid))
        refused = any(row.bid_id == bid.bid_id for row in self.result.refused)
        if refused == bool(steps[-1].result["passes"]):
            raise RuntimeError(f"the trace of {bid.bid_id} and the core disagree about its entry")
        if refused:
            return steps
        arrays, clearing = self._cleared_again()
        place = self._accepted().index(bid.bid_id)
        return steps + trace_clear(place, arrays, clearing)

    def _accepted(self) -> list[str]:
        return [self.result.bid_ids[award.bid] for award in self.result.report.result.awards]

    def _cleared_again(self) -> tuple[RoundArrays, Clearing]:
        arrays = self._arrays()
        clearing = clear(
            arrays.terms,
            arrays.prices_ticks,
            arrays.quantities_lots,
            arrays.times,
            arrays.bidders,
            arrays.supply,
            arrays.draws,
            numbers=arrays.numbers,
            limits=arrays.limits,
        )
        awards = self.result.report.result.awards
        if clearing.awarded_lots.tolist() != [award.awarded_lots for award in awards]:
            raise RuntimeError("the columns of the trace clear otherwise than the core did")
        return arrays, clearing

    def _arrays(self) -> RoundArrays:
        awards, supply = self.result.report.result.awards, self.result.report.result.supply
        places = {} if self.draw is None else self.draw.places()
        return RoundArrays.of(
            terms_of(self.result.terms),
            np.array([award.bid_price_ticks for award in awards], np.int64),
            np.array([award.bid_quantity_lots for award in awards], np.int64),
            Supply.of(
                [line.quantity_lots for line in supply],
                kinds=[line.kind for line in supply],
                groups=[line.group for line in supply],
                ranks=[line.rank for line in supply],
                sellers=[line.seller for line in supply],
                minimum_price_ticks=[line.minimum_price_ticks for line in supply],
            ),
            times=np.arange(len(awards)),
            bidders=np.array([award.bidder for award in awards], np.int64),
            numbers=np.array([award.bid for award in awards], np.int64),
            draws=np.array([places.get(bid_id, 0) for bid_id in self._accepted()], np.int64),
        )

    def _entry(self, bid: FileBid) -> EntryFacts:
        """What was known of the bid and its bidder when it arrived."""
        fields, klass = self.result.terms, int(bid.participant_class)
        refused = {row.bid_id for row in self.result.refused}
        own = [other for other in self.bids if other.bidder == bid.bidder]
        before = [other for other in own[: own.index(bid)] if other.bid_id not in refused]
        value = self.setup.tick_minor * self.setup.lot_units
        with_this = [*before, bid]
        return EntryFacts(
            price_ticks=bid.price_ticks,
            lots=bid.quantity_lots,
            eligible=_of_class(fields, "eligible", klass),
            price_step_ticks=_number(fields, "price_step_ticks"),
            quantity_step_lots=_number(fields, "quantity_step_lots"),
            minimum_lots=_of_class(fields, "minimum_lots", klass),
            count_before=len(before),
            count_max=_number(fields, "bid_count_max"),
            lots_before=sum(other.quantity_lots for other in before),
            cap_lots=cap_of(fields, klass),
            lowest_valid_ticks=terms_of(fields).lowest_valid_price_ticks,
            below_reserve=_number(fields, "below_reserve"),
            consigned_lots=sum(lot.quantity_lots for lot in self.lots if lot.consignor == bid.bidder),
            consignor_may_bid=_number(fields, "consignor_may_bid"),
            held_minor=guarantee_minor(
                GuaranteeRule(_number(fields, "guarantee_rule")),
                [other.price_ticks for other in with_this],
                [other.quantity_lots for other in with_this],
                value,
            ),
            cash_minor=sum(other.price_ticks * other.quantity_lots for other in own) * value,
        )


def terms_of(fields: Fields) -> Terms:
    """The clear's terms from the fields of a round's record."""
    return Terms(
        price_rule=PriceRule(_number(fields, "price_rule")),
        undersubscription_rule=UndersubscriptionRule(
            _number(fields, "undersubscription_rule") or int(UndersubscriptionRule.LOWEST_VALID_BID)
        ),
        margin_rule=MarginRule(_number(fields, "margin_rule")),
        reserve_price_ticks=_number(fields, "reserve_price_ticks"),
        reserve_comparator=ReserveComparator(_number(fields, "reserve_comparator")),
        below_reserve=BelowReserve(_number(fields, "below_reserve")),
        proceeds_rule=ProceedsRule(_number(fields, "proceeds_rule")),
        tick_value_minor=_number(fields, "tick_value_minor"),
        fixed_price_ticks=_number(fields, "fixed_price_ticks"),
    )


def cap_of(fields: Fields, klass: int) -> int:
    """The cap on a bidder's total at entry, in lots: the smaller of a share of the offer and a quantity; -1: none."""
    share, lots = _of_class(fields, "cap_share_ppm", klass), _of_class(fields, "cap_lots", klass)
    caps = [lots] if lots > 0 else []
    if share >= 0:
        caps.append(_number(fields, "offered_lots") * share // SHARE_WHOLE_PPM)
    return min(caps, default=-1)


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def _of_class(fields: Fields, name: str, klass: int) -> int:
    value = fields.get(name, ())
    return value[klass] if isinstance(value, tuple) else 0
