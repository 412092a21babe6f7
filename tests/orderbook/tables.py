"""Scenarios as text: one row a step, its events beside it, the book where it matters.

    COMMAND => EVENT; EVENT; ...        a row of ORDERS and all the events it must cause, in order
    book => BIDS | ASKS                 the shown book: price:lots/orders, best first (book N: the best N prices)
    scene WHAT IT SHOWS                 the following rows start with an empty book, at time 0
    market_data NAME                    the same, and from here on the events tell this market data
    at TIME                             the time of the following rows (an event beside it: what expires)
    guard NAME=VALUE ...                what instrument 0 watches from here on
    group PARTICIPANT HEAD              self-trade groups
    end_day => EVENT; ...

Commands: `buy ID LOTS @PRICE TERMS`, `sell ...`, `cancel ID`, `reduce ID LOTS`, `replace ID LOTS @PRICE`, `mass TERMS`.
Terms: `by N` (participant), a type or time in force by its name, `stop N`, `show N`, `min N`, `until N`, a self-trade
rule by its name, `side N`, `of N` (whose orders; `everybody`), `instrument N`. Lines that begin with # are for the
reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.commands import ALL_PARTICIPANTS, OrderCommand, OrderType, SelfTrade, Side, TimeInForce
from engine.events import CancelReason, EventKind
from engine.orderbook.layout import MarketData
from engine.outcomes import Outcome
from tests.orderbook.rows import rows
from tests.orderbook.twins import Twins

VALUES = {
    "by": "actor",
    "stop": "stop_price_ticks",
    "show": "display_lots",
    "min": "minimum_lots",
    "until": "expire_ns",
    "side": "side",
    "of": "participant",
    "instrument": "instrument",
}
WORDS: dict[str, tuple[str, int]] = {
    **{kind.name.lower(): ("order_type", kind) for kind in OrderType if kind != OrderType.STOP},
    "stop_market": ("order_type", OrderType.STOP),
    **{tif.name.lower(): ("time_in_force", tif) for tif in TimeInForce},
    **{rule.name.lower(): ("self_trade", rule) for rule in SelfTrade},
    "everybody": ("participant", ALL_PARTICIPANTS),
}


def terms(words: list[str]) -> Iterator[tuple[str, int]]:
    """The columns that a list of terms sets."""
    at = 0
    while at < len(words):
        word = words[at]
        if word.startswith("@"):
            yield "price_ticks", int(word[1:])
        elif word in VALUES:
            at += 1
            yield VALUES[word], int(words[at])
        else:
            yield WORDS[word]
        at += 1


def command_of(text: str) -> dict[str, int]:
    """The columns of the row that a command stands for."""
    verb, *words = text.split()
    columns: dict[str, int] = {"actor": 1}
    if verb in ("buy", "sell"):
        columns |= {"command": OrderCommand.NEW, "side": Side[verb.upper()], "order_type": 1, "time_in_force": 1}
    else:
        columns["command"] = OrderCommand[{"mass": "MASS_CANCEL"}.get(verb, verb.upper())]
    if verb != "mass":
        columns["order_id"] = int(words.pop(0))
    if verb not in ("mass", "cancel"):
        columns["quantity_lots"] = int(words.pop(0))
    return columns | dict(terms(words))


def event_text(event: np.void) -> str:
    """An event in the words of the tables."""
    kind = EventKind(event["kind"])
    order, lots, price, left = (event[name] for name in ("order_id", "quantity_lots", "price_ticks", "remaining_lots"))
    match kind:
        case EventKind.REFUSED:
            return f"refused {Outcome(event['outcome']).name}"
        case EventKind.ORDER_ACCEPTED:
            return f"accepted {order} {lots} @{price}"
        case EventKind.ORDER_TERMS:
            said = {"stop": price, "show": lots, "min": left, "until": event["counter_order_id"]}
            type_name = OrderType(event["reference"]).name.lower()
            return " ".join(["terms", type_name, *(f"{name} {value}" for name, value in said.items() if value)])
        case EventKind.TRADE:
            return f"trade {order} with {event['counter_order_id']}: {lots} @{price}, leaves {left}"
        case EventKind.ORDER_CANCELLED:
            return f"cancelled {order} {lots} {CancelReason(event['reference']).name}"
        case EventKind.ORDER_REDUCED:
            return f"reduced {order} by {lots} to {left}"
        case EventKind.ORDER_REPLACED:
            return f"replaced {order} {left} by {lots} @{price}"
        case EventKind.ORDER_TRIGGERED:
            return f"triggered {order} by @{price}"
        case EventKind.ORDER_REFRESHED:
            return f"refreshed {order} shows {lots} of {left}"
        case EventKind.DEPTH_CHANGED | EventKind.TOP_CHANGED:
            what = kind.name.removesuffix("_CHANGED").lower()
            where = f" instrument {event['instrument']}" if event["instrument"] else ""
            return f"{what} {Side(event['side']).name.lower()} {price}:{lots}/{event['reference']}{where}"
    return kind.name


def book_text(twins: Twins, levels: int) -> str:
    """The shown book of instrument 0."""
    depth = twins.fast.depth(0, levels)
    sides = [
        " ".join(f"{level.price_ticks}:{level.quantity_lots}/{level.orders}" for level in side) or "-"
        for side in (depth.bids, depth.asks)
    ]
    return " | ".join(sides)


class Scenario:
    """Plays a table through the compiled book and its twin; collects what came out differently."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.market_data = MarketData.NONE
        self.differences: list[str] = []
        self.start("")

    def start(self, scene: str) -> None:
        """An empty book."""
        self.scene = scene
        self.twins = Twins(self.market_data)
        self.time_ns = 0

    def play(self) -> list[str]:
        """Every line that came out differently: file, line, what was expected, what was found."""
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            text = line.partition("#")[0].strip()
            if text:
                command, _, expected = (part.strip() for part in text.partition("=>"))
                found = self.step(command)
                self.twins.check()
                if " ".join(found.split()) != " ".join(expected.split()):
                    place = f"{self.path.name}:{number}: {f'({self.scene}) ' if self.scene else ''}{command}"
                    self.differences.append(f"{place}\n  table {expected}\n  found {found}")
        return self.differences

    def step(self, command: str) -> str:
        verb, *words = command.split()
        match verb:
            case "scene":
                self.start(" ".join(words))
                return ""
            case "market_data":
                self.market_data = MarketData[words[0].upper()]
                self.start("")
                return ""
            case "book":
                return book_text(self.twins, int(words[0]) if words else 20)
            case "guard":
                self.twins.set_guard(0, **{name: int(value) for name, value in (word.split("=") for word in words)})
                return ""
            case "group":
                self.twins.set_self_trade_group(int(words[0]), int(words[1]))
                return ""
            case "at":
                self.time_ns = int(words[0])
                return self.tell(self.twins.apply(rows(), self.time_ns))
            case "end_day":
                return self.tell(self.twins.end_day(0))
        return self.tell(self.twins.apply(rows(command_of(command)), self.time_ns))

    @staticmethod
    def tell(events: np.ndarray) -> str:
        return "; ".join(event_text(event) for event in events)
