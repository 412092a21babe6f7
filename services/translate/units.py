"""The life of units: requests to rows of its tables, and what the core shows of it."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import Table, rows_of
from engine.views import ObligationView, PledgeView, UnitKind
from services.translate.keys import admit_optional_key
from services.translate.problems import Admission
from services.wire.jingjia.units.v1 import units_pb2


def unit_type_rows(request: units_pb2.SetUnitTypeRequest, actor: int) -> np.ndarray:
    """The row that says what the units of an instrument are."""
    admission = Admission()
    rows = rows_of(Table.UNIT_TYPES, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, request.key)
    rows["instrument"] = admission.within("instrument", request.instrument, 1, 2**16 - 2)
    rows["unit_type"] = admission.known("unit_type", request.unit_type, units_pb2.UnitType.keys())
    rows["vintage"] = admission.within("vintage", request.vintage, 0, 2100)
    admission.close()
    return rows


def unit_step_rows(request: units_pb2.StepUnitsRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a step, and its text."""
    admission = Admission()
    rows = rows_of(Table.UNIT_STEPS, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, request.key)
    rows["step"] = admission.known("step", request.step, units_pb2.UnitStep.keys())
    for name, value, least, most in (
        ("instrument", request.instrument, 1, 2**16 - 2),
        ("obligation", request.obligation, 0, 2**16 - 2),
        ("participant", request.participant, 0, 2**32 - 1),
        ("counterparty", request.counterparty, 0, 2**32 - 1),
        ("year", request.year, 0, 2100),
        ("quantity_lots", request.quantity_lots, 1, limits.HOLDING_LOTS_MAX),
    ):
        rows[name] = admission.within(name, value, least, most)
    rows["target"] = admission.within("pledge", request.pledge, 0, 2**31)
    text = admission.name("reason", request.reason) if request.reason else b""
    rows["text_length"] = len(text)
    admission.close()
    return rows, text


def unit_kind_message(view: UnitKind) -> units_pb2.InstrumentUnits:
    """What the units of an instrument are; it is public."""
    return units_pb2.InstrumentUnits(
        instrument=view.instrument,
        unit_type=int(view.unit_type),  # type: ignore[arg-type]
        vintage=view.vintage,
    )


def obligation_message(view: ObligationView) -> units_pb2.Obligation:
    """What a participant has to surrender for a year."""
    return units_pb2.Obligation(
        instrument=view.instrument,
        year=view.year,
        emissions=view.emissions,
        surrendered=[
            units_pb2.Surrendered(unit_type=int(kind), units=units)  # type: ignore[arg-type]
            for kind, units in view.surrendered
        ],
        owed=view.owed,
    )


def pledge_message(view: PledgeView) -> units_pb2.Pledge:
    """A pledge."""
    return units_pb2.Pledge(
        number=view.number,
        instrument=view.instrument,
        owner=view.owner,
        pledgee=view.pledgee,
        quantity_lots=view.lots,
    )
