"""The trace of one bid of a round that was run from files: what was asked at entry, then its way through the clear.

The columns that the core cleared are put together again from its result, cleared once more by the same code, and must
come out the same: a trace is never of another round than the one that was run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.auction import Clearing
from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.explain import EntryFacts, RoundArrays, Step, trace_clear, trace_entry
from engine.auction.terms import GuaranteeRule
from engine.commands import Drawn, Fact
from engine.parameters import Parameter
from engine.rounds.clearing import RoundInput, clear_input, places_of, supply_of, terms_of
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.rules.forms import EPOCH_ORDINAL
from engine.words.rounds import CapExcess
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

    def held(self, bidder: str) -> int:
        """Lots that a bidder holds while it bids: what it said it holds as a consignor."""
        own = [lot for lot in self.lots if lot.consignor == bidder]
        consigned = sum(lot.quantity_lots for lot in own)
        return next((lot.holding_lots for lot in own if lot.holding_lots is not None), consigned)

    def caps(self, bidder: str, klass: int) -> dict[Parameter, int]:
        """The caps on a bidder's own total, in lots, by the parameter that sets each. The smallest one binds."""
        year = date.fromordinal(self.setup.day + EPOCH_ORDINAL).year - 1
        known = {fact.fact: fact.quantity_lots for fact in self.setup.inputs.facts
                 if fact.participant == bidder and fact.year == year}  # fmt: skip
        return caps_of(
            self.result.terms, klass, self.held(bidder), known.get(Fact.SHORTFALL, 0), known.get(Fact.EMISSIONS, 0)
        )

    def trace(self, bid: FileBid) -> tuple[Step, ...]:
        """All steps of the bid. Raises Untraced where they would not be what the core did."""
        steps = trace_entry(self._entry(bid))
        refused = any(row.bid_id == bid.bid_id for row in self.result.refused)
        if refused == bool(steps[-1].result["passes"]):
            raise Untraced("a rule of this round that decides about its entry is not traced")
        if refused:
            return steps
        arrays, clearing = self._cleared_again()
        place = [self.result.bid_ids[award.bid] for award in self.result.report.result.awards].index(bid.bid_id)
        return steps + trace_clear(place, arrays, clearing)

    def _cleared_again(self) -> tuple[RoundArrays, Clearing]:
        given = self.result.given
        clearing = clear_input(given)
        awards = self.result.report.result.awards
        if clearing.awarded_lots.tolist() != [award.awarded_lots for award in awards]:
            raise Untraced("the round was settled otherwise than it was cleared, by a rule that is not traced")
        return arrays_of(given), clearing

    def _entry(self, bid: FileBid) -> EntryFacts:
        """What was known of the bid and its bidder when it arrived."""
        fields, klass = self.result.terms, int(bid.participant_class)
        refused = {row.bid_id for row in self.result.refused}
        own = [other for other in self.bids if other.bidder == bid.bidder]
        before = [other for other in own[: own.index(bid)] if other.bid_id not in refused]
        with_this = [*before, bid]
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
            cap_lots=-1 if trimmed else min(self.caps(bid.bidder, klass).values(), default=-1),
            lowest_valid_ticks=terms_of(self.result.given.terms, 0).lowest_valid_price_ticks,
            below_reserve=_number(fields, "below_reserve"),
            consigned_lots=sum(lot.quantity_lots for lot in self.lots if lot.consignor == bid.bidder),
            consignor_may_bid=_number(fields, "consignor_may_bid"),
            held_minor=self._hold(with_this),
            # A round from files gives every bidder cash for all it bids: nobody is refused for want of it.
            cash_minor=sum(self._hold([other]) for other in own),
        )

    def _hold(self, bids: Sequence[FileBid]) -> int:
        """The cash that these bids of one bidder hold: the part of their value that the rules want, what rounding may
        add to each payment, and the fee."""
        fields = self.result.terms
        value = guarantee_minor(
            GuaranteeRule(_number(fields, "guarantee_rule")),
            [bid.price_ticks for bid in bids],
            [bid.quantity_lots for bid in bids],
            self.setup.tick_minor * self.setup.lot_units,
        )
        share = _number(fields, "guarantee_share_ppm") or SHARE_WHOLE_PPM
        rounding = max(1, _number(fields, "payment_step_minor")) - 1
        fee = -(-value * _number(fields, "fee_buyer_ppm") // SHARE_WHOLE_PPM)
        return -(-value * share // SHARE_WHOLE_PPM) + rounding * len(bids) + fee


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


def caps_of(
    fields: Fields, klass: int, held_lots: int, shortfall_lots: int, emissions_lots: int
) -> dict[Parameter, int]:
    """The caps of a class on a bidder that holds so much already, of a shortfall and emissions of the year before."""
    share, lots = _of_class(fields, "cap_share_ppm", klass), _of_class(fields, "cap_lots", klass)
    most = _of_class(fields, "holding_limit_lots", klass)
    caps: dict[Parameter, int] = {}
    if share >= 0:
        base = _number(fields, "offered_lots") - _number(fields, "cap_less_lots")
        caps[Parameter.BID_CAP_SHARE] = base * share // SHARE_WHOLE_PPM
    if lots > 0:
        caps[Parameter.BID_CAP_QUANTITY] = lots
    for whole, name, parameter in (
        (shortfall_lots, "cap_shortfall_ppm", Parameter.BID_CAP_SHORTFALL_SHARE),
        (emissions_lots, "cap_emissions_ppm", Parameter.BID_CAP_EMISSIONS_SHARE),
    ):
        if _of_class(fields, name, klass) > 0:
            caps[parameter] = whole * _of_class(fields, name, klass) // SHARE_WHOLE_PPM
    if most > 0:
        caps[Parameter.BID_HOLDING_LIMIT] = max(0, most - held_lots)
    return caps


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def _of_class(fields: Fields, name: str, klass: int) -> int:
    value = fields.get(name, ())
    return value[klass] if isinstance(value, tuple) else 0
