"""Auction rounds: requests to rows of their tables, and rounds and results as a given reader may see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine import limits
from engine.auction.terms import RoundStatus
from engine.commands import RoundAction, SupplyKind, Table, rows_of
from engine.parameters import BY_KEY, DEFINITIONS, Kind, Parameter
from engine.rules.forms import NotAllowed, did_you_mean
from engine.rules.values import format_value, parse_value
from engine.views import Award, DemandLevel, Round, RoundResult, SupplyLine
from engine.words.rounds import Visibility
from services.sealing.desk import SealedEntry
from services.translate import columns
from services.translate.keys import admit_key, admit_optional_key
from services.translate.orders import admit_request_ids
from services.translate.problems import Admission
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.common.v1 import common_pb2

DAY_MAX = limits.TIME_NS_MAX // 86_400_000_000_000


def bid_rows(message: auctions_pb2.BidColumns, actor: int) -> np.ndarray:
    """The rows of a batch of bids of participant `actor`; raises `Malformed` with everything that is wrong."""
    admission = Admission()
    ids = columns.read(message.request_ids)
    if not 1 <= len(ids) <= limits.BATCH_ROWS_MAX:
        admission.add("bids.request_ids", f"found {len(ids)} rows; allowed is 1 to {limits.BATCH_ROWS_MAX}")
        admission.close()
    rows = rows_of(Table.BIDS, len(ids))
    rows["actor"] = actor
    rows["session"] = admission.within("bids.session", message.session, 1, limits.SESSIONS_MAX)
    admit_request_ids(admission, "bids.request_ids", ids)
    rows["request_id"] = ids
    for name, target, least, largest in (
        ("round_numbers", "round_number", 1, 2**32 - 1),
        ("price_ticks", "price_ticks", 1, limits.PRICE_TICKS_MAX),
        ("quantity_lots", "quantity_lots", 1, limits.QUANTITY_LOTS_MAX),
    ):
        values = columns.read(getattr(message, name))
        if len(values) != len(rows):
            admission.add(f"bids.{name}", f"found {len(values)} values; allowed is {len(rows)}, as many as request_ids")
            continue
        wrong = (values < least) | (values > largest)
        admission.add_rows(f"bids.{name}", wrong, values, f"allowed is {least} to {largest}")
        rows[target] = values
    admission.close()
    passed = rows["price_ticks"] * rows["quantity_lots"] > limits.AMOUNT_MINOR_MAX
    allowed = f"price x quantity may not pass {limits.AMOUNT_MINOR_MAX}"
    admission.add_rows("bids.quantity_lots", passed, rows["quantity_lots"], allowed)
    admission.close()
    return rows


def one_form(seals: Callable[[int], bool], rows: np.ndarray) -> bool:
    """Whether the rounds of these bids take commitments. Raises `Malformed` where some do and others do not: what
    enters as one batch has one form."""
    numbers = np.unique(rows["round_number"]).tolist()
    sealed = [number for number in numbers if seals(number)]
    if sealed and len(sealed) < len(numbers):
        admission = Admission()
        found = f"found rounds {sealed} that take commitments beside others that do not"
        admission.add("bids.round_numbers", f"{found}; allowed is one kind in a request: send them apart")
        admission.close()
    return bool(sealed)


def commitment_message(entry: SealedEntry) -> auctions_pb2.BidCommitment:
    """What a member keeps of a bid that was committed to."""
    return auctions_pb2.BidCommitment(
        bid_id=entry.bid_id, commitment_sha256=entry.commitment.hex(), salt=entry.salt.hex()
    )


def consignment_rows(request: auctions_pb2.ConsignRequest, actor: int) -> np.ndarray:
    """The row of a consignment."""
    admission = Admission()
    rows = rows_of(Table.CONSIGNMENTS, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_key(admission, request.key)
    rows["round_number"] = request.round_number
    rows["group"] = admission.within("group", request.group, 0, 2**16 - 1)
    rows["quantity_lots"] = admission.within("quantity_lots", request.quantity_lots, 1, limits.QUANTITY_LOTS_MAX)
    minimum = admission.within("minimum_price_ticks", request.minimum_price_ticks, 0, limits.PRICE_TICKS_MAX)
    rows["minimum_price_ticks"] = minimum
    admission.close()
    return rows


def action_rows(round_number: int, key: common_pb2.RequestKey, action: RoundAction, actor: int) -> np.ndarray:
    """The row of a step in the life of a round."""
    admission = Admission()
    rows = rows_of(Table.ROUND_ACTIONS, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, key)
    rows["round_number"] = round_number
    rows["action"] = action
    admission.close()
    return rows


def draft_rows(
    request: auctions_pb2.CreateRoundRequest, actor: int
) -> tuple[np.ndarray, bytes, np.ndarray, np.ndarray, Table]:
    """A drafted round: rows of ROUNDS with their text, of ROUND_VALUES, and of a table of supply, which is named.

    The last two are still without a round number.
    """
    admission = Admission()
    counts = (1, len(request.values), len(request.supply))
    session, first = admit_key(admission, request.key, sum(counts))
    # Lines with conditions have a table of their own; a draft's lines all go into one.
    supply_table = Table.SUPPLY_LINES if any(map(_has_conditions, request.supply)) else Table.SUPPLY
    wanted = (Table.ROUNDS, Table.ROUND_VALUES, supply_table)
    tables = [rows_of(table, count) for table, count in zip(wanted, counts, strict=True)]
    for rows in tables:
        rows["actor"] = actor
        rows["session"] = session
        rows["request_id"] = first + np.arange(len(rows))
        first += len(rows)
    head, values, supply = tables
    name = admission.name("name", request.name)
    head["text_length"] = len(name)
    head["rule_book"] = admission.within("rule_book", request.rule_book, 1, 2**16 - 1)
    head["instrument"] = admission.within("instrument", request.instrument, 1, 2**16 - 2)
    head["day"] = admission.within("day", request.day, 0, DAY_MAX)
    for row, value in enumerate(request.values):
        values[row] = (*values[row].tolist()[:3], 0, *_value(admission, f"values[{row}]", value))
    for row, line in enumerate(request.supply):
        _supply(admission, f"supply[{row}]", line, supply[row])
    admission.close()
    return head, name, values, supply, supply_table


def _value(admission: Admission, field: str, value: auctions_pb2.RoundValue) -> tuple[int, int, int]:
    """(parameter, class, value) of a value that a round sets for itself."""
    names = common_pb2.ParticipantClass.keys()
    klass = admission.known(f"{field}.participant_class", value.participant_class, names, optional=True)
    parameter = BY_KEY.get(value.parameter)
    if parameter is None:
        advice = did_you_mean(value.parameter, list(BY_KEY)) or "A rule book that is shown lists them."
        admission.add(f"{field}.parameter", f"no parameter is called {value.parameter!r}. {advice}")
        return 0, klass, 0
    try:
        return int(parameter), klass, parse_value(parameter, typed(parameter, value.value))
    except NotAllowed as error:
        admission.add(f"{field}.value", f"found {value.value!r}; allowed is {error}")
        return int(parameter), klass, 0


def typed(parameter: Parameter, text: str) -> object:
    """The text of a value as the type that a rule book would give it: quoted text, a whole number, or true or false."""
    match DEFINITIONS[parameter].kind:
        case Kind.UNITS | Kind.COUNT:
            return int(text) if text.isdecimal() and text.isascii() else text
        case Kind.SWITCH:
            return {"true": True, "false": False}.get(text, text)
        case _:
            return text


def _supply(admission: Admission, field: str, line: auctions_pb2.NewSupply, row: np.record) -> None:
    row["seller"] = line.seller
    row["kind"] = admission.known(f"{field}.kind", line.kind, auctions_pb2.SupplyKind.keys())
    row["group"] = admission.within(f"{field}.group", line.group, 0, 2**16 - 1)
    row["rank"] = admission.within(f"{field}.rank", line.rank, 0, 2**16 - 1)
    row["quantity_lots"] = admission.within(f"{field}.quantity_lots", line.quantity_lots, 1, limits.QUANTITY_LOTS_MAX)
    if "tier" in (row.dtype.names or ()):
        most = limits.PRICE_TICKS_MAX - 1
        for name in ("minimum_price_ticks", "trigger_price_ticks"):
            row[name] = admission.within(f"{field}.{name}", getattr(line, name), 0, most)
        row["tier"] = admission.within(f"{field}.tier", line.tier, 0, 255)
        row["withheld"] = line.withheld


def _has_conditions(line: auctions_pb2.NewSupply) -> bool:
    return bool(line.minimum_price_ticks or line.trigger_price_ticks or line.tier or line.withheld)


# -- what a reader may see ------------------------------------------------------------------------------------------

_STAGES = {name[len("ROUND_STAGE_") :].lower(): number for name, number in auctions_pb2.RoundStage.items() if number}
_ENDED = ("cleared", "cancelled", "certified", "announced", "settled", "declined")
_WINDOW = ("open", "suspended")


def shows_demand(view: Round) -> bool:
    """Whether the rules show everybody the demand of a round as it stands."""
    return view.stage in _WINDOW and view.visibility is Visibility.LIVE_DEMAND


def live_demand_message(levels: Sequence[DemandLevel], indicative_ticks: int | None) -> auctions_pb2.LiveDemand:
    """Demand by price, and the price at which the round would clear."""
    return auctions_pb2.LiveDemand(
        price_ticks=[level.price_ticks for level in levels],
        quantity_lots=[level.quantity_lots for level in levels],
        indicative_price_ticks=indicative_ticks,
    )


def round_message(
    view: Round, reader: int, is_operator: bool, live_demand: auctions_pb2.LiveDemand | None = None
) -> auctions_pb2.Round:
    """A round as participant `reader` may see it: no count of sealed bids, no other seller's minimum price."""
    ended = view.stage in _ENDED
    counted = ended or is_operator or view.visibility is not Visibility.SEALED
    return auctions_pb2.Round(
        number=view.number,
        name=view.name,
        rule_book=view.rule_book,
        instrument=view.instrument,
        day=view.day,
        stage=_STAGES[view.stage],
        bids=view.bids if counted else None,
        supply=[_line(line, ended or line.seller == reader) for line in view.supply],
        values=[
            auctions_pb2.RoundValue(
                parameter=DEFINITIONS[Parameter(parameter)].key,
                participant_class=klass,  # type: ignore[arg-type]
                value=format_value(Parameter(parameter), value),
            )
            for parameter, klass, value in view.values
        ],
        visibility=int(view.visibility),  # type: ignore[arg-type]
        opens_ns=view.opens_ns,
        closes_ns=view.closes_ns,
        steps=[
            auctions_pb2.RoundStep(action=int(step.action), actor=step.actor, reason=step.reason)  # type: ignore[arg-type]
            for step in view.steps
        ],
        hidden_reserve_sha256=view.commitment,
        live_demand=live_demand,
        sealing=int(view.sealing),  # type: ignore[arg-type]
        unrevealed=view.unrevealed,
    )


