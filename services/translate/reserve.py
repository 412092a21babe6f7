"""Reserves and years: requests to rows of their tables, and what the core shows of them."""

from __future__ import annotations

import numpy as np

from engine import limits
from engine.commands import Table, rows_of
from engine.views import ReserveView, YearView
from services.translate.keys import admit_optional_key
from services.translate.problems import Admission
from services.wire.jingjia.reserve.v1 import reserve_pb2

_DAY_MAX = limits.TIME_NS_MAX // 86_400_000_000_000


def reserve_rows(request: reserve_pb2.StepReserveRequest, actor: int) -> np.ndarray:
    """The row of a step of a reserve."""
    admission = Admission()
    rows = rows_of(Table.RESERVE_STEPS, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, request.key)
    rows["step"] = admission.known("step", request.step, reserve_pb2.ReserveStep.keys())
    for name, least, most in (
        ("instrument", 1, 2**16 - 2),
        ("rule_book", 0, 2**16 - 1),
        ("participant", 0, 2**32 - 1),
        ("day", 0, _DAY_MAX),
        ("target", 0, 2**31),
        ("quantity_lots", 0, limits.HOLDING_LOTS_MAX),
        ("price_ticks", 0, limits.PRICE_TICKS_MAX),
    ):
        rows[name] = admission.within(name, getattr(request, name), least, most)
    admission.close()
    return rows


def allocation_rows(request: reserve_pb2.StepAllocationRequest, actor: int) -> np.ndarray:
    """The row of a step of a year."""
    admission = Admission()
    rows = rows_of(Table.ALLOCATIONS, 1)
    rows["actor"], rows["exempt"] = actor, request.exempt
    rows["session"], rows["request_id"] = admit_optional_key(admission, request.key)
    rows["step"] = admission.known("step", request.step, reserve_pb2.AllocationStep.keys())
    for name, least, most in (
        ("instrument", 1, 2**16 - 2),
        ("rule_book", 0, 2**16 - 1),
        ("participant", 1, 2**32 - 1),
        ("year", 1990, 2100),
        ("quantity_lots", 1, limits.HOLDING_LOTS_MAX),
    ):
        rows[name] = admission.within(name, getattr(request, name), least, most)
    admission.close()
    return rows


def reserve_message(view: ReserveView) -> reserve_pb2.Reserve:
    """A reserve; it is public."""
    return reserve_pb2.Reserve(
        instrument=view.instrument,
        account=view.account,
        rule_book=view.rule_book,
        quantity_lots=view.lots,
        vintages=[reserve_pb2.Vintage(year=year, quantity_lots=lots) for year, lots in view.vintages],
        triggers=[
            reserve_pb2.Trigger(
                number=trigger.number,
                movement=int(trigger.movement),  # type: ignore[arg-type]
                day=trigger.day,
                most_lots=trigger.most_lots,
                decided=trigger.decided,
            )
            for trigger in view.triggers
        ],
        buy_backs=[
            reserve_pb2.BuyBack(number=number, price_ticks=price, open_lots=lots)
            for number, price, lots in view.open_buy_backs
        ],
    )


def year_message(view: YearView) -> reserve_pb2.Year:
    """A planned year; it is public."""
    return reserve_pb2.Year(
        instrument=view.instrument,
        year=view.year,
        total_lots=view.total_lots,
        reserve_lots=view.reserve_lots,
        new_entrant_lots=view.new_entrant_lots,
        emitter_lots=view.emitter_lots,
        free_lots=view.free_lots,
        paid_lots=view.paid_lots,
        round_lots=view.round_lots,
    )
