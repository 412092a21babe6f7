"""The report of a day: every figure beside one that is added up here, by hand or from the events."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from engine.capacity import SMALL
from engine.commands import Phase
from engine.core import Core
from engine.events import EventKind
from services.cli.main import call
from services.journal.journal import Journal
from services.journal.replay import replay
from tests.golden.recording import record
from tests.golden.whole import DAY, DAY_NS, ZONE_NS, tell_whole


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("days") / "journal"
    record(folder, tell_whole)
    return folder


@pytest.fixture(scope="module")
def reported(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("report") / "2026-03-02"
    assert call(["journal", "report", str(journal), str(into), "--day", "2026-03-02", "--capacity", "small"]) == 0
    return into


@pytest.fixture(scope="module")
def found(reported: Path) -> dict:
    return json.loads((reported / "day.json").read_text())


def trades_of_the_day(journal: Path) -> tuple[list, list, int]:
    """Prices and parties of all trades of 2 March, out of the events; the rows refused on that day."""
    core, reading = Core(SMALL), Journal.open_for_reading(journal)
    begin = DAY * DAY_NS - ZONE_NS
    trades, refused = [], 0
    for step in replay(reading, core):
        if not begin <= step.entry.time_ns < begin + DAY_NS:
            continue
        refused += int((step.applied.outcomes != 0).sum())
        for event in step.applied.events:
            kind = EventKind(int(event["kind"]))
            if kind not in (EventKind.TRADE, EventKind.CALL_TRADE, EventKind.BLOCK_TRADED):
                continue
            parties = int(event["participant"]), int(event["counterparty"])
            if kind is not EventKind.CALL_TRADE and event["side"] == 2:
                parties = parties[::-1]
            trades.append((kind, int(event["price_ticks"]), int(event["quantity_lots"]), *parties))
    reading.close()
    names = [one.name for one in core.participants()]
    return trades, names, refused


def test_prices_volumes_and_turnover_are_those_of_the_events(journal: Path, found: dict) -> None:
    trades, _, refused = trades_of_the_day(journal)
    priced = [price for kind, price, *_ in trades if kind is not EventKind.BLOCK_TRADED]
    szea = found["instruments"][0]
    shown = [szea[name] for name in ("open", "high", "low", "close")]
    assert shown == [f"{price / 100:.2f}" for price in (priced[0], max(priced), min(priced), priced[-1])]
    assert szea["trades"] == len(trades)
    assert szea["units"] == sum(lots for _, _, lots, *_ in trades)
    assert szea["turnover"] == f"{sum(price * lots for _, price, lots, *_ in trades) / 100:.2f}"
    assert {mode: figures["trades"] > 0 for mode, figures in szea["by_mode"].items()} == dict.fromkeys(
        ("continuous", "call", "block"), True
    )
    assert sum(row["rows"] for row in found["refusals"]) == refused > 0


def test_concentration_is_worked_out_again(journal: Path, found: dict) -> None:
    trades, names, _ = trades_of_the_day(journal)
    for side, place in (("buy", 3), ("sell", 4)):
        lots: Counter[int] = Counter()
        for trade in trades:
            lots[trade[place]] += trade[2]
        whole = sum(lots.values())
        one = next(one for one in found["instruments"][0]["concentration"] if one["side"] == side)
        index = sum(Fraction(100 * quantity, whole) ** 2 for quantity in lots.values())
        assert abs(one["herfindahl"] - index) <= Fraction(1, 2)
        best = sorted(lots.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        assert [(share["participant"], share["units"]) for share in one["largest"]] == [
            (names[who - 1], quantity) for who, quantity in best
        ]


def test_phases_halts_and_blocks_are_told(found: dict) -> None:
    szea = found["instruments"][0]
    assert [phase for _, phase in szea["phases"]] == [
        phase.name.lower()
        for phase in (
            Phase.OPENING_CALL, Phase.FIRM_CALL, Phase.CONTINUOUS, Phase.HALTED, Phase.CONTINUOUS,
            Phase.CLOSING_CALL, Phase.CLOSED,
        )
    ]  # fmt: skip
    assert szea["phases"][0][0] == "09:15:00"
    assert (szea["halts"], szea["halted_minutes"]) == (1, 90)
    assert [(b["buyer"], b["seller"], b["price"], b["units"]) for b in found["blocks"]] == [
        ("成员4", "成员9", "94.80", 500)
    ]


def test_the_largest_holder_comes_first_and_all_holders_make_the_whole(found: dict) -> None:
    holders = found["instruments"][0]["holders"]
    units = [holder["units"] for holder in holders]
    assert units == sorted(units, reverse=True)
    assert sum(float(holder["per_cent"]) for holder in holders) == pytest.approx(100, abs=0.05)


def test_the_page_stands_alone_and_speaks_both_languages(reported: Path, found: dict) -> None:
    page = (reported / "day.html").read_text()
    assert "监管日报" in page
    assert "Concentration of trades" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("data:image/png;base64") == 2
    assert found["state_digest"] in page
    rows = list(csv.DictReader(io.StringIO((reported / "day.csv").read_text())))
    close = [
        row["value"] for row in rows if (row["section"], row["subject"], row["key"]) == ("prices", "SZEA", "close")
    ]
    assert close == [found["instruments"][0]["close"]]


def test_results_of_rounds_are_in_the_report_of_their_day(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["journal", "report", str(journal), str(tmp_path / "out"), "--capacity", "small", "--json"]
    assert call([*arguments, "--day", "2026-03-03"]) == 0
    rounds = json.loads(capsys.readouterr().out)["rounds"]
    results = {turn["round"]: turn for turn in rounds if turn["what"] == "result"}
    assert results["2026 第一场"]["sold"] > 0
    assert {turn["what"] for turn in rounds} == {"opened", "closed", "result", "settled", "cancelled"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--day", "2026-02-30"], "--day '2026-02-30': a day is written as 2026-03-02"),
        (["--day", "2026-03-09"], "no batch on that day; the journal has"),
        (["--day", "2026-03-02", "--utc-offset", "8"], "--utc-offset '8': allowed is -14:00 to +14:00"),
    ],
)
def test_bad_input_is_told(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert call(["journal", "report", str(journal), str(tmp_path / "out"), "--capacity", "small", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
