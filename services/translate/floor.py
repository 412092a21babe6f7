"""The floor: stops and changes as rows of their tables, and what the floor shows as messages."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, Table, rows_of
from engine.exchange.day.holders import LargeHolder
from engine.parameters import BY_KEY, Parameter
from engine.rules.forms import NotAllowed
from engine.rules.values import format_value, parse_value
from engine.views import DayPricesView, RuleChange, Stop
from engine.words.floor import ChangeStep, ControlAction
from services.translate.keys import admit_optional_key
from services.translate.problems import Admission
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.floor.v1 import floor_pb2

Controls = floor_pb2.StopTradingRequest | floor_pb2.ProposeResumptionRequest | floor_pb2.ApproveResumptionRequest


def control_rows(request: Controls, action: ControlAction, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a stop, or of a step to lift one, and its text."""
    admission = Admission()
    rows = _row(admission, Table.MARKET_CONTROLS, request.key, actor)
    reason = admission.name("reason", request.reason)
    rows["action"], rows["text_length"] = action, len(reason)
    rows["participant"], rows["instrument"] = ALL_PARTICIPANTS, ALL_INSTRUMENTS
    target = request.target
    match target.WhichOneof("target"):
        case "participant":
            rows["participant"] = admission.within("target.participant", target.participant, 1, 2**32 - 2)
        case "instrument":
            rows["instrument"] = admission.within("target.instrument", target.instrument, 1, 2**16 - 1)
        case "everything" if target.everything:
            pass
        case _:
            admission.add("target", "found nothing; allowed is participant, instrument, or everything: true")
    admission.close()
    return rows, reason


def proposal_rows(request: floor_pb2.ProposeChangeRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a proposed change, and its text."""
    admission = Admission()
    rows = _row(admission, Table.VENUE_CHANGES, request.key, actor)
    reason = admission.name("reason", request.reason)
    rows["step"], rows["text_length"] = ChangeStep.PROPOSE, len(reason)
    rows["instrument"] = admission.within("instrument", request.instrument, 1, 2**16 - 1)
    rows["effective_ns"] = admission.within("effect.time_ns", request.effect.time_ns, 0, limits.TIME_NS_MAX)
    rows["effective_sequence"] = admission.within("effect.sequence", request.effect.sequence, 0, limits.TIME_NS_MAX)
    match request.WhichOneof("change"):
        case "value":
            key = request.value.parameter
            parameter = BY_KEY.get(key)
            if parameter is None:
                admission.add("value.parameter", f"found {key[:40]!r}; allowed is a parameter's key")
            else:
                rows["parameter"], rows["value"] = parameter, _value(admission, parameter, request.value.value)
        case "rule_book":
            rows["value"] = admission.within("rule_book", request.rule_book, 1, 2**16 - 1)
        case _:
            admission.add("change", "found nothing; allowed is value or rule_book")
    admission.close()
    return rows, reason


def answer_rows(
    request: floor_pb2.ApproveChangeRequest | floor_pb2.WithdrawChangeRequest, step: ChangeStep, actor: int
) -> np.ndarray:
    """The row that approves or withdraws a change."""
    admission = Admission()
    rows = _row(admission, Table.VENUE_CHANGES, request.key, actor)
    rows["step"] = step
    rows["change"] = admission.within("change", request.change, 1, 2**32 - 1)
    admission.close()
    return rows


def _value(admission: Admission, parameter: Parameter, text: str) -> int:
    """A value as a rule book writes it: numbers may come without quotes."""
    allowed = ""
    for raw in (text, int(text) if text.isdecimal() and len(text) < 20 else text):
        try:
            return parse_value(parameter, raw)
        except NotAllowed as refusal:
            allowed = refusal.allowed
    admission.add("value.value", f"found {text[:40]!r}; allowed is {allowed}")
    return 0


def _row(admission: Admission, table: Table, key: common_pb2.RequestKey, actor: int) -> np.ndarray:
    rows = rows_of(table, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, key)
    return rows


# -- what is shown ---------------------------------------------------------------------------------------------------


def day_message(view: DayPricesView, sequence: int) -> floor_pb2.GetTradingDayResponse:
    """The prices of a day."""
    return floor_pb2.GetTradingDayResponse(
        instrument=view.instrument,
        sequence=sequence,
        reference_price_ticks=view.reference_price_ticks,
        band_low_ticks=view.band_low_ticks,
        band_high_ticks=view.band_high_ticks,
        open_ticks=view.open_ticks,
        close_ticks=view.close_ticks,
        source=int(view.source or 0),  # type: ignore[arg-type]
        volume_lots=min(view.volume_lots, limits.INT64_MAX),
        trades=view.trades,
        last_close_ticks=view.last_close_ticks,
    )


def stop_message(stop: Stop, proposed_by: int) -> floor_pb2.Stop:
    """A stop that stands."""
    target = floor_pb2.Target(everything=True)
    if stop.participant:
        target = floor_pb2.Target(participant=stop.participant)
    elif stop.instrument:
        target = floor_pb2.Target(instrument=stop.instrument)
    return floor_pb2.Stop(
        target=target, by=stop.by, time_ns=stop.time_ns, reason=stop.reason, resumption_proposed_by=proposed_by
    )


def change_message(change: RuleChange) -> floor_pb2.Change:
    """A change of the rules."""
    value = None
    if change.parameter:
        value = floor_pb2.ParameterValue(
            parameter=_KEYS[change.parameter], value=format_value(change.parameter, change.value)
        )
    return floor_pb2.Change(
        number=change.number,
        instrument=change.instrument,
        value=value,
        rule_book=0 if change.parameter else change.value,
        effect=floor_pb2.Effect(time_ns=change.effective_ns, sequence=change.effective_sequence),
        proposed_by=change.proposed_by,
        approved_by=change.approved_by,
        reason=change.reason,
        state=int(change.state),  # type: ignore[arg-type]
    )


_KEYS = {parameter: key for key, parameter in BY_KEY.items()}


def holder_message(holder: LargeHolder) -> floor_pb2.LargeHolder:
    """An account to report."""
    return floor_pb2.LargeHolder(
        participant=holder.participant,
        held_lots=holder.held_lots,
        counted_lots=holder.counted_lots,
        threshold_lots=holder.threshold_lots,
        allocation_year=holder.allocation_year,
    )
