"""AuctionService: rounds from draft to result, consignments and sealed bids."""

from __future__ import annotations

import numpy as np

from engine.commands import RoundAction, Table, rows_of
from engine.outcomes import Outcome
from engine.views import Participant, Round
from services import identity
from services.sealing.desk import SealedEntry
from services.servicers.proofs import Kept, ProofCalls
from services.servicers.venue import Context, Venue
from services.status import NotYet
from services.translate import columns
from services.translate.answers import receipt, refusals, statuses
from services.translate.auctions import (
    action_rows,
    bid_rows,
    commitment_message,
    consignment_rows,
    draft_rows,
    live_demand_message,
    one_form,
    result_message,
    round_message,
    shows_demand,
)
from services.translate.round_commands import (
    amend_rows,
    draw_rows,
    fact_rows,
    guarantee_rows,
    link_rows,
    reveal_rows,
    seal_rows,
    step_rows,
    withdrawal_rows,
)
from services.wire.jingjia.auctions.v1 import auctions_pb2, auctions_pb2_grpc
from services.wire.jingjia.common.v1 import common_pb2


class AuctionServicer(ProofCalls, auctions_pb2_grpc.AuctionServiceServicer):
    """Runs rounds. What a bid says is shown to nobody but its bidder until the round is cleared."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._kept = Kept()

    # -- the life of a round -------------------------------------------------------------------------------------

    async def CreateRound(
        self, request: auctions_pb2.CreateRoundRequest, context: Context
    ) -> auctions_pb2.CreateRoundResponse:
        """Drafts a round: the round, its values, its supply, as three batches whose ids follow each other."""
        caller = self._venue.caller(context)
        head, name, values, supply, supply_table = draft_rows(request, caller.number)
        clauses = self._venue.clauses

        def clause(_row: int, parameter: int) -> str:
            return clauses.of_book(request.rule_book, parameter, day=request.day)

        answers = [await self._venue.submit(Table.ROUNDS, head, name)]
        last = head
        if not answers[0].outcomes[0]:
            for table, rows in ((Table.ROUND_VALUES, values), (supply_table, supply)):
                if len(rows):
                    rows["round_number"] = answers[0].references[0]
                    answers.append(await self._venue.submit(table, rows))
                    last = rows
        return auctions_pb2.CreateRoundResponse(
            receipt=receipt(answers, [clause] * len(answers)), last_request_id=int(last["request_id"][-1])
        )

    async def OpenRound(
        self, request: auctions_pb2.OpenRoundRequest, context: Context
    ) -> auctions_pb2.OpenRoundResponse:
        """Opens a round to consignments and bids."""
        told = await self._act(request.round_number, request.key, RoundAction.OPEN, self._venue.caller(context))
        return auctions_pb2.OpenRoundResponse(receipt=told)

    async def CloseRound(
        self, request: auctions_pb2.CloseRoundRequest, context: Context
    ) -> auctions_pb2.CloseRoundResponse:
        """Closes a round to bids."""
        told = await self._act(request.round_number, request.key, RoundAction.CLOSE, self._venue.caller(context))
        return auctions_pb2.CloseRoundResponse(receipt=told)

    async def CancelRound(
        self, request: auctions_pb2.CancelRoundRequest, context: Context
    ) -> auctions_pb2.CancelRoundResponse:
        """Cancels a round."""
        told = await self._act(request.round_number, request.key, RoundAction.CANCEL, self._venue.caller(context))
        return auctions_pb2.CancelRoundResponse(receipt=told)

    async def ClearRound(
        self, request: auctions_pb2.ClearRoundRequest, context: Context
    ) -> auctions_pb2.ClearRoundResponse:
        """Clears a round, or shows what clearing would give."""
        caller = self._venue.caller(context)
        if request.dry_run:
            return auctions_pb2.ClearRoundResponse(result=self._preview(request.round_number, caller))
        told = await self._act(request.round_number, request.key, RoundAction.CLEAR, caller)
        result = None if told.refusals else self._venue.core.round_result(request.round_number)
        return auctions_pb2.ClearRoundResponse(
            receipt=told, result=None if result is None else result_message(result, caller.number, sees_all=True)
        )

    async def StepRound(
        self, request: auctions_pb2.StepRoundRequest, context: Context
    ) -> auctions_pb2.StepRoundResponse:
        """Takes a step in the life of a round, with its reason."""
        caller = self._venue.caller(context)
        rows, reason = step_rows(request, caller.number)
        action = int(rows["action"][0])
        if action == RoundAction.CLEAR:
            await self._reveal(request.round_number, caller)
        told = await self._tell(Table.ROUND_STEPS, rows, caller, reason)
        if action == RoundAction.CLOSE:
            await self._reveal(request.round_number, caller)
        return auctions_pb2.StepRoundResponse(receipt=told)

    async def _act(
        self, number: int, key: common_pb2.RequestKey, action: RoundAction, caller: Participant
    ) -> common_pb2.Receipt:
        rows = action_rows(number, key, action, caller.number)
        clause = self._venue.round_clause(rows, caller)
        if action is RoundAction.CLEAR:
            await self._reveal(number, caller)
        told = await self._venue.submit_for_receipt(Table.ROUND_ACTIONS, rows, clause=clause)
        if action is RoundAction.CLOSE:
            await self._reveal(number, caller)
        return told

    async def _reveal(self, number: int, caller: Participant) -> None:
        """Reveals what a closed round's bids were committed to, where that is still to be done."""
        if identity.sees_everything(caller):
            await self._venue.sealing.reveal(number, caller.number)

    def _preview(self, number: int, caller: Participant) -> auctions_pb2.RoundResult:
        identity.require_operator(caller, "A dry run of the clearing")
        view = self._venue.round(number)
        if view.stage != "closed":
            raise NotYet(
                Outcome.ROUND_NOT_CLOSED, f"Round {number} is {view.stage}; bids stay sealed until it is closed."
            )
        if view.unrevealed:
            raise NotYet(Outcome.BIDS_NOT_REVEALED, f"The bids of round {number} are not revealed yet.")
        return result_message(self._venue.core.preview_clear(number), caller.number, sees_all=True)

    # -- consignments and bids -----------------------------------------------------------------------------------

    async def Consign(self, request: auctions_pb2.ConsignRequest, context: Context) -> auctions_pb2.ConsignResponse:
        """Consigns units of the caller."""
        caller = self._venue.caller(context)
        rows = consignment_rows(request, caller.number)
        clause = self._venue.round_clause(rows, caller)
        told = await self._venue.submit_for_receipt(Table.CONSIGNMENTS, rows, clause=clause)
        return auctions_pb2.ConsignResponse(receipt=told)

    async def SubmitBids(
        self, request: auctions_pb2.SubmitBidsRequest, context: Context
    ) -> auctions_pb2.SubmitBidsResponse:
        """Places bids of the caller."""
        caller = self._venue.caller(context)
        entries: list[SealedEntry] = []
        sealing, rows = self._venue.sealing, bid_rows(request.bids, caller.number)
        if one_form(sealing.seals, rows):
            answer, entries = await sealing.commit(rows)
        else:
            answer = await self._venue.submit(Table.BIDS, rows)
        message = auctions_pb2.SubmitBidsResponse(
            refusals=refusals(answer, self._venue.round_clause(rows, caller)),
            first_sequence=answer.first_sequence,
            last_sequence=answer.last_sequence,
            durable_through_batch=answer.durable_through,
            commitments=[commitment_message(entry) for entry in entries],
        )
        columns.write(message, {"statuses": statuses(answer)})
        return message

    async def AmendBid(self, request: auctions_pb2.AmendBidRequest, context: Context) -> auctions_pb2.AmendBidResponse:
        """Changes a bid of the caller."""
        caller = self._venue.caller(context)
        rows = amend_rows(request, caller.number)
        if not self._venue.sealing.seals(request.round_number):
            return auctions_pb2.AmendBidResponse(receipt=await self._tell(Table.CHANGES, rows, caller))
        bids = rows_of(Table.BIDS, 1)
        for name in bids.dtype.names or ():
            bids[name] = rows[name]
        answer, entries = await self._venue.sealing.commit(bids, replaces=request.bid_id)
        told = receipt([answer], [self._venue.round_clause(bids, caller)])
        return auctions_pb2.AmendBidResponse(receipt=told, commitment=commitment_message(entries[0]))

    async def WithdrawBid(
        self, request: auctions_pb2.WithdrawBidRequest, context: Context
    ) -> auctions_pb2.WithdrawBidResponse:
        """Withdraws a bid of the caller, or a mistaken one."""
        caller = self._venue.caller(context)
        told = await self._tell(Table.CHANGES, withdrawal_rows(request, caller.number), caller)
        return auctions_pb2.WithdrawBidResponse(receipt=told)

    async def WithdrawConsignment(
        self, request: auctions_pb2.WithdrawConsignmentRequest, context: Context
    ) -> auctions_pb2.WithdrawConsignmentResponse:
        """Withdraws a consigned line of the caller."""
        caller = self._venue.caller(context)
        told = await self._tell(Table.CHANGES, withdrawal_rows(request, caller.number), caller)
        return auctions_pb2.WithdrawConsignmentResponse(receipt=told)

    async def ChangeGuarantee(
        self, request: auctions_pb2.ChangeGuaranteeRequest, context: Context
    ) -> auctions_pb2.ChangeGuaranteeResponse:
        """Puts up a guarantee of the caller, or takes it back."""
        caller = self._venue.caller(context)
        told = await self._tell(Table.GUARANTEES, guarantee_rows(request, caller.number), caller)
        return auctions_pb2.ChangeGuaranteeResponse(receipt=told)

    # -- recorded inputs -----------------------------------------------------------------------------------------

    async def RecordDraw(
        self, request: auctions_pb2.RecordDrawRequest, context: Context
    ) -> auctions_pb2.RecordDrawResponse:
        """Records the order in which bids or lines were drawn."""
        caller = self._venue.caller(context)
        told = await self._tell(Table.DRAWS, draw_rows(request, caller.number), caller)
        return auctions_pb2.RecordDrawResponse(receipt=told)

    async def SealHiddenReserve(
        self, request: auctions_pb2.SealHiddenReserveRequest, context: Context
    ) -> auctions_pb2.SealHiddenReserveResponse:
        """Seals a hidden reserve by its hash."""
        caller = self._venue.caller(context)
        rows, text = seal_rows(request, caller.number)
        told = await self._tell(Table.HIDDEN_RESERVES, rows, caller, text)
        return auctions_pb2.SealHiddenReserveResponse(receipt=told)

    async def RevealHiddenReserve(
        self, request: auctions_pb2.RevealHiddenReserveRequest, context: Context
    ) -> auctions_pb2.RevealHiddenReserveResponse:
        """Reveals a sealed hidden reserve."""
        caller = self._venue.caller(context)
        rows, text = reveal_rows(request, caller.number)
        told = await self._tell(Table.HIDDEN_RESERVES, rows, caller, text)
        return auctions_pb2.RevealHiddenReserveResponse(receipt=told)

    async def RecordFact(
        self, request: auctions_pb2.RecordFactRequest, context: Context
    ) -> auctions_pb2.RecordFactResponse:
        """Records a verified quantity of a participant."""
        rows = fact_rows(request, self._venue.caller(context).number)
        return auctions_pb2.RecordFactResponse(receipt=await self._venue.submit_for_receipt(Table.FACTS, rows))

    async def LinkParticipant(
        self, request: auctions_pb2.LinkParticipantRequest, context: Context
    ) -> auctions_pb2.LinkParticipantResponse:
        """Links a participant with others."""
        rows = link_rows(request, self._venue.caller(context).number)
        return auctions_pb2.LinkParticipantResponse(receipt=await self._venue.submit_for_receipt(Table.LINKS, rows))

    async def _tell(self, table: Table, rows: np.ndarray, caller: Participant, text: bytes = b"") -> common_pb2.Receipt:
        """Submits rows that name a round."""
        clause = self._venue.round_clause(rows, caller)
        return await self._venue.submit_for_receipt(table, rows, text, clause)

    # -- reads ---------------------------------------------------------------------------------------------------

    async def GetRound(self, request: auctions_pb2.GetRoundRequest, context: Context) -> auctions_pb2.GetRoundResponse:
        """One round as it stands."""
        caller = self._venue.caller(context)
        view = self._venue.round(request.round_number)
        return auctions_pb2.GetRoundResponse(sequence=self._venue.last_sequence, round=self._shown(view, caller))

    async def ListRounds(
        self, request: auctions_pb2.ListRoundsRequest, context: Context
    ) -> auctions_pb2.ListRoundsResponse:
        """All rounds."""
        del request
        caller = self._venue.caller(context)
        return auctions_pb2.ListRoundsResponse(
            sequence=self._venue.last_sequence,
            rounds=[self._shown(view, caller) for view in self._venue.core.rounds()],
        )

    def _shown(self, view: Round, caller: Participant) -> auctions_pb2.Round:
        """A round as the caller may see it; with its demand where the rules show that to everybody."""
        core, demand = self._venue.core, None
        if shows_demand(view):
            levels = core.live_demand(view.number)
            demand = live_demand_message(levels, core.preview_clear(view.number).price_ticks)
        return round_message(view, caller.number, identity.sees_everything(caller), demand)

    async def GetResult(
        self, request: auctions_pb2.GetResultRequest, context: Context
    ) -> auctions_pb2.GetResultResponse:
        """The result of a cleared round."""
        caller = self._venue.caller(context)
        view = self._venue.round(request.round_number)
        result = self._venue.core.round_result(view.number)
        if result is None:
            raise NotYet(Outcome.ROUND_NOT_CLOSED, f"Round {view.number} is {view.stage}; it has no result.")
        if not view.result_is_public and not identity.sees_everything(caller):
            raise NotYet(Outcome.STEP_NOT_ALLOWED_IN_STAGE, f"The result of round {view.number} is not announced yet.")
        return auctions_pb2.GetResultResponse(
            sequence=self._venue.last_sequence,
            result=result_message(result, caller.number, identity.sees_everything(caller)),
        )
