"""A trading day replayed: the rows of an order log in order, through the phases that it changes itself.

A log begins in the continuous phase. In a call orders collect (`call_phase`); `uncross` trades at one price by the call
rule and hands what is left to the continuous book, best priority first, so priority is kept; entering a call takes the
orders of the book into it the same way. After `uncross` trading is continuous until the log says otherwise. `closed`
refuses every command; orders stay where they are.

The reference price of an uncrossing is the last price traded in the log, before any trade the one that was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.commands import OrderCommand, Side
from engine.orderbook.call_auction import CallRule
from engine.outcomes import Outcome
from services.replay.call_phase import CallPhase, WaitingOrder
from services.replay.continuous import ContinuousPhase
from services.replay.log import PHASE_COMMAND, Integers, LogPhase, OrderLog

AUCTION = 0
"""`aggressors` of a trade that an uncrossing made; others hold the side of the incoming order."""

_CALLS = (LogPhase.OPENING_CALL, LogPhase.CLOSING_CALL)


@dataclass(frozen=True)
class Trades:
    """Trades in order of execution, as columns. `seqs` is the log's number of the row that caused each.

    `buys` and `sells` are positions in the log's `order_ids`; `aggressors` is a Side, or `AUCTION`.
    """

    seqs: Integers
    prices_ticks: Integers
    quantities_lots: Integers
    buys: Integers
    sells: Integers
    aggressors: Integers


@dataclass(frozen=True)
class Uncrossing:
    """One auction of the day. `price_ticks` is None when nothing traded."""

    seq: int
    price_ticks: int | None
    volume_lots: int
    surplus_lots: int
    reference_ticks: int | None


@dataclass
class Summary:
    """What a replay came to. `refused` counts rows by outcome."""

    rows: int = 0
    trades: int = 0
    volume_lots: int = 0
    turnover_ticks: int = 0
    last_price_ticks: int | None = None
    refused: Counter[Outcome] = field(default_factory=Counter)
    cancelled_market_orders: int = 0
    uncrossings: list[Uncrossing] = field(default_factory=list)


def phase_problems(log: OrderLog) -> list[tuple[int, str]]:
    """(line, what is wrong) of every phase row that does not follow from the one before."""
    problems = []
    in_call = False
    for row in np.flatnonzero(log.commands == PHASE_COMMAND).tolist():
        phase = LogPhase(int(log.phases[row]))
        line = int(log.lines[row])
        if phase is LogPhase.UNCROSS and not in_call:
            problems.append((line, "phase 'uncross': only after opening_call or closing_call"))
        if phase is LogPhase.CONTINUOUS and in_call:
            problems.append((line, "phase 'continuous': orders of a call wait; `uncross` has to come first"))
        in_call = phase in _CALLS or (in_call and phase is LogPhase.CLOSED)
    return problems


class Session:
    """Replays one log. `on_trades` gets the trades as they happen; `advance` of `run` hears how many rows are done."""

    def __init__(
        self, log: OrderLog, rule: CallRule, reference_ticks: int | None, on_trades: Callable[[Trades], None]
    ) -> None:
        self._log = log
        self._rule = rule
        self._reference_ticks = reference_ticks
        self._on_trades = on_trades
        self._phase = LogPhase.CONTINUOUS
        self._call: CallPhase | None = None
        self._book = ContinuousPhase(log)
        self.summary = Summary()

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Summary:
        """Replay all rows."""
        turns = [*np.flatnonzero(self._log.commands == PHASE_COMMAND).tolist(), self._log.rows]
        first = 0
        for turn in turns:
            self._rows(first, turn, advance)
            if turn < self._log.rows:
                self._turn(turn)
            advance(turn)
            first = turn + 1
        self.summary.rows = self._log.rows
        return self.summary

    def waiting(self) -> list[WaitingOrder]:
        """The live orders at the end: buys before sells, best first, then by priority."""
        orders = self._book.orders() if self._call is None else self._call.waiting()
        return sorted(orders, key=_service)

    def _rows(self, first: int, last: int, advance: Callable[[int], None]) -> None:
        """Rows without a change of phase."""
        if self._phase is LogPhase.CLOSED:
            if last > first:
                self.summary.refused[Outcome.INSTRUMENT_NOT_TRADING] += last - first
        elif self._call is not None:
            for row in range(first, last):
                outcome = self._collect(self._call, row)
                if outcome is not Outcome.ACCEPTED:
                    self.summary.refused[outcome] += 1
        else:
            for done, trades, refused in self._book.run(first, last):
                self._note(Trades(*trades))
                self.summary.refused.update(refused)
                advance(done)

    def _turn(self, row: int) -> None:
        """Change the phase as a row says."""
        phase = LogPhase(int(self._log.phases[row]))
        if phase is LogPhase.UNCROSS:
            self._uncross(row)
            phase = LogPhase.CONTINUOUS
        elif phase in _CALLS and self._call is None:
            self._call = CallPhase(self._book.orders())
            self._book = ContinuousPhase(self._log)
        self._phase = phase

    def _collect(self, call: CallPhase, row: int) -> Outcome:
        """One row of a call phase."""
        log = self._log
        order, command = int(log.orders[row]), int(log.commands[row])
        price, quantity = int(log.prices_ticks[row]), int(log.quantities_lots[row])
        if command == OrderCommand.NEW:
            return call.new(WaitingOrder(order, int(log.sides[row]), price, quantity), int(log.tifs[row]))
        if command == OrderCommand.CANCEL:
            return call.cancel(order)
        if command == OrderCommand.REDUCE:
            return call.reduce(order, quantity)
        return call.replace(order, price, quantity)

    def _uncross(self, row: int) -> None:
        """End the call at one price and hand what is left to the book."""
        if self._call is None:
            raise ValueError("an uncross outside of a call: see phase_problems")
        orders = self._call.waiting()
        last = self.summary.last_price_ticks
        reference = self._reference_ticks if last is None else last
        result, left = self._call.uncross(self._rule, reference)
        seq = int(self._log.seqs[row])
        self.summary.uncrossings.append(
            Uncrossing(seq, result.price_ticks, result.volume_lots, result.surplus_lots, reference)
        )
        number = np.array([order.order for order in orders], np.int64)
        count = len(result.trades)
        self._note(
            Trades(
                np.full(count, seq),
                np.full(count, result.price_ticks or 0),
                result.trades[:, 2],
                number[result.trades[:, 0]],
                number[result.trades[:, 1]],
                np.full(count, AUCTION),
            )
        )
        market = [at for at, order in enumerate(orders) if not order.price_ticks]
        self.summary.cancelled_market_orders += sum(
            int(result.fills_lots[at]) < orders[at].quantity_lots for at in market
        )
        self._call = None
        self._book.take_over(left)

    def _note(self, trades: Trades) -> None:
        if trades.seqs.size:
            self.summary.trades += int(trades.seqs.size)
            self.summary.volume_lots += int(trades.quantities_lots.sum())
            self.summary.turnover_ticks += int((trades.prices_ticks * trades.quantities_lots).sum())
            self.summary.last_price_ticks = int(trades.prices_ticks[-1])
            self._on_trades(trades)


def _service(order: WaitingOrder) -> tuple[int, int]:
    """Sorts buys before sells and best first; market orders before all limits."""
    if order.price_ticks == 0:
        return order.side, -(2**40)
    return order.side, -order.price_ticks if order.side == Side.BUY else order.price_ticks
