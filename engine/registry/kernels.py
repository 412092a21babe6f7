"""The first judgement of every row: who asks, in which session, under which request id.

One helper for the kernels that judge orders and bids row by row, and one kernel that judges whole batches of the other
tables before Python handles their few rows. A row whose actor and session hold uses up its request id even when a
later judgement refuses it: the id has been answered, and a repeat must get that same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.jit import helper, kernel
from engine.limits import REQUEST_ID_MAX
from engine.outcomes import Outcome

ACCEPTED = int(Outcome.ACCEPTED)
ACTOR_UNKNOWN = int(Outcome.ACTOR_UNKNOWN)
SESSION_NOT_OF_ACTOR = int(Outcome.SESSION_NOT_OF_ACTOR)
REQUEST_ID_NOT_INCREASING = int(Outcome.REQUEST_ID_NOT_INCREASING)
NOT_PERMITTED_FOR_CLASS = int(Outcome.NOT_PERMITTED_FOR_CLASS)

HEAD = np.dtype((np.record, [("actor", "u4"), ("session", "u4"), ("request_id", "i8")]))
"""The columns that rows of every table begin with."""


@helper
def judge_envelope(x: Any, actor: int, session: int, request_id: int, classes: int, keyless: bool) -> int:
    """Outcome of a row's first three columns; on the way a good request id is used up.

    `classes` is a bit mask of the classes that may send this table; `keyless` says whether rows may come without a
    session (then `session` and `request_id` are both 0).
    """
    if actor < 1 or actor >= x.participants.shape[0] or x.participants[actor].participant_class == 0:
        return ACTOR_UNKNOWN
    if not (keyless and session == 0 and request_id == 0):
        if session < 1 or session >= x.sessions.shape[0] or x.sessions[session].participant != actor:
            return SESSION_NOT_OF_ACTOR
        if request_id <= x.sessions[session].last_request_id or request_id > REQUEST_ID_MAX:
            return REQUEST_ID_NOT_INCREASING
        x.sessions[session].last_request_id = request_id
    if (classes >> x.participants[actor].participant_class) & 1 == 0:
        return NOT_PERMITTED_FOR_CLASS
    return ACCEPTED


def build_judge_envelopes(state_dtype: np.dtype) -> Callable[..., None]:
    """The kernel `judge_envelopes(state, heads, classes, outcomes)` for one state layout.

    `state` is the record's bytes, `heads` the rows' first columns as bytes of `HEAD`; `outcomes` (int64, one a row)
    receives an `Outcome` number each. Rows may come without a session.
    """

    @kernel
    def judge_envelopes(state: np.ndarray, heads: np.ndarray, classes: int, outcomes: np.ndarray) -> None:
        x = state.view(state_dtype)[0]
        rows = heads.view(HEAD)
        for i in range(outcomes.shape[0]):
            row = rows[i]
            outcomes[i] = judge_envelope(x, row.actor, row.session, row.request_id, classes, True)

    return judge_envelopes
