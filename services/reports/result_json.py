"""A round's result as JSON: the keys that scripts depend on, decimal strings for prices and money, whole units.

The digest is SHA-256 over the canonical JSON of everything else in the object (sorted keys, no blanks, UTF-8), so that
anybody who holds the file can recompute it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands import Drawn, SupplyKind
from engine.views import SupplyLine
from services.reports.report import RoundReport
from services.reports.scale import decimals, money
from services.reports.statistics import figures


@dataclass(frozen=True)
class RefusedBid:
    """A bid that was refused: the name of the outcome, the key of the parameter behind it, and its clause."""

    bid_id: str
    outcome: str
    parameter: str
    clause: str


def result_json(
    report: RoundReport,
    *,
    bid_ids: Mapping[int, str] | None = None,
    bidders: Mapping[int, str] | None = None,
    refused: Iterable[RefusedBid] = (),
) -> dict[str, Any]:
    """The result with exactly the keys of the contract; and `receipts` (round, root, number of bids) once bids
    are sealed, `fees` (participant, fee of what it pays and receives) and `defaults` (bidder, quantity that it does not
    get, what it forfeits) where there are any.

    `bid_ids` and `bidders` give the names that bids and bidders came in under, by number; a number without a name is
    written in digits. Awards are the bids that got something, in the order in which they came. A price that doesn't
    exist is None.
    """
    result, scale = report.result, report.scale
    named_bid, named_bidder = bid_ids or {}, bidders or {}
    counted = figures(result)
    body: dict[str, Any] = {
        "status": result.status.name.lower(),
        "clearing_price": None if result.price_ticks is None else scale.price(result.price_ticks),
        "offered": scale.quantity(result.offered_lots),
        "sold": scale.quantity(result.sold_lots),
        "unsold": scale.quantity(counted.unsold_lots),
        "proceeds": money(result.proceeds_minor),
        "cover_ratio": None if counted.cover_valid is None else decimals(counted.cover_valid, 2),
        "awards": [
            {
                "bid_id": named_bid.get(award.bid, str(award.bid)),
                "bidder": named_bidder.get(award.bidder, str(award.bidder)),
                "quantity": scale.quantity(award.awarded_lots),
                "price": scale.price(award.price_ticks),
                "payment": money(award.payment_minor),
            }
            for award in result.awards
            if award.awarded_lots
        ],
        "consignors": _consignors(report),
        "tranches": [_tranche(report, line) for line in result.supply],
        "released": scale.quantity(sum(line.sold_lots for line in result.supply if _is_released(line))),
        "refused": [
            {"bid_id": bid.bid_id, "outcome": bid.outcome, "parameter": bid.parameter, "clause": bid.clause}
            for bid in refused
        ],
        "draws": [dict(draw) for draw in report.draws] + _draws_of_lines(report),
        "rule_book": {"name": report.book.name, "hash": report.book_sha256},
    }
    body |= _after_the_clear(report, named_bidder)
    if report.receipts is not None:
        body["receipts"] = {"round": report.name, "root": report.receipts.root, "bids": report.receipts.size}
    return body | {"digest": digest(body)}


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the canonical JSON of a result without its digest."""
    without = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps(without, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _consignors(report: RoundReport) -> list[dict[str, Any]]:
    """One entry a consignor, all its lots together, in the order of their first lot."""
    scale = report.scale
    by_seller: dict[int, list[SupplyLine]] = {}
    for line in report.result.supply:
        if line.kind is SupplyKind.CONSIGNED:
            by_seller.setdefault(line.seller, []).append(line)
    return [
        {
            "consignor": report.seller(seller),
            "offered": scale.quantity(sum(line.quantity_lots for line in lines)),
            "sold": scale.quantity(sum(line.sold_lots for line in lines)),
            "proceeds": money(sum(line.proceeds_minor for line in lines)),
            "returned": scale.quantity(sum(line.quantity_lots - line.sold_lots for line in lines)),
        }
        for seller, lines in by_seller.items()
    ]


def _after_the_clear(report: RoundReport, named: Mapping[int, str]) -> dict[str, Any]:
    """Fees and defaults; nothing where there are none."""
    scale, fees, defaults = report.scale, report.result.fees, report.result.defaults
    name = {**report.sellers, **named}
    after: dict[str, Any] = {}
    if fees:
        after["fees"] = [{"participant": name.get(n, str(n)), "fee": money(amount)} for n, amount in fees]
    if defaults:
        after["defaults"] = [
            {
                "bidder": name.get(default.participant, str(default.participant)),
                "quantity": scale.quantity(default.lots),
                "forfeited": money(default.forfeited_minor),
            }
            for default in defaults
        ]
    return after


def _tranche(report: RoundReport, line: SupplyLine) -> dict[str, Any]:
    minimum = line.minimum_price_ticks
    return {
        "line": line.line,
        "kind": line.kind.name.lower(),
        "seller": report.seller(line.seller),
        "group": line.group,
        "rank": line.rank,
        "minimum_price": report.scale.price(minimum) if minimum else None,
        "offered": report.scale.quantity(line.quantity_lots),
        "sold": report.scale.quantity(line.sold_lots),
        "proceeds": money(line.proceeds_minor),
        "trigger_price": report.scale.price(line.trigger_price_ticks) if line.trigger_price_ticks else None,
        "tier": line.tier or None,
        "withheld": report.scale.quantity(line.quantity_lots - line.sold_lots) if line.withheld else 0,
        "on_offer": line.released,
    }


def _is_released(line: SupplyLine) -> bool:
    """Whether a line's units came out of a reserve: by their kind, or over a trigger that was met."""
    return line.kind is SupplyKind.RESERVE or (line.trigger_price_ticks > 0 and line.released)


def _draws_of_lines(report: RoundReport) -> list[dict[str, Any]]:
    """The recorded draw of lines of supply, as the order in which they were drawn; none where none was."""
    lines = [draw for draw in report.result.draws if draw.drawn is Drawn.SUPPLY_LINE]
    order = [draw.target for draw in sorted(lines, key=lambda draw: draw.place)]
    return [{"drawn": "supply_lines", "order": order}] if order else []
