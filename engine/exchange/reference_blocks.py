"""The part of the slow exchange that negotiates blocks: offers in a dictionary, what they hold worked out from them."""

from __future__ import annotations

from dataclasses import dataclass

from engine import limits
from engine.commands import BlockCommand, ParticipantClass, Side
from engine.events import BlockEnd, EventKind
from engine.exchange.reference_phases import DAY_NS, Venue
from engine.orderbook.reference_model import Refused
from engine.orderbook.reference_tape import Event
from engine.outcomes import Outcome
from engine.parameters import Parameter

OFFERS_MAX = 1_024
PROPOSALS = (BlockCommand.OFFER, BlockCommand.COUNTER)
SWITCHES = (BlockCommand.START, BlockCommand.STOP)
BEHIND = {
    Outcome.PRICE_OFF_TICK: Parameter.TRADING_TICK,
    Outcome.QUANTITY_OFF_LOT: Parameter.TRADING_LOT,
    Outcome.QUANTITY_BELOW_MINIMUM: Parameter.BLOCK_MINIMUM,
    Outcome.PRICE_OUTSIDE_BAND: Parameter.BLOCK_BAND,
    Outcome.HOLDING_LIMIT_REACHED: Parameter.TRADING_HOLDING_LIMIT,
}


@dataclass
class Offer:
    offer_id: int
    instrument: int
    proposer: int
    asked: int
    side: int
    price: int
    lots: int
    expire_ns: int


