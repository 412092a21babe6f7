"""A cleared round as an auditor needs it: terms as words and integers, the rules behind them, bids, supply, result.

Everything here is plain data, ready to be written as files (`services.proof.folder`). It is taken from what the core
was given and gave back; nothing is computed but the seal over the bids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from engine.auction.terms import (
    BelowReserve,
    GuaranteeRule,
    MarginRule,
    MarginUnit,
    PriceRule,
    ProceedsRule,
    ReserveComparator,
    ShortSaleRule,
    SupplyStepRule,
    UndersubscriptionRule,
)
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.rules.model import BIDDERS
from engine.units import format_scaled
from engine.views import SupplyLine
from engine.words.rounds import CapExcess
from services.offline.bid_files import FileBid
from services.offline.round import OfflineResult
from services.offline.round_files import RoundFile
from services.proof.draw import TieOrder
from services.proof.receipts import Seal, SealedBid, sealed
from services.reports.in_force import RulesOfRound
from services.reports.report import ReceiptsRoot, RoundReport
from services.reports.result_json import result_json
from services.reports.scale import MINOR_PER_UNIT

FORMAT = "jingjia-round"
VERSION = 1

Terms = dict[str, Any]

_WORDS: dict[str, type[IntEnum]] = {
    "price_rule": PriceRule,
    "margin_rule": MarginRule,
    "proceeds_rule": ProceedsRule,
    "below_reserve": BelowReserve,
    "reserve_comparator": ReserveComparator,
}
_NUMBERS = (
    "reserve_price_ticks",
    "price_step_ticks",
    "quantity_step_lots",
    "bid_count_max",
    "consignor_may_bid",
)
_BY_CLASS = ("eligible", "minimum_lots", "cap_share_ppm", "cap_lots")


@dataclass(frozen=True)
class RoundRecord:
    """One cleared round. `result` is the result JSON with the root in it; `inputs` are files as they came, by name."""

    head: dict[str, Any]
    terms: Terms
    values: tuple[dict[str, Any], ...]
    supply: tuple[dict[str, Any], ...]
    seal: Seal
    draw: TieOrder | None
    report: RoundReport
    result: dict[str, Any]
    rule_book: bytes
    inputs: Mapping[str, bytes]

    def round_json(self) -> dict[str, Any]:
        """What `round.json` of an export holds."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "round": self.head,
            "rule_book": {**self.result["rule_book"], "values": list(self.values)},
            "terms": self.terms,
            "supply": list(self.supply),
        }


def record_of(
    setup: RoundFile,
    bids: Sequence[FileBid],
    result: OfflineResult,
    *,
    draw: TieOrder | None = None,
    secret: bytes | None = None,
    inputs: Mapping[str, bytes] | None = None,
) -> RoundRecord:
    """The record of a round that was run from files; a fresh secret for the salts unless one is given."""
    seal = sealed(setup.name, [sealed_bid(bid, setup) for bid in bids], secret)
    report = replace(result.report, receipts=ReceiptsRoot(seal.root, len(seal.bids)))
    rules = RulesOfRound(report.book, setup.day, setup.values)
    supply = report.result.supply
    consigned = any(line.kind.name == "CONSIGNED" for line in supply)
    return RoundRecord(
        head={
            "name": setup.name,
            "day": report.day.isoformat(),
            "instrument": setup.instrument,
            "currency": report.scale.currency,
            "tick_minor": setup.tick_minor,
            "lot_units": setup.lot_units,
        },
        terms=terms_of(result.terms, supply),
        values=tuple(value.as_json() for value in rules.all(with_consignment=consigned)),
        supply=tuple(supply_row(line, report.seller(line.seller)) for line in supply),
        seal=seal,
        draw=draw,
        report=report,
        result=result_json(
            report,
            bid_ids=result.bid_ids,
            bidders=result.bidders,
            refused=result.refused,
        ),
        rule_book=result.book_text,
        inputs=inputs or {},
    )


