"""Bids and consigned lots as CSV, for rounds run from files.

Bids: `bid_id,bidder,class,price,quantity,time`. Times may be empty, then the order of the file is the order of
arrival; either every bid has one or none has. Consigned lots: `consignor,quantity,minimum_price`, and where they matter
the columns `class`, `group` and `holding`. Prices are decimal numbers, quantities whole units. Nothing here judges: a
bid that the rules refuse is read like any other, and refused by the engine with its reason.

All problems are told at once, up to `PROBLEMS_MAX`, in the form of rule books: line, column, found, allowed, next step.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from engine import limits
from engine.commands import ParticipantClass
from engine.rules.forms import did_you_mean
from engine.rules.model import BIDDERS
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.values import MONEY_SCALE
from engine.units import format_scaled, parse_scaled

PROBLEMS_MAX = 200
"""After so many problems a file is given up, and the last one says so."""

BID_COLUMNS = ("bid_id", "bidder", "class", "price", "quantity", "time")
LOT_COLUMNS = ("consignor", "quantity", "minimum_price")
LOT_COLUMNS_MORE = ("class", "group", "holding")

CLASSES: dict[str, ParticipantClass] = {member.name.lower(): member for member in BIDDERS}

_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]" + _CLOCK.pattern)


@dataclass(frozen=True)
class FileBid:
    """One bid. `line` is its line in the file; bids come in the order of arrival."""

    line: int
    bid_id: str
    bidder: str
    participant_class: ParticipantClass
    price_ticks: int
    quantity_lots: int
    time: str


@dataclass(frozen=True)
class FileLot:
    """One consigned lot. `minimum_price_ticks` 0: none.

    `holding_lots`: what the consignor holds before it consigns anything; None where the file does not say.
    """

    line: int
    consignor: str
    participant_class: ParticipantClass
    group: int
    quantity_lots: int
    minimum_price_ticks: int
    holding_lots: int | None


def read_bids(file: str, content: bytes, tick_minor: int, lot_units: int) -> list[FileBid]:
    """The bids of a file in the order of arrival. Raises `ProblemsFound`. O(n log n)."""
    sheet = _Sheet(file, tick_minor, lot_units)
    bids: list[FileBid] = []
    lines: dict[str, int] = {}
    classes: dict[str, tuple[str, int]] = {}
    for row in sheet.rows(content, BID_COLUMNS, ()):
        bid_id, bidder, word = row.text("bid_id"), row.text("bidder"), row.text("class")
        if lines.setdefault(bid_id, row.line) != row.line:
            row.refuse("bid_id", f"the first is at line {lines[bid_id]}", "every id once", "Give the bid another id.")
        if word not in CLASSES:
            row.refuse("class", "", "one of: " + ", ".join(CLASSES), did_you_mean(word, list(CLASSES)) or "Correct it.")
        known, at = classes.setdefault(bidder, (word, row.line))
        if known != word and known in CLASSES:
            row.refuse(
                "class", f"{bidder} is {known} at line {at}", "one class for a bidder", "Correct one of the two."
            )
        bids.append(
            FileBid(
                line=row.line,
                bid_id=bid_id,
                bidder=bidder,
                participant_class=CLASSES.get(word, ParticipantClass.INSTITUTION),
                price_ticks=row.price("price", least=1),
                quantity_lots=row.lots("quantity"),
                time=row.optional("time"),
            )
        )
    return _in_order_of_arrival(bids, sheet)


def read_lots(file: str, content: bytes, tick_minor: int, lot_units: int) -> list[FileLot]:
    """The consigned lots of a file, in its order. Raises `ProblemsFound`.

    Without the columns `class` and `group` a consignor is a key emitter and belongs to group 0.
    """
    sheet = _Sheet(file, tick_minor, lot_units)
    lots: list[FileLot] = []
    consignors: dict[str, tuple[str, str, int]] = {}
    for row in sheet.rows(content, LOT_COLUMNS, LOT_COLUMNS_MORE):
        word = row.optional("class") or "key_emitter"
        if word not in CLASSES:
            row.refuse("class", "", "one of: " + ", ".join(CLASSES), did_you_mean(word, list(CLASSES)) or "Correct it.")
        class_and_holding = (word, row.optional("holding"))
        *known, at = consignors.setdefault(row.optional("consignor"), (*class_and_holding, row.line))
        if tuple(known) != class_and_holding:
            row.refuse("consignor", f"otherwise at line {at}", "one class and holding for a consignor", "Correct one.")
        lots.append(
            FileLot(
                line=row.line,
                consignor=row.text("consignor"),
                participant_class=CLASSES.get(word, ParticipantClass.KEY_EMITTER),
                group=row.whole("group", 65_535) if row.optional("group") else 0,
                quantity_lots=row.lots("quantity"),
                minimum_price_ticks=row.price("minimum_price", least=0) if row.optional("minimum_price") else 0,
                holding_lots=row.lots("holding") if row.optional("holding") else None,
            )
        )
    sheet.close()
    return lots


@dataclass
class _Sheet:
    """A CSV file being read, and what is wrong with it so far."""

    file: str
    tick_minor: int
    lot_units: int
    problems: list[Problem] = field(default_factory=list)

    def rows(self, content: bytes, columns: tuple[str, ...], more: tuple[str, ...]) -> Iterator[_Row]:
        """The rows that have as many cells as the header; others and a wrong header are problems."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            self.refuse(line, "", "bytes that are not UTF-8", "text in UTF-8", "Save the file as UTF-8.")
            return
        reader = csv.reader(io.StringIO(text, newline=""))
        header = [cell.strip() for cell in next(reader, [])]
        if not self._header_is_right(header, columns, more):
            return
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                allowed = f"{len(header)} cells: {','.join(header)}"
                self.refuse(reader.line_num, "", f"{len(cells)} cells", allowed, "Count the commas of the line.")
            else:
                yield _Row(self, reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
            if len(self.problems) >= PROBLEMS_MAX:
                self.refuse(reader.line_num, "", "too many problems", "a file with few", "Mend those above first.")
                return

    def refuse(self, line: int, key: str, found: str, allowed: str, next_step: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.file, line, key, found, allowed, next_step))

    def close(self) -> None:
        """Raise `ProblemsFound` if there are any."""
        if self.problems:
            raise ProblemsFound(self.problems)

    def _header_is_right(self, header: list[str], columns: tuple[str, ...], more: tuple[str, ...]) -> bool:
        missing = [column for column in columns if column not in header]
        unknown = [column for column in header if column not in columns + more]
        doubled = len(set(header)) != len(header)
        if not (missing or unknown or doubled):
            return True
        found = f"the columns {','.join(header)}" if header else "an empty file"
        allowed = ",".join(columns) + (f", and if need be {','.join(more)}" if more else "")
        self.refuse(1, "", found, allowed, "Correct the first line: it names the columns.")
        return False


