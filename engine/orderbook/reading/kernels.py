"""Reading the books without changing them: depth by price, all that stands by price, live orders in the order of
service, the cost of a purchase."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, SelfTrade
from engine.jit import helper, routine, stand_alone
from engine.orderbook.entries.kernels import ladder_at, level_at, order_at, terms_at
from engine.orderbook.layout import LADDERS
from engine.orderbook.levels.kernels import key_at, next_level, price_of
from engine.orderbook.matching.kernels import limit_key, other_ladder

ALLOW = np.int64(SelfTrade.ALLOW)
MARKET = int(OrderType.MARKET)

DEPTH_LEVEL = np.dtype((np.record, [("price_ticks", "i8"), ("quantity_lots", "i8"), ("orders", "i8")]))
"""A price, what is shown there, and in how many orders."""

STANDING_LEVEL = np.dtype((np.record, [(name, "i8") for name in ("side", "price_ticks", "limit_lots", "market_lots")]))
"""A price of one side, and all that stands there, shown or not: of limit orders and of market orders."""

QUEUED_ORDER = np.dtype(
    (
        np.record,
        [
            ("instrument", "i8"),
            ("ladder", "i8"),
            ("order_id", "i8"),
            ("participant", "i8"),
            ("self_trade_group", "i8"),
            ("side", "i8"),
            ("order_type", "i8"),
            ("time_in_force", "i8"),
            ("self_trade", "i8"),
            ("price_ticks", "i8"),
            ("remaining_lots", "i8"),
            ("shown_lots", "i8"),
            ("stop_price_ticks", "i8"),
            ("display_lots", "i8"),
            ("expire_ns", "i8"),
        ],
    )
)
"""A live order by its meaning. `ladder`: 0 bids, 1 asks, 2 buy stops, 3 sell stops."""


@routine
def copy_depth(x: Any, ladder_number: int, output: Any) -> int:
    """Copy the best levels of a ladder into an array of DEPTH_LEVEL; returns how many there were room for."""
    stand_alone()
    count = 0
    level_number = ladder_at(x, ladder_number).best
    while level_number != 0 and count < output.shape[0]:
        level = level_at(x, level_number)
        line = output[count]
        line.price_ticks = price_of(ladder_number, key_at(level))
        line.quantity_lots = level.quantity_lots
        line.orders = level.orders
        count += 1
        level_number = next_level(x, level_number)
    return count


@routine
def copy_standing(x: Any, instrument: int, output: Any) -> int:
    """Copy what stands in the two books of an instrument, by price, into an array of STANDING_LEVEL, as far as it goes:
    bids first, best price first. O(orders that stand)."""
    stand_alone()
    count = 0
    for side in range(2):
        ladder_number = instrument * LADDERS + side
        level_number = ladder_at(x, ladder_number).best
        while level_number != 0 and count < output.shape[0]:
            level = level_at(x, level_number)
            line = output[count]
            line.side = side + 1
            line.price_ticks = price_of(ladder_number, key_at(level))
            line.limit_lots = 0
            line.market_lots = 0
            slot = level.head
            while slot != 0:
                order = order_at(x, slot)
                if order.order_type == MARKET:
                    line.market_lots += order.remaining_lots
                else:
                    line.limit_lots += order.remaining_lots
                slot = order.newer
            count += 1
            level_number = next_level(x, level_number)
    return count


@helper
def copy_order(x: Any, slot: int, line: Any) -> None:
    order = order_at(x, slot)
    line.instrument = order.instrument
    line.ladder = order.is_stop * 2 + order.side - 1
    line.order_id = order.order_id
    line.participant = order.participant
    line.self_trade_group = order.self_trade_group
    line.side = order.side
    line.order_type = order.order_type
    line.time_in_force = order.time_in_force
    line.self_trade = order.self_trade
    line.price_ticks = order.price_ticks
    line.remaining_lots = order.remaining_lots
    line.shown_lots = order.shown_lots
    line.stop_price_ticks = 0
    line.display_lots = 0
    line.expire_ns = 0
    if order.has_terms != 0:
        terms = terms_at(x, slot)
        line.stop_price_ticks = terms.stop_price_ticks
        line.display_lots = terms.display_lots
        line.expire_ns = terms.expire_ns


@routine
def copy_orders(x: Any, first_ladder: int, last_ladder: int, output: Any) -> int:
    """Copy the live orders of the ladders from the first to before the last into an array of QUEUED_ORDER, as far as it
    goes: by instrument, ladder, best price first, oldest first."""
    stand_alone()
    count = 0
    for ladder_number in range(first_ladder, last_ladder):
        level_number = ladder_at(x, ladder_number).best
        while level_number != 0:
            slot = level_at(x, level_number).head
            while slot != 0:
                if count == output.shape[0]:
                    return count
                copy_order(x, slot, output[count])
                count += 1
                slot = order_at(x, slot).newer
            level_number = next_level(x, level_number)
    return count


@routine
def cost_to_fill(
    x: Any, instrument: int, side: int, limit_price_ticks: int, quantity_lots: int, excluded_group: int
) -> int:
    """The sum of price x lots over what an order would trade now; `limit_price_ticks` 0: no limit.

    `excluded_group`: a self-trade group whose orders are passed over (0: none). With the taker's own group excluded the
    answer is exact under CANCEL_OLDEST and never too low under the other rules. At most 2**62 by the bounds of
    `engine.limits`. O(levels), or O(orders) there when a group is excluded.
    """
    stand_alone()
    ladder_number = other_ladder(instrument, side)
    last_key = limit_key(ladder_number, limit_price_ticks)
    level_number = ladder_at(x, ladder_number).best
    cost, wanted = 0, quantity_lots
    while level_number != 0 and wanted > 0 and key_at(level_at(x, level_number)) <= last_key:
        slot = level_at(x, level_number).head
        price = order_at(x, slot).price_ticks
        while slot != 0 and wanted > 0:
            order = order_at(x, slot)
            if excluded_group == 0 or order.self_trade_group != excluded_group:
                lots = min(wanted, order.remaining_lots)
                cost += price * lots
                wanted -= lots
            slot = order.newer
        level_number = next_level(x, level_number)
    return cost
