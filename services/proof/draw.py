"""A drawn order of bids (抽签) that nobody chose and anybody can recompute.

1. *Commit*, before the window closes: the operator takes a seed and a salt and publishes the commitment, SHA-256 of
   `["seed","salt"]`. It binds the operator to the seed and shows nothing of it.
2. *Reveal*, after the close: seed and salt are published. Whoever has them recomputes the commitment.
3. *Order*: the bids by the hash SHA-256 of `["seed","round","bid id"]`, lowest first.

What is hashed is canonical JSON (`services.proof.canonical`); `docs/examples/tie_order.py` recomputes it in a few
lines. The order of two bids depends on no third one, so a bid that is added or dropped moves no other.

Not promised: that an operator who knows the bids before committing did not try many seeds. The commitment has to be
published while bids are sealed.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.errors import BadInput
from services.offline.bid_files import BID_COLUMNS
from services.proof.canonical import canonical, is_sha256_hex, sha256_hex
from services.proof.forms import Fields, read_object

FORMAT_SECRET = "jingjia-draw-secret"  # noqa: S105 - the name of a file's format
FORMAT_ORDER = "jingjia-tie-order"
VERSION = 1


@dataclass(frozen=True)
class DrawSecret:
    """What the operator keeps to itself until the reveal."""

    round_name: str
    seed: str
    salt: str

    @property
    def commitment(self) -> str:
        """What is published before the close."""
        return commitment_of(self.seed, self.salt)

    def as_json(self) -> dict[str, Any]:
        """The file of the secret."""
        return {
            "format": FORMAT_SECRET,
            "version": VERSION,
            "round": self.round_name,
            "seed": self.seed,
            "salt": self.salt,
            "commitment": self.commitment,
        }


@dataclass(frozen=True)
class TieOrder:
    """A recorded draw: the bids of a round in the drawn order, with all that it takes to draw it again."""

    round_name: str
    seed: str
    salt: str
    commitment: str
    order: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The file of the order, as `jingjia auction clear --draw` takes it."""
        return {
            "format": FORMAT_ORDER,
            "version": VERSION,
            "round": self.round_name,
            "seed": self.seed,
            "salt": self.salt,
            "commitment": self.commitment,
            "bids": len(self.order),
            "order": list(self.order),
        }

    def summary(self) -> dict[str, Any]:
        """What a result says of the draw: enough to draw again from the bids."""
        return {
            "kind": "tie_order",
            "round": self.round_name,
            "seed": self.seed,
            "salt": self.salt,
            "commitment": self.commitment,
            "bids": len(self.order),
        }

    def places(self) -> dict[str, int]:
        """The place of each bid, 0 the first."""
        return {bid_id: place for place, bid_id in enumerate(self.order)}


def new_secret(round_name: str, seed: str | None = None) -> DrawSecret:
    """A secret with a fresh salt, and a fresh seed unless one is given."""
    return DrawSecret(round_name, secrets.token_hex(32) if seed is None else seed, secrets.token_hex(32))


def commitment_of(seed: str, salt: str) -> str:
    """The commitment to a seed."""
    return sha256_hex(canonical([seed, salt]))


def drawn_order(seed: str, round_name: str, bid_ids: Iterable[str]) -> list[str]:
    """The bids in the drawn order. O(n log n)."""
    return sorted(bid_ids, key=lambda bid_id: sha256_hex(canonical([seed, round_name, bid_id])))


def draw(secret: DrawSecret, bid_ids: Iterable[str]) -> TieOrder:
    """The recorded draw of a secret over these bids."""
    order = drawn_order(secret.seed, secret.round_name, bid_ids)
    return TieOrder(secret.round_name, secret.seed, secret.salt, secret.commitment, tuple(order))


