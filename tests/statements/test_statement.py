"""`jingjia journal statement`: it closes with the account, at any event, in every form; and it says what is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.capacity import SMALL
from engine.commands import Fact, ParticipantClass, RoundAction, Side, Table
from engine.core import Core
from engine.events import EventKind
from engine.ledger.postings import CASH_ASSET, Pocket
from engine.ledger.statement import Line
from engine.words.units import UnitStep, UnitType
from services.audit.reading import Reading
from services.cli.main import call
from services.errors import CheckFailed
from services.reports import fonts
from services.reports.pages import visible_text
from services.statements import following, words
from tests.core.venue import CONSIGNED, OPERATOR, Key, Venue
from tests.golden.recording import record

EMITTER, BUYER = 2, 3
NAMES = {OPERATOR: "operator", EMITTER: "排放单位", BUYER: "买方"}
SZEA = 1
DAY_NS = 86_400_000_000_000
POCKETS = ("available", "held", "locked", "unsettled", "pledged", "surrender only")


def story() -> Venue:
    """Orders and a trade, a round of consigned units for surrender only, with fees; a pledge, a surrender."""
    rules: dict[Key, int | str] = {
        **CONSIGNED,
        "use.compliance_only": 1,
        "fee.seller_share": 10_000,
        ("pledge.allowed", ParticipantClass.KEY_EMITTER): 1,
    }
    venue = Venue(SMALL)
    venue.instrument("SZEA-2024", venue.adopt(rules))
    venue.register(NAMES[EMITTER], ParticipantClass.KEY_EMITTER)
    venue.register(NAMES[BUYER], ParticipantClass.INSTITUTION)
    venue.send(Table.UNIT_TYPES, [{"instrument": SZEA, "unit_type": UnitType.ALLOWANCE, "vintage": 2024}])
    step(venue, UnitStep.ISSUE, OPERATOR, 5_000, participant=EMITTER, year=2024)
    venue.deposit_cash(BUYER, 10**9)
    venue.order(EMITTER, Side.SELL, 5_000, 100)
    venue.order(BUYER, Side.BUY, 5_010, 140)
    venue.time_ns += DAY_NS
    number = venue.round("第一轮", 1)
    venue.consign(number, EMITTER, 200)
    venue.act(number, RoundAction.OPEN)
    venue.bid(number, BUYER, 1_200, 150)
    venue.act(number, RoundAction.CLOSE)
    venue.act(number, RoundAction.CLEAR)
    step(venue, UnitStep.PLEDGE, EMITTER, 1_000, participant=BUYER)
    for participant in (EMITTER, BUYER):
        venue.fact(participant, Fact.EMISSIONS, 2024, 170)
        step(venue, UnitStep.SURRENDER, participant, 170, year=2024)
    step(venue, UnitStep.RETIRE, EMITTER, 5)
    return venue


def step(venue: Venue, code: UnitStep, actor: int, lots: int, **columns: int) -> None:
    row = {**venue.key(actor), "step": code, "instrument": SZEA, "quantity_lots": lots, **columns}
    venue.send(Table.UNIT_STEPS, [row], actor=actor)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Core]:
    """The story's journal, and its core."""
    folder = tmp_path_factory.mktemp("statement") / "journal"
    return folder, record(folder, story)


