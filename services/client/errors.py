"""What a client raises: refusals by the venue's rules, calls that failed, and calls that nobody answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from engine.outcomes import Outcome
from services.wire.jingjia.common.v1 import common_pb2

_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Refusal:
    """Why a row was refused. `row` is its place in the request; `clause` states the rule, empty when there is none."""

    row: int
    outcome: Outcome
    parameter: str
    clause: str
    advice: str
    may_succeed_later: bool

    def __str__(self) -> str:
        behind = f" ({self.clause})" if self.clause else ""
        return f"row {self.row}: {self.outcome.name}{behind}. {self.advice}"


def refusals_of(messages: Iterable[common_pb2.Refusal]) -> tuple[Refusal, ...]:
    """Refusals as the wire tells them."""
    return tuple(
        Refusal(
            row=message.row,
            outcome=Outcome(message.outcome),
            parameter=message.parameter,
            clause=message.clause,
            advice=message.advice,
            may_succeed_later=message.may_succeed_later,
        )
        for message in messages
    )


class ClientError(Exception):
    """Anything a client raises about the venue."""


class Refused(ClientError):
    """The venue refused a request by its rules; nothing of the refused rows was done."""

    def __init__(self, refusals: tuple[Refusal, ...], receipt: common_pb2.Receipt) -> None:
        self.refusals = refusals
        self.receipt = receipt
        super().__init__("; ".join(map(str, refusals)))

    @property
    def outcome(self) -> Outcome:
        """Of the first refused row."""
        return self.refusals[0].outcome


class CallFailed(ClientError):
    """A call ended with a status other than OK.

    `code` and `text` as the server sent them, `reason` in one word (`services.status`; empty when another program
    answered), `metadata` what belongs to the reason, `violations` pairs of field and what is wrong with it. The raw
    error of grpc is the exception's `__cause__`.
    """

    def __init__(self, error: grpc.RpcError) -> None:
        status = _status_of(error)
        self.code: grpc.StatusCode = error.code()
        self.text: str = error.details() or ""
        self.reason = ""
        self.metadata: dict[str, str] = {}
        self.violations: tuple[tuple[str, str], ...] = ()
        self.retry_after_s = 0.0
        for detail in status.details:
            self._take(detail)
        super().__init__(f"{self.code.name}{f' ({self.reason})' if self.reason else ''}: {self.text}")

    def _take(self, detail: object) -> None:
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(info):  # type: ignore[attr-defined]
            self.reason, self.metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):  # type: ignore[attr-defined]
            self.violations = tuple((v.field, v.description) for v in bad.field_violations)
        elif detail.Unpack(retry):  # type: ignore[attr-defined]
            self.retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()

    @property
    def is_worth_repeating(self) -> bool:
        """Whether the very same request may succeed in a moment: the server starts, stops, is full, or is not heard.

        An INTERNAL without a reason is not the server's own, which always gives one: the library says it on this side
        when the connection breaks under a write.
        """
        broken = self.code is grpc.StatusCode.INTERNAL and not self.reason
        return self.code in _UNHEARD or self.reason == "QUEUE_FULL" or broken


_UNHEARD = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Unanswered(CallFailed):
    """A write got no answer in time, so nobody here knows whether it was recorded.

    Its request ids are used up. `AsyncSession.resend` (or `Session.resend`) sends it again under the same ids and gives
    the answer, now or after another start of the program with the same session name.
    """


class GapFound(ClientError):
    """A stream skipped events: take a new picture and follow from there."""


def _status_of(error: grpc.RpcError) -> status_pb2.Status:
    metadata: Any = error.trailing_metadata()
    for key, value in metadata or ():
        if key == _DETAILS:
            return status_pb2.Status.FromString(value)
    return status_pb2.Status()
