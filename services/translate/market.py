"""The public side of events and views: no participant, no order id, nothing of a sealed bid."""

from __future__ import annotations

import numpy as np

from engine.commands import OrderType, Phase, Side
from engine.events import EventKind
from engine.views import Depth, Indicative, Level
from services.translate import columns
from services.wire.jingjia.market.v1 import market_pb2

_SHOWN = {
    EventKind.TRADE: market_pb2.MARKET_EVENT_KIND_TRADE,
    EventKind.CALL_TRADE: market_pb2.MARKET_EVENT_KIND_TRADE,
    EventKind.CALL_INDICATED: market_pb2.MARKET_EVENT_KIND_CALL_INDICATED,
    EventKind.CALL_UNCROSSED: market_pb2.MARKET_EVENT_KIND_CALL_UNCROSSED,
    EventKind.BLOCK_TRADED: market_pb2.MARKET_EVENT_KIND_BLOCK_TRADED,
    EventKind.DEPTH_CHANGED: market_pb2.MARKET_EVENT_KIND_LEVEL,
    EventKind.PHASE_CHANGED: market_pb2.MARKET_EVENT_KIND_PHASE,
    EventKind.TRADING_DAY_ENDED: market_pb2.MARKET_EVENT_KIND_DAY_ENDED,
    EventKind.TRADING_STOPPED: market_pb2.MARKET_EVENT_KIND_STOPPED,
    EventKind.TRADING_RESUMED: market_pb2.MARKET_EVENT_KIND_RESUMED,
    EventKind.ROUND_OPENED: market_pb2.MARKET_EVENT_KIND_ROUND_OPENED,
    EventKind.ROUND_CLOSED: market_pb2.MARKET_EVENT_KIND_ROUND_CLOSED,
    EventKind.ROUND_CLEARED: market_pb2.MARKET_EVENT_KIND_ROUND_CLEARED,
    EventKind.ROUND_CANCELLED: market_pb2.MARKET_EVENT_KIND_ROUND_CANCELLED,
}

_KINDS = np.zeros(256, np.uint8)
for _event, _kind in _SHOWN.items():
    _KINDS[_event] = _kind

PHASES: dict[Phase, market_pb2.Phase.ValueType] = {
    phase: market_pb2.Phase.Value(f"PHASE_{phase.name}") for phase in Phase
}
"""Phases of the engine as the wire calls them."""

_WITHOUT_REFERENCE = (
    market_pb2.MARKET_EVENT_KIND_TRADE,
    market_pb2.MARKET_EVENT_KIND_CALL_INDICATED,
    market_pb2.MARKET_EVENT_KIND_CALL_UNCROSSED,
    market_pb2.MARKET_EVENT_KIND_BLOCK_TRADED,
)

_LADDERS_SHOWN = 2
"""Ladders of an instrument that anybody may see: bids and asks, not the stops."""

_PHASE_NUMBERS = np.array([PHASES[Phase(number)] for number in range(len(Phase))], np.uint32)


def market_events(
    events: np.ndarray, first_sequence: int, instruments: np.ndarray | None
) -> market_pb2.MarketEvents | None:
    """The public events among `events`, None when there are none; `instruments` (uint16, None: all) are wanted."""
    kinds = _KINDS[events["kind"]]
    wanted = (kinds != 0) & ~_of_one_participant(events)
    if instruments is not None:
        wanted &= np.isin(events["instrument"], instruments)
    places = np.flatnonzero(wanted)
    if not len(places):
        return None
    message = market_pb2.MarketEvents()
    rows, kinds = events[places], kinds[places]
    phase = kinds == market_pb2.MARKET_EVENT_KIND_PHASE
    references = np.where(np.isin(kinds, _WITHOUT_REFERENCE), 0, rows["reference"])
    references[phase] = _PHASE_NUMBERS[references[phase]]
    sealed = kinds == market_pb2.MARKET_EVENT_KIND_ROUND_CLOSED
    columns.write(
        message,
        {
            "sequences": places + first_sequence,
            "kinds": kinds,
            "instruments": rows["instrument"],
            "sides": _sides(rows),
            "price_ticks": rows["price_ticks"],
            "quantity_lots": np.where(sealed, 0, rows["quantity_lots"]),
            "references": references,
        },
    )
    return message


def _of_one_participant(events: np.ndarray) -> np.ndarray:
    """Stops of single participants, and their end: nobody else's business."""
    stops = (events["kind"] == EventKind.TRADING_STOPPED) | (events["kind"] == EventKind.TRADING_RESUMED)
    single: np.ndarray = stops & (events["participant"] != 0)
    return single


def _sides(rows: np.ndarray) -> np.ndarray:
    """The side of each event: its own, of a call the one that is left over, of a block none."""
    call = (rows["kind"] == EventKind.CALL_INDICATED) | (rows["kind"] == EventKind.CALL_UNCROSSED)
    left = np.where(rows["remaining_lots"] > 0, Side.BUY, np.where(rows["remaining_lots"] < 0, Side.SELL, 0))
    own = np.where(rows["kind"] == EventKind.BLOCK_TRADED, 0, rows["side"])
    return np.where(call, left, own)


def standing(lines: np.ndarray, sequence: int) -> market_pb2.GetOrdersResponse:
    """A book order by order, of lines of QUEUED_ORDER; nobody is named but by the id of the order."""
    message = market_pb2.GetOrdersResponse(sequence=sequence)
    shown = lines[lines["ladder"] < _LADDERS_SHOWN]
    market = shown["order_type"] == OrderType.MARKET
    columns.write(
        message,
        {
            "order_ids": shown["order_id"],
            "sides": shown["side"],
            "price_ticks": np.where(market, 0, shown["price_ticks"]),
            "quantity_lots": shown["shown_lots"],
        },
    )
    return message


def book(depth: Depth, phase: Phase, indicative: Indicative | None) -> market_pb2.GetBookResponse:
    """A picture of a book, and in a call of how that would end."""
    message = _picture(depth, phase)
    if indicative is not None:
        message.indicative.volume_lots = indicative.volume_lots
        message.indicative.surplus_lots = indicative.surplus_lots
        if indicative.price_ticks is not None:
            message.indicative.price_ticks = indicative.price_ticks
    return message


def _picture(depth: Depth, phase: Phase) -> market_pb2.GetBookResponse:
    return market_pb2.GetBookResponse(
        instrument=depth.instrument,
        sequence=depth.sequence,
        bids=_levels(depth.bids),
        asks=_levels(depth.asks),
        last_price_ticks=depth.last_price_ticks,
        phase=PHASES[phase],
    )


def _levels(levels: tuple[Level, ...]) -> market_pb2.Levels:
    return market_pb2.Levels(
        price_ticks=[level.price_ticks for level in levels],
        quantity_lots=[level.quantity_lots for level in levels],
        orders=[level.orders for level in levels],
    )
