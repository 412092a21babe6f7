"""Opening and closing prices: the owner of what a day's trades have added up to.

The compiled path counts each trade as it happens (`count_trades`); here the day is begun, ended and shown. A closing
price is an average of the day's trades weighted by quantity, of all or of the last n, rounded to the price step as the
book says (half up where it does not). Where the day's volume does not suffice, it is the opening price or the close
before, as the book says. Without trades the close before goes on from day to day; on the first day that is the
reference price.

What it does not do: it makes no price for an instrument whose book has no closing formula. Such a day starts from the
last trade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import units
from engine.digest import by_name
from engine.events import CloseSource
from engine.exchange.day.layout import WORD_BITS
from engine.words.venue import CloseFormula, CloseOtherwise, OpenFormula, Rounding

DIVIDE = {
    Rounding.HALF_UP: units.divide_half_up,
    Rounding.DOWN: units.divide_floor,
    Rounding.UP: units.divide_ceiling,
}
"""How a price is rounded, by the word of the book."""


@dataclass(frozen=True)
class PriceTerms:
    """What a day's prices go by. Formulas are 0 where the book has none; `close_trades` 0: all of the day."""

    open_formula: int = 0
    close_formula: int = 0
    close_trades: int = 0
    close_volume_above_lots: int = 0
    close_otherwise: int = 0
    close_rounding: int = Rounding.HALF_UP
    blocks_count: int = 0


@dataclass(frozen=True)
class Closing:
    """How a day ended, or would end now. Prices are 0 where there is none."""

    close_ticks: int
    open_ticks: int
    source: CloseSource
    volume_lots: int
    trades: int
    turnover: int
    """In ticks x lots; may pass int64."""


class DayPrices:
    """The prices of all instruments' days, over the state record."""

    def __init__(self, state: np.ndarray) -> None:
        self._days = state[0]["days"]

    def close_ticks(self, instrument: int) -> int:
        """The last closing price; 0 where there is none."""
        return int(self._days["close_ticks"][instrument])

    def listed_on(self, instrument: int) -> int:
        """The first trading day as it was kept; 0 where none was."""
        return int(self._days["listed_on"][instrument])

    def is_first_day(self, instrument: int) -> bool:
        """Whether today is the first day, where the book has rules for that."""
        return bool(self._days["first_day"][instrument])

    def begin(self, instrument: int, terms: PriceTerms, listed_on: int, *, first_day: bool) -> None:
        """Nothing has been traded yet, and these are the rules."""
        day = self._days[instrument]
        close = int(day["close_ticks"])
        self._days[instrument : instrument + 1] = np.zeros(1, self._days.dtype)
        for name in PriceTerms.__dataclass_fields__:
            day[name] = getattr(terms, name) if terms.close_formula else 0
        if terms.close_formula != CloseFormula.LAST_TRADES_AVERAGE:
            day["close_trades"] = 0
        day["close_ticks"], day["listed_on"], day["first_day"] = close, listed_on, first_day

    def now(self, instrument: int, reference_ticks: int, step_ticks: int) -> Closing | None:
        """How the day would end now; `reference_ticks` is the price it began from. None without a closing formula."""
        day = self._days[instrument]
        if not day["close_formula"]:
            return None
        trades = int(day["trades"])
        volume, turnover = (_sum_of(day, name) for name in ("volume", "turnover"))
        opening = int(day["first_ticks"]) or reference_ticks
        if day["open_formula"] == OpenFormula.PREVIOUS_CLOSE:
            opening = reference_ticks
        if trades and volume > int(day["close_volume_above_lots"]):
            close, source = self._average(day, turnover, volume, step_ticks)
        elif day["close_otherwise"] == CloseOtherwise.OPEN:
            close, source = opening, CloseSource.OPENING_PRICE
        else:
            close, source = reference_ticks, CloseSource.PREVIOUS_CLOSE
        return Closing(close, opening, source, volume, trades, turnover)

    def end(self, instrument: int, reference_ticks: int, step_ticks: int) -> Closing | None:
        """The day is over: what it came to, if there is a closing formula, is the close from here on."""
        closing = self.now(instrument, reference_ticks, step_ticks)
        if closing is not None:
            self._days["close_ticks"][instrument] = closing.close_ticks
        return closing

    @staticmethod
    def _average(day: np.void, turnover: int, volume: int, step_ticks: int) -> tuple[int, CloseSource]:
        source = CloseSource.DAY_AVERAGE
        if day["close_formula"] == CloseFormula.LAST_TRADES_AVERAGE:
            source = CloseSource.LAST_TRADES_AVERAGE
            kept = min(int(day["trades"]), int(day["close_trades"])) if day["close_trades"] else 0
            if kept:
                lots = day["last_lots"][:kept].tolist()
                volume = sum(lots)
                turnover = sum(p * q for p, q in zip(day["last_ticks"][:kept].tolist(), lots, strict=True))
        divide = DIVIDE[Rounding(int(day["close_rounding"]))]
        return divide(turnover, volume * step_ticks) * step_ticks, source

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the days."""
        used = [i for i in range(len(self._days)) if self._days[i].tobytes().strip(b"\0")]
        return [f"day {i}:".encode() + by_name(self._days[i]) for i in used]


def _sum_of(day: np.void, name: str) -> int:
    return (int(day[f"{name}_high"]) << WORD_BITS) + int(day[f"{name}_low"])
