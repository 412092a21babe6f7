"""From what went wrong to the status of a call: one table, complete.

A business refusal is never a transport error: it is a row of an OK answer, in every call that changes something. So a
status other than OK means that nothing was recorded, or, for UNAVAILABLE, that nobody knows yet and the same request,
under the same key, gives the answer later. Reads have no rows, so there a thing that is not there is NOT_FOUND.

Every status carries the error model of google.rpc: an ErrorInfo with a reason from this table, field violations where
a request is malformed, a delay where it pays to try again.
"""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from engine.outcomes import Outcome
from engine.rules.problems import Problem, ProblemsFound
from services.identity import NotPermitted, NotRegistered, Unidentified
from services.sequencer.outcomes import KeyReused, QueueFull, Stopped, SubscriberTooSlow, TooOld
from services.sequencer.outcomes import Malformed as MalformedSubmission
from services.translate.problems import Malformed

DOMAIN = "jingjia"
"""Domain of every ErrorInfo."""

VIOLATION_BYTES_MAX = 3_500
"""Most bytes of field violations: a status travels in metadata, which many languages hold to 8 KiB, base64 included."""

TEXT_LENGTH_MAX = 600
"""Longest text of a status, in characters."""

RETRY_AFTER_MS = 50
"""How long to wait before a request that found the queue full is sent again, in milliseconds."""


class NotFound(Exception):
    """A read of something that is not there; `outcome` names what is unknown."""

    def __init__(self, outcome: Outcome, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class NotYet(Exception):
    """A read of something that is not there yet; `outcome` names what is missing."""

    def __init__(self, outcome: Outcome, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class NotReady(Exception):
    """The server is starting: the journal is being replayed or kernels are being compiled."""


class ReaderStalled(Exception):
    """A reader of a stream did not take what was sent to it in time, and was cut."""

    def __init__(self, first_sequence: int, timeout_s: float) -> None:
        super().__init__(
            f"The events from {first_sequence} on were not taken within {timeout_s:g} s, so the stream ends here. "
            "Follow on behind the last stretch that was received."
        )
        self.first_sequence = first_sequence


STATUS: dict[type[Exception], tuple[grpc.StatusCode, str]] = {
    Malformed: (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST"),
    MalformedSubmission: (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST"),
    ProblemsFound: (grpc.StatusCode.INVALID_ARGUMENT, "BAD_RULE_BOOK"),
    Unidentified: (grpc.StatusCode.UNAUTHENTICATED, "UNIDENTIFIED"),
    NotRegistered: (grpc.StatusCode.PERMISSION_DENIED, "NOT_REGISTERED"),
    NotPermitted: (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED"),
    NotFound: (grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
    NotYet: (grpc.StatusCode.FAILED_PRECONDITION, "NOT_YET"),
    KeyReused: (grpc.StatusCode.ALREADY_EXISTS, "KEY_REUSED"),
    QueueFull: (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL"),
    SubscriberTooSlow: (grpc.StatusCode.RESOURCE_EXHAUSTED, "SUBSCRIBER_TOO_SLOW"),
    ReaderStalled: (grpc.StatusCode.RESOURCE_EXHAUSTED, "SUBSCRIBER_TOO_SLOW"),
    TooOld: (grpc.StatusCode.OUT_OF_RANGE, "NO_LONGER_KEPT"),
    Stopped: (grpc.StatusCode.UNAVAILABLE, "STOPPED"),
    NotReady: (grpc.StatusCode.UNAVAILABLE, "STARTING"),
}
"""Every error that a call can end with, apart from defects, which are INTERNAL."""


def status_of(error: Exception) -> status_pb2.Status | None:
    """The status of an error of the table with its details; None for any other error."""
    entry = STATUS.get(type(error))
    if entry is None:
        return None
    code, reason = entry
    metadata = {}
    details: list[Message] = []
    text = clip(str(error), TEXT_LENGTH_MAX)
    match error:
        case Malformed():
            metadata["problems"] = str(error.count)
            details.append(_bad_request((problem.field, problem.found) for problem in error.problems))
        case MalformedSubmission():
            metadata["problems"] = str(len(error.problems))
            details.append(_bad_request(("request", problem) for problem in error.problems))
        case ProblemsFound():
            metadata["problems"] = str(len(error.problems))
            details.append(_bad_request(map(_book_problem, error.problems)))
            text = (
                f"The rule book has {len(error.problems)} problems; as many as fit are here, "
                "`jingjia rules check FOLDER` tells them all."
            )
        case KeyReused():
            details.append(
                _bad_request(
                    (f"{field}[{row}]", "differs from what was first sent under this key")
                    for row, field in zip(error.rows, error.fields, strict=True)
                )
            )
        case QueueFull():
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromMilliseconds(RETRY_AFTER_MS)
            details.append(retry)
            metadata |= {"waiting": str(error.waiting), "limit": str(error.limit), "unit": error.unit}
        case NotFound() | NotYet():
            metadata["outcome"] = error.outcome.name
        case TooOld():
            metadata["first_available"] = str(error.first_available)
        case ReaderStalled():
            metadata["first_sequence"] = str(error.first_sequence)
        case SubscriberTooSlow():
            metadata |= {"resume_from": str(error.next_sequence), "first_available": str(error.first_available)}
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    return _status(code, text, [info, *details])


def internal_status(incident: str) -> status_pb2.Status:
    """The status of a defect: it names an incident of the log, and tells nothing of the inside."""
    info = error_details_pb2.ErrorInfo(reason="DEFECT", domain=DOMAIN, metadata={"incident": incident})
    text = f"The server met a defect; its log has it under {incident}. Whether the request was recorded is not known: "
    return _status(grpc.StatusCode.INTERNAL, text + "send it again under the same key to learn it.", [info])


def code_of(status: status_pb2.Status) -> grpc.StatusCode:
    """The code of a status as grpc knows it."""
    return next(code for code in grpc.StatusCode if code.value[0] == status.code)


def _book_problem(problem: Problem) -> tuple[str, str]:
    field = f"{problem.file}:{problem.line}: {problem.key}"
    return field, f"{problem.found}; allowed: {problem.allowed}. {problem.next_step}"


def _bad_request(violations: Iterable[tuple[str, str]]) -> error_details_pb2.BadRequest:
    """As many violations as fit; how many there are is in the ErrorInfo."""
    message = error_details_pb2.BadRequest()
    room = VIOLATION_BYTES_MAX
    for field, text in violations:
        room -= len(field.encode()) + len(text.encode()) + 8
        if room < 0:
            break
        message.field_violations.add(field=field, description=text)
    return message


def clip(text: str, length: int) -> str:
    """`text`, cut to `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _status(code: grpc.StatusCode, text: str, details: list[Message]) -> status_pb2.Status:
    packed = []
    for detail in details:
        message = AnyMessage()
        message.Pack(detail)
        packed.append(message)
    return status_pb2.Status(code=code_pb2.Code.Value(code.name), message=text, details=packed)
