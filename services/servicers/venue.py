"""What every servicer is given: the sequencer, the core's views, and who is calling."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import grpc.aio
import numpy as np

from engine.commands import Table
from engine.core import Core
from engine.outcomes import Outcome
from engine.views import Instrument, Participant, Round
from services import identity
from services.clauses import Clauses
from services.sealing.desk import SealingDesk
from services.sequencer.feed import Subscription
from services.sequencer.outcomes import Answer
from services.sequencer.sequencer import Sequencer
from services.status import NotFound, NotReady
from services.translate.answers import Clause, receipt
from services.wire.jingjia.common.v1 import common_pb2

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Venue:
    """The venue as the servicers see it. `ready` is set once the journal is replayed and kernels are compiled."""

    def __init__(
        self,
        sequencer: Sequencer[Core],
        journal_folder: Path,
        sealing: SealingDesk,
        *,
        tls: bool,
        write_timeout_s: float,
    ) -> None:
        self.sequencer, self.journal_folder, self.sealing = sequencer, journal_folder, sealing
        self.core = sequencer.core
        self.clauses = Clauses(sequencer.core)
        self.ready = False
        self.write_timeout_s = write_timeout_s
        self._tls = tls

    def caller(self, context: Context) -> Participant:
        """Who is calling. Raises what `services.identity` raises, and NotReady while the server starts."""
        if not self.ready:
            raise NotReady("The server is starting; its health is NOT_SERVING until it is ready.")
        return identity.caller(context, self.core, tls=self._tls)

    @property
    def last_sequence(self) -> int:
        """The last event that reads include."""
        return self.core.next_sequence - 1

    # -- writes --------------------------------------------------------------------------------------------------

    async def submit(self, table: Table, rows: np.ndarray, text: bytes = b"") -> Answer:
        """Records and judges a batch; returns its answer once both are done."""
        return await self.sequencer.submit(table, rows, text)

    async def submit_for_receipt(
        self, table: Table, rows: np.ndarray, text: bytes = b"", clause: Clause | None = None
    ) -> common_pb2.Receipt:
        """As `submit`, with the answer as a receipt."""
        return receipt([await self.submit(table, rows, text)], [clause or no_clause])

    def round_clause(self, rows: np.ndarray, participant: Participant) -> Clause:
        """The clauses behind refusals of rows that name a round."""
        klass = int(participant.participant_class)
        return lambda row, parameter: self.clauses.of_round(int(rows["round_number"][row]), parameter, klass)

    # -- reads ---------------------------------------------------------------------------------------------------

    def instrument(self, number: int) -> Instrument:
        """One instrument. Raises NotFound."""
        for view in self.core.instruments():
            if view.number == number:
                return view
        raise NotFound(Outcome.INSTRUMENT_UNKNOWN, f"There is no instrument {number}.")

    def round(self, number: int) -> Round:
        """One round. Raises NotFound."""
        for view in self.core.rounds():
            if view.number == number:
                return view
        raise NotFound(Outcome.ROUND_UNKNOWN, f"There is no round {number}.")

    def participant(self, caller: Participant, number: int, what: str) -> int:
        """Whose account is meant (0: the caller's own). Raises NotPermitted or NotFound."""
        if number in (0, caller.number):
            return caller.number
        identity.require_operator(caller, f"{what} of another participant")
        if not any(view.number == number for view in self.core.participants()):
            raise NotFound(Outcome.PARTICIPANT_UNKNOWN, f"There is no participant {number}.")
        return number

    # -- streams -------------------------------------------------------------------------------------------------

    def subscribe(self, from_sequence: int) -> Subscription:
        """Events from a sequence on (0: from now on). Raises TooOld and Malformed of the sequencer."""
        return self.sequencer.subscribe(from_sequence or self.core.next_sequence)


def no_clause(row: int, parameter: int) -> str:
    """For rows that no rule book stands behind."""
    del row, parameter
    return ""
