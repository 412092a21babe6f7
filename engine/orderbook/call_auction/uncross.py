"""A call auction (集合竞价) as a pure function: orders in, one price and the trades at it out.

Promise: the price is the one that the rule's steps name (`engine.orderbook.call_auction.rules`); every order that is
better than the price is served before one at the price, market orders before both; within one price the earlier order
comes first; the fills of both sides sum to the same volume; nothing of an order's limit is passed. Where nothing can
trade there is no price: it is None, never 0.

Priority is the position of the row: rows come in order of arrival. What is not traded is left to the caller, who knows
whether the rest waits for the next phase. Orders that would trade with their own participant are not treated apart.

Cost: sorting n orders, then one pass over their k different limits; for every-tick rules too, because nothing changes
between two neighbouring limits. `indicative` passes over the k limits once for each of its n changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import units
from engine.commands import Side
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.call_auction import kernels
from engine.orderbook.call_auction.rules import BAND_UNIT, CallRule

Integers = npt.NDArray[np.int64]

_TOTAL_LOTS_MAX = 2**61
_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class Quote:
    """The quote of a market maker or specialist, who bounds the price of `xetra_continuous` and may trade.

    A quantity of 0 only bounds. `without_turnover`: when nothing can trade, the auction is to show the quote's bid as
    its price all the same (Preis ohne Umsatz; the source shows this in one example, its wording was not read).
    """

    bid_ticks: int
    ask_ticks: int
    bid_lots: int = 0
    ask_lots: int = 0
    without_turnover: bool = False


@dataclass(frozen=True)
class CallResult:
    """How an auction ended.

    `price_ticks` is None when there is none: nothing can trade (and no quote asks for a price without turnover).
    `surplus_lots` is what stays unfilled at the price, positive for buyers, negative for sellers; 0 without a price.
    `fills_lots` has one entry a row, then two for bid and ask of a quote when there is one. `trades` has the columns
    row of the buy order, row of the sell order, quantity, in order of priority; a quote's rows follow the orders' rows.
    """

    price_ticks: int | None
    volume_lots: int
    surplus_lots: int
    fills_lots: Integers
    trades: Integers


@dataclass(frozen=True)
class Indicative:
    """The auction as it would end after each change: `price_ticks` holds where `has_price`, elsewhere it is 0."""

    has_price: npt.NDArray[np.bool_]
    price_ticks: Integers
    volume_lots: Integers
    surplus_lots: Integers

    def price_at(self, row: int) -> int | None:
        """The indicative price after change `row`, or None when there was none."""
        return int(self.price_ticks[row]) if self.has_price[row] else None


def uncross(
    rule: CallRule,
    sides: npt.ArrayLike,
    prices_ticks: npt.ArrayLike,
    quantities_lots: npt.ArrayLike,
    *,
    reference_ticks: int | None = None,
    price_step_ticks: int = 1,
    band_ppm: int | None = None,
    quote: Quote | None = None,
) -> CallResult:
    """Find the auction price of the orders and allot the volume by price and time.

    Three columns of equal length, rows in order of arrival: `sides` (`engine.commands.Side`), `prices_ticks` (0: a
    market order), `quantities_lots`. `reference_ticks` is the previous close or last price that the rule compares with.
    Prices lie on the grid of `price_step_ticks`. `band_ppm` replaces the rule's own band.

    >>> from engine.orderbook.call_auction.rules import SSE
    >>> uncross(SSE, [1, 1, 2, 2], [5050, 5030, 5000, 5020], [100, 100, 100, 100]).price_ticks
    5025

    Raises ValueError, naming all rows that are wrong, for an unknown side, a price off the grid or out of bounds, a
    quantity out of bounds; and for a reference price or quote that is off the grid.
    """
    side, price, quantity = _columns(sides, prices_ticks, quantities_lots)
    _refuse_rows(side, price, quantity, price_step_ticks, least_quantity=1)
    rows = side.size
    if quote is not None:
        _check_quote(quote, price_step_ticks)
        side = np.append(side, [Side.BUY, Side.SELL])
        price = np.append(price, [quote.bid_ticks, quote.ask_ticks])
        quantity = np.append(quantity, [quote.bid_lots, quote.ask_lots])
    answer = np.zeros(kernels.ANSWER, np.int64)
    terms = _terms(rule, reference_ticks, price_step_ticks, band_ppm, quote)
    kernels.auction_price(side, price, quantity, np.unique(price[price > 0]), terms, answer)
    fills = np.zeros(rows + (2 if quote is not None else 0), np.int64)
    found, volume, surplus = (int(value) for value in answer)
    if volume == 0:
        shown = quote.bid_ticks if quote is not None and quote.without_turnover else None
        return CallResult(shown, 0, 0, fills, np.zeros((0, 3), np.int64))
    trades = _pair(side, price, quantity, found, volume)
    np.add.at(fills, trades[:, 0], trades[:, 2])
    np.add.at(fills, trades[:, 1], trades[:, 2])
    return CallResult(found, volume, surplus, fills, trades)


def call_price(
    rule: CallRule,
    sides: npt.ArrayLike,
    prices_ticks: npt.ArrayLike,
    quantities_lots: npt.ArrayLike,
    *,
    reference_ticks: int | None = None,
    price_step_ticks: int = 1,
) -> tuple[int | None, int, int]:
    """Price (None: nothing can trade), volume and surplus of `uncross`, without its trades; columns as there, except
    that a row may be the sum of many orders of one side at one price: the order of rows counts for nothing here."""
    side, price, quantity = _columns(sides, prices_ticks, quantities_lots)
    _refuse_rows(side, price, quantity, price_step_ticks, least_quantity=1, most_quantity=_TOTAL_LOTS_MAX)
    answer = np.zeros(kernels.ANSWER, np.int64)
    terms = _terms(rule, reference_ticks, price_step_ticks, None, None)
    kernels.auction_price(side, price, quantity, np.unique(price[price > 0]), terms, answer)
    found, volume, surplus = (int(value) for value in answer)
    return (found, volume, surplus) if volume else (None, 0, 0)


def indicative(
    rule: CallRule,
    sides: npt.ArrayLike,
    prices_ticks: npt.ArrayLike,
    changes_lots: npt.ArrayLike,
    *,
    reference_ticks: int | None = None,
    price_step_ticks: int = 1,
    band_ppm: int | None = None,
    quote: Quote | None = None,
) -> Indicative:
    """Indicative price, volume and surplus after every change of a call phase, equal to `uncross` of what then stands.

    Columns as in `uncross`, except that a change may be negative: a cancelled or reduced order takes its quantity off
    its price again. Raises ValueError as `uncross` does, and where more is taken off a price than stands there.
    """
    side, price, change = _columns(sides, prices_ticks, changes_lots)
    _refuse_rows(side, price, change, price_step_ticks, least_quantity=-QUANTITY_LOTS_MAX)
    _refuse_overdrawn(side, price, change)
    rows = side.size
    if quote is not None:
        _check_quote(quote, price_step_ticks)
        side = np.concatenate([[Side.BUY, Side.SELL], side]).astype(np.int64)
        price = np.concatenate([[quote.bid_ticks, quote.ask_ticks], price]).astype(np.int64)
        change = np.concatenate([[quote.bid_lots, quote.ask_lots], change]).astype(np.int64)
    answers = np.zeros((side.size, kernels.ANSWER), np.int64)
    terms = _terms(rule, reference_ticks, price_step_ticks, band_ppm, quote)
    kernels.indicative_prices(side, price, change, np.unique(price[price > 0]), terms, answers)
    answers = answers[side.size - rows :]
    has_price = answers[:, kernels.VOLUME] > 0
    shown = answers[:, kernels.PRICE]
    if quote is not None and quote.without_turnover:
        shown = np.where(has_price, shown, quote.bid_ticks)
        has_price = np.ones(rows, np.bool_)
    return Indicative(has_price, shown, answers[:, kernels.VOLUME], answers[:, kernels.SURPLUS])


def schedule(
    sides: npt.ArrayLike, prices_ticks: npt.ArrayLike, quantities_lots: npt.ArrayLike, at_ticks: npt.ArrayLike
) -> tuple[Integers, Integers]:
    """What is willing to buy and to sell at each price of `at_ticks`, market orders included: two columns of lots.

    The smaller of the two is the volume that would trade there, their difference the surplus: the table that a venue
    shows during a call phase. Columns as in `uncross`; raises ValueError as it does.
    """
    side, price, quantity = _columns(sides, prices_ticks, quantities_lots)
    _refuse_rows(side, price, quantity, 1, least_quantity=1)
    at = np.asarray(at_ticks, np.int64)
    limit = np.where((price == 0) & (side == Side.BUY), PRICE_TICKS_MAX, price)
    return _cumulated(-limit, quantity, side == Side.BUY, -at), _cumulated(limit, quantity, side == Side.SELL, at)


def _cumulated(key: Integers, quantity: Integers, chosen: npt.NDArray[np.bool_], at: Integers) -> Integers:
    """For each of `at` the quantity of the chosen rows whose key is not above it."""
    order = np.argsort(key[chosen])
    totals = np.concatenate([[0], np.cumsum(quantity[chosen][order])])
    result: Integers = totals[np.searchsorted(key[chosen][order], at, side="right")]
    return result


def _pair(side: Integers, price: Integers, quantity: Integers, found: int, volume: int) -> Integers:
    """The trades at price `found`: each side in order of priority (market orders, then price, then arrival)."""
    buying = np.flatnonzero((side == Side.BUY) & (quantity > 0) & ((price == 0) | (price >= found)))
    selling = np.flatnonzero((side == Side.SELL) & (quantity > 0) & (price <= found))
    buyers = buying[np.argsort(np.where(price[buying] == 0, -PRICE_TICKS_MAX - 1, -price[buying]), kind="stable")]
    sellers = selling[np.argsort(price[selling], kind="stable")]
    trades = np.zeros((buyers.size + sellers.size, 3), np.int64)
    count = kernels.pair_fills(buyers, sellers, quantity, np.int64(volume), trades)
    return trades[:count]


def _terms(
    rule: CallRule, reference_ticks: int | None, step_ticks: int, band_ppm: int | None, quote: Quote | None
) -> npt.NDArray[np.uint8]:
    """The rule and its inputs as the bytes of one `kernels.TERMS` record."""
    if reference_ticks is not None and (not 0 < reference_ticks <= PRICE_TICKS_MAX or reference_ticks % step_ticks):
        allowed = f"a multiple of {step_ticks} from 1 to {PRICE_TICKS_MAX} ticks is allowed"
        raise ValueError(f"reference price {reference_ticks}: {allowed}")
    band = rule.band_ppm if band_ppm is None else band_ppm
    if not 0 <= band < BAND_UNIT:
        raise ValueError(f"band of {band} ppm: 0 to {BAND_UNIT - 1} is allowed")
    record = np.zeros(1, kernels.TERMS)
    terms = record[0]
    terms.candidates = rule.candidates
    terms.step_ticks = step_ticks
    terms.reference_ticks = reference_ticks or 0
    terms.pressure_high_ticks, terms.pressure_low_ticks = _pressure_bounds(reference_ticks, step_ticks, band)
    terms.chain[: len(rule.steps)] = rule.steps
    if quote is not None:
        terms.quoted = 1
        terms.quote_bid_ticks = quote.bid_ticks
        terms.quote_ask_ticks = quote.ask_ticks
    return record.view(np.uint8)


def _pressure_bounds(reference_ticks: int | None, step_ticks: int, band_ppm: int) -> tuple[int, int]:
    """How far pressure may move the price: the band's ends, rounded away from the reference; none: far out."""
    if reference_ticks is None:
        return 2 * PRICE_TICKS_MAX, -PRICE_TICKS_MAX
    unit = BAND_UNIT * step_ticks
    high = units.divide_ceiling(reference_ticks * (BAND_UNIT + band_ppm), unit) * step_ticks
    low = units.divide_floor(reference_ticks * (BAND_UNIT - band_ppm), unit) * step_ticks
    return high, low


