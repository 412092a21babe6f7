"""The fields of the state record for rounds, and the columns beside it for what only grows.

A round's terms stand here as integers, resolved once when it opens, so that judging a bid reads no rule book. What one
bidder has in one round (how many bids, how much, what they hold) stands in `bidders[round, participant]`. Bids and
lines of supply are bulk: rows appended to columns that lie beside the record.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from engine.capacity import Capacity

CLASSES = 8
"""Room for classes of participants in per-class terms; a class is its own position."""


class Stage(IntEnum):
    """How far a round has come. Numbers are frozen once released."""

    NONE = 0
    DRAFT = 1
    OPEN = 2
    CLOSED = 3
    CLEARED = 4
    """Its price is known; settled too, unless the rules make the announcement a step of its own."""
    CANCELLED = 5
    PROPOSED = 6
    APPROVED = 7
    PUBLISHED = 8
    SUSPENDED = 9
    CERTIFIED = 10
    ANNOUNCED = 11
    SETTLED = 12
    DECLINED = 13


ROUND = np.dtype(
    (
        np.record,
        [
            ("stage", "i8"),
            ("rule_book", "i8"),
            ("instrument", "i8"),
            ("day", "i8"),
            ("price_rule", "i8"),
            ("undersubscription_rule", "i8"),
            ("margin_rule", "i8"),
            ("proceeds_rule", "i8"),
            ("reserve_price_ticks", "i8"),
            ("reserve_comparator", "i8"),
            ("below_reserve", "i8"),
            ("guarantee_rule", "i8"),
            ("price_step_ticks", "i8"),
            ("quantity_step_lots", "i8"),
            ("bid_count_max", "i8"),
            ("tick_value_minor", "i8"),
            ("offered_lots", "i8"),
            ("bids", "i8"),
            ("bid_value", "i8"),
            ("supply_lines", "i8"),
            ("consignor_may_bid", "i8"),
            ("consignment_minimum_allowed", "i8"),
            ("consignment_rank", "i8"),
            ("consignment_unsold", "i8"),
            ("eligible", "i8", (CLASSES,)),
            ("minimum_lots", "i8", (CLASSES,)),
            ("cap_share_ppm", "i8", (CLASSES,)),
            ("cap_lots", "i8", (CLASSES,)),
            ("consignment_allowed", "i8", (CLASSES,)),
            ("consignment_ratio_ppm", "i8", (CLASSES,)),
            ("cap_less_lots", "i8"),
            ("opens_ns", "i8"),
            ("closes_ns", "i8"),
            ("withdraw_closes_ns", "i8"),
            ("amendable", "i8"),
            ("submissions_max", "i8"),
            ("shortfall_only", "i8"),
            ("cap_excess", "i8"),
            ("guarantee_excess", "i8"),
            ("guarantee_share_ppm", "i8"),
            ("fee_buyer_ppm", "i8"),
            ("fee_seller_ppm", "i8"),
            ("fee_rounding", "i8"),
            ("fixed_price_ticks", "i8"),
            ("ceiling_price_ticks", "i8"),
            ("hidden_reserve_rule", "i8"),
            ("margin_unit", "i8"),
            ("margin_lot", "i8"),
            ("payment_step_minor", "i8"),
            ("payment_rounding", "i8"),
            ("supply_step_rule", "i8"),
            ("release_rule", "i8"),
            ("consignment_split", "i8"),
            ("excludes_consigned", "i8"),
            ("counts_released", "i8"),
            ("linked_cap_ppm", "i8"),
            ("supply_max_lots", "i8"),
            ("withheld_trigger_ticks", "i8"),
            ("visibility", "i8"),
            ("supply_unsold", "i8"),
            ("unsold_rounds", "i8"),
            ("displaces_government", "i8"),
            ("default_units", "i8"),
            ("default_forfeit_ppm", "i8"),
            ("default_forfeit_to", "i8"),
            ("announcement", "i8"),
            ("compliance_only", "i8"),
            ("withdrawn_bids", "i8"),
            ("cap_shortfall_ppm", "i8", (CLASSES,)),
            ("cap_emissions_ppm", "i8", (CLASSES,)),
            ("holding_limit_lots", "i8", (CLASSES,)),
            ("class_cap_ppm", "i8", (CLASSES,)),
            ("sealing", "i8"),
            ("commitments", "i8"),
            ("withdrawn_commitments", "i8"),
            ("revealed", "i8"),
        ],
    )
)
"""Terms are 0 until the round opens. A cap of -1 means that there is none; of the fields from `cap_less_lots` on 0
means none, or what the parameter's absence means. Times are nanoseconds since 1970, 0 where only the operator opens
and closes. `bids` counts all that were accepted, `withdrawn_bids` those of them that are gone; so do `commitments` and
`withdrawn_commitments`, where bids are committed to, and `revealed` is 1 once they are bids. `bid_value` is the sum
of price x quantity over all bids, in ticks x lots, kept so that no sum in the clear can leave int64."""

BIDDER = np.dtype(
    (
        np.record,
        [
            ("bids", "i8"),
            ("bid_lots", "i8"),
            ("bid_value", "i8"),
            ("held_minor", "i8"),
            ("highest_bid", "i8"),
            ("consigned_lots", "i8"),
            ("submissions", "i8"),
            ("last_submission", "i8"),
            ("guarantee_minor", "i8"),
            ("shortfall_lots", "i8"),
            ("emissions_lots", "i8"),
        ],
    )
)
"""`held_minor` is all cash held for the round, `guarantee_minor` the part of it that was put up beforehand.
`last_submission` is the first event of the batch with its latest bid; shortfall and emissions are those recorded when
the round opened. `highest_bid` is one more than the position, in the columns, of the bidder's bid with the highest
price; 0: none."""

BID = np.dtype(
    (
        np.record,
        [
            ("round_number", "i8"),
            ("bidder", "i8"),
            ("bid_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("arrival", "i8"),
            ("next_lower", "i8"),
            ("withdrawn", "i8"),
        ],
    )
)
"""One bid; `withdrawn` 1 when it counts no more. `arrival` is the sequence of its event; `next_lower` leads on from
`highest_bid` through the bidder's bids of the round, highest price first, so that a guarantee is one walk; under a
guarantee rule that does not look at all of them there is no chain."""

SUPPLY_LINE = np.dtype(
    (
        np.record,
        [
            ("round_number", "i8"),
            ("line", "i8"),
            ("kind", "i8"),
            ("group", "i8"),
            ("rank", "i8"),
            ("seller", "i8"),
            ("quantity_lots", "i8"),
            ("minimum_price_ticks", "i8"),
            ("trigger_price_ticks", "i8"),
            ("tier", "i8"),
            ("withheld", "i8"),
        ],
    )
)
"""One line of supply; `line` counts from 1 within its round. A withdrawn line has a quantity of 0."""


def round_fields(capacity: Capacity) -> list[tuple[str, np.dtype] | tuple[str, np.dtype, tuple[int, ...]]]:
    """Fields of the state record for one capacity class."""
    return [
        ("round_count", np.dtype("i8")),
        ("rounds", ROUND, (capacity.rounds,)),
        ("bidders", BIDDER, (capacity.rounds, capacity.participants)),
    ]
