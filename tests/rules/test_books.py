"""What the shipped books say, against figures written here by hand from the sources they name."""

from __future__ import annotations

from datetime import date

import pytest

from engine.parameters import DEFINITIONS, Basis
from engine.rules.explain import explain
from engine.rules.model import CLASS_WORDS, Book
from engine.rules.values import format_value, parse_value
from services.rule_books.files import load_book, shipped_names

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
guangdong_2015        2015-09-21  all          auction.reserve_price           12.84               assumed
guangdong_2015        2015-10-01  all          auction.reserve_price           -                   unknown
guangdong_2015        2015-12-21  all          auction.reserve_price           12.80               stated
guangdong_2015        2016-09-21  all          auction.reserve_price           9.37                assumed
guangdong_2015        2017-03-27  all          auction.reserve_price           16.09               stated
guangdong_2015        2015-12-21  all          auction.floor_percent           80                  stated
guangdong_2015        2017-03-27  all          auction.floor_percent           100                 stated
guangdong_2015        2015-12-21  individual   bid.cap_share                   0.5                 stated
guangdong_2015        2015-12-21  all          auction.below_reserve           void_at_clearing    stated
guangdong_2015        2015-12-21  all          auction.undersubscription_rule  -                   unknown
shanghai_2023         2021-08-18  all          auction.reserve_price           39.76               assumed
shanghai_2023         2024-05-31  all          auction.reserve_price           72.15               assumed
shanghai_compliance   2017-06-30  all          auction.floor_percent           120                 stated
shanghai_compliance   2017-06-30  all          auction.floor_cap               42.00               stated
shanghai_compliance   2017-06-30  all          auction.floor_window_to         2017-06-29          stated
shanghai_compliance   2024-09-30  all          auction.supply_max              2800000             stated
shanghai_compliance   2024-09-30  institution  auction.eligible                false               assumed
shanghai_compliance   2024-09-30  all          auction.floor_cap               -                   unknown
beijing_2023          2023-10-24  all          auction.floor_percent           105                 stated
beijing_2023          2023-10-24  all          use.until_surrender             true                stated
tianjin_2020          2020-06-10  institution  bid.cap_quantity                100000              stated
tianjin_2020          2020-06-10  key_emitter  bid.cap_emissions_share         0.02                assumed
tianjin_2020          2020-08-28  institution  auction.eligible                false               assumed
tianjin_2020          2020-06-10  all          auction.price_rule              -                   unknown
shenzhen_allocation   2022-08-12  all          allocation.reserve_share        0.02                stated
shenzhen_allocation   2021-07-01  key_emitter  allocation.paid_share           0.03                assumed
shenzhen_allocation   2024-08-14  all          reserve.release_price           -                   unknown
eu_ets                2018-09-21  all          auction.undersubscription_rule  cancel              stated
eu_ets                2018-09-21  all          auction.hidden_reserve_rule     cancel              stated
eu_ets                2018-09-21  all          bid.lot                         500                 stated
eu_ets                2023-05-15  all          reserve.intake_share            0.24                stated
eu_ets                2023-05-15  all          reserve.intake_above            833000000           stated
eu_ets                2023-05-15  all          reserve.release_quantity        -                   unknown
uk_ets                2021-05-19  all          auction.reserve_price           22.00               stated
uk_ets                2021-05-19  all          supply.unsold_cap_percent       125                 stated
uk_ets                2021-05-19  all          reserve.price_multiple_percent  200                 stated
rggi                  2010-09-10  all          auction.reserve_price           1.86                stated
rggi                  2015-09-09  all          supply.release_trigger_1        6.00                stated
rggi                  2015-09-09  all          supply.release_budget_1         10000000            stated
rggi                  2024-03-13  all          supply.release_trigger_1        15.92               stated
rggi                  2026-03-13  all          supply.release_trigger_1        18.22               stated
rggi                  2022-03-13  all          supply.withheld_trigger         6.42                assumed
rggi                  2027-03-13  all          supply.release_trigger_2        29.25               stated
rggi                  2027-03-13  all          auction.reserve_price           9.00                stated
rggi                  2024-03-13  all          bid.lot                         -                   unknown
california_quebec     2024-05-15  all          consignment.split               random_units        stated
california_quebec     2024-05-15  all          bid.guarantee_excess            restored_at_bid_prices  stated
california_quebec     2024-05-15  all          reserve.tier_due_share          0.6                 stated
california_quebec     2024-05-15  all          reserve.tier_price_1            -                   unknown
washington            2023-05-31  key_emitter  consignment.duty_ratio          0.65                assumed
washington            2030-05-31  key_emitter  consignment.duty_ratio          1                   assumed
washington            2023-05-31  key_emitter  bid.cap_share                   0.1                 stated
nz_ets                2022-03-16  all          auction.reserve_price           30.00               stated
nz_ets                2022-03-16  all          supply.release_trigger_1        70.00               stated
nz_ets                2022-03-16  all          supply.release_budget_1         7000000             stated
nz_ets                2023-06-14  all          supply.release_trigger_1        80.64               stated
nz_ets                2023-06-14  all          auction.undersubscription_rule  only_if_all_meet_hidden_reserve  stated
korea_ets             2019-01-23  key_emitter  bid.cap_share                   0.3                 stated
korea_ets             2019-03-13  key_emitter  bid.cap_share                   0.15                stated
korea_ets             2022-06-01  all          bid.tick                        50.00               stated
germany_nehs          2026-07-01  all          auction.reserve_price           55.00               stated
germany_nehs          2026-07-01  all          auction.ceiling_price           65.00               stated
germany_nehs          2026-07-01  all          auction.fixed_price             68.00               stated
us_so2                2000-03-27  all          auction.price_rule              pay_as_bid          stated
us_so2                2000-03-27  all          consignment.rank                2                   stated
us_treasury           2025-06-01  all          auction.margin_rule             percentage_rounded_up  stated
us_treasury           2025-06-01  institution  bid.cap_share                   0.35                stated
shenzhen_spot         2013-11-01  all          trading.lot                     1                   stated
shenzhen_spot         2013-11-01  all          trading.band_rounding           half_up             stated
shenzhen_spot         2013-11-01  all          trading.close_formula           -                   unknown
national_cea          2021-07-16  all          trading.mode                    pick_list           stated
national_cea          2021-07-16  all          trading.close_formula           day_average         stated
national_cea          2021-07-16  all          trading.same_day_resale         false               stated
national_cea          2021-07-16  all          block.session_opens             13:00               stated
national_cea          2021-07-16  all          block.counts_in_prices          false               stated
national_cea          2021-07-16  all          trading.holding_limit           -                   unknown
guangdong_spot        2018-07-31  all          trading.close_volume_above      100                 stated
guangdong_spot        2018-07-31  all          trading.close_otherwise         open                stated
hubei_spot            2020-01-02  all          trading.mode                    median              stated
hubei_spot            2020-01-02  all          trading.close_trades            5                   stated
hubei_spot            2015-04-01  all          trading.fee_seller_share        0.005               stated
beijing_spot          2014-06-30  key_emitter  trading.holding_limit           1000000             stated
beijing_spot          2014-06-30  institution  trading.holding_limit_above_allocation  false        stated
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
        raw = text if kind in quoted else text == "true" if kind == "SWITCH" else plain(kind, text)
        assert parse_value(entry.parameter, raw) == entry.value


def plain(kind: str, text: str) -> date | int:
    return date.fromisoformat(text) if kind == "DAY" else int(text)


def test_every_value_can_be_explained(book: Book) -> None:
    for entry in book.entries:
        for number in entry.classes:
            found = explain(book, entry.parameter, number, entry.from_day)
            assert found.note == entry.note
            assert "\n" not in found.text + found.text_zh
