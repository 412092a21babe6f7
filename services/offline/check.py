"""Could a round of a file be opened? Everything in its way at once, else the rules that it would be judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from engine.auction.terms import PriceRule
from engine.parameters import DEFINITIONS, Parameter
from engine.rounds.terms import ALWAYS_NEEDED, NEEDED_WITH_CONSIGNMENT
from engine.rules.forms import EPOCH_ORDINAL
from engine.rules.model import BIDDERS
from engine.rules.problems import ProblemsFound
from services.errors import BadInput
from services.offline.bid_files import FileLot
from services.offline.round import open_round
from services.offline.round_files import RoundFile
from services.reports.in_force import InForce, RulesOfRound
from services.rule_books.files import BookNotFound, load_book


@dataclass(frozen=True)
class Checked:
    """A round that can be opened: the rules in force, and who is named but will only be known by bids.

    What the file says of these (facts, guarantees, links) was read, and was not put before the core, which has to know
    a participant's class.
    """

    rules: list[InForce]
    unknown_yet: tuple[str, ...]


def check_round(file: str, setup: RoundFile, lots: Sequence[FileLot] = ()) -> Checked:
    """The rules in force, once the round was opened without bids. Raises BadInput with all that is in the way.

    `file` is the name of the round's file, for messages.
    """
    try:
        book = load_book(setup.rule_book)
    except BookNotFound as error:
        raise BadInput(str(error)) from None
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from None
    rules = RulesOfRound(book, setup.day, setup.values)
    missing = _missing(rules)
    if missing:
        # The core would name the first of them only.
        day = date.fromordinal(setup.day + EPOCH_ORDINAL)
        raise BadInput(
            [
                f"{file}: {DEFINITIONS[parameter].key}: found no value in force on {day} in rule book {book.name}\n"
                f"  allowed: a value for {DEFINITIONS[parameter].meaning}\n"
                "  next: Set one for this round with a [[value]], or name a book and a day for which it is known."
                for parameter in missing
            ]
        )
    known = {lot.consignor for lot in lots} | {offer.seller for offer in setup.supply}
    open_round(replace(setup, inputs=setup.inputs.of(known)), lots)
    unknown_yet = tuple(name for name in setup.inputs.participants if name not in known)
    return Checked(rules.all(with_consignment=bool(lots)), unknown_yet)


def _missing(rules: RulesOfRound) -> list[Parameter]:
    """Every rule that the opening needs and nobody gave a value."""
    needed = [parameter for parameter, _ in ALWAYS_NEEDED]
    if rules.of(Parameter.AUCTION_PRICE_RULE).value == PriceRule.UNIFORM:
        needed.append(Parameter.AUCTION_UNDERSUBSCRIPTION_RULE)
    if any(rules.of(Parameter.CONSIGNMENT_ALLOWED, klass).value for klass in BIDDERS):
        needed += [parameter for parameter, _ in NEEDED_WITH_CONSIGNMENT]
    return [parameter for parameter in needed if rules.of(parameter).value is None]
