"""Market data: pictures tied to a sequence, streams without gaps, resumption, and readers that do not read."""

from __future__ import annotations

from pathlib import Path

import grpc
import numpy as np
import pytest

from services.client import BookMirror, CallFailed, Client, GapFound, MarketUpdate, OrderCommand, Orders, Phase, Side
from services.client.records import MarketEvents
from services.identity import METADATA_KEY
from services.sequencer import Limits
from services.wire.jingjia.market.v1 import market_pb2, market_pb2_grpc
from tests.services.running import Market
from tests.services.test_bad_input import failure


def flow(market: Market, client: Client, seed: int, batches: int, rows: int = 8) -> None:
    """A seeded flow of buys, sells and cancels around a price, through `client`'s session."""
    rng = np.random.default_rng(seed)
    session = client.open_session(f"flow {seed}")
    live: list[int] = []
    for _ in range(batches):
        cancels = [live.pop(int(rng.integers(len(live)))) for _ in range(min(2, len(live)))]
        news = rows - len(cancels)
        answer = session.submit_orders(
            Orders(
                instruments=market.instrument,
                commands=[OrderCommand.CANCEL] * len(cancels) + [OrderCommand.NEW] * news,
                order_types=[0] * len(cancels) + [1] * news,
                times_in_force=[0] * len(cancels) + [1] * news,
                order_ids=cancels + [0] * news,
                sides=[0] * len(cancels) + rng.integers(1, 3, news).tolist(),
                price_ticks=[0] * len(cancels) + rng.integers(95, 106, news).tolist(),
                quantity_lots=[0] * len(cancels) + rng.integers(1, 20, news).tolist(),
            )
        )
        live += answer.order_ids[len(cancels) :].tolist()


def levels(book: market_pb2.Levels) -> list[tuple[int, int, int]]:
    return list(zip(book.price_ticks, book.quantity_lots, book.orders, strict=True))


def assert_same(mirror: BookMirror, picture: market_pb2.GetBookResponse) -> None:
    assert mirror.sequence == picture.sequence
    assert mirror.bids() == levels(picture.bids)
    assert mirror.asks() == levels(picture.asks)


def test_a_mirror_kept_by_the_stream_is_the_book(market: Market) -> None:
    """Also over a broken stream: it is closed at random and taken up again behind the last stretch that was seen."""
    with market.client("alpha") as alpha, market.client("beta") as beta, market.client() as watcher:
        flow(market, alpha, 1, 10)
        mirror = BookMirror(watcher.book(market.instrument))
        rng = np.random.default_rng(5)
        trades = 0
        for seed, trader in ((2, beta), (3, alpha), (4, beta)):
            flow(market, trader, seed, 25)
            picture = watcher.book(market.instrument)
            while mirror.sequence < picture.sequence:
                for update in watcher.follow_market(mirror.sequence + 1):
                    mirror.apply(update)
                    trades += int((update.events.kinds == market_pb2.MARKET_EVENT_KIND_TRADE).sum())
                    if mirror.sequence >= picture.sequence or rng.random() < 0.1:
                        break
            assert_same(mirror, picture)
        assert trades > 50
        assert len(mirror.bids()) + len(mirror.asks()) > 5


def test_stretches_follow_each_other_without_gaps(market: Market) -> None:
    with market.client("alpha") as alpha, market.client() as watcher:
        start = market.running.sequence() + 1
        flow(market, alpha, 11, 40)
        end = market.running.sequence()
        place = start
        rows = 0
        for update in watcher.follow_market(start, [market.instrument]):
            assert update.first_sequence == place
            assert update.last_sequence >= update.first_sequence
            inside = (update.events.sequences >= update.first_sequence) & (
                update.events.sequences <= update.last_sequence
            )
            assert inside.all()
            assert (np.diff(update.events.sequences) >= 0).all()
            place = update.last_sequence + 1
            rows += len(update.events)
            if place > end:
                break
        assert rows > 100


def test_nobody_is_named_in_public(market: Market) -> None:
    fields = {field.name for field in market_pb2.MarketEvents.DESCRIPTOR.fields}
    assert fields == {"sequences", "kinds", "instruments", "sides", "price_ticks", "quantity_lots", "references"}
    with market.client("alpha") as alpha, market.client() as watcher:
        start = market.running.sequence() + 1
        alpha.open_session("named").submit_order(market.instrument, Side.BUY, 50, 777)
        update = next(iter(watcher.follow_market(start)))
        (row,) = np.flatnonzero(update.events.quantity_lots == 777)
        assert update.events.kinds[row] == market_pb2.MARKET_EVENT_KIND_LEVEL
        assert update.events.references[row] == 1, "how many orders are there"


