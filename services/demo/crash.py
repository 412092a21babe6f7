"""Scene E: the tape of scene D, with the server killed twice on the way (SIGKILL, no time to tidy up).

The first time nothing is under way: after the restart sequence and state digest are the very same, and batches sent
again under their own request ids get their first answer and change nothing. The second time orders are under way: their
client gets no answer, keeps asking under the same ids, and goes on when the server is back. Whether the lost answer
belonged to a recorded batch or not, everything happens exactly once: the tape at the end shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.demo.process import ServerProcess
from services.demo.tape import Run, TapeDifference, TapePlayer, runs, tape_difference
from services.demo.venue import Venue
from services.reports.curves import Trade

CALM_AT, BUSY_AT = 0.5, 0.75
"""After which shares of the tape the server is killed: with nothing under way, and with orders under way."""

SENT_AGAIN = 10
"""How many of the last batches are sent again after the first restart."""

_UNDER_WAY_S = 0.002


@dataclass(frozen=True)
class Kill:
    """One SIGKILL and what was there after the restart.

    `acknowledged` trades had been answered before it, `kept` are on the public tape afterwards. Of the batches sent
    again, `repeated_rows` rows were told "recorded before".
    """

    acknowledged: int
    kept: int
    digest_before: str
    digest_after: str
    sequence_before: int
    sequence_after: int
    rows_sent_again: int
    repeated_rows: int
    restart_s: float


@dataclass(frozen=True)
class SessionOutcome:
    """How the session ended. `out` are (price in ticks, quantity in lots) from the public tape."""

    trades: tuple[Trade, ...]
    out: tuple[tuple[int, int], ...]
    batches: int
    calm: Kill
    busy: Kill
    digest: str
    difference: TapeDifference | None

    @property
    def problems(self) -> list[str]:
        """What did not hold, in words; empty when all is well."""
        found = []
        if self.difference is not None:
            place, expected, got = self.difference.place, self.difference.expected, self.difference.found
            found.append(f"trade {place} of the tape: {expected} went in, {got} came out")
        if self.calm.digest_after != self.calm.digest_before:
            found.append(f"the digest was {self.calm.digest_before}, after the restart {self.calm.digest_after}")
        if self.calm.repeated_rows != self.calm.rows_sent_again:
            found.append(f"of {self.calm.rows_sent_again} rows sent again {self.calm.repeated_rows} were recognised")
        return found + [
            f"{kill.acknowledged} trades were acknowledged, {kill.kept} are there after the restart"
            for kill in (self.calm, self.busy)
            if kill.kept < kill.acknowledged
        ]


async def play(
    venue: Venue, server: ServerProcess, trades: Sequence[Trade], on_trades: Callable[[int], None]
) -> SessionOutcome:
    """The whole tape, with both kills; calls `on_trades` with the number of trades done since the last call."""
    player = await TapePlayer.prepare(venue, trades)
    cut = runs([trade.price_ticks for trade in trades])
    calm_at, busy_at = (_run_at(cut, int(share * len(trades))) for share in (CALM_AT, BUSY_AT))
    kills: dict[int, Kill] = {}
    for number, run in enumerate(cut):
        if number == busy_at:
            kills[number] = await _kill_busy(server, player, run)
        else:
            if number == calm_at:
                kills[number] = await _kill_calm(server, player, run.start)
            await player.play(run)
        on_trades(run.end - run.start)
    out = await player.tape()
    return SessionOutcome(
        trades=tuple(trades),
        out=out,
        batches=len(player.sent),
        calm=kills[calm_at],
        busy=kills[busy_at],
        digest=(await venue.operator.state()).digest,
        difference=tape_difference(trades, out),
    )


def _run_at(cut: Sequence[Run], place: int) -> int:
    return next(number for number, run in enumerate(cut) if run.end > place)


async def _kill_calm(server: ServerProcess, player: TapePlayer, acknowledged: int) -> Kill:
    """Kills the server between two batches, starts it, and sends the last batches again."""
    before = await player.venue.operator.state()
    await server.kill()
    ready = await server.start()
    answers = [await player.send_again(sent) for sent in player.sent[-SENT_AGAIN:]]
    after = await player.venue.operator.state()
    return Kill(
        acknowledged=acknowledged,
        kept=len(await player.tape()),
        digest_before=before.digest,
        digest_after=after.digest,
        sequence_before=before.last_sequence,
        sequence_after=after.last_sequence,
        rows_sent_again=sum(len(answer.accepted) for answer in answers),
        repeated_rows=sum(int((answer.repeated & answer.accepted).sum()) for answer in answers),
        restart_s=ready["ready_after_ms"] / 1_000,
    )


async def _kill_busy(server: ServerProcess, player: TapePlayer, run: Run) -> Kill:
    """Kills the server while a run is under way, and starts it; the client of the run helps itself."""
    before = await player.venue.operator.state()
    under_way = asyncio.create_task(player.play(run))
    await asyncio.sleep(_UNDER_WAY_S)
    await server.kill()
    ready = await server.start()
    sent = await under_way
    return Kill(
        acknowledged=run.end,
        kept=len(await player.tape()),
        digest_before=before.digest,
        digest_after=ready["digest"],
        sequence_before=before.last_sequence,
        sequence_after=ready["last_sequence"],
        rows_sent_again=sum(len(one.answer.accepted) for one in sent),
        repeated_rows=sum(int(one.answer.repeated.sum()) for one in sent),
        restart_s=ready["ready_after_ms"] / 1_000,
    )


def trades_out(outcome: SessionOutcome) -> list[Trade]:
    """What came out, with the times of the tape that went in (the venue stamps its own)."""
    return [
        Trade(trade.time, price_ticks, quantity_lots)
        for trade, (price_ticks, quantity_lots) in zip(outcome.trades, outcome.out, strict=True)
    ]
