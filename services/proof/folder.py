"""The export of a round: a folder that anybody can check, with or without this package.

| file | holds |
|---|---|
| `round.json` | terms as words and integers, the values in force with their clauses, the lines of supply |
| `rule_book.json` | the rule book as adopted; its SHA-256 is the hash that the result names |
| `bids.csv` | every bid that was sent in, in the order of arrival |
| `seal.json` | the secret behind the salts, the leaf of each bid, the root |
| `draw.json` | the recorded draw, where there was one |
| `result.json` | the result |
| `round.toml`, `lots.csv` | the files that the round was run from |
| `participants.csv` | who has which number, where a service ran the round |
| `verify.py` | checks bids and price with nothing but Python and itself |
| `awards.py`, `sale.py` | recompute all the rest, on top of it |

The secret lets its reader test guesses at bids; but whoever has this folder has the bids anyway. It is for the auditor,
not for the public: bidders get receipts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from services.errors import BadInput
from services.offline.bid_files import BID_COLUMNS
from services.proof.canonical import is_sha256_hex
from services.proof.draw import TieOrder, read_order
from services.proof.forms import load, read_object
from services.proof.receipts import Seal, SealedBid
from services.proof.record import RoundRecord

FORMAT_SEAL = "jingjia-seal"
VERSION = 1

INPUTS = ("round.toml", "lots.csv", "participants.csv")
"""Names of the files that a round is run from, as an export keeps them."""

_NEEDED = ("round.json", "rule_book.json", "bids.csv", "seal.json", "result.json", "round.toml")


@dataclass(frozen=True)
class Exported:
    """An export as read: well formed, nothing of it believed."""

    folder: Path
    files: Mapping[str, bytes]
    round: dict[str, Any]
    result: dict[str, Any]
    secret: bytes
    leaves: tuple[str, ...]
    root: str
    draw: TieOrder | None


VERIFIER = ("verify.py", "awards.py", "sale.py")
"""The programs that are shipped beside every export: the first needs nothing, the second both others."""


def verifier() -> dict[str, bytes]:
    """The files of the program, by name."""
    return {name: (resources.files("services.proof") / name).read_bytes() for name in VERIFIER}


def files_of(record: RoundRecord) -> dict[str, bytes]:
    """The files of an export, by name."""
    files = {
        "round.json": _json(record.round_json()),
        "rule_book.json": record.rule_book,
        "bids.csv": bids_csv(record.seal),
        "seal.json": _json(seal_json(record.seal)),
        "result.json": _json(record.result),
        **verifier(),
    }
    if record.draw is not None:
        files["draw.json"] = _json(record.draw.as_json())
    return files | {name: content for name, content in record.inputs.items() if name in INPUTS}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes an export into a new or empty folder. Raises BadInput."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(
                f"{folder}: found a folder with files in it\n  allowed: a new or an empty folder\n"
                "  next: Name another folder: an export is never mixed with an older one."
            )
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{folder}: cannot be written ({reason}); name a folder in a place you can write to") from None


def bids_csv(seal: Seal) -> bytes:
    """The bids as an export has them."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(BID_COLUMNS)
    for bid in seal.bids:
        writer.writerow((bid.bid_id, bid.bidder, bid.participant_class, bid.price, bid.quantity, bid.time))
    return target.getvalue().encode()


def seal_json(seal: Seal) -> dict[str, Any]:
    """The seal as an export has it."""
    return {
        "format": FORMAT_SEAL,
        "version": VERSION,
        "secret": seal.secret.hex(),
        "root": seal.root,
        "size": len(seal.bids),
        "leaves": [leaf.hex() for leaf in seal.leaves],
    }


def read_folder(folder: Path) -> Exported:
    """The export in a folder. Raises BadInput with everything that keeps it from being one."""
    files = _files_in(folder)
    problems: list[str] = []

    def read(reader: Callable[[str, bytes], Any], name: str) -> Any:
        try:
            return reader(f"{folder / name}", files[name])
        except BadInput as error:
            problems.extend(error.problems)
            return None

    round_ = read(lambda name, content: load(name, content, "the round of an export"), "round.json")
    result = read(lambda name, content: load(name, content, "the result of a round"), "result.json")
    seal = read(_read_seal, "seal.json")
    draw = read(read_order, "draw.json") if "draw.json" in files else None
    if problems:
        raise BadInput(problems)
    secret, leaves, root = seal
    return Exported(folder, files, round_, result, secret, leaves, root, draw)


def sealed_bids(exported: Exported) -> list[SealedBid]:
    """The bids of an export, in the order of the file; for receipts, once the folder is verified. Raises BadInput."""
    rows = csv.DictReader(io.StringIO(exported.files["bids.csv"].decode("utf-8", "replace"), newline=""))
    try:
        return [
            SealedBid(row["bid_id"], row["bidder"], row["class"], row["price"], int(row["quantity"]), row["time"])
            for row in rows
        ]
    except (KeyError, TypeError, ValueError):
        raise BadInput(
            f"{exported.folder / 'bids.csv'}: found rows that are no bids\n  allowed: the columns "
            f"{','.join(BID_COLUMNS)}\n  next: Restore the file: an export is not edited."
        ) from None


def _files_in(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise BadInput(
            f"{folder}: found no folder\n  allowed: the folder of an export\n"
            "  next: Make one with `jingjia auction clear ROUND.toml BIDS.csv --export DIR`, or correct the name."
        )
    try:
        files = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    except OSError as error:
        raise BadInput(f"{error.filename}: cannot be read ({error.strerror}); make it readable") from None
    missing = [name for name in _NEEDED if name not in files]
    if missing:
        raise BadInput(
            [
                f"{folder / name}: found no such file\n  allowed: the files of an export: {', '.join(_NEEDED)}\n"
                "  next: Restore it from the original export."
                for name in missing
            ]
        )
    return files


def _read_seal(file: str, content: bytes) -> tuple[bytes, tuple[str, ...], str]:
    fields = read_object(file, content, FORMAT_SEAL, VERSION, ("secret", "root", "size", "leaves"))
    leaves = fields.texts("leaves")
    for key, hashes in (("secret", [fields.values.get("secret")]), ("root", [fields.values.get("root")])):
        if fields.is_good(key) and not all(is_sha256_hex(text) for text in hashes):
            fields.refuse(key, "something else", "64 hexadecimal digits", "Restore the file.")
    if fields.is_good("leaves") and fields.values.get("size") != len(leaves):
        fields.refuse("size", str(fields.values.get("size")), f"the length of `leaves`, {len(leaves)}", "Restore it.")
    fields.close()
    return bytes.fromhex(fields.values["secret"]), tuple(leaves), fields.values["root"]


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