def test_phases_are_told(market: Market) -> None:
    with market.client() as client:
        session = client.open_session("phases")
        other = session.define_instrument("OTHER", market.book, tick_minor=1, lot_units=1)
        start = market.running.sequence() + 1
        session.set_phase(other, Phase.CONTINUOUS)
        session.set_phase(other, Phase.CLOSED)
        seen: list[tuple[int, int]] = []
        for update in client.follow_market(start, [other]):
            seen += zip(update.events.kinds.tolist(), update.events.references.tolist(), strict=True)
            if len(seen) == 2:
                break
        kind = market_pb2.MARKET_EVENT_KIND_PHASE
        assert seen == [(kind, market_pb2.PHASE_CONTINUOUS), (kind, market_pb2.PHASE_CLOSED)]
        told = client.phases()
        assert told.sequence == market.running.sequence()
        assert {p.instrument: p.phase for p in told.phases} == {
            market.instrument: market_pb2.PHASE_CONTINUOUS,
            other: market_pb2.PHASE_CLOSED,
        }
        assert client.book(other).phase == market_pb2.PHASE_CLOSED
        assert not client.book(other).HasField("last_price_ticks")


def test_a_picture_may_be_cut_to_the_best_levels(market: Market) -> None:
    with market.client("alpha") as client:
        session = client.open_session("levels")
        session.submit_orders(Orders(market.instrument, Side.BUY, [11, 12, 13], 1))
        assert len(client.book(market.instrument, levels=2).bids.price_ticks) == 2


def test_a_quiet_reader_is_told_the_place(market: Market) -> None:
    """What happens is nothing to beta, but its place moves on, so that it need not read it all again later."""
    with market.client("alpha") as alpha, market.client("beta") as beta:
        start = market.running.sequence() + 1
        alpha.open_session("noise").submit_order(market.instrument, Side.BUY, 40, 1)
        update = next(iter(beta.follow_executions(start)))
        assert update.first_sequence == start
        assert update.last_sequence == market.running.sequence()
        assert len(update.executions) == 0


def test_events_no_longer_kept_are_out_of_range(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal", limits=Limits(feed_events=64))
    try:
        with market.client("alpha") as client:
            flow(market, client, 21, 20)
            with pytest.raises(CallFailed) as caught:
                next(iter(client.follow_market(1)))
            first = int(caught.value.metadata["first_available"])
            assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.OUT_OF_RANGE, "NO_LONGER_KEPT")
            assert 1 < first <= market.running.sequence()
            assert str(first) in caught.value.text
            assert next(iter(client.follow_market(first))).first_sequence == first
            with pytest.raises(CallFailed) as caught:
                next(iter(client.follow_market(market.running.sequence() + 2)))
            assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    finally:
        market.running.stop()


def test_a_reader_that_does_not_read_is_cut_with_a_code_and_hurts_nobody(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal", write_timeout_s=0.5)
    try:
        with market.client("alpha") as client, grpc.insecure_channel(market.running.address) as channel:
            stub = market_pb2_grpc.MarketDataServiceStub(channel)
            request = market_pb2.SubscribeRequest(from_sequence=1)
            metadata = ((METADATA_KEY, "beta"),)
            stalled = stub.Subscribe(request, metadata=metadata, timeout=120)
            assert next(stalled).first_sequence == 1
            session = client.open_session("storm")
            calls = market.running.server.metrics.calls.labels(
                "/jingjia.market.v1.MarketDataService/Subscribe", "RESOURCE_EXHAUSTED"
            )
            for _ in range(400):
                answer = session.submit_orders(Orders(market.instrument, Side.BUY, 50 + np.arange(1000) % 50, 1))
                assert answer.accepted.all()
                session.mass_cancel()
                if calls._value.get():
                    break
            assert calls._value.get() == 1, "the reader was not cut"
            assert client.cash().held_minor == 0, "order entry went on"
            taken = [1]

            def read_to_the_end() -> None:
                for message in stalled:
                    assert message.first_sequence > taken[-1]
                    taken.append(message.last_sequence)

            code, text, _, info = failure(read_to_the_end)
            last = taken[-1]
            assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SUBSCRIBER_TOO_SLOW")
            assert int(info.metadata["first_sequence"]) <= last + 1, text
            again = stub.Subscribe(market_pb2.SubscribeRequest(from_sequence=last + 1), metadata=metadata, timeout=60)
            assert next(again).first_sequence == last + 1
            again.cancel()
    finally:
        market.running.stop()


def test_many_open_streams_do_not_hold_health_up(market: Market) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(market.running.address) as channel, market.client("alpha") as alpha:
        stub = market_pb2_grpc.MarketDataServiceStub(channel)
        session = alpha.open_session("many")
        request = market_pb2.SubscribeRequest(from_sequence=market.running.sequence() + 1)
        beta = ((METADATA_KEY, "beta"),)
        streams = [stub.Subscribe(request, metadata=beta, timeout=60) for _ in range(200)]
        for _ in range(5):
            session.submit_order(market.instrument, Side.BUY, 30, 1)
        health = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=2)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert all(len(next(stream).events.kinds) for stream in streams)
        for stream in streams:
            stream.cancel()


def test_a_mirror_refuses_a_gap() -> None:
    mirror = BookMirror(market_pb2.GetBookResponse(instrument=1, sequence=10))
    empty = MarketEvents(*(np.zeros(0, np.int64) for _ in range(7)))
    mirror.apply(MarketUpdate(8, 12, empty))
    assert mirror.sequence == 12
    with pytest.raises(GapFound):
        mirror.apply(MarketUpdate(14, 15, empty))
