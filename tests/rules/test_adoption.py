"""Shipped books in the core: what they compile to opens rounds, refuses what it should, and clears the example."""

from __future__ import annotations

from datetime import date

import pytest

from engine.commands import ParticipantClass, RoundAction, Table
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rules.compile import book_sha256, book_text, compiled_rows
from engine.rules.model import Chapter
from services.offline.bid_files import read_bids, read_lots
from services.offline.round_files import RoundFile, read_round
from services.rule_books.cases import read_case, run_cases
from services.rule_books.files import find_book, load_book, shipped_names
from tests.conftest import ROOT
from tests.core.venue import OPERATOR, Venue, outcomes

AUCTIONS = [name for name in shipped_names() if Chapter.AUCTION in load_book(name).covers]


def example(name: str) -> RoundFile:
    """A round under a book: the first of its worked cases, with what it sets for what the book leaves open."""
    book = find_book(name)
    return read_case(book, min(book.cases)).setup


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def adopt(venue: Venue, name: str) -> int:
    """Adopt a shipped book as the edge does; its number."""
    book = load_book(name)
    rows = compiled_rows(book)
    rows["actor"] = OPERATOR
    columns = rows.dtype.names
    as_given = [{column: int(row[column]) for column in columns} for row in rows]
    applied = venue.send(Table.RULE_BOOKS, as_given, book_text(book.name, book.files))
    assert set(outcomes(applied)) == {Outcome.ACCEPTED}
    return int(applied.references[0])


def drafted(name: str, on: int, lots: int = 1_000) -> Venue:
    """A venue with one round drafted under a book, government units on offer."""
    venue = Venue()
    book = adopt(venue, name)
    venue.instrument("UNIT", book, trading=False)
    seller = venue.register("government", ParticipantClass.GOVERNMENT)
    venue.deposit_units(seller, 1, lots)
    venue.round("round", book, day=on)
    assert outcomes(venue.supply(1, seller, lots, rank=2)) == [Outcome.ACCEPTED]
    return venue


def set_values(venue: Venue, setup: RoundFile) -> None:
    for value in setup.values:
        row = {"round_number": 1, "parameter": value.parameter, "participant_class": value.participant_class}
        assert outcomes(venue.send(Table.ROUND_VALUES, [{**row, "value": value.value}])) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("name", AUCTIONS)
def test_every_auction_book_has_a_worked_case_that_comes_out(name: str) -> None:
    book = find_book(name)
    verdicts = list(run_cases(book))
    assert verdicts
    assert [difference for verdict in verdicts for difference in verdict.differences] == []


@pytest.mark.parametrize("name", AUCTIONS)
def test_an_adopted_book_is_there_with_its_name_and_hash(name: str) -> None:
    venue = Venue()
    adopt(venue, name)
    book = load_book(name)
    (view,) = venue.core.rule_books()
    assert (view.name, view.sha256) == (name, book_sha256(book_text(name, book.files)))


@pytest.mark.parametrize("name", AUCTIONS)
def test_a_round_opens_once_the_operator_has_set_what_the_book_does_not_know(name: str) -> None:
    setup, book = example(name), load_book(name)
    venue = drafted(name, setup.day)
    entries = [book.entry_at(value.parameter, value.participant_class, setup.day) for value in setup.values]
    if any(entry is not None and entry.value is None for entry in entries):
        assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.PARAMETER_WITHOUT_VALUE]
    set_values(venue, setup)
    if setup.inputs.hidden_reserve is not None:
        assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.HIDDEN_RESERVE_MISSING]
        venue.seal(1, *setup.inputs.hidden_reserve)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("name", [name for name in AUCTIONS if load_book(name).last_confirmed is not None])
def test_a_round_after_the_last_confirmed_day_is_refused(name: str) -> None:
    venue = drafted(name, load_book(name).last_confirmed + 1)
    applied = venue.act(1, RoundAction.OPEN)
    assert outcomes(applied) == [Outcome.DATE_AFTER_LAST_CONFIRMED]
    assert int(applied.parameters[0]) == Parameter.BOOK_LAST_CONFIRMED


@pytest.mark.parametrize("name", AUCTIONS)
def test_a_round_before_the_book_begins_is_refused(name: str) -> None:
    first = min(entry.from_day for entry in load_book(name).entries)
    venue = drafted(name, first - 1)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.PARAMETER_WITHOUT_VALUE]


