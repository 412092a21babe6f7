"""Rounds drawn at random over every rule of the clear, as records cleared by the engine's own code.

The engine's entry (`admit_bids`), limits and clear give the result; what is shipped beside an export shares no line
with any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.auction.admission.entry import EntryRules, admit_bids
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
from engine.commands import Drawn, ParticipantClass, SupplyKind
from engine.outcomes import Outcome
from engine.rounds.clearing import DRAWING_MARGINS, RoundInput, clear_input, result_of
from engine.rounds.layout import BID, BIDDER, ROUND, SUPPLY_LINE
from engine.rounds.limits import bidder_limits, own_cap_lots
from engine.rules.compile import book_sha256, book_text
from engine.rules.model import BIDDERS
from engine.units import format_scaled
from engine.views import RoundBidder
from engine.words.rounds import CapExcess
from services.proof.draw import DrawSecret, TieOrder, draw
from services.proof.receipts import Seal, SealedBid
from services.proof.record import RoundRecord
from services.proof.round_terms import Fields, supply_row, terms_of
from services.reports.report import ReceiptsRoot, RoundReport, Text
from services.reports.result_json import RefusedBid, result_json
from services.reports.scale import Scale
from services.rule_books.files import find_book, load_book

NAME = "drawn round"
SECRET = bytes(range(32))
WHO = range(1, 7)
MARGINS = [rule for rule in MarginRule if rule is not MarginRule.PRO_RATA_WITH_MINIMUMS]


@dataclass(frozen=True)
class Parts:
    """A drawn round up to its clear: all bids that were sent in, why some did not enter, and what is cleared."""

    bids: np.ndarray
    sealed: list[SealedBid]
    entrants: dict[str, RoundBidder]
    refused: dict[int, str]
    order: TieOrder | None
    given: RoundInput
    scale: Scale


def drawn_parts(rng: np.random.Generator) -> Parts:
    """One round with everything drawn, up to its clear."""
    tick_minor, lot_units = int(rng.choice([1, 5])), int(rng.choice([1, 10]))
    terms = _terms(rng, tick_minor * lot_units)
    supply = _supply(rng, terms)
    bidders, entrants = _bidders(rng, supply)
    bids = _bids(rng)
    sealed = _sealed(bids, entrants, tick_minor, lot_units)
    order = draw(DrawSecret(NAME, f"seed {rng.integers(1000)}", "salt"), [bid.bid_id for bid in sealed])
    is_drawn = terms["margin_rule"] in DRAWING_MARGINS
    refused = _refused(terms, bids, bidders, entrants)
    entered = bids[[i not in refused for i in range(len(bids))]]
    given = RoundInput(
        number=1,
        instrument=1,
        terms=terms,
        bids=entered,
        supply=supply,
        releasable_lots=np.minimum(supply["quantity_lots"], int(rng.choice([15, 40, 100]))),
        limits=_limits(terms, entered, bidders, entrants),
        draws={
            Drawn.BID: {int(bid_id[1:]): place for place, bid_id in enumerate(order.order, start=1)}
            if is_drawn
            else {},
            Drawn.SUPPLY_LINE: {
                int(line): place for place, line in enumerate(rng.permutation(supply["line"]), start=1)
            },
        },
        hidden_reserve_ticks=int(rng.choice([3, 5, 7])) if terms["hidden_reserve_rule"] else 0,
    )
    scale = Scale("CNY", tick_minor, lot_units)
    return Parts(bids, sealed, entrants, refused, order if is_drawn else None, given, scale)


def drawn_record(rng: np.random.Generator) -> RoundRecord:
    """One round with everything drawn, cleared by the engine."""
    parts = drawn_parts(rng)
    given, bids, order = parts.given, parts.bids, parts.order
    result = result_of(given, clear_input(given))
    seal = Seal(NAME, tuple(parts.sealed), SECRET)
    book = load_book("shenzhen_consignment")
    text = book_text(book.name, find_book(book.name).files)
    report = RoundReport(
        title=Text(NAME, NAME),
        name=NAME,
        day=date(2026, 6, 30),
        instrument="X",
        scale=parts.scale,
        result=result,
        book=book,
        book_sha256=book_sha256(text),
        sellers={line.seller: f"seller {line.seller}" for line in result.supply},
        receipts=ReceiptsRoot(seal.root, len(seal.bids)),
        draws=() if order is None else (order.summary(),),
    )
    return RoundRecord(
        head={"name": NAME, "tick_minor": parts.scale.tick_minor, "lot_units": parts.scale.lot_units},
        terms=terms_of(fields_of(given.terms), given.hidden_reserve_ticks, parts.entrants),
        values=(),
        supply=tuple(
            supply_row(line, f"seller {line.seller}", lots)
            for line, lots in zip(result.supply, given.releasable_lots.tolist(), strict=True)
        ),
        seal=seal,
        draw=order,
        report=report,
        result=result_json(
            report,
            bid_ids={int(bid["bid_id"]): f"b{bid['bid_id']}" for bid in bids},
            bidders={who: name_of(who) for who in WHO},
            refused=[RefusedBid(f"b{bids['bid_id'][i]}", outcome, "", "") for i, outcome in parts.refused.items()],
        ),
        rule_book=text,
        inputs={},
    )


def _sealed(bids: np.ndarray, entrants: dict[str, RoundBidder], tick_minor: int, lot_units: int) -> list[SealedBid]:
    return [
        SealedBid(
            f"b{bid['bid_id']}",
            name_of(int(bid["bidder"])),
            entrants[name_of(int(bid["bidder"]))].participant_class.name.lower(),
            format_scaled(int(bid["price_ticks"]) * tick_minor, 100),
            int(bid["quantity_lots"]) * lot_units,
            f"09:00:{i % 60:02d}" if i % 2 else "",
        )
        for i, bid in enumerate(bids)
    ]


def name_of(who: int) -> str:
    return f"bidder {who}"


def fields_of(terms: np.void) -> Fields:
    """A round's record as the core shows it."""
    values = {name: np.asarray(terms[name]) for name in terms.dtype.names or ()}
    return {name: tuple(map(int, value)) if value.ndim else int(value) for name, value in values.items()}


