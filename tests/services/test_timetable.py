"""The timetable under an injected clock: days, a holiday, a worked weekend, restarts, halts by hand, unknown years."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from engine.capacity import SMALL
from engine.commands import ParticipantClass, Phase, Table, rows_of
from engine.core import Core
from engine.parameters import BY_KEY, Parameter
from engine.rules.compile import book_text, compiled_rows
from services.cli.main import call
from services.clock import SetClock
from services.errors import BadInput
from services.journal.journal import Journal
from services.rule_books.files import load_book
from services.rule_books.trading_days import trading_days
from services.sequencer import Sequencer
from services.timetable.plan import Incomplete, plan
from services.timetable.timetable import NAME, Step, Timetable
from tests.services.running import Running

BEIJING = timezone(timedelta(hours=8))
PICK, HALTED, CLOSED = "pick_list", "halted", "closed"


def at(text: str) -> int:
    """Nanoseconds of a time of day in Beijing."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp()) * 10**9


def told(step: Step) -> str:
    when = datetime.fromtimestamp(step.boundary_ns // 10**9, UTC).astimezone(BEIJING).strftime("%m-%d %H:%M")
    what = f"blocks {'on' if step.blocks else 'off'}" if step.phase is None else step.phase.name.lower()
    return f"{when} {what}"


class Day:
    """A venue with one instrument of a shipped book, and its timetable."""

    def __init__(self, sequencer: Sequencer[Core], clock: SetClock) -> None:
        self.sequencer, self.clock = sequencer, clock
        self.timetable = Timetable(sequencer, clock)

    async def until(self, text: str, every_minutes: int = 5) -> list[str]:
        """Lets time pass, looking every few minutes; what was done."""
        taken = []
        while self.clock.time_ns < at(text):
            self.clock.advance(min(every_minutes * 60 * 10**9, at(text) - self.clock.time_ns))
            taken += await self.timetable.tick()
        return [told(step) for step in taken]

    async def switch(self, phase: Phase) -> None:
        """By the operator's hand."""
        rows = rows_of(Table.PHASES, 1)
        rows["actor"], rows["instrument"], rows["phase"] = 1, 1, phase
        answer = await self.sequencer.submit(Table.PHASES, rows)
        assert not answer.outcomes[0]

    @property
    def phase(self) -> str:
        return self.sequencer.core.instruments()[0].phase.name.lower()


async def set_up(sequencer: Sequencer[Core], name: str) -> None:
    book = load_book(name)
    rows = compiled_rows(book, trading_days(book))
    rows["actor"] = 1
    await sequencer.submit(Table.RULE_BOOKS, rows, book_text(book.name, book.files))
    instrument = rows_of(Table.INSTRUMENTS, 1)
    instrument["actor"], instrument["rule_book"], instrument["text_length"] = 1, 1, 4
    instrument["tick_minor"], instrument["lot_units"] = 1, 1
    answer = await sequencer.submit(Table.INSTRUMENTS, instrument, b"UNIT")
    assert not answer.outcomes[0]


@asynccontextmanager
async def venue(folder: Path, clock: SetClock, book: str = "national_cea") -> AsyncIterator[Day]:
    sequencer = Sequencer(Core(SMALL), Journal.open(folder, clock=clock), clock=clock)
    await sequencer.start()
    try:
        if not sequencer.core.instruments():
            await set_up(sequencer, book)
        yield Day(sequencer, clock)
    finally:
        await sequencer.stop()


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Callable[[Path], Coroutine[Any, Any, None]]], None]:
    def run(story: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
        asyncio.run(story(tmp_path / "journal"))

    return run


DAY = ["09:30 pick_list", "11:30 halted", "13:00 pick_list", "13:00 blocks on", "15:00 blocks off", "15:00 closed"]


def test_days_with_a_holiday_and_a_worked_weekend(play: Any) -> None:
    """Mid-autumn 2021: Saturday the 18th is worked, Monday and Tuesday are off; an exchange trades on neither."""

    async def story(folder: Path) -> None:
        async with venue(folder, SetClock(at("2021-09-17 08:00"))) as day:
            assert await day.timetable.start() == []
            taken = await day.until("2021-09-22 23:00")
            assert taken == [f"09-{d} {line}" for d in (17, 22) for line in DAY]
            core = day.sequencer.core
            number = core.participant_by_name(NAME)
            assert number is not None
            assert number.participant_class is ParticipantClass.OPERATOR
            assert core.floor.last_switch(1)[1] == number.number

    play(story)


def test_a_restart_in_the_middle_of_a_day_does_nothing_twice_and_catches_up(play: Any) -> None:
    async def story(folder: Path) -> None:
        clock = SetClock(at("2021-09-17 08:00"))
        async with venue(folder, clock) as day:
            await day.timetable.start()
            assert await day.until("2021-09-17 10:00") == ["09-17 09:30 pick_list"]
        async with venue(folder, clock) as day:
            await day.timetable.start()
            assert await day.until("2021-09-17 11:00") == []
        clock.time_ns = at("2021-09-17 14:10")
        async with venue(folder, clock) as day:
            await day.timetable.start()
            taken = await day.until("2021-09-17 14:15")
            assert taken == ["09-17 13:00 blocks on"], "listing trades already: nobody was there to halt it at noon"
            assert day.phase == PICK
        clock.time_ns = at("2021-09-22 09:40")
        async with venue(folder, clock) as day:
            await day.timetable.start()
            taken = await day.until("2021-09-22 09:45")
            assert taken == ["09-22 00:00 closed", "09-22 09:30 pick_list"], "the day that was left open ends first"
            assert day.phase == PICK

    play(story)


def test_a_halt_by_hand_stands_until_the_day_ends(play: Any) -> None:
    async def story(folder: Path) -> None:
        async with venue(folder, SetClock(at("2021-09-17 08:00"))) as day:
            await day.timetable.start()
            await day.until("2021-09-17 10:00")
            await day.switch(Phase.HALTED)
            assert await day.until("2021-09-17 14:00") == ["09-17 13:00 blocks on"]
            assert day.phase == HALTED
            await day.switch(Phase.PICK_LIST)
            assert await day.until("2021-09-17 15:30") == ["09-17 15:00 blocks off", "09-17 15:00 closed"]

    play(story)


def test_an_early_close_by_hand_stands_until_the_next_boundary(play: Any) -> None:
    async def story(folder: Path) -> None:
        async with venue(folder, SetClock(at("2021-09-17 08:00"))) as day:
            await day.timetable.start()
            await day.until("2021-09-17 14:00")
            await day.switch(Phase.CLOSED)
            assert await day.until("2021-09-17 16:00") == ["09-17 15:00 blocks off"]
            assert day.phase == CLOSED

    play(story)


def test_a_day_that_nobody_looked_up_stops_the_start_and_the_server(play: Any) -> None:
    """The book is confirmed up to August 2023."""

    async def story(folder: Path) -> None:
        clock = SetClock(at("2023-08-31 08:00"))
        async with venue(folder, clock) as day:
            await day.timetable.start()

            async def next_day(_: float) -> None:
                clock.advance(3_600 * 10**9)

            await day.timetable.run(next_day)
            assert "no trading days are known for 2023-09-01" in str(day.sequencer.failure)
            assert day.phase == CLOSED
        with pytest.raises(BadInput, match="no trading days are known for 2023-09-01"):
            async with venue(folder, clock) as day:
                await day.timetable.start()

    play(story)


def test_an_instrument_without_sessions_is_switched_by_hand(play: Any) -> None:
    async def story(folder: Path) -> None:
        async with venue(folder, SetClock(at("2020-09-17 08:00")), "shenzhen_spot") as day:
            assert await day.timetable.start() == ["UNIT"]
            assert await day.until("2020-09-18 08:00", every_minutes=60) == []

    play(story)


CALLS = {
    "trading.mode": 2,
    "trading.calendar": 1,
    "trading.session_1_opens": 570,
    "trading.session_1_closes": 690,
    "trading.session_2_opens": 780,
    "trading.session_2_closes": 900,
    "trading.opening_call_opens": 555,
    "trading.opening_call_firm": 560,
    "trading.closing_call_opens": 897,
    "trading.closing_call_firm": 899,
}


def rules(values: dict[str, int]) -> Callable[[Parameter], int | None]:
    return lambda parameter: next((value for key, value in values.items() if BY_KEY[key] == parameter), None)


def test_calls_stand_before_and_at_the_end_of_sessions() -> None:
    day = [(boundary.minute, boundary.phase) for boundary in plan(rules(CALLS), 18_000)]
    assert day == [
        (555, Phase.OPENING_CALL),
        (560, Phase.FIRM_CALL),
        (570, Phase.CONTINUOUS),
        (690, Phase.HALTED),
        (780, Phase.CONTINUOUS),
        (897, Phase.CLOSING_CALL),
        (899, Phase.FIRM_CALL),
        (900, Phase.CLOSED),
    ]


def test_a_venue_elsewhere_says_its_clock() -> None:
    one = {key: CALLS[key] for key in ("trading.mode", "trading.session_1_opens", "trading.session_1_closes")}
    (opens, closes) = plan(rules({**one, "trading.calendar": 2, "trading.clock": 112}), 0)
    assert (opens.time_ns, closes.phase) == ((570 - 720) * 60 * 10**9, Phase.CLOSED)


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        (
            {"trading.session_1_opens": 570},
            ["does not say trading.mode", "does not say trading.session_1_closes", "does not say trading.calendar"],
        ),
        ({**CALLS, "trading.session_2_closes": None}, ["does not say trading.session_2_closes"]),
        ({**CALLS, "trading.calendar": 2}, ["does not say trading.clock"]),
        (
            {**CALLS, "trading.session_2_opens": 690},
            ["trading.session_2_opens is not after trading.session_1_closes"],
        ),
    ],
)
def test_sessions_that_make_no_day_are_told_all_at_once(values: dict[str, int], faults: list[str]) -> None:
    with pytest.raises(Incomplete) as found:
        plan(rules(values), 18_000)
    assert found.value.faults == faults


