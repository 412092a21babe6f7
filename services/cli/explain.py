"""`jingjia auction explain`: one bid's way to its award, with the rule behind every step.

Exit codes: 0; 2 when a file, a value or a bid cannot be used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.rules.forms import did_you_mean
from services.cli.round_inputs import RoundInputs, read_export, read_inputs
from services.errors import BadInput
from services.explain.report import Explanation, explain_bid, rule_line
from services.explain.round_trace import TracedRound, Untraced


def explain(
    round_file: Annotated[
        Path, typer.Argument(metavar="ROUND.toml|DIR", help="The round, or the folder of an export with all of it.")
    ],
    bids_file: Annotated[
        Path | None, typer.Argument(metavar="[BIDS.csv]", help="bid_id,bidder,class,price,quantity,time")
    ] = None,
    bid_id: Annotated[str, typer.Option("--bid", metavar="B", help="The bid's id.")] = "",
    consigned: Annotated[
        Path | None, typer.Option(metavar="LOTS.csv", help="Consigned lots: consignor,quantity,minimum_price")
    ] = None,
    draw: Annotated[Path | None, typer.Option(metavar="ORDER.json", help="The recorded draw.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """The steps of one bid, in order: eligibility, limits, price, rank, margin, award, payment; each with its rule.

    Examples: jingjia auction explain docs/examples/round.toml docs/examples/bids.csv
    --consigned docs/examples/lots.csv --bid b5; jingjia auction explain export --bid b5
    """
    inputs = _inputs(round_file, bids_file, consigned, draw)
    if not bid_id:
        raise BadInput("--bid: found nothing\n  allowed: the id of a bid\n  next: Add --bid with an id of the bids.")
    traced = TracedRound(inputs.setup, inputs.bids, inputs.lots, inputs.run(), inputs.draw)
    bid = traced.bid(bid_id)
    if bid is None:
        ids = [bid.bid_id for bid in inputs.bids]
        some = ", ".join(ids[:8]) + (" ..." if len(ids) > 8 else "")
        raise BadInput(
            f"--bid: found {bid_id!r}, the id of no bid\n  allowed: {some or 'none: the round has no bids'}\n"
            f"  next: {did_you_mean(bid_id, ids) or 'Copy the id from the bids file.'}"
        )
    try:
        explanation = explain_bid(traced, bid)
    except Untraced as error:
        raise BadInput(
            f"--bid: found {bid_id!r}: {error}\n  allowed: bids of rounds whose every rule is traced\n"
            "  next: Read the rules of the notice; `jingjia auction verify` recomputes the round all the same."
        ) from None
    if as_json:
        typer.echo(json.dumps(explanation.as_json(), indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(explanation)))


def _inputs(round_file: Path, bids_file: Path | None, consigned: Path | None, draw: Path | None) -> RoundInputs:
    if not round_file.is_dir():
        if bids_file is None:
            raise BadInput(
                f"{round_file}: found no BIDS.csv beside it\n"
                "  allowed: ROUND.toml with BIDS.csv, or the folder of an export\n"
                "  next: Name the file of the bids."
            )
        return read_inputs(round_file, bids_file, consigned, draw)
    beside = {"BIDS.csv": bids_file, "--consigned": consigned, "--draw": draw}
    given = ", ".join(name for name, value in beside.items() if value is not None)
    if given:
        raise BadInput(f"{round_file} is an export and has files of its own; leave out {given}")
    return read_export(round_file)


def _lines(explanation: Explanation) -> list[str]:
    bid, scale = explanation.bid, explanation.traced.result.report.scale
    klass = bid.participant_class.name.lower().replace("_", " ")
    offer = f"{scale.quantity(bid.quantity_lots):,} t at {scale.price(bid.price_ticks)} {scale.currency}"
    lines = [f"{bid.bid_id}: {bid.bidder} ({klass}), {offer}"]
    for number, explained in enumerate(explanation.steps, start=1):
        lines += ["", f"{number:2}. {explained.name.zh} {explained.name.en}"]
        lines += [f"    {explained.text.zh}", f"    {explained.text.en}"]
        for rule in explained.rules:
            line = rule_line(rule)
            lines += [f"      {line.zh}", f"      {line.en}"]
    awarded = f"{scale.quantity(explanation.award_lots):,}"
    lines += ["", f"结果：中标 {awarded} 吨。由以上步骤单独推算，与清算结果一致。"]
    lines += [f"Outcome: {awarded} t. Derived from these steps alone, it is what the clear awarded."]
    return lines
