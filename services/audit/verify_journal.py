"""Checks a Jingjia journal with Python's standard library alone: python verify_journal.py FOLDER [HEAD]

Every row's checksum, the chain over all rows, and the anchor. HEAD, the chain hash of a row that was noted or published
earlier, must be in the chain: that shows a tail cut off, or a journal rewritten together with its anchor. Exit code 0:
whole. 1: not, with the first row concerned. It knows nothing of the rest of Jingjia; docs/journal.md has the format.
"""

import hashlib
import sqlite3
import struct
import sys
from pathlib import Path

ROW_TAG, GENESIS_TAG, ANCHOR_TAG = b"JJROW1", b"JJGENESIS1", b"JJANCHR1"
SLOT_BYTES = 4096
QUERY = (
    "SELECT number, command_table, layout_version, time_ns, first_row, row_count, judged_number, judged_sequence, "
    "rows, text, rule_books_sha256, judged_event_chain, checksum, chain FROM batches ORDER BY number"
)


class Wrong(Exception):
    """What is not as it was written."""


def checksum(row):
    """SHA-256 of a row's canonical form: eight integers, then four byte fields with their lengths."""
    digest = hashlib.sha256(ROW_TAG + struct.pack("<8q", *row[:8]))
    for blob in row[8:12]:
        digest.update(struct.pack("<q", len(blob)) + blob)
    return digest.digest()


def anchored(folder, genesis):
    """(number, chain) of the anchor: the later of its readable slots."""
    content = (folder / "journal.anchor").read_bytes()
    heads = []
    for start in (0, SLOT_BYTES):
        slot = content[start : start + SLOT_BYTES]
        if hashlib.sha256(slot[:80]).digest() == slot[80:112]:
            tag, owner, number, chain = struct.unpack("<8s32sq32s", slot[:80])
            if tag != ANCHOR_TAG or owner != genesis:
                raise Wrong("the anchor belongs to another journal")
            heads.append((number, chain))
    if not heads:
        raise Wrong("neither slot of the anchor can be read")
    return max(heads)


def verify(folder, head=None):
    """The number of rows and the chain hash of the last. Raises Wrong."""
    connection = sqlite3.connect(f"{(folder / 'journal.sqlite').absolute().as_uri()}?mode=ro", uri=True)
    journal_id, created_ns = connection.execute("SELECT journal_id, created_ns FROM meta").fetchone()
    genesis = chain = hashlib.sha256(GENESIS_TAG + journal_id + struct.pack("<q", created_ns)).digest()
    # The anchor before the rows: what a writer adds meanwhile puts the journal ahead, never behind.
    end = anchored(folder, genesis)
    number, first_row, found = 0, 1, head is None
    for row in connection.execute(QUERY):
        if row[0] != number + 1:
            raise Wrong(f"row {number + 1}: it is missing")
        if row[4] != first_row:
            raise Wrong(f"row {row[0]}: its first command is {row[4]}, expected is {first_row}")
        if checksum(row) != row[12]:
            raise Wrong(f"row {row[0]}: its checksum does not match its fields")
        chain = hashlib.sha256(chain + row[12]).digest()
        if chain != row[13]:
            raise Wrong(f"row {row[0]}: its chain hash does not follow from the row before")
        number, first_row = row[0], first_row + row[5]
        found = found or chain.hex() == head
        if number == end[0] and chain != end[1]:
            raise Wrong(f"row {number}: its chain hash is not the anchor's")
    if number < end[0]:
        raise Wrong(f"row {number + 1}: it is missing; the anchor says that there were {end[0]} rows")
    if not found:
        raise Wrong(f"no row has the chain hash {head}: the journal was cut before it, or written anew")
    return number, chain


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        number, chain = verify(Path(sys.argv[1]), *sys.argv[2:])
    except (Wrong, OSError, sqlite3.Error, TypeError, struct.error) as error:
        sys.stderr.write(f"WRONG: {error}\n")
        sys.exit(1)
    sys.stdout.write(f"whole: {number} rows, chain {chain.hex()}\n")


if __name__ == "__main__":
    main()
