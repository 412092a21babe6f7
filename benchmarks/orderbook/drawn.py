"""Order flows drawn on the spot, for the questions that need no published one.

New orders arrive one after the other around a middle that stays, most of them close to it (a power law, as in real
books); a few cross and trade. Each has a lifetime, drawn when it arrives, after which it is cancelled; some are reduced
or replaced on the way. What was filled in between is still cancelled: such rows are refused, as they are in a market.
Drawn with NumPy, without a look at any book.
"""

from __future__ import annotations

import numpy as np

from benchmarks.order_flow import CANCEL, IOC, LIMIT, MARKET, RECORD, REDUCE, REPLACE

MIDDLE = 30_000
FARTHEST = 3_000
_TAIL = 0.8
_CROSSING, _MARKET, _IOC, _REDUCED, _REPLACED = 0.04, 0.04, 0.06, 0.1, 0.15
_SHORT_LIVED = 0.5


def draw_flow(operations: int, live: int, seed: int) -> np.ndarray:
    """So many records of `benchmarks.order_flow`, with about `live` orders in the book once it has filled.

    The book has filled after about 4 x `live` operations.
    """
    draw = np.random.default_rng(seed)
    count = operations
    kind = draw.choice([MARKET, IOC, LIMIT], count, p=[_MARKET, _IOC, 1 - _MARKET - _IOC])
    side = draw.integers(0, 2, count)
    arrival = np.arange(count, dtype=np.float64)
    short = draw.random(count) < _SHORT_LIVED
    lifetime = draw.exponential(np.where(short, live / 15, live * 3.2), count)
    new = _records(
        kind, side, _prices(draw, side, (kind == IOC) | (draw.random(count) < _CROSSING)), _lots(draw, count)
    )
    new["price"][kind == MARKET] = 0
    rests = kind == LIMIT
    parts, times = [new], [arrival]
    for share, command in ((_REDUCED, REDUCE), (_REPLACED, REPLACE), (1.0, CANCEL)):
        chosen = rests & (draw.random(count) < share)
        later = new[chosen].copy()
        later["type"] = command
        crossing = draw.random(len(later)) < _CROSSING
        if command == REPLACE:
            later["price"] = _prices(draw, later["side"], crossing)
            later["quantity"] = _lots(draw, len(later))
        elif command == REDUCE:
            later["quantity"] = 1
        parts.append(later)
        times.append(arrival[chosen] + lifetime[chosen] * (1.0 if command == CANCEL else draw.random(len(later))))
    return np.concatenate(parts)[np.argsort(np.concatenate(times), kind="stable")][:operations]


def scatter_prices(records: np.ndarray, highest: int, seed: int) -> np.ndarray:
    """The same flow with its prices spread over 1 to `highest`, their order kept: the same orders trade."""
    used = np.unique(records["price"][records["price"] > 0])
    step = highest // len(used)
    places = np.arange(len(used)) * step + np.random.default_rng(seed).integers(1, step + 1, len(used))
    scattered = records.copy()
    priced = records["price"] > 0
    scattered["price"][priced] = places[np.searchsorted(used, records["price"][priced])]
    return scattered


def _records(kind: np.ndarray, side: np.ndarray, prices: np.ndarray, lots: np.ndarray) -> np.ndarray:
    records = np.zeros(len(kind), RECORD)
    records["type"], records["side"], records["price"], records["quantity"] = kind, side, prices, lots
    records["order_id"] = np.arange(1, len(kind) + 1)
    return records


def _prices(draw: np.random.Generator, side: np.ndarray, crossing: np.ndarray) -> np.ndarray:
    distance = np.minimum(np.floor((1 - draw.random(len(side))) ** (-1 / _TAIL)), FARTHEST)
    away = np.where(crossing, -(distance % 3), distance)
    return (MIDDLE + np.where(side == 0, -away, away)).astype(np.int32)


def _lots(draw: np.random.Generator, count: int) -> np.ndarray:
    return np.clip(np.exp(draw.normal(3.3, 1.0, count)), 1, 5_000).astype(np.int32)
