"""Receipts: every sealed bid is a leaf of one hash tree, whose root and size stand in the results notice.

A leaf is SHA-256 over a zero byte, a salt of 32 bytes, and the canonical JSON of
`[round, bid id, bidder, class, price, quantity, time]` as the bidder sent them. A bidder's receipt holds its own bids
with their salts and paths: with the root of the notice it proves that exactly these bids were in the set that was
cleared, at this place in the order of arrival. Hashes of others' leaves say nothing of their bids, since nobody else
knows the salts. Refused bids have leaves too: what was sent in is under the root, whatever became of it.

All salts come from one secret of the round (HMAC-SHA256 over the bid's id), which the operator keeps with the bids.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.errors import BadInput
from services.proof import tree
from services.proof.canonical import canonical, is_sha256_hex
from services.proof.forms import Fields, read_object

FORMAT = "jingjia-receipt"
VERSION = 1

_BID_KEYS = ("bid_id", "class", "price", "quantity", "time", "place", "salt", "path")


@dataclass(frozen=True)
class SealedBid:
    """A bid as it was sent in. `price` is a decimal text, `quantity` units."""

    bid_id: str
    bidder: str
    participant_class: str
    price: str
    quantity: int
    time: str

    def content(self, round_name: str) -> bytes:
        """What is hashed behind the salt."""
        return canonical(
            [round_name, self.bid_id, self.bidder, self.participant_class, self.price, self.quantity, self.time]
        )


@dataclass(frozen=True)
class Seal:
    """All bids of a round in the order of arrival, under one root. `secret`: 32 bytes that the salts come from."""

    round_name: str
    bids: tuple[SealedBid, ...]
    secret: bytes

    @cached_property
    def leaves(self) -> list[bytes]:
        """The hash of each bid's leaf, in the order of arrival."""
        return [tree.leaf_hash(self.salt(bid) + bid.content(self.round_name)) for bid in self.bids]

    def build(self) -> None:
        """Builds the tree now, which would else be built when it is first asked for. O(n)."""
        _ = self._levels

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        return tree.levels(self.leaves)

    @cached_property
    def root(self) -> str:
        """What the notice publishes, beside the number of bids."""
        return (self._levels[-1][0] if self.leaves else tree.EMPTY_ROOT).hex()

    def salt(self, bid: SealedBid) -> bytes:
        """The salt of one bid's leaf."""
        return hmac.digest(self.secret, bid.bid_id.encode(), "sha256")

    def bidders(self) -> list[str]:
        """Who sent in a bid, in the order of arrival."""
        return list(dict.fromkeys(bid.bidder for bid in self.bids))

    def receipt(self, bidder: str) -> dict[str, Any]:
        """The receipt of one bidder, as its file has it. Raises KeyError for somebody without a bid."""
        own = [(place, bid) for place, bid in enumerate(self.bids) if bid.bidder == bidder]
        if not own:
            raise KeyError(bidder)
        return {
            "format": FORMAT,
            "version": VERSION,
            "round": self.round_name,
            "bidder": bidder,
            "root": self.root,
            "size": len(self.bids),
            "bids": [
                {
                    "bid_id": bid.bid_id,
                    "class": bid.participant_class,
                    "price": bid.price,
                    "quantity": bid.quantity,
                    "time": bid.time,
                    "place": place,
                    "salt": self.salt(bid).hex(),
                    "path": [neighbour.hex() for neighbour in tree.path(self._levels, place)],
                }
                for place, bid in own
            ],
        }


@dataclass(frozen=True)
class ReceiptBid:
    """One bid of a receipt."""

    bid: SealedBid
    place: int
    salt: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Receipt:
    """A receipt as read: well formed, nothing of it believed."""

    round_name: str
    bidder: str
    root: str
    size: int
    bids: tuple[ReceiptBid, ...]


@dataclass(frozen=True)
class PublishedRoot:
    """What a results notice says about the sealed bids of its round."""

    round_name: str
    root: str
    size: int


def new_secret() -> bytes:
    """The secret of a round."""
    return secrets.token_bytes(32)


