"""The part of the slow exchange that owns things and changes phases: accounts, terms of a day, calls and their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

from engine.commands import OrderType, ParticipantClass, Phase, Side, TimeInForce
from engine.events import CancelReason, EventKind
from engine.exchange.day.reference import SlowDay
from engine.exchange.reference_settlement import Ledger, Levies, Trade
from engine.limits import REQUEST_ID_MAX
from engine.orderbook.call_auction.reference import SlowResult, slow_uncross
from engine.orderbook.reference import ReferenceBook
from engine.orderbook.reference_model import Order, best_first
from engine.orderbook.reference_tape import Event
from engine.outcomes import Outcome
from engine.parameters import Parameter

CALLS = (Phase.OPENING_CALL, Phase.CLOSING_CALL, Phase.FIRM_CALL)
DAY_NS = 86_400 * 10**9
MATCHING = (Phase.CONTINUOUS, Phase.MEDIAN)


@dataclass
class Session:
    owner: int
    last_request: int = 0


@dataclass
class BlockTerms:
    """What blocks of an instrument have to keep; `band` as a share of the reference price."""

    allowed: bool = False
    minimum: int = 0
    band: Fraction = Fraction(0)
    low: int = 0
    high: int = 0
    open_now: bool = False


@dataclass
class Terms:
    """One instrument: what its rule book says, and what it is doing. `watched`: guards by name, as the day sets them.
    `call_rule`: its number (0: none), its candidates, its steps. `block_of_the_book` becomes `block` with the day.
    `first_band`: the band of the first day (None: as any other). `pace`: orders a second and at once (0: no throttle);
    `bucket` is what it is today: time between two orders, and how far ahead of it somebody may be."""

    price_step: int = 1
    quantity_step: int = 1
    value: int = 1
    reference: int = 0
    band: Fraction = Fraction(0)
    watched: dict[str, int] = field(default_factory=dict)
    call_rule: tuple[int, str, Sequence[str]] = (0, "", ())
    block: BlockTerms = field(default_factory=BlockTerms)
    block_of_the_book: BlockTerms = field(default_factory=BlockTerms)
    levies: Levies = field(default_factory=Levies)
    phase: Phase = Phase.CLOSED
    day: SlowDay = field(default_factory=SlowDay)
    first_band: Fraction | None = None
    listed_on: int = 0
    first_day: bool = False
    pace: tuple[int, int] = (0, 0)
    bucket: tuple[int, int] = (0, 0)
    told: tuple[int, int, int] = (0, 0, 0)
    begun: bool = False


def band_around(reference: int, share: Fraction, step: int) -> tuple[int, int]:
    """Lowest and highest price of a band, half up on the step; 0, 0 without one."""
    if not reference or not share:
        return 0, 0
    low, high = (int(Fraction(reference, step) * (1 + part) + Fraction(1, 2)) * step for part in (-share, share))
    return max(low, step), high


def is_of(participant: int, order: Order) -> bool:
    """Whether an order is of somebody (0: of anybody)."""
    return participant in (0, order.participant)


class Venue(ReferenceBook):
    """Accounts beside the slow book. What is held follows from the live orders."""

    def __init__(self, instruments: int, market_data: int) -> None:
        super().__init__(instruments, market_data)
        self.terms: dict[int, Terms] = {}
        self.classes: dict[int, ParticipantClass] = {}
        self.sessions: dict[int, Session] = {}
        self.cash: dict[int, int] = {}
        self.units: dict[tuple[int, int], int] = {}
        self.stops: dict[tuple[int, int], int] = {}
        self.ledger = Ledger()
        self.links: dict[int, set[int]] = {}

    def judge_sender(self, row: dict[str, int], keyless: bool = False) -> Outcome:
        """Who asks; a good request id is used up whatever follows. `keyless`: it may come without one."""
        if row["actor"] not in self.classes:
            return Outcome.ACTOR_UNKNOWN
        if not (keyless and row["session"] == row["request_id"] == 0):
            session = self.sessions.get(row["session"])
            if session is None or session.owner != row["actor"]:
                return Outcome.SESSION_NOT_OF_ACTOR
            if not session.last_request < row["request_id"] <= REQUEST_ID_MAX:
                return Outcome.REQUEST_ID_NOT_INCREASING
            session.last_request = row["request_id"]
        operator = self.classes[row["actor"]] is ParticipantClass.OPERATOR
        return Outcome.NOT_PERMITTED_FOR_CLASS if operator else Outcome.ACCEPTED

    # -- accounts ------------------------------------------------------------------------------------------------

    def held_cash(self, participant: int) -> int:
        """What the live buy orders of somebody may cost."""
        own = (order for order in self.live.values() if order.participant == participant and order.side == Side.BUY)
        return sum(self.cost(order.instrument, order.price, order.remaining) for order in own)

    def cost(self, instrument: int, price: int, lots: int) -> int:
        """What a buy of so many lots has to set aside at this limit."""
        terms = self.terms[instrument]
        if not terms.begun:
            return price * lots * terms.value
        return (price * terms.value + terms.levies.most_a_lot(price * terms.value)) * lots

    def held_units(self, participant: int, instrument: int) -> int:
        """What the live sell orders of somebody may deliver."""
        return sum(
            order.remaining
            for order in self.live.values()
            if (order.participant, order.instrument, order.side) == (participant, instrument, Side.SELL)
        )

    def free_cash(self, participant: int) -> int:
        """What may be used to buy."""
        usable = sum(
            self.ledger.unsettled_cash(participant, number)
            for number, terms in self.terms.items()
            if terms.levies.cash_usable
        )
        unsettled = self.ledger.unsettled_cash(participant)
        return self.cash.get(participant, 0) - self.held_cash(participant) - unsettled + usable

    def free_units(self, participant: int, instrument: int) -> int:
        unsettled = self.ledger.unsettled_units(participant, instrument)
        return self.units.get((participant, instrument), 0) - self.held_units(participant, instrument) - unsettled

    def open_buys(self, participant: int, instrument: int) -> int:
        """What the live buy orders of somebody may still bring."""
        return sum(
            order.remaining
            for order in self.live.values()
            if (order.participant, order.instrument, order.side) == (participant, instrument, Side.BUY)
        )

    def passes_limit(self, participant: int, instrument: int, lots: int) -> bool:
        """Whether a purchase of so many lots more would pass the holding limit."""
        levies = self.terms[instrument].levies
        most = levies.limits.get(self.classes[participant], 0)
        if not most or lots <= 0:
            return False
        group = self.links.get(participant, {participant}) if levies.linked else {participant}
        has = sum(self.units.get((each, instrument), 0) + self.open_buys(each, instrument) for each in group)
        return has + lots > most

    def lacks_units(self, participant: int, instrument: int, lots: int) -> Outcome | None:
        """Why somebody cannot sell so much; None if it can."""
        free = self.free_units(participant, instrument)
        if lots <= free:
            return None
        unsettled = self.ledger.unsettled_units(participant, instrument)
        return Outcome.HOLDING_NOT_SETTLED if lots <= free + unsettled else Outcome.HOLDING_INSUFFICIENT

    def note_trade(self, buy: Order, sell: Order, price: int, lots: int) -> None:
        ids = buy.order_id, sell.order_id
        self.move(buy.participant, sell.participant, buy.instrument, price, lots, ids)
        self.terms[buy.instrument].day.trades.append((price, lots))

    def move(
        self, buyer: int, seller: int, instrument: int, price: int, lots: int, ids: tuple[int, int], day: int = 0
    ) -> None:
        """Cash to the seller, units to the buyer, and what follows from it."""
        amount = price * lots * self.terms[instrument].value
        self.cash[buyer] -= amount
        self.cash[seller] += amount
        self.units[buyer, instrument] = self.units.get((buyer, instrument), 0) + lots
        self.units[seller, instrument] -= lots
        trade = Trade(instrument, buyer, seller, price, lots, amount, *ids)
        for account, pays in self.ledger.note(trade, self.terms[instrument].levies, day).items():
            self.cash[account] = self.cash.get(account, 0) - pays

    def tell_charges(self) -> None:
        """Tell what the trades since the last time have cost."""
        for columns in self.ledger.charged:
            super().tell(EventKind.TRADE_CHARGED, None, **columns)
        self.ledger.charged = []

    def tell_refused_units(self, participant: int, instrument: int) -> dict[str, int]:
        """What the refusal of a sell says about units that are not settled."""
        return {
            "remaining_lots": self.ledger.unsettled_units(participant, instrument),
            "counter_order_id": self.ledger.days_until_settled(participant, instrument),
        }

    def is_stopped(self, participant: int, instrument: int) -> bool:
        """Whether anything new of somebody in an instrument is stopped."""
        return bool({(0, 0), (participant, 0), (0, instrument)} & self.stops.keys())

    def expire_offers(self, time_ns: int) -> None:
        """End the block offers whose expiry has come."""

    # -- phases --------------------------------------------------------------------------------------------------

    def only_waits(self, instrument: int) -> bool:
        terms = self.terms.get(instrument)
        return terms is not None and terms.phase in (*CALLS, Phase.PICK_LIST)

    def switch(self, number: int, phase: Phase, time_ns: int) -> list[Event]:
        """The events of one row of PHASES of a defined instrument."""
        self.events, self.row = [], 0
        terms, before = self.terms[number], self.terms[number].phase
        ends_call = before in CALLS and phase not in (*CALLS, Phase.HALTED)
        if phase in CALLS and not terms.call_rule[0]:
            return self.refuse(number, Outcome.PARAMETER_WITHOUT_VALUE, Parameter.TRADING_CALL_RULE)
        if phase in MATCHING and not ends_call and self.is_crossed(number):
            return self.refuse(number, Outcome.ORDERS_STILL_CROSS, Parameter.NONE)
        self.time_ns = time_ns
        self.expire_orders(time_ns)
        if before is Phase.CLOSED and phase is not Phase.CLOSED:
            self.begin_day(number)
        if ends_call:
            self.uncross(number)
        if before is Phase.FIRM_CALL and phase is not Phase.FIRM_CALL:
            for who, what in self.stops:
                if what in (0, number):
                    self.drop(number, partial(is_of, who), CancelReason.STOPPED)
        if phase not in (*CALLS, Phase.HALTED):
            self.drop(number, lambda order: order.order_type == OrderType.MARKET, CancelReason.MAY_NOT_REST)
            terms.told = (0, 0, 0)
        if phase is Phase.CLOSED:
            self.drop(number, lambda order: order.time_in_force == TimeInForce.DAY, CancelReason.DAY_ENDED)
            if before is not Phase.CLOSED and terms.day.close_formula:
                self.close_day(number)
        terms.phase = phase
        guard = self.markets[number].guard
        guard.median, guard.halted = int(phase is Phase.MEDIAN), int(phase is Phase.HALTED)
        self.tell(EventKind.PHASE_CHANGED, instrument=number, reference=phase)
        if phase in MATCHING and guard.last_price_ticks:
            self.markets[number].trade_prices = [guard.last_price_ticks]
            self.run_stops(self.markets[number])
            self.tell_charges()
        self.indicate(number)
        return self.events

    def refuse(self, number: int, outcome: Outcome, parameter: Parameter) -> list[Event]:
        super().tell(EventKind.REFUSED, instrument=number, outcome=outcome, parameter=parameter)
        return self.events

    def drop(self, number: int, wanted: Callable[[Order], bool], reason: CancelReason) -> None:
        """Cancel the orders of an instrument that are wanted gone."""
        for order in list(self.in_order(number)):
            if wanted(order):
                self.cancel(order, reason)

    def begin_day(self, number: int) -> None:
        """The terms of the day, out of the rule book; the band half up on the step."""
        terms, guard, today = self.terms[number], self.markets[number].guard, self.time_ns // DAY_NS
        never = not terms.listed_on and not guard.last_price_ticks and not terms.day.close
        terms.first_day = terms.first_band is not None and (never or terms.listed_on == today)
        terms.listed_on = today if terms.first_day else terms.listed_on
        if terms.day.close_formula and terms.day.close:
            guard.last_price_ticks = terms.day.close
        terms.day.trades = []
        a_second, at_once = terms.pace
        between = -(-(10**9) // a_second) if a_second else 0
        terms.bucket = (between, between * ((at_once or a_second) - 1))
        guard.reference_price_ticks = reference = guard.last_price_ticks or terms.reference
        band = terms.first_band or Fraction(0) if terms.first_day else terms.band
        guard.band_low_ticks, guard.band_high_ticks = band_around(reference, band, terms.price_step)
        book, block = terms.block_of_the_book, terms.block
        block.allowed, block.minimum = book.allowed, book.minimum
        block.low, block.high = band_around(reference, book.band, terms.price_step)
        block.open_now = block.open_now and book.allowed
        for name, value in terms.watched.items():
            setattr(guard, name, value)
        self.tell(
            EventKind.TRADING_DAY_BEGAN,
            instrument=number,
            price_ticks=reference,
            quantity_lots=guard.band_low_ticks,
            remaining_lots=guard.band_high_ticks,
        )
        terms.begun = True
        for kind, columns in self.ledger.begin_day(number, terms.levies, self.time_ns // DAY_NS):
            self.tell(kind, None, instrument=number, **columns)

    def close_day(self, number: int) -> None:
        terms = self.terms[number]
        close, opening, source = terms.day.ended(self.markets[number].guard.reference_price_ticks, terms.price_step)
        terms.day.close = close
        self.tell(
            EventKind.TRADING_DAY_ENDED,
            instrument=number,
            price_ticks=close,
            counter_order_id=opening,
            reference=source,
            quantity_lots=sum(lots for _, lots in terms.day.trades),
            remaining_lots=len(terms.day.trades),
        )

    # -- calls ---------------------------------------------------------------------------------------------------

    def is_crossed(self, number: int) -> bool:
        queues = self.markets[number].queues
        both = queues[Side.BUY] and queues[Side.SELL]
        return bool(both) and self.best_price(number, Side.BUY) >= self.best_price(number, Side.SELL)

    def standing(self, number: int) -> list[Order]:
        """The orders of a call, market orders first, then those served first."""
        queues = self.markets[number].queues
        orders = [
            order
            for side, highest in ((Side.BUY, True), (Side.SELL, False))
            for price in best_first(queues[side], highest)
            for order in queues[side][price]
        ]
        return sorted(orders, key=lambda order: order.order_type != OrderType.MARKET)

    def end_of_call(self, number: int) -> tuple[SlowResult, list[Order]]:
        terms, guard = self.terms[number], self.markets[number].guard
        orders = self.standing(number)
        _, candidates, steps = terms.call_rule
        columns = [(int(order.side), self.price_in_call(order, orders), order.remaining) for order in orders]
        reference = guard.last_price_ticks or guard.reference_price_ticks or None
        return slow_uncross(candidates, steps, columns, reference=reference, step=terms.price_step), orders

    @staticmethod
    def price_in_call(order: Order, orders: list[Order]) -> int:
        """What an order counts with: 0 for a market order, unless a limit stands beyond where it is held."""
        if order.order_type != OrderType.MARKET:
            return order.price
        for other in orders:
            beyond = other.price > order.price if order.side == Side.BUY else other.price < order.price
            if other.order_type != OrderType.MARKET and beyond:
                return order.price
        return 0

    def uncross(self, number: int) -> None:
        ended, orders = self.end_of_call(number)
        self.tell(
            EventKind.CALL_UNCROSSED,
            instrument=number,
            price_ticks=ended.price or 0,
            quantity_lots=ended.volume,
            remaining_lots=ended.surplus,
            reference=self.terms[number].call_rule[0],
        )
        for buyer, seller, lots in ended.trades:
            buy, sell = orders[buyer], orders[seller]
            price = ended.price or 0
            self.tell(
                EventKind.CALL_TRADE,
                buy,
                side=0,
                counterparty=sell.participant,
                counter_order_id=sell.order_id,
                price_ticks=price,
                quantity_lots=lots,
                remaining_lots=buy.remaining - lots,
                amount_minor=sell.remaining - lots,
                reference=buy.price,
            )
            self.note_trade(buy, sell, price, lots)
            self.markets[number].guard.last_price_ticks = price
            self.fill_standing(buy, lots)
            self.fill_standing(sell, lots)
        self.tell_charges()

    def indicate(self, number: int) -> None:
        """Tell how a call would end now, if that is news."""
        terms = self.terms.get(number)
        if terms is None or terms.phase not in CALLS:
            return
        ended, _ = self.end_of_call(number)
        now = (ended.price or 0, ended.volume, ended.surplus)
        if now != terms.told:
            terms.told = now
            self.tell(
                EventKind.CALL_INDICATED,
                instrument=number,
                price_ticks=now[0],
                quantity_lots=now[1],
                remaining_lots=now[2],
            )
