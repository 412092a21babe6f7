"""A nursery of writers: one process that imports everything once, and forks a child for each life on request.

`python -m tests.crash.lives FOLDER` reads commands, one JSON object a line:

    {"do": "move", "to": FOLDER}                       from now on, another journal
    {"do": "live", "seed": S, "next": {session: id}}   start on the journal, trade until killed
    {"do": "serve", "ready": FILE}                     `jingjia serve` on the journal, until killed or terminated
    {"do": "stop"}                                     start on the journal, stop cleanly
    {"do": "snapshot", "gate": FILE}                   wait for FILE, start, write one snapshot, all in one thread
    {"do": "audit", "into": FILE}                      replay the journal read-only; keys and digest into FILE
    {"do": "once", "gate": FILE, "batches": N, ...}    wait for FILE, then live for N answers and stop cleanly

Every child reports on standard output, one JSON array a line; the nursery adds ["born", pid] and ["dead", status].
Forking is safe here because the nursery itself never starts a thread, a loop, a channel or a journal.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import typer.main

from engine import jit
from engine.capacity import SMALL
from engine.commands import Table, rows_of
from engine.core import Core
from services.cli.main import app
from services.clock import system_clock
from services.journal.journal import Journal
from services.journal.problems import JournalError
from services.journal.replay import replay
from services.journal.store import Addition
from services.sequencer import Answer, Limits, Sequencer, Stopped
from services.sequencer.feed import Feed
from services.sequencer.snapshots import Snapshots
from services.sequencer.trail import Trail, recover
from services.warm import compile_kernels
from tests.crash.load import Told, make_market, trade

SNAPSHOT_BATCHES = 8


def say(*words: object) -> None:
    """One line, in one write: a killed child leaves no half line."""
    os.write(1, (json.dumps(words) + "\n").encode())


class Direct:
    """The venue is a sequencer in this process."""

    def __init__(self, sequencer: Sequencer[Core]) -> None:
        self._sequencer = sequencer

    async def submit(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Answer:
        return await self._sequencer.submit(table, rows, text)

    async def session(self, actor: int, name: str) -> int:
        for session in self._sequencer.core.sessions():
            if (session.participant, session.name) == (actor, name):
                return session.number
        rows, text = rows_of(Table.SESSIONS, 1), name.encode()
        rows["actor"], rows["text_length"] = actor, len(text)
        return int((await self._sequencer.submit(Table.SESSIONS, rows, text)).references[0])


def report(session: int, ids: list[int], answers: list[Told]) -> None:
    say("told", session, ids, answers)


class Enough(Exception):
    """As many answers as were asked for."""


def _sequencer(folder: Path, batches: int = SNAPSHOT_BATCHES) -> Sequencer[Core]:
    """One that takes a snapshot every few batches."""
    core = Core()
    return Sequencer(
        core,
        Journal.open(folder, clock=system_clock),
        clock=system_clock,
        limits=Limits(checkpoint_batches=batches),
        snapshots=Snapshots(folder, core, tell=lambda line: say("note", line)),
    )


async def _live(folder: Path, command: dict, answers_max: int | None) -> None:
    seed, next_ids = command["seed"], command["next"]
    sequencer = _sequencer(folder, SNAPSHOT_BATCHES if command.get("snapshots", True) else 10**9)
    try:
        await sequencer.start()
    except JournalError:
        await sequencer.stop()
        raise
    say("ready", sequencer.core.digest(), sequencer.core.next_sequence)
    answered = 0

    def count(session: int, ids: list[int], answers: list[Told]) -> None:
        nonlocal answered
        report(session, ids, answers)
        answered += 1
        if answered == answers_max:
            raise Enough

    venue = Direct(sequencer)
    try:
        sessions = await make_market(venue, report)
        async with asyncio.TaskGroup() as traders:
            for actor, session in sessions.items():
                traders.create_task(trade(venue, actor, session, next_ids.get(str(session), 1), seed, count))
    except* Enough:
        say("enough")
    except* Stopped as stopped:
        say("stopped", str(stopped.exceptions[0]))
    await sequencer.stop()


async def _stop(folder: Path) -> None:
    sequencer = _sequencer(folder)
    await sequencer.start()
    say("ready", sequencer.core.digest(), sequencer.core.next_sequence)
    say("after", sequencer.replayed_after)
    await sequencer.stop()


def _snapshot(folder: Path, gate: Path) -> None:
    """What a running venue does in three threads, in their order, in one."""
    _wait_for(gate)
    core, trail = Core(), Trail(Feed(10_000))
    journal, snapshots = Journal.open(folder, clock=system_clock), Snapshots(folder, core)
    recover(journal, core, trail, system_clock, None, snapshots.load)
    taken = snapshots.take(journal, trail, journal.head, trail.rows)
    checkpoint = snapshots.write(taken)
    journal.append((), Addition(checkpoints=[checkpoint]))
    snapshots.publish(checkpoint.number)
    journal.close()
    say("kept", checkpoint.number)


def _wait_for(gate: Path) -> None:
    while not gate.exists():
        time.sleep(0.005)


def _audit(folder: Path, into: str) -> None:
    journal, core = Journal.open_for_reading(folder), Core()
    keys = [np.zeros((0, 2), np.int64)]
    for step in replay(journal, core):
        rows = step.batch.rows
        keys.append(np.stack([rows["session"].astype(np.int64), rows["request_id"]], axis=1))
    np.save(into, np.concatenate(keys))
    say("audited", core.digest(), core.next_sequence, journal.head.number)


JINGJIA = typer.main.get_command(app)
"""The command, made once before any child: that and `prepare` are two thirds of what a start would take."""


def _serve(folder: Path, ready: str) -> int:
    """The command itself, with its output thrown away: what it has to say is in the ready file."""
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    try:
        batches = str(SNAPSHOT_BATCHES)
        where = ["--data", str(folder), "--ready-file", ready]
        JINGJIA(["serve", *where, "--capacity", SMALL.name, "--snapshot-batches", batches])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _child(folder: Path, command: dict) -> int:
    """Lives one life; returns its exit status."""
    if command["do"] == "serve":
        return _serve(folder, command["ready"])
    if command["do"] == "live":
        asyncio.run(_live(folder, command, None))
    elif command["do"] == "once":
        _wait_for(Path(command["gate"]))
        asyncio.run(_live(folder, command, command["batches"]))
    elif command["do"] == "snapshot":
        _snapshot(folder, Path(command["gate"]))
    elif command["do"] == "stop":
        asyncio.run(_stop(folder))
    else:
        _audit(folder, command["into"])
    return 0


def prepare() -> None:
    """What every start does and no child has to do again."""
    compile_kernels(SMALL)
    jit.source_hash("engine.core")
    gc.freeze()


def main() -> None:
    """Serves until standard input ends."""
    folder = Path(sys.argv[1])
    prepare()
    say("nursery", os.getpid())
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        if command["do"] == "move":
            folder = Path(command["to"])
            continue
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = _child(folder, command)
            except JournalError as error:
                say("refused", str(error))
            except Exception as error:  # noqa: BLE001
                say("failed", f"{type(error).__name__}: {error}")
            finally:
                os._exit(status)
        say("born", pid)
        _, status = os.waitpid(pid, 0)
        say("dead", status)


if __name__ == "__main__":
    main()
