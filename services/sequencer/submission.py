"""One submission on its way: what was sent, what of it is new, and the answer put together at the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np

from engine.answers import ANSWER
from engine.commands import Table
from engine.events import EVENT
from engine.outcomes import Outcome
from engine.views import Applied
from services.sequencer.history import Repeats, Sequenced
from services.sequencer.keys import Keys
from services.sequencer.outcomes import Answer


@dataclass(slots=True, eq=False)
class Submission:
    """`new_rows`: positions of the rows that are new (None: all); `passed`: rows with an id below the session's last
    that was never used; `sequenced`: the batch made of the new rows (None: there are none)."""

    table: Table
    rows: np.ndarray
    text: bytes
    keys: list[Keys]
    answered: asyncio.Future[Answer]
    new_rows: np.ndarray | None = None
    repeats: list[Repeats] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    sequenced: Sequenced | None = None

    def resolve(self, answer: Answer) -> None:
        """Hands the answer to whoever still waits for it."""
        if not self.answered.done():
            self.answered.set_result(answer)

    def refuse(self, error: Exception) -> None:
        """Hands an error to whoever still waits."""
        if not self.answered.done():
            self.answered.set_exception(error)

    def answer(self, applied: Applied | None, next_sequence: int, durable_through: int) -> Answer:
        """The answer, row by row: `applied` is the judgement of the new rows (None: there are none)."""
        count = len(self.rows)
        if applied is not None and self.new_rows is None:
            return Answer(
                applied.outcomes,
                applied.parameters,
                applied.references,
                applied.first_sequence,
                applied.first_sequence + len(applied.events) - 1,
                np.zeros(count, bool),
                applied.events,
                durable_through,
            )
        rows = np.zeros(count, ANSWER)
        repeated = np.zeros(count, bool)
        rows["outcome"][self.passed] = Outcome.REQUEST_ID_NOT_INCREASING
        for repeats in self.repeats:
            answers = repeats.source.answers
            if answers is None:
                raise RuntimeError(f"batch {repeats.source.entry.number} is repeated before it was judged")
            rows[repeats.positions] = answers.rows[repeats.originals]
            repeated[repeats.positions] = True
        first, last, events = next_sequence, next_sequence - 1, np.zeros(0, EVENT)
        if applied is not None and self.new_rows is not None:
            rows["outcome"][self.new_rows] = applied.outcomes
            rows["parameter"][self.new_rows] = applied.parameters
            rows["reference"][self.new_rows] = applied.references
            events = applied.events.copy()
            events["row"] = self.new_rows[events["row"]]
            first, last = applied.first_sequence, applied.first_sequence + len(events) - 1
        elif len(self.repeats) == 1 and repeated.all() and self.repeats[0].source.answers is not None:
            answers = self.repeats[0].source.answers
            first, last = answers.first_sequence, answers.first_sequence + answers.event_count - 1
        outcomes, parameters, references = (
            np.ascontiguousarray(rows[name]) for name in ("outcome", "parameter", "reference")
        )
        return Answer(outcomes, parameters, references, first, last, repeated, events, durable_through)
