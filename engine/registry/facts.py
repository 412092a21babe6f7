"""What is recorded of participants beyond their accounts: verified quantities of a year, and who is linked with whom.

A round looks at them once, when it opens (quantities) or clears (links): what is recorded later is for later rounds.
"""

from __future__ import annotations

from engine.commands import Batch, Fact, is_code
from engine.digest import integers
from engine.events import EventKind
from engine.limits import HOLDING_LOTS_MAX
from engine.outcomes import Outcome
from engine.recorder import Recorder
from engine.registry.register import Register

YEARS = range(1990, 2101)


class Facts:
    """Owner of recorded quantities and links."""

    KEPT = ("_lots", "_links")

    def __init__(self, register: Register) -> None:
        self._register = register
        self._lots: dict[tuple[Fact, int, int, int], int] = {}
        self._links: dict[int, int] = {}

    def record(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of FACTS; a later one of the same participant, instrument and year takes its place."""
        columns = batch.rows[row]
        participant, instrument = int(columns["participant"]), int(columns["instrument"])
        code, year, lots = int(columns["fact"]), int(columns["year"]), int(columns["quantity_lots"])
        if not is_code(Fact, code) or year not in YEARS:
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, participant=participant)
        if not 0 <= lots <= HOLDING_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, participant=participant)
        if not self._register.has_participant(participant):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, participant=participant)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        self.set_lots(Fact(code), participant, instrument, year, lots)
        out.add(
            EventKind.FACT_RECORDED,
            row,
            participant=participant,
            instrument=instrument,
            side=code,
            order_id=year,
            quantity_lots=lots,
        )

    def link(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of LINKS: puts a participant into a group of linked ones, or takes it out of all."""
        participant, link = int(batch.rows["participant"][row]), int(batch.rows["link"][row])
        if not self._register.has_participant(participant):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, participant=participant)
        self._links.pop(participant, None)
        if link:
            self._links[participant] = link
        out.add(EventKind.PARTICIPANT_LINKED, row, participant=participant, reference=link)

    def set_lots(self, fact: Fact, participant: int, instrument: int, year: int, lots: int) -> None:
        """Record a quantity that another room has found (an allocation)."""
        self._lots[fact, participant, instrument, year] = lots

    def lots(self, fact: Fact, participant: int, instrument: int, year: int) -> int:
        """The recorded quantity, 0 where none is."""
        return self._lots.get((fact, participant, instrument, year), 0)

    def recorded(self, fact: Fact, participant: int) -> list[tuple[int, int]]:
        """The (instrument, year) of which a fact is recorded for a participant, in order."""
        return sorted((of, year) for kind, whose, of, year in self._lots if (kind, whose) == (fact, participant))

    def total_lots(self, fact: Fact, instrument: int, year: int) -> int:
        """The sum over all participants."""
        return sum(
            lots for (kind, _, of, when), lots in self._lots.items() if (kind, of, when) == (fact, instrument, year)
        )

    def of_instrument(self, instrument: int) -> list[tuple[int, Fact, int, int]]:
        """(participant, fact, year, lots) of everything recorded for an instrument, by participant."""
        found = [(who, fact, year, lots) for (fact, who, of, year), lots in self._lots.items() if of == instrument]
        return sorted(found)

    def groups(self) -> list[tuple[int, ...]]:
        """Participants of each group of linked ones, in the order of the groups' numbers."""
        members: dict[int, list[int]] = {}
        for participant, link in self._links.items():
            members.setdefault(link, []).append(participant)
        return [tuple(sorted(members[link])) for link in sorted(members)]

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of it."""
        parts = [integers(*key, lots) for key, lots in sorted(self._lots.items())]
        return parts + [integers(participant, link) for participant, link in sorted(self._links.items())]
