"""Events as plain Python values, a batch at a time, and what a fold has to know besides them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from engine.events import EventKind
from engine.views import Instrument


class Event(NamedTuple):
    """One event with the columns of `engine.events.EVENT`, as Python integers."""

    kind: int
    side: int
    outcome: int
    parameter: int
    instrument: int
    row: int
    participant: int
    counterparty: int
    reference: int
    order_id: int
    counter_order_id: int
    price_ticks: int
    quantity_lots: int
    remaining_lots: int
    amount_minor: int


class Known(Protocol):
    """What events leave out because it was fixed before them and never changes."""

    def tick_value_minor(self, instrument: int) -> int:
        """Money of one tick of one lot of an instrument, in minor units."""


class KnownInstruments:
    """Tick values of the instruments that a core lists; each is asked for once."""

    def __init__(self, instruments: Callable[[], list[Instrument]]) -> None:
        self._instruments = instruments
        self._values: dict[int, int] = {}

    def tick_value_minor(self, instrument: int) -> int:
        """Money of one tick of one lot of an instrument, in minor units."""
        if instrument not in self._values:
            self._values = {view.number: view.tick_value_minor for view in self._instruments()}
        return self._values[instrument]


class BatchEvents:
    """The events of one batch that may move something, and which kinds and steps each row has.

    A few postings of rounds depend on what else the same command did: whether a line of supply was put up by the
    operator or taken over at an opening, whether a result was published or settled. `telling` are the kinds that say
    so.
    """

    def __init__(self, events: np.ndarray, kinds: np.ndarray, telling: frozenset[int]) -> None:
        wanted = np.flatnonzero(kinds[events["kind"]])
        self.positions: list[int] = wanted.tolist()
        self.events = [Event._make(values) for values in events[wanted].tolist()]
        self._of_row: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for event in self.events:
            if event.kind in telling:
                side = event.side if event.kind == EventKind.ROUND_STEPPED else 0
                self._of_row[event.row].add((event.kind, side))

    @property
    def tells(self) -> bool:
        """Whether any command of the batch did something that others of its events depend on."""
        return bool(self._of_row)

    def has(self, row: int, kind: EventKind, side: int = 0) -> bool:
        """Whether the command of a row caused an event of this kind (ROUND_STEPPED: of this step)."""
        return (int(kind), int(side)) in self._of_row.get(row, ())
