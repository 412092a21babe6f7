"""A round from draft to its end: what may be done when, and who holds what meanwhile.

Which step leads where, and who may take it, is `engine.rounds.governance`. Values and lines of supply are set in draft;
opening resolves the terms and looks up what is recorded of everybody; the first bid fixes the offer; closing lets the
recorded inputs in; clearing finds the result and settles it, unless the rules make the announcement a step of its own.
"""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity
from engine.commands import Batch, ParticipantClass, RoundAction, is_code
from engine.events import EVENT, EventKind
from engine.ledger.accounts import Accounts
from engine.limits import NAME_BYTES_MAX
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Basis, Parameter, allowed
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.reserve.reserves import Reserves
from engine.rooms import Room
from engine.rounds.changes import ChangeDesk, run_bids
from engine.rounds.clearing import RoundInput
from engine.rounds.commitments import CommitmentDesk
from engine.rounds.dossier import Dossier
from engine.rounds.governance import STEPS, Charter, judge_step, needs_reason
from engine.rounds.inputs import InputDesk
from engine.rounds.kernels import AS_SENT, REVEALED
from engine.rounds.layout import Stage
from engine.rounds.opening import Opening
from engine.rounds.results import Results
from engine.rounds.shelf import Shelf
from engine.rounds.supply import SupplyDesk
from engine.rounds.terms import MINUTE_NS
from engine.views import Commitment, DemandLevel, Round, RoundBidder, RoundPapers, RoundResult
from engine.words.rounds import Sealing

GOVERNANCE = range(424, 441)
"""Parameters that no round sets for itself: who drafts it must not choose how it is watched."""


