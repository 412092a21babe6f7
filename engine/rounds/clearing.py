"""Clearing a round of the core: from its bids, lines and recorded inputs to the auction room's `clear` and back.

What is computed is the same for a dry run, for the real thing, and for rounds from files. Nothing moves here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

import numpy as np

from engine.auction import Clearing, Supply, Terms, clear
from engine.auction.bidder_limits import BidderLimits
from engine.auction.terms import (
    BelowReserve,
    GuaranteeExcess,
    GuaranteeRule,
    HiddenReserveRule,
    MarginRule,
    MarginUnit,
    PaymentRounding,
    PriceRule,
    ProceedsRule,
    ReleaseRule,
    ReserveComparator,
    ShortSaleRule,
    SupplyStepRule,
    UndersubscriptionRule,
)
from engine.commands import Drawn, SupplyKind
from engine.views import Award, Draw, RoundResult, SupplyLine

DRAWING_MARGINS = (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS)
"""Margin rules that need a recorded draw of bids."""

_E = TypeVar("_E", bound=IntEnum)


@dataclass(frozen=True)
class RoundInput:
    """All that clearing one round needs.

    `terms`, `bids` (live ones) and `supply` are rows of the record and of the columns; `releasable_lots` says how much
    of each line its yearly budget still lets out.
    """

    number: int
    instrument: int
    terms: np.void
    bids: np.ndarray
    supply: np.ndarray
    releasable_lots: np.ndarray
    limits: BidderLimits | None
    draws: dict[Drawn, dict[int, int]]
    hidden_reserve_ticks: int

    def without(self, bidders: set[int]) -> RoundInput:
        """The same round without the bids of some bidders."""
        return replace(self, bids=self.bids[~np.isin(self.bids["bidder"], sorted(bidders))])


def clear_input(given: RoundInput) -> Clearing:
    """The clearing of a round."""
    bids = given.bids
    return clear(
        terms_of(given.terms, given.hidden_reserve_ticks),
        bids["price_ticks"],
        bids["quantity_lots"],
        times=bids["arrival"],
        bidders=bids["bidder"],
        supply=supply_of(given),
        tie_order=places_of(given.draws[Drawn.BID], bids["bid_id"]),
        numbers=bids["bid_id"],
        limits=given.limits,
    )


def supply_of(given: RoundInput) -> Supply:
    """The lines of a round as the clear takes them."""
    supply = given.supply
    return Supply.of(
        np.minimum(supply["quantity_lots"], given.releasable_lots),
        kinds=supply["kind"],
        groups=supply["group"],
        ranks=supply["rank"],
        sellers=supply["seller"],
        minimum_price_ticks=supply["minimum_price_ticks"],
        trigger_price_ticks=supply["trigger_price_ticks"],
        withheld=supply["withheld"],
        draws=places_of(given.draws[Drawn.SUPPLY_LINE], supply["line"]),
    )


def places_of(places: dict[int, int], targets: np.ndarray) -> np.ndarray:
    """The place in the draw of each target; behind all others where it was not drawn."""
    last = len(places) + 1
    return np.array([places.get(target, last) for target in targets.tolist()], np.int64)


def _word(enum: type[_E], number: int, absent: _E) -> _E:
    return enum(number) if number else absent


def terms_of(record: np.void, hidden_reserve_ticks: int) -> Terms:
    """The clear's terms from the round's record. A round under pay-as-bid has no undersubscription rule."""
    field = {name: int(record[name]) for name in record.dtype.names or () if record.dtype[name].shape == ()}
    return Terms(
        price_rule=PriceRule(field["price_rule"]),
        undersubscription_rule=_word(
            UndersubscriptionRule, field["undersubscription_rule"], UndersubscriptionRule.LOWEST_VALID_BID
        ),
        margin_rule=MarginRule(field["margin_rule"]),
        reserve_price_ticks=field["reserve_price_ticks"],
        reserve_comparator=ReserveComparator(field["reserve_comparator"]),
        below_reserve=BelowReserve(field["below_reserve"]),
        proceeds_rule=ProceedsRule(field["proceeds_rule"]),
        tick_value_minor=field["tick_value_minor"],
        fixed_price_ticks=field["fixed_price_ticks"],
        ceiling_price_ticks=field["ceiling_price_ticks"],
        hidden_reserve_ticks=hidden_reserve_ticks,
        hidden_reserve_rule=_word(HiddenReserveRule, field["hidden_reserve_rule"], HiddenReserveRule.DECLINE),
        supply_step_rule=_word(SupplyStepRule, field["supply_step_rule"], SupplyStepRule.AT_STEP),
        payment_step_minor=field["payment_step_minor"] or 1,
        payment_rounding=_word(PaymentRounding, field["payment_rounding"], PaymentRounding.NEAREST),
        margin_lot=field["margin_lot"] or 1,
        margin_unit=_word(MarginUnit, field["margin_unit"], MarginUnit.BID),
        short_sale_rule=_word(ShortSaleRule, field["consignment_split"], ShortSaleRule.LARGEST_REMAINDER),
        release_rule=_word(ReleaseRule, field["release_rule"], ReleaseRule.DEMAND_ABOVE_TRIGGER),
        guarantee_rule=GuaranteeRule(field["guarantee_rule"]),
        guarantee_excess=_word(GuaranteeExcess, field["guarantee_excess"], GuaranteeExcess.TRIMMED),
        limit_step_lots=field["quantity_step_lots"],
    )


def result_of(given: RoundInput, clearing: Clearing) -> RoundResult:
    """A clearing as the core shows it."""
    bids, supply = given.bids, given.supply
    awards = tuple(
        Award(
            bid=int(bids["bid_id"][i]),
            bidder=int(bids["bidder"][i]),
            bid_price_ticks=int(bids["price_ticks"][i]),
            bid_quantity_lots=int(bids["quantity_lots"][i]),
            awarded_lots=int(clearing.awarded_lots[i]),
            price_ticks=int(clearing.pays_ticks[i]),
            payment_minor=int(clearing.payments_minor[i]),
            valid=bool(clearing.valid[i]),
        )
        for i in range(len(bids))
    )
    lines = tuple(
        SupplyLine(
            line=int(supply["line"][i]),
            kind=SupplyKind(int(supply["kind"][i])),
            group=int(supply["group"][i]),
            rank=int(supply["rank"][i]),
            seller=int(supply["seller"][i]),
            quantity_lots=int(supply["quantity_lots"][i]),
            minimum_price_ticks=int(supply["minimum_price_ticks"][i]),
            sold_lots=int(clearing.supply_sold_lots[i]),
            proceeds_minor=int(clearing.supply_proceeds_minor[i]),
            trigger_price_ticks=int(supply["trigger_price_ticks"][i]),
            tier=int(supply["tier"][i]),
            withheld=bool(supply["withheld"][i]),
            released=bool(clearing.supply_released[i]),
        )
        for i in range(len(supply))
    )
    return RoundResult(
        status=clearing.status,
        price_ticks=clearing.price_ticks,
        offered_lots=clearing.offered_lots,
        sold_lots=clearing.sold_lots,
        valid_demand_lots=clearing.valid_demand_lots,
        submitted_demand_lots=clearing.submitted_demand_lots,
        proceeds_minor=clearing.proceeds_minor,
        awards=awards,
        supply=lines,
        draws=tuple(
            Draw(drawn, target, place) for drawn, places in given.draws.items() for target, place in places.items()
        ),
        hidden_reserve_ticks=given.hidden_reserve_ticks or None,
    )
