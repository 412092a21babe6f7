"""A round that the service ran, run once more from what it began with, and compared with how it ended.

What comes out is the very record that a round from files gives, so exports and explanations of both are made by the
same code; and no export is handed out whose files do not come to what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.rules.problems import ProblemsFound
from services.errors import BadInput, CheckFailed
from services.offline.round import OfflineResult, run_round
from services.proof.draw import TieOrder
from services.proof.folder import files_of
from services.proof.recompute import differing
from services.proof.record import RoundRecord, record_of
from services.proof.round_text import lots_csv, participants_csv, round_toml
from services.proof.served import ServedRound
from services.reports.files import notice_files
from services.reports.result_json import result_json

SHOWN = 20
"""So many differences are told."""


@dataclass(frozen=True)
class RunAgain:
    """A served round with the same round run from files."""

    served: ServedRound
    result: OfflineResult
    record: RoundRecord


def run_again(served: ServedRound, secret: bytes, draw: TieOrder | None = None) -> RunAgain:
    """Runs the round from its files and compares. `draw`: the recorded draw, for rules that need one.

    Raises BadInput where the files cannot be run, CheckFailed where they come to another result.
    """
    setup, bids, lots = served.setup, list(served.bids), list(served.lots)
    name = f"round {served.number} ({setup.name})"
    if failed := len(served.report.result.defaults):
        raise BadInput(
            f"{name}: {failed} of its winners did not pay, so it was settled otherwise than it was decided; what was "
            "decided is in the journal: jingjia auction export --journal"
        )
    try:
        result = run_round(setup, bids, lots, draw=draw, book_text=served.book_text, order=served.order)
    except (BadInput, ProblemsFound) as error:
        problems = [str(problem) for problem in error.problems]
        raise BadInput([f"{name} cannot be run from files:", *problems]) from None
    record = record_of(setup, bids, result, draw=draw, secret=secret, inputs=_inputs(served))
    found = list(differing(published(served, record), record.result))
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise CheckFailed("\n  ".join([f"{name}: what its files come to is not how it ended:", *found[:SHOWN], *more]))
    # Of what was published, how the service counted the bids stays; all else is the same by now.
    report = replace(record.report, sent=served.report.sent)
    return RunAgain(served, result, replace(record, report=report))


def export_files(again: RunAgain) -> dict[str, bytes]:
    """The files of the round's export, the notice with its pictures among them, by name."""
    record = again.record
    return files_of(record) | notice_files(record.report, record.result["digest"])


def public_files(served: ServedRound, secret: bytes, draw: TieOrder | None = None) -> dict[str, bytes]:
    """What is published of a round: the notice as a page, its figures as CSV and JSON, its pictures.

    The JSON has the public part of the result: no bids and no bidders, and the digest of the whole."""
    report = replace(served.sealed_report(secret), draws=() if draw is None else (draw.summary(),))
    body = result_json(report, bid_ids=served.bid_ids, bidders=served.names, refused=served.refused)
    figures = {key: value for key, value in body.items() if key not in ("awards", "refused")}
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    return notice_files(report, body["digest"]) | {"notice.json": text.encode()}


def published(served: ServedRound, record: RoundRecord) -> dict[str, Any]:
    """The result as the service's own core has it, with the root and the draw of the record."""
    report = replace(served.report, receipts=record.report.receipts, draws=record.report.draws)
    return result_json(report, bid_ids=served.bid_ids, bidders=served.names, refused=served.refused)


def _inputs(served: ServedRound) -> Mapping[str, bytes]:
    """The files that the round can be run from."""
    files = {"round.toml": round_toml(served.setup), "participants.csv": participants_csv(served.order)}
    return files | ({"lots.csv": lots_csv(served.lots, served.setup)} if served.lots else {})