def sealed_bid(bid: FileBid, setup: RoundFile) -> SealedBid:
    """A bid of a file in the form in which it is sealed: whatever it was written as, one price has one text."""
    return SealedBid(
        bid_id=bid.bid_id,
        bidder=bid.bidder,
        participant_class=bid.participant_class.name.lower(),
        price=format_scaled(bid.price_ticks * setup.tick_minor, MINOR_PER_UNIT),
        quantity=bid.quantity_lots * setup.lot_units,
        time=bid.time,
    )


def supply_row(line: SupplyLine, seller: str) -> dict[str, Any]:
    """One line of supply as an export writes it."""
    return {
        "line": line.line,
        "kind": line.kind.name.lower(),
        "seller": seller,
        "seller_number": line.seller,
        "group": line.group,
        "rank": line.rank,
        "lots": line.quantity_lots,
        "minimum_ticks": line.minimum_price_ticks,
    }


def terms_of(fields: Mapping[str, int | tuple[int, ...]], supply: Sequence[SupplyLine]) -> Terms:
    """The terms of a round as an export writes them, from the fields of its record.

    `other` names what `verify.py` does not recompute.
    """
    number = {name: value for name, value in fields.items() if isinstance(value, int)}
    by_class = {name: value for name, value in fields.items() if not isinstance(value, int)}
    terms: Terms = {name: enum(number[name]).name.lower() for name, enum in _WORDS.items()}
    short = number["undersubscription_rule"]
    terms["guarantee"] = GuaranteeRule(number["guarantee_rule"]).name.lower()
    terms["undersubscription_rule"] = UndersubscriptionRule(short).name.lower() if short else "none"
    if number["price_rule"] != PriceRule.PAY_AS_BID:
        # At one price both rules give every line price x sold.
        terms["proceeds_rule"] = ProceedsRule.POOL.name.lower()
    terms |= {name: number[name] for name in _NUMBERS}
    above = number["reserve_comparator"] == ReserveComparator.ABOVE and number["reserve_price_ticks"] > 0
    terms["lowest_valid_ticks"] = max(1, number["reserve_price_ticks"] + above)
    terms["fixed_price_ticks"] = number.get("fixed_price_ticks", 0)
    terms["classes"] = {klass.name.lower(): {name: by_class[name][klass] for name in _BY_CLASS} for klass in BIDDERS}
    terms["other"] = [name for name, is_there in _not_recomputed(number, by_class, supply).items() if is_there]
    return terms


def _not_recomputed(
    number: Mapping[str, int], by_class: Mapping[str, tuple[int, ...]], supply: Sequence[SupplyLine]
) -> dict[str, bool]:
    """What `verify.py` does not recompute, in words, and whether this round has it."""

    def any_class(name: str, *neutral: int) -> bool:
        values = by_class.get(name, ())
        return any(values[klass] not in (0, *neutral) for klass in BIDDERS if klass < len(values))

    return {
        "several jurisdictions": len({line.group for line in supply}) > 1,
        "a release or withheld units": any(line.trigger_price_ticks or line.withheld for line in supply),
        "a hidden reserve": number.get("hidden_reserve_rule", 0) > 0,
        "a ceiling price": number.get("ceiling_price_ticks", 0) > 0,
        "shares by bidder at the margin": number.get("margin_unit", 0) == MarginUnit.BIDDER,
        "rounded payments": number.get("payment_step_minor", 0) > 1,
        "a price between bids": number.get("supply_step_rule", 0) == SupplyStepRule.LOWEST_ACCEPTED_BID,
        "consigned units sold in a drawn order": number.get("consignment_split", 0) == ShortSaleRule.RANDOM_UNITS,
        "caps applied at the clear": number.get("cap_excess", 0) == CapExcess.TRIMMED_AT_CLEARING,
        "caps on a part of the offer": number.get("cap_less_lots", 0) > 0,
        "caps on linked bidders": number.get("linked_cap_ppm", 0) > 0,
        "caps on a class together": any_class("class_cap_ppm", SHARE_WHOLE_PPM),
        "caps by shortfall or emissions": any_class("cap_shortfall_ppm") or any_class("cap_emissions_ppm"),
        "a holding limit": any_class("holding_limit_lots"),
        "bidding for a shortfall only": number.get("shortfall_only", 0) > 0,
        "guarantees put up beforehand": number.get("guarantee_excess", 0) > 0,
    }
