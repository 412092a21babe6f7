"""Scene D: a day of trading under the rules of Hubei (湖北协商议价), from the first order to statements that balance.

Eight members trade one instrument where bid, ask and last price make the price. One order lies outside the band, one
sells what its sender does not have: both are refused, each with the rule behind it. The day ends with a closing price
by the book's formula, which is worked out again here from the trades, and with a statement for every account. Members
and orders are made up; the rules are those of the rule book `hubei_spot`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.commands import ParticipantClass, Phase, SelfTrade, Side
from engine.units import divide_half_up
from services.client import Refused
from services.client.errors import Refusal
from services.demo.venue import Member, Venue
from services.errors import CheckFailed
from services.wire.jingjia.accounts.v1 import accounts_pb2

INSTRUMENT = "HBEA"
MEMBERS = 8
ORDERS = 160
SEED = 2019
LAST_TRADES = 5
"""Trades that make the close (`trading.close_trades`)."""

FEE_PPM = 5_000
"""What each side of a trade pays (`trading.fee_buyer_share`, `trading.fee_seller_share`)."""

_CASH_MINOR = 60_000_000
_UNITS_LOTS = 12_000
_FIRST_TICKS = 4_600
_FIRST_LOTS = 10


@dataclass(frozen=True)
class Traded:
    """One trade."""

    price_ticks: int
    quantity_lots: int


@dataclass(frozen=True)
class TradingDay:
    """What the day came to. Prices in ticks, quantities in lots, money in fen."""

    trades: Sequence[Traded]
    refusals: Sequence[tuple[str, Refusal]]
    open_ticks: int
    close_ticks: int
    close_worked_out_ticks: int
    statement_lines: int
    fees_minor: int
    problems: Sequence[str]

    @property
    def closing_trades(self) -> int:
        """How many trades make the close."""
        return min(LAST_TRADES, len(self.trades))

    @property
    def volume_lots(self) -> int:
        """What was traded."""
        return sum(trade.quantity_lots for trade in self.trades)

    @property
    def turnover_minor(self) -> int:
        """What it was worth."""
        return sum(trade.price_ticks * trade.quantity_lots for trade in self.trades)


async def play(venue: Venue, on_order: Callable[[], None]) -> TradingDay:
    """The day; calls `on_order` after each order."""
    book = await venue.adopt("hubei_spot")
    instrument = await venue.define(INSTRUMENT, book)
    members = [
        await venue.member(f"HB member {place}", ParticipantClass.INSTITUTION) for place in range(1, MEMBERS + 1)
    ]
    for member in members:
        await venue.give_cash(member, _CASH_MINOR)
        await venue.give_units(member, instrument, _UNITS_LOTS)
    await _first_close(venue, instrument, members)
    await venue.session.set_phase(instrument, Phase.MEDIAN)
    day = await venue.operator.trading_day(instrument)
    refusals = [
        ("above the band", await _refused(members[0], instrument, Side.BUY, day.band_high_ticks + 1, 100)),
        ("more than it has", await _refused(members[1], instrument, Side.SELL, _FIRST_TICKS, 10 * _UNITS_LOTS)),
    ]
    trades = await _trade(members, instrument, on_order)
    await venue.session.set_phase(instrument, Phase.CLOSED)
    day = await venue.operator.trading_day(instrument)
    statements = [await member.client.statement() for member in members]
    problems = [
        problem
        for member, statement in zip(members, statements, strict=True)
        for problem in await _unlike_the_account(member, instrument, statement)
    ]
    trial = await venue.operator.trial_balance()
    problems += unbalanced((line.balance.instrument, line.balance.amount) for line in trial.balances)
    worked_out = close_of(trades)
    if day.last_close_ticks != worked_out:
        problems.append(f"the venue closed at {day.last_close_ticks}, the formula gives {worked_out}")
    charged = _charged(statements) - fees_of([Traded(_FIRST_TICKS, _FIRST_LOTS)])
    if charged != fees_of(trades):
        problems.append(f"the statements show fees of {charged}, the trades come to {fees_of(trades)}")
    return TradingDay(
        trades=trades,
        refusals=refusals,
        open_ticks=trades[0].price_ticks,
        close_ticks=day.last_close_ticks,
        close_worked_out_ticks=worked_out,
        statement_lines=sum(len(statement.lines) for statement in statements),
        fees_minor=charged,
        problems=problems,
    )


def close_of(trades: Sequence[Traded]) -> int:
    """The closing price that the rules give: the last five trades, weighted by quantity, to the nearest tick."""
    last = trades[-LAST_TRADES:]
    value = sum(trade.price_ticks * trade.quantity_lots for trade in last)
    return divide_half_up(value, sum(trade.quantity_lots for trade in last))


def fees_of(trades: Sequence[Traded]) -> int:
    """What both sides pay for these trades, each rounded to the nearest fen."""
    return sum(2 * divide_half_up(trade.price_ticks * trade.quantity_lots * FEE_PPM, 1_000_000) for trade in trades)


# -- the day ---------------------------------------------------------------------------------------------------------


async def _first_close(venue: Venue, instrument: int, members: Sequence[Member]) -> None:
    """A day before, of one trade: its close is what the band of the day is measured from."""
    await venue.session.set_phase(instrument, Phase.MEDIAN)
    await members[0].session.submit_order(instrument, Side.SELL, _FIRST_TICKS, _FIRST_LOTS)
    await members[1].session.submit_order(instrument, Side.BUY, _FIRST_TICKS, _FIRST_LOTS)
    await venue.session.set_phase(instrument, Phase.CLOSED)


async def _refused(member: Member, instrument: int, side: Side, price_ticks: int, lots: int) -> Refusal:
    """Sends an order that has to be refused. Raises CheckFailed when it is taken."""
    try:
        await member.session.submit_order(instrument, side, price_ticks, lots)
    except Refused as error:
        return error.refusals[0]
    raise CheckFailed(f"an order of {lots} at {price_ticks} by {member.name!r} was taken")


async def _trade(members: Sequence[Member], instrument: int, on_order: Callable[[], None]) -> list[Traded]:
    """Orders around a price that wanders; what trades, as the takers are told. Nobody trades with himself."""
    generator = np.random.default_rng(SEED)
    centre, trades = float(_FIRST_TICKS), list[Traded]()
    for place in range(ORDERS):
        centre += float(generator.normal(0.0, 6.0))
        side = Side.BUY if generator.random() < 0.5 else Side.SELL
        towards = 1 if side is Side.BUY else -1
        price = round(centre) + towards * int(generator.integers(-8, 9))
        lots = 10 * int(generator.integers(1, 30))
        _, done = await members[place % MEMBERS].session.submit_order(
            instrument, side, price, lots, self_trade=SelfTrade.CANCEL_NEWEST
        )
        own = done.trades()
        trades += map(Traded, own.price_ticks.tolist(), own.quantity_lots.tolist())
        on_order()
    return trades


# -- what the accounts say -------------------------------------------------------------------------------------------


async def _unlike_the_account(
    member: Member, instrument: int, statement: accounts_pb2.GetStatementResponse
) -> list[str]:
    """Where a statement does not end with what the account shows, or its lines do not lead there."""
    moved: dict[tuple[int, int], int] = defaultdict(int)
    for balance in statement.opening:
        moved[balance.instrument, balance.pocket] += balance.amount
    for line in statement.lines:
        moved[line.instrument, line.pocket] += line.amount
    closing = {(balance.instrument, balance.pocket): balance.amount for balance in statement.closing}
    problems = []
    if {key: amount for key, amount in moved.items() if amount} != {key: v for key, v in closing.items() if v}:
        problems.append(f"{member.name}: opening and lines do not come to the closing balance")
    cash, holdings = await member.client.cash(), await member.client.holdings()
    units = next(holding for holding in holdings if holding.instrument == instrument)
    shown = {
        (0, accounts_pb2.POCKET_AVAILABLE): cash.available_minor,
        (0, accounts_pb2.POCKET_HELD): cash.held_minor,
        (instrument, accounts_pb2.POCKET_AVAILABLE): units.available_lots,
        (instrument, accounts_pb2.POCKET_HELD): units.held_lots,
    }
    problems += [
        f"{member.name}: the account shows {amount}, its statement {closing.get(key, 0)}"
        for key, amount in shown.items()
        if closing.get(key, 0) != amount
    ]
    return problems


def unbalanced(balances: Iterable[tuple[int, int]]) -> list[str]:
    """Assets whose amounts over all accounts do not sum to zero; given (asset, amount) of every account."""
    sums: dict[int, int] = defaultdict(int)
    for asset, amount in balances:
        sums[asset] += amount
    return [f"asset {asset}: all accounts together come to {total}" for asset, total in sums.items() if total]


def _charged(statements: Sequence[accounts_pb2.GetStatementResponse]) -> int:
    """What the members paid for their trades, by their statements."""
    lines = [line for statement in statements for line in statement.lines]
    return -sum(line.amount for line in lines if line.instrument == 0 and "fee" in line.description.lower())
