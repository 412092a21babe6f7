"""The rules behind a result: the operator's values first, classes told apart where they differ, sources named."""

from __future__ import annotations

from datetime import date

from engine.commands import ParticipantClass
from engine.parameters import Parameter
from services.reports.rules import rule_rows, value_in_force
from tests.reports.sample import EMPTY, report


def test_a_value_set_for_the_round_comes_before_the_books_own() -> None:
    made = report()
    assert value_in_force(made, Parameter.AUCTION_RESERVE_PRICE) == 4000
    (row,) = [row for row in rule_rows(made) if row.key == "auction.reserve_price"]
    assert row.value.en == "40.00 CNY"
    assert row.basis.en == "set for this round by the operator"
    assert row.source.en == ""


def test_a_value_for_one_class_leaves_the_others_alone() -> None:
    klass = int(ParticipantClass.KEY_EMITTER)
    made = report(values=((int(Parameter.CONSIGNMENT_RATIO), klass, 300_000),))
    assert value_in_force(made, Parameter.CONSIGNMENT_RATIO, klass) == 300_000
    assert value_in_force(made, Parameter.CONSIGNMENT_RATIO, int(ParticipantClass.INSTITUTION)) == 1_000_000
    shown = {row.key: row.value.zh for row in rule_rows(made) if row.key.startswith("consignment.ratio")}
    assert shown["consignment.ratio (key emitter)"] == "30%"
    assert shown["consignment.ratio (institution)"] == "100%"


def test_what_nobody_knows_is_said() -> None:
    (row,) = [row for row in rule_rows(report(values=())) if row.key == "auction.reserve_price"]
    assert (row.value.zh, row.value.en) == ("未知", "not known")


def test_a_stated_rule_carries_its_source_and_quote() -> None:
    made = report(book_name="shenzhen_2022", day=date(2022, 8, 12), values=())
    (row,) = [row for row in rule_rows(made) if row.key == "auction.price_rule"]
    assert (row.value.zh, row.basis.zh, row.quote) == ("按申报价成交", "明文规定", "成交价为买方申报价格")
    assert "2022-07-21" in row.source.zh
    assert "2022-07-21" in row.source.en


def test_consignment_rules_stand_only_where_something_was_consigned() -> None:
    assert any(row.key.startswith("consignment.ratio") for row in rule_rows(report()))
    assert not any(row.key.startswith("consignment.ratio") for row in rule_rows(report(EMPTY)))
