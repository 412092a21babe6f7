"""Running an exported round again with this package, and comparing every figure of the export with what comes out.

The files that the round was run from go through the same core as the first time, under the rule book kept with them;
`round.json`, `result.json` and `seal.json` must come out word for word. What this proves is that the export agrees with
itself and with the rules; that its bids are those that were sealed is proved by the root in the published notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.rules.problems import ProblemsFound
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot, read_bids, read_lots
from services.offline.round import run_round
from services.offline.round_files import RoundFile, read_round
from services.proof.canonical import sha256_hex
from services.proof.draw import problems_of
from services.proof.folder import Exported, seal_json
from services.proof.forms import load, show
from services.proof.receipts import PublishedRoot
from services.proof.record import record_of
from services.proof.round_text import read_participants

DIFFERENCES_MAX = 200
"""After so many differences the rest is only counted."""


def differences(exported: Exported, notice: PublishedRoot | None = None) -> list[str]:
    """Where the export disagrees with itself, with the rules or with the notice, one line each; empty when nowhere.

    Raises BadInput where the files cannot be run at all.
    """
    found = list(_sealed_otherwise(exported, notice))
    try:
        setup, bids, lots = inputs_of(exported)
    except ProblemsFound as error:
        raise BadInput([str(problem) for problem in error.problems] + found) from None
    if exported.draw is not None:
        found += [
            f"draw.json: {problem}" for problem in problems_of(exported.draw, setup.name, [bid.bid_id for bid in bids])
        ]
    if found and exported.draw is not None and any(line.startswith("draw.json") for line in found):
        return found
    order = numbers_of(exported)
    again = run_round(setup, bids, lots, book_text=exported.files["rule_book.json"], draw=exported.draw, order=order)
    record = record_of(setup, bids, again, draw=exported.draw, secret=exported.secret)
    seal = load(f"{exported.folder / 'seal.json'}", exported.files["seal.json"], "a seal")
    for name, said, is_ in (
        ("round.json", exported.round, record.round_json()),
        ("result.json", exported.result, record.result),
        ("seal.json", seal, seal_json(record.seal)),
    ):
        found += [f"{name}: {line}" for line in differing(said, is_)]
    if len(found) > DIFFERENCES_MAX:
        found[DIFFERENCES_MAX:] = [f"and {len(found) - DIFFERENCES_MAX} more differences"]
    return found


def inputs_of(exported: Exported) -> tuple[RoundFile, list[FileBid], list[FileLot]]:
    """The round, bids and lots that an export keeps. Raises ProblemsFound."""
    files = exported.files
    setup = read_round(f"{exported.folder / 'round.toml'}", files["round.toml"])
    bids = read_bids(f"{exported.folder / 'bids.csv'}", files["bids.csv"], setup.tick_minor, setup.lot_units)
    lots: list[FileLot] = []
    if "lots.csv" in files:
        lots = read_lots(f"{exported.folder / 'lots.csv'}", files["lots.csv"], setup.tick_minor, setup.lot_units)
    return setup, bids, lots


def numbers_of(exported: Exported) -> tuple[str, ...]:
    """Who has which number, where the export says so: it does of a round that a service ran. Raises BadInput."""
    content = exported.files.get("participants.csv")
    return () if content is None else read_participants(f"{exported.folder / 'participants.csv'}", content)


def _sealed_otherwise(exported: Exported, notice: PublishedRoot | None) -> Iterator[str]:
    """What the hashes say before anything is run."""
    book = exported.result.get("rule_book")
    hash_said = book.get("hash") if isinstance(book, dict) else None
    if sha256_hex(exported.files["rule_book.json"]) != hash_said:
        yield f"rule_book.json: its SHA-256 is not the hash in result.json, {show(hash_said)}"
    if notice is not None and notice.root != exported.root:
        yield f"seal.json: root: says {exported.root}, the notice publishes {notice.root}"
    if notice is not None and notice.size != len(exported.leaves):
        yield f"seal.json: size: {len(exported.leaves)} sealed bids, the notice publishes {notice.size}"


def differing(said: Any, recomputed: Any, where: str = "") -> Iterator[str]:
    """The places where two JSON values differ, one line each."""
    if isinstance(said, dict) and isinstance(recomputed, dict):
        for key in [*recomputed, *(key for key in said if key not in recomputed)]:
            place = f"{where}.{key}" if where else key
            if key not in said:
                yield f"{place}: is missing; recomputed {show(recomputed[key])}"
            elif key not in recomputed:
                yield f"{place}: should not be there"
            else:
                yield from differing(said[key], recomputed[key], place)
    elif isinstance(said, list) and isinstance(recomputed, list) and len(said) == len(recomputed):
        for i, (one, other) in enumerate(zip(said, recomputed, strict=True)):
            yield from differing(one, other, f"{where}[{i}]")
    elif type(said) is not type(recomputed) or said != recomputed:
        yield f"{where}: says {show(said)}, recomputed {show(recomputed)}"