def read_secret(file: str, content: bytes) -> bytes:
    """A secret kept in a file as 64 hexadecimal digits. Raises BadInput."""
    text = content.decode("ascii", "replace").strip()
    if not is_sha256_hex(text):
        found = "other characters or another length"
        raise BadInput(
            f"{file}: found {found}\n  allowed: 64 hexadecimal digits, 0-9 and a-f\n"
            "  next: Name the file that the round was sealed with, or leave the option out for a new secret."
        )
    return bytes.fromhex(text)


def disagreements(receipt: Receipt, notice: PublishedRoot) -> list[str]:
    """Why the receipt does not prove against the notice that its bids were counted; empty when it does."""
    found = []
    if receipt.round_name != notice.round_name:
        found.append(f"the receipt is of round {receipt.round_name!r}, the notice of {notice.round_name!r}")
    if receipt.size != notice.size:
        found.append(f"the receipt speaks of {receipt.size} sealed bids, the notice of {notice.size}")
    if receipt.root != notice.root:
        found.append(f"the receipt was made under the root {receipt.root}, the notice publishes {notice.root}")
    for own in receipt.bids:
        leaf = tree.leaf_hash(own.salt + own.bid.content(receipt.round_name))
        reached = tree.root_from_path(leaf, own.place, notice.size, own.path)
        if reached is None:
            found.append(f"bid {own.bid.bid_id!r}: its path does not belong to place {own.place} of {notice.size}")
        elif reached.hex() != notice.root:
            found.append(f"bid {own.bid.bid_id!r}: it leads to another root than the notice publishes")
    return found


def read_receipt(file: str, content: bytes) -> Receipt:
    """The receipt of a file. Raises BadInput with everything that is wrong with its form."""
    fields = read_object(file, content, FORMAT, VERSION, ("round", "bidder", "root", "size", "bids"))
    round_name, bidder, size = fields.text("round"), fields.text("bidder"), fields.whole("size", 1)
    rows = fields.objects("bids")
    if fields.is_good("bids") and not rows:
        fields.refuse("bids", "an empty list", "at least one bid", "Ask for the receipt again.")
    if fields.is_good("root") and not is_sha256_hex(fields.values["root"]):
        fields.refuse("root", str(fields.values["root"]), "64 hexadecimal digits", "Ask for the receipt again.")
    bids = [_read_bid(fields, i, row, bidder) for i, row in enumerate(rows)]
    fields.close()
    return Receipt(round_name, bidder, fields.values["root"], size, tuple(bids))


def _read_bid(receipt: Fields, at: int, row: dict[str, Any], bidder: str) -> ReceiptBid:
    fields = Fields(f"{receipt.file}: bids[{at}]", row)
    for key in _BID_KEYS:
        if key not in row:
            fields.refuse(key, "nothing", f"the key `{key}`", "Ask for the receipt again.")
    for key in row.keys() - set(_BID_KEYS):
        fields.refuse(key, "an unknown key", ", ".join(_BID_KEYS), "Remove it.")
    time, salt, path = row.get("time", ""), row.get("salt", ""), fields.texts("path")
    if not isinstance(time, str):
        fields.refuse("time", str(time), "a text in quotes, which may be empty", "Ask for the receipt again.")
    for key, hashes in (("salt", [salt]), ("path", path)):
        if fields.is_good(key) and not all(is_sha256_hex(text) for text in hashes):
            fields.refuse(key, "something else", "64 hexadecimal digits each", "Ask for the receipt again.")
    bid = SealedBid(
        fields.text("bid_id"),
        bidder,
        fields.text("class"),
        fields.text("price"),
        fields.whole("quantity", 1),
        time if isinstance(time, str) else "",
    )
    place = fields.whole("place")
    receipt.problems += fields.problems
    if fields.problems:
        return ReceiptBid(bid, place, b"", ())
    return ReceiptBid(bid, place, bytes.fromhex(salt), tuple(bytes.fromhex(text) for text in path))


def sealed(round_name: str, bids: Sequence[SealedBid], secret: bytes | None) -> Seal:
    """The seal over these bids, with a fresh secret unless one is given."""
    return Seal(round_name, tuple(bids), secret or new_secret())
