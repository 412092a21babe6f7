"""The files that commands over a round are given, read together: everything that is wrong with any of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.rules.problems import ProblemsFound
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot, read_bids, read_lots
from services.offline.round import OfflineResult, run_round
from services.offline.round_files import RoundFile, read_round
from services.proof.draw import TieOrder, read_order
from services.proof.folder import INPUTS, read_folder
from services.proof.receipts import read_secret
from services.proof.recompute import inputs_of, numbers_of
from services.proof.record import RoundRecord, record_of

T = TypeVar("T")


@dataclass(frozen=True)
class RoundInputs:
    """A round and its bids as read. `files` are the contents by the names that an export keeps them under."""

    setup: RoundFile
    bids: list[FileBid]
    lots: list[FileLot]
    draw: TieOrder | None
    secret: bytes | None
    files: dict[str, bytes]
    book_text: bytes | None = None
    order: tuple[str, ...] = ()

    def run(self) -> OfflineResult:
        """The cleared round. Raises BadInput."""
        try:
            return run_round(
                self.setup, self.bids, self.lots, draw=self.draw, book_text=self.book_text, order=self.order
            )
        except ProblemsFound as found:
            raise BadInput([str(problem) for problem in found.problems]) from None

    def record(self, result: OfflineResult) -> RoundRecord:
        """The cleared round with its bids sealed."""
        return record_of(self.setup, self.bids, result, draw=self.draw, secret=self.secret, inputs=self.files)


class Reader:
    """Reads files and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def bytes_of(self, path: Path) -> bytes:
        """The content of a file; empty, and a problem more, when it cannot be read."""
        try:
            return path.read_bytes()
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror or error}; name a file that can be read")
            return b""

    def parsed(self, parse: Callable[[], T]) -> T | None:
        """What `parse` gives; None, and its problems more, when it refuses."""
        try:
            return parse()
        except ProblemsFound as found:
            self.problems += map(str, found.problems)
        except BadInput as found:
            self.problems += found.problems
        return None

    def close(self) -> None:
        """Raise BadInput if there are problems."""
        if self.problems:
            raise BadInput(self.problems)


def read_inputs(
    round_file: Path, bids_file: Path, consigned: Path | None, draw: Path | None = None, secret: Path | None = None
) -> RoundInputs:
    """The files of a round. Raises BadInput. Bids and lots are read once the round says what a tick and a lot are."""
    reader = Reader()
    paths = [path for path in (round_file, bids_file, consigned, draw, secret) if path is not None]
    contents = {path: reader.bytes_of(path) for path in paths}
    reader.close()
    setup = reader.parsed(lambda: read_round(str(round_file), contents[round_file]))
    order = None if draw is None else reader.parsed(lambda: read_order(str(draw), contents[draw]))
    salts = None if secret is None else reader.parsed(lambda: read_secret(str(secret), contents[secret]))
    if setup is None:
        raise BadInput(reader.problems)
    tick, lot = setup.tick_minor, setup.lot_units
    bids = reader.parsed(lambda: read_bids(str(bids_file), contents[bids_file], tick, lot))
    lots = [] if consigned is None else reader.parsed(lambda: read_lots(str(consigned), contents[consigned], tick, lot))
    reader.close()
    files = {"round.toml": contents[round_file]} | ({} if consigned is None else {"lots.csv": contents[consigned]})
    return RoundInputs(setup, bids or [], lots or [], order, salts, files)


def read_export(folder: Path) -> RoundInputs:
    """The inputs that an export keeps, under the rule book kept with them. Raises BadInput."""
    exported = read_folder(folder)
    try:
        setup, bids, lots = inputs_of(exported)
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from None
    files = {name: exported.files[name] for name in INPUTS if name in exported.files}
    book, order = exported.files["rule_book.json"], numbers_of(exported)
    return RoundInputs(setup, bids, lots, exported.draw, exported.secret, files, book, order)
