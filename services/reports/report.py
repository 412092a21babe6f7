"""What a report on one round is made from: the result, and the words and rules around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.commands import SupplyKind
from engine.rules.model import Book
from engine.views import RoundResult
from services.reports.scale import Scale


@dataclass(frozen=True)
class Text:
    """One thing said in English and in Chinese."""

    en: str
    zh: str


@dataclass(frozen=True)
class Published:
    """A figure that was published about the same auction. `rounded`: the publication itself had rounded it."""

    value: str
    source: str
    rounded: bool = False


@dataclass(frozen=True)
class Refusals:
    """Bids that were refused at entry for one reason."""

    reason: Text
    bids: int
    lots: int


@dataclass(frozen=True)
class SentBids:
    """What was sent in, refused bids included; the result itself knows only bids that entered."""

    bidders: int
    bids: int
    lots: int
    refused: tuple[Refusals, ...] = ()


@dataclass(frozen=True)
class ReceiptsRoot:
    """The root of the hash tree over all sealed bids: against it bidders prove that theirs were counted."""

    root: str
    size: int


@dataclass(frozen=True)
class RoundReport:
    """One cleared round with everything its notice shows.

    `sellers` names the participants behind lines of supply, by number; bidders are never named. `published` goes by the
    keys of `services.reports.content`. `values` are (parameter, class, value) that the operator set for this round.
    `carried` are lines of supply, by number, that an earlier round left over. `notes` are what a reader has to know
    before the figures, for instance that bids were drawn and not received. `when` stands for the day where the day
    itself is not known. `sent` is there where refused bids are known, `receipts` once the bids are sealed. `draws` are
    the recorded draws, as a result has them.
    """

    title: Text
    name: str
    day: date
    instrument: str
    scale: Scale
    result: RoundResult
    book: Book
    book_sha256: str
    sellers: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    values: tuple[tuple[int, int, int], ...] = ()
    published: Mapping[str, Published] = field(default_factory=dict)
    carried: frozenset[int] = frozenset()
    notes: tuple[Text, ...] = ()
    when: str = ""
    sent: SentBids | None = None
    receipts: ReceiptsRoot | None = None
    draws: tuple[Mapping[str, Any], ...] = ()

    def seller(self, number: int) -> str:
        """The name of a seller, its number where no name is given."""
        return self.sellers.get(number, f"#{number}")


SUPPLY_KINDS: dict[SupplyKind, Text] = {
    SupplyKind.CONSIGNED: Text("consigned", "委托"),
    SupplyKind.RETURNED: Text("offered again", "再次投放"),
    SupplyKind.GOVERNMENT: Text("government", "政府"),
    SupplyKind.RESERVE: Text("reserve", "储备"),
}
"""Where units on offer come from, in words."""

CARRIED = Text("consigned, carried over", "委托（前场转入）")
