"""What a journal says about batches that are to be passed over: rows of the table VOIDS, proposed and approved.

They are looked up before a replay, because they stand behind the batch that they are about. Whether the two persons
might do so is the core's judgement, when it comes to those rows; whether the rows are what was written, the chain's.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import Table
from engine.words.floor import VoidAction
from services.journal.journal import Journal


def _rows(journal: Journal) -> Iterator[tuple[int, int, int]]:
    """(batch, action, person) of every row of VOIDS, in order."""
    for record in journal.store.read_table(Table.VOIDS):
        for row in record.entry.batch().rows:
            yield int(row["batch_number"]), int(row["action"]), int(row["actor"])


def claimed(journal: Journal) -> set[int]:
    """Batches that one person proposed to void and another then approved."""
    proposals: dict[int, int] = {}
    approved = set()
    for number, action, person in _rows(journal):
        if number in approved:
            continue
        if action == VoidAction.PROPOSE:
            proposals[number] = person
        elif action == VoidAction.APPROVE and proposals.get(number, person) != person:
            approved.add(number)
    return approved


def proposed_by(journal: Journal, number: int) -> int | None:
    """The participant who last proposed to void a batch; None where nobody did."""
    persons = [person for batch, action, person in _rows(journal) if (batch, action) == (number, VoidAction.PROPOSE)]
    return persons[-1] if persons else None