@pytest.fixture
def journal(told: tuple[Path, Core]) -> Path:
    return told[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = call(["journal", "statement", *map(str, arguments), "--capacity", "small"])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def found(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)  # type: ignore[no-any-return]


def amounts(statement: dict[str, Any], column: str) -> dict[tuple[str, str], int]:
    """Opening or closing amounts by (asset, pocket); what is 0 is left out."""
    return {
        (part["asset"], row["pocket"]): row[column]
        for part in statement["assets"]
        for row in part["pockets"]
        if row[column]
    }


def account(core: Core, participant: int) -> dict[tuple[str, str], int]:
    """The account as the core has it."""
    cash = core.cash(participant)
    has = {("cash", "available"): cash.available_minor, ("cash", "held"): cash.held_minor}
    for view in core.holdings(participant):
        lots = (view.available_lots, view.held_lots, view.locked_lots)
        lots += (view.unsettled_lots, view.pledged_lots, view.compliance_lots)
        has |= {("SZEA-2024", pocket): amount for pocket, amount in zip(POCKETS, lots, strict=True)}
    return {place: amount for place, amount in has.items() if amount}


@pytest.mark.parametrize("participant", NAMES)
def test_a_statement_closes_with_the_account(
    told: tuple[Path, Core], participant: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, core = told
    statement = found(capsys, folder, "--account", NAMES[participant])
    assert statement["last_sequence"] == core.next_sequence - 1
    assert amounts(statement, "opening") == {}
    assert amounts(statement, "closing") == account(core, participant)


def test_every_event_is_a_good_place_to_end_and_to_go_on(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = found(capsys, journal, "--account", NAMES[EMITTER])
    for cut in range(8, whole["last_sequence"], 3):
        first = found(capsys, journal, "--account", NAMES[EMITTER], "--at", cut)
        rest = found(capsys, journal, "--account", NAMES[EMITTER], "--from-seq", cut + 1)
        assert amounts(first, "closing") == amounts(rest, "opening")
        assert amounts(rest, "closing") == amounts(whole, "closing")
        assert _lines(first) + _lines(rest) == _lines(whole)


def _lines(statement: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All lines in one order, whichever asset they are of."""
    lines = [
        (line["sequence"], part["asset"], *line.values()) for part in statement["assets"] for line in part["lines"]
    ]
    return sorted(lines, key=lambda line: line[:2])


def test_lines_add_up_to_their_balances(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = found(capsys, journal, "--account", NAMES[BUYER], "--from-seq", 20)
    running = dict(amounts(statement, "opening"))
    for part in statement["assets"]:
        for line in part["lines"]:
            place = part["asset"], line["pocket"]
            running[place] = running.get(place, 0) + line["change"]
            assert running[place] == line["balance"]
    assert {place: amount for place, amount in running.items() if amount} == amounts(statement, "closing")


def test_a_trade_names_its_counterparty(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = found(capsys, journal, "--account", NAMES[EMITTER])
    cash = next(part for part in statement["assets"] if part["asset"] == "cash")
    trade = next(line for line in cash["lines"] if line["description"] == "Trade")
    assert (trade["counterparty"], trade["change"], trade["pocket"]) == (NAMES[BUYER], 500_000, "available")
    fee = next(line for line in cash["lines"] if line["description"] == "Fee")
    assert (fee["counterparty"], fee["change"]) == ("operator", -1_800)


def test_all_accounts_sum_to_zero(told: tuple[Path, Core], capsys: pytest.CaptureFixture[str]) -> None:
    folder, core = told
    for at in (core.next_sequence - 1, 30, 15):
        trial = found(capsys, folder, "--all", "--at", at)
        assert trial["assets"]
        assert [part["total"] for part in trial["assets"]] == [0] * len(trial["assets"])
    issued = {row["account"]: row["total"] for row in found(capsys, folder, "--all")["assets"][1]["accounts"]}
    assert issued == {NAMES[EMITTER]: 4_575, NAMES[BUYER]: 80, "outside the venue": -4_655}


def test_the_files_say_the_same(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, page = tmp_path / "statement.csv", tmp_path / "statement.html"
    statement = found(capsys, journal, "--account", NAMES[BUYER], "--csv", table, "--html", page)
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"))))
    closing = {(row["asset"], row["pocket"]): int(row["balance"]) for row in rows if row["description"] == "Closing"}
    assert {place: amount for place, amount in closing.items() if amount} == amounts(statement, "closing")
    assert sum(1 for row in rows if row["sequence"]) == len(_lines(statement))
    text = page.read_text("utf-8")
    for word in ("账户对账单", "Statement of account", NAMES[BUYER], "清缴", "Surrendered", "仅限履约", "竞价交收"):
        assert word in text
    assert "<script" not in text
    assert run(capsys, journal, "--all", "--csv", table, "--html", page)[0] == 0
    assert "试算平衡表" in page.read_text("utf-8")
    assert [
        row["amount"] for row in csv.DictReader(io.StringIO(table.read_text())) if row["account"] == "sum of all"
    ] == [
        "0",
        "0",
    ]


def test_the_font_has_every_word() -> None:
    said = [*words.POCKET.values(), *words.COUNTER_ACCOUNT.values(), words.OWN_ACCOUNT, *words.DESCRIPTION.values()]
    said += [*words.MOVED.values(), *words.TABLE.values()]
    characters = visible_text("".join(text.zh + text.en for text in said))
    assert fonts.missing(characters) == []


def test_every_posting_has_a_description() -> None:
    for kind in words.DESCRIPTION:
        line = Line(1, 0, 1, 0, int(Table.ORDERS), int(kind), 0, 0, Pocket.AVAILABLE, 1, 1, 1)
        assert words.description(line).zh != words.description(line).en
    for moved in words.MOVED:
        line = Line(1, 0, 1, 0, int(Table.UNIT_STEPS), int(EventKind.UNITS_MOVED), int(moved), 0, Pocket.HELD, 1, 1, 1)
        assert words.description(line) == words.MOVED[moved]


@pytest.mark.parametrize(
    ("posted", "shown"),
    [
        ({}, {}),
        ({(Pocket.AVAILABLE, CASH_ASSET): 5}, {(Pocket.AVAILABLE, CASH_ASSET): 5}),
        (
            {(Pocket.AVAILABLE, CASH_ASSET): -5, (Pocket.UNSETTLED, CASH_ASSET): 8, (Pocket.HELD, CASH_ASSET): 2},
            {(Pocket.UNSETTLED, CASH_ASSET): 3, (Pocket.HELD, CASH_ASSET): 2},
        ),
        ({(Pocket.AVAILABLE, CASH_ASSET): -5, (Pocket.UNSETTLED, CASH_ASSET): 5}, {}),
    ],
)
def test_proceeds_used_before_their_day_are_shown_as_the_core_shows_them(
    posted: dict[tuple[Pocket, int], int], shown: dict[tuple[Pocket, int], int]
) -> None:
    assert following.as_shown(posted) == shown


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "--account"),
        (["--account", "买方", "--all"], "--account"),
        (["--account", "nobody"], "no participant 'nobody'"),
        (["--account", "买方", "--at", "9999"], "event 9999 is not there"),
        (["--account", "买方", "--from-seq", "9999"], "event 9999 is not there"),
        (["--account", "买方", "--at", "5", "--to-seq", "6"], "--at stands alone"),
        (["--account", "买方", "--from-seq", "9", "--to-seq", "8"], "before it begins"),
        (["--all", "--from-seq", "9"], "--from-seq"),
        (["--account", "买方", "--csv", "/nowhere/at/all.csv"], "/nowhere/at/all.csv"),
    ],
)
def test_bad_input_is_told(
    journal: Path, arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, journal, *arguments)
    assert (code, out) == (2, "")
    assert problem in err


def test_postings_that_do_not_come_to_the_account_are_noticed(
    journal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    places = following.core_places

    def with_more(core: Core, participant: int) -> dict[tuple[Pocket, int], int]:
        has = places(core, participant)
        return {**has, (Pocket.AVAILABLE, SZEA): has.get((Pocket.AVAILABLE, SZEA), 0) + 1}

    monkeypatch.setattr(following, "core_places", with_more)
    code, _, err = run(capsys, journal, "--account", NAMES[BUYER])
    assert code == 1
    assert "come to" in err
    with Reading(journal, SMALL) as reading, pytest.raises(CheckFailed):
        following.follow(reading, BUYER)
