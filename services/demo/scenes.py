"""The demonstration from its first line to its last: a server, six scenes, and what is left of them on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.clock import stopwatch_s
from services.demo import consignment, crash, findings, shenzhen, trading_day, wci
from services.demo.comparison import comparison_picture, comparison_table, line_name
from services.demo.consignment import Consigned
from services.demo.crash import SessionOutcome
from services.demo.day_picture import day_picture, figures_table, refusals_table
from services.demo.drawn_bids import BIDDERS
from services.demo.gallery import Gallery
from services.demo.inputs import nzu_trades, wci_sales
from services.demo.narrator import Narrator
from services.demo.process import ServerProcess
from services.demo.trading_day import TradingDay
from services.demo.venue import Venue
from services.demo.wci import Played
from services.errors import CheckFailed
from services.reports.pictures import awards_picture, round_picture, sellers_picture
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale, money
from services.reports.session import session_picture
from services.reports.tables import figures_table as round_table
from services.reports.tables import sellers_table

TITLE = Text("Jingjia demonstration: real auctions and a real tape", "竞价系统演示：真实拍卖与真实成交记录")
SCENE_A = Text("California–Québec auctions of 2016, replayed", "加州—魁北克2016年拍卖回放")
SCENE_B = Text("Shenzhen auction of 2022-08-12, with drawn bids", "深圳2022年8月12日有偿竞价（申报为随机生成）")
SCENE_C = Text("Consigned bidding, short and oversubscribed", "委托竞价：申报不足与申报充足")
SCENE_D = Text("A day of trading by the rules of Hubei", "湖北规则下的一个交易日")
SCENE_E = Text("New Zealand units: 2,151 real trades through the order book", "新西兰排放单位：2,151笔真实成交回放")
SCENE_F = Text("The server is killed twice while that goes on", "期间两次强制终止服务器")

_NZU_SOURCE = Text(
    "Trades: emsTradepoint, collected by theecanmole (ODC PDDL); all of them came back off the public tape.",
    "数据：",
)


class Demonstration:
    """One run. `play` gives a summary for machines; problems found on the way are collected in it."""

    def __init__(self, narrator: Narrator, gallery: Gallery, server: ServerProcess) -> None:
        self._narrator = narrator
        self._gallery = gallery
        self._server = server
        self._problems: list[str] = []
        self._summary: dict[str, Any] = {}

    async def play(self) -> dict[str, Any]:
        """All scenes. Raises CheckFailed after everything is written when something did not hold."""
        begun = stopwatch_s()
        try:
            with self._narrator.progress("starting jingjia serve (the first start compiles the kernels)", None):
                ready = await self._server.start()
            self._narrator.tell(f"jingjia serve: {ready['address']}, process {ready['pid']}, {ready['durability']}")
            async with Venue(self._server.address) as venue:
                await self._auctions(venue)
                await self._trading_day(venue)
                await self._session(venue)
        finally:
            await self._server.stop()
        self._summary |= {
            "ok": not self._problems,
            "problems": self._problems,
            "seconds": round(stopwatch_s() - begun, 1),
        }
        index = self._gallery.finish(TITLE, self._summary)
        self._narrator.tell("")
        self._narrator.tell(
            f"{len(self._gallery.files)} files in {self._gallery.folder} "
            f"({self._summary['seconds']} s): notices/*.html, notices/*.csv, results/*.json, pictures/*.png; "
            f"begin with {index}"
        )
        if self._problems:
            raise CheckFailed("; ".join(self._problems))
        return self._summary | {"files": [str(file) for file in self._gallery.files]}

    async def _auctions(self, venue: Venue) -> None:
        self._narrator.heading("A", SCENE_A)
        with self._narrator.progress("playing eight auctions", len(wci_sales())) as step:
            played = await wci.play(venue, lambda: step(1))
        self._show_wci(played)
        self._narrator.heading("B", SCENE_B)
        with self._narrator.progress("bidding", BIDDERS) as step:
            drawn = await shenzhen.play(venue, lambda: step(1))
        self._show_shenzhen(drawn)
        self._narrator.heading("C", SCENE_C)
        with self._narrator.progress("playing two rounds", len(consignment.PLANS)) as step:
            rounds = await consignment.play(venue, lambda: step(1))
        self._show_consignment(rounds)

    async def _trading_day(self, venue: Venue) -> None:
        self._narrator.heading("D", SCENE_D)
        with self._narrator.progress("trading for a day", trading_day.ORDERS) as step:
            day = await trading_day.play(venue, lambda: step(1))
        self._show_trading_day(day)

    async def _session(self, venue: Venue) -> None:
        trades = nzu_trades()
        self._narrator.heading("E", SCENE_E)
        with self._narrator.progress("trading, with the server killed twice", len(trades)) as step:
            outcome = await crash.play(venue, self._server, trades, step)
        self._show_session(outcome)

    # -- what each scene shows ------------------------------------------------------------------------------------

    def _show_wci(self, played: Sequence[Played]) -> None:
        lines = [line for one in played for line in one.lines]
        wrong = [line for line in lines if not line.agrees]
        self._problems += [
            f"{line.sale.kind} {line.sale.month:%Y-%m}, {line_name(line.line).en}: "
            f"published {line.line.sold} t of {line.line.offered} t, here {line.sold} t of {line.offered} t"
            for line in wrong
        ]
        self._narrator.show(comparison_table(played))
        self._conclude(SCENE_A, findings.of_wci(played))
        with self._drawing(len(played) + 1) as step:
            self._gallery.add_picture("wci-2016", comparison_picture(played))
            step(1)
            for one in played:
                self._gallery.add_round(one.report, [sellers_picture])
                step(1)
        self._summary["wci"] = {
            "auctions": len(played),
            "lines": len(lines),
            "lines_that_agree": len(lines) - len(wrong),
        }

    def _show_shenzhen(self, report: RoundReport) -> None:
        self._narrator.show(round_table(report, only_published=True))
        self._conclude(SCENE_B, findings.of_shenzhen(report))
        with self._drawing(1) as step:
            self._gallery.add_round(report, [round_picture, awards_picture], shown=1)
            step(1)
        result = report.result
        self._summary["shenzhen_2022"] = {
            "bids_are_drawn": True,
            "sold": report.scale.quantity(result.sold_lots),
            "mean_price": report.scale.price_of(result.proceeds_minor, result.sold_lots),
            "proceeds": money(result.proceeds_minor),
        }

    def _show_consignment(self, rounds: Sequence[Consigned]) -> None:
        self._problems += [
            f"{one.report.name}: payments, proceeds and accounts differ" for one in rounds if not one.is_balanced
        ]
        for one in rounds:
            self._narrator.show(sellers_table(one.report))
        self._conclude(SCENE_C, findings.of_consignment(rounds))
        with self._drawing(len(rounds)) as step:
            for one in rounds:
                self._gallery.add_round(one.report, [round_picture, sellers_picture], shown=1)
                step(1)
        self._summary["consignment"] = {
            "rounds": len(rounds),
            "proceeds": money(sum(one.report.result.proceeds_minor for one in rounds)),
            "balanced_to_the_fen": all(one.is_balanced for one in rounds),
        }

    def _show_trading_day(self, day: TradingDay) -> None:
        scale = Scale("CNY")
        self._problems += day.problems
        self._narrator.show(figures_table(day, scale))
        self._narrator.show(refusals_table(day))
        self._conclude(SCENE_D, findings.of_trading_day(day, scale.price(day.close_ticks)))
        with self._drawing(1) as step:
            self._gallery.add_picture("trading-day", day_picture(day, scale))
            step(1)
        self._summary["trading_day"] = {
            "trades": len(day.trades),
            "close": scale.price(day.close_ticks),
            "refusals": {refusal.outcome.name: refusal.clause for _, refusal in day.refusals},
            "statements_balance": not day.problems,
        }

    def _show_session(self, outcome: SessionOutcome) -> None:
        self._problems += outcome.problems
        count = len(outcome.trades)
        self._conclude(SCENE_E, findings.of_tape(outcome))
        if outcome.difference is None:
            title = Text(
                f"New Zealand units, {count:,} trades through the order book", f"新西兰排放单位：{count:,}笔成交回放"
            )
            with self._drawing(1) as step:
                picture = session_picture(crash.trades_out(outcome), Scale("NZD"), title, _NZU_SOURCE)
                self._gallery.add_picture("nzu-session", picture)
                step(1)
        self._narrator.heading("F", SCENE_F)
        self._conclude(SCENE_F, findings.of_calm_kill(outcome))
        self._conclude(SCENE_F, findings.of_busy_kill(outcome))
        self._summary["session"] = {
            "trades_in": count,
            "trades_out": len(outcome.out),
            "tapes_equal": outcome.difference is None,
            "digest": outcome.digest,
        }
        self._summary["kills"] = [asdict(kill) for kill in (outcome.calm, outcome.busy)]

    def _conclude(self, scene: Text, finding: Text) -> None:
        self._narrator.say(finding)
        self._gallery.add_finding(scene, finding)

    @contextmanager
    def _drawing(self, total: int) -> Iterator[Callable[[int], None]]:
        with self._narrator.progress("writing notices and pictures", total) as step:
            yield step


@contextmanager
def venue_folder(output: Path, keep: bool) -> Iterator[Path]:
    """Where the journal goes: a temporary folder, or a new one under `output` that stays."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="jingjia-demo-") as folder:
            yield Path(folder)
        return
    number = 1
    while (output / f"venue-{number}").exists():
        number += 1
    yield output / f"venue-{number}"
