"""`jingjia auction whatif`: a round over many bid books, under a grid of designs. Nothing it says is official.

Exit codes: 0; 2 when a file or a value cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine.auction.whatif import Books
from engine.rules.problems import ProblemsFound
from services.cli.round_inputs import Reader
from services.errors import BadInput
from services.offline.bid_files import FileBid, read_bids, read_lots
from services.offline.round import run_round
from services.offline.round_files import read_round
from services.reports.scale import Scale, grouped
from services.whatif.books import Population, Values, actual, drawn, population_of, resampled
from services.whatif.changes import Changed, changed
from services.whatif.designs import Base, Design, grid
from services.whatif.picture import comparison_picture
from services.whatif.run import clear_one, run_designs
from services.whatif.shortfalls import read_shortfalls
from services.whatif.summary import Spread, Summary, summarise

JUDGED_ANEW = ("auction.reserve_price", "bid.cap_")
BIDS_MAX = 20_000_000
"""Most bids of all books together: they lie in memory at once."""
NOT_OFFICIAL = "what-if 假设分析: not an official result 非正式结果"


@dataclass(frozen=True)
class _Files:
    """What was read."""

    base: Base
    scale: Scale
    bids: list[FileBid]
    population: Population | None


@dataclass(frozen=True)
class _Books:
    """How many books, from which seed; and of drawn ones, by whom and about which values."""

    rounds: int
    seed: int
    bidders: int
    reference: str | None
    spread: float
    cover: float


def whatif(
    round_file: Annotated[Path, typer.Argument(metavar="ROUND.toml", help="The round, as for `auction clear`.")],
    bids_file: Annotated[
        Path | None, typer.Option("--bids", metavar="BIDS.csv", help="Resample these bids instead of drawing.")
    ] = None,
    as_made: Annotated[
        bool, typer.Option("--actual", help="With --bids: the one book as it is; what changes for each bidder.")
    ] = False,
    consigned: Annotated[Path | None, typer.Option(metavar="LOTS.csv", help="Consigned lots.")] = None,
    shortfalls: Annotated[
        Path | None, typer.Option(metavar="F.csv", help="Draw demand about these: bidder,class,shortfall")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=1_000_000, help="Bid books.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Everything that is drawn follows from it.")] = 1,
    bidders: Annotated[int, typer.Option(min=1, max=100_000, help="Drawn: how many bidders.")] = 60,
    reference: Annotated[
        str | None, typer.Option(metavar="PRICE", help="Drawn: mean value; else 1.2 x the reserve price.")
    ] = None,
    spread: Annotated[float, typer.Option(min=0.0, max=3.0, help="Drawn: spread of the log-values.")] = 0.25,
    cover: Annotated[
        float, typer.Option(min=0.01, max=100.0, help="Drawn: mean demand as a multiple of the offer.")
    ] = 1.5,
    price_rule: Annotated[list[str] | None, typer.Option(help="uniform or pay_as_bid; repeat to compare.")] = None,
    reserve: Annotated[list[str] | None, typer.Option(metavar="PRICE", help="Reserve price; repeat.")] = None,
    supply: Annotated[list[int] | None, typer.Option(metavar="UNITS", help="Offer of the round file; repeat.")] = None,
    ratio: Annotated[
        list[str] | None, typer.Option(metavar="SHARE", help="Consigned share of each holding; repeat.")
    ] = None,
    cap: Annotated[
        list[str] | None, typer.Option(metavar="SHARE", help="Cap on a bidder, of the offer; repeat.")
    ] = None,
    release: Annotated[
        list[str] | None, typer.Option(metavar="PRICE:UNITS[+...]", help="Release tiers, or none; repeat.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write JSON; - for standard output.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="F.png", help="Draw the distributions side by side.")] = None,
) -> None:
    """Compare designs of a round over many drawn or resampled bid books, or over the actual one.

    Example: jingjia auction whatif docs/examples/round.toml --consigned docs/examples/lots.csv
    --reserve 40.00 --reserve 50.00 --price-rule uniform --price-rule pay_as_bid --rounds 2000 --plot whatif.png
    """
    if as_made and bids_file is None:
        raise BadInput("--actual needs the bids it is about; add --bids BIDS.csv")
    files = _read(round_file, bids_file, consigned, shortfalls)
    designs = grid(
        files.base.setup,
        price_rules=price_rule or (),
        reserves=reserve or (),
        supplies=supply or (),
        ratios=ratio or (),
        caps=cap or (),
        releases=release or (),
    )
    if as_made:
        found = _actual(files, designs)
        body: dict[str, Any] = {"official": False, "book": "actual", "designs": [one.as_json() for one in found]}
        _give(body, json_file, lambda console: _show_changes(console, found))
        return
    how = _Books(rounds, seed, bidders, reference, spread, cover)
    body, summaries = _study(files, designs, how, plot)
    _give(body, json_file, lambda console: _show_summaries(console, summaries))


def _read(round_file: Path, bids_file: Path | None, consigned: Path | None, shortfalls: Path | None) -> _Files:
    """The files; everything that is wrong with any of them at once. The round is opened in a core of its own."""
    reader = Reader()
    paths = [path for path in (round_file, bids_file, consigned, shortfalls) if path is not None]
    contents = {path: reader.bytes_of(path) for path in paths}
    reader.close()
    setup = reader.parsed(lambda: read_round(str(round_file), contents[round_file]))
    if setup is None:
        raise BadInput(reader.problems)
    tick, lot = setup.tick_minor, setup.lot_units
    bids = [] if bids_file is None else reader.parsed(lambda: read_bids(str(bids_file), contents[bids_file], tick, lot))
    lots = [] if consigned is None else reader.parsed(lambda: read_lots(str(consigned), contents[consigned], tick, lot))
    people = None
    if shortfalls is not None:
        people = reader.parsed(lambda: read_shortfalls(str(shortfalls), contents[shortfalls], lot))
    reader.close()
    if bids_file is not None and not bids:
        raise BadInput(f"{bids_file}: no bids; give at least one, or leave --bids out and draw them")
    try:
        result = run_round(setup, bids or [], lots or [])
    except ProblemsFound as found:
        raise BadInput([str(problem) for problem in found.problems]) from None
    # What a design may change, a reserve price or a cap, is judged anew under each; other refusals stand.
    out = {bid.bid_id for bid in result.refused if not bid.parameter.startswith(JUDGED_ANEW)}
    kept = [bid for bid in bids or [] if bid.bid_id not in out]
    return _Files(Base.of(setup, lots or [], result), result.report.scale, kept, people)


def _reference(text: str | None, files: _Files) -> float:
    """Mean value of the drawn bids, in ticks."""
    if text is not None:
        ticks = grid(files.base.setup, reserves=[text])[0].reserve_ticks or 0
        if ticks < 1:
            raise BadInput(f"--reference {text}: allowed is a price above 0")
        return float(ticks)
    reserve = files.base.terms.reserve_price_ticks
    if reserve == 0:
        raise BadInput("the round has no reserve price to draw values about; say where they lie with --reference PRICE")
    return reserve * 1.2


def _study(
    files: _Files, designs: list[Design], how: _Books, plot: Path | None
) -> tuple[dict[str, Any], list[Summary]]:
    """Resampled books where bids were given, else drawn ones, under each design."""
    seats = len(files.bids) or len(files.population.names if files.population else range(how.bidders)) * Values.steps
    if how.rounds * seats > BIDS_MAX:
        raise BadInput(
            f"--rounds {how.rounds}: {how.rounds * seats} bids are more than {BIDS_MAX}; give fewer rounds or bidders"
        )
    named: Sequence[str] = ()
    if files.bids:
        books, people = resampled(files.bids, how.rounds, how.seed), population_of(files.bids)
    else:
        offered = int(files.base.supply_in(Design()).quantity_lots.sum())
        people = files.population or Population.even(how.bidders, int(offered * how.cover))
        books = drawn(people, Values(_reference(how.reference, files), how.spread), how.rounds, how.seed)
        named = people.names
    summaries = _compare(files, designs, books, people, named, plot)
    body = {
        "official": False,
        "book": "resampled" if files.bids else "drawn",
        "rounds": how.rounds,
        "seed": how.seed,
        "bids": int(books.prices_ticks.size),
        "designs": [summary.as_json() for summary in summaries],
    }
    return body, summaries


def _compare(
    files: _Files,
    designs: list[Design],
    books: Books,
    people: Population,
    named: Sequence[str],
    plot: Path | None,
) -> list[Summary]:
    progress = Progress(
        TextColumn("clearing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    with progress:
        task = progress.add_task("rounds", total=len(designs) * books.rounds)
        outcomes = run_designs(
            files.base, designs, books, people.classes, advance=lambda done: progress.advance(task, done)
        )
    if plot is not None:
        _write(plot, comparison_picture(outcomes, files.scale))
    return [summarise(one, people.classes, files.scale, named) for one in outcomes]


def _actual(files: _Files, designs: list[Design]) -> list[Changed]:
    """The actual book as it is, then under each design. A cap leaves a bidder its best lots here, also where the rule
    book refuses a bid above it at entry."""
    people, books = population_of(files.bids), actual(files.bids)
    before = clear_one(files.base, Design(), books, people.classes)
    bidders = books.of_round(0)[2]
    asked = [Design(), *(design for design in designs if design != Design())]
    return [
        changed(
            design.name,
            before,
            clear_one(files.base, design, books, people.classes),
            np.asarray(bidders),
            people.names,
            files.scale,
        )
        for design in asked
    ]


def _give(body: dict[str, Any], json_file: Path | None, show: Any) -> None:
    """JSON where it is asked for, and tables unless that went to standard output."""
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    if json_file is not None and str(json_file) == "-":
        typer.echo(text, nl=False)
        return
    if json_file is not None:
        _write(json_file, text.encode())
    show(Console())


def _show_summaries(console: Console, summaries: list[Summary]) -> None:
    table = Table(title=NOT_OFFICIAL, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("design 方案")
    for column in ("price\n成交价", "sold\n成交量", "sold out\n全部成交", "proceeds\n成交金额", "HHI\n集中度"):
        table.add_column(column, justify="right")
    for one in summaries:
        price = _range(one.price) if one.price else "-"
        table.add_row(
            one.design,
            price,
            _range(one.sold),
            one.sold_out_share,
            _range(one.proceeds, whole=True),
            _range(one.concentration),
        )
    console.print(table)
    console.print(
        "under the median: 5 % and 95 % of the rounds; sold out: share of the rounds 中位数，下为5%与95%分位数",
        highlight=False,
    )


def _range(spread: Spread, whole: bool = False) -> str:
    """The median, and under it what most rounds lie between; `whole`: without decimals."""
    middle, low, high = (
        grouped(text.partition(".")[0] if whole else text) for text in (spread.middle, spread.low, spread.high)
    )
    return f"{middle}\n{low}\n{high}"


def _show_changes(console: Console, found: list[Changed]) -> None:
    for one in found:
        title = f"{one.design}: {one.status}, price {one.clearing_price or '-'}, sold {grouped(one.sold)}"
        table = Table(title=f"{title} ({NOT_OFFICIAL})", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("bidder 竞买人")
        for column in ("units before 原数量", "units after 现数量", "pays before 原金额", "pays after 现金额"):
            table.add_column(column, justify="right")
        for row in one.changes:
            table.add_row(
                row.bidder,
                grouped(row.quantity_before),
                grouped(row.quantity_after),
                grouped(row.payment_before),
                grouped(row.payment_after),
            )
        if one.changes:
            console.print(table)
        else:
            console.print(f"{title}: nothing changes for anybody 各竞买人均无变化", highlight=False)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{path}: cannot be written ({reason}); name a file in a folder that exists") from None
