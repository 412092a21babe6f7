"""What each scene came to, in one paragraph of English and of Chinese: for the console and the index page."""

from __future__ import annotations

from collections.abc import Sequence

from services.demo.consignment import Consigned
from services.demo.crash import SessionOutcome
from services.demo.trading_day import TradingDay
from services.demo.wci import Played
from services.reports.report import RoundReport, Text
from services.reports.scale import grouped, money


def of_wci(played: Sequence[Played]) -> Text:
    """How many published lines came out."""
    lines = [line for one in played for line in one.lines]
    agreeing = sum(line.agrees for line in lines)
    return Text(
        f"{agreeing} of {len(lines)} lines in {len(played)} auctions agree with the published table to the tonne; "
        "consigned units that were left over came back in the next current auction by themselves.",
        f"{len(played)}场拍卖共{len(lines)}行，{agreeing}行与公布数据逐吨一致；未售出的委托配额自动转入下一场当期拍卖。",
    )


def of_shenzhen(report: RoundReport) -> Text:
    """What was sold, at which price."""
    result = report.result
    sold, proceeds = grouped(report.scale.quantity(result.sold_lots)), grouped(money(result.proceeds_minor))
    mean = report.scale.price_of(result.proceeds_minor, result.sold_lots)
    return Text(
        f"Drawn bids, real rules: {sold} t sold at {mean} on the mean, for {proceeds} CNY. The published figures stand "
        "beside.",
        f"申报为随机生成，规则为真实规则：成交{sold}吨，均价{mean}元，成交金额{proceeds}元，公布数据并列示。",
    )


def of_consignment(rounds: Sequence[Consigned]) -> Text:
    """Whether all sums are one."""
    total = grouped(money(sum(one.report.result.proceeds_minor for one in rounds)))
    if not all(one.is_balanced for one in rounds):
        return Text("Payments, proceeds and accounts do not agree.", "付款、收入与账户不一致。")
    return Text(
        f"What buyers paid, what sellers received and what the accounts show is one sum to the fen: {total} CNY.",
        f"买方付款、卖方收入与账户余额逐分一致，合计{total}元。",
    )


def of_trading_day(day: TradingDay, close: str) -> Text:
    """Close, refusals, statements."""
    if day.problems:
        return Text("; ".join(day.problems), "收盘价、账户与对账单不一致。")
    count, refused = len(day.trades), len(day.refusals)
    return Text(
        f"{count} trades; {refused} orders refused, each told why and what to do. Closed at {close}, the mean of the "
        f"last {day.closing_trades} trades; close and fees as worked out again from the tape. {day.statement_lines} "
        "postings on the statements lead from nothing to what the accounts show, and all accounts together come to "
        "zero in cash and in units.",
        f"成交{count}笔；{refused}笔申报被拒，均告知原因与处理办法。收盘价{close}，为末{day.closing_trades}笔成交的加权平均，与逐笔重算"
        f"一致，手续费亦然。对账单共{day.statement_lines}笔分录，与账户余额逐分一致；全部账户的资金与配额借贷相抵为零。",
    )


def of_tape(outcome: SessionOutcome) -> Text:
    """Whether the tape that came out is the one that went in."""
    went_in, came_out = len(outcome.trades), len(outcome.out)
    same = Text("equal, trade by trade", "逐笔一致") if outcome.difference is None else Text("NOT equal", "不一致")
    return Text(
        f"{went_in:,} trades went in as {2 * went_in:,} orders, {came_out:,} came out on the public tape: {same.en}. "
        "This tests the path, not the matching: each order was made to meet its partner.",
        f"{went_in:,}笔成交拆为{2 * went_in:,}笔委托送入，公开行情输出{came_out:,}笔：{same.zh}。"
        "此为链路检验，不证明撮合算法。",
    )


def of_calm_kill(outcome: SessionOutcome) -> Text:
    """What was there after the server was killed with nothing under way."""
    kill = outcome.calm
    same = Text("the same", "不变") if kill.digest_before == kill.digest_after else Text("ANOTHER", "已变")
    digest = f"{kill.digest_after[:16]}…"
    return Text(
        f"SIGKILL after {kill.acknowledged:,} trades, nothing under way: after the restart ({kill.restart_s:.1f} s) "
        f"{kill.kept:,} trades are there and the state digest is {same.en} ({digest}). {kill.rows_sent_again} orders "
        f"sent again under their old ids: {kill.repeated_rows} got their first answer, nothing changed.",
        f"第{kill.acknowledged:,}笔成交后强制终止（无在途委托）：重启（{kill.restart_s:.1f}秒）后{kill.kept:,}笔俱在，"
        f"状态摘要{same.zh}（{digest}）；{kill.rows_sent_again}笔委托以原编号重发，{kill.repeated_rows}笔得到原答复，"
        "状态不变。",
    )


def of_busy_kill(outcome: SessionOutcome) -> Text:
    """What became of orders that were under way when the server was killed."""
    kill = outcome.busy
    recorded = kill.repeated_rows
    return Text(
        f"SIGKILL with {kill.rows_sent_again} orders under way: their client kept asking under the same ids until the "
        f"server was back ({kill.restart_s:.1f} s); {recorded} of them had been recorded before their answer was lost. "
        "The tape shows that each was done exactly once.",
        f"{kill.rows_sent_again}笔委托在途时强制终止：客户端以原编号重发直至服务恢复（{kill.restart_s:.1f}秒），"
        f"其中{recorded}笔在答复丢失前已入账；成交记录表明每笔恰好执行一次。",
    )
