"""Random rows of ORDERS that make things happen: few prices, few participants, ids that are nearly always alive.

Everything is drawn from one seeded generator, so a failure is repeated by its seed. `Mix` says how much of what.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    OrderCommand,
    OrderType,
    SelfTrade,
    Side,
    Table,
    TimeInForce,
    rows_of,
)
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX

HOUR_NS = 3_600 * 10**9


@dataclass(frozen=True)
class Mix:
    """Shares of a flow. `width_ticks`: how far apart prices lie; `middle`: around which price."""

    middle: int = 1_000
    width_ticks: int = 30
    instruments: int = 2
    participants: int = 6
    plain: float = 0.7
    faulty: float = 0.05
    ids_alive: int = 60


def one_of(draw: np.random.Generator, *choices: int) -> int:
    return int(choices[int(draw.integers(len(choices)))])


def fill_price(draw: np.random.Generator, row: np.void, mix: Mix) -> None:
    spread = int(draw.normal(0, mix.width_ticks))
    row["price_ticks"] = min(max(mix.middle + spread, 1), PRICE_TICKS_MAX)


def fill_terms(draw: np.random.Generator, row: np.void, mix: Mix, time_ns: int) -> None:
    """Give a new order a type, and terms that mostly go with it."""
    kind = row["order_type"] = one_of(draw, *OrderType)
    row["time_in_force"] = one_of(draw, *TimeInForce)
    if kind in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP) and draw.random() < 0.95:
        row["price_ticks"] = 0
    if (kind in (OrderType.STOP, OrderType.STOP_LIMIT)) != (draw.random() < 0.03):
        row["stop_price_ticks"] = max(1, mix.middle + int(draw.normal(0, mix.width_ticks)))
    if draw.random() < 0.3:
        row["display_lots"] = int(draw.integers(1, 1 + max(1, int(row["quantity_lots"]) // 2)))
    if draw.random() < 0.15:
        row["minimum_lots"] = int(draw.integers(1, 2 + int(row["quantity_lots"])))
    if (row["time_in_force"] == TimeInForce.GTD) != (draw.random() < 0.03):
        row["expire_ns"] = time_ns + int(draw.integers(0, 50))
    row["self_trade"] = one_of(draw, *SelfTrade)


def break_row(draw: np.random.Generator, row: np.void) -> None:
    """Put something impossible into a row."""
    column, value = (
        ("command", 9),
        ("command", 0),
        ("side", 3),
        ("side", 0),
        ("order_type", 77),
        ("time_in_force", 0),
        ("instrument", 4_000),
        ("price_ticks", 0),
        ("price_ticks", PRICE_TICKS_MAX + 1),
        ("price_ticks", -(2**62)),
        ("quantity_lots", 0),
        ("quantity_lots", QUANTITY_LOTS_MAX + 1),
        ("quantity_lots", -5),
        ("order_id", 0),
        ("order_id", -1),
        ("order_id", 2**62),
        ("stop_price_ticks", -4),
        ("display_lots", -4),
        ("minimum_lots", -4),
        ("expire_ns", -4),
        ("self_trade", 6),
    )[int(draw.integers(21))]
    row[column] = value


def draw_rows(draw: np.random.Generator, count: int, next_id: int, time_ns: int, mix: Mix) -> np.ndarray:
    """`count` rows; new orders are numbered from `next_id` on, now and then one number is used again."""
    rows = rows_of(Table.ORDERS, count)
    for row in rows:
        chance = draw.random()
        row["actor"] = int(draw.integers(1, mix.participants + 1))
        row["instrument"] = int(draw.integers(mix.instruments))
        row["side"] = one_of(draw, *Side)
        row["quantity_lots"] = int(draw.integers(1, 40))
        row["order_id"] = int(draw.integers(max(1, next_id - mix.ids_alive), next_id + 1))
        fill_price(draw, row, mix)
        if chance < 0.6:
            row["command"] = OrderCommand.NEW
            if draw.random() < 0.97:
                row["order_id"] = next_id
                next_id += 1
            row["order_type"] = OrderType.LIMIT
            row["time_in_force"] = TimeInForce.GTC if draw.random() < 0.9 else TimeInForce.IOC
            if draw.random() > mix.plain:
                fill_terms(draw, row, mix, time_ns)
        elif chance < 0.8:
            row["command"] = OrderCommand.CANCEL
        elif chance < 0.89:
            row["command"] = OrderCommand.REDUCE
        elif chance < 0.99:
            row["command"] = OrderCommand.REPLACE
        else:
            row["command"] = OrderCommand.MASS_CANCEL
            row["side"] = int(draw.integers(3))
            if draw.random() < 0.3:
                row["instrument"] = ALL_INSTRUMENTS
            row["participant"] = one_of(draw, 0, 0, 1, 2, ALL_PARTICIPANTS)
        if draw.random() < mix.faulty:
            break_row(draw, row)
    return rows


def highest_id(rows: np.ndarray, below: int = 2**40) -> int:
    """The highest id among rows, impossible ones aside."""
    ids = rows["order_id"]
    return int(ids[ids < below].max(initial=0))
