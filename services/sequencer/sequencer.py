"""The sequencer: the one writer through which every command goes, on its way to being durable, judged and answered.

The stages, in this order for every submission:

1. `submit`      its shape is checked and it waits in a bounded queue, or is refused: nothing is recorded
2. `_admit`      repeats are told from new rows; the new rows become a batch with a number and a time
3. `_commit`     all batches that gathered go to the disk in one transaction, then the anchor; in the journal's thread
4. `_judge`      the core judges the batch as it was journalled
5.               events go to the feed, the answer to whoever waits

Promise: nobody is answered, and nothing is shown, before it is durable. Batches are judged in the order of their
numbers. Time never goes back. A repeat gets the first answer, whatever happened in between. While a group is judged the
next one is being written: stages 3 and 4 overlap, but never for the same batch.

If the disk or the core fails, the writer stops and says why: everybody who waits gets `Stopped`, and so does everybody
who comes later. Nothing is tried again: after a failed sync nobody knows what the disk holds. The next start finds out.

Not promised: an answer to a submission that was `Stopped`: it may or may not be in the journal. Sending it again after
the next start, under the same ids, gives the answer either way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np

from engine.commands import MalformedBatch, ParticipantClass, Table, rows_of
from engine.outcomes import Outcome
from services.clock import Clock, system_clock
from services.journal.journal import Journal
from services.journal.problems import BatchFailed, JournalError
from services.journal.record import Entry, Head, Record
from services.journal.replay import Judge, Progress, answers_of, judged
from services.journal.store import Addition, Checkpoint, KeySpan
from services.sequencer.feed import Feed, Subscription
from services.sequencer.history import History, Sequenced
from services.sequencer.keys import WHOLE_TEXT_TABLES, Keys, check_submission, keys_of
from services.sequencer.outcomes import Answer, KeyReused, Limits, Malformed, QueueFull, Stopped
from services.sequencer.snapshots import Snapshots, Taken
from services.sequencer.submission import Submission
from services.sequencer.trail import Trail, recover

CoreT = TypeVar("CoreT", bound=Judge)
_Result = TypeVar("_Result")

_WORTH_IT = 1 / 16
"""Of what may happen between two snapshots: so much makes one worth its while at a clean stop."""

_YIELD_ROWS = 4_096
_YIELD_SUBMISSIONS = 32


class Sequencer(Generic[CoreT]):
    """The writer of one journal and one core, in one event loop; only the disk and the replay have a thread."""

    def __init__(
        self,
        core: CoreT,
        journal: Journal,
        *,
        clock: Clock = system_clock,
        operator: str = "operator",
        limits: Limits | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        """`core` is fresh, `journal` open for writing; `operator` names participant 1 of a journal that is empty.

        `snapshots`: of this core; without them every start replays the whole journal.
        """
        self.core = core
        self.limits = limits or Limits()
        self.stopped = asyncio.Event()
        self._journal = journal
        self._clock = clock
        self._operator = operator
        self._trail = Trail(Feed(self.limits.feed_events))
        self._history = History(journal.store)
        self._judged_number = 0
        self._snapshots = snapshots
        self._keeping: asyncio.Task[None] | None = None
        self._checkpoint: Checkpoint | None = None
        self._checkpointed_number = 0
        self._noted = (0, 0)
        self.replayed_after = 0
        """The batch after which the replay of the start began: that of the snapshot used; 0: all was replayed."""
        self._queue: deque[Submission] = deque()
        self._queued_rows = 0
        self._arrived = asyncio.Event()
        self._durable: asyncio.Queue[list[Submission] | None] = asyncio.Queue(maxsize=1)
        self._waiting: set[Submission] = set()
        self._reason: str | None = "The sequencer was not started."
        self._stopping = False
        self._closed = False
        self._tasks: list[asyncio.Task[None]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    # -- for those who send and follow ---------------------------------------------------------------------------

    async def submit(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Answer:
        """Records and judges a batch of rows of one table, and answers once both are done.

        `rows`: 1-d array of `engine.commands.ROWS[table]`, not to be changed until the answer comes; `actor` is put
        there by the edge. Raises Malformed, QueueFull, KeyReused (nothing was recorded) or Stopped. A caller who goes
        away does not undo a submission.
        """
        if self._reason is not None:
            raise Stopped(self._reason)
        if self._stopping:
            raise Stopped("The server is stopping; nothing of this submission was recorded.")
        keys = check_submission(table, rows, text)
        if len(self._queue) >= self.limits.queue_batches:
            raise QueueFull(len(self._queue), self.limits.queue_batches, "batches")
        if self._queued_rows + len(rows) > self.limits.queue_rows:
            raise QueueFull(self._queued_rows, self.limits.queue_rows, "rows")
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        submission = Submission(table, rows, text, keys, answered)
        self._queue.append(submission)
        self._queued_rows += len(rows)
        self._waiting.add(submission)
        self._arrived.set()
        return await answered

    def subscribe(self, from_sequence: int) -> Subscription:
        """Events from `from_sequence` on, as they happen. Raises TooOld(first_available) or Malformed."""
        return self._trail.feed.subscribe(from_sequence)

    @property
    def first_available(self) -> int:
        """The oldest event a subscription can begin with."""
        return self._trail.feed.first_available

    @property
    def failure(self) -> str | None:
        """Why the writer takes no submissions; None while it does. `stopped` is set when it never will again."""
        return self._reason

    @property
    def durable_through(self) -> int:
        """The last batch that is on the disk and anchored."""
        return self._journal.head.number

    @property
    def queue_depth(self) -> tuple[int, int]:
        """Batches and rows that wait to be written."""
        return len(self._queue), self._queued_rows

    # -- start and stop ------------------------------------------------------------------------------------------

    async def start(self, progress: Progress | None = None) -> None:
        """Checks and replays the whole journal, then takes submissions; an empty journal first gets its operator.

        `progress(done, all)` is called from another thread. Raises JournalError: damaged, different, or a batch that
        makes the core fail, each with the number of the batch; nothing was changed then.
        """
        load = None if self._snapshots is None else self._snapshots.load
        base = await self._in_thread(
            lambda: recover(self._journal, self.core, self._trail, self._clock, progress, load)
        )
        number = self._judged_number = self._trail.number
        noted = await self._in_thread(lambda: self._journal.store.checkpoint(number)) is not None
        self._checkpointed_number = number if noted else number - 1
        self.replayed_after, self._noted = base.head.number, (base.head.number, base.rows)
        self._note_progress(number, self._trail.rows, self._journal.head.chain)
        self._reason = None
        for stage in (self._commit_stage(), self._judge_stage()):
            task = asyncio.create_task(stage)
            task.add_done_callback(self._stage_ended)
            self._tasks.append(task)
        if self._trail.number == 0:
            await self._register_operator()

    async def stop(self) -> None:
        """Answers everything that waits, writes the state digest, closes journal and feed. Later submissions: Stopped.

        After a failure it only closes, and leaves the files as they are. May be called twice.
        """
        if self._closed:
            return
        self._closed = self._stopping = True
        self._arrived.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        healthy = self._reason is None
        try:
            if healthy:
                self._reason = "The server has stopped."
                await self._note_end()
        finally:
            if self._snapshots is not None:
                self._snapshots.close()
            self._trail.feed.close("")
            self.stopped.set()
            await self._in_thread(self._journal.close)
            self._thread.shutdown()

    async def _register_operator(self) -> None:
        name = self._operator.encode()
        rows = rows_of(Table.PARTICIPANTS, 1)
        rows["participant_class"] = ParticipantClass.OPERATOR
        rows["text_length"] = len(name)
        answer = await self.submit(Table.PARTICIPANTS, rows, name)
        outcome = Outcome(int(answer.outcomes[0]))
        if outcome is not Outcome.ACCEPTED:
            raise Malformed([f"the operator {self._operator!r} cannot be registered: {outcome.name}"])

    def _stage_ended(self, task: asyncio.Task[None]) -> None:
        """A stage that ends with an exception stops the writer: everybody who waits is told why."""
        error = None if task.cancelled() else task.exception()
        if error is None or self._reason is not None:
            return
        self.fail(str(error) if isinstance(error, JournalError) else f"{type(error).__name__}: {error}")

    def fail(self, detail: str) -> None:
        """Stops the writer for good: everybody who waits, and everybody who comes later, is told why."""
        if self._reason is not None:
            return
        self._reason = f"The writer has stopped. {detail}"
        for other in self._tasks:
            other.cancel()
        for submission in self._waiting:
            submission.refuse(Stopped(self._reason))
        self._waiting.clear()
        self._queue.clear()
        self._queued_rows = 0
        self._trail.feed.close(self._reason)
        self.stopped.set()

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # -- stages 2 and 3: admit and commit ------------------------------------------------------------------------

    async def _commit_stage(self) -> None:
        """Gathers, admits and writes, then hands what is durable to the other stage."""
        while submissions := await self._gather():
            group: list[Submission] = []
            spans: list[KeySpan] = []
            for submission in submissions:
                try:
                    spans += await self._admit(submission)
                except (KeyReused, Malformed) as error:
                    submission.refuse(error)
                    self._waiting.discard(submission)
                else:
                    group.append(submission)
            made = [submission.sequenced for submission in group if submission.sequenced is not None]
            if made:
                records = await self._write([sequenced.entry for sequenced in made], spans)
                for sequenced, record in zip(made, records, strict=True):
                    sequenced.chain = record.chain
            await self._durable.put(group)
            if submissions[-1].table is Table.SESSIONS:
                # Who owns a session must be known before rows in it are admitted.
                await self._durable.join()
        await self._durable.put(None)

    async def _gather(self) -> list[Submission]:
        """Everything that waits, up to the limit of a commit; a batch that opens sessions ends a group.

        Empty when the writer is stopping and nothing waits.
        """
        while not self._queue:
            if self._stopping:
                return []
            self._arrived.clear()
            await self._arrived.wait()
        gathered: list[Submission] = []
        rows = 0
        while self._queue and (not gathered or rows + len(self._queue[0].rows) <= self.limits.group_rows):
            submission = self._queue.popleft()
            gathered.append(submission)
            rows += len(submission.rows)
            if submission.table is Table.SESSIONS:
                break
        self._queued_rows -= rows
        return gathered

    async def _admit(self, submission: Submission) -> list[KeySpan]:
        """Tells repeats from new rows and makes a batch of the new ones; returns the spans of their ids.

        Raises KeyReused or Malformed: then nothing of the submission is recorded.
        """
        keys = self._trail.register.owned(submission.keys)
        old = self._trail.register.old(keys)
        rows = submission.rows
        if old:
            await self._find_repeats(submission, old)
            rows = rows[submission.new_rows]
            if not len(rows):
                return []
            keys = self._trail.register.owned(keys_of(rows))
        entry = Entry(
            number=self._trail.number + 1,
            table=int(submission.table),
            time_ns=max(self._trail.time_ns, self._clock()),
            first_row=self._trail.rows + 1,
            row_count=len(rows),
            rows=rows.tobytes(),
            text=submission.text,
            rule_books_sha256=self._trail.rule_books_sha256(self._judged_number),
            judged=judged(self.core, self._judged_number),
        )
        try:
            submission.sequenced = Sequenced(entry, entry.batch())
        except MalformedBatch as error:
            raise Malformed([str(error)]) from error
        self._trail.advance(entry)
        spans = self._trail.register.spans(entry.number, keys)
        self._history.add(submission.sequenced, spans)
        return spans

    async def _find_repeats(self, submission: Submission, old: list[Keys]) -> None:
        table, rows, text = submission.table, submission.rows, submission.text
        found = await self._in_thread(lambda: self._history.find(table, rows, text, old))
        if found.different:
            positions = sorted(found.different)
            raise KeyReused(positions, [found.different[position] for position in positions])
        new = np.ones(len(rows), bool)
        for keys in old:
            new[keys.positions] = False
        if table in WHOLE_TEXT_TABLES:
            whole = len(found.repeats) == 1 and len(found.repeats[0].positions) == len(rows)
            if not whole or found.repeats[0].source.entry.row_count != len(rows):
                positions = np.flatnonzero(~new).tolist()
                raise KeyReused(positions, ["batch"] * len(positions))
        submission.repeats, submission.passed = found.repeats, found.passed
        submission.new_rows = np.flatnonzero(new)

    async def _write(self, entries: list[Entry], spans: list[KeySpan]) -> list[Record]:
        """One commit and the anchor; with them go answers and a digest that earlier batches left."""
        answers = self._history.unsaved_answers()
        checkpoint, self._checkpoint = self._checkpoint, None
        is_new = checkpoint is not None and checkpoint.number > self._checkpointed_number
        addition = Addition(spans=spans, answers=answers, checkpoints=[checkpoint] if checkpoint and is_new else [])
        records = await self._in_thread(lambda: self._journal.append(entries, addition))
        self._history.committed(answers)
        if checkpoint is not None:
            self._checkpointed_number = checkpoint.number
            if self._snapshots is not None:
                self._snapshots.committed(checkpoint.number)
        return records

    # -- stages 4 and 5: judge, publish and answer -----------------------------------------------------------------

    async def _judge_stage(self) -> None:
        """Judges what is durable, in order; now and then lets others use the loop."""
        while (group := await self._durable.get()) is not None:
            rows = submissions = 0
            for submission in group:
                self._judge(submission)
                rows, submissions = rows + len(submission.rows), submissions + 1
                if rows >= _YIELD_ROWS or submissions >= _YIELD_SUBMISSIONS:
                    rows = submissions = 0
                    await asyncio.sleep(0)
            self._durable.task_done()

    def _judge(self, submission: Submission) -> None:
        """Judges one submission's batch, if it made one; publishes the events and answers."""
        applied = None
        if submission.sequenced is not None:
            entry, batch = submission.sequenced.entry, submission.sequenced.batch
            try:
                applied = self.core.apply(batch)
            except Exception as error:
                raise BatchFailed(entry.number, error) from error
            submission.sequenced.answers = answers_of(entry.number, applied)
            self._judged_number = entry.number
            self._trail.observe(entry.number, batch, applied)
            self._note_progress(entry.number, entry.first_row + entry.row_count - 1, submission.sequenced.chain)
        self._waiting.discard(submission)
        submission.resolve(submission.answer(applied, self.core.next_sequence, self.durable_through))

    # -- digests and snapshots -------------------------------------------------------------------------------------

    def _note_progress(self, number: int, rows: int, chain: bytes) -> None:
        """Batch `number` was judged: takes a snapshot, or a digest only, when enough has happened since the last one.

        Without snapshots the digest is taken here; with them nothing stops but for the copying.
        """
        if self._since_noted(number, rows) < 1:
            return
        if self._snapshots is None:
            self._checkpoint = self._digest()
        elif self._snapshots.busy:
            return
        else:
            taken = self._snapshots.take(self._journal, self._trail, Head(number, chain), rows)
            self._keeping = asyncio.create_task(self._keep(self._snapshots, taken))
            self._keeping.add_done_callback(self._kept)
        self._noted = (number, rows)

    def _since_noted(self, number: int, rows: int) -> float:
        """How much has happened since the last snapshot or digest; 1: as much as may."""
        batches_max, rows_max = self.limits.checkpoint_batches, self.limits.checkpoint_rows
        return max((number - self._noted[0]) / batches_max, (rows - self._noted[1]) / rows_max)

    async def _keep(self, snapshots: Snapshots, taken: Taken) -> None:
        """Writes a snapshot aside; its digest goes with the next commit, after which it counts."""
        self._checkpoint = await snapshots.aside(lambda: snapshots.write(taken))

    def _kept(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self._snapshots is not None:
            self._snapshots.tell(f"no more snapshots are taken: {type(error).__name__}: {error}")

    async def _note_end(self) -> None:
        """The last digest, and a snapshot with it where the next start would be noticeably longer without."""
        await asyncio.gather(*([] if self._keeping is None else [self._keeping]), return_exceptions=True)
        await self._write([], [])
        number, snapshots = self._judged_number, self._snapshots
        if number <= self._checkpointed_number:
            return
        self._checkpoint = self._digest()
        if snapshots is not None and not snapshots.busy and self._since_noted(number, self._trail.rows) > _WORTH_IT:
            taken = snapshots.take(self._journal, self._trail, self._journal.head, self._trail.rows)
            await snapshots.aside(lambda: snapshots.write(taken, self._checkpoint))
        await self._write([], [])

    def _digest(self) -> Checkpoint:
        now = judged(self.core, self._judged_number)
        return Checkpoint(now.number, now.sequence, now.event_chain, self.core.digest())
