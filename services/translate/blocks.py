"""Negotiated blocks: messages to rows of BLOCKS, waiting offers to messages."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine import limits
from engine.commands import BlockCommand, Table, rows_of
from services.translate.keys import admit_key, admit_optional_key
from services.translate.orders import ORDER_ID_MAX
from services.translate.problems import Admission
from services.wire.jingjia.blocks.v1 import blocks_pb2
from services.wire.jingjia.common.v1 import common_pb2

INSTRUMENT_MAX = 0xFFFF
PARTICIPANT_MAX = 2**32 - 1

Answer = blocks_pb2.ConfirmBlockRequest | blocks_pb2.DeclineBlockRequest | blocks_pb2.WithdrawBlockRequest


def offer_row(request: blocks_pb2.OfferBlockRequest, actor: int) -> np.ndarray:
    """The row of a new offer."""
    admission = Admission()
    rows = _row(actor, BlockCommand.OFFER, admit_key(admission, request.key))
    values = {
        "instrument": admission.within("instrument", request.instrument, 1, INSTRUMENT_MAX),
        "side": admission.known("side", request.side, common_pb2.Side.keys()),
        "counterparty": admission.within("counterparty", request.counterparty, 0, PARTICIPANT_MAX),
        "expire_ns": admission.within("expire_ns", request.expire_ns, 0, limits.TIME_NS_MAX),
        **_terms(admission, request.price_ticks, request.quantity_lots),
    }
    return _filled(admission, rows, values)


def counter_row(request: blocks_pb2.CounterBlockRequest, actor: int) -> np.ndarray:
    """The row of other terms."""
    admission = Admission()
    rows = _row(actor, BlockCommand.COUNTER, admit_key(admission, request.key))
    values = {
        "offer_id": admission.within("offer_id", request.offer_id, 1, ORDER_ID_MAX),
        **_terms(admission, request.price_ticks, request.quantity_lots),
    }
    return _filled(admission, rows, values)


def answer_row(request: Answer, actor: int, command: BlockCommand) -> np.ndarray:
    """The row of a confirmation, a decline or a withdrawal."""
    admission = Admission()
    rows = _row(actor, command, admit_key(admission, request.key))
    return _filled(admission, rows, {"offer_id": admission.within("offer_id", request.offer_id, 1, ORDER_ID_MAX)})


def switch_row(request: blocks_pb2.SwitchBlocksRequest, actor: int) -> np.ndarray:
    """The row that switches blocks of an instrument on or off."""
    admission = Admission()
    command = BlockCommand.START if request.open else BlockCommand.STOP
    rows = _row(actor, command, admit_optional_key(admission, request.key))
    return _filled(
        admission, rows, {"instrument": admission.within("instrument", request.instrument, 1, INSTRUMENT_MAX)}
    )


def offers(lines: np.ndarray, instrument: int, caller: int, everything: bool) -> Iterable[blocks_pb2.BlockOffer]:
    """What a caller may see of the waiting offers (lines of `engine.orderbook.modes.block.layout.OFFER`)."""
    for line in lines:
        proposer, asked = int(line["proposer"]), int(line["asked"])
        if (everything or caller == proposer or asked in (0, caller)) and instrument in (0, int(line["instrument"])):
            yield blocks_pb2.BlockOffer(
                offer_id=int(line["offer_id"]),
                instrument=int(line["instrument"]),
                proposer=proposer,
                asked=asked,
                side=int(line["proposer_side"]),  # type: ignore[arg-type]
                price_ticks=int(line["price_ticks"]),
                quantity_lots=int(line["quantity_lots"]),
                expire_ns=int(line["expire_ns"]),
            )


def _row(actor: int, command: BlockCommand, key: tuple[int, int]) -> np.ndarray:
    rows = rows_of(Table.BLOCKS, 1)
    rows["actor"], rows["command"] = actor, command
    rows["session"], rows["request_id"] = key
    return rows


def _terms(admission: Admission, price_ticks: int, quantity_lots: int) -> dict[str, int]:
    return {
        "price_ticks": admission.within("price_ticks", price_ticks, 1, limits.PRICE_TICKS_MAX),
        "quantity_lots": admission.within("quantity_lots", quantity_lots, 1, limits.QUANTITY_LOTS_MAX),
    }


def _filled(admission: Admission, rows: np.ndarray, values: dict[str, int]) -> np.ndarray:
    admission.close()
    for name, value in values.items():
        rows[name] = value
    return rows
