"""A winner's default (违约): who cannot pay, where its units go, and what becomes of its guarantee.

A winner defaults when what it has held and free does not cover its payment and its fee. Under `NEXT_BIDS` the round is
cleared again without those who failed, until everybody pays. Under the other rules the price and all other awards
stand; the units go back to the lines that sold them, as unsold, or into the reserve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.auction import Clearing, MarginRule, PriceRule, RoundStatus, Supply, clear
from engine.auction.clearing import OwnPayments
from engine.auction.consignment.permitted import default_of
from engine.auction.terms import ProceedsRule, UndersubscriptionRule
from engine.commands import Drawn
from engine.rounds.clearing import RoundInput, clear_input, places_of, terms_of
from engine.rounds.fees import fees_minor
from engine.units import split_largest_remainder
from engine.words.rounds import DefaultRule


@dataclass(frozen=True)
class Final:
    """A clearing with its defaults worked out.

    `clearing` is what is settled, with a column for every bid of `given`. By participant number, int64: `due`
    (payment and fee), `fees`, `forfeits`, `failed_lots` (what a winner in default does not get). `missed` is what each
    line of supply would have received without the defaults and does not. `reserve_lots` go into the reserve.
    """

    given: RoundInput
    clearing: Clearing
    due: np.ndarray
    fees: np.ndarray
    forfeits: np.ndarray
    failed_lots: np.ndarray
    missed: np.ndarray
    reserve_lots: int = 0

    @property
    def failed(self) -> set[int]:
        """The participants in default."""
        return set(np.flatnonzero(self.failed_lots).tolist())


@dataclass(frozen=True)
class Attempt:
    """One clear on the way to a settlement: what it started from, what everybody would owe, and who cannot pay it."""

    given: RoundInput
    clearing: Clearing
    final: Final
    short: frozenset[int]


def attempts(given: RoundInput, clearing: Clearing, cash: np.ndarray) -> Iterator[Attempt]:
    """The clears of a round, `cash` by participant number: one, or one after the other without those who cannot pay,
    until everybody does."""
    rule = int(given.terms["default_units"])
    while True:
        final = _final(given, clearing, len(cash))
        short = frozenset(np.flatnonzero(final.due > cash).tolist() if rule else ())
        yield Attempt(given, clearing, final, short)
        if not short or rule != DefaultRule.NEXT_BIDS:
            return
        given = given.without(set(short))
        clearing = clear_input(given)


def settle_on_paper(given: RoundInput, clearing: Clearing, held: np.ndarray, available: np.ndarray) -> Final:
    """What is paid and delivered, everybody's cash considered; `held` and `available` by participant number."""
    rule, share = int(given.terms["default_units"]), int(given.terms["default_forfeit_ppm"])
    forfeits, failed_lots = np.zeros(len(held), np.int64), np.zeros(len(held), np.int64)
    failed: set[int] = set()
    for attempt in attempts(given, clearing, held + available):
        failed |= attempt.short
        for participant in attempt.short:
            mine = attempt.given.bids["bidder"] == participant
            lots = int(attempt.clearing.awarded_lots[mine].sum())
            invoice = int(attempt.clearing.payments_minor[mine].sum())
            forfeits[participant] = default_of(lots, invoice, 0, share, int(held[participant])).forfeited_minor
            failed_lots[participant] = lots
    if not failed:
        return attempt.final
    if rule == DefaultRule.NEXT_BIDS:
        result = _with_all_bids(given, attempt.clearing, failed)
    else:
        result = _struck_out(given, clearing, failed, to_reserve=rule == DefaultRule.RESERVE)
    final = _final(given, result, len(held))
    missed = np.maximum(0, clearing.supply_proceeds_minor - result.supply_proceeds_minor)
    reserve_lots = int(failed_lots.sum()) if rule == DefaultRule.RESERVE else 0
    return replace(final, forfeits=forfeits, failed_lots=failed_lots, missed=missed, reserve_lots=reserve_lots)


