"""A disk under a journal that remembers every write and sync, so that power can fail at any of them afterwards.

`watched` puts a layer of its own under SQLite (a VFS, registered with the very library that `sqlite3` uses) and under
the anchor's file. What SQLite asks of a file is done on the real file and noted: writes with their bytes, truncations,
syncs, files that come and go. The layer can also let the n-th write or sync fail, as a bad disk does.

`Tape.images` then gives what a disk may hold when power fails after the n-th step: everything that was synced; and of
what was not, nothing, all, or a part, down to a write that got through in part.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, cast, sizeof
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

SQLITE_OK, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC = 0, 10 | 3 << 8, 10 | 4 << 8
SECTOR_BYTES = 512
FOLDER = "."
_LOGS = 0x800 | 0x80000
"""SQLITE_OPEN_MAIN_JOURNAL and SQLITE_OPEN_WAL."""
_library = ctypes.CDLL("libsqlite3.so.0")
_library.sqlite3_vfs_find.restype = c_void_p
_library.sqlite3_libversion.restype = c_char_p

_POINTER = c_void_p
_Close = CFUNCTYPE(c_int, c_void_p)
_Transfer = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
# A name is passed on as the address it came as: behind its end SQLite keeps the parameters of the URI.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)


class _Methods(Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [
        ("version", c_int),
        ("close", _Close),
        ("read", _POINTER),
        ("write", _Transfer),
        ("truncate", _Truncate),
        ("sync", _Sync),
        *((f"other{at}", _POINTER) for at in range(13)),
    ]


class _Vfs(Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = [
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_max", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
        *((f"other{at}", _POINTER) for at in range(14)),
    ]


def is_the_library_of_python() -> bool:
    """Whether `sqlite3` runs on the shared library that the layer is registered with."""
    return bool(_library.sqlite3_libversion().decode() == sqlite3.sqlite_version)


@dataclass(frozen=True)
class Step:
    """One thing that reached the disk, or was asked of it. `data` of a write; `place`: offset, or the new length."""

    kind: str
    file: str
    place: int = 0
    data: bytes = b""


@dataclass
class Tape:
    """Everything that happened, in order, with marks of the test's own in between."""

    steps: list[Step] = field(default_factory=list)
    fail: Callable[[Step, int], bool] = lambda step, number: False
    """Whether a step is refused with an error; `number` counts the steps of its kind."""
    failed: bool = False
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, step: Step) -> bool:
        """Notes a step; False when it is to fail (then nothing of it is done)."""
        self._counts[step.kind] = self._counts.get(step.kind, 0) + 1
        if self.fail(step, self._counts[step.kind]):
            self.failed = True
            self.steps.append(Step("failed", step.file))
            return False
        self.steps.append(step)
        return True

    def mark(self, what: str) -> None:
        """Something the test saw at this moment."""
        self.steps.append(Step("mark", what))

    def images(self, end: int, random: np.random.Generator) -> Iterator[dict[str, bytes]]:
        """What the disk may hold when power fails after the first `end` steps: files by name.

        A sync makes durable all that was written to its file before, its name with it; that a file is gone is durable
        with the next sync of the folder.
        """
        kept, loose = self._before(end)
        yield _applied(kept, [])
        yield _applied(kept, loose)
        for _ in range(2):
            yield _applied(kept, [step for step in loose if random.random() < 0.5])
        if loose:
            last = loose[-1]
            if last.kind == "write" and len(last.data) > 1:
                cut = int(random.integers(1, len(last.data)))
                yield _applied(kept, [*loose[:-1], Step("write", last.file, last.place, last.data[:cut])])
                sectors = max(1, len(last.data) // SECTOR_BYTES)
                torn = bytearray(last.data)
                hole = int(random.integers(sectors)) * SECTOR_BYTES
                torn[hole : hole + SECTOR_BYTES] = bytes(len(torn[hole : hole + SECTOR_BYTES]))
                yield _applied(kept, [*loose[:-1], Step("write", last.file, last.place, bytes(torn))])

    def _before(self, end: int) -> tuple[list[Step], list[Step]]:
        """Steps that are durable after `end` steps, and those that may or may not have got through."""
        synced: dict[str, int] = {}
        for at, step in enumerate(self.steps[:end]):
            if step.kind == "sync":
                synced[step.file] = at
        kept, loose = [], []
        for at, step in enumerate(self.steps[:end]):
            if step.kind in ("write", "truncate", "delete"):
                by = FOLDER if step.kind == "delete" else step.file
                (kept if at < synced.get(by, -1) else loose).append(step)
        return kept, loose


def _applied(kept: list[Step], loose: list[Step]) -> dict[str, bytes]:
    files: dict[str, bytearray] = {}
    for step in (*kept, *loose):
        content = files.setdefault(step.file, bytearray())
        if step.kind == "delete":
            del files[step.file]
        elif step.kind == "truncate":
            del content[step.place :]
            content.extend(bytes(step.place - len(content)))
        else:
            content.extend(bytes(max(0, step.place - len(content))))
            content[step.place : step.place + len(step.data)] = step.data
    return {name: bytes(content) for name, content in files.items()}


class _Layer:
    """The VFS: the system's own, with four of its ways changed. Alive as long as the process."""

    def __init__(self) -> None:
        self.tape: Tape | None = None
        self._names: dict[int, str] = {}
        self._new: set[int] = set()
        self._original = cast(_library.sqlite3_vfs_find(None), POINTER(_Vfs)).contents
        self._vfs = _Vfs()
        ctypes.memmove(ctypes.byref(self._vfs), ctypes.byref(self._original), sizeof(_Vfs))
        self._vfs.name = b"watched"
        self._vfs.open, self._vfs.delete = _Open(self._open), _Delete(self._delete)
        self._methods: dict[int, _Methods] = {}
        self._of_system: dict[int, _Methods] = {}

    def make_default(self, ours: bool) -> None:
        """Lets files opened from now on go through here, or no longer."""
        vfs = self._vfs if ours else self._original
        assert _library.sqlite3_vfs_register(ctypes.byref(vfs), 1) == SQLITE_OK

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        is_new = name is not None and not Path(ctypes.string_at(name).decode()).exists()
        code: int = self._original.open(vfs, name, file, flags, out)
        place = cast(file, POINTER(c_void_p))
        if code == SQLITE_OK and name is not None and place[0]:
            self._names[file] = _base(name)
            if is_new and flags & _LOGS:
                self._new.add(file)
            place[0] = ctypes.addressof(self._changed(int(place[0])))
        return code

    def _changed(self, address: int) -> _Methods:
        """The methods of a file, with writing, truncating, syncing and closing going through here."""
        if address not in self._methods:
            system = cast(address, POINTER(_Methods)).contents
            changed = _Methods()
            ctypes.memmove(ctypes.byref(changed), address, sizeof(_Methods))
            self._of_system[address] = system

            def write(file: int, data: int, length: int, place: int) -> int:
                step = Step("write", self._names[file], place, ctypes.string_at(data, length))
                return SQLITE_IOERR_WRITE if self._refused(step) else system.write(file, data, length, place)

            def truncate(file: int, length: int) -> int:
                step = Step("truncate", self._names[file], length)
                return SQLITE_IOERR_WRITE if self._refused(step) else system.truncate(file, length)

            def sync(file: int, flags: int) -> int:
                name = self._names[file]
                if self._refused(Step("sync", name)):
                    return SQLITE_IOERR_FSYNC
                if file in self._new and self.tape is not None:
                    # With the first sync of a journal or log that it created, SQLite syncs the folder.
                    self._new.discard(file)
                    self.tape.steps.append(Step("sync", FOLDER))
                return SQLITE_OK

            def close(file: int) -> int:
                self._names.pop(file, None)
                self._new.discard(file)
                return int(system.close(file))

            changed.write, changed.truncate = _Transfer(write), _Truncate(truncate)
            changed.sync, changed.close = _Sync(sync), _Close(close)
            self._methods[address] = changed
        return self._methods[address]

    def _delete(self, vfs: int, name: int, sync: int) -> int:
        step = Step("delete", _base(name))
        if self._refused(step):
            return SQLITE_IOERR_WRITE
        code: int = self._original.delete(vfs, name, 0)
        if sync and self.tape is not None:
            self.tape.steps.append(Step("sync", FOLDER))
        return code

    def _refused(self, step: Step) -> bool:
        return self.tape is not None and not self.tape.add(step)


def _base(address: int) -> str:
    return Path(ctypes.string_at(address).decode()).name


_layer: list[_Layer] = []


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tape]:
    """Everything that a journal opened meanwhile does to its data base, its log and its anchor."""
    if not _layer:
        _layer.append(_Layer())
    tape = Tape()
    _layer[0].tape = tape
    with monkeypatch.context() as patch:
        disk = _WatchedDisk(tape)
        patch.setattr("services.journal.anchor.os", disk)
        patch.setattr("services.journal.files.os", disk)
        _layer[0].make_default(True)
        try:
            yield tape
        finally:
            _layer[0].make_default(False)
            _layer[0].tape = None


class _WatchedDisk:
    """`os` as the anchor and the syncing of folders see it: writes and syncs go on the tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._names: dict[int, str] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        handle = os.open(path, flags, mode)
        self._names[handle] = FOLDER if flags & os.O_DIRECTORY else Path(path).name
        return handle

    def pwrite(self, handle: int, data: bytes, place: int) -> int:
        if self._names[handle] == "writer.lock":
            return os.pwrite(handle, data, place)
        self._try(Step("write", self._names[handle], place, bytes(data)))
        return os.pwrite(handle, data, place)

    def ftruncate(self, handle: int, length: int) -> None:
        if self._names[handle] == "writer.lock":
            return os.ftruncate(handle, length)
        self._try(Step("truncate", self._names[handle], length))
        os.ftruncate(handle, length)

    def fsync(self, handle: int) -> None:
        self._try(Step("sync", self._names[handle]))

    fdatasync = fsync

    def _try(self, step: Step) -> None:
        if not self._tape.add(step):
            raise OSError(5, "Input/output error (made up)")


def put(files: dict[str, bytes], folder: Path) -> None:
    """Writes an image of the disk into a folder."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


__all__ = ["Step", "Tape", "is_the_library_of_python", "put", "watched"]
