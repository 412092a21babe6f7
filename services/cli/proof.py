"""`jingjia auction draw`, `receipts`, `verify`: a tie order that nobody chose, and proofs of a round.

Exit codes: 0 all agrees; 1 a check was made and failed; 2 what was given cannot be used.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.round_inputs import Reader
from services.errors import BadInput, CheckFailed
from services.proof import draw as drawing
from services.proof.folder import read_folder, sealed_bids
from services.proof.notices import read_notice
from services.proof.receipts import Receipt, Seal, disagreements, read_receipt
from services.proof.recompute import differences

draws = typer.Typer(help="A drawn order of bids: commit before the close, reveal afterwards.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
SecretFile = Annotated[Path, typer.Argument(metavar="SECRET.json", help="The operator's file of seed and salt.")]


@draws.command()
def commit(
    secret_file: SecretFile,
    round_name: Annotated[str, typer.Option("--round", metavar="NAME", help="The round, as ROUND.toml names it.")],
    seed: Annotated[
        str, typer.Option(metavar="TEXT", help="A seed of your own, such as numbers drawn in public; else a new one.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Before the close: choose a seed, keep it in SECRET.json, and print the commitment to publish.

    Example: jingjia auction draw commit secret.json --round "Example: consigned and government allowances"
    """
    problems = []
    if not round_name.strip():
        problems.append("--round: found nothing\n  allowed: the name of a round\n  next: Copy it from ROUND.toml.")
    if secret_file.exists():
        problems.append(
            f"{secret_file}: found a file that is there already\n  allowed: the name of a new file\n"
            "  next: Name another one: a seed that was committed to is never written over."
        )
    if problems:
        raise BadInput(problems)
    secret = drawing.new_secret(round_name, seed or None)
    secret_file.touch(mode=0o600)
    write(secret_file, secret.as_json())
    if as_json:
        typer.echo(json.dumps({"round": round_name, "commitment": secret.commitment}, ensure_ascii=False))
        return
    typer.echo(f"publish before the close: {secret.commitment}")
    typer.echo(f"keep to yourself until then: {secret_file}")


