"""What a reserve and a planned year are made of: plain records, in lots of the instrument they are for."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.views import Movement


@dataclass
class Trigger:
    """A condition that was met. Nothing moves by it; `decided` once somebody has decided on it."""

    number: int
    movement: Movement
    day: int
    most_lots: int
    reported_by: int
    decided: bool = False


@dataclass
class BuyBack:
    """A decision to buy back: what it still takes, and at which price."""

    number: int
    price_ticks: int
    open_lots: int


@dataclass
class Reserve:
    """The reserve of one instrument. `vintages`: lots by the year in which they came in, oldest first to leave."""

    instrument: int
    account: int
    rule_book: int
    vintages: dict[int, int] = field(default_factory=dict)
    triggers: list[Trigger] = field(default_factory=list)
    buy_backs: list[BuyBack] = field(default_factory=list)
    used: dict[tuple[int, Movement], int] = field(default_factory=dict)
    """Lots let out and bought back, by calendar year."""
    last_day: int = -1
    last_price_ticks: int = 0
    days_above: int = 0
    days_below: int = 0

    @property
    def lots(self) -> int:
        """Everything in it."""
        return sum(self.vintages.values())

    def put(self, year: int, lots: int) -> None:
        """Units come in."""
        self.vintages[year] = self.vintages.get(year, 0) + lots

    def take(self, lots: int) -> None:
        """Units leave, those that came in first before others; `lots` is at most what is there."""
        for year in sorted(self.vintages):
            taken = min(lots, self.vintages[year])
            self.vintages[year] -= taken
            lots -= taken
            if not self.vintages[year]:
                del self.vintages[year]


@dataclass
class Year:
    """One planned year: the parts of its total, and what of the emitters' part is given free and to be paid for."""

    instrument: int
    year: int
    account: int
    rule_book: int
    total_lots: int
    reserve_lots: int
    new_entrant_lots: int
    emitter_lots: int
    rounds: int
    free_lots: int = 0
    paid_lots: int = 0
    allocated: list[int] = field(default_factory=list)
