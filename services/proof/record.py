"""A cleared round as an auditor needs it: terms as words and integers, the rules behind them, bids, supply, result.

Everything here is plain data, ready to be written as files (`services.proof.folder`). It is taken from what the core
was given and gave back; nothing is computed but the seal over the bids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.units import format_scaled
from services.offline.bid_files import FileBid
from services.offline.round import OfflineResult
from services.offline.round_files import RoundFile
from services.proof.draw import TieOrder
from services.proof.receipts import Seal, SealedBid, sealed
from services.proof.round_terms import Terms, supply_row, terms_of
from services.reports.in_force import RulesOfRound
from services.reports.report import ReceiptsRoot, RoundReport
from services.reports.result_json import result_json
from services.reports.scale import MINOR_PER_UNIT

FORMAT = "jingjia-round"
VERSION = 1


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
    supply, given = report.result.supply, result.given
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
        terms=terms_of(result.terms, given.hidden_reserve_ticks, result.entrants),
        values=tuple(value.as_json() for value in rules.all(with_consignment=consigned)),
        supply=tuple(
            supply_row(line, report.seller(line.seller), lots)
            for line, lots in zip(supply, given.releasable_lots.tolist(), strict=True)
        ),
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
