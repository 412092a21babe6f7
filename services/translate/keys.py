"""Request keys: the session and request id under which a repeat of a request is recognised."""

from __future__ import annotations

from engine import limits
from services.translate.problems import Admission
from services.wire.jingjia.common.v1 import common_pb2


def admit_key(admission: Admission, key: common_pb2.RequestKey, rows: int = 1) -> tuple[int, int]:
    """Session and first request id of a request that uses `rows` ids in a row, each within its bounds."""
    session = admission.within("key.session", key.session, 1, limits.SESSIONS_MAX)
    return session, admission.within("key.request_id", key.request_id, 1, limits.REQUEST_ID_MAX - rows + 1)


def admit_optional_key(admission: Admission, key: common_pb2.RequestKey) -> tuple[int, int]:
    """As `admit_key`, but a request without a key gives (0, 0): a repeat of it is another request."""
    return admit_key(admission, key) if key.session or key.request_id else (0, 0)
