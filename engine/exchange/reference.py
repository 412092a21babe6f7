"""The slow twin of the exchange: accounts, judgement, matching and phases in plain Python integers.

Shares nothing with what it checks but declared words; the book in it is the slow book (`engine.orderbook.reference`),
the uncrossing the slow call auction. Accounts are kept another way than the compiled ones: only what somebody owns is
written down, and what is held is worked out from the live orders whenever it is asked for. So a hold that is not given
back to the last fen shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine import limits
from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    SelfTrade,
    Side,
)
from engine.events import CancelReason, EventKind
from engine.exchange.reference_floor import Floor
from engine.orderbook.reference_model import IMMEDIATE, Order, Refused, best_first
from engine.orderbook.reference_tape import Event
from engine.outcomes import Outcome
from engine.parameters import Parameter

BEHIND = {
    Outcome.PRICE_OFF_TICK: Parameter.TRADING_TICK,
    Outcome.QUANTITY_OFF_LOT: Parameter.TRADING_LOT,
    Outcome.QUANTITY_BELOW_MINIMUM: Parameter.TRADING_MINIMUM,
    Outcome.QUANTITY_ABOVE_MAXIMUM: Parameter.TRADING_MAXIMUM,
    Outcome.PRICE_OUTSIDE_BAND: Parameter.TRADING_BAND,
    Outcome.PRICE_OUTSIDE_DYNAMIC_BAND: Parameter.TRADING_DYNAMIC_BAND,
    Outcome.ORDER_WITHOUT_BOUND: Parameter.TRADING_BAND,
    Outcome.ORDER_RATE_EXCEEDED: Parameter.TRADING_ORDERS_PER_SECOND,
    Outcome.HOLDING_LIMIT_REACHED: Parameter.TRADING_HOLDING_LIMIT,
}
"""The parameter behind a refusal, where it is always the same."""

WITHOUT_LIMIT = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP)
KINDS_OF_THE_MEDIAN = (OrderType.LIMIT, OrderType.POST_ONLY, OrderType.STOP_LIMIT)
KINDS_OF_A_CALL = (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT)


class ReferenceExchange(Floor):
    """The whole exchange: `apply` takes rows of ORDERS, `apply_blocks` of BLOCKS, `switch` a phase; each gives the
    events they cause."""

    def __init__(self, instruments: int = 8) -> None:
        super().__init__(instruments, market_data=1)
        self.why = 0
        self.about: int | None = None
        self.locked: dict[str, int] = {}

    # -- rows ----------------------------------------------------------------------------------------------------

    def apply(self, rows: object, time_ns: int = 0) -> list[Event]:
        """The events of a batch of ORDERS, how calls would end now behind them."""
        events = super().apply(rows, time_ns)
        touched = {event[4] for event in events if event[0] != EventKind.REFUSED}
        self.row = len(rows) - 1  # type: ignore[arg-type]
        for instrument in sorted(touched):
            self.indicate(instrument)
        return self.events

    def expire_orders(self, time_ns: int) -> None:
        super().expire_orders(time_ns)
        self.expire_offers(time_ns)

    def carry_out(self, row: dict[str, int]) -> range:
        order_id = row["order_id"]
        if row["command"] == OrderCommand.NEW:
            row["order_id"] = row["session"] << 40 | row["request_id"]
        try:
            self.why, self.about = 0, None
            sender = self.judge_sender(row)
            if row["command"] == OrderCommand.MASS_CANCEL and sender is not Outcome.ACCEPTED:
                operator = self.classes.get(row["actor"]) is ParticipantClass.OPERATOR
                sender = Outcome.ACCEPTED if operator and sender is Outcome.NOT_PERMITTED_FOR_CLASS else sender
            elif row["command"] == OrderCommand.MASS_CANCEL and row["participant"] not in (0, row["actor"]):
                sender = Outcome.NOT_PERMITTED_FOR_CLASS
            self.judge_shape(row, order_id)
            if sender is not Outcome.ACCEPTED:
                raise Refused(sender)
            command = row["command"]
            if command not in (OrderCommand.NEW, OrderCommand.MASS_CANCEL, OrderCommand.TAKE):
                self.judge_change(row)
            touched = self.take(row) if command == OrderCommand.TAKE else super().carry_out(row)
            if command in (OrderCommand.NEW, OrderCommand.REPLACE, OrderCommand.TAKE):
                self.pay_at_the_gate(row["actor"], touched[0])
            self.tell_charges()
        except Refused as refused:
            self.why = refused.parameter or BEHIND.get(refused.outcome, Parameter.NONE)
            self.locked = {}
            number = row["instrument"] if self.about is None else self.about
            if refused.outcome is Outcome.PRICE_OUTSIDE_BAND and self.terms[number].first_day:
                self.why = Parameter.TRADING_FIRST_DAY_BAND
            if refused.outcome is Outcome.HOLDING_NOT_SETTLED:
                self.why = self.terms[number].levies.lock_parameter
                self.locked = self.tell_refused_units(row["actor"], number)
            raise
        return touched

    def tell(self, kind: EventKind, order: Order | None = None, **columns: int) -> None:
        if kind == EventKind.REFUSED:
            columns |= {"parameter": self.why, **self.locked}
            if self.about is not None:
                columns["instrument"] = self.about
        super().tell(kind, order, **columns)

    # -- judgement -----------------------------------------------------------------------------------------------

    def judge_shape(self, row: dict[str, int], target: int) -> None:
        """Whether the numbers of a row are in their ranges."""
        command, price, lots = row["command"], row["price_ticks"], row["quantity_lots"]
        new = command == OrderCommand.NEW
        if command not in list(OrderCommand) or (command == OrderCommand.MASS_CANCEL and row["side"] > 2):
            raise Refused(Outcome.UNKNOWN_COMMAND)
        words = ((row["side"], Side), (row["order_type"], OrderType), (row["self_trade"], SelfTrade))
        if new and (any(value not in list(enum) for value, enum in words) or not 1 <= row["time_in_force"] <= 5):
            raise Refused(Outcome.UNKNOWN_COMMAND)
        if command == OrderCommand.TAKE and (target < 1 or row["request_id"] < 1):
            raise Refused(Outcome.UNKNOWN_COMMAND)
        priced = command == OrderCommand.REPLACE or (new and row["order_type"] not in WITHOUT_LIMIT)
        if priced and not 1 <= price <= limits.PRICE_TICKS_MAX:
            raise Refused(Outcome.PRICE_OUT_OF_BOUNDS)
        sized = command not in (OrderCommand.CANCEL, OrderCommand.MASS_CANCEL)
        if sized and not 1 <= lots <= limits.QUANTITY_LOTS_MAX:
            raise Refused(Outcome.QUANTITY_OUT_OF_BOUNDS)

    def reasons(self, row: dict[str, int]) -> Iterator[tuple[Outcome, bool]]:
        """The slow book's reasons against a new order, with the exchange's own between them."""
        price, lots, kind = row["price_ticks"], row["quantity_lots"], row["order_type"]
        for outcome, holds in super().reasons(row):
            if outcome is Outcome.INSTRUMENT_UNKNOWN:
                yield outcome, row["instrument"] not in self.terms
                terms = self.terms[row["instrument"]]
                too_much = kind not in WITHOUT_LIMIT and price * lots * terms.value > limits.AMOUNT_MINOR_MAX
                yield Outcome.AMOUNT_OUT_OF_BOUNDS, too_much
                yield from self.at_the_gate(row["actor"], row["instrument"])
                yield Outcome.INSTRUMENT_NOT_TRADING, terms.phase is Phase.CLOSED
                yield Outcome.ORDER_TYPE_NOT_OFFERED, not self.takes(terms.phase, row)
                continue
            yield outcome, holds
            if outcome is Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER:
                yield from self.steps(row["instrument"], price, lots)
        terms = self.terms[row["instrument"]]
        limit = self.limit_of(row)
        waits = self.only_waits(row["instrument"])
        if row["side"] == Side.BUY:
            yield Outcome.ORDER_WITHOUT_BOUND, limit == 0 and (kind != OrderType.MARKET or waits)
            cost = self.cost(row["instrument"], limit, lots) if limit else self.cost_on_arrival(row)
            yield Outcome.AMOUNT_OUT_OF_BOUNDS, cost > limits.AMOUNT_MINOR_MAX
            yield Outcome.HOLDING_LIMIT_REACHED, self.passes_limit(row["actor"], row["instrument"], lots)
            yield Outcome.CASH_INSUFFICIENT, cost > self.free_cash(row["actor"])
        elif lacks := self.lacks_units(row["actor"], row["instrument"], lots):
            yield lacks, True

    def takes(self, phase: Phase, row: dict[str, int]) -> bool:
        """Whether a phase takes a new order of this kind; a halt lets everything through to its own refusal."""
        kind, at_once = row["order_type"], row["time_in_force"] in IMMEDIATE
        match phase:
            case Phase.CONTINUOUS | Phase.HALTED:
                return True
            case Phase.MEDIAN:
                return kind in KINDS_OF_THE_MEDIAN
            case Phase.PICK_LIST:
                return kind == OrderType.LIMIT and not at_once and not row["display_lots"] and not row["minimum_lots"]
        return kind in KINDS_OF_A_CALL and not at_once and not row["minimum_lots"]

    def steps(self, instrument: int, price: int, lots: int) -> Iterator[tuple[Outcome, bool]]:
        terms = self.terms[instrument]
        yield Outcome.PRICE_OFF_TICK, bool(price % terms.price_step)
        yield Outcome.QUANTITY_OFF_LOT, bool(lots % terms.quantity_step)

    def limit_of(self, row: dict[str, int]) -> int:
        """The limit that a new order gets."""
        guard, side = self.markets[row["instrument"]].guard, row["side"]
        match row["order_type"]:
            case OrderType.MARKET:
                return self.end_of_band(guard, side) if self.only_waits(row["instrument"]) else 0
            case OrderType.STOP:
                return self.protected(guard, side, row["stop_price_ticks"], True)
            case OrderType.MARKET_TO_LIMIT:
                return self.protected(guard, side, self.best_price(row["instrument"], 3 - side), False)
        return row["price_ticks"]

    def cost_on_arrival(self, row: dict[str, int]) -> int:
        """What a market buy that trades now has to set aside."""
        terms = self.terms[row["instrument"]]
        cost = self.cost_now(row) * terms.value
        return cost + terms.levies.most_on_arrival(cost, row["quantity_lots"])

    def cost_now(self, row: dict[str, int]) -> int:
        """What a market buy would pay now, in ticks x lots, its own group's orders left aside if it avoids them."""
        market = self.markets[row["instrument"]]
        rule = row["self_trade"] or market.guard.self_trade or SelfTrade.ALLOW
        group = self.groups.get(row["actor"]) or row["actor"]
        cost, wanted = 0, row["quantity_lots"]
        for price in best_first(market.queues[Side.SELL], False):
            for order in market.queues[Side.SELL][price]:
                if rule == SelfTrade.ALLOW or order.group != group:
                    lots = min(wanted, order.remaining)
                    cost += lots * price
                    wanted -= lots
        return cost

    def judge_change(self, row: dict[str, int]) -> None:
        """Reasons of the exchange against a cancel, reduction or replacement."""
        order = self.find(row)
        if order.participant != row["actor"]:
            raise Refused(Outcome.ORDER_NOT_OF_PARTICIPANT)
        terms = self.terms[order.instrument]
        self.about = order.instrument
        if terms.phase is Phase.FIRM_CALL:
            raise Refused(Outcome.NO_CANCEL_PERIOD)
        price, lots = row["price_ticks"], row["quantity_lots"]
        if row["command"] == OrderCommand.CANCEL:
            return
        if row["command"] == OrderCommand.REPLACE:
            if price * lots * terms.value > limits.AMOUNT_MINOR_MAX:
                raise Refused(Outcome.AMOUNT_OUT_OF_BOUNDS)
            self.refuse_first(self.at_the_gate(row["actor"], order.instrument))
            if terms.phase is Phase.CLOSED:
                raise Refused(Outcome.INSTRUMENT_NOT_TRADING)
        for outcome, holds in self.steps(
            order.instrument, price if row["command"] == OrderCommand.REPLACE else 0, lots
        ):
            if holds:
                raise Refused(outcome)
        if row["command"] == OrderCommand.REPLACE:
            self.judge_replace(row)
            held = self.cost(order.instrument, order.price, order.remaining)
            cost = self.cost(order.instrument, price, lots)
            more = lots - order.remaining
            if order.side == Side.BUY:
                self.judge_buy(order.participant, order.instrument, cost, more, held)
            elif lacks := self.lacks_units(order.participant, order.instrument, more):
                raise Refused(lacks)

    # -- commands of the exchange alone ----------------------------------------------------------------------------

    def mass_cancel(self, row: dict[str, int]) -> range:
        everywhere = row["instrument"] == ALL_INSTRUMENTS
        target = row["participant"] or row["actor"]
        if target not in (*self.classes, ALL_PARTICIPANTS):
            raise Refused(Outcome.PARTICIPANT_UNKNOWN)
        if not everywhere and row["instrument"] not in self.terms:
            raise Refused(Outcome.INSTRUMENT_UNKNOWN)
        named = sorted(self.terms) if everywhere else [row["instrument"]]
        firm = [number for number in named if self.terms[number].phase is Phase.FIRM_CALL]
        if firm and not everywhere:
            raise Refused(Outcome.NO_CANCEL_PERIOD)
        for number in named:
            for order in [] if number in firm else list(self.in_order(number)):
                if row["side"] in (0, order.side) and target in (order.participant, ALL_PARTICIPANTS):
                    self.cancel(order, CancelReason.MASS_CANCEL)
        return range(len(self.markets))

    def take(self, row: dict[str, int]) -> range:
        """Trade with the listing that a row names."""
        listing = self.live.get(row["order_id"])
        if listing is None or listing.waits:
            raise Refused(Outcome.ORDER_UNKNOWN)
        lots, number = row["quantity_lots"], listing.instrument
        self.about = number
        self.judge_take(row, listing)
        taker = Order(
            row["session"] << 40 | row["request_id"],
            row["actor"],
            self.groups.get(row["actor"]) or row["actor"],
            number,
            3 - listing.side,
            OrderType.LIMIT,
            2,
            listing.price,
            lots,
            SelfTrade.ALLOW,
        )
        self.tell(EventKind.ORDER_ACCEPTED, taker, quantity_lots=lots, reference=2)
        self.tell(
            EventKind.TRADE,
            taker,
            counterparty=listing.participant,
            counter_order_id=listing.order_id,
            quantity_lots=lots,
            remaining_lots=listing.remaining - lots,
            reference=listing.price,
        )
        buys = taker.side == Side.BUY
        self.note_trade(taker if buys else listing, listing if buys else taker, listing.price, lots)
        self.markets[number].guard.last_price_ticks = listing.price
        self.fill_standing(listing, lots)
        return range(number, number + 1)

    def judge_take(self, row: dict[str, int], listing: Order) -> None:
        terms, lots = self.terms[listing.instrument], row["quantity_lots"]
        guard = self.markets[listing.instrument].guard
        queues = self.markets[listing.instrument].queues[listing.side]
        reachable = best_first(queues, listing.side == Side.BUY)[: guard.reach_levels or None]
        behind = not guard.any_at_level and queues[listing.price][0] is not listing
        far = listing.price not in reachable
        amount = listing.price * lots * terms.value
        buys = listing.side == Side.SELL
        for outcome, holds in (
            (Outcome.AMOUNT_OUT_OF_BOUNDS, amount > limits.AMOUNT_MINOR_MAX),
            *self.at_the_gate(row["actor"], listing.instrument),
            (Outcome.INSTRUMENT_NOT_TRADING, terms.phase is Phase.CLOSED),
            (Outcome.QUANTITY_OFF_LOT, lots % terms.quantity_step),
            (Outcome.LISTINGS_ONLY_IN_PICK_LIST, terms.phase is not Phase.PICK_LIST),
        ):
            if holds:
                raise Refused(outcome)
        self.judge_guard(listing.instrument, listing.price, lots)
        if (self.groups.get(row["actor"]) or row["actor"]) == listing.group:
            raise Refused(Outcome.LISTING_OF_OWN_GROUP)
        if behind or far:
            rule = Parameter.TRADING_ANY_AT_LEVEL if behind else Parameter.TRADING_REACH_LEVELS
            raise Refused(Outcome.LISTING_OUT_OF_REACH, rule)
        if lots > listing.shown:
            raise Refused(Outcome.QUANTITY_ABOVE_LISTING)
        if buys:
            self.judge_buy(row["actor"], listing.instrument, self.cost(listing.instrument, listing.price, lots), lots)
        elif lacks := self.lacks_units(row["actor"], listing.instrument, lots):
            raise Refused(lacks)