def _terms(rng: np.random.Generator, tick_value_minor: int) -> np.void:
    terms = np.zeros(1, ROUND)[0]
    price_rule = rng.choice([*PriceRule, PriceRule.UNIFORM, PriceRule.UNIFORM, PriceRule.PAY_AS_BID])
    hidden = rng.choice([0, 0, *HiddenReserveRule])
    short = [rule for rule in UndersubscriptionRule if hidden or rule is not UndersubscriptionRule(4)]
    guarantee_excess = rng.choice([0, 0, *GuaranteeExcess])
    if price_rule == PriceRule.PAY_AS_BID and guarantee_excess > GuaranteeExcess.TRIMMED:
        guarantee_excess = GuaranteeExcess.TRIMMED
    drawn = {
        "instrument": 1,
        "price_rule": price_rule,
        "undersubscription_rule": rng.choice(short) if price_rule != PriceRule.PAY_AS_BID else rng.choice([0, *short]),
        "margin_rule": rng.choice(MARGINS),
        "margin_unit": rng.choice([0, *MarginUnit]),
        "margin_lot": rng.choice([0, 1, 3]),
        "proceeds_rule": rng.choice(list(ProceedsRule)),
        "reserve_price_ticks": rng.choice([0, 3, 5]),
        "reserve_comparator": rng.choice(list(ReserveComparator)),
        "below_reserve": rng.choice(list(BelowReserve)),
        "ceiling_price_ticks": rng.choice([0, 0, 8]),
        "fixed_price_ticks": rng.integers(1, 9),
        "hidden_reserve_rule": hidden,
        "supply_step_rule": rng.choice([0, *SupplyStepRule]),
        "release_rule": rng.choice([0, *ReleaseRule]),
        "consignment_split": rng.choice([0, *ShortSaleRule]),
        "payment_step_minor": rng.choice([0, 1, 7, 10]),
        "payment_rounding": rng.choice([0, *PaymentRounding]),
        "guarantee_rule": rng.choice(list(GuaranteeRule)),
        "guarantee_excess": guarantee_excess,
        "guarantee_share_ppm": rng.choice([0, 500_000]),
        "cap_excess": rng.choice([0, *CapExcess]),
        "linked_cap_ppm": rng.choice([0, 0, 300_000]),
        "tick_value_minor": tick_value_minor,
        "price_step_ticks": rng.choice([1, 1, 2]),
        "quantity_step_lots": rng.choice([1, 1, 2]),
        "bid_count_max": rng.choice([0, 0, 2]),
        "consignor_may_bid": rng.integers(2),
        "shortfall_only": rng.choice([0, 0, 0, 0, 1]),
    }
    for name, value in drawn.items():
        terms[name] = value
    for name, values in (
        ("eligible", [1, 1, 1, 1, 1, 0]),
        ("minimum_lots", [1, 2]),
        ("cap_share_ppm", [-1, -1, -1, 300_000, 1_000_000]),
        ("cap_lots", [-1, 0, 0, 25]),
        ("cap_shortfall_ppm", [0, 0, 0, 0, 900_000]),
        ("cap_emissions_ppm", [0, 0, 0, 0, 200_000]),
        ("holding_limit_lots", [0, 0, 0, 0, 60]),
        ("class_cap_ppm", [0, 0, 0, 400_000, 1_000_000]),
    ):
        terms[name][:] = rng.choice(values, 8)
    return terms


