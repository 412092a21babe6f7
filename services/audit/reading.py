"""A journal opened and replayed for somebody who asks about it, with errors as people are told them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.capacity import Capacity
from engine.core import Core
from services.errors import BadInput, CheckFailed
from services.journal.journal import Journal
from services.journal.problems import JournalError, NoJournal
from services.journal.replay import Progress, Step, replay


class Reading:
    """One journal, open for reading, and how far it is to be read. Raises BadInput, CheckFailed."""

    def __init__(self, folder: Path, capacity: Capacity, until: int | None = None) -> None:
        self.folder, self._capacity = folder, capacity
        try:
            self.journal = Journal.open_for_reading(folder)
        except NoJournal as error:
            raise BadInput(str(error)) from error
        except JournalError as error:
            raise CheckFailed(str(error)) from error
        last = self.journal.head.number
        if until is not None and not 1 <= until <= last:
            self.journal.close()
            raise BadInput(f"--until {until}: the journal of {folder} has batches 1 to {last}")
        self.last = last if until is None else until

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()

    def fresh_core(self) -> Core:
        """A core for `steps`."""
        return Core(self._capacity)

    def steps(self, core: Core, progress: Progress | None = None) -> Iterator[Step]:
        """Replays into `core`. Raises CheckFailed where the journal is damaged or comes to something else."""
        try:
            yield from replay(self.journal, core, until=self.last, progress=progress)
        except JournalError as error:
            raise CheckFailed(str(error)) from error
