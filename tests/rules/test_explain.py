"""What is shown behind a number: clause where one is known, else source and date, in both languages."""

from __future__ import annotations

from datetime import date
from enum import IntEnum

from engine.commands import ParticipantClass
from engine.parameters import DEFINITIONS, Basis, Parameter
from engine.rules.explain import WORD_ZH, explain
from services.rule_books.files import load_book


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_a_clause_that_is_known_is_named() -> None:
    found = explain(load_book("shenzhen_2014"), Parameter.AUCTION_UNDERSUBSCRIPTION_RULE, 0, day("2014-06-06"))
    assert (found.value, found.basis, found.clause) == ("lowest_valid_bid", Basis.STATED, "七-三")
    assert found.text == (
        "auction.undersubscription_rule = lowest_valid_bid (from 2014-06-06); stated: "
        "Exchange notice of auction no. 001 (拍卖公告第001号), 2014, clause 七-三"
    )
    assert found.text_zh == (
        "申报不足时的成交价：最低有效申报价（自 2014-06-06 起；明文规定，依据：拍卖公告第001号（2014） 七-三）"
    )


def test_without_a_clause_source_and_date_stand_for_it() -> None:
    book = load_book("shenzhen_2022")
    found = explain(book, Parameter.BID_CAP_SHARE, ParticipantClass.KEY_EMITTER, day("2022-08-12"))
    assert (found.value, found.clause) == ("0.5", "")
    assert found.source is book.sources["notice"]
    assert "2022-07-21" in found.text


def test_words_that_were_read_are_quoted() -> None:
    found = explain(load_book("shenzhen_2022"), Parameter.AUCTION_PRICE_RULE, 0, day("2022-08-12"))
    assert found.quote == "成交价为买方申报价格"
    assert found.quote in found.text
    assert found.quote in found.text_zh


def test_what_was_decided_says_by_whom_and_when() -> None:
    found = explain(load_book("shenzhen_2022"), Parameter.BID_GUARANTEE, 0, day("2022-08-12"))
    assert (found.basis, found.decided_by, found.decided_on) == (
        Basis.OPERATOR,
        "the editors of this book",
        "2026-11-24",
    )
    assert found.source is None


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    found = explain(load_book("shenzhen_2022"), Parameter.FEE_BUYER_SHARE, 0, day("2022-08-12"))
    assert (found.value, found.basis) == (None, Basis.UNKNOWN)
    assert "no known value" in found.text
    assert "未知" in found.text_zh


def test_before_a_book_begins_it_has_no_value() -> None:
    found = explain(load_book("shenzhen_2022"), Parameter.AUCTION_PRICE_RULE, 0, day("2022-07-20"))
    assert (found.value, found.from_day) == (None, "")
    assert "no value in force" in found.text


def test_a_price_shows_its_currency_and_a_quantity_its_unit() -> None:
    book = load_book("shenzhen_2022")
    assert explain(book, Parameter.AUCTION_RESERVE_PRICE, 0, day("2022-08-12")).value == "29.64 CNY"
    assert explain(book, Parameter.AUCTION_SUPPLY_MAX, 0, day("2022-08-12")).value == "600000 t"


def test_every_word_a_book_can_use_has_its_chinese() -> None:
    enums: set[type[IntEnum]] = {definition.words for definition in DEFINITIONS.values() if definition.words}
    words = {member.name.lower() for enum in enums for member in enum}
    assert words - set(WORD_ZH) == set()
    assert set(WORD_ZH) - words == {"true", "false"}


def test_every_parameter_says_what_it_is_in_both_languages() -> None:
    for definition in DEFINITIONS.values():
        assert definition.meaning.isascii(), definition.key
        assert definition.term, definition.key
        assert not definition.term.isascii(), definition.key
    assert len({definition.term for definition in DEFINITIONS.values()}) == len(DEFINITIONS)
