"""Rounds drawn at random over every rule that `verify.py` recomputes, as records cleared by the engine's own clear.

The engine's entry (`admit_bids`) and clear give the result; `verify.py` shares no line with either.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from engine.auction import Supply, Terms, clear
from engine.auction.admission.entry import EntryRules, admit_bids
from engine.auction.terms import (
    BelowReserve,
    MarginRule,
    PriceRule,
    ProceedsRule,
    ReserveComparator,
    UndersubscriptionRule,
)
from engine.commands import ParticipantClass, SupplyKind
from engine.outcomes import Outcome
from engine.rules.compile import book_sha256, book_text
from engine.rules.model import BIDDERS
from engine.units import format_scaled
from engine.views import Award, RoundResult, SupplyLine
from services.proof.draw import DrawSecret, draw
from services.proof.receipts import Seal, SealedBid
from services.proof.record import RoundRecord, supply_row, terms_of
from services.reports.report import ReceiptsRoot, RoundReport, Text
from services.reports.result_json import RefusedBid, result_json
from services.reports.scale import Scale
from services.rule_books.files import find_book, load_book

NAME = "drawn round"
SECRET = bytes(range(32))


def drawn_record(rng: np.random.Generator) -> RoundRecord:
    """One round with everything drawn, cleared by the engine."""
    fields = _fields(rng)
    supply = _supply(rng, int(fields["consignment_rank"]))
    bids = _bids(rng, supply)
    tick_minor, lot_units = int(rng.choice([1, 5])), int(rng.choice([1, 10]))
    sealed = [
        SealedBid(
            f"b{i}",
            f"bidder {who}",
            klass.name.lower(),
            format_scaled(price * tick_minor, 100),
            lots * lot_units,
            f"09:00:{i % 60:02d}" if i % 2 else "",
        )
        for i, (who, klass, price, lots) in enumerate(bids)
    ]
    order = draw(DrawSecret(NAME, f"seed {rng.integers(1000)}", "salt"), [bid.bid_id for bid in sealed])
    draws = (order.summary(),) if fields["margin_rule"] == MarginRule.RANDOM_ORDER else ()
    refused = _refused(fields, bids, supply)
    result = _clear(
        fields, bids, supply, refused, [order.places()[bid.bid_id] for bid in sealed], tick_minor * lot_units
    )
    seal = Seal(NAME, tuple(sealed), SECRET)
    book = load_book("shenzhen_consignment")
    text = book_text(book.name, find_book(book.name).files)
    report = RoundReport(
        title=Text(NAME, NAME),
        name=NAME,
        day=date(2026, 6, 30),
        instrument="X",
        scale=Scale("CNY", tick_minor, lot_units),
        result=result,
        book=book,
        book_sha256=book_sha256(text),
        sellers={line.seller: f"seller {line.seller}" for line in supply},
        receipts=ReceiptsRoot(seal.root, len(sealed)),
        draws=draws,
    )
    return RoundRecord(
        head={"name": NAME, "tick_minor": tick_minor, "lot_units": lot_units},
        terms=terms_of(fields, supply),
        values=(),
        supply=tuple(supply_row(line, f"seller {line.seller}") for line in supply),
        seal=seal,
        draw=order if draws else None,
        report=report,
        result=result_json(
            report,
            bid_ids={i: bid.bid_id for i, bid in enumerate(sealed)},
            bidders={who: f"bidder {who}" for who, *_ in bids},
            refused=[RefusedBid(f"b{i}", outcome, "", "") for i, outcome in refused.items()],
        ),
        rule_book=text,
        inputs={},
    )


def _fields(rng: np.random.Generator) -> dict[str, Any]:
    price_rule = rng.choice([PriceRule.UNIFORM, PriceRule.PAY_AS_BID, PriceRule.FIXED])
    per_class = {
        "eligible": rng.choice([1, 1, 1, 0], 8),
        "minimum_lots": rng.choice([1, 2], 8),
        "cap_share_ppm": rng.choice([-1, 300_000, 1_000_000], 8),
        "cap_lots": rng.choice([-1, 0, 25], 8),
    }
    return {
        "price_rule": int(price_rule),
        "undersubscription_rule": int(rng.choice([1, 2, 3])) if price_rule != PriceRule.PAY_AS_BID else 0,
        "margin_rule": int(
            rng.choice([MarginRule.TIME_PRIORITY, MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_LARGEST_REMAINDER])
        ),
        "proceeds_rule": int(ProceedsRule.POOL),
        "reserve_price_ticks": int(rng.choice([0, 3, 5])),
        "reserve_comparator": int(rng.choice([1, 2])),
        "below_reserve": int(rng.choice([1, 2])),
        "guarantee_rule": 1,
        "fixed_price_ticks": int(rng.integers(1, 9)) if price_rule == PriceRule.FIXED else 0,
        "price_step_ticks": int(rng.choice([1, 1, 2])),
        "quantity_step_lots": int(rng.choice([1, 1, 2])),
        "bid_count_max": int(rng.choice([0, 2])),
        "consignor_may_bid": 1,
        "consignment_rank": int(rng.integers(0, 3)),
        **{name: tuple(map(int, values)) for name, values in per_class.items()},
    }


def _supply(rng: np.random.Generator, rank: int) -> list[SupplyLine]:
    lines = []
    for line in range(1, int(rng.integers(2, 6))):
        consigned = bool(rng.integers(2))
        kind = SupplyKind.CONSIGNED if consigned else SupplyKind.GOVERNMENT
        minimum = int(rng.choice([0, 0, 4, 6])) if consigned else 0
        own_rank = rank if consigned else int(rng.integers(0, 3))
        lines.append(
            SupplyLine(line, kind, 0, own_rank, int(rng.integers(100, 104)), int(rng.integers(1, 40)), minimum)
        )
    return lines


def _bids(rng: np.random.Generator, supply: list[SupplyLine]) -> list[tuple[int, ParticipantClass, int, int]]:
    del supply
    classes = {who: BIDDERS[int(rng.integers(3))] for who in range(6)}
    return [
        (who, classes[who], int(rng.integers(1, 10)), int(rng.integers(1, 21)))
        for who in map(int, rng.integers(0, 6, int(rng.integers(0, 14))))
    ]


def _refused(fields: dict[str, Any], bids: list[Any], supply: list[SupplyLine]) -> dict[int, str]:
    """Bids that the engine's entry refuses, with the outcome."""
    offered = sum(line.quantity_lots for line in supply)
    refused = {
        i: Outcome.CLASS_NOT_ELIGIBLE.name for i, (_, klass, *_) in enumerate(bids) if not fields["eligible"][klass]
    }
    for who in {bid[0] for bid in bids}:
        own = [i for i, bid in enumerate(bids) if bid[0] == who and i not in refused]
        if not own:
            continue
        klass = bids[own[0]][1]
        share, lots = fields["cap_share_ppm"][klass], fields["cap_lots"][klass]
        caps = [offered * share // 1_000_000] * (share >= 0) + [lots] * (lots > 0)
        rules = EntryRules(
            price_step_ticks=fields["price_step_ticks"],
            quantity_step_lots=fields["quantity_step_lots"],
            minimum_lots=fields["minimum_lots"][klass],
            count_max=fields["bid_count_max"],
            reserve_price_ticks=fields["reserve_price_ticks"],
            reserve_comparator=ReserveComparator(fields["reserve_comparator"]),
            below_reserve=BelowReserve(fields["below_reserve"]),
        )
        columns = [np.array([bids[i][k] for i in own], np.int64) for k in (2, 3)]
        cap = np.full(len(own), min(caps, default=-1), np.int64)
        entry = admit_bids(rules, *columns, np.full(len(own), who, np.int64), cap)
        refused |= {own[k]: Outcome(int(entry.outcomes[k])).name for k in np.flatnonzero(entry.outcomes)}
    return dict(sorted(refused.items()))


def _clear(
    fields: dict[str, Any],
    bids: list[Any],
    supply: list[SupplyLine],
    refused: dict[int, str],
    places: list[int],
    value: int,
) -> RoundResult:
    accepted = [i for i in range(len(bids)) if i not in refused]
    terms = Terms(
        PriceRule(fields["price_rule"]),
        UndersubscriptionRule(fields["undersubscription_rule"] or 1),
        MarginRule(fields["margin_rule"]),
        fields["reserve_price_ticks"],
        ReserveComparator(fields["reserve_comparator"]),
        BelowReserve(fields["below_reserve"]),
        tick_value_minor=value,
        fixed_price_ticks=fields["fixed_price_ticks"],
    )
    result = clear(
        terms,
        [bids[i][2] for i in accepted],
        [bids[i][3] for i in accepted],
        times=accepted,
        bidders=[bids[i][0] for i in accepted],
        supply=Supply.of(
            [line.quantity_lots for line in supply],
            ranks=[line.rank for line in supply],
            sellers=[line.seller for line in supply],
            minimum_price_ticks=[line.minimum_price_ticks for line in supply],
        ),
        tie_order=[places[i] for i in accepted],
    )
    awards = [
        Award(i, bids[i][0], bids[i][2], bids[i][3], *map(int, figures), bool(valid))
        for i, *figures, valid in zip(
            accepted, result.awarded_lots, result.pays_ticks, result.payments_minor, result.valid, strict=True
        )
    ]
    lines = [
        replace(line, sold_lots=int(sold), proceeds_minor=int(proceeds))
        for line, sold, proceeds in zip(supply, result.supply_sold_lots, result.supply_proceeds_minor, strict=True)
    ]
    return RoundResult(
        result.status,
        result.price_ticks,
        result.offered_lots,
        result.sold_lots,
        result.valid_demand_lots,
        result.submitted_demand_lots,
        result.proceeds_minor,
        tuple(awards),
        tuple(lines),
    )
