"""Settling a round: postings and events of a clearing that is worked out to the last default.

Settlement is delivery against payment in one step: every bidder's hold ends, payments go to the sellers, sold units to
the winners, fees to the venue, the unsold back to their owners. Postings are sums per account, so a round of many bids
costs a few vector operations, and what they take from some they give to others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.auction import Clearing
from engine.events import EVENT, EventKind
from engine.ledger.accounts import Accounts
from engine.recorder import Recorder
from engine.rounds.clearing import RoundInput, result_of
from engine.rounds.default import Final
from engine.rounds.fees import FEES_GO_TO, fees_minor
from engine.units import split_largest_remainder
from engine.views import Default, RoundResult
from engine.words.rounds import DefaultRule, ForfeitRule
from engine.words.units import UnitStep

ToReserve = Callable[[int, int], int]
"""Credits lots of an instrument to its reserve; returns the reserve's account."""


@dataclass(frozen=True)
class Paid:
    """What sellers finally get, by participant number: proceeds and forfeits less the fees they pay; and the forfeits
    in it."""

    received: np.ndarray
    fees: np.ndarray
    to_operator: int
    forfeit_shares: np.ndarray


def settle(final: Final, bidders: np.ndarray, accounts: Accounts, to_reserve: ToReserve) -> Paid:
    """Post everything. `bidders` are the round's records by participant; their holds end."""
    given, clearing, supply = final.given, final.clearing, final.given.supply
    count = len(bidders)
    won = by_participant(count, given.bids["bidder"], clearing.awarded_lots)
    accounts.settle_bidders(given.instrument, bidders["held_minor"], final.due + final.forfeits, won)
    bidders["held_minor"] = 0
    bidders["guarantee_minor"] = 0
    offered = by_participant(count, supply["seller"], supply["quantity_lots"])
    sold = by_participant(count, supply["seller"], clearing.supply_sold_lots)
    paid = _paid(final, count)
    accounts.settle_sellers(given.instrument, offered, sold, paid.received)
    accounts.receive_cash(FEES_GO_TO, paid.to_operator)
    if final.reserve_lots:
        to_reserve(given.instrument, final.reserve_lots)
    return paid


def _paid(final: Final, count: int) -> Paid:
    given, clearing = final.given, final.clearing
    sellers = given.supply["seller"]
    proceeds = by_participant(count, sellers, clearing.supply_proceeds_minor)
    fees = fees_minor(proceeds, int(given.terms["fee_seller_ppm"]), int(given.terms["fee_rounding"]))
    forfeited = int(final.forfeits.sum())
    to_operator = int(final.fees.sum() + fees.sum())
    weights = by_participant(count, sellers, final.missed)
    if int(given.terms["default_forfeit_to"]) == ForfeitRule.OPERATOR or not weights.any():
        return Paid(proceeds - fees, fees, to_operator + forfeited, np.zeros(count, np.int64))
    shares = np.array(split_largest_remainder(forfeited, weights.tolist()), np.int64)
    return Paid(proceeds - fees + shares, fees, to_operator, shares)


def restrict(final: Final, accounts: Accounts, row: int, out: Recorder) -> None:
    """Where the rules let units bought serve surrender only, put what was won into that pocket (限定履约使用)."""
    given = final.given
    if not given.terms["compliance_only"]:
        return
    bids = given.bids["bidder"]
    won = by_participant(int(bids.max(initial=0)) + 1, bids, final.clearing.awarded_lots)
    for participant in np.flatnonzero(won).tolist():
        lots = int(won[participant])
        accounts.move_units(participant, given.instrument, "available_lots", "compliance_lots", lots)
        out.add(
            EventKind.UNITS_MOVED,
            row,
            reference=given.number,
            instrument=given.instrument,
            side=int(UnitStep.RESTRICT),
            participant=participant,
            quantity_lots=lots,
        )


def release(given: RoundInput, bidders: np.ndarray, accounts: Accounts) -> None:
    """End the round without a sale: every hold is released, every lot unlocked."""
    nothing = np.zeros(len(bidders), np.int64)
    accounts.settle_bidders(given.instrument, bidders["held_minor"], nothing, nothing)
    bidders["held_minor"] = 0
    bidders["guarantee_minor"] = 0
    offered = by_participant(len(bidders), given.supply["seller"], given.supply["quantity_lots"])
    accounts.settle_sellers(given.instrument, offered, nothing, nothing)


def by_participant(count: int, participants: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of `values` by participant number, int64, exact."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, participants, values)
    return sums


# -- events ---------------------------------------------------------------------------------------------------------


def record_cleared(given: RoundInput, clearing: Clearing, row: int, out: Recorder) -> None:
    """The result: the round, then every bid, then every line of supply."""
    bids, supply = given.bids, given.supply
    out.add(
        EventKind.ROUND_CLEARED,
        row,
        reference=given.number,
        instrument=given.instrument,
        outcome=int(clearing.status),
        price_ticks=clearing.price_ticks or 0,
        quantity_lots=clearing.sold_lots,
        remaining_lots=clearing.offered_lots - clearing.sold_lots,
        amount_minor=clearing.proceeds_minor,
    )
    out.extend(
        _events(
            given,
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
            given,
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


def record_defaults(final: Final, reserve_account: int, row: int, out: Recorder) -> None:
    """Who did not pay; before the result that the default left."""
    to_reserve = int(final.given.terms["default_units"]) == DefaultRule.RESERVE
    for participant in sorted(final.failed):
        out.add(
            EventKind.WINNER_DEFAULTED,
            row,
            reference=final.given.number,
            instrument=final.given.instrument,
            participant=participant,
            counterparty=reserve_account if to_reserve else 0,
            quantity_lots=int(final.failed_lots[participant]),
            amount_minor=int(final.forfeits[participant]),
        )


def record_paid(final: Final, paid: Paid, row: int, out: Recorder) -> None:
    """Sellers' parts of forfeits, then fees of buyers and sellers."""
    for participant in np.flatnonzero(paid.forfeit_shares).tolist():
        out.add(
            EventKind.FORFEIT_SHARED,
            row,
            reference=final.given.number,
            instrument=final.given.instrument,
            participant=participant,
            amount_minor=int(paid.forfeit_shares[participant]),
        )
    for side, fees in ((1, final.fees), (2, paid.fees)):
        for participant in np.flatnonzero(fees).tolist():
            out.add(
                EventKind.FEE_CHARGED,
                row,
                reference=final.given.number,
                instrument=final.given.instrument,
                participant=participant,
                side=side,
                amount_minor=int(fees[participant]),
            )


def settled_result(final: Final, paid: Paid) -> RoundResult:
    """The result once it is settled, with fees and defaults."""
    fees = final.fees + paid.fees
    return replace(
        result_of(final.given, final.clearing),
        fees=tuple((participant, int(fees[participant])) for participant in np.flatnonzero(fees).tolist()),
        defaults=tuple(
            Default(participant, int(final.failed_lots[participant]), int(final.forfeits[participant]))
            for participant in sorted(final.failed)
        ),
    )


def _events(given: RoundInput, kind: EventKind, row: int, count: int, **columns: np.ndarray) -> np.ndarray:
    events = np.zeros(count, EVENT)
    events["kind"], events["row"] = kind, row
    events["reference"], events["instrument"] = given.number, given.instrument
    for name, values in columns.items():
        events[name] = values
    return events