def problems_of(order: TieOrder, round_name: str, bid_ids: Sequence[str]) -> list[str]:
    """Everything that keeps a recorded draw from being the draw of this round over these bids."""
    found = []
    if order.round_name != round_name:
        found.append(f"round: the draw is of {order.round_name!r}, the round is {round_name!r}; draw for this round")
    if commitment_of(order.seed, order.salt) != order.commitment:
        found.append(
            "commitment: seed and salt do not give it; the seed is not the one that was committed to: "
            "use the seed and the salt behind the published commitment"
        )
    drawn, bids = set(order.order), set(bid_ids)
    if drawn - bids:
        found.append(f"order: holds {_some(drawn - bids)}, no bids of the file; draw again over the file's bids")
    if bids - drawn:
        found.append(f"order: lacks {_some(bids - drawn)} of the bids file; draw again over the file's bids")
    if len(drawn) != len(order.order):
        found.append("order: names a bid twice; every bid has one place")
    elif list(order.order) != drawn_order(order.seed, order.round_name, drawn):
        found.append("order: is not the one that the seed draws; an order cannot be chosen, draw it again")
    return found


def read_secret(file: str, content: bytes) -> DrawSecret:
    """The secret of a file. Raises BadInput with everything that is wrong with it."""
    fields = read_object(file, content, FORMAT_SECRET, VERSION, ("round", "seed", "salt", "commitment"))
    secret = DrawSecret(fields.text("round"), fields.text("seed"), fields.text("salt"))
    _check_commitment(fields)
    if fields.is_good("seed") and fields.is_good("salt") and fields.values.get("commitment") != secret.commitment:
        fields.refuse("commitment", "another one than seed and salt give", secret.commitment, "Restore the file.")
    fields.close()
    return secret


def read_order(file: str, content: bytes) -> TieOrder:
    """The order of a file, its parts readable; `problems_of` says whether it is a draw. Raises BadInput."""
    names = ("round", "seed", "salt", "commitment", "bids", "order")
    fields = read_object(file, content, FORMAT_ORDER, VERSION, names)
    bid_ids = fields.texts("order")
    _check_commitment(fields)
    if fields.is_good("order") and fields.values.get("bids") != len(bid_ids):
        fields.refuse("bids", str(fields.values.get("bids")), f"the length of `order`, {len(bid_ids)}", "Draw again.")
    order = TieOrder(
        fields.text("round"), fields.text("seed"), fields.text("salt"), fields.text("commitment"), tuple(bid_ids)
    )
    fields.close()
    return order


def read_bid_ids(file: str, content: bytes) -> list[str]:
    """The ids of a file of bids, whatever else it says of them. Raises BadInput.

    A draw needs nothing but the ids, so it works before anybody knows the tick of the round.
    """
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")))
    if not rows or "bid_id" not in rows[0]:
        found = "no bids" if not rows else "no column bid_id"
        raise BadInput(
            f"{file}:1: found {found}\n  allowed: {','.join(BID_COLUMNS)}, and a line for each bid\n"
            "  next: Name the file of the round's bids."
        )
    bid_ids = [(row["bid_id"] or "").strip() for row in rows]
    first: dict[str, int] = {}
    problems = []
    for line, bid_id in enumerate(bid_ids, start=2):
        if not bid_id or first.setdefault(bid_id, line) != line:
            found = f"{bid_id!r} again, first at line {first[bid_id]}" if bid_id else "no id"
            problems.append(f"{file}:{line}: bid_id: found {found}\n  allowed: every id once\n  next: Correct it.")
    if problems:
        raise BadInput(problems)
    return bid_ids


def _check_commitment(fields: Fields) -> None:
    if fields.is_good("commitment") and not is_sha256_hex(fields.values["commitment"]):
        fields.refuse("commitment", str(fields.values["commitment"]), "64 hexadecimal digits", "Copy it as published.")


def _some(bid_ids: set[str]) -> str:
    shown = sorted(bid_ids)[:3]
    more = f" and {len(bid_ids) - len(shown)} more" if len(bid_ids) > len(shown) else ""
    return ", ".join(shown) + more