class Negotiations(Venue):
    """Waiting offers beside accounts and books."""

    def __init__(self, instruments: int, market_data: int) -> None:
        super().__init__(instruments, market_data)
        self.offers: dict[int, Offer] = {}

    def held_cash(self, participant: int) -> int:
        return super().held_cash(participant) + sum(
            self.cost(offer.instrument, offer.price, offer.lots)
            for offer in self.offers.values()
            if offer.proposer == participant and offer.side == Side.BUY
        )

    def held_units(self, participant: int, instrument: int) -> int:
        return super().held_units(participant, instrument) + sum(
            offer.lots
            for offer in self.offers.values()
            if (offer.proposer, offer.instrument, offer.side) == (participant, instrument, Side.SELL)
        )

    def open_buys(self, participant: int, instrument: int) -> int:
        return super().open_buys(participant, instrument) + sum(
            offer.lots
            for offer in self.offers.values()
            if (offer.proposer, offer.instrument, offer.side) == (participant, instrument, Side.BUY)
        )

    def judge_buy(self, participant: int, instrument: int, cost: int, more_lots: int, held: int = 0) -> None:
        """Whether somebody may buy so many lots more for this cost, of which so much is held already."""
        if cost > limits.AMOUNT_MINOR_MAX:
            raise Refused(Outcome.AMOUNT_OUT_OF_BOUNDS)
        if self.passes_limit(participant, instrument, more_lots):
            raise Refused(Outcome.HOLDING_LIMIT_REACHED)
        if cost - held > self.free_cash(participant):
            raise Refused(Outcome.CASH_INSUFFICIENT)

    def apply_blocks(self, rows: object, time_ns: int) -> list[Event]:
        """The events of a batch of BLOCKS."""
        self.events, self.row, self.time_ns = [], 0, time_ns
        self.expire_offers(time_ns)
        names = rows.dtype.names  # type: ignore[attr-defined]
        for self.row, values in enumerate(rows.tolist()):  # type: ignore[attr-defined]
            row = dict(zip(names, values, strict=True))
            if row["command"] == BlockCommand.OFFER:
                row["offer_id"] = row["session"] << 40 | row["request_id"]
            about = [row["instrument"]]
            try:
                self.negotiate(row, about)
                self.tell_charges()
            except Refused as refused:
                locked = refused.outcome is Outcome.HOLDING_NOT_SETTLED
                Venue.tell(
                    self,
                    EventKind.REFUSED,
                    None,
                    **(self.tell_refused_units(row["actor"], about[0]) if locked else {}),
                    outcome=refused.outcome,
                    parameter=refused.parameter or BEHIND.get(refused.outcome, 0),
                    instrument=about[0],
                    participant=row["actor"],
                    counterparty=row["counterparty"],
                    order_id=row["offer_id"],
                    price_ticks=row["price_ticks"],
                    quantity_lots=row["quantity_lots"],
                )
        return self.events

    def expire_offers(self, time_ns: int) -> None:
        """End the offers whose expiry has come, oldest first."""
        for offer in [o for o in self.offers.values() if o.expire_ns and o.expire_ns <= time_ns]:
            self.end(offer, BlockEnd.EXPIRED)

    def negotiate(self, row: dict[str, int], about: list[int]) -> None:
        """Judge and carry out a row; `about` becomes the instrument that it turns out to be about."""
        command = row["command"]
        sender = self.judge_sender(row, keyless=command >= BlockCommand.START)
        operator = self.classes.get(row["actor"]) is ParticipantClass.OPERATOR
        if sender in (Outcome.ACCEPTED, Outcome.NOT_PERMITTED_FOR_CLASS):
            sender = Outcome.ACCEPTED if operator == (command in SWITCHES) else Outcome.NOT_PERMITTED_FOR_CLASS
        self.shape_of_block(row)
        if sender is not Outcome.ACCEPTED:
            raise Refused(sender)
        if command in SWITCHES:
            return self.turn(row)
        if command == BlockCommand.OFFER:
            return self.offer(row)
        offer = self.offers.get(row["offer_id"])
        if offer is None:
            raise Refused(Outcome.ORDER_UNKNOWN)
        about[0] = offer.instrument
        self.answer(row, offer)

    def shape_of_block(self, row: dict[str, int]) -> None:
        command = row["command"]
        bad_side = command == BlockCommand.OFFER and row["side"] not in (1, 2)
        nameless = BlockCommand.OFFER < command < BlockCommand.START and row["offer_id"] < 1
        if command not in list(BlockCommand) or bad_side or nameless:
            raise Refused(Outcome.UNKNOWN_COMMAND)
        if command in PROPOSALS:
            if not 1 <= row["price_ticks"] <= limits.PRICE_TICKS_MAX:
                raise Refused(Outcome.PRICE_OUT_OF_BOUNDS)
            if not 1 <= row["quantity_lots"] <= limits.QUANTITY_LOTS_MAX:
                raise Refused(Outcome.QUANTITY_OUT_OF_BOUNDS)

    def turn(self, row: dict[str, int]) -> None:
        number = row["instrument"]
        if number not in self.terms:
            raise Refused(Outcome.INSTRUMENT_UNKNOWN)
        block = self.terms[number].block
        starts = row["command"] == BlockCommand.START
        if starts and not block.allowed:
            raise Refused(Outcome.BLOCKS_NOT_OPEN, Parameter.BLOCK_ALLOWED)
        block.open_now = starts
        Venue.tell(self, EventKind.BLOCKS_SWITCHED, instrument=number, reference=int(starts))

    def judge_proposal(self, row: dict[str, int], number: int) -> None:
        """What any proposal of a price and a quantity, or a confirmation, has to keep."""
        terms = self.terms[number]
        price, lots = row["price_ticks"], row["quantity_lots"]
        proposes = row["command"] in PROPOSALS
        if proposes and price * lots * terms.value > limits.AMOUNT_MINOR_MAX:
            raise Refused(Outcome.AMOUNT_OUT_OF_BOUNDS)
        if row["command"] <= BlockCommand.CONFIRM and self.is_stopped(row["actor"], number):
            raise Refused(Outcome.TRADING_STOPPED)
        if row["command"] <= BlockCommand.CONFIRM and not terms.block.open_now:
            raise Refused(Outcome.BLOCKS_NOT_OPEN, Parameter.NONE if terms.block.allowed else Parameter.BLOCK_ALLOWED)
        if proposes and price % terms.price_step:
            raise Refused(Outcome.PRICE_OFF_TICK)
        if proposes and lots % terms.quantity_step:
            raise Refused(Outcome.QUANTITY_OFF_LOT)

    def judge_limits(self, row: dict[str, int], number: int) -> None:
        block = self.terms[number].block
        if row["quantity_lots"] < block.minimum:
            raise Refused(Outcome.QUANTITY_BELOW_MINIMUM)
        if not block.low <= row["price_ticks"] <= (block.high or limits.PRICE_TICKS_MAX):
            raise Refused(Outcome.PRICE_OUTSIDE_BAND)

    def judge_means(self, actor: int, number: int, side: int, price: int, lots: int) -> None:
        if side == Side.BUY:
            self.judge_buy(actor, number, self.cost(number, price, lots), lots)
        elif lacks := self.lacks_units(actor, number, lots):
            raise Refused(lacks, self.terms[number].levies.lock_parameter * (lacks is Outcome.HOLDING_NOT_SETTLED))

    def offer(self, row: dict[str, int]) -> None:
        number, actor = row["instrument"], row["actor"]
        if row["counterparty"] and row["counterparty"] not in self.classes:
            raise Refused(Outcome.PARTICIPANT_UNKNOWN)
        if number not in self.terms:
            raise Refused(Outcome.INSTRUMENT_UNKNOWN)
        self.judge_proposal(row, number)
        if row["counterparty"] == actor:
            raise Refused(Outcome.ORDER_TERMS_CONTRADICTORY)
        if row["expire_ns"] and row["expire_ns"] <= self.time_ns:
            raise Refused(Outcome.EXPIRY_NOT_IN_FUTURE)
        self.judge_limits(row, number)
        if len(self.offers) == OFFERS_MAX:
            raise Refused(Outcome.BLOCK_OFFERS_FULL)
        self.judge_means(actor, number, row["side"], row["price_ticks"], row["quantity_lots"])
        made = Offer(
            row["offer_id"],
            number,
            actor,
            row["counterparty"],
            row["side"],
            row["price_ticks"],
            row["quantity_lots"],
            row["expire_ns"],
        )
        self.offers[made.offer_id] = made
        self.tell_block(EventKind.BLOCK_OFFERED, made, made.proposer, made.asked, made.side)

    def answer(self, row: dict[str, int], offer: Offer) -> None:
        command, actor = row["command"], row["actor"]
        withdraws = command == BlockCommand.WITHDRAW
        is_asked = actor != offer.proposer and offer.asked in (0, actor)
        if not (actor == offer.proposer if withdraws else is_asked):
            raise Refused(Outcome.ORDER_NOT_OF_PARTICIPANT)
        self.judge_proposal(row, offer.instrument)
        if command in (BlockCommand.COUNTER, BlockCommand.DECLINE) and offer.asked == 0:
            raise Refused(Outcome.ORDER_TERMS_CONTRADICTORY)
        own_side = 3 - offer.side
        if command == BlockCommand.COUNTER:
            self.judge_limits(row, offer.instrument)
            self.judge_means(actor, offer.instrument, own_side, row["price_ticks"], row["quantity_lots"])
            offer.proposer, offer.asked, offer.side = actor, offer.proposer, own_side
            offer.price, offer.lots = row["price_ticks"], row["quantity_lots"]
            self.tell_block(EventKind.BLOCK_COUNTERED, offer, actor, offer.asked, own_side)
        elif command == BlockCommand.CONFIRM:
            self.judge_means(actor, offer.instrument, own_side, offer.price, offer.lots)
            del self.offers[offer.offer_id]
            buyer, seller = (actor, offer.proposer) if own_side == Side.BUY else (offer.proposer, actor)
            amount = offer.price * offer.lots * self.terms[offer.instrument].value
            ids = offer.offer_id, offer.offer_id
            self.move(buyer, seller, offer.instrument, offer.price, offer.lots, ids, self.time_ns // DAY_NS)
            if self.terms[offer.instrument].day.blocks_count:
                self.terms[offer.instrument].day.trades.append((offer.price, offer.lots))
            self.tell_block(EventKind.BLOCK_TRADED, offer, actor, offer.proposer, own_side, amount)
        else:
            self.end(offer, BlockEnd.WITHDRAWN if withdraws else BlockEnd.DECLINED)

    def end(self, offer: Offer, why: BlockEnd) -> None:
        del self.offers[offer.offer_id]
        self.tell_block(EventKind.BLOCK_ENDED, offer, offer.proposer, offer.asked, offer.side, 0, why)

    def tell_block(
        self, kind: EventKind, offer: Offer, who: int, other: int, side: int, amount: int | None = None, why: int = 0
    ) -> None:
        if amount is None:
            amount = self.cost(offer.instrument, offer.price, offer.lots) if side == Side.BUY else 0
        Venue.tell(
            self,
            kind,
            instrument=offer.instrument,
            side=side,
            participant=who,
            counterparty=other,
            reference=why,
            order_id=offer.offer_id,
            price_ticks=offer.price,
            quantity_lots=offer.lots,
            amount_minor=amount,
        )