def _line(line: SupplyLine, open_minimum: bool) -> auctions_pb2.SupplyLine:
    return auctions_pb2.SupplyLine(
        line=line.line,
        kind=int(SupplyKind(line.kind)),  # type: ignore[arg-type]
        group=line.group,
        rank=line.rank,
        seller=line.seller,
        quantity_lots=line.quantity_lots,
        minimum_price_ticks=line.minimum_price_ticks if open_minimum else 0,
        sold_lots=line.sold_lots,
        proceeds_minor=line.proceeds_minor,
        trigger_price_ticks=line.trigger_price_ticks,
        tier=line.tier,
        withheld=line.withheld,
        released=line.released,
    )


def result_message(result: RoundResult, reader: int, sees_all: bool) -> auctions_pb2.RoundResult:
    """A result as participant `reader` may see it: the public figures, and what concerns it (or all)."""
    message = auctions_pb2.RoundResult(
        status=int(RoundStatus(result.status)),  # type: ignore[arg-type]
        price_ticks=result.price_ticks,
        offered_lots=result.offered_lots,
        sold_lots=result.sold_lots,
        valid_demand_lots=result.valid_demand_lots,
        submitted_demand_lots=result.submitted_demand_lots,
        proceeds_minor=result.proceeds_minor,
        supply=[_line(line, True) for line in result.supply if sees_all or line.seller == reader],
        draws=[
            auctions_pb2.DrawnPlace(drawn=int(draw.drawn), target=draw.target, place=draw.place)  # type: ignore[arg-type]
            for draw in result.draws
        ],
        hidden_reserve_ticks=result.hidden_reserve_ticks,
        fees=[
            auctions_pb2.RoundFee(participant=participant, fee_minor=fee)
            for participant, fee in result.fees
            if sees_all or participant == reader
        ],
        defaults=[
            auctions_pb2.RoundDefault(
                participant=default.participant,
                quantity_lots=default.lots,
                forfeited_minor=default.forfeited_minor,
            )
            for default in result.defaults
            if sees_all or default.participant == reader
        ],
    )
    _write_awards(message.awards, [award for award in result.awards if sees_all or award.bidder == reader])
    return message


def _write_awards(message: auctions_pb2.Awards, awards: Sequence[Award]) -> None:
    def column(name: str) -> np.ndarray:
        return np.array([getattr(award, name) for award in awards], np.int64)

    names = {"bid_ids": "bid", "bidders": "bidder", "bid_quantity_lots": "bid_quantity_lots"}
    same = ("bid_price_ticks", "awarded_lots", "price_ticks", "payment_minor", "valid")
    names |= {name: name for name in same}
    columns.write(message, {field: column(name) for field, name in names.items()})
