"""Live orders of one participant as columns of the wire."""

from __future__ import annotations

import numpy as np

from services.translate import columns
from services.wire.jingjia.orders.v1 import orders_pb2

_WAITING_STOPS = 2
"""Ladders from this number on hold stops that wait; they show nothing."""


def live_orders(lines: np.ndarray, participant: int, sequence: int) -> orders_pb2.ListOrdersResponse:
    """The participant's own among lines of QUEUED_ORDER, in their order."""
    own = lines[lines["participant"] == participant]
    message = orders_pb2.ListOrdersResponse(sequence=sequence)
    columns.write(
        message,
        {
            "order_ids": own["order_id"],
            "instruments": own["instrument"],
            "sides": own["side"],
            "order_types": own["order_type"],
            "times_in_force": own["time_in_force"],
            "price_ticks": own["price_ticks"],
            "remaining_lots": own["remaining_lots"],
            "shown_lots": np.where(own["ladder"] < _WAITING_STOPS, own["shown_lots"], 0),
            "stop_price_ticks": own["stop_price_ticks"],
            "expire_ns": own["expire_ns"],
        },
    )
    return message
