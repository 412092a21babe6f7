"""The terms of a round as an export writes them: rules as words and integers, what is known of each bidder, supply.

`verify.py` and `awards.py` read nothing else of the rules. Each limit stands as what it is a part of and the
part, so that it is worked out again from these and never believed. What they do not recompute is named in `other`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

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
from engine.commands import ParticipantClass
from engine.limits import PRICE_TICKS_MAX
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.rules.model import BIDDERS
from engine.views import RoundBidder, SupplyLine
from engine.words.rounds import CapExcess, Sealing

Terms = dict[str, Any]
Fields = Mapping[str, int | tuple[int, ...]]

_WORDS: dict[str, tuple[str, IntEnum, str]] = {
    "price_rule": ("price_rule", PriceRule.UNIFORM, ""),
    "undersubscription_rule": ("undersubscription_rule", UndersubscriptionRule.CANCEL, "none"),
    "margin_rule": ("margin_rule", MarginRule.TIME_PRIORITY, ""),
    "margin_unit": ("margin_unit", MarginUnit.BID, "bid"),
    "proceeds_rule": ("proceeds_rule", ProceedsRule.POOL, ""),
    "hidden_reserve_rule": ("hidden_reserve_rule", HiddenReserveRule.DECLINE, "decline"),
    "supply_step_rule": ("supply_step_rule", SupplyStepRule.AT_STEP, "at_step"),
    "release_rule": ("release_rule", ReleaseRule.DEMAND_ABOVE_TRIGGER, "demand_above_trigger"),
    "short_sale_rule": ("consignment_split", ShortSaleRule.LARGEST_REMAINDER, "largest_remainder"),
    "payment_rounding_rule": ("payment_rounding", PaymentRounding.NEAREST, "nearest"),
    "below_reserve": ("below_reserve", BelowReserve.REFUSED_AT_ENTRY, ""),
    "reserve_comparator": ("reserve_comparator", ReserveComparator.AT_OR_ABOVE, ""),
    "cap_excess": ("cap_excess", CapExcess.REFUSED_AT_ENTRY, "refused_at_entry"),
    "guarantee": ("guarantee_rule", GuaranteeRule.SUM_OF_VALUES, ""),
    "guarantee_excess": ("guarantee_excess", GuaranteeExcess.TRIMMED, "none"),
}
"""The words of an export: the field that each comes from, a member of its enum, the word where rules say nothing."""

_NUMBERS = (
    "reserve_price_ticks",
    "ceiling_price_ticks",
    "tick_value_minor",
    "price_step_ticks",
    "quantity_step_lots",
    "bid_count_max",
    "consignor_may_bid",
    "shortfall_only",
)


def terms_of(fields: Fields, hidden_reserve_ticks: int, entrants: Mapping[str, RoundBidder]) -> Terms:
    """The terms of a round from the fields of its record, for whoever sent bids, by name."""
    number = {name: value for name, value in fields.items() if isinstance(value, int)}
    terms: Terms = {key: _word(number.get(name, 0), like, absent) for key, (name, like, absent) in _WORDS.items()}
    if number["price_rule"] != PriceRule.PAY_AS_BID:
        # At one price both rules give every line price x sold.
        terms["proceeds_rule"] = ProceedsRule.POOL.name.lower()
    elif number.get("guarantee_excess", 0):
        terms["guarantee_excess"] = GuaranteeExcess.TRIMMED.name.lower()
    terms |= {name: number.get(name, 0) for name in _NUMBERS}
    terms |= {name: number.get(name, 0) or 1 for name in ("payment_step_minor", "margin_lot")}
    fixed = number.get("fixed_price_ticks", 0) if number["price_rule"] == PriceRule.FIXED else 0
    above = number["reserve_comparator"] == ReserveComparator.ABOVE and number["reserve_price_ticks"] > 0
    terms["fixed_price_ticks"] = fixed
    terms["floor_ticks"] = fixed or number["reserve_price_ticks"]
    terms["lowest_entering_ticks"] = max(1, number["reserve_price_ticks"] + above)
    terms["lowest_valid_ticks"] = max(terms["lowest_entering_ticks"], fixed)
    terms["highest_valid_ticks"] = number.get("ceiling_price_ticks", 0) or PRICE_TICKS_MAX
    terms["hidden_reserve_ticks"] = hidden_reserve_ticks
    terms["classes"] = {
        klass.name.lower(): {name: _of_class(fields, name, klass) for name in ("eligible", "minimum_lots")}
        for klass in BIDDERS
    }
    terms["bidders"] = {name: _bidder(fields, number, entrant) for name, entrant in entrants.items()}
    if _committed(number):
        share = number.get("guarantee_share_ppm", 0) or SHARE_WHOLE_PPM
        terms["committed"] = {"guarantee_share_ppm": share, "fee_buyer_ppm": number.get("fee_buyer_ppm", 0)}
    terms["shared_caps"] = _shared_caps(fields, number, entrants)
    terms["other"] = ["minimums of bids"] if number["margin_rule"] == MarginRule.PRO_RATA_WITH_MINIMUMS else []
    return terms


def supply_row(line: SupplyLine, seller: str, lots: int) -> dict[str, Any]:
    """One line of supply as an export writes it; `lots` are what its yearly budget lets out of it."""
    return {
        "line": line.line,
        "kind": line.kind.name.lower(),
        "seller": seller,
        "seller_number": line.seller,
        "group": line.group,
        "rank": line.rank,
        "lots": lots,
        "minimum_ticks": max(line.minimum_price_ticks, line.trigger_price_ticks),
        "trigger_ticks": line.trigger_price_ticks,
        "withheld": int(line.withheld),
    }


def _word(value: int, like: IntEnum, absent: str) -> str:
    return type(like)(value).name.lower() if value or not absent else absent


def _of_class(fields: Fields, name: str, klass: ParticipantClass) -> int:
    values = fields.get(name, ())
    return values[klass] if isinstance(values, tuple) and klass < len(values) else 0


def _base_lots(number: Mapping[str, int]) -> int:
    """The offer that caps are shares of."""
    return number.get("offered_lots", 0) - number.get("cap_less_lots", 0)


def _bidder(fields: Fields, number: Mapping[str, int], entrant: RoundBidder) -> dict[str, Any]:
    """What the rules make of one bidder: its own caps, each (the whole in lots, the share in millionths), and facts."""
    klass = entrant.participant_class

    def rule(name: str) -> int:
        return _of_class(fields, name, klass)

    caps = [[_base_lots(number), rule("cap_share_ppm")]] if rule("cap_share_ppm") >= 0 else []
    caps += [[rule("cap_lots"), SHARE_WHOLE_PPM]] if rule("cap_lots") > 0 else []
    caps += [[entrant.shortfall_lots, rule("cap_shortfall_ppm")]] if rule("cap_shortfall_ppm") > 0 else []
    caps += [[entrant.emissions_lots, rule("cap_emissions_ppm")]] if rule("cap_emissions_ppm") > 0 else []
    if rule("holding_limit_lots") > 0:
        caps.append([max(0, rule("holding_limit_lots") - entrant.holding_lots), SHARE_WHOLE_PPM])
    row = {"caps": caps, "shortfall_lots": entrant.shortfall_lots, "consigns": int(entrant.consigned_lots > 0)}
    if number.get("guarantee_excess", 0):
        share = number.get("guarantee_share_ppm", 0) or SHARE_WHOLE_PPM
        row["covered_minor"] = entrant.guarantee_minor * SHARE_WHOLE_PPM // share
    if _committed(number):
        row["put_up_minor"] = entrant.guarantee_minor
    return row


def _committed(number: Mapping[str, int]) -> bool:
    """Whether a bid has to be covered by what was put up before it: bids were committed to, and none is trimmed."""
    return number.get("sealing", 0) == Sealing.COMMITTED and not number.get("guarantee_excess", 0)


def _shared_caps(
    fields: Fields, number: Mapping[str, int], entrants: Mapping[str, RoundBidder]
) -> list[dict[str, Any]]:
    """Caps that several bidders share, in the order in which they cut: of each class, then of each group of linked."""
    found = []
    for klass in BIDDERS:
        share = _of_class(fields, "class_cap_ppm", klass)
        members = [name for name, entrant in entrants.items() if entrant.participant_class is klass]
        if 0 < share < SHARE_WHOLE_PPM and members:
            found.append((klass.name.lower(), share, members))
    share = number.get("linked_cap_ppm", 0)
    groups = sorted({entrant.link for entrant in entrants.values()} - {0}) if share else []
    found += [("linked", share, [name for name, who in entrants.items() if who.link == group]) for group in groups]
    return [
        {"of": of, "whole_lots": _base_lots(number), "share_ppm": share, "bidders": members}
        for of, share, members in found
    ]