def test_the_same_bid_on_both_sides_of_an_effective_date() -> None:
    """Hubei 2020: institutions may bid from the second batch on, and then at most 100,000 t."""
    for on, lots, expected in (
        ("2020-12-10", 100_000, Outcome.CLASS_NOT_ELIGIBLE),
        ("2020-12-11", 100_000, Outcome.ACCEPTED),
        ("2020-12-11", 100_001, Outcome.BID_CAP_EXCEEDED),
    ):
        venue = drafted("hubei_2020", day(on), lots=1_000_000)
        set_values(venue, example("hubei_2020"))
        venue.act(1, RoundAction.OPEN)
        bidder = venue.register("fund", ParticipantClass.INSTITUTION)
        venue.deposit_cash(bidder, 10**12)
        assert outcomes(venue.bid(1, bidder, 3_000, lots)) == [expected]


def test_the_caps_of_shenzhen_2022_in_tonnes() -> None:
    """Half and 30 % of 580,764 t: 290,382 and, rounded down, 174,229."""
    for klass, most in ((ParticipantClass.KEY_EMITTER, 290_382), (ParticipantClass.INSTITUTION, 174_229)):
        venue = drafted("shenzhen_2022", day("2022-08-12"), lots=580_764)
        venue.act(1, RoundAction.OPEN)
        bidder = venue.register("bidder", klass)
        venue.deposit_cash(bidder, 10**12)
        assert outcomes(venue.bid(1, bidder, 5_000, most + 1)) == [Outcome.BID_CAP_EXCEEDED]
        assert outcomes(venue.bid(1, bidder, 5_000, most)) == [Outcome.ACCEPTED]
        assert outcomes(venue.bid(1, bidder, 5_000, 1)) == [Outcome.BID_CAP_EXCEEDED]


def test_the_example_clears_to_the_figures_of_its_page() -> None:
    folder = ROOT / "docs/examples"
    wanted = read_round("round.toml", (folder / "round.toml").read_bytes())
    bids = read_bids("bids.csv", (folder / "bids.csv").read_bytes(), wanted.tick_minor, wanted.lot_units)
    lots = read_lots("lots.csv", (folder / "lots.csv").read_bytes(), wanted.tick_minor, wanted.lot_units)
    venue = Venue()
    book = adopt(venue, wanted.rule_book)
    venue.instrument(wanted.instrument, book, trading=False)
    (line,) = wanted.supply
    who = {line.seller: venue.register(line.seller, ParticipantClass.GOVERNMENT)}
    venue.deposit_units(who[line.seller], 1, line.quantity_lots)
    venue.round(wanted.name, book, day=wanted.day)
    set_values(venue, wanted)
    venue.supply(1, who[line.seller], line.quantity_lots, line.kind, line.group, line.rank)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.ACCEPTED]
    for lot in lots:
        who[lot.consignor] = venue.register(lot.consignor, lot.participant_class)
        venue.deposit_units(who[lot.consignor], 1, lot.holding_lots)
        consigned = venue.consign(1, who[lot.consignor], lot.quantity_lots, lot.minimum_price_ticks, lot.group)
        assert outcomes(consigned) == [Outcome.ACCEPTED]
    for bid in bids:
        if bid.bidder not in who:
            who[bid.bidder] = venue.register(bid.bidder, bid.participant_class)
            venue.deposit_cash(who[bid.bidder], 10**11)
        assert outcomes(venue.bid(1, who[bid.bidder], bid.price_ticks, bid.quantity_lots)) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.CLOSE)) == [Outcome.ACCEPTED]
    assert outcomes(venue.act(1, RoundAction.CLEAR)) == [Outcome.ACCEPTED]
    result = venue.core.round_result(1)
    assert result is not None
    assert (result.price_ticks, result.sold_lots, result.proceeds_minor) == (5_000, 50_000, 250_000_000)
    names = {number: name for name, number in who.items()}
    assert [(names[award.bidder], award.awarded_lots) for award in result.awards] == [
        ("Steel C", 15_000),
        ("Bank D", 10_000),
        ("Glass E", 12_000),
        ("Steel C", 5_000),
        ("Bank D", 2_667),
        ("Paper F", 5_333),
        ("Paper F", 0),
    ]
    assert {names[line.seller]: (line.sold_lots, line.proceeds_minor) for line in result.supply} == {
        "Power A": (12_000, 60_000_000),
        "Cement B": (8_000, 40_000_000),
        "Shenzhen Ecology and Environment Bureau": (30_000, 150_000_000),
    }
