"""The test's side of `tests.crash.lives`: starts the nursery, asks for lives, collects what they were told."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120
COMPILE_PATIENCE_S = 900
"""Before its first child the nursery compiles every kernel, once for each state of the engine's sources."""


class Nursery:
    """One folder's lives, and everything that was ever acknowledged in them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.told: dict[tuple[int, int], list[int]] = {}
        self.ready: list[Any] = []
        self.other: list[list[Any]] = []
        self._buffer = b""
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.lives", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        )
        try:
            self.until("nursery", COMPILE_PATIENCE_S)
        except BaseException:
            self._process.kill()
            self.__exit__()
            raise

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ask(self, do: str, **what: object) -> int:
        """Asks for a child; returns its process id."""
        assert self._process.stdin is not None
        command = {"do": do, "seed": self.seed, "next": self._next_ids(), **what}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return int(self.until("born")[1])

    def move(self, folder: Path) -> None:
        """Lets the lives from now on have another folder."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": "move", "to": str(folder)}).encode() + b"\n")
        self._process.stdin.flush()
        self.folder = folder

    def until(self, word: str, patience_s: float = PATIENCE_S) -> list[Any]:
        """Reads reports up to the one that begins with `word`; fails when it does not come in time."""
        deadline = monotonic() + patience_s
        while monotonic() < deadline:
            for line in self._lines(deadline - monotonic()):
                self._note(line)
                if line[0] == word:
                    return line
        raise AssertionError(f"no {word!r} within {patience_s} s (seed {self.seed}); last: {self.other[-3:]}")

    def listen(self, seconds: float) -> None:
        """Reads reports for a while."""
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0:
            for line in self._lines(left):
                self._note(line)

    def kill(self, pid: int) -> None:
        """Kills a child as a power cut would end its process: no handler, no flush."""
        os.kill(pid, signal.SIGKILL)
        self.until("dead")

    def audit(self, into: Path) -> tuple[str, int, np.ndarray]:
        """Replays the journal read-only in a child: state digest, next event, and the keys of all rows."""
        self.ask("audit", into=str(into))
        _, digest, next_sequence, _ = self.until("audited")
        self.until("dead")
        return digest, next_sequence, np.load(into)

    def _next_ids(self) -> dict[str, int]:
        last: dict[str, int] = {}
        for session, request_id in self.told:
            last[str(session)] = max(last.get(str(session), 0), request_id)
        return {session: request_id + 1 for session, request_id in last.items()}

    def _lines(self, timeout_s: float) -> list[list[Any]]:
        """One line at most, so that a line that is waited for is not followed by another that is lost."""
        assert self._process.stdout is not None
        if b"\n" not in self._buffer:
            if not select.select([self._process.stdout], [], [], timeout_s)[0]:
                return []
            read = os.read(self._process.stdout.fileno(), 65536)
            assert read, f"the nursery ended with {self._process.wait(PATIENCE_S)} (seed {self.seed})"
            self._buffer += read
            if b"\n" not in self._buffer:
                return []
        line, self._buffer = self._buffer.split(b"\n", 1)
        return [json.loads(line)]

    def _note(self, line: list[Any]) -> None:
        if line[0] == "ready":
            self.ready = line
        elif line[0] != "told":
            self.other.append(line)
            assert line[0] != "failed", f"{line[1]} (seed {self.seed})"
        else:
            _, session, ids, answers = line
            for request_id, answer in zip(ids, answers, strict=True):
                before = self.told.setdefault((session, request_id), answer)
                assert before == answer, f"session {session} request {request_id} (seed {self.seed})"


def check_journal(nursery: Nursery, digest: str, next_sequence: int, keys: np.ndarray) -> None:
    """Every acknowledged request is in the journal, none twice; the writer's state was the replay's."""
    keyed = [(session, request_id) for session, request_id in keys.tolist() if session]
    assert len(keyed) == len(set(keyed)), f"a request is in the journal twice (seed {nursery.seed})"
    lost = nursery.told.keys() - set(keyed)
    assert not lost, f"acknowledged and gone: {sorted(lost)[:5]} (seed {nursery.seed})"
    assert nursery.ready[1:] == [digest, next_sequence] or not nursery.ready
