"""What the service proves of its rounds: receipts, notices, exports, explanations, by the code of rounds from files.

The expensive parts run in a thread, on copies; what was made for a round is kept for the next caller, for the last few
rounds. A receipt waits for the result to be public, as everything here does for whoever is no operator.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from engine.outcomes import Outcome
from engine.rules.problems import ProblemsFound
from engine.views import Participant
from services import identity
from services.errors import BadInput, CheckFailed
from services.explain.report import explain_bid
from services.explain.round_trace import TracedRound, Untraced
from services.proof.again import RunAgain, export_files, public_files, run_again
from services.proof.draw import TieOrder, read_order
from services.proof.receipts import Seal
from services.proof.served import ServedRound, served_round
from services.servicers.venue import Context, Venue
from services.status import NotFound, NotYet
from services.translate.auctions import commitment_message
from services.translate.problems import Admission
from services.wire.jingjia.auctions.v1 import auctions_pb2

THINGS_KEPT = 8
"""Seals, notices, exports and rounds run again: so many of them stay."""

_Made = TypeVar("_Made")


class Kept:
    """What was made of the last few rounds, by what was made and of which state of which round."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[object, ...], asyncio.Future[object]] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="proofs")

    async def get(self, key: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
        """What `make` gave for this key, now or before; it runs in a thread, one after the other.

        A caller who goes away does not end it: whoever asks again gets what was begun. What failed is forgotten.
        """
        made = self._made.get(key)
        if made is None or (made.done() and made.exception() is not None):
            made = self._made[key] = asyncio.get_running_loop().run_in_executor(self._thread, make)
            while len(self._made) > THINGS_KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return cast(_Made, await asyncio.shield(made))


class ProofCalls:
    """The calls of the auction service that prove something of a round."""

    _venue: Venue
    _kept: Kept

    async def GetReceipt(
        self, request: auctions_pb2.GetReceiptRequest, context: Context
    ) -> auctions_pb2.GetReceiptResponse:
        """The caller's receipt, or what it committed to."""
        caller = self._venue.caller(context)
        view = self._venue.round(request.round_number)
        entries = await self._venue.sealing.entries_of(view.number, caller.number)
        response = auctions_pb2.GetReceiptResponse(commitments=map(commitment_message, entries))
        if self._venue.core.round_result(view.number) is None or not view.result_is_public:
            if not entries:
                raise NotYet(Outcome.ROUND_NOT_CLOSED, f"Round {view.number} is {view.stage}; receipts come with it.")
            return response
        seal = await self._seal(request.round_number, caller)
        if caller.name in seal.bidders():
            response.receipt = json.dumps(seal.receipt(caller.name), ensure_ascii=False)
        elif not entries:
            raise NotFound(Outcome.BID_UNKNOWN, f"{caller.name} had no bid in round {view.number} when it closed.")
        return response

    async def GetNotice(
        self, request: auctions_pb2.GetNoticeRequest, context: Context
    ) -> auctions_pb2.GetNoticeResponse:
        """The results notice."""
        caller = self._venue.caller(context)
        served, secret = await self._served(request.round_number, caller)
        draw = _draw(request.draw)
        key = ("notice", *self._state(served), request.draw)
        files = await self._kept.get(key, lambda: public_files(served, secret, draw))
        return auctions_pb2.GetNoticeResponse(files=_messages(files))

    async def GetRoundExport(
        self, request: auctions_pb2.GetRoundExportRequest, context: Context
    ) -> auctions_pb2.GetRoundExportResponse:
        """Everything that it takes to recompute the round."""
        caller = self._venue.caller(context)
        identity.require_operator(caller, "The export of a round")
        again = await self._again(request.round_number, caller, request.draw)
        key = ("export", *self._state(again.served), request.draw)
        files = await self._kept.get(key, lambda: export_files(again))
        return auctions_pb2.GetRoundExportResponse(files=_messages(files))

    async def ExplainBid(
        self, request: auctions_pb2.ExplainBidRequest, context: Context
    ) -> auctions_pb2.ExplainBidResponse:
        """A bid's way to its award."""
        caller = self._venue.caller(context)
        again = await self._again(request.round_number, caller, request.draw)
        served = again.served
        traced = TracedRound(served.setup, served.bids, served.lots, again.result, again.record.draw)
        bid = traced.bid(str(request.bid_id))
        if bid is None or not (identity.sees_everything(caller) or bid.bidder == caller.name):
            raise NotFound(Outcome.BID_UNKNOWN, f"No bid {request.bid_id} of yours stood when the window closed.")
        try:
            explanation = explain_bid(traced, bid)
        except Untraced as error:
            raise NotYet(Outcome.BID_UNKNOWN, f"Bid {request.bid_id} is not explained: {error}") from None
        return auctions_pb2.ExplainBidResponse(explanation=json.dumps(explanation.as_json(), ensure_ascii=False))

    # -- within --------------------------------------------------------------------------------------------------

    async def _served(self, number: int, caller: Participant) -> tuple[ServedRound, bytes]:
        """A round with a result that the caller may know, and the secret of its receipts. Raises NotFound, NotYet."""
        view, core = self._venue.round(number), self._venue.core
        if core.round_result(number) is None:
            raise NotYet(Outcome.ROUND_NOT_CLOSED, f"Round {number} is {view.stage}; it has no result.")
        if not view.result_is_public and not identity.sees_everything(caller):
            raise NotYet(Outcome.STEP_NOT_ALLOWED_IN_STAGE, f"The result of round {number} is not announced yet.")
        secret = await self._venue.sealing.secret_of(number)
        return served_round(core, number), secret

    async def _seal(self, number: int, caller: Participant) -> Seal:
        served, secret = await self._served(number, caller)

        def make() -> Seal:
            seal = served.seal(secret)
            seal.build()
            return seal

        return await self._kept.get(("seal", *self._state(served)), make)

    async def _again(self, number: int, caller: Participant, draw: bytes) -> RunAgain:
        served, secret = await self._served(number, caller)
        order = _draw(draw)
        try:
            return await self._kept.get(("again", *self._state(served), draw), lambda: run_again(served, secret, order))
        except (BadInput, CheckFailed) as error:
            raise NotYet(Outcome.STEP_NOT_ALLOWED_IN_STAGE, str(error)) from None

    def _state(self, served: ServedRound) -> tuple[int, str]:
        """What makes a result another one: the round, and how far it has come."""
        return served.number, self._venue.round(served.number).stage


def _draw(content: bytes) -> TieOrder | None:
    """The recorded draw that a request brings. Raises Malformed."""
    if not content:
        return None
    try:
        return read_order("draw", content)
    except (BadInput, ProblemsFound) as error:
        admission = Admission()
        for problem in error.problems:
            admission.add("draw", str(problem))
        admission.close()
        raise


def _messages(files: dict[str, bytes]) -> list[auctions_pb2.RoundFile]:
    return [auctions_pb2.RoundFile(name=name, content=content) for name, content in files.items()]
