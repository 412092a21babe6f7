"""Compiles every kernel before the first request: a small session and a small round on a core that is thrown away.

A kernel is compiled for the layout of one capacity class, so the rehearsal runs on the class that will serve. What is
compiled once is kept on disk (`engine.jit`); later starts load it in a fraction of a second.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from engine import jit
from engine.auction import terms
from engine.capacity import Capacity
from engine.commands import (
    CASH,
    Batch,
    BlockCommand,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    Side,
    SupplyKind,
    Table,
    TimeInForce,
    rows_of,
)
from engine.core import Core
from engine.parameters import Basis, Parameter
from engine.parameters.trading import CallRuleName

_BOOK = {
    Parameter.TRADING_TICK: 1,
    Parameter.TRADING_LOT: 1,
    Parameter.TRADING_CALL_RULE: CallRuleName.SSE,
    Parameter.AUCTION_PRICE_RULE: terms.PriceRule.UNIFORM,
    Parameter.AUCTION_UNDERSUBSCRIPTION_RULE: terms.UndersubscriptionRule.LOWEST_VALID_BID,
    Parameter.AUCTION_MARGIN_RULE: terms.MarginRule.PRO_RATA_LARGEST_REMAINDER,
    Parameter.AUCTION_RESERVE_PRICE: 1,
    Parameter.AUCTION_RESERVE_COMPARATOR: terms.ReserveComparator.AT_OR_ABOVE,
    Parameter.AUCTION_BELOW_RESERVE: terms.BelowReserve.REFUSED_AT_ENTRY,
    Parameter.BID_GUARANTEE: terms.GuaranteeRule.MAXIMUM_VALUE,
    Parameter.BID_TICK: 1,
    Parameter.BID_LOT: 1,
}
_OPERATOR, _SELLER, _BUYER = 1, 2, 3
_CLEAR_ONCE = "from engine.auction import PriceRule, Terms, clear; clear(Terms(PriceRule.UNIFORM), [1], [1], supply=1)"
_NAMES = b"operatorsellerbuyer"


class _Rehearsal:
    """Sends batches to a core, one after the other."""

    def __init__(self, capacity: Capacity) -> None:
        self.core = Core(capacity)

    def send(self, table: Table, actor: int, text: bytes = b"", **columns: object) -> None:
        """One batch; a column is one value for all rows or a list with one for each."""
        count = max((len(values) for values in columns.values() if isinstance(values, list)), default=1)
        rows = rows_of(table, count)
        rows["actor"] = actor
        for name, values in columns.items():
            rows[name] = values
        self.core.apply(Batch(table, 0, rows, text))


@cache
def compile_kernels(capacity: Capacity) -> None:
    """Compiles, or loads, what a core of this capacity class runs. Seconds when cold, a moment when warm."""
    rehearsal = _Rehearsal(capacity)
    _set_up(rehearsal)
    with _clear_compiled_beside():
        _trade(rehearsal)
    _auction(rehearsal)
    rehearsal.core.digest()


@contextmanager
def _clear_compiled_beside() -> Iterator[None]:
    """Meanwhile compiles the auction's kernels in a process of their own, where another core can do it.

    They take as long as those of trading, and one process compiles one kernel at a time. What the other process leaves
    in the cache is loaded; if it fails, the kernels are compiled here as if it had not been tried.
    """
    if jit.cache_folder is None or jit.is_warm("engine.auction.kernels"):
        yield
        return
    with subprocess.Popen([sys.executable, "-c", _CLEAR_ONCE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        yield


async def compile_kernels_aside(capacity: Capacity) -> None:
    """As `compile_kernels`, in a thread that does not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def work() -> None:
        error: BaseException | None = None
        try:
            compile_kernels(capacity)
        except BaseException as caught:  # noqa: BLE001 - it is raised where the future is awaited
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(finish, error)

    threading.Thread(target=work, name="compile", daemon=True).start()
    await done


def _set_up(rehearsal: _Rehearsal) -> None:
    classes = [ParticipantClass.OPERATOR, ParticipantClass.GOVERNMENT, ParticipantClass.INSTITUTION]
    rehearsal.send(
        Table.PARTICIPANTS, 0, _NAMES, participant_class=classes, text_start=[0, 8, 14], text_length=[8, 6, 5]
    )
    rehearsal.send(Table.SESSIONS, _SELLER, b"s", text_length=1)
    rehearsal.send(Table.SESSIONS, _BUYER, b"b", text_length=1)
    rehearsal.send(
        Table.RULE_BOOKS,
        _OPERATOR,
        b'{"files":{},"name":"rehearsal"}',
        parameter=list(_BOOK),
        basis=Basis.OPERATOR,
        value=[int(value) for value in _BOOK.values()],
    )
    rehearsal.send(Table.INSTRUMENTS, _OPERATOR, b"i", rule_book=1, tick_minor=1, lot_units=1, text_length=1)
    rehearsal.send(Table.PHASES, _OPERATOR, instrument=1, phase=int(Phase.OPENING_CALL))
    rehearsal.send(
        Table.DEPOSITS, _OPERATOR, participant=[_SELLER, _BUYER], instrument=[1, CASH], quantity=[10_000, 10_000]
    )


def _trade(rehearsal: _Rehearsal) -> None:
    new: dict[str, Any] = {"command": OrderCommand.NEW, "order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    sale: dict[str, Any] = {"instrument": 1, "price_ticks": 5, "quantity_lots": 10}
    rehearsal.send(Table.ORDERS, _SELLER, session=1, request_id=1, side=Side.SELL, **new, **sale)
    rehearsal.send(Table.ORDERS, _BUYER, session=2, request_id=1, side=Side.BUY, **new, **sale)
    rehearsal.send(Table.PHASES, _OPERATOR, instrument=1, phase=int(Phase.CONTINUOUS))
    rehearsal.send(Table.BLOCKS, _OPERATOR, command=int(BlockCommand.STOP), instrument=1)
    if rehearsal.core.depth(1, 1).last_price_ticks != 5:
        raise RuntimeError("the rehearsed call did not trade as it must; this build cannot be trusted")
    # One order stays, so that what reads live orders (depth, digest) has one to read.
    rehearsal.send(Table.ORDERS, _SELLER, session=1, request_id=2, side=Side.SELL, **new, **(sale | {"price_ticks": 6}))
    rehearsal.core.depth(1, 1)


def _auction(rehearsal: _Rehearsal) -> None:
    rehearsal.send(Table.ROUNDS, _OPERATOR, b"r", rule_book=1, instrument=1, text_length=1)
    rehearsal.send(
        Table.SUPPLY, _OPERATOR, round_number=1, seller=_SELLER, kind=SupplyKind.GOVERNMENT, quantity_lots=100
    )
    rehearsal.send(Table.ROUND_ACTIONS, _OPERATOR, round_number=1, action=RoundAction.OPEN)
    rehearsal.send(
        Table.BIDS,
        _BUYER,
        session=2,
        request_id=[2, 3],
        round_number=1,
        price_ticks=[3, 3],
        quantity_lots=[70, 80],
    )
    rehearsal.send(Table.ROUND_ACTIONS, _OPERATOR, round_number=1, action=RoundAction.CLOSE)
    rehearsal.core.preview_clear(1)
    rehearsal.send(Table.ROUND_ACTIONS, _OPERATOR, round_number=1, action=RoundAction.CLEAR)
    result = rehearsal.core.round_result(1)
    if result is None or result.sold_lots != 100 or len(result.awards) != 2:
        raise RuntimeError("the rehearsal before the start did not clear as it must; this build cannot be trusted")
