"""A round that the service ran, in the form in which a round from files comes: from here on there is one path.

What a core holds of a cleared round becomes a round file, bids and lots; the same bids as sealed bids; and a report.
Bids are all that stood when the window closed, in the order of arrival, also those that the reveal of a committed round
found void. What was refused at entry was answered then and there, and is no part of it. A bid is called by its id, a
line of supply by its place: consigned lines that were withdrawn are left out, the others come last, as in files.

Nothing is computed here, and nothing believed: `services.proof.again` runs these files once more and compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from engine.commands import Drawn, Fact, SupplyKind
from engine.core import Core
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Parameter
from engine.rules.compile import book_sha256
from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.loader import adopted_book
from engine.views import Round, RoundPapers, RoundResult, RuleBook
from services.clauses import clause_text
from services.errors import BadInput
from services.offline.bid_files import FileBid, FileLot
from services.offline.round_files import FileFact, OperatorValue, RoundFile, RoundInputs, SupplyOffer
from services.proof.receipts import Seal, SealedBid, sealed
from services.proof.record import sealed_bid
from services.reports import words
from services.reports.report import ReceiptsRoot, Refusals, RoundReport, SentBids, Text
from services.reports.result_json import RefusedBid
from services.reports.scale import Scale

WHY = "Set for this round by the operator, as the journal has it."


@dataclass(frozen=True)
class ServedRound:
    """One cleared round of a core. `names` are those of all participants, by number."""

    number: int
    setup: RoundFile
    bids: tuple[FileBid, ...]
    lots: tuple[FileLot, ...]
    refused: tuple[RefusedBid, ...]
    report: RoundReport
    names: Mapping[int, str]
    book_text: bytes

    @property
    def bid_ids(self) -> dict[int, str]:
        """The name of each bid, by its number."""
        return {int(bid.bid_id): bid.bid_id for bid in self.bids}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Who has which number, from 2 on, as far as anybody has a part in the round; empty where somebody has none."""
        parts = {bid.bidder for bid in self.bids} | {lot.consignor for lot in self.lots}
        parts |= {offer.seller for offer in self.setup.supply} | {self.setup.inputs.reserve_account}
        last = max((number for number, name in self.names.items() if name in parts), default=1)
        return tuple(self.names[number] if self.names[number] in parts else "" for number in range(2, last + 1))

    def seal(self, secret: bytes) -> Seal:
        """The bids under one root."""
        return sealed(self.setup.name, self.sealed_bids(), secret)

    def sealed_bids(self) -> list[SealedBid]:
        """The bids in the form in which they are sealed."""
        return [sealed_bid(bid, self.setup) for bid in self.bids]

    def sealed_report(self, secret: bytes) -> RoundReport:
        """The report with the root in it."""
        seal = self.seal(secret)
        return replace(self.report, receipts=ReceiptsRoot(seal.root, len(seal.bids)))


def served_round(core: Core, number: int) -> ServedRound:
    """A cleared round of a core. Raises BadInput where there is no such round, or it has no result."""
    views = core.rounds()
    if not 1 <= number <= len(views):
        raise BadInput(f"there is no round {number}; the journal has {len(views)} rounds, numbered from 1")
    view, result = views[number - 1], core.round_result(number)
    if result is None:
        raise BadInput(f"round {number} ({view.name}) is {view.stage}: it has no result; clear it first")
    return _Reading(core, view, result).read()


def decided_round(core: Core, number: int) -> ServedRound:
    """A round of a core that stands just before the clear, with the result that the clear comes to: what was decided,
    whoever pays for it afterwards. Raises KeyError for a round that cannot be cleared now."""
    return _Reading(core, core.rounds()[number - 1], core.preview_clear(number)).read()


