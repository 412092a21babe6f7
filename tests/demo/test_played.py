"""The scenes against a real server in a process of its own, once for the whole file; the tape is cut short."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.demo import consignment, crash, shenzhen, trading_day, wci
from services.demo.comparison import comparison_picture, comparison_table
from services.demo.consignment import Consigned
from services.demo.crash import SessionOutcome
from services.demo.day_picture import day_picture, refusals_table
from services.demo.gallery import Gallery
from services.demo.inputs import nzu_trades
from services.demo.process import ServerProcess
from services.demo.trading_day import TradingDay
from services.demo.venue import Venue
from services.demo.wci import Played
from services.errors import CheckFailed
from services.reports.content import sections
from services.reports.pictures import sellers_picture
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale

TRADES = 120

pytestmark = pytest.mark.compiled


@dataclass(frozen=True)
class Everything:
    wci: Sequence[Played]
    shenzhen: RoundReport
    consignment: Sequence[Consigned]
    day: TradingDay
    session: SessionOutcome


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    async def play() -> Everything:
        server = ServerProcess(tmp_path_factory.mktemp("venue"))
        await server.start()
        try:
            async with Venue(server.address) as venue:
                return Everything(
                    await wci.play(venue, lambda: None),
                    await shenzhen.play(venue, lambda: None),
                    await consignment.play(venue, lambda: None),
                    await trading_day.play(venue, lambda: None),
                    await crash.play(venue, server, nzu_trades()[:TRADES], lambda _: None),
                )
        finally:
            await server.stop()

    return asyncio.run(play())


def test_every_published_line_of_2016_comes_out_to_the_tonne(played: Everything) -> None:
    lines = [line for one in played.wci for line in one.lines]
    assert len(lines) == 23
    assert [line for line in lines if not line.agrees] == []


def test_units_left_over_come_back_by_the_venues_own_rule(played: Everything) -> None:
    current = [one for one in played.wci if one.sale.kind == "current"]
    carried = [
        sum(line.quantity_lots for line in one.report.result.supply if line.line in one.report.carried)
        for one in current
    ]
    assert carried == [0, 0, 15_773_481, 14_049_879]
    assert [one.carried_in for one in current] == carried


def test_the_drawn_auction_ends_close_to_the_published_one(played: Everything) -> None:
    rows = {row.key: row for section in sections(played.shenzhen) for row in section.rows}
    equal = {key for key, row in rows.items() if row.agrees}
    assert {
        "offered",
        "sold",
        "reserve_price",
        "bidders_submitted",
        "winners",
        "award_minimum",
        "award_maximum",
    } <= equal
    assert rows["award_mean"].value == "43.49"
    # Everybody pays its own bid.
    assert all(
        award.price_ticks == award.bid_price_ticks for award in played.shenzhen.result.awards if award.awarded_lots
    )


def test_consignors_share_a_short_sale_and_the_rest_is_carried(played: Everything) -> None:
    short, long = (one.report.result for one in played.consignment)
    assert all(one.is_balanced for one in played.consignment)
    consigned = [line for line in short.supply if line.kind.name == "CONSIGNED"]
    government = [line for line in short.supply if line.kind.name == "GOVERNMENT"]
    assert sum(line.sold_lots for line in government) == 0
    # In proportion to what each consigned, to the tonne.
    total, sold = sum(line.quantity_lots for line in consigned), short.sold_lots
    for line in consigned:
        assert abs(line.sold_lots * total - sold * line.quantity_lots) < total
    carried = played.consignment[1].report.carried
    left = [line.quantity_lots - line.sold_lots for line in consigned]
    assert [line.quantity_lots for line in long.supply if line.line in carried] == left
    assert long.sold_lots == long.offered_lots


def test_the_tape_comes_out_as_it_went_in_and_outlives_two_kills(played: Everything) -> None:
    session = played.session
    assert session.problems == []
    assert len(session.out) == TRADES
    assert session.calm.digest_before == session.calm.digest_after
    assert session.calm.rows_sent_again == session.calm.repeated_rows > 0
    assert session.busy.acknowledged > session.calm.acknowledged


def test_the_gallery_leads_to_everything_it_wrote(played: Everything, tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "out")
    gallery.add_finding(Text("Scene", "场景"), Text("All is well.", "一切正常。"))
    gallery.add_round(played.consignment[0].report, [sellers_picture], shown=1)
    gallery.add_picture("wci-2016", comparison_picture(played.wci))
    index = gallery.finish(Text("Title", "标题"), {"ok": True})
    assert comparison_table(played.wci).row_count == 23
    page = index.read_text("utf-8")
    for told in ("All is well.", "一切正常。", "notices/SZ-consigned-1.html", "pictures/wci-2016.png"):
        assert told in page
    assert all(file.stat().st_size > 100 for file in gallery.files if file.name != "summary.json")
    result = json.loads((tmp_path / "out/results/SZ-consigned-1.json").read_text("utf-8"))
    assert result["digest"] in (tmp_path / "out/notices/SZ-consigned-1.html").read_text("utf-8")
    assert (tmp_path / "out/notices/SZ-consigned-1.csv").read_bytes().startswith(b"\xef\xbb\xbfsection,")


def test_a_server_that_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.journal.write_text("not a folder")
    with pytest.raises(CheckFailed, match=r"exit code 2.*server\.log"):
        asyncio.run(server.start())


@pytest.mark.long
def test_the_command_as_a_user_runs_it(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "from services.cli.main import run; run()", "demo", "--json")
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out"), "--keep"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["ok"], summary["problems"]) == (True, [])
    assert all(Path(file).is_file() for file in summary["files"])
    assert (tmp_path / "out" / "venue-1" / "journal").is_dir()


def test_the_trading_day_refuses_with_a_clause_closes_by_the_formula_and_balances(played: Everything) -> None:
    day = played.day
    assert day.problems == []
    assert day.close_ticks == day.close_worked_out_ticks == trading_day.close_of(day.trades)
    assert [refusal.outcome.name for _, refusal in day.refusals] == ["PRICE_OUTSIDE_BAND", "HOLDING_INSUFFICIENT"]
    assert "trading.band" in day.refusals[0][1].clause
    assert day.statement_lines > len(day.trades)
    assert refusals_table(day).row_count == len(day.refusals)
    assert day_picture(day, Scale("CNY")).png.startswith(b"\x89PNG")
