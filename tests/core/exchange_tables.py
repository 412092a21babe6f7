"""Scenarios of the exchange as text: one row a step, its events beside it, books and accounts where they matter.

    COMMAND => EVENT; EVENT; ...        a row and all the events it must cause, in order (levels of the book aside)
    phase NAME => ...                   a row of PHASES
    book => BIDS | ASKS                 the shown book: price:lots/orders, best first
    cash N => FREE held HELD            money of participant N; `unsettled U` behind it where there is some
    units N => FREE held HELD           its units; `unsettled U` behind them where there are some
    linked A B ...                      participants that are linked with each other
    call => PRICE VOLUME SURPLUS        how the call would end now
    at TIME                             the time of the following rows, from the beginning of the table
    group PARTICIPANT HEAD              self-trade groups
    blocks start / stop                 the operator's switch of blocks
    venue floor / settled / edges       begins anew: prices of the day, a first day and throttles (`FLOOR`); trades that
                                        are charged and settle later (`CHARGED`); edges of fees and limits (`EDGES`)
    days N                              the time of the following rows is N days after the beginning
    stop [participant N] [instrument N] by N [because WORDS]    the kill switch; neither: everything
    lift / agree [...] by N             a proposal to lift a stop, and its approval

Commands of orders and their terms are those of `tests/orderbook/tables.py`; participants 2 to 5 trade, `by N` says who
(2 if nothing is said). `take ID LOTS of LISTING`, `offer ID buy LOTS @PRICE to N`, `counter ID LOTS @PRICE`, `confirm
ID`, `decline ID`, `withdraw ID`. An ID is the table's own; the venue's is made by the request. `instrument 2` is the
coarse one of `tests/core/exchange_twins.py`, else it is the fine one. `key N` uses that request id, `session N` that
session.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    BlockCommand,
    OrderCommand,
    Phase,
    Side,
    Table,
    order_id,
    rows_of,
)
from engine.events import BlockEnd, Charge, CloseSource, EventKind
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Parameter
from engine.words.floor import ControlAction
from tests.core.exchange_twins import CHARGED, EDGES, FLOOR, INSTRUMENTS, Book, ExchangeTwins
from tests.orderbook.tables import event_text, terms

BLOCK_VERBS = {verb.name.lower(): verb for verb in BlockCommand}
OPENING_VERBS = ("buy", "sell", "take", "offer")
CONTROLS = {
    "stop": ControlAction.STOP,
    "lift": ControlAction.PROPOSE_RESUMPTION,
    "agree": ControlAction.APPROVE_RESUMPTION,
}
TRADER, OPERATOR = 2, 1
DAY_NS = 86_400 * 10**9
BOOKS: dict[str, Mapping[int, Book]] = {"floor": FLOOR, "settled": CHARGED, "edges": EDGES}


class Scenario:
    """Plays a table through the exchange and its twin; collects what came out differently."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begin(INSTRUMENTS)

    def begin(self, books: Mapping[int, Book]) -> None:
        """A fresh venue with these instruments."""
        self.twins = ExchangeTwins(books)
        self.start_ns = self.twins.venue.time_ns + 1
        self.time_ns = self.start_ns
        self.requests: dict[int, int] = {}
        self.real: dict[int, int] = {}
        self.instrument = 1

    def play(self) -> list[str]:
        """Every line that came out differently: file, line, what was expected, what was found."""
        differences = []
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            text = line.partition("#")[0].strip()
            if text:
                command, _, expected = (part.strip() for part in text.partition("=>"))
                found = self.step(command)
                self.twins.check()
                if " ".join(found.split()) != " ".join(expected.split()):
                    differences.append(f"{self.path.name}:{number}: {command}\n  table {expected}\n  found {found}")
        return differences

    def step(self, command: str) -> str:
        verb, *words = command.split()
        core = self.twins.venue.core
        match verb:
            case "book":
                return self.book()
            case "cash":
                cash = core.cash(int(words[0]))
                unsettled = f" unsettled {cash.unsettled_minor}" if cash.unsettled_minor else ""
                return f"{cash.available_minor} held {cash.held_minor}{unsettled}"
            case "units":
                number = int(words[1]) if len(words) > 1 else 1
                (held,) = [h for h in core.holdings(int(words[0])) if h.instrument == number]
                unsettled = f" unsettled {held.unsettled_lots}" if held.unsettled_lots else ""
                return f"{held.available_lots} held {held.held_lots}{unsettled}"
            case "venue":
                self.begin(BOOKS[words[0]])
                return ""
            case "linked":
                self.link([int(word) for word in words])
                return ""
            case "call":
                now = core.indicative(1)
                return "none" if now is None else f"{now.price_ticks} {now.volume_lots} {now.surplus_lots:+}"
            case "at":
                self.time_ns = self.start_ns + int(words[0])
                return ""
            case "group":
                core._state[0]["self_trade_groups"][int(words[0])] = int(words[1])
                self.twins.twin.groups[int(words[0])] = int(words[1])
                return ""
            case "phase":
                number = int(words[1]) if len(words) > 1 else 1
                return self.tell(self.twins.switch(number, Phase[words[0].upper()], self.time_ns))
            case "days":
                self.time_ns = self.start_ns + int(words[0]) * DAY_NS
                return ""
            case "stop" | "lift" | "agree":
                own = self.own_words(words, ("participant", "instrument", "by"))
                reason = " ".join(words[words.index("because") + 1 :]) if "because" in words else "as said"
                target = own.get("participant", ALL_PARTICIPANTS), own.get("instrument", ALL_INSTRUMENTS)
                action = CONTROLS.get(verb, 9)
                return self.tell(self.twins.control(action, own.get("by", OPERATOR), *target, reason, self.time_ns))
        if verb in BLOCK_VERBS or verb == "blocks":
            return self.tell(self.twins.negotiate(self.block_row(verb, words), self.time_ns))
        return self.tell(self.twins.apply(self.order_row(verb, words), self.time_ns))

    def link(self, members: list[int]) -> None:
        """Link participants with each other, for the holding limit only: orders are not kept apart."""
        self.twins.venue.core._settlement.link([tuple(members)])
        for member in members:
            self.twins.twin.links[member] = set(members)

    def book(self) -> str:
        depth = self.twins.venue.core.depth(1, 20)
        sides = [
            " ".join(f"{level.price_ticks}:{level.quantity_lots}/{level.orders}" for level in levels) or "-"
            for levels in (depth.bids, depth.asks)
        ]
        return " | ".join(sides)

    def order_row(self, verb: str, words: list[str]) -> np.ndarray:
        """The row of ORDERS that a command stands for."""
        rows = rows_of(Table.ORDERS, 1)
        own = self.own_words(words, ("by", "key", "session", "instrument", "of"))
        columns: dict[str, int] = {"instrument": own.get("instrument", 1)}
        name = int(words.pop(0)) if verb != "mass" else 0
        if verb in ("buy", "sell"):
            columns |= {"command": OrderCommand.NEW, "side": Side[verb.upper()], "order_type": 1, "time_in_force": 1}
        else:
            columns["command"] = OrderCommand[{"mass": "MASS_CANCEL"}.get(verb, verb.upper())]
        if verb not in ("mass", "cancel"):
            columns["quantity_lots"] = int(words.pop(0))
        if verb == "mass":
            columns["participant"] = own.get("of", 0)
        if verb == "take":
            columns["order_id"] = self.real.get(own["of"], own["of"])
        elif verb not in ("buy", "sell", "mass"):
            columns["order_id"] = self.real.get(name, name)
        at = words.index("until") + 1 if "until" in words else None
        if at is not None:
            words[at] = str(self.start_ns + int(words[at]))
        columns |= dict(terms(words))
        return self.filled(rows, columns, own, name if verb in OPENING_VERBS else None)

    def block_row(self, verb: str, words: list[str]) -> np.ndarray:
        """The row of BLOCKS that a command stands for."""
        rows = rows_of(Table.BLOCKS, 1)
        own = self.own_words(words, ("by", "key", "session", "instrument", "to", "until"))
        if verb == "blocks":
            rows["command"], rows["actor"] = BLOCK_VERBS[words[0]], own.get("by", OPERATOR)
            rows["instrument"] = own.get("instrument", 1)
            return rows
        name = int(words.pop(0))
        columns: dict[str, int] = {"command": BLOCK_VERBS[verb]}
        if verb == "offer":
            side = words.pop(0)
            columns |= {"side": Side[side.upper()] if side in ("buy", "sell") else 3}
            columns |= {"instrument": own.get("instrument", 1), "counterparty": own.get("to", 0)}
            if "until" in own:
                columns["expire_ns"] = self.start_ns + own["until"]
        else:
            columns["offer_id"] = self.real.get(name, name)
        if verb in ("offer", "counter"):
            columns["quantity_lots"], columns["price_ticks"] = int(words[0]), int(words[1].removeprefix("@"))
        return self.filled(rows, columns, own, name if verb == "offer" else None)

    @staticmethod
    def own_words(words: list[str], known: tuple[str, ...]) -> dict[str, int]:
        """Take out the words that only these tables have, each with its number."""
        found = {}
        for word in known:
            if word in words:
                at = words.index(word)
                found[word] = int(words[at + 1])
                del words[at : at + 2]
        return found

    def filled(self, rows: np.ndarray, columns: dict[str, int], own: dict[str, int], opens: int | None) -> np.ndarray:
        """The row with its sender's key."""
        actor = own.get("by", TRADER)
        self.requests[actor] = own.get("key", self.requests.get(actor, 0) + 1)
        session = own.get("session", self.twins.venue.session(actor) if actor in (1, 2, 3, 4, 5) else 0)
        columns |= {"actor": actor, "session": session, "request_id": self.requests[actor]}
        for name, value in columns.items():
            rows[name] = value
        if opens is not None:
            self.real[opens] = order_id(session, self.requests[actor])
        return rows

    def tell(self, events: np.ndarray) -> str:
        names = {real: name for name, real in self.real.items()}
        told = []
        for event in events:
            if event["kind"] == EventKind.DEPTH_CHANGED:
                continue
            shown = event.copy()
            for column in ("order_id", "counter_order_id"):
                shown[column] = names.get(int(event[column]), int(event[column]))
            if event["kind"] == EventKind.ORDER_TERMS and event["counter_order_id"]:
                shown["counter_order_id"] = event["counter_order_id"] - self.start_ns
            told.append(exchange_text(shown))
        return "; ".join(told)


