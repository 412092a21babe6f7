"""Modes, blocks and lists of orders as a client meets them, under a rule book that has all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.outcomes import Outcome
from services.client import Client, OrderType, Phase, Refused, Session, Side, TimeInForce
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from tests.services.running import Market

VALUES = {
    "trading.reference_price": '"10.00"',
    "trading.band": '"0.10"',
    "trading.call_rule": '"szse"',
    "trading.reach_levels": "1",
    "trading.any_at_level": "true",
    "trading.maximum": "500",
    "block.allowed": "true",
    "block.band": '"0.30"',
    "block.minimum": "100",
}


def entry(key: str, value: str) -> str:
    """One value of a rule book, as the operator's choice."""
    return (
        f'\n[[{key}]]\nfrom = 2021-01-01\nvalue = {value}\nbasis = "operator"\n'
        'decided_by = "the test"\ndecided_on = 2026-11-24\nwhy = "To see every mode."\n'
    )


@dataclass
class Floor:
    """A venue with one instrument under that book, and a session for each of the two members and the operator."""

    market: Market
    instrument: int
    ops: Session
    alpha: Session
    beta: Session
    reader: Client


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    market = Market(Path(tmp_path_factory.mktemp("modes")) / "journal")
    with market.client() as operator, market.client("alpha") as alpha, market.client("beta") as beta:
        ops = operator.open_session("modes")
        files = dict(operator.rule_book("nz_spot").files)
        files["book.toml"] = files["book.toml"].replace('name = "nz_spot"', 'name = "modes"')
        files["assumptions.toml"] += "".join(entry(key, value) for key, value in VALUES.items())
        instrument = ops.define_instrument("MODES", ops.adopt_own_rule_book("modes", files), tick_minor=1, lot_units=1)
        for member in (market.alpha, market.beta):
            ops.deposit_units(member, instrument, 10**6)
        yield Floor(market, instrument, ops, alpha.open_session("modes"), beta.open_session("modes"), alpha)
    market.running.stop()


def refusal(call: object, *arguments: object, **named: object) -> tuple[Outcome, str, str]:
    """Outcome, parameter and clause of a call that has to be refused."""
    with pytest.raises(Refused) as refused:
        call(*arguments, **named)  # type: ignore[operator]
    (told,) = refused.value.refusals
    return told.outcome, told.parameter, told.clause


def test_a_day_from_the_call_to_the_close(floor: Floor) -> None:
    number, first = floor.instrument, floor.market.running.sequence() + 1
    floor.ops.set_phase(number, Phase.OPENING_CALL)
    buy, _ = floor.alpha.submit_order(number, Side.BUY, 1010, 10)
    floor.beta.submit_order(number, Side.SELL, 990, 4)
    floor.beta.submit_order(number, Side.SELL, 0, 3, order_type=OrderType.MARKET)
    picture = floor.reader.book(number)
    assert picture.phase == market_pb2.PHASE_OPENING_CALL
    assert (picture.indicative.price_ticks, picture.indicative.volume_lots, picture.indicative.surplus_lots) == (
        1010,
        7,
        3,
    )
    assert refusal(floor.alpha.submit_order, number, Side.BUY, 1101, 1)[:2] == (
        Outcome.PRICE_OUTSIDE_BAND,
        "trading.band",
    )
    floor.ops.set_phase(number, Phase.FIRM_CALL)
    assert refusal(floor.alpha.cancel_order, buy)[0] == Outcome.NO_CANCEL_PERIOD
    floor.ops.set_phase(number, Phase.CONTINUOUS)
    own = floor.reader.own_orders(number)
    assert (list(own.order_ids), list(own.remaining_lots), list(own.price_ticks)) == ([buy], [3], [1010])
    last, prices, sides = floor.market.running.sequence(), [], []
    for update in floor.reader.follow_market(first, [number]):
        trades = update.events.kinds == market_pb2.MARKET_EVENT_KIND_TRADE
        prices += update.events.price_ticks[trades].tolist()
        sides += update.events.sides[trades].tolist()
        if update.last_sequence >= last:
            break
    assert (prices, sides) == ([1010, 1010], [0, 0])
    told = []
    for mine in floor.reader.follow_executions(first):
        trades = mine.executions.trades()
        told += list(zip(trades.remaining_lots.tolist(), trades.takers.tolist(), strict=True))
        if mine.last_sequence >= last:
            break
    assert told == [(7, 0), (3, 0)]
    day, _ = floor.alpha.submit_order(number, Side.BUY, 1000, 5, time_in_force=TimeInForce.DAY)
    stop, _ = floor.alpha.submit_order(number, Side.BUY, 0, 5, order_type=OrderType.STOP, stop_price_ticks=1050)
    assert list(floor.reader.own_orders(number).order_ids) == [buy, day, stop]
    floor.ops.set_phase(number, Phase.CLOSED)
    assert list(floor.reader.own_orders().order_ids) == [buy, stop]
    assert refusal(floor.alpha.replace_order, buy, 1000, 1)[0] == Outcome.INSTRUMENT_NOT_TRADING
    floor.alpha.mass_cancel(instrument=number)


