"""The slow twin of a day's prices: a list of its trades, and the formulas over it in exact fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from engine.events import CloseSource
from engine.words.venue import CloseFormula, CloseOtherwise, OpenFormula, Rounding


@dataclass
class SlowDay:
    """One instrument: the rules of its book, the trades of today, the last close (0: none yet)."""

    open_formula: int = 0
    close_formula: int = 0
    close_trades: int = 0
    volume_above: int = 0
    otherwise: int = 0
    rounding: int = Rounding.HALF_UP
    blocks_count: bool = False
    trades: list[tuple[int, int]] = field(default_factory=list)
    close: int = 0

    def ended(self, reference: int, step: int) -> tuple[int, int, CloseSource]:
        """(close, opening price, what made the close) of the trades so far."""
        opening = reference
        if self.open_formula != OpenFormula.PREVIOUS_CLOSE and self.trades:
            opening = self.trades[0][0]
        volume = sum(lots for _, lots in self.trades)
        if not self.trades or volume <= self.volume_above:
            if self.otherwise == CloseOtherwise.OPEN:
                return opening, opening, CloseSource.OPENING_PRICE
            return reference, opening, CloseSource.PREVIOUS_CLOSE
        if self.close_formula == CloseFormula.LAST_TRADES_AVERAGE:
            last = self.trades[-self.close_trades :] if self.close_trades else self.trades
            return self.weighted(last, step), opening, CloseSource.LAST_TRADES_AVERAGE
        return self.weighted(self.trades, step), opening, CloseSource.DAY_AVERAGE

    def weighted(self, trades: list[tuple[int, int]], step: int) -> int:
        """Weighted by quantity, on the step."""
        exact = Fraction(sum(price * lots for price, lots in trades), step * sum(lots for _, lots in trades))
        match self.rounding:
            case Rounding.DOWN:
                return floor(exact) * step
            case Rounding.UP:
                return ceil(exact) * step
        return floor(exact + Fraction(1, 2)) * step