@dataclass(frozen=True)
class _Row:
    """One line of a sheet. Reading a wrong cell notes a problem and gives a harmless value."""

    sheet: _Sheet
    line: int
    cells: dict[str, str]

    def refuse(self, column: str, reason: str, allowed: str, next_step: str) -> None:
        found = f'found "{self.cells[column]}"' + (f"; {reason}" if reason else "")
        self.sheet.refuse(self.line, column, found, allowed, next_step)

    def optional(self, column: str) -> str:
        return self.cells.get(column, "")

    def text(self, column: str) -> str:
        text = self.cells[column]
        if not 1 <= len(text.encode()) <= limits.NAME_BYTES_MAX:
            self.refuse(column, "", f"text of 1 to {limits.NAME_BYTES_MAX} bytes", "Name it.")
        return text

    def whole(self, column: str, most: int) -> int:
        text = self.cells[column]
        if not _WHOLE.fullmatch(text) or int(text) > most:
            self.refuse(column, "", f"a whole number up to {most}", "Correct it.")
            return 0
        return int(text)

    def lots(self, column: str) -> int:
        """A quantity in units, as lots."""
        text, lot = self.cells[column], self.sheet.lot_units
        units = int(text) if _WHOLE.fullmatch(text) else 0
        if units < 1 or units % lot or units // lot > limits.QUANTITY_LOTS_MAX:
            in_lots = f", in lots of {lot}" if lot > 1 else ""
            self.refuse(column, "", f"a whole number of units from {lot}{in_lots}", "Correct the quantity.")
            return 1
        return units // lot

    def price(self, column: str, least: int) -> int:
        """A price in money, as ticks."""
        text, tick = self.cells[column], self.sheet.tick_minor
        try:
            minor = parse_scaled(text, MONEY_SCALE) if _PRICE.fullmatch(text) else -1
        except ValueError:
            minor = -1
        if minor < least * tick or minor % tick or minor // tick > limits.PRICE_TICKS_MAX:
            step = format_scaled(tick, MONEY_SCALE)
            self.refuse(column, "", f"a price such as 29.64, in steps of {step}", "Correct the price.")
            return 1
        return minor // tick


def _in_order_of_arrival(bids: list[FileBid], sheet: _Sheet) -> list[FileBid]:
    """The bids by time, those of one time in the order of the file."""
    with_time = sum(1 for bid in bids if bid.time)
    if not with_time:
        sheet.close()
        return bids
    arrivals: list[tuple[str, int]] = []
    form = ""
    for i, bid in enumerate(bids):
        parsed_form, key = _arrival(bid.time)
        form = form or parsed_form
        if not parsed_form or parsed_form != form:
            allowed = "for every bid a time of one form: 09:30:00.5, 2022-08-12T09:30:00 or a whole number; or for none"
            sheet.refuse(bid.line, "time", f'found "{bid.time}"', allowed, "Correct it, or leave out all times.")
        arrivals.append((key, i))
        if len(sheet.problems) >= PROBLEMS_MAX:
            break
    sheet.close()
    return [bids[i] for _, i in sorted(arrivals)]


def _arrival(text: str) -> tuple[str, str]:
    """The form of a time and a key that sorts as times of that form do; an empty form when it is no time."""
    if _WHOLE.fullmatch(text):
        return "number", f"{int(text):018d}"
    if _CLOCK.fullmatch(text):
        return "clock", text.ljust(15, "0") if "." in text else f"{text}.000000"
    if _MOMENT.fullmatch(text) and _is_day(text[:10]):
        return "moment", text.replace(" ", "T").ljust(26, "0") if "." in text else f"{text.replace(' ', 'T')}.000000"
    return "", ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
