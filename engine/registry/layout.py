"""The fields of the state record that say who may act: participants, sessions, instruments.

Numbers are positions in these arrays and begin at 1; position 0 is nobody and nothing. Names are text and lie beside
the record.
"""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity

PARTICIPANT = np.dtype((np.record, [("participant_class", "i8")]))
"""0 where the number is not given out."""

SESSION = np.dtype((np.record, [("participant", "i8"), ("last_request_id", "i8")]))
"""`participant` 0 where the number is not given out."""

INSTRUMENT = np.dtype(
    (
        np.record,
        [
            ("defined", "i8"),
            ("phase", "i8"),
            ("rule_book", "i8"),
            ("tick_minor", "i8"),
            ("lot_units", "i8"),
            ("tick_value_minor", "i8"),
            ("price_step_ticks", "i8"),
            ("quantity_step_lots", "i8"),
            ("call_rule", "i8"),
        ],
    )
)
"""Steps are 0 where the rule book sets nothing for trading: such an instrument is sold in rounds only. `call_rule`:
number of the rule of its call auctions as of the present trading day, 0: it has none."""

REGISTER = np.dtype((np.record, [("participants", "i8"), ("sessions", "i8"), ("instruments", "i8")]))
"""How many numbers are given out."""


def registry_fields(capacity: Capacity) -> list[tuple[str, np.dtype] | tuple[str, np.dtype, tuple[int, ...]]]:
    """Fields of the state record for one capacity class."""
    return [
        ("register", REGISTER),
        ("participants", PARTICIPANT, (capacity.participants,)),
        ("sessions", SESSION, (capacity.sessions,)),
        ("instruments", INSTRUMENT, (capacity.instruments,)),
    ]
