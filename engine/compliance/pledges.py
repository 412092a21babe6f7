"""Pledges (质押): units that stand as security for a named pledgee, and who may end that."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import ParticipantClass
from engine.compliance.layout import Pledge, Request
from engine.compliance.rules import UnitRules, Verdict
from engine.digest import integers
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.words.units import PledgeRelease

_P, _O = Parameter, Outcome


class Pledges:
    """Owner of all pledges, numbered from 1."""

    KEPT = ("_pledges",)

    def __init__(self) -> None:
        self._pledges: list[Pledge] = []

    def make(self, instrument: int, owner: int, pledgee: int, lots: int) -> Pledge:
        """A new pledge."""
        pledge = Pledge(len(self._pledges) + 1, instrument, owner, pledgee, lots)
        self._pledges.append(pledge)
        return pledge

    def find(self, number: int) -> Pledge | None:
        """The pledge of a number, if something is still pledged by it."""
        if not 1 <= number <= len(self._pledges) or not self._pledges[number - 1].lots:
            return None
        return self._pledges[number - 1]

    def judge_release(self, request: Request, klass: ParticipantClass, rules: UnitRules) -> Iterator[Verdict]:
        """Everything that speaks against a release by this actor."""
        pledge = self.find(request.target)
        if pledge is None or pledge.instrument != request.instrument:
            yield _O.PLEDGE_UNKNOWN, _P.NONE
            return
        if request.lots > pledge.lots:
            yield _O.PLEDGE_EXCEEDED, _P.NONE
        rule = PledgeRelease(rules.known(_P.PLEDGE_RELEASE) or PledgeRelease.CONSENT)
        if rules.unknown:
            return
        consents = request.actor == pledge.pledgee and rule is not PledgeRelease.ORDER
        orders = klass is ParticipantClass.OPERATOR and rule is not PledgeRelease.CONSENT
        if not (consents or orders):
            yield _O.PLEDGE_RELEASE_NOT_YOURS, _P.PLEDGE_RELEASE
        elif not consents and not request.reason.strip():
            yield _O.REASON_MISSING, _P.PLEDGE_RELEASE

    def pledged_lots(self) -> dict[tuple[int, int], int]:
        """What is pledged by (owner, instrument)."""
        sums: dict[tuple[int, int], int] = {}
        for pledge in self._pledges:
            key = (pledge.owner, pledge.instrument)
            sums[key] = sums.get(key, 0) + pledge.lots
        return sums

    def open(self) -> list[Pledge]:
        """Pledges by which something is still pledged, in the order of their numbers."""
        return [pledge for pledge in self._pledges if pledge.lots]

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the pledges."""
        return [integers(p.number, p.instrument, p.owner, p.pledgee, p.lots) for p in self._pledges]