class Rounds:
    """Owner of the rounds in the state record and of what lies beside it."""

    KEPT = ()
    SCRATCH = ("first_sequence",)

    def __init__(
        self,
        capacity: Capacity,
        state: np.ndarray,
        register: Register,
        books: Books,
        accounts: Accounts,
        facts: Facts,
        reserves: Reserves,
    ) -> None:
        self._state, self._capacity = state.view(np.uint8), capacity
        self._shelf = Shelf(state[0], register, books, accounts, facts, reserves)
        self._supply = SupplyDesk(self._shelf)
        self._commitments = CommitmentDesk(self._shelf)
        self._inputs = InputDesk(self._shelf, self._commitments)
        self._changes = ChangeDesk(capacity, self._state, self._shelf, self._supply, self._commitments)
        self._opening = Opening(self._shelf)
        self._results = Results(self._shelf, self._commitments)
        self.add_supply, self.consign = self._supply.add, self._supply.consign
        self.draw, self.hidden_reserve = self._inputs.draw, self._inputs.hidden_reserve
        self.guarantee = self._inputs.guarantee
        self.first_sequence = 1
        """Number of the first event of the batch under way."""

    def rooms(self) -> dict[str, Room]:
        """Itself, and what of it holds something beside the record, by name."""
        shelf = self._shelf
        return {
            "rounds": self,
            "round shelf": shelf,
            "round offers": shelf.offers,
            "round commitments": self._commitments,
            "round results": self._results,
        }

    # -- commands ------------------------------------------------------------------------------------------------

    def create(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUNDS."""
        columns, name, shelf = batch.rows[row], batch.text_of(row), self._shelf
        book, instrument = int(columns["rule_book"]), int(columns["instrument"])
        if not name.strip() or len(name.encode()) > NAME_BYTES_MAX:
            return out.refuse(row, Outcome.NAME_EMPTY_OR_TOO_LONG)
        if not shelf.register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        if not shelf.books.exists(book):
            return out.refuse(row, Outcome.RULE_BOOK_UNKNOWN)
        names = [dossier.name for dossier in shelf.dossiers]
        if name in names:
            return out.refuse(row, Outcome.NAME_ALREADY_REGISTERED, reference=names.index(name) + 1)
        number = len(names) + 1
        if number >= len(shelf.rounds):
            return out.refuse(row, Outcome.ROUNDS_FULL)
        shelf.dossiers.append(Dossier(name, int(columns["actor"])))
        shelf.record["round_count"] = number
        for field, value in (
            ("stage", Stage.DRAFT),
            ("rule_book", book),
            ("instrument", instrument),
            ("day", int(columns["day"])),
        ):
            shelf.rounds[field][number] = value
        out.add(EventKind.ROUND_CREATED, row, reference=number, instrument=instrument, order_id=book)

    def set_value(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUND_VALUES: an operator's value for this round, where the book leaves it open."""
        columns, shelf = batch.rows[row], self._shelf
        number, code = int(columns["round_number"]), int(columns["parameter"])
        klass, value = int(columns["participant_class"]), int(columns["value"])
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if shelf.stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        if code not in DEFINITIONS:
            return out.refuse(row, Outcome.PARAMETER_UNKNOWN, reference=number)
        parameter, terms = Parameter(code), shelf.rounds[number]
        if not allowed(parameter, value) or (klass and not is_code(ParticipantClass, klass)):
            return out.refuse(row, Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter, reference=number)
        entry = shelf.books.entry(int(terms["rule_book"]), parameter, klass, int(terms["day"]))
        if code in GOVERNANCE or (entry is not None and entry.basis is Basis.STATED):
            return out.refuse(row, Outcome.PARAMETER_NOT_OPEN_TO_OPERATOR, parameter, reference=number)
        shelf.dossier(number).values[code, klass] = value
        out.add(EventKind.ROUND_VALUE_SET, row, reference=number, parameter=code, side=klass, order_id=value)

    def change(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of CHANGES."""
        self._changes.change(batch, row, out, self.first_sequence)

    def act(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUND_ACTIONS: a step that gives no reason."""
        self._step(batch, row, "", 0, out)

    def step(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ROUND_STEPS: a step with its reason."""
        self._step(batch, row, batch.text_of(row), int(batch.rows["argument"][row]), out)

    def bid(self, batch: Batch, first_sequence: int) -> np.ndarray:
        """A whole batch of BIDS, compiled; returns its events, one a row."""
        events = np.zeros(len(batch.rows), EVENT)
        rows = np.ascontiguousarray(batch.rows).view(np.uint8)
        bids = self._shelf.bids
        columns = bids.reserve(len(batch.rows))
        bids.used = run_bids(self._capacity)(
            self._state, rows, columns, bids.used, first_sequence, batch.time_ns, AS_SENT, events.view(np.uint8)
        )
        return events

    def commit(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of COMMITMENTS."""
        self._commitments.commit(batch, row, out, self.first_sequence)

    def reveal(self, batch: Batch, senders: np.ndarray, out: Recorder) -> None:
        """A whole batch of REVEALS, whose senders were judged: every commitment of a round becomes a bid, or none."""
        outcomes = self._commitments.judge_reveal(batch, senders)
        if outcomes.any():
            for row, outcome in enumerate(outcomes.tolist()):
                number, target = int(batch.rows["round_number"][row]), int(batch.rows["target"][row])
                out.refuse(row, Outcome(outcome), reference=number, order_id=target)
            return
        number, rows, order = self._commitments.opened(batch)
        events, bids = np.zeros(len(rows), EVENT), self._shelf.bids
        columns, at = bids.reserve(len(rows)), self.first_sequence
        bids.used = run_bids(self._capacity)(
            self._state, rows.view(np.uint8), columns, bids.used, at, batch.time_ns, REVEALED, events.view(np.uint8)
        )
        events["row"] = order
        self._commitments.take_revealed(number, events, out)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _step(self, batch: Batch, row: int, reason: str, argument: int, out: Recorder) -> None:
        columns, shelf = batch.rows[row], self._shelf
        number, code, actor = int(columns["round_number"]), int(columns["action"]), int(columns["actor"])
        if not is_code(RoundAction, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, reference=number)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        action, stage = RoundAction(code), shelf.stage(number)
        dossier, charter = shelf.dossier(number), shelf.charter(number)
        verdict = judge_step(action, stage, actor, shelf.register.class_of(actor), dossier, charter)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number)
        told = bool(reason.strip()) and len(reason.encode()) <= NAME_BYTES_MAX
        if (needs_reason(action, charter) or reason) and not told:
            return out.refuse(row, Outcome.REASON_MISSING, reference=number)
        refusal = self._carry_out(action, number, argument, charter, row, out)
        if refusal is not None:
            return out.refuse(row, *refusal, reference=number)
        if shelf.stage(number) is stage:
            shelf.rounds["stage"][number] = STEPS[action][stage]
        dossier.steps.append((action, actor, reason))
        self._record_step(action, number, stage, actor, argument, row, out)
        return None

    def _carry_out(
        self, action: RoundAction, number: int, argument: int, charter: Charter, row: int, out: Recorder
    ) -> tuple[Outcome, Parameter] | None:
        """What a step does beyond the stage it leads to; why it cannot, or None."""
        match action:
            case RoundAction.OPEN:
                return self._opening.open(number, row, out)
            case RoundAction.CLOSE:
                self._close(number, row, out)
            case RoundAction.EXTEND:
                return self._extend(number, argument, charter)
            case RoundAction.CLEAR:
                return self._results.clear(number, row, out)
            case RoundAction.ANNOUNCE:
                self._results.announce(number, row, out)
            case RoundAction.SETTLE:
                return self._results.settle(number, row, out)
            case RoundAction.CANCEL | RoundAction.DECLINE:
                self._results.release(number, row, out)
        return None

    def _close(self, number: int, row: int, out: Recorder) -> None:
        out.add(
            EventKind.ROUND_CLOSED,
            row,
            reference=number,
            instrument=self._shelf.instrument(number),
            quantity_lots=self._shelf.live_bids(number),
        )

    def _extend(self, number: int, minutes: int, charter: Charter) -> tuple[Outcome, Parameter] | None:
        """Move the closing time of the window, where the rules give it one."""
        shelf, dossier = self._shelf, self._shelf.dossier(number)
        most = charter.extension_max_minutes
        if minutes < 1 or minutes > 1_440 or (most and dossier.extended_minutes + minutes > most):
            return Outcome.EXTENSION_TOO_LONG, Parameter.GOVERNANCE_EXTENSION_MAX
        dossier.extended_minutes += minutes
        if shelf.rounds["closes_ns"][number]:
            shelf.rounds["closes_ns"][number] += minutes * MINUTE_NS
        return None

    def _record_step(
        self, action: RoundAction, number: int, before: Stage, actor: int, argument: int, row: int, out: Recorder
    ) -> None:
        """Steps that have an event of their own need no other: open, close, cancel, and a clear that is public."""
        silent = action is RoundAction.CLEAR and bool(self._shelf.rounds["announcement"][number])
        own_event = (RoundAction.OPEN, RoundAction.CLOSE, RoundAction.CLEAR, RoundAction.CANCEL)
        if action in own_event and not silent:
            return
        out.add(
            EventKind.ROUND_STEPPED,
            row,
            reference=number,
            instrument=self._shelf.instrument(number),
            side=int(action),
            participant=actor,
            order_id=int(before),
            counter_order_id=int(self._shelf.stage(number)),
            amount_minor=argument,
        )

    # -- reads ---------------------------------------------------------------------------------------------------

    def views(self) -> list[Round]:
        """All rounds in the order of their numbers."""
        return [self._results.view(number) for number in range(1, len(self._shelf.dossiers) + 1)]

    def result(self, number: int) -> RoundResult | None:
        """How a cleared round ended; None for any other."""
        return self._results.result(number)

    def terms(self, number: int) -> dict[str, int | tuple[int, ...]]:
        """The fields of a round's record; empty for a round that does not exist."""
        if not self._shelf.exists(number):
            return {}
        record = self._shelf.rounds[number]
        values = {name: np.asarray(record[name]) for name in record.dtype.names or ()}
        return {name: tuple(map(int, value)) if value.ndim else int(value) for name, value in values.items()}

    def commitments(self, number: int) -> tuple[Commitment, ...]:
        """The live commitments of a round, in the order of arrival."""
        return self._commitments.of_round(number)

    def bidder(self, number: int, participant: int) -> RoundBidder:
        """What a round knows of one participant. Raises KeyError where there is no such round or participant."""
        shelf = self._shelf
        if not (shelf.exists(number) and shelf.register.has_participant(participant)):
            raise KeyError(f"there is no round {number} or no participant {participant}")
        record, groups = shelf.bidders[number, participant], shelf.facts.groups()
        kept = (
            "shortfall_lots",
            "emissions_lots",
            "consigned_lots",
            "guarantee_minor",
            "held_minor",
            "bids",
            "bid_lots",
        )
        return RoundBidder(
            participant=participant,
            participant_class=shelf.register.class_of(participant),
            holding_lots=shelf.accounts.total_lots(participant, shelf.instrument(number)),
            available_minor=shelf.accounts.available_cash_of(participant),
            link=next((place for place, group in enumerate(groups, start=1) if participant in group), 0),
            **{name: int(record[name]) for name in kept},
        )

    def papers(self, number: int) -> RoundPapers:
        """What a round began with. Raises KeyError for a round that does not exist."""
        if not self._shelf.exists(number):
            raise KeyError(f"there is no round {number}")
        shelf, dossier, instrument = self._shelf, self._shelf.dossier(number), self._shelf.instrument(number)
        hidden = (dossier.hidden_reserve_ticks, dossier.salt) if dossier.hidden_reserve_ticks else None
        return RoundPapers(
            offered=dict(dossier.offered),
            holdings=dict(dossier.holdings),
            guarantees={who: amount for who, amount in dossier.guarantees.items() if amount},
            facts=tuple(shelf.facts.of_instrument(instrument)),
            links=tuple(shelf.facts.groups()),
            hidden_reserve=hidden,
            reserve_account=shelf.reserves.account_of(instrument),
        )

    def takes_commitments(self, number: int) -> bool:
        """Whether bids of a round are committed to; False for a round that does not exist."""
        return self._shelf.exists(number) and self._results.sealing(number) is Sealing.COMMITTED

    def live_demand(self, number: int) -> tuple[DemandLevel, ...]:
        """Demand as it stands in an open round; who may see it is the edge's to judge."""
        return self._results.live_demand(number)

    def preview(self, number: int) -> RoundResult:
        """The clearing of an open or closed round as it stands; nothing moves. Raises KeyError for any other.

        An order that is not drawn yet is taken as the order of arrival, a hidden reserve that is sealed as none.
        """
        if not self._shelf.exists(number) or self._shelf.stage(number) not in (
            Stage.OPEN,
            Stage.SUSPENDED,
            Stage.CLOSED,
        ):
            raise KeyError(f"round {number} is neither open nor closed")
        return self._results.preview(number)

    def input_of(self, number: int) -> RoundInput:
        """What clearing the round as it stands starts from. Raises KeyError for a round that does not exist."""
        if not self._shelf.exists(number):
            raise KeyError(f"there is no round {number}")
        return self._results.input_of(number)

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the rounds; their results follow from it."""
        return self._results.digest_parts()

    def conservation(self) -> list[str]:
        """What does not add up between rounds and accounts, in words."""
        return self._results.conservation()
