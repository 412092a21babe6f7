"""What the shipped books say, against figures written here by hand from the sources they name."""

from __future__ import annotations

from datetime import date

import pytest

from engine.parameters import DEFINITIONS, Basis
from engine.rules.explain import explain
from engine.rules.model import CLASS_WORDS, Book
from engine.rules.values import format_value, parse_value
from services.rule_files import load_book, shipped_names

FIGURES = """
book                  day         class        parameter                       value               basis
shenzhen_2022         2022-08-12  all          auction.price_rule              pay_as_bid          stated
shenzhen_2022         2022-08-12  all          auction.margin_rule             time_priority       stated
shenzhen_2022         2022-08-12  all          auction.reserve_price           29.64               stated
shenzhen_2022         2022-08-12  all          auction.supply_max              600000              stated
shenzhen_2022         2022-08-12  key_emitter  bid.cap_share                   0.5                 stated
shenzhen_2022         2022-08-12  institution  bid.cap_share                   0.3                 stated
shenzhen_2022         2022-08-12  individual   auction.eligible                false               assumed
shenzhen_2022         2022-08-12  all          settlement.units_days           -                   unknown
shenzhen_2014         2014-06-06  all          auction.price_rule              uniform             assumed
shenzhen_2014         2014-06-06  all          auction.margin_rule             pro_rata_largest_remainder  assumed
shenzhen_2014         2014-06-06  all          auction.reserve_price           35.43               stated
shenzhen_2014         2014-06-06  all          auction.reserve_comparator      at_or_above         assumed
shenzhen_2014         2014-06-06  all          auction.undersubscription_rule  lowest_valid_bid    stated
shenzhen_2014         2014-06-06  all          auction.opens                   09:30               stated
shenzhen_2014         2014-06-06  all          bid.count_max                   3                   stated
shenzhen_2014         2014-06-06  all          bid.amendable                   false               stated
shenzhen_2014         2014-06-06  key_emitter  bid.cap_shortfall_share         0.15                assumed
shenzhen_2014         2014-06-06  all          use.compliance_only             true                assumed
shenzhen_2014         2014-06-06  all          fee.buyer_share                 0.05                stated
shenzhen_2014         2014-06-06  all          settlement.units_days           1                   stated
shenzhen_consignment  2026-01-05  all          auction.reserve_price           -                   unknown
shenzhen_consignment  2026-01-05  key_emitter  consignment.allowed             true                assumed
shenzhen_consignment  2026-01-05  all          consignment.unsold              next_round          operator
wci_2016              2016-08-16  all          bid.lot                         1000                stated
wci_2016              2016-08-16  all          consignment.rank                1                   stated
wci_2016              2016-08-16  all          consignment.unsold              next_round          stated
wci_2016              2016-08-16  all          supply.group_split              largest_remainder   assumed
wci_2016              2016-08-16  key_emitter  bid.cap_share                   0.25                stated
wci_2016              2016-08-16  institution  bid.cap_share                   0.04                stated
guangdong_2014        2014-09-26  all          auction.reserve_price           25.00               stated
guangdong_2014        2014-12-01  all          auction.reserve_price           -                   unknown
guangdong_2014        2015-03-27  all          auction.reserve_price           35.00               assumed
guangdong_2014        2014-09-26  institution  bid.minimum                     5000                stated
guangdong_2014        2014-09-26  all          auction.undersubscription_rule  lowest_valid_bid    stated
shanghai_2023         2023-10-31  key_emitter  bid.cap_quantity                100000              stated
shanghai_2023         2023-10-31  institution  bid.cap_quantity                50000               stated
shanghai_2023         2023-10-31  all          auction.price_rule              uniform             stated
shanghai_2023         2023-10-31  all          auction.reserve_price           -                   unknown
beijing_2024          2024-09-02  key_emitter  bid.cap_share                   0.15                stated
beijing_2024          2024-09-02  institution  bid.cap_share                   0.03                stated
beijing_2024          2024-09-02  institution  bid.class_cap_share             0.2                 stated
beijing_2024          2024-09-02  all          auction.price_rule              uniform             assumed
hubei_2020            2020-12-09  all          auction.reserve_price           27.56               stated
hubei_2020            2020-12-09  institution  auction.eligible                false               stated
hubei_2020            2020-12-10  institution  auction.eligible                false               stated
hubei_2020            2020-12-11  institution  auction.eligible                true                stated
hubei_2020            2020-12-09  key_emitter  bid.cap_quantity                0                   assumed
hubei_2020            2020-12-11  key_emitter  bid.cap_quantity                100000              stated
hubei_2020            2020-12-09  all          auction.supply_max              2000000             stated
hubei_2020            2020-12-11  all          auction.supply_max              3000000             stated
hubei_2020            2020-12-11  all          auction.price_rule              -                   unknown
nz_spot               2021-02-17  all          trading.tick                    0.01                assumed
nz_spot               2026-05-22  all          trading.lot                     1                   assumed
"""


@pytest.mark.parametrize("figure", FIGURES.strip().split("\n")[1:])
def test_figure(figure: str) -> None:
    name, on, class_word, key, value, basis = figure.split()
    book = load_book(name)
    parameter = next(parameter for parameter, definition in DEFINITIONS.items() if definition.key == key)
    entry = book.entry_at(parameter, CLASS_WORDS[class_word], (date.fromisoformat(on) - date(1970, 1, 1)).days)
    assert entry is not None
    assert ("-" if entry.value is None else format_value(parameter, entry.value)) == value
    assert entry.basis.name.lower() == basis


@pytest.fixture(params=shipped_names())
def book(request: pytest.FixtureRequest) -> Book:
    return load_book(request.param)


def test_stated_values_rest_on_texts_that_were_read(book: Book) -> None:
    for entry in book.entries:
        if entry.basis is Basis.STATED:
            assert book.sources[entry.source].kind == "R"
        assert (entry.value is None) == (entry.basis is Basis.UNKNOWN)


def test_the_book_of_what_nobody_has_fixed_is_provisional_and_states_nothing() -> None:
    book = load_book("shenzhen_consignment")
    assert book.provisional
    assert not [entry for entry in book.entries if entry.basis is Basis.STATED]
    assert [name for name in shipped_names() if load_book(name).provisional] == ["shenzhen_consignment"]


def test_a_value_written_by_a_book_reads_back_the_same(book: Book) -> None:
    quoted = {"MONEY", "SHARE", "WORD", "CLOCK"}
    for entry in book.entries:
        if entry.value is None:
            continue
        text = format_value(entry.parameter, entry.value)
        kind = DEFINITIONS[entry.parameter].kind.name
        raw = text if kind in quoted else text == "true" if kind == "SWITCH" else int(text)
        assert parse_value(entry.parameter, raw) == entry.value


def test_every_value_can_be_explained(book: Book) -> None:
    for entry in book.entries:
        for number in entry.classes:
            found = explain(book, entry.parameter, number, entry.from_day)
            assert found.note == entry.note
            assert "\n" not in found.text + found.text_zh
