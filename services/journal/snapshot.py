"""A snapshot on the disk: the state of the core after one batch, so that a start replays only what came later.

A snapshot is derived: everything in it follows from the journal, and a start that cannot use it replays more of the
journal instead. So whatever is wrong with one is a reason to leave it (`Unusable`), never a reason not to start.

Promise: a file under a snapshot's name is whole, or it says so: it is written under another name, synced and renamed,
and every byte of it lies under a SHA-256. It names the journal and the chain hash of the batch that it follows, and the
build and capacity whose record it holds.

The file: the eight bytes `JJSNAP01`; the length of the header as little-endian int64; the header, JSON in UTF-8; its
SHA-256; then each part, deflated (zlib), in the header's order.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from services.journal.files import sync_folder

SNAPSHOTS = "snapshots"
"""Their folder, within the journal's."""

FORMAT_VERSION = 1
"""Of the file."""

_MAGIC = b"JJSNAP01"
_LENGTH = struct.Struct("<q")
_HEADER_BYTES_MAX = 2**28
_SUFFIX, _UNFINISHED = ".snapshot", ".part"


class Unusable(Exception):
    """Why a snapshot is not used, for the operator."""


class Part(BaseModel):
    """One part: its length, how long it is in the file, and the SHA-256 of its bytes in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    plain_bytes: int
    stored_bytes: int
    sha256: str


class Header(BaseModel):
    """What a snapshot is of. Hashes are hex; `rows` counts the command rows up to batch `number`, whose time is
    `time_ns`; `adoptions` are the batches that adopted a rule book and the SHA-256 of its text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format_version: int
    journal: str
    number: int
    chain: str
    rows: int
    time_ns: int
    sequence: int
    event_chain: str
    state_digest: str
    build: str
    capacity: str
    adoptions: list[tuple[int, str]]
    parts: list[Part] = []


def pack(header: Header, parts: Sequence[memoryview | bytes]) -> bytes:
    """The content of a file. Takes its time, mostly in code that lets other threads run."""
    stored, described = [], []
    for part in parts:
        deflated = zlib.compress(part, 1)
        plain_bytes = part.nbytes if isinstance(part, memoryview) else len(part)
        digest = hashlib.sha256(deflated).hexdigest()
        described.append(Part(plain_bytes=plain_bytes, stored_bytes=len(deflated), sha256=digest))
        stored.append(deflated)
    text = header.model_copy(update={"parts": described}).model_dump_json().encode()
    return b"".join([_MAGIC, _LENGTH.pack(len(text)), text, hashlib.sha256(text).digest(), *stored])


def read_header(content: memoryview) -> tuple[Header, int]:
    """The header of a file and where the first part begins. Raises Unusable."""
    start = len(_MAGIC) + _LENGTH.size
    if content[: len(_MAGIC)] != _MAGIC or len(content) < start:
        raise Unusable("it does not begin as a snapshot does")
    (length,) = _LENGTH.unpack(content[len(_MAGIC) : start])
    end = start + length + hashlib.sha256().digest_size
    if not 0 < length <= _HEADER_BYTES_MAX or len(content) < end:
        raise Unusable("its header is cut short")
    text = bytes(content[start : start + length])
    if hashlib.sha256(text).digest() != content[start + length : end]:
        raise Unusable("its header does not match its checksum")
    try:
        return Header.model_validate_json(text), end
    except ValidationError as error:
        raise Unusable(f"its header is of another format ({error.error_count()} fields differ)") from error


def unpack(content: memoryview) -> tuple[Header, list[bytes]]:
    """Header and parts of a file's content, each part checked. Raises Unusable."""
    header, place = read_header(content)
    if header.format_version != FORMAT_VERSION:
        raise Unusable(f"it has format {header.format_version}; this release reads format {FORMAT_VERSION}")
    if len(content) != place + sum(part.stored_bytes for part in header.parts):
        raise Unusable("it has another length than its header says")
    parts = []
    for at, part in enumerate(header.parts):
        stored = content[place : place + part.stored_bytes]
        place += part.stored_bytes
        if hashlib.sha256(stored).hexdigest() != part.sha256:
            raise Unusable(f"part {at} does not match its checksum")
        plain = zlib.decompress(stored, bufsize=max(1, part.plain_bytes))
        if len(plain) != part.plain_bytes:
            raise Unusable(f"part {at} has another length than its header says")
        parts.append(plain)
    return header, parts


class Folder:
    """The snapshots of one journal, by the number of the batch that each follows. One writer (the journal's lock)."""

    def __init__(self, journal_folder: Path) -> None:
        """Touches nothing; the folder is made by the first writing."""
        self.path = journal_folder / SNAPSHOTS

    def numbers(self) -> list[int]:
        """Batches with a snapshot, the latest first."""
        stems = [path.stem for path in self.path.glob(f"*{_SUFFIX}")]
        return sorted((int(stem) for stem in stems if stem.isdecimal()), reverse=True)

    def file(self, number: int) -> Path:
        """Where the snapshot after batch `number` lies, or would."""
        return self.path / f"{number:016d}{_SUFFIX}"

    def write(self, number: int, content: bytes) -> None:
        """Puts the content on the disk, synced, under a name that no start looks at. Raises OSError."""
        self.path.mkdir(exist_ok=True)
        handle = os.open(self._unfinished(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def publish(self, number: int) -> None:
        """Gives what was written its name, durably. Raises OSError."""
        self._unfinished(number).rename(self.file(number))
        sync_folder(self.path)
        sync_folder(self.path.parent)

    def keep_only(self, numbers: set[int]) -> None:
        """Removes all others, and what was never finished. Raises OSError."""
        for path in [*self.path.glob(f"*{_SUFFIX}"), *self.path.glob(f"*{_SUFFIX}{_UNFINISHED}")]:
            if path not in {self.file(number) for number in numbers}:
                path.unlink(missing_ok=True)

    def _unfinished(self, number: int) -> Path:
        path = self.file(number)
        return path.with_name(path.name + _UNFINISHED)
