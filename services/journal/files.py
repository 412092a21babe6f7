"""The files of a journal folder, and the lock that keeps a second writer out."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from services.journal.problems import JournalInUse

DATABASE = "journal.sqlite"
ANCHOR = "journal.anchor"
LOCK = "writer.lock"


def sync_folder(folder: Path) -> None:
    """Makes the names of new files in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class WriterLock:
    """An advisory lock on the folder, held while the journal is open for writing; the system frees it at any exit."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock. Raises JournalInUse, naming the process that holds it."""
        self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise JournalInUse(
                f"{folder} is being written by process {holder}. Stop it first, or choose another folder; "
                "reading (verify, replay) needs no lock."
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Gives the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
