"""Receipts: every bidder's proves against the notice, nothing else does, and none tells of others' bids."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from services.proof.receipts import PublishedRoot, Seal, SealedBid, disagreements, read_receipt

BIDS = tuple(
    SealedBid(f"b{i}", f"bidder {i % 4}", "institution", f"{40 + i}.00", 100 * (i + 1), f"09:00:{i:02d}")
    for i in range(11)
)
SEAL = Seal("round", BIDS, bytes(range(32)))
NOTICE = PublishedRoot("round", SEAL.root, len(BIDS))


def verdict(receipt: dict[str, Any], notice: PublishedRoot = NOTICE) -> list[str]:
    return disagreements(read_receipt("r.json", json.dumps(receipt).encode()), notice)


@pytest.mark.parametrize("bidder", SEAL.bidders())
def test_a_receipt_proves_all_bids_of_its_bidder(bidder: str) -> None:
    receipt = SEAL.receipt(bidder)
    assert verdict(receipt) == []
    assert [bid["bid_id"] for bid in receipt["bids"]] == [bid.bid_id for bid in BIDS if bid.bidder == bidder]


def test_a_receipt_says_nothing_of_other_bids() -> None:
    text = json.dumps(SEAL.receipt("bidder 0"))
    others = [bid for bid in BIDS if bid.bidder != "bidder 0"]
    for bid in others:
        assert bid.price not in text
        assert f'"{bid.bid_id}"' not in text
        assert SEAL.salt(bid).hex() not in text
    assert SEAL.secret.hex() not in text


@pytest.mark.parametrize("key", ["bid_id", "class", "price", "quantity", "time", "place", "salt", "path"])
def test_any_change_of_a_bid_is_noticed(key: str) -> None:
    receipt = SEAL.receipt("bidder 1")
    bid = receipt["bids"][1]
    old = bid[key]
    bid[key] = (
        old + 1
        if isinstance(old, int)
        else old[:-1]
        if isinstance(old, list)
        else "0" * 64
        if key == "salt"
        else old + "1"
    )
    assert len(verdict(receipt)) == 1
    assert "'b5" in verdict(receipt)[0] or "'b51'" in verdict(receipt)[0]


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        (replace(NOTICE, round_name="other"), "the receipt is of round 'round', the notice of 'other'"),
        (replace(NOTICE, size=12), "the receipt speaks of 11 sealed bids, the notice of 12"),
        (replace(NOTICE, root="0" * 64), "the notice publishes 000"),
    ],
)
def test_a_notice_of_something_else_is_told(notice: PublishedRoot, said: str) -> None:
    assert said in "\n".join(verdict(SEAL.receipt("bidder 2"), notice))


def test_another_bidders_name_does_not_pass() -> None:
    assert verdict(SEAL.receipt("bidder 3") | {"bidder": "bidder 2"})


def test_nobody_has_a_receipt_without_a_bid() -> None:
    with pytest.raises(KeyError):
        SEAL.receipt("nobody")


def test_salts_hide_equal_bids() -> None:
    twice = (replace(BIDS[0], bid_id="x"), replace(BIDS[0], bid_id="y"))
    one, other = Seal("round", twice, bytes(32)).leaves
    assert one != other
    assert Seal("round", twice, bytes(32)).root != Seal("round", twice, bytes(31) + b"\1").root
