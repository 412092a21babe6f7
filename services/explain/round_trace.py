"""The trace of one bid of a round that was run from files: what was asked at entry, then its way through the clear.

What the core cleared from is cleared once more by the same code, defaults included, and must come out the same: a trace
is never of another round than the one that was run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.explain import EntryFacts, Step, trace_entry
from engine.auction.terms import GuaranteeRule
from engine.limits import BATCH_ROWS_MAX
from engine.parameters import Parameter
from engine.rounds.clearing import terms_of
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.views import RoundBidder
from engine.words.rounds import CapExcess, Sealing
from services.explain.settled import SettledRound
from services.offline.bid_files import FileBid, FileLot
from services.offline.round import OfflineResult
from services.offline.round_files import RoundFile
from services.proof.draw import TieOrder

Fields = dict[str, int | tuple[int, ...]]


class Untraced(Exception):
    """The core went by a rule that the trace does not know; the message says where."""


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

    def caps(self, bidder: str) -> dict[Parameter, int]:
        """The caps on a bidder's own total, in lots, by the parameter that sets each. The smallest one binds."""
        return caps_of(self.result.terms, self.result.entrants[bidder])

    def trace(self, bid: FileBid) -> tuple[Step, ...]:
        """All steps of the bid. Raises Untraced where they would not be what the core did."""
        steps = trace_entry(self._entry(bid))
        refused = any(row.bid_id == bid.bid_id for row in self.result.refused)
        if refused == bool(steps[-1].result["passes"]):
            raise Untraced("a rule of this round that decides about its entry is not traced")
        if refused:
            return steps
        number = next(number for number, name in self.result.bid_ids.items() if name == bid.bid_id)
        return steps + self._settled.trace(number)

    @cached_property
    def _settled(self) -> SettledRound:
        """The round, cleared and settled again. Raises Untraced where it comes out otherwise."""
        entrants = self.result.entrants.values()
        cash = np.zeros(max((entrant.participant for entrant in entrants), default=0) + 1, np.int64)
        for entrant in entrants:
            cash[entrant.participant] = entrant.held_minor + entrant.available_minor
        settled = SettledRound(self.result.given, cash)
        if settled.awarded_lots() != [award.awarded_lots for award in self.result.report.result.awards]:
            raise Untraced("the round was settled otherwise than it was cleared, by a rule that is not traced")
        return settled

    @cached_property
    def _batch(self) -> dict[str, int]:
        """The batch in which each bid was sent in."""
        return {bid.bid_id: place // BATCH_ROWS_MAX for place, bid in enumerate(self.bids)}

    def _entry(self, bid: FileBid) -> EntryFacts:
        """What was known of the bid and its bidder when it arrived."""
        fields, klass = self.result.terms, int(bid.participant_class)
        refused = {row.bid_id for row in self.result.refused}
        own = [other for other in self.bids if other.bidder == bid.bidder]
        before = [other for other in own[: own.index(bid)] if other.bid_id not in refused]
        with_this, bidder = [*before, bid], self.result.entrants[bid.bidder]
        trimmed = _number(fields, "cap_excess") == CapExcess.TRIMMED_AT_CLEARING
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
            cap_lots=-1 if trimmed else min(self.caps(bid.bidder).values(), default=-1),
            lowest_valid_ticks=terms_of(self.result.given.terms, 0).lowest_valid_price_ticks,
            below_reserve=_number(fields, "below_reserve"),
            consigned_lots=bidder.consigned_lots,
            consignor_may_bid=_number(fields, "consignor_may_bid"),
            held_minor=self._hold(with_this),
            cash_minor=self._cash(own, bidder),
            shortfall_only=_number(fields, "shortfall_only"),
            shortfall_lots=bidder.shortfall_lots,
            # A batch of the core is one submission, and a round from files sends its bids in as few as they fit.
            submissions_before=len({self._batch[other.bid_id] for other in before} - {self._batch[bid.bid_id]}),
            submissions_max=_number(fields, "submissions_max"),
            put_up_minor=bidder.guarantee_minor if _number(fields, "guarantee_excess") else -1,
            value_minor=self._value(with_this),
        )

    def _cash(self, own: Sequence[FileBid], bidder: RoundBidder) -> int:
        """What may stand behind a bidder's bids: what it put up, where they were committed to. Else a round from files
        gives it cash for all it bids, and nobody is refused for want of it."""
        if _number(self.result.terms, "sealing") == Sealing.COMMITTED and not _number(
            self.result.terms, "guarantee_excess"
        ):
            return bidder.guarantee_minor
        return sum(self._hold([other]) for other in own)

    def _value(self, bids: Sequence[FileBid]) -> int:
        """What these bids of one bidder may come to, by the rule for the guarantee."""
        return guarantee_minor(
            GuaranteeRule(_number(self.result.terms, "guarantee_rule")),
            [bid.price_ticks for bid in bids],
            [bid.quantity_lots for bid in bids],
            self.setup.tick_minor * self.setup.lot_units,
        )

    def _hold(self, bids: Sequence[FileBid]) -> int:
        """The cash that these bids of one bidder hold: the part of their value that the rules want, what rounding may
        add to each payment, and the fee."""
        fields = self.result.terms
        value = self._value(bids)
        share = _number(fields, "guarantee_share_ppm") or SHARE_WHOLE_PPM
        rounding = max(1, _number(fields, "payment_step_minor")) - 1
        fee = -(-value * _number(fields, "fee_buyer_ppm") // SHARE_WHOLE_PPM)
        return -(-value * share // SHARE_WHOLE_PPM) + rounding * len(bids) + fee


def caps_of(fields: Fields, bidder: RoundBidder) -> dict[Parameter, int]:
    """The caps on a bidder's own total, in lots, by the parameter that sets each."""
    klass = int(bidder.participant_class)
    share, lots = _of_class(fields, "cap_share_ppm", klass), _of_class(fields, "cap_lots", klass)
    most = _of_class(fields, "holding_limit_lots", klass)
    caps: dict[Parameter, int] = {}
    if share >= 0:
        base = _number(fields, "offered_lots") - _number(fields, "cap_less_lots")
        caps[Parameter.BID_CAP_SHARE] = base * share // SHARE_WHOLE_PPM
    if lots > 0:
        caps[Parameter.BID_CAP_QUANTITY] = lots
    for whole, name, parameter in (
        (bidder.shortfall_lots, "cap_shortfall_ppm", Parameter.BID_CAP_SHORTFALL_SHARE),
        (bidder.emissions_lots, "cap_emissions_ppm", Parameter.BID_CAP_EMISSIONS_SHARE),
    ):
        if _of_class(fields, name, klass) > 0:
            caps[parameter] = whole * _of_class(fields, name, klass) // SHARE_WHOLE_PPM
    if most > 0:
        caps[Parameter.BID_HOLDING_LIMIT] = max(0, most - bidder.holding_lots)
    return caps


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def _of_class(fields: Fields, name: str, klass: int) -> int:
    value = fields.get(name, ())
    return value[klass] if isinstance(value, tuple) else 0
