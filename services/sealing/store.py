"""The sealed store: bids behind commitments with their salts, and the secret behind each round's receipts.

Promise: what `seal` returned is on the disk, whatever happens next (`synchronous=EXTRA`). The same bid under the same
key gets the salt that it got before, so a bid sent again commits to the same hash. Only the file's owner may read it.

Not promised: that what lies here is in the journal. A bid is stored before its commitment is sequenced: after a crash
there may be bids here that never entered; the core's commitments say which did. Nothing is ever taken out, for receipts
need the salts for good.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.rounds.sealed_bid import PlainBid, commitment_of_bid
from services.journal.files import sync_folder

DATABASE = "sealed.sqlite"
SALT_BYTES = 32

_COLUMNS = "round, bidder, bid_id, price_ticks, quantity_lots"
_TABLES = """
CREATE TABLE IF NOT EXISTS bids (
    commitment BLOB PRIMARY KEY,
    round INTEGER NOT NULL, bidder INTEGER NOT NULL, bid_id INTEGER NOT NULL,
    price_ticks INTEGER NOT NULL, quantity_lots INTEGER NOT NULL, salt BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS bids_by_content ON bids (round, bidder, bid_id, price_ticks, quantity_lots);
CREATE TABLE IF NOT EXISTS secrets (round INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT;
"""
_FIND = "SELECT salt FROM bids WHERE round = ? AND bidder = ? AND bid_id = ? AND price_ticks = ? AND quantity_lots = ?"
_INSERT = f"INSERT INTO bids (commitment, {_COLUMNS}, salt) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - no input in it
_OPEN = f"SELECT {_COLUMNS}, salt FROM bids WHERE commitment = ?"  # noqa: S608 - no input in it


class StoreDamaged(Exception):
    """The sealed store cannot be read, or is not what was written."""


class SealedStore:
    """One store, used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Wraps an open connection; use `open` or `open_for_reading`."""
        self._connection = connection

    @classmethod
    def open(cls, folder: Path) -> SealedStore:
        """The store of a journal's folder, made where there is none. Raises StoreDamaged."""
        path = folder / DATABASE
        path.touch(mode=0o600)
        try:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.executescript(_TABLES)
        except sqlite3.Error as error:
            raise StoreDamaged(f"{path} cannot be opened ({error}); restore it from its copy") from error
        sync_folder(folder)
        return cls(connection)

    @classmethod
    def open_for_reading(cls, folder: Path) -> SealedStore | None:
        """The store of a folder, None where there is none; nothing is changed. Raises StoreDamaged."""
        path = folder / DATABASE
        if not path.exists():
            return None
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
            connection.execute("SELECT count(*) FROM secrets")
        except sqlite3.Error as error:
            raise StoreDamaged(f"{path} cannot be read ({error}); restore it from its copy") from error
        return cls(connection)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def seal(self, bids: Sequence[PlainBid]) -> list[bytes]:
        """The salts of these bids: the ones they got before, or new ones, on the disk by now. One transaction."""
        execute = self._connection.execute
        salts = []
        execute("BEGIN IMMEDIATE")
        try:
            for bid in bids:
                columns = (bid.round_number, bid.bidder, bid.bid_id, bid.price_ticks, bid.quantity_lots)
                found = execute(_FIND, columns).fetchone()
                salt = secrets.token_bytes(SALT_BYTES) if found is None else bytes(found[0])
                if found is None:
                    execute(_INSERT, (commitment_of_bid(bid, salt), *columns, salt))
                salts.append(salt)
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return salts

    def opened(self, commitments: Iterable[bytes]) -> list[tuple[PlainBid, bytes] | None]:
        """The bid and the salt behind each commitment; None where there is none, or it does not give the commitment."""
        found: list[tuple[PlainBid, bytes] | None] = []
        try:
            for commitment in commitments:
                row = self._connection.execute(_OPEN, (commitment,)).fetchone()
                bid = None if row is None else PlainBid(*row[:5])
                is_it = bid is not None and commitment_of_bid(bid, row[5]) == commitment
                found.append((bid, bytes(row[5])) if bid is not None and is_it else None)
        except sqlite3.Error as error:
            raise StoreDamaged(f"the sealed store cannot be read ({error}); restore it from its copy") from error
        return found

    def secret_of(self, round_number: int) -> bytes | None:
        """The secret of a round's receipts; None where none was made."""
        row = self._connection.execute("SELECT secret FROM secrets WHERE round = ?", (round_number,)).fetchone()
        return None if row is None else bytes(row[0])

    def make_secret(self, round_number: int) -> bytes:
        """The secret of a round's receipts, made where there is none; on the disk by now."""
        self._connection.execute(
            "INSERT INTO secrets (round, secret) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (round_number, secrets.token_bytes(32)),
        )
        secret = self.secret_of(round_number)
        if secret is None:
            raise StoreDamaged("a secret that was just stored is not there")
        return secret
