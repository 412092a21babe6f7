"""What the sequencer answers, and how it says no before anything is recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Answer:
    """What became of the rows of one submission, one entry a row, in row order.

    `outcomes`, `parameters` (uint16) and `references` (int64) as in `engine.views.Applied`. `repeated` (bool): the row
    had been sent before, this is its first answer again, and nothing was done now. `events` are those of the rows
    that are new, their `row` being the position in this submission; `first_sequence` to `last_sequence` number them
    (last = first - 1: none). Where every row repeats one and the same earlier batch, the two are that batch's, and
    `events` is empty: read them from the event stream. `durable_through` is a batch number: all up to it is on disk.
    """

    outcomes: np.ndarray
    parameters: np.ndarray
    references: np.ndarray
    first_sequence: int
    last_sequence: int
    repeated: np.ndarray
    events: np.ndarray
    durable_through: int


class SequencerError(Exception):
    """A submission that was not recorded, or of which nobody can say yet whether it was (`Stopped`)."""


class Malformed(SequencerError):
    """The submission is not a batch: `problems` lists why, each naming the rows or column. Nothing was recorded."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class QueueFull(SequencerError):
    """More is waiting than may wait; nothing was recorded, the same submission may be sent again."""

    def __init__(self, waiting: int, limit: int, unit: str) -> None:
        super().__init__(
            f"{waiting} {unit} are waiting and at most {limit} may. Nothing was recorded; send again later."
        )
        self.waiting = waiting
        self.limit = limit
        self.unit = unit


class KeyReused(SequencerError):
    """Rows carry the key of earlier rows with other content; nothing of the submission was recorded.

    `rows`: positions in the submission; `fields`: for each, the first column that differs ('table', 'text' and
    'batch' beside the columns' names).
    """

    def __init__(self, rows: list[int], fields: list[str]) -> None:
        shown = ", ".join(f"row {row} ({field})" for row, field in zip(rows[:5], fields[:5], strict=True))
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        super().__init__(
            f"session and request id were used before with other content: {shown}{more}. "
            "Use a new request id for a new request."
        )
        self.rows = rows
        self.fields = fields


class Stopped(SequencerError):
    """The writer stopped. Whether this submission was recorded is known after the next start: send it again then."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooOld(SequencerError):
    """The events asked for are no longer kept in memory; `first_available` is the oldest that is."""

    def __init__(self, first_available: int) -> None:
        super().__init__(
            f"Events before {first_available} are no longer kept. Take a snapshot, then follow from there."
        )
        self.first_available = first_available


class SubscriberTooSlow(SequencerError):
    """The subscriber fell behind what is kept and was cut; `next_sequence` is the first event it did not get."""

    def __init__(self, next_sequence: int, first_available: int) -> None:
        super().__init__(
            f"The subscriber is at event {next_sequence}, but events before {first_available} are no longer kept. "
            "Take a snapshot, then follow from there."
        )
        self.next_sequence = next_sequence
        self.first_available = first_available


@dataclass(frozen=True)
class Limits:
    """How much may wait and be kept. What is over a limit is refused or let go, never kept somewhere else."""

    queue_batches: int = 8_192
    """Submissions that may wait for the writer."""
    queue_rows: int = 1_048_576
    """Rows that may wait for the writer."""
    group_rows: int = 131_072
    """Rows written in one commit, at most (one submission may be larger)."""
    feed_events: int = 524_288
    """Events kept for subscribers, 72 bytes each."""
    checkpoint_batches: int = 16_384
    """Batches between two state digests in the journal, each with a snapshot."""
    checkpoint_rows: int = 1_048_576
    """Rows between two of them: whichever comes first."""
