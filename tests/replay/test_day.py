"""Whole days: worked by hand, and generated ones against the slow day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.orderbook.call_auction import CALL_RULES
from engine.outcomes import Outcome
from services.errors import BadInput
from services.replay.log import OrderLog, read_log
from services.replay.prices import TickSize
from services.replay.session import Session, Trades, phase_problems
from tests.conftest import Seen
from tests.replay.logs import cancel, new, phase, reduce, replace, write_log
from tests.replay.slow_day import Row, SlowDay, Trade

TICK = TickSize.parse("1")
AGGRESSORS = ("auction", "buy", "sell")


def replayed(log: OrderLog, rule: str = "sse", reference: int | None = None) -> tuple[Session, list[Trade]]:
    """The finished session of a log and its trades, ids as the log has them."""
    trades: list[Trade] = []

    def note(some: Trades) -> None:
        columns = (some.seqs, some.prices_ticks, some.quantities_lots, some.buys, some.sells, some.aggressors)
        for seq, price, quantity, buy, sell, side in zip(*(column.tolist() for column in columns), strict=True):
            trades.append((seq, price, quantity, log.order_ids[buy], log.order_ids[sell], AGGRESSORS[side]))

    session = Session(log, CALL_RULES[rule], reference, note)
    session.run()
    return session, trades


def day(folder: Path, *rows: str, rule: str = "sse", reference: int | None = None) -> tuple[Session, list[Trade]]:
    return replayed(read_log(write_log(folder, *rows), TICK), rule, reference)


def live(session: Session, log_ids: tuple[str, ...]) -> list[tuple[str, str, int, int]]:
    names = ("", "buy", "sell")
    return [(names[o.side], log_ids[o.order], o.price_ticks, o.quantity_lots) for o in session.waiting()]


def test_continuous_trades_are_at_the_maker_and_say_who_came(tmp_path: Path) -> None:
    _, trades = day(
        tmp_path,
        new("s1", "sell", "11", 5),
        new("s2", "sell", "10", 5),
        new("b1", "buy", "11", 7),
        new("s3", "sell", "", 9, tif="ioc"),
        new("b2", "buy", "9", 4),
        new("s4", "sell", "", 9, tif="ioc"),
    )
    assert trades == [
        (3, 10, 5, "b1", "s2", "buy"),
        (3, 11, 2, "b1", "s1", "buy"),
        (6, 9, 4, "b2", "s4", "sell"),
    ]


def test_a_call_collects_uncrosses_and_hands_on_with_priority(tmp_path: Path) -> None:
    """Buys 10 and 10 at 12, then 5 at 9; sells 12 at 9: 12 trade from 9 to 12, but below 12 better buys go unfilled."""
    session, trades = day(
        tmp_path,
        phase("opening_call"),
        new("b1", "buy", "12", 10),
        new("b2", "buy", "12", 10),
        new("s1", "sell", "9", 12),
        new("b3", "buy", "9", 5),
        phase("uncross"),
        phase("continuous"),
        new("b4", "buy", "12", 1),
        new("s2", "sell", "12", 9),
    )
    assert trades == [
        (6, 12, 10, "b1", "s1", "auction"),
        (6, 12, 2, "b2", "s1", "auction"),
        (9, 12, 8, "b2", "s2", "sell"),
        (9, 12, 1, "b4", "s2", "sell"),
    ]
    (auction,) = session.summary.uncrossings
    assert (auction.seq, auction.price_ticks, auction.volume_lots, auction.surplus_lots) == (6, 12, 12, 8)


def test_amending_in_a_call(tmp_path: Path) -> None:
    """b1 is reduced and keeps its place, b2 is replaced and loses it to b3, b4 is gone."""
    session, trades = day(
        tmp_path,
        phase("opening_call"),
        *(new(order, "buy", "10", 10) for order in ("b1", "b2", "b3", "b4")),
        reduce("b1", 4),
        replace("b2", "10", 10),
        cancel("b4"),
        cancel("b4"),
        reduce("b3", 10),
        new("b1", "buy", "10", 1),
        new("b5", "buy", "10", 1, tif="ioc"),
        replace("b9", "10", 1),
        new("s1", "sell", "10", 18),
        phase("uncross"),
    )
    assert [(buy, quantity) for _, _, quantity, buy, _, _ in trades] == [("b1", 6), ("b3", 10), ("b2", 2)]
    assert session.summary.refused == {
        Outcome.ORDER_UNKNOWN: 2,
        Outcome.REDUCTION_NOT_BELOW_REMAINING: 1,
        Outcome.ORDER_ALREADY_LIVE: 1,
        Outcome.INSTRUMENT_NOT_TRADING: 1,
    }


def test_market_orders_wait_in_a_call_and_do_not_outlive_it(tmp_path: Path) -> None:
    session, trades = day(
        tmp_path,
        phase("opening_call"),
        new("m1", "buy", "", 10, tif="ioc"),
        new("m2", "buy", "", 10, tif="gtc"),
        new("s1", "sell", "8", 12),
        phase("uncross"),
        new("s2", "sell", "8", 5),
    )
    assert trades == [(5, 8, 10, "m1", "s1", "auction"), (5, 8, 2, "m2", "s1", "auction")]
    assert session.summary.cancelled_market_orders == 1


def test_a_closing_call_takes_the_book_over_with_its_priority(tmp_path: Path) -> None:
    session, trades = day(
        tmp_path,
        new("b1", "buy", "10", 5),
        new("b2", "buy", "10", 5),
        reduce("b1", 1),
        new("s0", "sell", "12", 5),
        phase("closing_call"),
        new("s1", "sell", "9", 6),
        phase("uncross"),
        phase("closed"),
        new("s2", "sell", "9", 6),
        cancel("b2"),
    )
    assert [trade[2:5] for trade in trades] == [(4, "b1", "s1"), (2, "b2", "s1")]
    assert session.summary.refused == {Outcome.INSTRUMENT_NOT_TRADING: 2}
    assert [(o.side, o.price_ticks, o.quantity_lots) for o in session.waiting()] == [(1, 10, 3), (2, 12, 5)]


def test_the_reference_is_the_last_trade_or_what_was_given(tmp_path: Path) -> None:
    """szse takes the price from 5 to 9 that is nearest to the reference: 7 as given, then 7 as traded."""
    book = (new("b1", "buy", "9", 5), new("s1", "sell", "5", 5))
    again = (new("b2", "buy", "9", 5), new("s2", "sell", "5", 5))
    call = (phase("opening_call"), *book, phase("uncross"), phase("closing_call"), *again, phase("uncross"))
    session, trades = day(tmp_path, *call, rule="szse", reference=7)
    assert [trade[1] for trade in trades] == [7, 7]
    assert [auction.reference_ticks for auction in session.summary.uncrossings] == [7, 7]
    session, trades = day(tmp_path, *call, rule="szse")
    assert [auction.reference_ticks for auction in session.summary.uncrossings] == [None, 9]


def test_an_uncrossing_without_trades_has_no_price(tmp_path: Path) -> None:
    session, trades = day(
        tmp_path, phase("opening_call"), new("b", "buy", "5", 5), new("s", "sell", "6", 5), phase("uncross")
    )
    assert trades == []
    assert session.summary.uncrossings[0].price_ticks is None
    assert [(o.side, o.price_ticks) for o in session.waiting()] == [(1, 5), (2, 6)]


def test_a_close_during_a_call_keeps_its_orders_for_the_next_one(tmp_path: Path) -> None:
    rows = (
        phase("opening_call"),
        new("b", "buy", "9", 5),
        phase("closed"),
        phase("opening_call"),
        new("s", "sell", "9", 5),
    )
    _, trades = day(tmp_path, *rows, phase("uncross"))
    assert trades == [(6, 9, 5, "b", "s", "auction")]


@pytest.mark.parametrize(
    ("phases", "problems"),
    [
        (("uncross",), [(2, "phase 'uncross': only after opening_call or closing_call")]),
        (
            ("opening_call", "continuous"),
            [(3, "phase 'continuous': orders of a call wait; `uncross` has to come first")],
        ),
        (("opening_call", "closed", "continuous"), [(4, "phase 'continuous': orders of a call wait; `uncross` has")]),
        (("opening_call", "uncross", "uncross"), [(4, "phase 'uncross': only after")]),
        (
            (
                "opening_call",
                "opening_call",
                "uncross",
                "continuous",
                "closing_call",
                "uncross",
                "closed",
                "continuous",
            ),
            [],
        ),
    ],
)
def test_phases_have_to_follow_from_each_other(
    tmp_path: Path, phases: tuple[str, ...], problems: list[tuple[int, str]]
) -> None:
    found = phase_problems(read_log(write_log(tmp_path, *map(phase, phases)), TICK))
    assert [line for line, _ in found] == [line for line, _ in problems]
    assert all(text.startswith(start) for (_, text), (_, start) in zip(found, problems, strict=True))


def drawn_day(random: np.random.Generator, count: int) -> list[Row]:
    """A day with two calls, dense in amendments, in late cancels, and in ids that come twice."""
    rows: list[Row] = []
    ids = 0
    turns = {
        0: "opening_call",
        count // 4: "uncross",
        3 * count // 4: "closing_call",
        count - 5: "uncross",
        count - 3: "closed",
    }
    for at in range(count):
        if at in turns:
            rows.append(Row("phase", phase=turns[at]))
            continue
        kind = random.random()
        order = str(random.integers(max(0, ids - 12), ids + 1))
        price, quantity = int(random.integers(95, 106)), int(random.integers(1, 30))
        if kind < 0.6 or not ids:
            if random.random() > 0.03:
                ids += 1
                order = str(ids)
            price = 0 if random.random() < 0.06 else price
            tif = str(random.choice(["gtc", "gtc", "gtc", "gtc", "ioc", "fok"]))
            rows.append(Row("new", order, str(random.choice(["buy", "sell"])), tif, price, quantity))
        elif kind < 0.75:
            rows.append(Row("cancel", order))
        elif kind < 0.87:
            rows.append(Row("reduce", order, quantity=int(random.integers(1, 12))))
        else:
            rows.append(Row("replace", order, price=price, quantity=quantity))
    return rows


def as_log(folder: Path, rows: list[Row]) -> OrderLog:
    lines = []
    for row in rows:
        price = str(row.price) if row.price else ""
        kind = "" if row.command != "new" else "limit" if row.price else "market"
        quantity = str(row.quantity) if row.quantity else ""
        lines.append(f"{row.command},{row.order},P,{row.side},{kind},{row.tif},{price},{quantity},{row.phase}")
    return read_log(write_log(folder, *lines), TICK)


def compare(folder: Path, rule: str, seed: int, count: int) -> None:
    rows = drawn_day(np.random.default_rng(seed), count)
    log = as_log(folder, rows)
    session, trades = replayed(log, rule, 100)
    slow = SlowDay(CALL_RULES[rule], 100)
    slow.run(rows)
    assert trades == slow.trades, f"seed {seed}"
    assert sum(session.summary.refused.values()) == slow.refused, f"seed {seed}"
    assert live(session, log.order_ids) == slow.waiting(), f"seed {seed}"
    assert session.summary.volume_lots == sum(trade[2] for trade in trades)
    assert session.summary.turnover_ticks == sum(trade[1] * trade[2] for trade in trades)


@pytest.mark.parametrize("rule", CALL_RULES)
def test_generated_days_are_those_of_the_slow_day(tmp_path: Path, rule: str) -> None:
    for seed in range(6):
        compare(tmp_path, rule, seed, 240)


@pytest.mark.long
@pytest.mark.parametrize("rule", CALL_RULES)
def test_many_generated_days(tmp_path: Path, seen: Seen, rule: str) -> None:
    for seed in range(100, 160):
        compare(tmp_path, rule, seed, 2_000)
    seen("drawn days of 2,000 rows replayed like the slow day", 60)


def test_more_orders_than_the_book_holds_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.capacity import SMALL
    from services.replay import continuous

    monkeypatch.setattr(continuous, "capacity_for", lambda _: SMALL)
    with pytest.raises(BadInput, match="the log has more than 4,096 live orders or 2,048 prices at once"):
        day(tmp_path, *(new(str(at), "buy", "10", 1) for at in range(1, 4_099)))