def exchange_text(event: np.void) -> str:
    """An event in the words of these tables; those of the book in the words of the book's."""
    kind = EventKind(event["kind"])
    name, lots, price = (event[column] for column in ("order_id", "quantity_lots", "price_ticks"))
    left, who, other = (event[column] for column in ("remaining_lots", "participant", "counterparty"))
    match kind:
        case EventKind.REFUSED:
            said = f"refused {Outcome(event['outcome']).name}"
            said += f" {DEFINITIONS[Parameter(event['parameter'])].key}" if event["parameter"] else ""
            later = f", {left} unsettled for {event['counter_order_id']} days"
            return said + (later if event["outcome"] == Outcome.HOLDING_NOT_SETTLED else "")
        case EventKind.PHASE_CHANGED:
            return f"phase {Phase(event['reference']).name.lower()}"
        case EventKind.TRADING_DAY_BEGAN:
            return f"day from {price}, {lots} to {left}"
        case EventKind.TRADING_DAY_ENDED:
            opened, source = event["counter_order_id"], CloseSource(event["reference"]).name.lower()
            return f"day ended at {price} by {source}, opened {opened}, {lots} in {left} trades"
        case EventKind.TRADING_STOPPED | EventKind.RESUMPTION_PROPOSED | EventKind.TRADING_RESUMED:
            target = f"{event['participant']} in {event['instrument']} by {other}"
            return f"{kind.name.lower().removeprefix('trading_').replace('_', ' ')} {target}"
        case EventKind.CALL_INDICATED:
            return f"indicated {lots} @{price} {left:+}"
        case EventKind.CALL_UNCROSSED:
            return f"uncrossed {lots} @{price} {left:+}"
        case EventKind.CALL_TRADE:
            sold = f"{event['counter_order_id']}: {lots} @{price}, leaves {left} and {event['amount_minor']}"
            return f"call trade {name} with {sold}"
        case EventKind.TRADE_CHARGED:
            word = Charge(event["reference"]).name.lower()
            return f"{word} {event['amount_minor']} by {who} to {other} for {name}"
        case EventKind.UNITS_SETTLED:
            return f"settled {lots} of {who}"
        case EventKind.CASH_SETTLED:
            return f"settled cash {event['amount_minor']} of {who}"
        case EventKind.TRADE_TERMS_SET:
            return f"units in {lots}, cash in {left}"
        case EventKind.BLOCKS_SWITCHED:
            return f"blocks {'start' if event['reference'] else 'stop'}"
        case EventKind.BLOCK_OFFERED | EventKind.BLOCK_COUNTERED:
            word = kind.name.removeprefix("BLOCK_").lower()
            return f"{word} {name} by {who} to {other}: {Side(event['side']).name.lower()} {lots} @{price}"
        case EventKind.BLOCK_TRADED:
            return f"block {name}: {who} {Side(event['side']).name.lower()}s {lots} @{price}, {other} the other side"
        case EventKind.BLOCK_ENDED:
            return f"ended {name} {BlockEnd(event['reference']).name}"
    return event_text(event)
