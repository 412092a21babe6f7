"""The public side of events and views: no participant, no order id, nothing of a sealed bid."""

from __future__ import annotations

import numpy as np

from engine.commands import Phase
from engine.events import EventKind
from engine.views import Depth, Level
from services.translate import columns
from services.wire.jingjia.market.v1 import market_pb2

_SHOWN = {
    EventKind.TRADE: market_pb2.MARKET_EVENT_KIND_TRADE,
    EventKind.DEPTH_CHANGED: market_pb2.MARKET_EVENT_KIND_LEVEL,
    EventKind.PHASE_CHANGED: market_pb2.MARKET_EVENT_KIND_PHASE,
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

_PHASE_NUMBERS = np.array([PHASES[Phase(number)] for number in range(len(Phase))], np.uint32)


def market_events(
    events: np.ndarray, first_sequence: int, instruments: np.ndarray | None
) -> market_pb2.MarketEvents | None:
    """The public events among `events`, None when there are none; `instruments` (uint16, None: all) are wanted."""
    kinds = _KINDS[events["kind"]]
    wanted = kinds != 0
    if instruments is not None:
        wanted &= np.isin(events["instrument"], instruments)
    places = np.flatnonzero(wanted)
    if not len(places):
        return None
    message = market_pb2.MarketEvents()
    rows, kinds = events[places], kinds[places]
    phase = kinds == market_pb2.MARKET_EVENT_KIND_PHASE
    references = np.where(kinds == market_pb2.MARKET_EVENT_KIND_TRADE, 0, rows["reference"])
    references[phase] = _PHASE_NUMBERS[references[phase]]
    sealed = kinds == market_pb2.MARKET_EVENT_KIND_ROUND_CLOSED
    columns.write(
        message,
        {
            "sequences": places + first_sequence,
            "kinds": kinds,
            "instruments": rows["instrument"],
            "sides": rows["side"],
            "price_ticks": rows["price_ticks"],
            "quantity_lots": np.where(sealed, 0, rows["quantity_lots"]),
            "references": references,
        },
    )
    return message


def book(depth: Depth, phase: Phase) -> market_pb2.GetBookResponse:
    """A picture of a book."""
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
