"""A round from files, run through the same core as the service: nothing is computed here that a server would not.

The files become commands: an operator registers who is named, deposits what they need, adopts the book, creates the
round; consignors consign, bidders bid in the order of arrival; the round is closed and cleared. A bid that the rules
refuse is a row of the result, with its parameter and clause. Anything else that is refused (a consigned lot, a value of
the operator, the opening) makes the round another than the one that was asked for, so it is bad input, told whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.auction.terms import MarginRule
from engine.capacity import CLASSES, MEDIUM, Capacity
from engine.commands import (
    CASH,
    Batch,
    Drawn,
    ParticipantClass,
    RoundAction,
    Table,
    order_id,
    rows_of,
)
from engine.core import Core
from engine.limits import BATCH_ROWS_MAX
from engine.outcomes import ADVICE, Outcome
from engine.parameters import DEFINITIONS, Parameter
from engine.rounds.clearing import RoundInput
from engine.rules.compile import book_sha256, book_text, compiled_rows
from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.loader import adopted_book
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound
from engine.views import Applied, RoundBidder, RoundResult
from engine.words.rounds import Sealing
from services.clauses import clause_text
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot
from services.offline.committed import Verdicts, commit_and_reveal
from services.offline.funds import cash_needed, units_needed
from services.offline.inputs import RecordedInputs
from services.offline.round_files import RoundFile
from services.proof.draw import TieOrder, problems_of
from services.reports import words
from services.reports.in_force import RulesOfRound
from services.reports.report import Refusals, RoundReport, SentBids, Text
from services.reports.result_json import RefusedBid
from services.reports.scale import Scale
from services.rule_books.files import BookNotFound, find_book
from services.rule_books.trading_days import trading_days

_OPERATOR = 1
_BOOK = 1
_INSTRUMENT = 1
_ROUND = 1
_DAY_NS = 86_400_000_000_000
_OTHER_OPERATORS = ("second operator", "monitor")
"""Who takes the steps that rules reserve for somebody else than the operator."""


@dataclass(frozen=True)
class OfflineResult:
    """A cleared round, and the names behind its numbers.

    `terms` are the integers that it was judged by (`Core.round_terms`), `given` what the clear started from,
    `entrants` what the round knew of whoever sent bids, by name, `book_text` the rule book as adopted.
    """

    report: RoundReport
    bid_ids: dict[int, str]
    bidders: dict[int, str]
    refused: tuple[RefusedBid, ...]
    terms: dict[str, int | tuple[int, ...]]
    given: RoundInput
    entrants: dict[str, RoundBidder]
    book_text: bytes


def run_round(
    setup: RoundFile,
    bids: Sequence[FileBid],
    lots: Sequence[FileLot] = (),
    *,
    draw: TieOrder | None = None,
    book_text: bytes | None = None,
    order: Sequence[str] = (),
) -> OfflineResult:
    """Runs the round. Raises BadInput, with all that is in the way, before or instead of a result.

    `draw` is the recorded draw, for rules that need one. `book_text` is the rule book as it was adopted, where that is
    kept; else the book that `setup` names is read. `order` says who has which number, from 2 on, where the round was
    run before and what is shared out may depend on it; an empty name is a number that nobody here has.
    """
    run = _OfflineRound(setup, bids, lots, book_text, order)
    run.take_draw(draw)
    return run.run()


def open_round(setup: RoundFile, lots: Sequence[FileLot] = ()) -> None:
    """Opens the round without bids. Raises BadInput with what is in the way."""
    _OfflineRound(setup, (), lots, None).open()


class _OfflineRound:
    """One run: a fresh core and the numbers that its participants get."""

    def __init__(
        self,
        setup: RoundFile,
        bids: Sequence[FileBid],
        lots: Sequence[FileLot],
        book_text: bytes | None,
        order: Sequence[str] = (),
    ) -> None:
        self._setup, self._bids, self._lots = setup, bids, lots
        adopted = None if book_text is None else (adopted_book(book_text), book_text)
        self._book, self._text = adopted or _read_book(setup.rule_book)
        self._classes = _numbered(_participants(setup, bids, lots), order)
        self._numbers = {name: number for number, name in enumerate(self._classes, start=_OPERATOR + 1)}
        self._time_ns = setup.day * _DAY_NS
        self._tie_order: TieOrder | None = None
        self._core = Core(_capacity_for(len(self._classes) + 2 + len(_OTHER_OPERATORS)))
        self._request_ids: dict[str, int] = {}
        """Used by each participant so far."""
        self._inputs = RecordedInputs(
            setup.inputs, self._numbers, self._send, instrument=_INSTRUMENT, book=_BOOK, number=_ROUND
        )

    def take_draw(self, draw: TieOrder | None) -> None:
        """Whether the rules need a draw and this is one over these bids. Raises BadInput."""
        rule = RulesOfRound(self._book, self._setup.day, self._setup.values).of(Parameter.AUCTION_MARGIN_RULE)
        needed = rule.value in (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS)
        if draw is None and needed:
            raise BadInput(
                f"auction.margin_rule is {rule.shown}: the round needs a recorded draw; "
                "make one with `jingjia auction draw` and give it with --draw"
            )
        if draw is not None and not needed:
            raise BadInput(f"auction.margin_rule is {rule.shown or 'not set'}: nothing is drawn; leave --draw out")
        problems = [] if draw is None else problems_of(draw, self._setup.name, [bid.bid_id for bid in self._bids])
        if problems:
            raise BadInput([f"draw: {problem}" for problem in problems])
        self._tie_order = draw

    def open(self) -> None:
        """Everything up to the first bid. Raises BadInput."""
        self._register()
        self._deposit()
        self._draft()
        self._inputs.before_opening()
        self._consign()
        self._open()

    def run(self) -> OfflineResult:
        self.open()
        if self._rule(Parameter.AUCTION_SEALING) == Sealing.COMMITTED:
            bid_ids, refused = self._take_bids(commit_and_reveal(self._apply, lambda: self._act(RoundAction.CLOSE)))
        else:
            bid_ids, refused = self._take_bids(self._enter)
            self._act(RoundAction.CLOSE)
        self._record_draw(bid_ids, {bid.bid_id for bid in refused})
        self._inputs.after_the_close()
        given = self._core.round_input(_ROUND)
        entrants = {
            name: self._core.round_bidder(_ROUND, self._numbers[name])
            for name in dict.fromkeys(bid.bidder for bid in self._bids)
        }
        self._act(RoundAction.CLEAR)
        self._announce()
        result = self._core.round_result(_ROUND)
        if result is None:
            raise RuntimeError("a cleared round has a result")
        names = {number: name for name, number in self._numbers.items()}
        terms = self._core.round_terms(_ROUND)
        report = self._report(result, names, refused)
        return OfflineResult(report, bid_ids, names, tuple(refused), terms, given, entrants, self._text)

    # -- setting the scene ---------------------------------------------------------------------------------------

    def _register(self) -> None:
        self._named(Table.PARTICIPANTS, ["operator"], actor=0, participant_class=ParticipantClass.OPERATOR)
        names = list(self._classes)
        self._named(Table.PARTICIPANTS, names, participant_class=[int(klass) for klass in self._classes.values()])
        others = list(_OTHER_OPERATORS)
        self._named(Table.PARTICIPANTS, others, participant_class=ParticipantClass.OPERATOR)
        actors = [self._numbers[name] for name in names]
        self._named(Table.SESSIONS, ["files"] * len(names), actor=actors)
        rows = compiled_rows(self._book, trading_days(self._book))
        rows["actor"] = _OPERATOR
        self._accepted(self._apply(Table.RULE_BOOKS, rows, self._text), "rule book")
        self._named(
            Table.INSTRUMENTS,
            [self._setup.instrument],
            rule_book=_BOOK,
            tick_minor=self._setup.tick_minor,
            lot_units=self._setup.lot_units,
        )

    def _deposit(self) -> None:
        """Units for whoever sells, cash for whoever bids: enough for all they ask for."""
        rules = RulesOfRound(self._book, self._setup.day, self._setup.values)
        units = units_needed(self._setup, self._bids, self._lots, rules)
        cash = cash_needed(self._setup, self._bids, rules)
        deposits = [(self._numbers[name], _INSTRUMENT, lots) for name, lots in units.items()]
        deposits += [(self._numbers[name], CASH, amount) for name, amount in cash.items()]
        for part in _parts(len(deposits)):
            rows = rows_of(Table.DEPOSITS, len(deposits[part]))
            rows["actor"] = _OPERATOR
            rows["participant"], rows["instrument"], rows["quantity"] = zip(*deposits[part], strict=True)
            self._accepted(self._apply(Table.DEPOSITS, rows), "deposit")

    def _draft(self) -> None:
        setup = self._setup
        self._named(Table.ROUNDS, [setup.name], rule_book=_BOOK, instrument=_INSTRUMENT, day=setup.day)
        if setup.values:
            rows = rows_of(Table.ROUND_VALUES, len(setup.values))
            rows["actor"], rows["round_number"] = _OPERATOR, _ROUND
            rows["parameter"] = [value.parameter for value in setup.values]
            rows["participant_class"] = [value.participant_class for value in setup.values]
            rows["value"] = [value.value for value in setup.values]
            what = [f"value of {DEFINITIONS[value.parameter].key}" for value in setup.values]
            self._accepted(self._apply(Table.ROUND_VALUES, rows), *what)
        if setup.supply:
            conditions = ("minimum_price_ticks", "trigger_price_ticks", "tier", "withheld")
            has_any = any(getattr(offer, name) for offer in setup.supply for name in conditions)
            table = Table.SUPPLY_LINES if has_any else Table.SUPPLY
            rows = rows_of(table, len(setup.supply))
            rows["actor"], rows["round_number"] = _OPERATOR, _ROUND
            rows["seller"] = [self._numbers[offer.seller] for offer in setup.supply]
            for column in ("kind", "group", "rank", "quantity_lots", *(conditions if has_any else ())):
                rows[column] = [getattr(offer, column) for offer in setup.supply]
            self._accepted(self._apply(table, rows), "line of supply")

    def _consign(self) -> None:
        if not self._lots:
            return
        rows = rows_of(Table.CONSIGNMENTS, len(self._lots))
        self._key(rows, [lot.consignor for lot in self._lots], self._request_ids)
        rows["round_number"] = _ROUND
        rows["group"] = [lot.group for lot in self._lots]
        rows["quantity_lots"] = [lot.quantity_lots for lot in self._lots]
        rows["minimum_price_ticks"] = [lot.minimum_price_ticks for lot in self._lots]
        what = [f"consigned lot at line {lot.line} ({lot.consignor})" for lot in self._lots]
        self._accepted(self._apply(Table.CONSIGNMENTS, rows), *what)

    def _record_draw(self, bid_ids: dict[int, str], refused: set[str]) -> None:
        """The recorded draw of the bids that entered, in the drawn order."""
        if self._tie_order is None:
            return
        numbers = {name: number for number, name in bid_ids.items()}
        targets = [numbers[name] for name in self._tie_order.order if name not in refused]
        for part in _parts(len(targets)):
            rows = rows_of(Table.DRAWS, len(targets[part]))
            rows["actor"], rows["round_number"], rows["drawn"] = _OPERATOR, _ROUND, Drawn.BID
            rows["target"] = targets[part]
            self._accepted(self._apply(Table.DRAWS, rows), "recorded draw")

    # -- steps ---------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the round, by way of a second person where the rules want one, and put up guarantees."""
        if self._rule(Parameter.GOVERNANCE_FOUR_EYES):
            self._act(RoundAction.PROPOSE)
            self._act(RoundAction.APPROVE, self._other(0))
            self._act(RoundAction.PUBLISH, self._other(0))
        self._act(RoundAction.OPEN)
        # The window of the rules, if they name a clock: bids come in it, in the order of arrival.
        self._time_ns = max(self._time_ns, self._core.rounds()[0].opens_ns)
        for name, amount in self._setup.inputs.guarantees:
            rows = rows_of(Table.GUARANTEES, 1)
            self._key(rows, [name], self._request_ids)
            rows["round_number"], rows["amount_minor"] = _ROUND, amount
            self._accepted(self._apply(Table.GUARANTEES, rows), f"guarantee of {name}")

    def _announce(self) -> None:
        if self._rule(Parameter.GOVERNANCE_ANNOUNCEMENT):
            if self._rule(Parameter.GOVERNANCE_MONITOR):
                self._act(RoundAction.CERTIFY, self._other(1))
            self._act(RoundAction.ANNOUNCE, self._other(0))
            self._act(RoundAction.SETTLE)

    def _other(self, place: int) -> int:
        return _OPERATOR + len(self._numbers) + 1 + place

    def _rule(self, parameter: Parameter) -> int:
        """What the rules say on the round's day; 0 where they say nothing."""
        return RulesOfRound(self._book, self._setup.day, self._setup.values).of(parameter).value or 0

    # -- bids ----------------------------------------------------------------------------------------------------

    def _enter(self, rows: np.ndarray) -> Verdicts:
        """Bids as they are."""
        applied = self._apply(Table.BIDS, rows)
        return applied.outcomes, applied.parameters

    def _take_bids(self, send: Callable[[np.ndarray], Verdicts]) -> tuple[dict[int, str], list[RefusedBid]]:
        """Sends the bids in the order of arrival; the ids they got, and those that were refused."""
        bid_ids: dict[int, str] = {}
        refused: list[RefusedBid] = []
        for part in _parts(len(self._bids)):
            bids = self._bids[part]
            rows = rows_of(Table.BIDS, len(bids))
            self._key(rows, [bid.bidder for bid in bids], self._request_ids)
            rows["round_number"] = _ROUND
            rows["price_ticks"] = [bid.price_ticks for bid in bids]
            rows["quantity_lots"] = [bid.quantity_lots for bid in bids]
            outcomes, parameters = send(rows)
            for i, bid in enumerate(bids):
                bid_ids[order_id(int(rows["session"][i]), int(rows["request_id"][i]))] = bid.bid_id
            for i in np.flatnonzero(outcomes).tolist():
                bid, parameter = bids[i], Parameter(int(parameters[i]))
                refused.append(
                    RefusedBid(
                        bid.bid_id,
                        Outcome(int(outcomes[i])).name,
                        "" if parameter is Parameter.NONE else DEFINITIONS[parameter].key,
                        self._clause(parameter, bid.participant_class),
                    )
                )
        return bid_ids, refused

    def _clause(self, parameter: Parameter, participant_class: ParticipantClass) -> str:
        if parameter is Parameter.NONE:
            return ""
        return clause_text(self._text.decode(), int(parameter), int(participant_class), self._setup.day)

    def _key(self, rows: np.ndarray, names: Sequence[str], sent: dict[str, int]) -> None:
        """Actor, session and increasing request ids for rows of these participants, in row order."""
        for i, name in enumerate(names):
            sent[name] = sent.get(name, 0) + 1
            rows["request_id"][i] = sent[name]
        rows["actor"] = [self._numbers[name] for name in names]
        # Sessions were opened in the order of participants, the operator aside, so their numbers are one less.
        rows["session"] = rows["actor"] - _OPERATOR

    # -- the core ------------------------------------------------------------------------------------------------

    def _act(self, action: RoundAction, actor: int = _OPERATOR) -> None:
        rows = rows_of(Table.ROUND_ACTIONS, 1)
        rows["actor"], rows["round_number"], rows["action"] = actor, _ROUND, action
        self._accepted(self._apply(Table.ROUND_ACTIONS, rows), f"{action.name.lower()} of the round")

    def _send(self, table: Table, rows: np.ndarray, text: bytes, what: str) -> None:
        """Rows of the operator's."""
        rows["actor"] = _OPERATOR
        self._accepted(self._apply(table, rows, text), what)

    def _named(self, table: Table, names: Sequence[str], actor: int | list[int] = _OPERATOR, **columns: object) -> None:
        """Rows that carry a name each, in as few batches as they fit."""
        for part in _parts(len(names)):
            encoded = [name.encode() for name in names[part]]
            lengths = [len(text) for text in encoded]
            rows = rows_of(table, len(encoded))
            rows["actor"] = actor[part] if isinstance(actor, list) else actor
            rows["text_length"] = lengths
            rows["text_start"] = np.cumsum([0, *lengths[:-1]])
            for column, values in columns.items():
                rows[column] = values[part] if isinstance(values, list) else values
            self._accepted(self._apply(table, rows, b"".join(encoded)), f"{table.name.lower()} row")

    def _apply(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Applied:
        self._time_ns += 1
        return self._core.apply(Batch(table, self._time_ns, rows, text))

    def _accepted(self, applied: Applied, *what: str) -> None:
        """Raises BadInput with every refused row: what it was, why, under which clause, and what to do."""
        problems = []
        for row in np.flatnonzero(applied.outcomes).tolist():
            outcome, parameter = Outcome(int(applied.outcomes[row])), Parameter(int(applied.parameters[row]))
            rule = "" if parameter is Parameter.NONE else f" ({DEFINITIONS[parameter].key})"
            name = what[row] if len(what) > 1 else what[0]
            problems.append(f"{name}: {outcome.name}{rule}. {self._advice(outcome, parameter)}")
        if problems:
            raise BadInput(problems)

    def _advice(self, outcome: Outcome, parameter: Parameter) -> str:
        if outcome is Outcome.CONSIGNMENT_RATIO_EXCEEDED and any(lot.holding_lots is None for lot in self._lots):
            return "The ratio is measured on what a consignor holds: add the column `holding` to the lots."
        clause = self._clause(parameter, ParticipantClass.KEY_EMITTER)
        return f"{ADVICE[outcome]} {clause}".strip()

    def _report(self, result: RoundResult, names: dict[int, str], refused: Sequence[RefusedBid]) -> RoundReport:
        setup = self._setup
        return RoundReport(
            title=Text(setup.name, setup.name),
            name=setup.name,
            day=date.fromordinal(setup.day + EPOCH_ORDINAL),
            instrument=setup.instrument,
            scale=Scale(self._book.currency, setup.tick_minor, setup.lot_units),
            result=result,
            book=self._book,
            book_sha256=book_sha256(self._text),
            sellers={line.seller: names[line.seller] for line in result.supply},
            values=tuple((int(v.parameter), v.participant_class, v.value) for v in setup.values),
            sent=self._sent(refused),
            draws=() if self._tie_order is None else (self._tie_order.summary(),),
        )

    def _sent(self, refused: Sequence[RefusedBid]) -> SentBids:
        """What was sent in, and what the rules refused of it, by reason."""
        lots = {bid.bid_id: bid.quantity_lots for bid in self._bids}
        by_reason: dict[str, list[int]] = {}
        for row in refused:
            by_reason.setdefault(row.outcome, []).append(lots[row.bid_id])
        return SentBids(
            bidders=len({bid.bidder for bid in self._bids}),
            bids=len(self._bids),
            lots=sum(lots.values()),
            refused=tuple(
                Refusals(words.refusal(Outcome[name]), len(cut), sum(cut)) for name, cut in by_reason.items()
            ),
        )


def _read_book(name: str) -> tuple[Book, bytes]:
    try:
        files = find_book(name)
    except BookNotFound as error:
        raise BadInput(str(error)) from None
    reading = files.read()
    if reading.book is None:
        raise ProblemsFound(reading.problems)
    return reading.book, book_text(files.name, files.files)


def _participants(setup: RoundFile, bids: Sequence[FileBid], lots: Sequence[FileLot]) -> dict[str, ParticipantClass]:
    """Everybody who is named, with their class. Raises BadInput where the files disagree about somebody."""
    classes: dict[str, ParticipantClass] = {}
    problems: list[str] = []
    named = [(bid.bidder, bid.participant_class, f"bids, line {bid.line}") for bid in bids]
    named += [(lot.consignor, lot.participant_class, f"consigned lots, line {lot.line}") for lot in lots]
    for name, klass, where in named:
        if classes.setdefault(name, klass) is not klass:
            known = classes[name].name.lower()
            problems.append(f"{where}: {name} is {klass.name.lower()} here and {known} elsewhere; give it one class")
    for offer in setup.supply:
        classes.setdefault(offer.seller, ParticipantClass.GOVERNMENT)
    named_before = set(classes)
    if setup.inputs.reserve_account:
        classes.setdefault(setup.inputs.reserve_account, ParticipantClass.GOVERNMENT)
    strangers = [name for name in setup.inputs.participants if name not in named_before]
    if strangers:
        problems.append(f"{', '.join(strangers)}: named in the round file, but neither bids nor consigns nor sells")
    if "operator" in classes or set(_OTHER_OPERATORS) & set(classes):
        problems.append("the name 'operator' is taken by whoever runs the round; give the participant another name")
    if problems:
        raise BadInput(problems)
    return classes


def _numbered(classes: dict[str, ParticipantClass], order: Sequence[str]) -> dict[str, ParticipantClass]:
    """The same in the order of their numbers; a number that nobody has is a stranger's."""
    numbered = {
        name or f"number {number}": classes.get(name, ParticipantClass.INSTITUTION)
        for number, name in enumerate(order, start=_OPERATOR + 1)
    }
    return numbered | classes


def _capacity_for(participants: int) -> Capacity:
    """The smallest class, from that of a server on, that holds so many participants and their sessions."""
    for capacity in CLASSES.values():
        if capacity.participants >= max(participants + 1, MEDIUM.participants):
            return capacity
    most = max(capacity.participants for capacity in CLASSES.values()) - 3
    raise BadInput(f"{participants - 2} participants are more than the {most} a round can have; merge small bidders")


def _parts(count: int) -> Iterator[slice]:
    """Slices of at most one batch's rows."""
    for start in range(0, count, BATCH_ROWS_MAX):
        yield slice(start, min(start + BATCH_ROWS_MAX, count))