def test_a_change_that_is_refused_names_the_clause_of_its_order(floor: Floor) -> None:
    floor.ops.set_phase(floor.instrument, Phase.CONTINUOUS)
    order, _ = floor.alpha.submit_order(floor.instrument, Side.BUY, 1000, 5)
    outcome, parameter, clause = refusal(floor.alpha.replace_order, order, 1000, 501)
    assert (outcome, parameter) == (Outcome.QUANTITY_ABOVE_MAXIMUM, "trading.maximum")
    assert "trading.maximum = 500 t" in clause
    floor.alpha.cancel_order(order)


def test_listings_are_picked(floor: Floor) -> None:
    number = floor.instrument
    floor.ops.set_phase(number, Phase.PICK_LIST)
    first, _ = floor.beta.submit_order(number, Side.SELL, 995, 10)
    second, _ = floor.beta.submit_order(number, Side.SELL, 996, 10)
    offered = floor.reader.orders_of(number)
    assert (list(offered.order_ids), list(offered.price_ticks)) == ([first, second], [995, 996])
    assert refusal(floor.alpha.take_listing, second, 1)[:2] == (Outcome.LISTING_OUT_OF_REACH, "trading.reach_levels")
    own, told = floor.alpha.take_listing(first, 4)
    assert own != first
    assert told.kinds.tolist() == [orders_pb2.EXECUTION_KIND_ACCEPTED, orders_pb2.EXECUTION_KIND_TRADE]
    assert (told.price_ticks.tolist(), told.quantity_lots.tolist()) == ([995, 995], [4, 4])
    assert list(floor.reader.orders_of(number).quantity_lots) == [6, 10]
    floor.alpha.submit_order(number, Side.BUY, 1000, 1)
    assert refusal(floor.ops.set_phase, number, Phase.CONTINUOUS)[0] == Outcome.ORDERS_STILL_CROSS
    floor.alpha.mass_cancel(instrument=number)
    floor.beta.mass_cancel(instrument=number)
    floor.ops.set_phase(number, Phase.CONTINUOUS)


def test_a_block_is_negotiated(floor: Floor) -> None:
    number, market = floor.instrument, floor.market
    floor.ops.set_phase(number, Phase.CONTINUOUS)
    assert refusal(floor.alpha.offer_block, number, Side.SELL, 1200, 300)[0] == Outcome.BLOCKS_NOT_OPEN
    assert refusal(floor.alpha.switch_blocks, number, open_now=True)[0] == Outcome.NOT_PERMITTED_FOR_CLASS
    floor.ops.switch_blocks(number, open_now=True)
    outcome, parameter, clause = refusal(floor.alpha.offer_block, number, Side.SELL, 1200, 99)
    assert (outcome, parameter) == (Outcome.QUANTITY_BELOW_MINIMUM, "block.minimum")
    assert "block.minimum = 100 t" in clause
    before = {h.instrument: h for h in floor.reader.holdings()}[number].available_lots
    offer = floor.alpha.offer_block(number, Side.SELL, 1200, 300, counterparty=market.beta)
    assert {h.instrument: h for h in floor.reader.holdings()}[number].available_lots == before - 300
    floor.beta.counter_block(offer, 1150, 200)
    (waiting,) = floor.reader.blocks(number)
    assert (waiting.offer_id, waiting.proposer, waiting.asked, waiting.price_ticks) == (
        offer,
        market.beta,
        market.alpha,
        1150,
    )
    last = floor.reader.book(number).last_price_ticks
    floor.alpha.confirm_block(offer)
    assert floor.reader.blocks() == []
    assert {h.instrument: h for h in floor.reader.holdings()}[number].available_lots == before - 200
    assert floor.reader.book(number).last_price_ticks == last
    ended = floor.alpha.offer_block(number, Side.BUY, 1100, 100)
    floor.alpha.withdraw_block(ended)
    declined = floor.alpha.offer_block(number, Side.BUY, 1100, 100, counterparty=market.beta)
    floor.beta.decline_block(declined)
    assert refusal(floor.beta.confirm_block, declined)[0] == Outcome.ORDER_UNKNOWN
    assert floor.market.running.ask(lambda server: server.core.conservation()) == []
