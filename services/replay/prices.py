"""Prices of files as whole ticks and back, exactly: a tick is any decimal, as 0.01 or 0.05."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from engine.limits import PRICE_TICKS_MAX
from engine.units import format_scaled, parse_scaled
from services.errors import BadInput

PLAIN_DECIMAL = re.compile(r"\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class TickSize:
    """The size of a tick: `units` of 1/`scale`. 0.05 is 5 units of 1/100."""

    units: int
    scale: int

    @classmethod
    def parse(cls, text: str) -> TickSize:
        """The tick written as a decimal; BadInput when it is none, or not above 0."""
        if not PLAIN_DECIMAL.fullmatch(text) or Decimal(text) == 0:
            raise BadInput(f"--tick {text!r}: a decimal above 0 is needed, as 0.01")
        places = len(text.partition(".")[2])
        return cls(parse_scaled(text, 10**places), 10**places)

    def ticks(self, text: str) -> int:
        """A price in ticks; ValueError says what is wrong with it."""
        if not PLAIN_DECIMAL.fullmatch(text):
            raise ValueError(f"price {text!r}: a decimal is needed, as {self.text(1)}")
        try:
            ticks, rest = divmod(parse_scaled(text, self.scale), self.units)
        except ValueError:
            rest = ticks = 1
        if rest:
            raise ValueError(f"price {text!r}: a multiple of the tick {self.text(1)} is needed")
        if not 1 <= ticks <= PRICE_TICKS_MAX:
            raise ValueError(f"price {text!r}: {self.text(1)} to {self.text(PRICE_TICKS_MAX)} is allowed")
        return ticks

    def text(self, ticks: int) -> str:
        """A number of ticks as a decimal with all the places of the tick."""
        return format_scaled(ticks * self.units, self.scale)