def _supply(rng: np.random.Generator, terms: np.void) -> np.ndarray:
    """Lines with and without conditions; the terms learn what is on offer."""
    lines = np.zeros(int(rng.integers(1, 6)), SUPPLY_LINE)
    groups, rank = int(rng.choice([1, 1, 3])), int(rng.integers(3))
    for number, line in enumerate(lines, start=1):
        kind = rng.choice([SupplyKind.CONSIGNED, SupplyKind.GOVERNMENT, SupplyKind.GOVERNMENT, SupplyKind.RESERVE])
        line["line"], line["kind"], line["group"] = number, kind, rng.integers(groups)
        line["rank"] = rank if kind == SupplyKind.CONSIGNED else rng.integers(3)
        line["seller"], line["quantity_lots"] = rng.integers(3, 9), rng.integers(1, 40)
        line["minimum_price_ticks"] = rng.choice([0, 0, 4, 6])
        if kind == SupplyKind.RESERVE:
            line["trigger_price_ticks"] = rng.choice([3, 5, 7])
        line["withheld"] = line["minimum_price_ticks"] and not line["trigger_price_ticks"] and rng.integers(2)
    terms["offered_lots"] = lines["quantity_lots"].sum()
    terms["cap_less_lots"] = lines["quantity_lots"][lines["trigger_price_ticks"] > 0].sum()
    return lines


def _bidders(rng: np.random.Generator, supply: np.ndarray) -> tuple[np.ndarray, dict[str, RoundBidder]]:
    """What the round's record holds of everybody, and the same as the core shows it."""
    records, entrants = np.zeros(WHO.stop, BIDDER), {}
    consigned = supply["kind"] == SupplyKind.CONSIGNED
    for who in WHO:
        record = records[who]
        record["shortfall_lots"], record["emissions_lots"] = rng.integers(0, 40), rng.integers(0, 300)
        record["guarantee_minor"] = rng.integers(0, int(rng.choice([400, 4_000])))
        record["consigned_lots"] = supply["quantity_lots"][consigned & (supply["seller"] == who)].sum()
        entrants[name_of(who)] = RoundBidder(
            participant=who,
            participant_class=BIDDERS[int(rng.integers(3))],
            holding_lots=int(rng.integers(0, 60)),
            held_minor=0,
            available_minor=0,
            bids=0,
            bid_lots=0,
            link=int(rng.integers(0, 3)),
            **{
                name: int(record[name])
                for name in ("shortfall_lots", "emissions_lots", "consigned_lots", "guarantee_minor")
            },
        )
    return records, entrants


def _bids(rng: np.random.Generator) -> np.ndarray:
    bids = np.zeros(int(rng.integers(0, 24)), BID)
    bids["bidder"], bids["bid_id"] = rng.integers(1, WHO.stop, bids.size), rng.permutation(bids.size)
    bids["price_ticks"], bids["quantity_lots"] = rng.integers(1, 10, bids.size), rng.integers(1, 21, bids.size)
    bids["arrival"] = np.arange(bids.size)
    return bids


def _refused(terms: np.void, bids: np.ndarray, bidders: np.ndarray, entrants: dict[str, RoundBidder]) -> dict[int, str]:
    """Bids that the engine's entry refuses, by place, with the outcome."""
    refused = {}
    for entrant in entrants.values():
        klass = int(entrant.participant_class)
        own = [i for i in range(len(bids)) if bids["bidder"][i] == entrant.participant]
        shut_out = {
            Outcome.CLASS_NOT_ELIGIBLE: not terms["eligible"][klass],
            Outcome.SHORTFALL_MISSING: terms["shortfall_only"] and not entrant.shortfall_lots,
            Outcome.CONSIGNOR_MAY_NOT_BID: entrant.consigned_lots and not terms["consignor_may_bid"],
        }
        reason = next((outcome for outcome, holds in shut_out.items() if holds), None)
        if reason is not None:
            refused |= dict.fromkeys(own, reason.name)
            continue
        rules = EntryRules(
            price_step_ticks=int(terms["price_step_ticks"]),
            quantity_step_lots=int(terms["quantity_step_lots"]),
            minimum_lots=int(terms["minimum_lots"][klass]),
            count_max=int(terms["bid_count_max"]),
            reserve_price_ticks=int(terms["reserve_price_ticks"]),
            reserve_comparator=ReserveComparator(int(terms["reserve_comparator"])),
            below_reserve=BelowReserve(int(terms["below_reserve"])),
        )
        cap = own_cap_lots(terms, bidders[entrant.participant], klass, entrant.holding_lots)
        cap = -1 if terms["cap_excess"] == CapExcess.TRIMMED_AT_CLEARING else cap
        columns = [bids[name][own] for name in ("price_ticks", "quantity_lots", "bidder")]
        entry = admit_bids(rules, *columns, np.full(len(own), cap, np.int64))
        refused |= {own[k]: Outcome(int(entry.outcomes[k])).name for k in np.flatnonzero(entry.outcomes)}
    return dict(sorted(refused.items()))


def _limits(
    terms: np.void, bids: np.ndarray, bidders: np.ndarray, entrants: dict[str, RoundBidder]
) -> BidderLimits | None:
    here = {who: entrants[name_of(who)] for who in sorted(set(bids["bidder"].tolist()))}
    classes: dict[int, ParticipantClass] = {who: entrant.participant_class for who, entrant in here.items()}
    groups = [tuple(who for who in WHO if entrants[name_of(who)].link == link) for link in (1, 2)]
    held = {who: entrant.holding_lots for who, entrant in here.items()}
    return bidder_limits(terms, bidders, classes, held, [group for group in groups if group])