def _columns(
    sides: npt.ArrayLike, prices: npt.ArrayLike, quantities: npt.ArrayLike
) -> tuple[Integers, Integers, Integers]:
    columns = [np.asarray(column) for column in (sides, prices, quantities)]
    for name, column in zip(("sides", "prices_ticks", "quantities_lots"), columns, strict=True):
        if column.ndim != 1 or (column.size and not np.issubdtype(column.dtype, np.integer)):
            raise ValueError(f"{name}: a column of whole numbers is needed, found {column.ndim}-d {column.dtype}")
    if len({column.size for column in columns}) != 1:
        raise ValueError(f"columns differ in length: {', '.join(str(column.size) for column in columns)}")
    side, price, quantity = (column.astype(np.int64) for column in columns)
    return side, price, quantity


def _refuse_rows(
    side: Integers,
    price: Integers,
    quantity: Integers,
    step_ticks: int,
    least_quantity: int,
    most_quantity: int = QUANTITY_LOTS_MAX,
) -> None:
    if step_ticks < 1:
        raise ValueError(f"price step {step_ticks}: at least 1 tick is allowed")
    tests = (
        ((side != Side.BUY) & (side != Side.SELL), "side", side, f"{int(Side.BUY)} (buy) or {int(Side.SELL)} (sell)"),
        ((price < 0) | (price > PRICE_TICKS_MAX), "price", price, f"0 (market order) to {PRICE_TICKS_MAX} ticks"),
        (price % step_ticks != 0, "price", price, f"a multiple of {step_ticks} ticks"),
        (
            (quantity < least_quantity) | (quantity > most_quantity),
            "quantity",
            quantity,
            f"{least_quantity} to {most_quantity} lots",
        ),
    )
    problems = [
        f"row {row}: {name} {int(column[row])} is not allowed; {allowed}"
        for wrong, name, column, allowed in tests
        for row in np.flatnonzero(wrong)
    ]
    if (total := _total(quantity)) > _TOTAL_LOTS_MAX:
        problems.append(f"{total} lots in all rows: at most {_TOTAL_LOTS_MAX} are allowed")
    if problems:
        more = f"; and {len(problems) - _PROBLEMS_SHOWN} more" if len(problems) > _PROBLEMS_SHOWN else ""
        raise ValueError("; ".join(problems[:_PROBLEMS_SHOWN]) + more)


