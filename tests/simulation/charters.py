"""The rule books of drawn worlds: one for trading and policy, and what each charter says of rounds."""

from __future__ import annotations

from engine.commands import ParticipantClass
from tests.core.venue import CONSIGNED, Key
from tests.simulation.levies import Levies
from tests.simulation.round_papers import Charter
from tests.simulation.sending import BLOCK_MINIMUM, GOVERNMENT, TICK_VALUE

RESERVE = 95
COMMON: dict[Key, int | str] = {
    **CONSIGNED,
    "auction.reserve_price": RESERVE,
    "trading.lot": TICK_VALUE,
    "bid.lot": TICK_VALUE,
    "trading.call_rule": "sse",
    "block.allowed": 1,
    "block.minimum": BLOCK_MINIMUM * TICK_VALUE,
    "reserve.intake_above": 8_000,
    "reserve.intake_share": 10_000,
    "reserve.release_below": 4_000,
    "reserve.release_quantity": 60,
    "reserve.release_price": 105,
    "reserve.release_days": 1,
    "reserve.buy_back_price": 90,
    "reserve.buy_back_days": 1,
    "allocation.reserve_share": 0,
    ("allocation.paid_share", ParticipantClass.KEY_EMITTER): 300_000,
    "allocation.rounds_per_year": 2,
    ("transfer.giver", ParticipantClass.KEY_EMITTER): 1,
    ("transfer.taker", ParticipantClass.INSTITUTION): 1,
    ("transfer.taker", ParticipantClass.KEY_EMITTER): 1,
    ("pledge.allowed", ParticipantClass.KEY_EMITTER): 1,
    "pledge.release": "either",
}

CHARTERS: tuple[tuple[Charter, dict[Key, int | str]], ...] = (
    (Charter("plain"), {}),
    (
        Charter(
            "amendable",
            amendable=True,
            levies=Levies(fee_buyer=5_300, fee_seller=4_700, minimum=3, tax_buyer=60_000, tax_receiver=GOVERNMENT),
        ),
        {
            "bid.amendable": 1,
            "auction.margin_rule": "pro_rata_largest_remainder",
            "trading.fee_buyer_share": 5_300,
            "trading.fee_seller_share": 4_700,
            "trading.fee_minimum": 3,
            "trading.tax_buyer_share": 60_000,
            "trading.tax_base": "fee",
            "trading.tax_receiver": "government",
        },
    ),
    (
        Charter("four eyes", four_eyes=True, announces=True, draws=True, levies=Levies(lock_days=1)),
        {
            "trading.settlement_units_days": 1,
            "governance.four_eyes": 1,
            "governance.announcement": 1,
            "governance.monitor": 1,
            "governance.decline": 1,
            "auction.margin_rule": "random_order",
            "fee.buyer_share": 0,
            "fee.seller_share": 20_000,
        },
    ),
    (
        Charter(
            "posted",
            announces=True,
            posted=True,
            amendable=True,
            levies=Levies(fee_buyer=10_000, fee_seller=30_000, rounds_up=True),
        ),
        {
            "trading.fee_buyer_share": 10_000,
            "trading.fee_seller_share": 30_000,
            "trading.fee_rounding": "up",
            "governance.announcement": 1,
            "bid.amendable": 1,
            "bid.guarantee_excess": "trimmed",
            "bid.guarantee_share": 50_000,
            "settlement.default_units": "return_to_sellers",
            "settlement.default_forfeit": 500_000,
            "settlement.default_forfeit_to": "operator",
            "fee.buyer_share": 10_000,
        },
    ),
)