def _final(given: RoundInput, clearing: Clearing, participants: int) -> Final:
    payments, nothing = np.zeros(participants, np.int64), np.zeros(participants, np.int64)
    np.add.at(payments, given.bids["bidder"], clearing.payments_minor)
    fees = fees_minor(payments, int(given.terms["fee_buyer_ppm"]), int(given.terms["fee_rounding"]))
    missed = np.zeros(len(given.supply), np.int64)
    return Final(given, clearing, payments + fees, fees, nothing, nothing.copy(), missed)


def _with_all_bids(given: RoundInput, result: Clearing, failed: set[int]) -> Clearing:
    """A clearing without some bidders as one of all bids, in which theirs get nothing."""
    stays = np.flatnonzero(~np.isin(given.bids["bidder"], sorted(failed)))

    def spread(column: np.ndarray) -> np.ndarray:
        values = np.zeros(len(given.bids), column.dtype)
        values[stays] = column
        return values

    return replace(
        result,
        submitted_demand_lots=int(given.bids["quantity_lots"].sum()),
        awarded_lots=spread(result.awarded_lots),
        own=OwnPayments(spread(result.pays_ticks), spread(result.payments_minor)),
        valid=spread(result.valid),
        cuts=None,
    )


def _struck_out(given: RoundInput, clearing: Clearing, failed: set[int], *, to_reserve: bool) -> Clearing:
    """The same result without the awards of some bidders: prices and all other awards stand."""
    bids = given.bids
    stays = ~np.isin(bids["bidder"], sorted(failed))
    awarded = np.where(stays, clearing.awarded_lots, 0)
    payments = np.where(stays, clearing.payments_minor, 0)
    pays = np.where(awarded > 0, clearing.pays_ticks, 0)
    if to_reserve:
        # The lines have sold; what still comes in is shared as the proceeds would have been.
        sold = clearing.supply_sold_lots
        proceeds = np.array(
            split_largest_remainder(int(payments.sum()), clearing.supply_proceeds_minor.tolist()), np.int64
        )
    else:
        sold, proceeds = _sellers_side(given, clearing, awarded)
    status = clearing.status
    if not to_reserve:
        status = RoundStatus.PARTIALLY_CLEARED if awarded.any() else RoundStatus.CANCELLED
    return replace(
        clearing,
        status=status,
        awarded_lots=awarded,
        own=OwnPayments(pays, payments),
        sold_lots=int(awarded.sum()),
        proceeds_minor=int(payments.sum()),
        price_ticks=clearing.price_ticks if awarded.any() else None,
        supply_sold_lots=sold,
        supply_proceeds_minor=proceeds,
    )


def _sellers_side(given: RoundInput, clearing: Clearing, awarded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lots sold and proceeds of each line when only these awards stand, by the order of sale and the proceeds rule.

    It is the clear itself that divides: the awards that stand as bids that are served in full, each at what it pays.
    """
    supply = given.supply
    before = terms_of(given.terms, 0)
    by_tranche = before.price_rule == PriceRule.PAY_AS_BID and before.proceeds_rule == ProceedsRule.BY_TRANCHE
    terms = replace(
        before,
        price_rule=PriceRule.PAY_AS_BID,
        proceeds_rule=ProceedsRule.BY_TRANCHE if by_tranche else ProceedsRule.POOL,
        undersubscription_rule=UndersubscriptionRule.LOWEST_VALID_BID,
        margin_rule=MarginRule.TIME_PRIORITY,
        reserve_price_ticks=0,
        ceiling_price_ticks=0,
    )
    on_offer = np.where(clearing.supply_sold_lots > 0, supply["quantity_lots"], 0)
    lines = Supply.of(
        np.maximum(on_offer, clearing.supply_sold_lots),
        kinds=supply["kind"],
        groups=supply["group"],
        ranks=supply["rank"],
        sellers=supply["seller"],
        draws=places_of(given.draws[Drawn.SUPPLY_LINE], supply["line"]),
    )
    kept = np.flatnonzero(awarded)
    bids = given.bids[kept]
    again = clear(
        terms,
        clearing.pays_ticks[kept],
        awarded[kept],
        times=bids["arrival"],
        bidders=bids["bidder"],
        supply=lines,
        numbers=bids["bid_id"],
    )
    return again.supply_sold_lots, again.supply_proceeds_minor