class _Reading:
    """One reading of a round out of a core."""

    def __init__(self, core: Core, view: Round, result: RoundResult) -> None:
        self._core, self._view = core, view
        self._names = {participant.number: participant.name for participant in core.participants()}
        self._classes = {participant.number: participant.participant_class for participant in core.participants()}
        self._papers: RoundPapers = core.round_papers(view.number)
        self._book: RuleBook = core.rule_books()[view.rule_book - 1]
        self._result = _relabelled(result)

    def read(self) -> ServedRound:
        view = self._view
        (bids, refused), lots = self._bids(), self._lots()
        setup = self._setup({bid.bidder for bid in bids} | {lot.consignor for lot in lots})
        return ServedRound(
            number=view.number,
            setup=setup,
            bids=bids,
            lots=lots,
            refused=refused,
            report=self._report(setup, bids, refused),
            names=self._names,
            book_text=self._book.text.encode(),
        )

    def _setup(self, involved: set[str]) -> RoundFile:
        view, instrument = self._view, self._core.instruments()[self._view.instrument - 1]
        return RoundFile(
            name=view.name,
            rule_book=self._book.name,
            day=view.day,
            instrument=instrument.name,
            tick_minor=instrument.tick_minor,
            lot_units=instrument.lot_units,
            supply=tuple(
                SupplyOffer(
                    seller=self._names[line.seller],
                    kind=line.kind,
                    group=line.group,
                    rank=line.rank,
                    quantity_lots=self._papers.offered.get(line.line, line.quantity_lots),
                    minimum_price_ticks=line.minimum_price_ticks,
                    trigger_price_ticks=0 if line.tier else line.trigger_price_ticks,
                    tier=line.tier,
                    withheld=line.withheld,
                )
                for line in view.supply
                if line.kind is not SupplyKind.CONSIGNED and (line.quantity_lots or line.line in self._papers.offered)
            ),
            values=tuple(OperatorValue(Parameter(code), klass, value, WHY) for code, klass, value in view.values),
            inputs=self._inputs(involved),
        )

    def _inputs(self, involved: set[str]) -> RoundInputs:
        """What is known of those who bid or consign; who only put something up, or was linked, changes nothing."""
        papers, year = self._papers, date.fromordinal(self._view.day + EPOCH_ORDINAL).year
        facts = [
            FileFact(self._names[who], fact, when, lots)
            for who, fact, when, lots in papers.facts
            if when == (year if fact is Fact.ALLOCATION else year - 1) and self._names[who] in involved
        ]
        links = [tuple(self._names[who] for who in group if self._names[who] in involved) for group in papers.links]
        return RoundInputs(
            hidden_reserve=papers.hidden_reserve,
            line_order=tuple(
                draw.target
                for draw in sorted(self._result.draws, key=lambda draw: draw.place)
                if draw.drawn is Drawn.SUPPLY_LINE
            ),
            facts=tuple(facts),
            guarantees=tuple(
                (self._names[who], amount)
                for who, amount in sorted(papers.guarantees.items())
                if self._names[who] in involved
            ),
            links=tuple(group for group in links if len(group) > 1),
            reserve_account=self._names.get(papers.reserve_account, ""),
        )

    def _lots(self) -> tuple[FileLot, ...]:
        consigned = [line for line in self._view.supply if line.kind is SupplyKind.CONSIGNED and line.quantity_lots]
        return tuple(
            FileLot(
                line=place,
                consignor=self._names[line.seller],
                participant_class=self._classes[line.seller],
                group=line.group,
                quantity_lots=line.quantity_lots,
                minimum_price_ticks=line.minimum_price_ticks,
                holding_lots=self._papers.holdings.get(line.seller),
            )
            for place, line in enumerate(consigned, start=2)
        )

    def _bids(self) -> tuple[tuple[FileBid, ...], tuple[RefusedBid, ...]]:
        """All bids in the order of arrival, and those that were void when they were revealed."""
        entered = {a.bid: (a.bidder, a.bid_price_ticks, a.bid_quantity_lots) for a in self._result.awards}
        commitments = self._core.commitments(self._view.number)
        refused = []
        order = list(entered)
        if commitments:
            order = [c.bid for c in commitments if c.bid in entered or c.void]
            for c in commitments:
                if c.void is not None:
                    entered[c.bid] = (c.bidder, c.void.price_ticks, c.void.quantity_lots)
                    refused.append(self._refusal(c.bid, c.bidder, c.void.outcome, c.void.parameter))
        bids = [
            FileBid(line, str(bid), self._names[entered[bid][0]], self._classes[entered[bid][0]], *entered[bid][1:], "")
            for line, bid in enumerate(order, start=2)
        ]
        return tuple(bids), tuple(refused)

    def _refusal(self, bid: int, bidder: int, outcome: int, parameter: int) -> RefusedBid:
        key, clause = "", ""
        if parameter:
            key = DEFINITIONS[Parameter(parameter)].key
            clause = clause_text(self._book.text, parameter, int(self._classes[bidder]), self._view.day)
        return RefusedBid(str(bid), Outcome(outcome).name, key, clause)

    def _report(self, setup: RoundFile, bids: Sequence[FileBid], refused: Sequence[RefusedBid]) -> RoundReport:
        book = adopted_book(self._book.text)
        return RoundReport(
            title=Text(setup.name, setup.name),
            name=setup.name,
            day=date.fromordinal(setup.day + EPOCH_ORDINAL),
            instrument=setup.instrument,
            scale=Scale(book.currency, setup.tick_minor, setup.lot_units),
            result=self._result,
            book=book,
            book_sha256=book_sha256(self._book.text),
            sellers={line.seller: self._names[line.seller] for line in self._result.supply},
            values=self._view.values,
            sent=_sent(bids, refused),
        )


def _sent(bids: Sequence[FileBid], refused: Sequence[RefusedBid]) -> SentBids:
    """What was sealed, and what the rules refused of it, by reason."""
    lots = {bid.bid_id: bid.quantity_lots for bid in bids}
    by_reason: dict[str, list[int]] = {}
    for row in refused:
        by_reason.setdefault(row.outcome, []).append(lots[row.bid_id])
    return SentBids(
        bidders=len({bid.bidder for bid in bids}),
        bids=len(bids),
        lots=sum(lots.values()),
        refused=tuple(Refusals(words.refusal(Outcome[name]), len(cut), sum(cut)) for name, cut in by_reason.items()),
    )


def _relabelled(result: RoundResult) -> RoundResult:
    """The result with its lines in the order of files, numbered from 1, without consigned ones that were withdrawn."""
    live = [line for line in result.supply if line.quantity_lots or line.kind is not SupplyKind.CONSIGNED]
    live.sort(key=lambda line: (line.kind is SupplyKind.CONSIGNED, line.line))
    places = {line.line: place for place, line in enumerate(live, start=1)}
    draws = [
        draw if draw.drawn is Drawn.BID else replace(draw, target=places[draw.target])
        for draw in result.draws
        if draw.drawn is Drawn.BID or draw.target in places
    ]
    lines = tuple(replace(line, line=places[line.line]) for line in live)
    return replace(result, supply=lines, draws=tuple(draws))