def test_the_command_shows_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["rules", "timetable", "national_cea", "--on", "2021-09-17"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2021-09-17 Friday: a trading day"
    assert [line.replace("  ", " ") for line in shown[1:]] == DAY
    assert call(["rules", "timetable", "national_cea", "--on", "2021-09-18", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == []


@pytest.mark.parametrize(
    ("book", "day", "said"),
    [
        ("shenzhen_spot", "2020-09-17", "has no sessions"),
        ("national_cea", "2024-09-17", "no trading days are known for 2024-09-17"),
    ],
)
def test_the_command_says_why_there_is_no_day(
    book: str, day: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["rules", "timetable", book, "--on", day]) == 2
    assert said in capsys.readouterr().err


def test_a_server_follows_its_timetable_from_the_start(tmp_path: Path) -> None:
    """Its book's time is long past: instruments with sessions stop the start, those without are named."""
    running = Running(tmp_path / "journal")
    with running.client() as client:
        ops = client.open_session("set-up")
        ops.define_instrument("NZU", ops.adopt_rule_book("nz_spot"), tick_minor=1, lot_units=1)
    running.stop()
    running = Running(tmp_path / "journal", timetable=True)
    assert running.ask(lambda server: server.switched_by_hand) == ["NZU"]
    assert running.ask(lambda server: server.core.participant_by_name(NAME) is not None)
    with running.client() as client:
        ops = client.open_session("set-up")
        ops.define_instrument("CEA", ops.adopt_rule_book("national_cea"), tick_minor=1, lot_units=1)
    assert "no trading days are known" in running.do(stopped(running))
    running.stop()
    with pytest.raises(BadInput, match="instrument CEA: no trading days are known"):
        Running(tmp_path / "journal", timetable=True)


async def stopped(running: Running) -> str:
    """Why a server stopped, once it has."""
    await asyncio.wait_for(running.server.wait_until_stopped(), 60)
    return running.server.sequencer.failure or ""
