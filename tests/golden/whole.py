"""A venue's two days in which every table of commands is used: a trading day by the clock, and rounds of each kind.

It is told with fixed draws, so that it is the same each time; `tests.golden.make` keeps it as a journal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.commands import (
    ALL_INSTRUMENTS,
    BlockCommand,
    Change,
    Drawn,
    Fact,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    Side,
    Table,
    TimeInForce,
)
from engine.parameters import BY_KEY, Basis
from engine.rounds.sealed_bid import PlainBid
from engine.words.floor import ChangeStep, ControlAction, VoidAction
from engine.words.reserve import AllocationStep, ReserveStep
from engine.words.units import UnitStep, UnitType
from tests.core.venue import CONSIGNED, OPERATOR, Key, Venue

_A = RoundAction
DAY = 20_514
"""2026-03-02, a Monday."""

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
ZONE_NS = 8 * HOUR_NS
SECOND, AUTHORITY = 2, 3
MEMBERS = range(4, 10)
SZEA, CCER = 1, 2

TRADING: dict[Key, int | str] = {
    **CONSIGNED,
    "auction.reserve_price": 9_000,
    "trading.call_rule": "sse",
    "trading.band": 100_000,
    "trading.reference_price": 9_500,
    "trading.close_formula": "day_average",
    "trading.close_otherwise": "previous_close",
    "trading.fee_buyer_share": 1_000,
    "trading.fee_seller_share": 1_000,
    "trading.large_holder_report": 5_000,
    "governance.trading_four_eyes": 1,
    ("surrender.offset_share", 0): 50_000,
    ("transfer.giver", ParticipantClass.KEY_EMITTER): 1,
    ("transfer.taker", ParticipantClass.KEY_EMITTER): 1,
    ("pledge.allowed", ParticipantClass.KEY_EMITTER): 1,
    "pledge.release": "either",
    "block.allowed": 1,
    "block.minimum": 100,
    "reserve.intake_above": 8_000,
    "reserve.intake_share": 10_000,
    "reserve.release_below": 4_000,
    "reserve.release_quantity": 60,
    "reserve.release_price": 9_900,
    "reserve.release_days": 1,
    "reserve.buy_back_price": 9_100,
    "reserve.buy_back_days": 1,
    "allocation.reserve_share": 20_000,
    ("allocation.paid_share", ParticipantClass.KEY_EMITTER): 30_000,
    "allocation.rounds_per_year": 2,
    "bid.amendable": 1,
    "consignment.withdrawable": 1,
}
STRICT: dict[Key, int | str] = {
    **CONSIGNED,
    "auction.reserve_price": 9_000,
    "auction.margin_rule": "random_order",
    "auction.hidden_reserve_rule": "decline",
    "governance.four_eyes": 1,
    "governance.announcement": 1,
    "governance.monitor": 1,
    "governance.decline": 1,
    "fee.buyer_share": 0,
    "fee.seller_share": 20_000,
}
POSTED: dict[Key, int | str] = {
    **CONSIGNED,
    "auction.reserve_price": 9_000,
    "governance.announcement": 1,
    "bid.guarantee_excess": "trimmed",
    "bid.guarantee_share": 50_000,
    "settlement.default_units": "return_to_sellers",
    "settlement.default_forfeit": 500_000,
    "settlement.default_forfeit_to": "operator",
    "supply.unsold": "next_round",
}


COMMITTED: dict[Key, int | str] = {
    **CONSIGNED,
    "auction.reserve_price": 9_000,
    "auction.sealing": "committed",
    "bid.amendable": 1,
    "bid.guarantee_excess": "trimmed",
    "bid.guarantee_share": 50_000,
    "settlement.default_units": "return_to_sellers",
    "settlement.default_forfeit": 500_000,
}


class Days:
    """The story, and the draws it goes by."""

    def __init__(self, capacity_of: Callable[[], Venue] = Venue) -> None:
        self.venue = capacity_of()
        self.draw = np.random.default_rng(20_260_302)
        self.ids: list[tuple[int, int]] = []

    def at(self, hour: float, day: int = DAY) -> None:
        """It is so late, at the venue, or a little later."""
        self.venue.time_ns = max(self.venue.time_ns + 1, day * DAY_NS + int(hour * HOUR_NS) - ZONE_NS)

    # -- who there is --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        venue = self.venue
        self.at(8)
        assert venue.register("second operator", ParticipantClass.OPERATOR) == SECOND
        assert venue.register("生态环境局", ParticipantClass.GOVERNMENT) == AUTHORITY
        for member in MEMBERS:
            klass = ParticipantClass.KEY_EMITTER if member % 2 else ParticipantClass.INSTITUTION
            venue.register(f"成员{member}", klass)
        for book in (TRADING, STRICT, POSTED, COMMITTED):
            venue.adopt(book)
        assert venue.instrument("SZEA", 1, trading=False) == SZEA
        assert venue.instrument("CCER", 1, trading=False) == CCER
        for member in MEMBERS:
            venue.deposit_cash(member, 10**8)
            venue.deposit_units(member, 1, 3_000 * (member - 3))
        venue.deposit_units(AUTHORITY, 1, 20_000)
        venue.deposit_cash(AUTHORITY, 10**7)
        venue.link(6, 1)
        venue.link(8, 1)
        venue.fact(5, Fact.SHORTFALL, 2025, 700)
        venue.fact(7, Fact.EMISSIONS, 2025, 9_000)

    # -- a trading day -------------------------------------------------------------------------------------------

    def phase(self, phase: Phase, hour: float) -> None:
        self.at(hour)
        self.venue.send(Table.PHASES, [{"instrument": 1, "phase": phase}])

    def orders(self, count: int, begin: float, end: float, middle: int) -> None:
        """A drawn flow, with changes of what stands where the phase allows them."""
        draw, venue = self.draw, self.venue
        for hour in np.sort(draw.uniform(begin, end, count)).tolist():
            self.at(hour)
            member = int(draw.choice(MEMBERS))
            price, lots = middle + int(draw.integers(-60, 61)), int(draw.integers(1, 120))
            if self.ids and draw.random() < 0.25:
                owner, target = self.ids[int(draw.integers(len(self.ids)))]
                command = (OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE)[int(draw.integers(3))]
                venue.change(owner, command, target, price if command == OrderCommand.REPLACE else 0, lots)
                continue
            force = TimeInForce.IOC if draw.random() < 0.05 else TimeInForce.GTC
            order = venue.order(member, (Side.BUY, Side.SELL)[int(draw.integers(2))], price, lots, time_in_force=force)
            self.ids.append((member, order))

    def blocks(self, hour: float) -> None:
        venue = self.venue
        self.at(hour)
        venue.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
        for buyer, seller, answer in ((4, 9, BlockCommand.CONFIRM), (5, 8, BlockCommand.COUNTER)):
            offer = {"instrument": 1, "side": Side.BUY, "counterparty": seller, "price_ticks": 9_480}
            offer |= {"command": BlockCommand.OFFER, "quantity_lots": 500}
            venue.send(Table.BLOCKS, [{**venue.key(buyer), **offer}], actor=buyer)
            named = {"offer_id": venue.bid_id(buyer), "command": answer, "price_ticks": 9_490, "quantity_lots": 400}
            venue.send(Table.BLOCKS, [{**venue.key(seller), **named}], actor=seller)
        last = {"offer_id": venue.bid_id(5), "command": BlockCommand.DECLINE}
        venue.send(Table.BLOCKS, [{**venue.key(5), **last}], actor=5)

    def special_orders(self) -> None:
        """A stop that is set off, an iceberg that shows its next slice, a member's orders all cancelled."""
        venue = self.venue
        last = venue.core.depth(SZEA, 1).last_price_ticks
        common = {"command": OrderCommand.NEW, "instrument": SZEA, "time_in_force": TimeInForce.DAY}
        stop = {
            "side": Side.BUY,
            "order_type": OrderType.STOP_LIMIT,
            "price_ticks": last + 9,
            "stop_price_ticks": last + 1,
        }
        iceberg = {"side": Side.SELL, "order_type": OrderType.LIMIT, "price_ticks": last + 5, "display_lots": 10}
        for member, terms in ((5, {**stop, "quantity_lots": 20}), (9, {**iceberg, "quantity_lots": 60})):
            venue.send(Table.ORDERS, [{**venue.key(member), **common, **terms}], actor=member)
        venue.order(4, Side.BUY, last + 5, 300)
        cancel = {"command": OrderCommand.MASS_CANCEL, "instrument": SZEA}
        venue.send(Table.ORDERS, [{**venue.key(8), **cancel}], actor=8)

    def controls(self) -> None:
        """Two persons resume a member that was stopped, and change a band; a book is proposed and withdrawn."""
        venue = self.venue
        target = {"instrument": ALL_INSTRUMENTS, "participant": 6}
        for action, actor in ((ControlAction.STOP, OPERATOR), (ControlAction.PROPOSE_RESUMPTION, OPERATOR),
                              (ControlAction.APPROVE_RESUMPTION, SECOND)):  # fmt: skip
            venue.worded(Table.MARKET_CONTROLS, "fat fingers", actor, action=action, **target)
        change = {"step": ChangeStep.PROPOSE, "instrument": SZEA, "parameter": BY_KEY["trading.band"], "value": 50_000}
        venue.worded(Table.VENUE_CHANGES, "calm the market", OPERATOR, **change)
        venue.worded(Table.VENUE_CHANGES, "", SECOND, step=ChangeStep.APPROVE, change=1)
        rows = [{"parameter": BY_KEY["trading.tick"], "basis": Basis.OPERATOR, "value": 1, "effective_ns": 2**62}]
        venue.send(Table.BOOK_PROPOSALS, rows, b'{"files": {}, "name": "next"}')
        venue.worded(Table.VENUE_CHANGES, "not yet", OPERATOR, step=ChangeStep.WITHDRAW, change=2)

    def trading(self) -> None:
        self.phase(Phase.OPENING_CALL, 9.25)
        self.orders(50, 9.25, 9.4, 9_500)
        self.phase(Phase.FIRM_CALL, 9.41)
        self.orders(12, 9.41, 9.48, 9_500)
        self.phase(Phase.CONTINUOUS, 9.5)
        self.orders(160, 9.5, 11.45, 9_520)
        self.phase(Phase.HALTED, 11.5)
        self.phase(Phase.CONTINUOUS, 13)
        self.blocks(13.05)
        self.orders(120, 13.1, 14.9, 9_470)
        self.special_orders()
        self.controls()
        self.phase(Phase.CLOSING_CALL, 14.95)
        self.orders(30, 14.95, 14.99, 9_480)
        self.phase(Phase.CLOSED, 15)

    # -- rounds --------------------------------------------------------------------------------------------------

    def plain_round(self) -> None:
        """Consigned, amended, withdrawn; cleared and settled at once."""
        venue = self.venue
        number = venue.round("2026 第一场", 1, day=DAY)
        venue.supply(number, AUTHORITY, 800)
        venue.consign(number, 5, 300)
        venue.consign(number, 7, 200)
        venue.act(number, _A.OPEN)
        venue.amend(number, 7, Change.WITHDRAW_CONSIGNMENT, 3)
        for member in (4, 6, 8, 9):
            venue.bid(number, member, 9_000 + 50 * member, 300)
        venue.amend(number, 4, Change.AMEND_BID, venue.bid_id(4), 9_450, 350)
        venue.amend(number, 9, Change.WITHDRAW_BID, venue.bid_id(9))
        venue.act(number, _A.CLOSE)
        venue.act(number, _A.CLEAR)

    def strict_round(self) -> None:
        """Four eyes, a hidden reserve, a recorded draw, suspended, extended, certified, announced, settled."""
        venue = self.venue
        number = venue.round("2026 第二场", 2, day=DAY)
        venue.set_value(number, "fee.seller_share", 10_000)
        venue.line(number, AUTHORITY, 500, minimum_price_ticks=9_100)
        venue.seal(number, 9_050)
        for action, actor in ((_A.PROPOSE, OPERATOR), (_A.RETURN_TO_DRAFT, AUTHORITY), (_A.PROPOSE, OPERATOR),
                              (_A.APPROVE, SECOND), (_A.PUBLISH, SECOND), (_A.OPEN, OPERATOR)):  # fmt: skip
            venue.step(number, action, actor)
        bids = []
        for member in (4, 6, 9):
            venue.bid(number, member, 9_200, 300)
            bids.append(venue.bid_id(member))
        venue.step(number, _A.SUSPEND)
        venue.step(number, _A.EXTEND, argument=10)
        venue.step(number, _A.RESUME)
        venue.step(number, _A.CLOSE)
        venue.draw(number, [bids[2], bids[0], bids[1]], Drawn.BID)
        venue.reveal(number, 9_050)
        for action, actor in (
            (_A.CLEAR, OPERATOR),
            (_A.CERTIFY, AUTHORITY),
            (_A.ANNOUNCE, SECOND),
            (_A.SETTLE, SECOND),
        ):
            venue.step(number, action, actor)

    def posted_round(self) -> None:
        """Guarantees beforehand, and a winner who cannot pay."""
        venue = self.venue
        number = venue.round("2026 第三场", 3, day=DAY)
        venue.supply(number, AUTHORITY, 9_000)
        venue.act(number, _A.OPEN)
        venue.guarantee(number, 8, 4_000_000)
        venue.guarantee(number, 6, 2_000_000)
        venue.bid(number, 8, 9_300, 8_000)
        venue.bid(number, 6, 9_200, 900)
        venue.act(number, _A.CLOSE)
        venue.act(number, _A.CLEAR)
        venue.act(number, _A.ANNOUNCE)
        self.leave_nothing(8)
        venue.act(number, _A.SETTLE)
        other = venue.round("2026 第四场", 3, day=DAY)
        venue.act(other, _A.CANCEL)

    def leave_nothing(self, member: int) -> None:
        """Somebody spends the most of what it has: a bid in a round that stays open."""
        venue = self.venue
        number = venue.round("2026 第五场", 1, day=DAY)
        venue.supply(number, AUTHORITY, 10)
        venue.act(number, _A.OPEN)
        venue.bid(number, member, 9_500, venue.core.cash(member).available_minor // 9_500)

    def committed_round(self) -> None:
        """Bids as commitments, one replaced, one never revealed."""
        venue = self.venue
        number = venue.round("2026 第六场", 4, day=DAY)
        venue.supply(number, AUTHORITY, 400)
        venue.act(number, _A.OPEN)
        secret = []
        for member, price in ((5, 9_100), (7, 9_300), (9, 9_200)):
            venue.guarantee(number, member, 3_000_000)
            venue.commit(number, member, price, 200)
            secret.append(PlainBid(number, member, venue.bid_id(member), price, 200))
        venue.commit(number, 7, 9_310, 150, replaces=venue.bid_id(7))
        secret[1] = PlainBid(number, 7, venue.bid_id(7), 9_310, 150)
        venue.act(number, _A.CLOSE)
        venue.reveal_bids(secret)
        venue.act(number, _A.CLEAR)

    # -- policy --------------------------------------------------------------------------------------------------

    def unit_steps(self) -> None:
        """The life of units: issued, given, pledged and released, restricted, surrendered, retired."""
        venue = self.venue
        for instrument, unit_type, vintage in ((SZEA, UnitType.ALLOWANCE, 2025), (CCER, UnitType.CCER, 0)):
            row = {"instrument": instrument, "unit_type": unit_type, "vintage": vintage}
            venue.send(Table.UNIT_TYPES, [row])
        for step, actor, instrument, lots, more in (
            (UnitStep.ISSUE, OPERATOR, CCER, 900, {"participant": 7}),
            (UnitStep.TRANSFER, 7, CCER, 100, {"participant": 5}),
            (UnitStep.PLEDGE, 7, SZEA, 500, {"participant": 4}),
            (UnitStep.RELEASE, 4, SZEA, 200, {"target": 1}),
            (UnitStep.RESTRICT, OPERATOR, SZEA, 300, {"participant": 7}),
            (UnitStep.SURRENDER, 7, SZEA, 250, {"year": 2025, "obligation": SZEA}),
            (UnitStep.SURRENDER, 7, CCER, 50, {"year": 2025, "obligation": SZEA}),
            (UnitStep.RETIRE, 9, SZEA, 10, {}),
        ):
            reason = "合成的例子".encode()
            row = {"step": step, "instrument": instrument, "quantity_lots": lots, "text_length": len(reason), **more}
            venue.send(Table.UNIT_STEPS, [{**venue.key(actor), **row}], reason, actor)

    def policy(self) -> None:
        venue = self.venue
        venue.reserve(ReserveStep.FOUND, participant=AUTHORITY, rule_book=1, day=DAY)
        venue.allocation(AllocationStep.PLAN, AUTHORITY, 2026, 40_000, rule_book=1)
        venue.allocation(AllocationStep.ALLOCATE, 5, 2026, 6_000)
        venue.allocation(AllocationStep.ALLOCATE, 7, 2026, 9_000, exempt=1)
        venue.reserve(ReserveStep.ENDOW, participant=9, quantity_lots=50, day=DAY)
        venue.reserve(ReserveStep.REPORT_PRICE, price_ticks=9_950, day=DAY)
        venue.reserve(ReserveStep.DECIDE, SECOND, target=1, quantity_lots=100, day=DAY)
        venue.reserve(ReserveStep.REPORT_PRICE, price_ticks=9_050, day=DAY + 1)
        venue.reserve(ReserveStep.DECIDE, SECOND, target=2, quantity_lots=40, price_ticks=9_000, day=DAY + 1)
        venue.reserve(ReserveStep.SELL_BACK, 9, target=1, quantity_lots=30, day=DAY + 1)
        venue.worded(Table.VOIDS, "an example; nobody approves it", batch_number=10**9, action=VoidAction.PROPOSE)


def tell_whole() -> Venue:
    """Both days; the core has said nothing wrong of itself."""
    days = Days()
    days.begin()
    days.trading()
    days.at(16)
    days.policy()
    days.at(9, DAY + 1)
    days.plain_round()
    days.strict_round()
    days.posted_round()
    days.committed_round()
    days.unit_steps()
    assert days.venue.core.conservation() == []
    return days.venue
