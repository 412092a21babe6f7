"""What the slow book is made of: orders, the queues of an instrument, what is watched there, and a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field

from sortedcontainers import SortedDict

from engine.commands import OrderType, Side, TimeInForce
from engine.outcomes import Outcome

LEAST_SHOWN = 1_000
"""An iceberg shows at least this part of its quantity."""

UNPRICED = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP)
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


class Refused(Exception):
    """A row is refused; nothing has changed. `parameter`: the number of the one behind it, where the judge knows it."""

    def __init__(self, outcome: Outcome, parameter: int = 0) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
        self.parameter = parameter


@dataclass
class Order:
    """A live order."""

    order_id: int
    participant: int
    group: int
    instrument: int
    side: int
    order_type: int
    time_in_force: int
    price: int
    remaining: int
    self_trade: int
    stop_price: int = 0
    display: int = 0
    expire_ns: int = 0
    shown: int = 0
    waits: bool = False


@dataclass
class Guard:
    """What is watched in one instrument; 0: not watched."""

    last_price_ticks: int = 0
    reference_price_ticks: int = 0
    band_low_ticks: int = 0
    band_high_ticks: int = 0
    dynamic_band_ticks: int = 0
    protection_ticks: int = 0
    minimum_lots: int = 0
    maximum_lots: int = 0
    self_trade: int = 0
    halted: int = 0
    median: int = 0
    reach_levels: int = 0
    any_at_level: int = 0


Queues = dict[int, list[Order]]


@dataclass
class Market:
    """The books of one instrument: queues by price, for each side and for each side's stops."""

    guard: Guard = field(default_factory=Guard)
    queues: dict[int, Queues] = field(default_factory=lambda: {Side.BUY: SortedDict(), Side.SELL: SortedDict()})
    stops: dict[int, Queues] = field(default_factory=lambda: {Side.BUY: SortedDict(), Side.SELL: SortedDict()})
    told_top: dict[int, tuple[int, int, int]] = field(
        default_factory=lambda: {Side.BUY: (0, 0, 0), Side.SELL: (0, 0, 0)}
    )
    trade_prices: list[int] = field(default_factory=list)


def best_first(queues: Queues, highest: bool) -> list[int]:
    """The prices of some queues, the one served first in front."""
    return list(reversed(queues)) if highest else list(queues)
