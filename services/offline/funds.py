"""What everybody has to have in a round from files: units for whoever sells, cash for whoever bids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.auction.terms import MarginRule
from engine.limits import CASH_TOTAL_MINOR_MAX
from engine.parameters import Parameter
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.units import amount_minor, divide_ceiling
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot
from services.offline.round_files import RoundFile
from services.reports.in_force import RulesOfRound

PERCENTAGE_STEPS = 10_000
"""Hundredths of a percentage point in the whole: a percentage rounded up gives at most one more of them."""


def units_needed(
    setup: RoundFile, bids: Iterable[FileBid], lots: Sequence[FileLot], rules: RulesOfRound
) -> dict[str, int]:
    """Lots by participant: what is on offer, what is consigned or held, and what rounding awards up can add."""
    units: dict[str, int] = {}
    overshoot = _overshoot_lots(setup, bids, rules)
    for offer in setup.supply:
        units[offer.seller] = units.get(offer.seller, 0) + offer.quantity_lots + overshoot
    holdings: dict[str, int | None] = {}
    for lot in lots:
        holdings.setdefault(lot.consignor, lot.holding_lots)
    for name, holding in holdings.items():
        consigned = sum(lot.quantity_lots for lot in lots if lot.consignor == name)
        units[name] = units.get(name, 0) + (consigned if holding is None else holding)
    return units


def cash_needed(setup: RoundFile, bids: Iterable[FileBid], rules: RulesOfRound) -> dict[str, int]:
    """Minor units by participant: the value of all its bids with fee and rounding, and its guarantee.

    Raises BadInput where all of them together pass what accounts can hold.
    """
    cash: dict[str, int] = {}
    value = setup.tick_minor * setup.lot_units
    fee_ppm = rules.of(Parameter.FEE_BUYER_SHARE).value or 0
    rounding = max(1, rules.of(Parameter.AUCTION_PAYMENT_STEP).value or 1) - 1
    for bid in bids:
        worth = amount_minor(bid.price_ticks, bid.quantity_lots, value)
        fee = divide_ceiling(worth * fee_ppm, SHARE_WHOLE_PPM)
        cash[bid.bidder] = cash.get(bid.bidder, 0) + worth + fee + rounding
    for name, amount in setup.inputs.guarantees:
        cash[name] = cash.get(name, 0) + amount
    if sum(cash.values()) > CASH_TOTAL_MINOR_MAX:
        raise BadInput("the bids are worth more than 2^61 minor units together; use larger lots or larger ticks")
    return cash


def _overshoot_lots(setup: RoundFile, bids: Iterable[FileBid], rules: RulesOfRound) -> int:
    if rules.of(Parameter.AUCTION_MARGIN_RULE).value != MarginRule.PERCENTAGE_ROUNDED_UP:
        return 0
    margin_lot = max(1, (rules.of(Parameter.AUCTION_MARGIN_LOT).value or 0) // setup.lot_units)
    quantities = [bid.quantity_lots for bid in bids]
    return sum(quantities) // PERCENTAGE_STEPS + margin_lot * len(quantities) + 1
