"""A journal followed to a sequence, with its postings; and the check that they come to what the core has.

Promise: a statement that is handed out balances. Where it ends with a batch, every pocket of every account equals the
core's; at any sequence all accounts with the counter accounts sum to zero in every asset.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core import Core
from engine.ledger.postings import CASH_ASSET, KnownInstruments, Pocket
from engine.ledger.statement import Ledger, Places, Source
from engine.views import Instrument, Participant
from services.audit.reading import Reading
from services.clauses import readable_book
from services.errors import BadInput, CheckFailed
from services.journal.replay import Progress


@dataclass(frozen=True)
class Followed:
    """A ledger that stands at `sequence`, and who and what there is then. `time_ns` is that of the last batch."""

    ledger: Ledger
    sequence: int
    time_ns: int
    participants: dict[int, Participant]
    instruments: dict[int, Instrument]
    currency: str


def follow(
    reading: Reading,
    account: int | str = 0,
    first_sequence: int = 1,
    last_sequence: int | None = None,
    progress: Progress | None = None,
) -> Followed:
    """Replays a journal up to an event (None: all of it), keeping the lines of one account, by number or name.

    Raises BadInput for a range or an account that is not there, CheckFailed where the journal is damaged or the
    postings come to something else than the core.
    """
    if last_sequence is not None and last_sequence < first_sequence:
        raise BadInput(f"the range ends with event {last_sequence} before it begins with {first_sequence}")
    core = reading.fresh_core()
    ledger = Ledger(KnownInstruments(core.instruments), 0, first_sequence, last_sequence)
    time_ns = 0
    for step in reading.steps(core, progress):
        if not ledger.account:
            ledger.account = _number_of(core, account)
        source = Source(step.entry.number, int(step.batch.table), step.entry.time_ns)
        ledger.follow(step.applied.events, step.applied.first_sequence, source)
        time_ns = step.entry.time_ns
        if ledger.is_full:
            break
    if last_sequence is not None and not ledger.is_full:
        raise BadInput(f"event {last_sequence} is not there: the journal's last one is {ledger.sequence}")
    if first_sequence > ledger.sequence + 1:
        raise BadInput(f"event {first_sequence} is not there: the journal's last one is {ledger.sequence}")
    if account and not ledger.account:
        names = ", ".join(repr(view.name) for view in core.participants()[:10])
        raise BadInput(f"no participant {account!r} up to there; there are {names}")
    _check(ledger, core)
    return Followed(
        ledger=ledger,
        sequence=ledger.sequence,
        time_ns=time_ns,
        participants={view.number: view for view in core.participants()},
        instruments={view.number: view for view in core.instruments()},
        currency=_currency(core),
    )


def core_places(core: Core, participant: int) -> dict[tuple[Pocket, int], int]:
    """What the core has in an account, by (pocket, asset)."""
    cash = core.cash(participant)
    found = {
        (Pocket.AVAILABLE, CASH_ASSET): cash.available_minor,
        (Pocket.HELD, CASH_ASSET): cash.held_minor,
        (Pocket.UNSETTLED, CASH_ASSET): cash.unsettled_minor,
    }
    for holding in core.holdings(participant):
        found |= {
            (Pocket.AVAILABLE, holding.instrument): holding.available_lots,
            (Pocket.HELD, holding.instrument): holding.held_lots,
            (Pocket.LOCKED, holding.instrument): holding.locked_lots,
            (Pocket.UNSETTLED, holding.instrument): holding.unsettled_lots,
            (Pocket.PLEDGED, holding.instrument): holding.pledged_lots,
            (Pocket.COMPLIANCE, holding.instrument): holding.compliance_lots,
        }
    return {place: amount for place, amount in found.items() if amount}


def as_shown(places: Places) -> Places:
    """Balances as the core shows them: free cash below 0 is proceeds used before their day, and is taken off those."""
    free = places.get((Pocket.AVAILABLE, CASH_ASSET), 0)
    if free >= 0:
        return places
    unsettled = places.get((Pocket.UNSETTLED, CASH_ASSET), 0) + free
    shown = {place: amount for place, amount in places.items() if place != (Pocket.AVAILABLE, CASH_ASSET)}
    return {place: n for place, n in {**shown, (Pocket.UNSETTLED, CASH_ASSET): unsettled}.items() if n}


def _check(ledger: Ledger, core: Core) -> None:
    unequal = {asset: total for asset, total in ledger.balances.totals().items() if total}
    if unequal:
        raise CheckFailed(f"the postings do not sum to zero, by asset: {unequal}")
    if not ledger.is_between_batches:
        return
    for view in core.participants():
        posted, there = as_shown(ledger.places(view.number)), core_places(core, view.number)
        if posted != there:
            raise CheckFailed(f"the postings of {view.name!r} come to {posted}, its account has {there}")


def _number_of(core: Core, account: int | str) -> int:
    """The number of a participant that is registered by now; 0 where it is not. A name has no postings before."""
    if isinstance(account, str):
        view = core.participant_by_name(account)
        return view.number if view else 0
    return account if 0 < account <= len(core.participants()) else 0


def _currency(core: Core) -> str:
    """The currency of the books that the venue has adopted; empty where they name none, or several."""
    named = {book.currency for view in core.rule_books() if (book := readable_book(view.text)) is not None}
    return named.pop() if len(named) == 1 else ""
