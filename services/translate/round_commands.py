"""What a round is told beside bids and consignments: steps, changes, draws, hidden reserves, guarantees, facts."""

from __future__ import annotations

import re

import numpy as np

from engine import limits
from engine.commands import Change, Table, rows_of
from services.translate import columns
from services.translate.keys import admit_key, admit_optional_key
from services.translate.problems import Admission
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.common.v1 import common_pb2

_SHA256 = re.compile(r"[0-9a-f]{64}")


def step_rows(request: auctions_pb2.StepRoundRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row of a step, and its reason."""
    admission = Admission()
    rows = _row(admission, Table.ROUND_STEPS, request.key, actor, request.round_number)
    reason = request.reason.encode()
    if len(reason) > limits.NAME_BYTES_MAX:
        admission.add("reason", f"found {len(reason)} bytes; allowed is at most {limits.NAME_BYTES_MAX}")
    rows["text_length"] = len(reason)
    rows["action"] = admission.known("action", request.action, auctions_pb2.RoundAction.keys())
    rows["argument"] = admission.within("extension_minutes", request.extension_minutes, 0, 1_440)
    admission.close()
    return rows, reason


def amend_rows(request: auctions_pb2.AmendBidRequest, actor: int) -> np.ndarray:
    """The row that changes a bid. It needs a key: the new bid is named after it."""
    admission = Admission()
    rows = rows_of(Table.CHANGES, 1)
    rows["actor"], rows["round_number"], rows["change"] = actor, request.round_number, Change.AMEND_BID
    rows["session"], rows["request_id"] = admit_key(admission, request.key)
    rows["target"] = admission.within("bid_id", request.bid_id, 1, 2**62)
    rows["price_ticks"] = admission.within("price_ticks", request.price_ticks, 1, limits.PRICE_TICKS_MAX)
    rows["quantity_lots"] = admission.within("quantity_lots", request.quantity_lots, 1, limits.QUANTITY_LOTS_MAX)
    admission.close()
    return rows


def withdrawal_rows(
    request: auctions_pb2.WithdrawBidRequest | auctions_pb2.WithdrawConsignmentRequest, actor: int
) -> np.ndarray:
    """The row that withdraws a bid or a consigned line."""
    admission = Admission()
    rows = _row(admission, Table.CHANGES, request.key, actor, request.round_number)
    if isinstance(request, auctions_pb2.WithdrawBidRequest):
        rows["change"] = Change.WITHDRAW_BID
        rows["target"] = admission.within("bid_id", request.bid_id, 1, 2**62)
    else:
        rows["change"] = Change.WITHDRAW_CONSIGNMENT
        rows["target"] = admission.within("line", request.line, 1, 2**32 - 1)
    admission.close()
    return rows


def guarantee_rows(request: auctions_pb2.ChangeGuaranteeRequest, actor: int) -> np.ndarray:
    """The row that puts up a guarantee or takes it back."""
    admission = Admission()
    rows = _row(admission, Table.GUARANTEES, request.key, actor, request.round_number)
    most = limits.AMOUNT_MINOR_MAX
    rows["amount_minor"] = admission.within("amount_minor", request.amount_minor, -most, most)
    admission.close()
    return rows


def draw_rows(request: auctions_pb2.RecordDrawRequest, actor: int) -> np.ndarray:
    """The rows of a draw, in the order in which the targets were drawn."""
    admission = Admission()
    targets = columns.read(request.targets)
    if not 1 <= len(targets) <= limits.BATCH_ROWS_MAX:
        admission.add("targets", f"found {len(targets)}; allowed is 1 to {limits.BATCH_ROWS_MAX}")
        admission.close()
    rows = rows_of(Table.DRAWS, len(targets))
    rows["actor"], rows["round_number"], rows["target"] = actor, request.round_number, targets
    if request.key.session or request.key.request_id:
        session, first = admit_key(admission, request.key, len(rows))
        rows["session"], rows["request_id"] = session, first + np.arange(len(rows))
    rows["drawn"] = admission.known("drawn", request.drawn, auctions_pb2.Drawn.keys())
    admission.close()
    return rows


def seal_rows(request: auctions_pb2.SealHiddenReserveRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row that seals a hidden reserve, and its hash."""
    admission = Admission()
    rows = _row(admission, Table.HIDDEN_RESERVES, request.key, actor, request.round_number)
    if not _SHA256.fullmatch(request.commitment_sha256):
        allowed = "allowed is a SHA-256 as 64 hexadecimal digits in lower case"
        admission.add("commitment_sha256", f"found {len(request.commitment_sha256)} characters; {allowed}")
    rows["text_length"] = len(request.commitment_sha256)
    admission.close()
    return rows, request.commitment_sha256.encode()


def reveal_rows(request: auctions_pb2.RevealHiddenReserveRequest, actor: int) -> tuple[np.ndarray, bytes]:
    """The row that reveals a hidden reserve, and its salt."""
    admission = Admission()
    rows = _row(admission, Table.HIDDEN_RESERVES, request.key, actor, request.round_number)
    rows["price_ticks"] = admission.within("price_ticks", request.price_ticks, 1, limits.PRICE_TICKS_MAX)
    salt = admission.name("salt", request.salt)
    rows["text_length"] = len(salt)
    admission.close()
    return rows, salt


def fact_rows(request: auctions_pb2.RecordFactRequest, actor: int) -> np.ndarray:
    """The row of a verified quantity."""
    admission = Admission()
    rows = _row(admission, Table.FACTS, request.key, actor)
    rows["participant"] = admission.within("participant", request.participant, 1, 2**32 - 1)
    rows["instrument"] = admission.within("instrument", request.instrument, 1, 2**16 - 2)
    rows["fact"] = admission.known("fact", request.fact, auctions_pb2.Fact.keys())
    rows["year"] = admission.within("year", request.year, 1990, 2100)
    rows["quantity_lots"] = admission.within("quantity_lots", request.quantity_lots, 0, limits.HOLDING_LOTS_MAX)
    admission.close()
    return rows


def link_rows(request: auctions_pb2.LinkParticipantRequest, actor: int) -> np.ndarray:
    """The row that links a participant with others."""
    admission = Admission()
    rows = _row(admission, Table.LINKS, request.key, actor)
    rows["participant"] = admission.within("participant", request.participant, 1, 2**32 - 1)
    rows["link"] = request.link
    admission.close()
    return rows


def _row(
    admission: Admission, table: Table, key: common_pb2.RequestKey, actor: int, round_number: int | None = None
) -> np.ndarray:
    rows = rows_of(table, 1)
    rows["actor"] = actor
    rows["session"], rows["request_id"] = admit_optional_key(admission, key)
    if round_number is not None:
        rows["round_number"] = round_number
    return rows
