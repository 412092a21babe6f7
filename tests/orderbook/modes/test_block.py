"""Negotiated blocks: a negotiation worked by hand, the reasons in their order, and the slow twin, event by event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import BlockCommand, Side, Table, rows_of
from engine.events import BlockEnd, EventKind
from engine.orderbook.modes.block import BlockBook, BlockTerms
from engine.orderbook.modes.block.reference import SlowBlocks, SlowEvent, SlowGuard, SlowRow
from engine.outcomes import Outcome
from tests.conftest import Seen

NAMES = {command.name: int(command) for command in BlockCommand if command < BlockCommand.START}
NATIONAL = BlockTerms(minimum_lots=100_000, band_low_ticks=3360, band_high_ticks=6240)
BUY, SELL = int(Side.BUY), int(Side.SELL)


def columns(rows: list[SlowRow]) -> np.ndarray:
    table = rows_of(Table.BLOCKS, len(rows))
    for at, row in enumerate(rows):
        record = table[at]
        record.command = NAMES.get(row.command, 99)
        record.side, record.instrument, record.actor = row.side, row.instrument, row.actor
        record.counterparty = row.counterparty
        record["request_id" if row.command == "OFFER" else "offer_id"] = row.offer
        record.price_ticks, record.quantity_lots, record.expire_ns = row.price, row.quantity, row.expire
    return table


def kind_of(event: np.void) -> str:
    """What happened, in one word; of an offer that ended without a trade why."""
    kind = EventKind(int(event.kind))
    return BlockEnd(int(event.reference)).name if kind is EventKind.BLOCK_ENDED else kind.name.removeprefix("BLOCK_")


def plain(events: np.ndarray) -> list[SlowEvent]:
    return [
        (
            kind_of(e), Outcome(int(e.outcome)).name, int(e.row), int(e.participant),
            int(e.counterparty), int(e.side), int(e.order_id), int(e.price_ticks), int(e.quantity_lots),
        )
        for e in events
    ]  # fmt: skip


def apply(book: BlockBook, *rows: SlowRow, now: int = 1) -> list[SlowEvent]:
    return plain(book.apply(columns(list(rows)), now))


OFFER = SlowRow("OFFER", 7, 1, SELL, 0, 8, 4800, 150_000)


def test_offer_counter_confirm() -> None:
    """7 offers 150,000 at 48.00 to 8; 8 counters 120,000 at 47.00, 7 counters 47.50, 8 confirms: 8 buys from 7."""
    events = apply(
        BlockBook([NATIONAL]),
        OFFER,
        SlowRow("COUNTER", 8, 1, price=4700, quantity=120_000),
        SlowRow("COUNTER", 7, 1, price=4750, quantity=120_000),
        SlowRow("CONFIRM", 8, 1),
        SlowRow("CONFIRM", 8, 1),
    )
    assert events == [
        ("OFFERED", "ACCEPTED", 0, 7, 8, SELL, 1, 4800, 150_000),
        ("COUNTERED", "ACCEPTED", 1, 8, 7, BUY, 1, 4700, 120_000),
        ("COUNTERED", "ACCEPTED", 2, 7, 8, SELL, 1, 4750, 120_000),
        ("TRADED", "ACCEPTED", 3, 8, 7, BUY, 1, 4750, 120_000),
        ("REFUSED", "ORDER_UNKNOWN", 4, 8, 0, 0, 1, 0, 0),
    ]


def test_an_offer_to_everybody_goes_to_the_first() -> None:
    book = BlockBook([NATIONAL])
    events = apply(
        book,
        replace(OFFER, counterparty=0),
        SlowRow("CONFIRM", 7, 1),
        SlowRow("CONFIRM", 9, 1),
        SlowRow("CONFIRM", 8, 1),
    )
    assert [event[:4] for event in events] == [
        ("OFFERED", "ACCEPTED", 0, 7),
        ("REFUSED", "ORDER_NOT_OF_PARTICIPANT", 1, 7),
        ("TRADED", "ACCEPTED", 2, 9),
        ("REFUSED", "ORDER_UNKNOWN", 3, 8),
    ]
    assert len(book.waiting()) == 0


def test_reasons_in_their_order() -> None:
    """The first row is wrong in every way; each mends one thing and meets the next reason; the last is accepted."""
    book = BlockBook([NATIONAL])
    book.set_terms(0, replace(NATIONAL, open_now=False))
    row = SlowRow("BARTER", 7, 1, 0, 9, 7, 0, 0, 5)
    steps = [
        ("UNKNOWN_COMMAND", {}),
        ("UNKNOWN_COMMAND", {"command": "OFFER"}),
        ("PRICE_OUT_OF_BOUNDS", {"side": SELL}),
        ("QUANTITY_OUT_OF_BOUNDS", {"price": 9000}),
        ("INSTRUMENT_UNKNOWN", {"quantity": 99_999}),
        ("BLOCKS_NOT_OPEN", {"instrument": 0}),
        ("ORDER_TERMS_CONTRADICTORY", None),
        ("EXPIRY_NOT_IN_FUTURE", {"counterparty": 8}),
        ("QUANTITY_BELOW_MINIMUM", {"expire": 6}),
        ("PRICE_OUTSIDE_BAND", {"quantity": 100_000}),
        ("ACCEPTED", {"price": 6240}),
        ("ORDER_ALREADY_LIVE", {}),
    ]
    for expected, change in steps:
        if change is None:
            book.set_terms(0, NATIONAL)
        row = replace(row, **(change or {}))
        before = book.waiting().tobytes()
        (event,) = apply(book, row, now=5)
        assert event[1] == expected
        assert (book.waiting().tobytes() == before) == (expected != "ACCEPTED")


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (SlowRow("CONFIRM", 9, 1), "ORDER_NOT_OF_PARTICIPANT"),
        (SlowRow("DECLINE", 7, 1), "ORDER_NOT_OF_PARTICIPANT"),
        (SlowRow("WITHDRAW", 8, 1), "ORDER_NOT_OF_PARTICIPANT"),
        (SlowRow("COUNTER", 8, 1, price=3359, quantity=100_000), "PRICE_OUTSIDE_BAND"),
        (SlowRow("COUNTER", 8, 1, price=3360, quantity=99_999), "QUANTITY_BELOW_MINIMUM"),
        (SlowRow("COUNTER", 8, 1, price=0, quantity=1), "PRICE_OUT_OF_BOUNDS"),
        (SlowRow("CONFIRM", 8, 2), "ORDER_UNKNOWN"),
        (SlowRow("CONFIRM", 8, 0), "UNKNOWN_COMMAND"),
    ],
)
def test_a_refused_answer_changes_nothing(row: SlowRow, outcome: str) -> None:
    book = BlockBook([NATIONAL])
    apply(book, OFFER)
    before = book.waiting().tobytes()
    assert apply(book, row)[0][1] == outcome
    assert book.waiting().tobytes() == before


def test_a_closed_instrument_lets_offers_end_but_not_trade() -> None:
    book = BlockBook([NATIONAL])
    apply(book, OFFER, replace(OFFER, offer=2))
    book.set_terms(0, replace(NATIONAL, open_now=False))
    events = apply(book, SlowRow("CONFIRM", 8, 1), SlowRow("DECLINE", 8, 1), SlowRow("WITHDRAW", 7, 2))
    assert [event[1] for event in events] == ["BLOCKS_NOT_OPEN", "ACCEPTED", "ACCEPTED"]


def test_offers_expire_at_their_time_oldest_first() -> None:
    book = BlockBook([NATIONAL])
    apply(
        book, *(replace(OFFER, offer=number, expire=expire) for number, expire in ((1, 30), (2, 20), (3, 31), (4, 0)))
    )
    assert [(event[0], event[6]) for event in apply(book, SlowRow("CONFIRM", 8, 1), now=30)] == [
        ("EXPIRED", 1),
        ("EXPIRED", 2),
        ("REFUSED", 1),
    ]
    assert book.waiting()["offer_id"].tolist() == [3, 4]


def test_a_full_pool_is_a_refusal() -> None:
    book = BlockBook([BlockTerms()])
    rows = [replace(OFFER, offer=number) for number in range(1, 1_026)]
    events = apply(book, *rows)
    assert [event[1] for event in events[-2:]] == ["ACCEPTED", "BLOCK_OFFERS_FULL"]
    assert apply(book, SlowRow("WITHDRAW", 7, 500), rows[-1])[1][1] == "ACCEPTED"


ROWS = st.builds(
    SlowRow,
    command=st.sampled_from([*NAMES, "BARTER"]),
    actor=st.integers(1, 4),
    offer=st.integers(0, 5),
    side=st.sampled_from([BUY, SELL, SELL, 0, 3]),
    instrument=st.sampled_from([0, 0, 1, 1, 2]),
    counterparty=st.integers(0, 4),
    price=st.sampled_from([0, 9, 10, 15, 20, 21, 2**30, 2**30 + 1]),
    quantity=st.sampled_from([0, 4, 5, 9, 2**32 - 1, 2**32]),
    expire=st.sampled_from([0, 0, 3, 6, 9]),
)
GUARDS = st.builds(
    SlowGuard,
    minimum=st.sampled_from([0, 5]),
    low=st.sampled_from([0, 10]),
    high=st.sampled_from([0, 20]),
    is_open=st.sampled_from([True, True, True, False]),
)


@given(guards=st.tuples(GUARDS, GUARDS), batches=st.lists(st.lists(ROWS, max_size=25), max_size=4))
def test_twin(guards: tuple[SlowGuard, SlowGuard], batches: list[list[SlowRow]]) -> None:
    book = BlockBook([BlockTerms(g.minimum, g.low, g.high, g.is_open) for g in guards])
    slow = SlowBlocks(list(guards))
    for at, rows in enumerate(batches):
        assert apply(book, *rows, now=3 * at) == slow.apply(rows, 3 * at)
        assert book.waiting()["offer_id"].tolist() == list(slow.offers)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_long_seeded_run(seed: int, seen: Seen) -> None:
    random = np.random.default_rng(seed)
    book, slow = BlockBook([BlockTerms(5, 10, 200)] * 2), SlowBlocks([SlowGuard(5, 10, 200)] * 2)
    commands = [*NAMES]
    for now in range(200):
        rows = [
            SlowRow(
                commands[min(int(random.integers(0, 7)), 4)], *(int(random.integers(1, n)) for n in (5, 400)),
                int(random.integers(1, 3)), int(random.integers(0, 3)), int(random.integers(0, 5)),
                int(random.integers(8, 205)), int(random.integers(3, 50)), int(random.choice([0, now + 5])),
            )
            for _ in range(60)
        ]  # fmt: skip
        assert apply(book, *rows, now=now) == slow.apply(rows, now), f"seed {seed}"
    seen("commands of blocks like the slow twin", 200 * 60)


def test_wrong_batches_are_refused_whole() -> None:
    book = BlockBook([NATIONAL])
    with pytest.raises(ValueError, match="rows of BLOCKS are needed"):
        book.apply(np.zeros(3), 1)
    apply(book, now=5)
    with pytest.raises(ValueError, match="time 4 goes back: the last batch was at 5"):
        apply(book, now=4)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"minimum_lots": -1}, "minimum of -1 lots"),
        ({"band_low_ticks": 10, "band_high_ticks": 9}, "band from 10 to 9 ticks"),
        ({"band_high_ticks": 2**30 + 1}, "band from 0 to 1073741825 ticks"),
    ],
)
def test_terms_that_contradict_themselves(terms: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        BlockTerms(**terms)
