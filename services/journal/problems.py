"""What can be wrong with a journal, as exceptions that say where and what to do."""

from __future__ import annotations

RESTORE = "Restore the folder from a copy (a standby or a backup); nothing was changed here."


class JournalError(Exception):
    """Anything a journal refuses with; its text is meant for the operator."""


class NoJournal(JournalError):
    """The folder holds no journal."""


class JournalInUse(JournalError):
    """Another process writes this journal."""


class JournalDamaged(JournalError):
    """What is stored is not what was written. `number` is the first batch concerned (None: no single batch)."""

    def __init__(self, found: str, number: int | None = None, advice: str = RESTORE) -> None:
        where = "" if number is None else f"batch {number}: "
        super().__init__(f"{where}{found}. {advice}")
        self.found = found
        self.number = number


class WriteFailed(JournalError):
    """The disk did not take what was to be written; what it holds now is for the next opening to find out."""

    def __init__(self, what: str, cause: Exception) -> None:
        super().__init__(
            f"The journal could not write {what} ({type(cause).__name__}: {cause}). Nothing of it was acknowledged and "
            "nothing is tried again. Look at the disk, then start again: the start checks what the disk holds."
        )
        self.cause = cause


class ReplayDiffers(JournalError):
    """The journal is whole, but this build of the engine makes something else of it than the one that wrote it."""

    def __init__(self, number: int, found: str, written_by: str) -> None:
        super().__init__(
            f"batch {number}: {found}. The journal is whole; it was written by {written_by}. "
            "Run that release, or report the difference: the same journal must always give the same result."
        )
        self.number = number


class BatchFailed(JournalError):
    """The core failed on a batch that is already in the journal. `proposer`: the participant who wants it voided."""

    def __init__(self, number: int, cause: Exception, proposer: int | None = None) -> None:
        void = (
            f"`jingjia journal void propose DIR --batch {number}` begins that"
            if proposer is None
            else f"participant {proposer} proposed that, `jingjia journal void approve DIR --batch {number}` ends it"
        )
        super().__init__(
            f"batch {number} makes the core fail ({type(cause).__name__}: {cause}). It is in the journal and was never "
            "answered; every start will stop here until a release that can judge it runs, or two persons void the "
            f"batch: {void}."
        )
        self.number = number
        self.cause = cause