@draws.command()
def reveal(
    secret_file: SecretFile,
    bids_file: Annotated[Path, typer.Argument(metavar="BIDS.csv", help="The bids of the round, after the close.")],
    order_file: Annotated[Path, typer.Argument(metavar="ORDER.json", help="Where the recorded draw goes.")],
    commitment: Annotated[
        str, typer.Option(metavar="HEX", help="The commitment that was published; refused when it is another.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """After the close: draw the order of the bids from the committed seed, and write it for `clear --draw`.

    Example: jingjia auction draw reveal secret.json bids.csv order.json
    """
    reader = Reader()
    secret_bytes, bids_bytes = reader.bytes_of(secret_file), reader.bytes_of(bids_file)
    reader.close()
    secret = reader.parsed(lambda: drawing.read_secret(str(secret_file), secret_bytes))
    bid_ids = reader.parsed(lambda: drawing.read_bid_ids(str(bids_file), bids_bytes))
    reader.close()
    if secret is None or bid_ids is None:
        raise RuntimeError("what was read without problems is there")
    if commitment and commitment.lower() != secret.commitment:
        raise CheckFailed(
            f"{secret_file} gives the commitment {secret.commitment}, published was {commitment}: another seed was "
            "committed to; reveal that one"
        )
    order = drawing.draw(secret, bid_ids)
    write(order_file, order.as_json())
    typer.echo(
        json.dumps(order.summary(), ensure_ascii=False)
        if as_json
        else f"drew {len(order.order)} bids of {order.round_name!r}; commitment {order.commitment}; seed {order.seed}"
    )


def receipts(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The export of a round.")],
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the receipts go, one file a bidder.")],
    bidder: Annotated[str, typer.Option(metavar="NAME", help="Only this bidder's.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the bidders' receipts: each proves against the notice that the bidder's bids were counted.

    Example: jingjia auction receipts export receipts
    """
    exported = read_folder(folder)
    found = differences(exported)
    if found:
        raise CheckFailed(_told(f"{folder} does not agree with itself, so no receipts are made of it:", found))
    seal = Seal(exported.round["round"]["name"], tuple(sealed_bids(exported)), exported.secret)
    names = seal.bidders()
    if bidder and bidder not in names:
        some = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
        raise BadInput(
            f"--bidder: found {bidder!r}, who sent in no bid\n  allowed: {some or 'nobody: the round has no bids'}\n"
            "  next: Write the name as in bids.csv."
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{target}: cannot be made ({error.strerror}); name a folder that can be written") from None
    written = []
    for number, name in enumerate(names, start=1):
        if not bidder or name == bidder:
            file = target / f"{number:04d}_{re.sub(r'[^0-9A-Za-z一-鿿]+', '_', name)[:60]}.json"
            write(file, seal.receipt(name))
            written.append({"bidder": name, "file": str(file)})
    typer.echo(json.dumps(written, ensure_ascii=False) if as_json else f"wrote {len(written)} receipts to {target}")


def verify(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The export of a round.")] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="R.json", help="A bidder's receipt, to be proved against the notice.")
    ] = None,
    notice: Annotated[
        Path | None, typer.Option(metavar="N", help="The published notice (.html, .csv) or result (.json).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute an exported round and compare every figure; or prove from receipt and notice that a bid was counted.

    Examples: jingjia auction verify export --notice notice.html
    jingjia auction verify --receipt receipts/0001_Steel_C.json --notice notice.html

    Exit code 0: all agrees. 1: something differs; every difference is listed. 2: the files cannot be used.
    """
    _check_what_is_given(folder, receipt, notice)
    reader = Reader()
    given = {path: reader.bytes_of(path) for path in (receipt, notice) if path is not None}
    published = None if notice not in given else reader.parsed(lambda: read_notice(str(notice), given[notice]))
    own = None if receipt not in given else reader.parsed(lambda: read_receipt(str(receipt), given[receipt]))
    exported = None if folder is None else reader.parsed(lambda: read_folder(folder))
    reader.close()
    found, said = [], []
    if own is not None and published is not None:
        found += disagreements(own, published)
        said.append(_counted(own))
    if exported is not None:
        found += differences(exported, published)
        against = f", also with {notice}" if notice else ""
        said.append(f"{folder}: {len(exported.leaves)} bids; everything agrees{against}; recomputed with this package")
    if as_json:
        typer.echo(json.dumps({"agrees": not found, "differences": found}, ensure_ascii=False, indent=1))
    if found:
        raise CheckFailed(_told(f"{len(found)} differences:", found))
    if not as_json:
        typer.echo("\n".join(said))


def write(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON file. Raises BadInput where that is not possible."""
    try:
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{path}: cannot be written ({reason}); name a file in a folder that exists") from None


def _check_what_is_given(folder: Path | None, receipt: Path | None, notice: Path | None) -> None:
    if folder is None and receipt is None:
        raise BadInput(
            "found neither DIR nor --receipt\n  allowed: the folder of an export, or a receipt with a notice\n"
            "  next: Run `jingjia auction verify --help` for examples."
        )
    if receipt is not None and notice is None:
        raise BadInput(
            "--receipt: found no --notice beside it\n  allowed: a receipt together with the published notice\n"
            "  next: Add --notice with the page, the CSV or the result as it was published."
        )


def _counted(receipt: Receipt) -> str:
    bids = "\n".join(
        f"  {own.bid.bid_id}: {own.bid.quantity} t at {own.bid.price}, bid number {own.place + 1} of {receipt.size}"
        for own in receipt.bids
    )
    return f"counted in {receipt.round_name!r} for {receipt.bidder}:\n{bids}"


def _told(head: str, lines: list[str]) -> str:
    return "\n".join([head, *(f"  {line}" for line in lines)])
