"""Compiled part of the call auction: the candidate prices, the steps that narrow them down, the pairing of fills.

All prices of an auction are handled as rows of one table. A row is a run of prices with the same buys and sells: one
limit, or all the ticks between two neighbouring limits, where nothing changes. So an auction over every tick of a wide
range costs no more than one over its limits.

    table[i] = LOW, HIGH          first and last price of the run, in ticks
               BUYS, SELLS        quantity willing to buy, to sell, at these prices
               BUYS_ABOVE         quantity willing to buy at a higher price too
               SELLS_BELOW        quantity willing to sell at a lower price too

Rows are in rising order of price. Each step keeps some rows by moving them to the front and returns how many.

Quantities are bounded by the owner such that no sum leaves int64. A price of 0 stands for "none" inside this file only.
"""

from __future__ import annotations

import numpy as np

from engine.jit import helper, kernel
from engine.orderbook.call_auction.rules import STEPS_MAX, Candidates, Step

LOW, HIGH, BUYS, SELLS, BUYS_ABOVE, SELLS_BELOW = range(6)
COLUMNS = 6

TERMS = np.dtype(
    (
        np.record,
        [
            ("candidates", "i8"),
            ("step_ticks", "i8"),
            ("reference_ticks", "i8"),
            ("pressure_high_ticks", "i8"),
            ("pressure_low_ticks", "i8"),
            ("quoted", "i8"),
            ("quote_bid_ticks", "i8"),
            ("quote_ask_ticks", "i8"),
            ("chain", "i8", (STEPS_MAX,)),
        ],
    )
)
"""A rule and its inputs as integers. `chain` holds the numbers of the steps, 0 after the last one."""

PRICE, VOLUME, SURPLUS = range(3)
ANSWER = 3

_EVERY_TICK = int(Candidates.EVERY_TICK)
_INSIDE_QUOTE = int(Candidates.LIMITS_INSIDE_QUOTE)
_MAXIMUM_VOLUME = int(Step.MAXIMUM_VOLUME)
_MINIMUM_SURPLUS = int(Step.MINIMUM_SURPLUS)
_PRESSURE = int(Step.MARKET_PRESSURE)
_PRESSURE_IN_BAND = int(Step.MARKET_PRESSURE_IN_BAND)
_BETTER_FILLED = int(Step.BETTER_ORDERS_FILLED)
_NEAREST = int(Step.NEAREST_REFERENCE)
_MIDPOINT_UP = int(Step.MIDPOINT_UP)
_MIDPOINT_DOWN = int(Step.MIDPOINT_DOWN)
_HIGHEST = int(Step.HIGHEST)
_LOWEST = int(Step.LOWEST)
_NO_BOUND = 2**62


@helper
def put(table, row, low, high, buys, sells, buys_above, sells_below):
    table[row, LOW] = low
    table[row, HIGH] = high
    table[row, BUYS] = buys
    table[row, SELLS] = sells
    table[row, BUYS_ABOVE] = buys_above
    table[row, SELLS_BELOW] = sells_below


@helper
def list_candidates(limits, book, market, terms, table):
    """Fill `table` from the live limits; `book[:, 0]` and `[:, 1]` are the quantities to buy and sell at each."""
    buys = market[0]
    for i in range(limits.size):
        buys += book[i, 0]
    sells = market[1]
    count = 0
    seen = False
    previous = 0
    for i in range(limits.size):
        price = limits[i]
        quoted = terms.quoted != 0 and (price == terms.quote_bid_ticks or price == terms.quote_ask_ticks)
        if book[i, 0] == 0 and book[i, 1] == 0 and not quoted:
            continue
        between = price - terms.step_ticks
        if terms.candidates == _EVERY_TICK and seen and between > previous:
            put(table, count, previous + terms.step_ticks, between, buys, sells, buys, sells)
            count += 1
        sells += book[i, 1]
        outside = terms.quoted != 0 and (price < terms.quote_bid_ticks or price > terms.quote_ask_ticks)
        if not (terms.candidates == _INSIDE_QUOTE and outside):
            put(table, count, price, price, buys, sells, buys - book[i, 0], sells - book[i, 1])
            count += 1
        buys -= book[i, 0]
        previous = price
        seen = True
    if not seen and terms.reference_ticks > 0:
        put(table, 0, terms.reference_ticks, terms.reference_ticks, market[0], market[1], market[0], market[1])
        count = 1
    return count


@helper
def keep_maximum_volume(table, count):
    best = -1
    kept = 0
    for i in range(count):
        volume = min(table[i, BUYS], table[i, SELLS])
        if volume > best:
            best = volume
            kept = 0
        if volume == best:
            table[kept] = table[i]
            kept += 1
    return kept


@helper
def keep_minimum_surplus(table, count):
    best = np.int64(_NO_BOUND)
    kept = 0
    for i in range(count):
        surplus = abs(table[i, BUYS] - table[i, SELLS])
        if surplus < best:
            best = surplus
            kept = 0
        if surplus == best:
            table[kept] = table[i]
            kept += 1
    return kept


@helper
def keep_better_filled(table, count):
    kept = 0
    for i in range(count):
        if table[i, BUYS_ABOVE] <= table[i, SELLS] and table[i, SELLS_BELOW] <= table[i, BUYS]:
            table[kept] = table[i]
            kept += 1
    return kept if kept > 0 else count