def _total(quantity: Integers) -> int:
    """The sum of the sizes, exact however large: halves of 32 bits cannot pass int64."""
    sizes = np.abs(quantity)
    return (int((sizes >> 32).sum()) << 32) + int((sizes & 0xFFFF_FFFF).sum())


def _refuse_overdrawn(side: Integers, price: Integers, change: Integers) -> None:
    """Taking off more than stands at a price would leave a negative quantity: refuse the first row that does."""
    order = np.lexsort((np.arange(side.size), price, side))
    running = np.cumsum(change[order])
    starts = np.flatnonzero(np.diff(np.stack([side[order], price[order]]), prepend=-1).any(axis=0))
    before = np.repeat(np.where(starts > 0, running[starts - 1], 0), np.diff(np.append(starts, side.size)))
    overdrawn = order[(running - before) < 0]
    if overdrawn.size:
        row = int(overdrawn.min())
        raise ValueError(f"row {row}: takes {-int(change[row])} lots off price {int(price[row])}, where fewer stand")


def _check_quote(quote: Quote, step_ticks: int) -> None:
    found = f"{quote.bid_ticks} to {quote.ask_ticks}"
    if not 0 < quote.bid_ticks <= quote.ask_ticks <= PRICE_TICKS_MAX:
        raise ValueError(f"quote {found}: 1 <= bid <= ask <= {PRICE_TICKS_MAX} is allowed")
    if quote.bid_ticks % step_ticks or quote.ask_ticks % step_ticks:
        raise ValueError(f"quote {found}: multiples of {step_ticks} ticks are allowed")
    if not (0 <= quote.bid_lots <= QUANTITY_LOTS_MAX and 0 <= quote.ask_lots <= QUANTITY_LOTS_MAX):
        raise ValueError(f"quote of {quote.bid_lots} and {quote.ask_lots} lots: 0 to {QUANTITY_LOTS_MAX} is allowed")
