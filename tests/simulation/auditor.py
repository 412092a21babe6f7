"""An auditor who keeps books of its own, in plain Python integers, from nothing but commands and events.

It knows what each event must mean for accounts, queues and rounds, and for each command which outcomes are possible as
things stand. It stops at the first thing that cannot be, and says what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.commands import CASH, OrderCommand, OrderType, RoundAction, Side, Table, TimeInForce
from engine.events import EventKind
from engine.outcomes import Outcome

Row = Mapping[str, int]


class Impossible(AssertionError):
    """Something that the auditor's books do not allow."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Impossible(what)


@dataclass
class Order:
    """A live order; `resting` once its own row has ended."""

    number: int
    owner: int
    side: Side
    price: int
    left: int
    market: bool
    force: int
    whole: int
    resting: bool = False


@dataclass
class RoundBook:
    """A round: what was offered, bid and held."""

    stage: str = "draft"
    supply: dict[int, tuple[int, int]] = field(default_factory=dict)
    bids: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    price: int = 0
    sold: int = 0
    proceeds: int = 0


class Auditor:
    """Books of one venue with one instrument whose tick of one lot is worth `tick_value`."""

    def __init__(self, *, tick_value: int, price_step: int, quantity_step: int, reserve: int) -> None:
        self.tick_value, self.price_step, self.quantity_step, self.reserve = (
            tick_value,
            price_step,
            quantity_step,
            reserve,
        )
        self.next_sequence = 1
        self.operators: set[int] = set()
        self.cash: dict[int, list[int]] = {}
        self.units: dict[int, list[int]] = {}
        self.orders: dict[int, Order] = {}
        self.queues: dict[tuple[Side, int], list[int]] = {}
        self.trading = False
        self.rounds: dict[int, RoundBook] = {}
        self.names: set[str] = set()
        self.deposited = [0, 0]
        self._handlers: dict[EventKind, Callable[[Any], None]] = {
            EventKind.ORDER_ACCEPTED: self._accepted,
            EventKind.TRADE: self._trade,
            EventKind.ORDER_CANCELLED: self._cancelled,
            EventKind.ORDER_REDUCED: self._reduced,
            EventKind.ORDER_REPLACED: self._replaced,
            EventKind.CASH_DEPOSITED: self._cash_deposited,
            EventKind.UNITS_DEPOSITED: self._units_deposited,
            EventKind.PARTICIPANT_REGISTERED: self._registered,
            EventKind.PHASE_CHANGED: self._phase_changed,
            EventKind.ROUND_CREATED: self._round_created,
            EventKind.SUPPLY_ADDED: self._supply_added,
            EventKind.UNITS_CONSIGNED: self._supply_added,
            EventKind.ROUND_OPENED: lambda event: self._stage(event, "open"),
            EventKind.ROUND_CLOSED: lambda event: self._stage(event, "closed"),
            EventKind.BID_ACCEPTED: self._bid,
            EventKind.ROUND_CLEARED: self._cleared,
            EventKind.BID_AWARDED: self._awarded,
            EventKind.SUPPLY_SETTLED: self._settled,
            EventKind.ROUND_CANCELLED: self._round_cancelled,
        }

    # -- a batch ---------------------------------------------------------------------------------------------------

    def batch(
        self, table: Table, rows: list[Row], names: list[str], outcomes: list[int], events: Any, first: int
    ) -> None:
        """One batch: its rows, what each was told, and its events from sequence `first` on."""
        must(first == self.next_sequence, f"events begin at {first}, the one before was {self.next_sequence - 1}")
        self.next_sequence += len(events)
        of_row: dict[int, list[Any]] = defaultdict(list)
        last = 0
        for event in events:
            must(last <= int(event["row"]) < len(rows), "events are not in the order of rows")
            last = int(event["row"])
            of_row[last].append(event)
        for at, row in enumerate(rows):
            outcome = Outcome(outcomes[at])
            against = self.against(table, row, names[at])
            if against is not None:
                possible = against or [Outcome.ACCEPTED]
                names_of = ", ".join(one.name for one in possible)
                must(outcome in possible, f"{table.name} {dict(row)} was told {outcome.name}, possible is {names_of}")
            refused = [event for event in of_row[at] if event["kind"] == EventKind.REFUSED]
            must(
                bool(refused) == (outcome is not Outcome.ACCEPTED), f"{outcome.name} with {len(refused)} REFUSED events"
            )
            must(not refused or len(of_row[at]) == 1, "a refused row moved something")
            for event in of_row[at]:
                handler = self._handlers.get(EventKind(int(event["kind"])))
                if handler is not None:
                    handler(event)
            self._end_of_row()
            if table is Table.ROUNDS and outcome is Outcome.ACCEPTED:
                self.names.add(names[at])
        self._check()

    def _end_of_row(self) -> None:
        for order in [order for order in self.orders.values() if not order.resting]:
            if order.left == 0:
                del self.orders[order.number]
                continue
            must(not order.market and order.force == TimeInForce.GTC, "an order rests that may not")
            order.resting = True
            self.queues.setdefault((order.side, order.price), []).append(order.number)

    def _check(self) -> None:
        for books, what in ((self.cash, "cash"), (self.units, "units")):
            for participant, pockets in books.items():
                must(min(pockets) >= 0, f"{what} of {participant} fell below zero: {pockets}")
        must(sum(map(sum, self.cash.values())) == self.deposited[0], "cash is not conserved")
        must(sum(map(sum, self.units.values())) == self.deposited[1], "units are not conserved")
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        must(bid is None or ask is None or bid < ask, f"the book is crossed: {bid} and {ask}")
        for owner in self.cash:
            held = sum(o.price * o.left for o in self.orders.values() if o.owner == owner and o.side is Side.BUY)
            held = held * self.tick_value + sum(book.held.get(owner, 0) for book in self.rounds.values())
            must(
                held == self.cash[owner][1],
                f"holds of {owner} are {self.cash[owner][1]}, its orders and bids need {held}",
            )

    # -- what is possible --------------------------------------------------------------------------------------------

    def against(self, table: Table, row: Row, name: str) -> list[Outcome] | None:
        """Every outcome that speaks against a row as things stand; None where the auditor has no opinion."""
        actor = row["actor"]
        if table is Table.ORDERS:
            return self._against_order(row) if actor in self.cash else [Outcome.ACTOR_UNKNOWN]
        if table is Table.BIDS:
            return self._against_bid(row)
        if table is Table.CONSIGNMENTS:
            return None
        found = [] if actor in self.operators else [Outcome.NOT_PERMITTED_FOR_CLASS]
        if table is Table.DEPOSITS:
            found += [] if row["quantity"] >= 1 else [Outcome.AMOUNT_OUT_OF_BOUNDS]
            found += [] if row["participant"] in self.cash else [Outcome.PARTICIPANT_UNKNOWN]
        elif table is Table.ROUNDS:
            found += [Outcome.NAME_ALREADY_REGISTERED] if name in self.names else []
        elif table is Table.SUPPLY:
            found += self._against_supply(row)
        elif table is Table.ROUND_ACTIONS:
            found += self._against_action(row)
        elif table not in (Table.PHASES,):
            return None
        return found

    def _against_order(self, row: Row) -> list[Outcome]:
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if row["actor"] in self.operators else []
        command, price, lots = row["command"], row["price_ticks"], row["quantity_lots"]
        if command in (OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE):
            found += self._against_change(row)
            if command == OrderCommand.CANCEL:
                return found
        elif not self.trading:
            found.append(Outcome.INSTRUMENT_NOT_TRADING)
        if lots < 1:
            found.append(Outcome.QUANTITY_OUT_OF_BOUNDS)
        if lots % self.quantity_step:
            found.append(Outcome.QUANTITY_OFF_LOT)
        if command == OrderCommand.REDUCE:
            return found
        market = command == OrderCommand.NEW and row["order_type"] == OrderType.MARKET
        if not market and price < 1:
            found.append(Outcome.PRICE_OUT_OF_BOUNDS)
        if price % self.price_step:
            found.append(Outcome.PRICE_OFF_TICK)
        if command == OrderCommand.REPLACE:
            found += [] if self.trading else [Outcome.INSTRUMENT_NOT_TRADING]
            return found + self._against_more(row)
        side = Side(row["side"])
        if market and self.best(_other(side)) is None:
            found.append(Outcome.NO_LIQUIDITY)
        need = self._cost(lots) if market else price * lots * self.tick_value
        if side is Side.BUY and need > self.cash[row["actor"]][0]:
            found.append(Outcome.CASH_INSUFFICIENT)
        if side is Side.SELL and lots > self.units[row["actor"]][0]:
            found.append(Outcome.HOLDING_INSUFFICIENT)
        return found

    def _against_change(self, row: Row) -> list[Outcome]:
        order = self.orders.get(row["order_id"])
        if order is None:
            return [Outcome.ORDER_UNKNOWN]
        found = [] if order.owner == row["actor"] else [Outcome.ORDER_NOT_OF_PARTICIPANT]
        if row["command"] == OrderCommand.REDUCE and row["quantity_lots"] >= order.left:
            found.append(Outcome.REDUCTION_NOT_BELOW_REMAINING)
        return found

    def _against_more(self, row: Row) -> list[Outcome]:
        order = self.orders.get(row["order_id"])
        if order is None or order.owner != row["actor"]:
            return []
        cash = (row["price_ticks"] * row["quantity_lots"] - order.price * order.left) * self.tick_value
        if order.side is Side.BUY and cash > self.cash[order.owner][0]:
            return [Outcome.CASH_INSUFFICIENT]
        if order.side is Side.SELL and row["quantity_lots"] - order.left > self.units[order.owner][0]:
            return [Outcome.HOLDING_INSUFFICIENT]
        return []

    def _against_bid(self, row: Row) -> list[Outcome] | None:
        book = self.rounds.get(row["round_number"])
        found = [Outcome.NOT_PERMITTED_FOR_CLASS] if row["actor"] in self.operators else []
        if book is None:
            return [*found, Outcome.ROUND_UNKNOWN]
        if book.stage != "open":
            found.append(Outcome.ROUND_NOT_OPEN)
        if row["price_ticks"] < self.reserve:
            found.append(Outcome.BID_BELOW_RESERVE)
        if row["price_ticks"] * row["quantity_lots"] * self.tick_value > self.cash[row["actor"]][0]:
            found.append(Outcome.CASH_INSUFFICIENT)
        if any(seller == row["actor"] for seller, _ in book.supply.values()):
            return [*found, Outcome.CONSIGNOR_MAY_NOT_BID] if found else None
        return found

    def _against_supply(self, row: Row) -> list[Outcome]:
        book = self.rounds.get(row["round_number"])
        if book is None:
            return [Outcome.ROUND_UNKNOWN]
        found = [] if book.stage == "draft" else [Outcome.ROUND_NOT_IN_DRAFT]
        if row["quantity_lots"] > self.units[row["seller"]][0]:
            found.append(Outcome.HOLDING_INSUFFICIENT)
        return found

    def _against_action(self, row: Row) -> list[Outcome]:
        book = self.rounds.get(row["round_number"])
        if book is None:
            return [Outcome.ROUND_UNKNOWN]
        match RoundAction(row["action"]):
            case RoundAction.OPEN:
                found = [] if book.stage == "draft" else [Outcome.ROUND_NOT_IN_DRAFT]
                return found + ([] if book.supply else [Outcome.ROUND_WITHOUT_SUPPLY])
            case RoundAction.CLOSE:
                return [] if book.stage == "open" else [Outcome.ROUND_NOT_OPEN]
            case RoundAction.CLEAR:
                return [] if book.stage == "closed" else [Outcome.ROUND_NOT_CLOSED]
            case _:
                return [] if book.stage in ("draft", "open", "closed") else [Outcome.ROUND_NOT_OPEN]

    # -- trading -----------------------------------------------------------------------------------------------------

    def best(self, side: Side) -> int | None:
        prices = [price for (of, price), queue in self.queues.items() if of is side and queue]
        if not prices:
            return None
        return max(prices) if side is Side.BUY else min(prices)

    def _cost(self, lots: int) -> int:
        cost = 0
        for _, price in sorted(key for key in self.queues if key[0] is Side.SELL):
            for number in self.queues[Side.SELL, price]:
                taken = min(lots, self.orders[number].left)
                cost, lots = cost + taken * price * self.tick_value, lots - taken
        return cost

    def _accepted(self, event: Any) -> None:
        number, side = int(event["order_id"]), Side(int(event["side"]))
        must(number not in self.orders, f"order {number} is accepted twice")
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        force = int(event["reference"])
        order = Order(number, int(event["participant"]), side, price, lots, price == 0, force, lots)
        self.orders[number] = order
        self._hold(order, price * lots, lots)

    def _trade(self, event: Any) -> None:
        taker, maker = self.orders[int(event["order_id"])], self.orders[int(event["counter_order_id"])]
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        must(maker.resting and not taker.resting, "a trade between orders that could not meet")
        must(maker.side is not taker.side, "a trade between orders of one side")
        must(self.best(maker.side) == maker.price == price, f"traded at {price}, the best was {self.best(maker.side)}")
        must(self.queues[maker.side, price][0] == maker.number, "a trade out of turn")
        limit_kept = price <= taker.price if taker.side is Side.BUY else price >= taker.price
        must(taker.market or limit_kept, f"traded at {price} through the limit {taker.price}")
        must(0 < lots <= min(taker.left, maker.left), f"{lots} traded, left were {taker.left} and {maker.left}")
        must(int(event["remaining_lots"]) == maker.left - lots, "the maker's rest is told wrong")
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        held = 0 if buyer.market else buyer.price * lots * self.tick_value
        paid = price * lots * self.tick_value
        must(
            self.cash[buyer.owner][1] >= held and self.units[seller.owner][1] >= lots, "a fill without a hold behind it"
        )
        self.cash[buyer.owner][1] -= held
        self.cash[buyer.owner][0] += held - paid
        self.cash[seller.owner][0] += paid
        self.units[seller.owner][1] -= lots
        self.units[buyer.owner][0] += lots
        taker.left -= lots
        maker.left -= lots
        if maker.left == 0:
            self._gone(maker)

    def _cancelled(self, event: Any) -> None:
        order = self.orders[int(event["order_id"])]
        must(int(event["quantity_lots"]) == order.left, f"{event['quantity_lots']} cancelled, left were {order.left}")
        must(order.force != TimeInForce.FOK or order.left == order.whole, "a part of a fill-or-kill order was traded")
        self._hold(order, -order.price * order.left, -order.left)
        order.left = 0
        if order.resting:
            self._gone(order)

    def _reduced(self, event: Any) -> None:
        order, lots = self.orders[int(event["order_id"])], int(event["quantity_lots"])
        must(0 < lots < order.left, "reduced by all or more")
        self._hold(order, -order.price * lots, -lots)
        order.left -= lots

    def _replaced(self, event: Any) -> None:
        order = self.orders[int(event["order_id"])]
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        self._hold(order, price * lots - order.price * order.left, lots - order.left)
        self._gone(order)
        order.price, order.left, order.whole, order.resting = price, lots, lots, False
        self.orders[order.number] = order

    def _hold(self, order: Order, value: int, lots: int) -> None:
        pockets, amount = (self.cash, value * self.tick_value) if order.side is Side.BUY else (self.units, lots)
        pockets[order.owner][0] -= amount
        pockets[order.owner][1] += amount

    def _gone(self, order: Order) -> None:
        self.queues[order.side, order.price].remove(order.number)
        if not self.queues[order.side, order.price]:
            del self.queues[order.side, order.price]
        del self.orders[order.number]

    # -- accounts and rounds -------------------------------------------------------------------------------------------

    def _registered(self, event: Any) -> None:
        number = int(event["participant"])
        must(number == len(self.cash) + 1, "participants are not numbered in turn")
        self.cash[number], self.units[number] = [0, 0], [0, 0, 0]
        if int(event["reference"]) == 1:
            self.operators.add(number)

    def _cash_deposited(self, event: Any) -> None:
        self.cash[int(event["participant"])][0] += int(event["amount_minor"])
        self.deposited[0] += int(event["amount_minor"])

    def _units_deposited(self, event: Any) -> None:
        self.units[int(event["participant"])][0] += int(event["quantity_lots"])
        self.deposited[1] += int(event["quantity_lots"])

    def _phase_changed(self, event: Any) -> None:
        self.trading = bool(event["reference"])

    def _round_created(self, event: Any) -> None:
        self.rounds[int(event["reference"])] = RoundBook()

    def _stage(self, event: Any, stage: str) -> None:
        self.rounds[int(event["reference"])].stage = stage

    def _supply_added(self, event: Any) -> None:
        seller, lots = int(event["participant"]), int(event["quantity_lots"])
        self.rounds[int(event["reference"])].supply[int(event["order_id"])] = seller, lots
        self.units[seller][0] -= lots
        self.units[seller][2] += lots

    def _bid(self, event: Any) -> None:
        book, bidder = self.rounds[int(event["reference"])], int(event["participant"])
        price, lots = int(event["price_ticks"]), int(event["quantity_lots"])
        must(book.stage == "open", "a bid in a round that is not open")
        book.bids[int(event["order_id"])] = bidder, price, lots
        must(int(event["amount_minor"]) == price * lots * self.tick_value, "a bid is not held in full")
        book.held[bidder] += price * lots * self.tick_value
        self.cash[bidder][0] -= int(event["amount_minor"])
        self.cash[bidder][1] += int(event["amount_minor"])

    def _cleared(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        must(book.stage == "closed", "a round is cleared that is not closed")
        book.stage, book.price = "cleared", int(event["price_ticks"])
        book.sold, book.proceeds = int(event["quantity_lots"]), int(event["amount_minor"])
        offered = sum(lots for _, lots in book.supply.values())
        demand = sum(lots for _, _, lots in book.bids.values())
        must(book.sold == min(offered, demand), f"{book.sold} sold of {offered} on {demand}")
        for bidder, held in book.held.items():
            self.cash[bidder][0] += held
            self.cash[bidder][1] -= held

    def _awarded(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        bidder, price, lots = book.bids.pop(int(event["order_id"]))
        awarded, paid = int(event["quantity_lots"]), int(event["amount_minor"])
        must(awarded + int(event["remaining_lots"]) == lots, "an award and its rest are not the bid")
        must(paid == awarded * book.price * self.tick_value, "a payment is not award times price")
        must(awarded == 0 or price >= book.price, "an award above what was bid")
        must(price <= book.price or awarded == lots, "a bid above the price went short")
        book.paid[bidder] += paid
        must(book.paid[bidder] <= book.held[bidder], "paid more than was held")
        book.sold -= awarded
        self.cash[bidder][0] -= paid
        self.units[bidder][0] += awarded

    def _settled(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        must(not book.bids and book.sold == 0, "supply is settled before all awards, or they are not what was sold")
        book.held.clear()
        seller, lots = book.supply.pop(int(event["order_id"]))
        sold, proceeds = int(event["quantity_lots"]), int(event["amount_minor"])
        must(sold + int(event["remaining_lots"]) == lots, "sold and returned are not what was offered")
        book.proceeds -= proceeds
        must(book.supply != {} or book.proceeds == 0, "proceeds are not what was paid")
        self.units[seller][2] -= lots
        self.units[seller][0] += lots - sold
        self.cash[seller][0] += proceeds

    def _round_cancelled(self, event: Any) -> None:
        book = self.rounds[int(event["reference"])]
        book.stage = "cancelled"
        for bidder, held in book.held.items():
            self.cash[bidder][0] += held
            self.cash[bidder][1] -= held
        for seller, lots in book.supply.values():
            self.units[seller][0] += lots
            self.units[seller][2] -= lots
        book.held.clear()


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


__all__ = ["CASH", "Auditor", "Impossible"]
