"""Reference data and accounts: requests to rows of their tables, and views to messages."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import CASH, Phase, Table, rows_of
from engine.views import Due, Holding, Instrument, Participant, Session
from services.translate.keys import admit_optional_key
from services.translate.market import PHASES
from services.translate.problems import Admission
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.reference.v1 import reference_pb2

_PHASE_NUMBERS: dict[int, Phase] = {number: phase for phase, number in PHASES.items()}


def participant_rows(request: reference_pb2.RegisterParticipantRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a registration, and its text."""
    admission = Admission()
    rows = _row(admission, Table.PARTICIPANTS, request.key, actor)
    name = admission.name("name", request.name)
    rows["text_length"] = len(name)
    names = common_pb2.ParticipantClass.keys()
    rows["participant_class"] = admission.known("participant_class", request.participant_class, names)
    admission.close()
    return rows, name


def instrument_rows(request: reference_pb2.DefineInstrumentRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a definition, and its text."""
    admission = Admission()
    rows = _row(admission, Table.INSTRUMENTS, request.key, actor)
    name = admission.name("name", request.name)
    rows["text_length"] = len(name)
    rows["rule_book"] = admission.within("rule_book", request.rule_book, 1, 2**16 - 1)
    rows["tick_minor"] = admission.within("tick_minor", request.tick_minor, 1, limits.TICK_VALUE_MINOR_MAX)
    rows["lot_units"] = admission.within("lot_units", request.lot_units, 1, limits.TICK_VALUE_MINOR_MAX)
    admission.close()
    return rows, name


def session_rows(request: reference_pb2.OpenSessionRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row that opens a session, and its text. It has no key: its name makes it repeatable."""
    admission = Admission()
    rows = rows_of(Table.SESSIONS, 1)
    rows["actor"] = actor
    name = admission.name("name", request.name)
    rows["text_length"] = len(name)
    admission.close()
    return rows, name


def phase_rows(request: reference_pb2.SetPhaseRequest, actor: int) -> np.ndarray:
    """The row of a change of phase."""
    admission = Admission()
    rows = _row(admission, Table.PHASES, request.key, actor)
    rows["instrument"] = admission.within("instrument", request.instrument, 1, 2**16 - 2)
    number = admission.known("phase", request.phase, market_pb2.Phase.keys())
    admission.close()
    rows["phase"] = _PHASE_NUMBERS[number]
    return rows


def deposit_rows(request: accounts_pb2.DepositRequest, actor: int) -> np.ndarray:
    """The row of a deposit."""
    admission = Admission()
    rows = _row(admission, Table.DEPOSITS, request.key, actor)
    rows["participant"] = admission.within("participant", request.participant, 1, 2**32 - 1)
    match request.WhichOneof("asset"):
        case "cash_minor":
            rows["instrument"] = CASH
            rows["quantity"] = admission.within("cash_minor", request.cash_minor, 1, limits.AMOUNT_MINOR_MAX)
        case "units":
            units = request.units
            rows["instrument"] = admission.within("units.instrument", units.instrument, 1, 2**16 - 2)
            most = limits.HOLDING_LOTS_MAX
            rows["quantity"] = admission.within("units.quantity_lots", units.quantity_lots, 1, most)
        case _:
            admission.add("asset", "found nothing; allowed is cash_minor or units")
    admission.close()
    return rows


def _row(admission: Admission, table: Table, key: common_pb2.RequestKey, actor: int) -> np.ndarray:
    rows = rows_of(table, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, key)
    return rows


# -- views ----------------------------------------------------------------------------------------------------------


def participant_message(view: Participant) -> reference_pb2.Participant:
    """A participant."""
    klass = int(view.participant_class)
    return reference_pb2.Participant(number=view.number, name=view.name, participant_class=klass)  # type: ignore[arg-type]


def instrument_message(view: Instrument) -> reference_pb2.Instrument:
    """An instrument."""
    return reference_pb2.Instrument(
        number=view.number,
        name=view.name,
        rule_book=view.rule_book,
        tick_minor=view.tick_minor,
        lot_units=view.lot_units,
        price_step_ticks=view.price_step_ticks,
        quantity_step_lots=view.quantity_step_lots,
        phase=PHASES[view.phase],
    )


def session_message(view: Session) -> reference_pb2.Session:
    """A session."""
    return reference_pb2.Session(number=view.number, name=view.name, last_request_id=view.last_request_id)


def due_message(view: Due) -> accounts_pb2.Due:
    """What settles on a trading day."""
    return accounts_pb2.Due(
        instrument=view.instrument,
        trading_days=view.trading_days,
        quantity_lots=view.quantity_lots,
        amount_minor=view.amount_minor,
    )


def holding_message(view: Holding) -> accounts_pb2.Holding:
    """Units of one instrument."""
    return accounts_pb2.Holding(
        instrument=view.instrument,
        available_lots=view.available_lots,
        held_lots=view.held_lots,
        locked_lots=view.locked_lots,
        unsettled_lots=view.unsettled_lots,
        pledged_lots=view.pledged_lots,
        compliance_lots=view.compliance_lots,
    )
