"""Clearing a round of the core and settling it: from bids and lines to awards, postings and events.

What is computed is the auction room's `clear`, the same for a dry run, for the real thing, and for rounds from files.
Settlement is delivery against payment in one step: every bidder's hold ends, payments go to the sellers, sold units to
the winners, the unsold back to their owners. Postings are sums per account, so a round of many bids costs a few
vector operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.auction import Clearing, Supply, Terms, clear
from engine.auction.terms import (
    BelowReserve,
    MarginRule,
    PriceRule,
    ProceedsRule,
    ReserveComparator,
    RoundStatus,
    UndersubscriptionRule,
)
from engine.commands import SupplyKind
from engine.events import EVENT, EventKind
from engine.ledger.accounts import Accounts
from engine.recorder import Recorder
from engine.views import Award, RoundResult, SupplyLine


@dataclass(frozen=True)
class Settlement:
    """What settling one round needs: its terms record, its bids and lines, each bidder's record, the accounts."""

    number: int
    instrument: int
    terms: np.void
    bids: np.ndarray
    supply: np.ndarray
    bidders: np.ndarray
    accounts: Accounts


def compute_clearing(settlement: Settlement) -> RoundResult:
    """The result of the round as it stands; nothing moves."""
    return _result(settlement, _clear(settlement))


def clear_round(settlement: Settlement, row: int, out: Recorder) -> RoundResult:
    """Clear the round, settle it, and record its events."""
    clearing = _clear(settlement)
    bids, supply = settlement.bids, settlement.supply
    _settle(settlement, clearing)
    out.add(
        EventKind.ROUND_CLEARED,
        row,
        reference=settlement.number,
        instrument=settlement.instrument,
        outcome=int(clearing.status),
        price_ticks=clearing.price_ticks or 0,
        quantity_lots=clearing.sold_lots,
        remaining_lots=clearing.offered_lots - clearing.sold_lots,
        amount_minor=clearing.proceeds_minor,
    )
    out.extend(
        _events(
            settlement,
            EventKind.BID_AWARDED,
            row,
            len(bids),
            order_id=bids["bid_id"],
            participant=bids["bidder"],
            price_ticks=clearing.pays_ticks,
            quantity_lots=clearing.awarded_lots,
            remaining_lots=bids["quantity_lots"] - clearing.awarded_lots,
            amount_minor=clearing.payments_minor,
        )
    )
    out.extend(
        _events(
            settlement,
            EventKind.SUPPLY_SETTLED,
            row,
            len(supply),
            order_id=supply["line"],
            participant=supply["seller"],
            quantity_lots=clearing.supply_sold_lots,
            remaining_lots=supply["quantity_lots"] - clearing.supply_sold_lots,
            amount_minor=clearing.supply_proceeds_minor,
        )
    )
    return _result(settlement, clearing)


def cancel_round(settlement: Settlement, row: int, out: Recorder) -> None:
    """End the round without a sale: every hold is released, every lot unlocked."""
    nothing = np.zeros(len(settlement.bidders), np.int64)
    settlement.accounts.settle_bidders(settlement.instrument, settlement.bidders["held_minor"], nothing, nothing)
    settlement.bidders["held_minor"] = 0
    offered = _by_participant(settlement, settlement.supply["seller"], settlement.supply["quantity_lots"])
    settlement.accounts.settle_sellers(settlement.instrument, offered, nothing, nothing)
    out.add(EventKind.ROUND_CANCELLED, row, reference=settlement.number, instrument=settlement.instrument)


def _clear(settlement: Settlement) -> Clearing:
    bids, supply = settlement.bids, settlement.supply
    return clear(
        _terms(settlement.terms),
        bids["price_ticks"],
        bids["quantity_lots"],
        times=bids["arrival"],
        bidders=bids["bidder"],
        supply=Supply.of(
            supply["quantity_lots"],
            kinds=supply["kind"],
            groups=supply["group"],
            ranks=supply["rank"],
            sellers=supply["seller"],
            minimum_price_ticks=supply["minimum_price_ticks"],
        ),
        numbers=bids["bid_id"],
    )


def _terms(record: np.void) -> Terms:
    """The clear's terms from the round's record. A round under pay-as-bid has no undersubscription rule."""
    rule = int(record["undersubscription_rule"]) or int(UndersubscriptionRule.LOWEST_VALID_BID)
    return Terms(
        price_rule=PriceRule(int(record["price_rule"])),
        undersubscription_rule=UndersubscriptionRule(rule),
        margin_rule=MarginRule(int(record["margin_rule"])),
        reserve_price_ticks=int(record["reserve_price_ticks"]),
        reserve_comparator=ReserveComparator(int(record["reserve_comparator"])),
        below_reserve=BelowReserve(int(record["below_reserve"])),
        proceeds_rule=ProceedsRule(int(record["proceeds_rule"])),
        tick_value_minor=int(record["tick_value_minor"]),
    )


def _settle(settlement: Settlement, clearing: Clearing) -> None:
    bids, supply, bidders = settlement.bids, settlement.supply, settlement.bidders
    paid = _by_participant(settlement, bids["bidder"], clearing.payments_minor)
    won = _by_participant(settlement, bids["bidder"], clearing.awarded_lots)
    settlement.accounts.settle_bidders(settlement.instrument, bidders["held_minor"], paid, won)
    bidders["held_minor"] = 0
    offered = _by_participant(settlement, supply["seller"], supply["quantity_lots"])
    sold = _by_participant(settlement, supply["seller"], clearing.supply_sold_lots)
    proceeds = _by_participant(settlement, supply["seller"], clearing.supply_proceeds_minor)
    settlement.accounts.settle_sellers(settlement.instrument, offered, sold, proceeds)


def _by_participant(settlement: Settlement, participants: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of `values` by participant number, int64, exact."""
    sums = np.zeros(len(settlement.bidders), np.int64)
    np.add.at(sums, participants, values)
    return sums


def _events(settlement: Settlement, kind: EventKind, row: int, count: int, **columns: np.ndarray) -> np.ndarray:
    events = np.zeros(count, EVENT)
    events["kind"], events["row"] = kind, row
    events["reference"], events["instrument"] = settlement.number, settlement.instrument
    for name, values in columns.items():
        events[name] = values
    return events


def _result(settlement: Settlement, clearing: Clearing) -> RoundResult:
    bids, supply = settlement.bids, settlement.supply
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
        )
        for i in range(len(supply))
    )
    return RoundResult(
        status=RoundStatus(clearing.status),
        price_ticks=clearing.price_ticks,
        offered_lots=clearing.offered_lots,
        sold_lots=clearing.sold_lots,
        valid_demand_lots=clearing.valid_demand_lots,
        submitted_demand_lots=clearing.submitted_demand_lots,
        proceeds_minor=clearing.proceeds_minor,
        awards=awards,
        supply=lines,
    )
