"""The result as JSON: exactly the keys that scripts depend on."""

from __future__ import annotations

import json
from dataclasses import replace

from engine.commands import SupplyKind
from engine.views import Default
from services.reports.content import sections
from services.reports.result_json import RefusedBid, digest, result_json
from tests.reports.sample import EMPTY, RESULT, book, report

KEYS = {
    "status",
    "clearing_price",
    "offered",
    "sold",
    "proceeds",
    "cover_ratio",
    "awards",
    "consignors",
    "tranches",
    "released",
    "refused",
    "draws",
    "unsold",
    "rule_book",
    "digest",
}


def test_the_keys_are_those_of_the_contract() -> None:
    body = result_json(report())
    assert set(body) == KEYS
    assert set(body["awards"][0]) == {"bid_id", "bidder", "quantity", "price", "payment"}
    assert set(body["consignors"][0]) == {"consignor", "offered", "sold", "proceeds", "returned"}
    assert set(body["rule_book"]) == {"name", "hash"}


def test_prices_and_money_are_decimal_strings_and_quantities_integers() -> None:
    body = result_json(report(), bid_ids={1: "b1"}, bidders={11: "first"})
    assert (body["status"], body["clearing_price"], body["proceeds"]) == ("cleared", "45.00", "4500.00")
    assert (body["offered"], body["sold"], body["unsold"], body["cover_ratio"]) == (100, 100, 0, "1.40")
    assert body["awards"][0] == {
        "bid_id": "b1",
        "bidder": "first",
        "quantity": 40,
        "price": "45.00",
        "payment": "1800.00",
    }
    assert [award["bid_id"] for award in body["awards"]] == ["b1", "2", "3"]


def test_a_consignors_lots_are_added_up() -> None:
    one_owner = tuple(replace(line, seller=3) if line.seller == 4 else line for line in RESULT.supply)
    short = tuple(replace(line, sold_lots=20) if line.line == 2 else line for line in one_owner)
    (consignor,) = result_json(report(replace(RESULT, supply=short)))["consignors"]
    assert consignor == {"consignor": "甲 First", "offered": 67, "sold": 54, "proceeds": "3015.00", "returned": 13}


def test_what_came_out_of_the_reserve_is_released() -> None:
    lines = (replace(RESULT.supply[0], kind=SupplyKind.RESERVE), *RESULT.supply[1:])
    assert result_json(report(replace(RESULT, supply=lines)))["released"] == 33
    assert result_json(report())["released"] == 0


def test_a_price_that_does_not_exist_is_null() -> None:
    body = result_json(report(EMPTY))
    assert (body["clearing_price"], body["status"], body["cover_ratio"]) == (None, "no_valid_bids", "0.00")
    assert body["awards"] == body["consignors"] == []


def test_refusals_and_draws_are_taken_over() -> None:
    refused = [RefusedBid("b9", "BID_BELOW_RESERVE", "auction.reserve_price", "s. 52")]
    body = result_json(report(draws=({"order": ["b2", "b1"]},)), refused=refused)
    assert body["refused"] == [
        {"bid_id": "b9", "outcome": "BID_BELOW_RESERVE", "parameter": "auction.reserve_price", "clause": "s. 52"}
    ]
    assert body["draws"] == [{"order": ["b2", "b1"]}]


def test_the_digest_can_be_recomputed_from_the_file_and_follows_every_figure() -> None:
    body = json.loads(json.dumps(result_json(report()), ensure_ascii=False))
    assert digest(body) == body["digest"]
    assert digest(body | {"sold": 99}) != body["digest"]
    assert result_json(report(replace(RESULT, proceeds_minor=450_001)))["digest"] != body["digest"]


def test_fees_and_defaults_are_told_where_there_are_any() -> None:
    settled = replace(RESULT, fees=((3, 7_425), (11, 9_000)), defaults=(Default(12, 50, 20_000),))
    body = result_json(report(settled), bidders={11: "first", 12: "second"})
    assert set(body) == KEYS | {"fees", "defaults"}
    assert body["fees"] == [{"participant": "甲 First", "fee": "74.25"}, {"participant": "first", "fee": "90.00"}]
    assert body["defaults"] == [{"bidder": "second", "quantity": 50, "forfeited": "200.00"}]
    rows = {row.key: row for section in sections(report(settled)) for row in section.rows}
    shown = {key: rows[key].value for key in ("fees", "defaults", "defaulted", "forfeited")}
    assert shown == {"fees": "164.25", "defaults": "1", "defaulted": "50", "forfeited": "200.00"}
    assert "fees" not in {row.key for section in sections(report()) for row in section.rows}


def test_the_rule_book_is_named_with_its_hash() -> None:
    _, sha256 = book("shenzhen_consignment")
    assert result_json(report())["rule_book"] == {"name": "shenzhen_consignment", "hash": sha256}
