"""Collects the events of a batch of the rare tables, which Python handles row by row.

Orders and bids write their events in compiled code; everything else adds them here, by name.
"""

from __future__ import annotations

import numpy as np

from engine.events import EVENT, EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter

_COLUMNS = frozenset(EVENT.names or ())


class Recorder:
    """Events in the order in which they happened; columns not named are 0."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self.count = 0
        """Events so far."""

    def add(self, kind: EventKind, row: int, **columns: int) -> None:
        """One event that row `row` of the batch caused."""
        unknown = columns.keys() - _COLUMNS
        if unknown:
            raise TypeError(f"events have no column {', '.join(sorted(unknown))}")
        event = np.zeros(1, EVENT)
        event["kind"], event["row"] = kind, row
        for name, value in columns.items():
            event[name] = value
        self.extend(event)

    def extend(self, events: np.ndarray) -> None:
        """Many events at once: a 1-d array of `EVENT`."""
        self._parts.append(events)
        self.count += len(events)

    def refuse(self, row: int, outcome: Outcome, parameter: Parameter = Parameter.NONE, **columns: int) -> None:
        """The refusal of row `row`."""
        self.add(EventKind.REFUSED, row, outcome=int(outcome), parameter=int(parameter), **columns)

    def array(self) -> np.ndarray:
        """All events so far as a 1-d array of `EVENT`."""
        return np.concatenate(self._parts) if self._parts else np.zeros(0, EVENT)