@helper
def keep_nearest(table, count, target):
    """Leave the one price nearest to `target`, of two equally near the higher; `target` is on the grid or far out."""
    nearest = np.int64(0)
    distance = np.int64(_NO_BOUND)
    for i in range(count):
        price = min(max(target, table[i, LOW]), table[i, HIGH])
        if abs(price - target) <= distance:
            nearest = price
            distance = abs(price - target)
            table[0] = table[i]
    table[0, LOW] = nearest
    table[0, HIGH] = nearest
    return 1


@helper
def keep_under_pressure(table, count, high_target, low_target):
    """Buyers left at all prices: go up towards `high_target`. Sellers left at all: go down towards `low_target`."""
    buying = 0
    selling = 0
    for i in range(count):
        if table[i, BUYS] > table[i, SELLS]:
            buying += 1
        elif table[i, BUYS] < table[i, SELLS]:
            selling += 1
    if buying == count:
        return keep_nearest(table, count, high_target)
    if selling == count:
        return keep_nearest(table, count, low_target)
    return count


@helper
def midpoint(low, high, step_ticks, upwards):
    """The middle of two prices on the grid, half a step going up or down."""
    steps = (high - low) // step_ticks
    half = (steps + 1) // 2 if upwards else steps // 2
    return low + half * step_ticks


@helper
def narrow(table, count, terms):
    """Walk the chain of steps and return the price it ends with."""
    low_end = -np.int64(_NO_BOUND // 2)
    high_end = np.int64(_NO_BOUND // 2)
    for i in range(STEPS_MAX):
        step = terms.chain[i]
        if step == _MAXIMUM_VOLUME:
            count = keep_maximum_volume(table, count)
        elif step == _MINIMUM_SURPLUS:
            count = keep_minimum_surplus(table, count)
        elif step == _PRESSURE:
            count = keep_under_pressure(table, count, high_end, low_end)
        elif step == _PRESSURE_IN_BAND:
            count = keep_under_pressure(table, count, terms.pressure_high_ticks, terms.pressure_low_ticks)
        elif step == _BETTER_FILLED:
            count = keep_better_filled(table, count)
        elif step == _NEAREST and terms.reference_ticks > 0:
            count = keep_nearest(table, count, terms.reference_ticks)
        elif step in (_MIDPOINT_UP, _MIDPOINT_DOWN):
            return midpoint(table[0, LOW], table[count - 1, HIGH], terms.step_ticks, step == _MIDPOINT_UP)
        elif step == _HIGHEST:
            return table[count - 1, HIGH]
        elif step == _LOWEST:
            return table[0, LOW]
    return np.int64(0)


@helper
def settle(limits, book, market, price, answer):
    """Write price, volume and surplus of an auction at `price`."""
    buys = market[0]
    sells = market[1]
    for i in range(limits.size):
        if limits[i] >= price:
            buys += book[i, 0]
        if limits[i] <= price:
            sells += book[i, 1]
    answer[PRICE] = price
    answer[VOLUME] = min(buys, sells)
    answer[SURPLUS] = buys - sells


@helper
def decide(limits, book, market, terms, table, answer):
    """The auction price, or 0 with volume 0 when nothing can trade."""
    answer[:] = 0
    count = list_candidates(limits, book, market, terms, table)
    if count == 0:
        return
    tradable = False
    for i in range(count):
        tradable = tradable or (table[i, BUYS] > 0 and table[i, SELLS] > 0)
    if tradable:
        settle(limits, book, market, narrow(table, count, terms), answer)


@helper
def add(limits, book, market, side, price, quantity):
    """Add `quantity` (negative: take off) at a limit of `limits`, or to the market orders when `price` is 0."""
    column = side - 1
    if price == 0:
        market[column] += quantity
    else:
        book[np.searchsorted(limits, price), column] += quantity


@kernel
def auction_price(sides, prices, quantities, limits, terms_bytes, answer):
    """Decide one auction: `answer` becomes price (0: none), volume, surplus."""
    terms = terms_bytes.view(TERMS)[0]
    book = np.zeros((limits.size, 2), np.int64)
    market = np.zeros(2, np.int64)
    table = np.zeros((2 * limits.size + 1, COLUMNS), np.int64)
    for i in range(sides.size):
        add(limits, book, market, sides[i], prices[i], quantities[i])
    decide(limits, book, market, terms, table, answer)


@kernel
def indicative_prices(sides, prices, changes, limits, terms_bytes, answers):
    """Decide the auction anew after each change: row i of `answers` is price (0: none), volume, surplus."""
    terms = terms_bytes.view(TERMS)[0]
    book = np.zeros((limits.size, 2), np.int64)
    market = np.zeros(2, np.int64)
    table = np.zeros((2 * limits.size + 1, COLUMNS), np.int64)
    for i in range(sides.size):
        add(limits, book, market, sides[i], prices[i], changes[i])
        decide(limits, book, market, terms, table, answers[i])


@kernel
def pair_fills(buyers, sellers, quantities, volume, trades):
    """Pair buyers and sellers, each in order of priority, until `volume` is traded; returns the number of trades.

    `trades[i]` becomes row of the buy order, row of the sell order, quantity.
    """
    count = 0
    b = 0
    s = 0
    bought = np.int64(0)
    sold = np.int64(0)
    while volume > 0:
        buyer = buyers[b]
        seller = sellers[s]
        quantity = min(quantities[buyer] - bought, quantities[seller] - sold, volume)
        trades[count, 0] = buyer
        trades[count, 1] = seller
        trades[count, 2] = quantity
        count += 1
        volume -= quantity
        bought += quantity
        sold += quantity
        if bought == quantities[buyer]:
            b += 1
            bought = np.int64(0)
        if sold == quantities[seller]:
            s += 1
            sold = np.int64(0)
    return count
