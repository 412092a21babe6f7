"""Who is calling: the peer's certificate where there is TLS, a key of the call's metadata where there is none.

With TLS the name of a participant is the common name of its certificate, which the server's client authority signed;
nothing in a message can change it. Without TLS (loopback only: `services.server` sees to that) it is the metadata key
`jingjia-participant`, or `jingjia-participant-bin` with UTF-8 bytes for names that are not ASCII: good for a look
around and for tests, proof of nothing.

Either way the participant has to be registered. What its class may do is the core's to judge; here is only who may
read what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from engine.commands import ParticipantClass
from engine.views import Participant

METADATA_KEY = "jingjia-participant"
METADATA_KEY_BINARY = "jingjia-participant-bin"

_COMMON_NAME = "x509_common_name"


class Unidentified(Exception):
    """The call says nothing about who is calling, or more than one thing."""


class NotRegistered(Exception):
    """The caller is known by name, but no participant is registered under it."""


class NotPermitted(Exception):
    """The caller may not read this."""


class Call(Protocol):
    """What is needed of a call's context."""

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """What the transport proved about the peer."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None:
        """Metadata of the call."""


class Register(Protocol):
    """What is needed of the core."""

    def participant_by_name(self, name: str) -> Participant | None:
        """The participant registered under `name`."""


def caller_name(call: Call, *, tls: bool) -> str:
    """The name the caller goes by. Raises `Unidentified`."""
    if tls:
        names = [name.decode() for name in call.auth_context().get(_COMMON_NAME, ())]
        if len(names) != 1 or not names[0]:
            raise Unidentified("The client certificate has no common name; it has to be the participant's name.")
        return names[0]
    names = []
    for key, value in call.invocation_metadata() or ():
        if key == METADATA_KEY and isinstance(value, str):
            names.append(value)
        elif key == METADATA_KEY_BINARY and isinstance(value, bytes):
            names.append(_utf8(value))
    if len(names) != 1 or not names[0]:
        raise Unidentified(
            f"The call names {len(names)} participants; without TLS it has to name one in the metadata key "
            f"{METADATA_KEY!r} (or {METADATA_KEY_BINARY!r}, UTF-8)."
        )
    return names[0]


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unidentified(f"The metadata key {METADATA_KEY_BINARY!r} does not hold UTF-8.") from None


def caller(call: Call, register: Register, *, tls: bool) -> Participant:
    """The participant who is calling. Raises `Unidentified` or `NotRegistered`."""
    name = caller_name(call, tls=tls)
    participant = register.participant_by_name(name)
    if participant is None:
        raise NotRegistered(f"No participant is registered under the name {name!r}; the operator has to register it.")
    return participant


def sees_everything(participant: Participant) -> bool:
    """Whether the participant may read what concerns others: the operator may."""
    return participant.participant_class is ParticipantClass.OPERATOR


def require_operator(participant: Participant, what: str) -> None:
    """Raises `NotPermitted` unless the participant is the operator."""
    if not sees_everything(participant):
        raise NotPermitted(f"{what} is for the operator; {participant.name!r} is of class {_class_word(participant)}.")


def _class_word(participant: Participant) -> str:
    return participant.participant_class.name.lower().replace("_", " ")
