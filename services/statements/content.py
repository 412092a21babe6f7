"""A statement and a trial balance as rows of text: the page, the CSV, the JSON and the console show these same rows.

Numbers stand twice: as the engine's integers (minor units, lots), and as people read them (money with two decimals,
units in t).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.ledger.postings import CASH_ASSET, Pocket
from engine.ledger.statement import Line, Places, Statement
from services.clock import utc_text
from services.reports.report import Text
from services.reports.scale import grouped, money
from services.statements import words
from services.statements.following import Followed


@dataclass(frozen=True)
class Amount:
    """An amount of an asset: the integer, and its text with thousands set apart."""

    integer: int
    shown: str


@dataclass(frozen=True)
class LineRow:
    """One posting."""

    sequence: int
    time: str
    command: str
    command_kind: Text
    description: Text
    counterparty: Text
    pocket: Text
    change: Amount
    balance: Amount


@dataclass(frozen=True)
class PocketRow:
    """What lies in one pocket at the beginning and at the end."""

    pocket: Text
    opening: Amount
    change: Amount
    closing: Amount


@dataclass(frozen=True)
class AssetPart:
    """The part of a statement about one asset. `total` sums its pockets."""

    asset: int
    name: Text
    unit: Text
    pockets: tuple[PocketRow, ...]
    total: PocketRow
    lines: tuple[LineRow, ...]


@dataclass(frozen=True)
class TrialRow:
    """One account in the trial balance of an asset: an amount a pocket, in the order of the columns, and their sum."""

    account: Text
    pockets: tuple[Amount, ...]
    total: Amount


@dataclass(frozen=True)
class TrialPart:
    """The trial balance of one asset. `total` is 0, or the books are wrong."""

    asset: int
    name: Text
    unit: Text
    columns: tuple[Text, ...]
    rows: tuple[TrialRow, ...]
    total: Amount


class Content:
    """What a followed journal says, in words."""

    def __init__(self, followed: Followed) -> None:
        self._followed = followed

    # -- a statement ---------------------------------------------------------------------------------------------

    def parts(self, statement: Statement) -> list[AssetPart]:
        """One part an asset that the account had, has, or had postings of: cash first, then by instrument."""
        of_lines: dict[int, list[Line]] = {}
        for line in statement.lines:
            of_lines.setdefault(line.asset, []).append(line)
        assets = {asset for _, asset in (*statement.opening, *statement.closing)} | of_lines.keys()
        return [self._part(statement, asset, of_lines.get(asset, [])) for asset in _in_order(assets)]

    def _part(self, statement: Statement, asset: int, lines: list[Line]) -> AssetPart:
        pockets = [
            pocket
            for pocket in Pocket
            if (pocket, asset) in statement.opening
            or (pocket, asset) in statement.closing
            or any(line.pocket is pocket for line in lines)
        ]
        rows = tuple(
            self._pocket_row(words.POCKET[p], asset, _of(statement.opening, p, asset), _of(statement.closing, p, asset))
            for p in pockets
        )
        return AssetPart(
            asset=asset,
            name=self.asset_name(asset),
            unit=self.asset_unit(asset),
            pockets=rows,
            total=self._pocket_row(
                Text("total", "合计"),
                asset,
                sum(row.opening.integer for row in rows),
                sum(row.closing.integer for row in rows),
            ),
            lines=tuple(self._line(line) for line in lines),
        )

    def _pocket_row(self, name: Text, asset: int, opening: int, closing: int) -> PocketRow:
        amounts = (self.amount(asset, number) for number in (opening, closing - opening, closing))
        return PocketRow(name, *amounts)

    def _line(self, line: Line) -> LineRow:
        return LineRow(
            sequence=line.sequence,
            time=utc_text(line.time_ns),
            command=f"{line.batch}/{line.row}",
            command_kind=words.command(line),
            description=words.description(line),
            counterparty=self.account_name(line.counterparty) if line.counterparty else words.OWN_ACCOUNT,
            pocket=words.POCKET[line.pocket],
            change=self.amount(line.asset, line.amount),
            balance=self.amount(line.asset, line.balance),
        )

    # -- the trial balance ---------------------------------------------------------------------------------------

    def trial(self) -> list[TrialPart]:
        """One part an asset: every account that has anything of it, then the counter accounts; they sum to 0."""
        balances = self._followed.ledger.balances.by_place
        assets = {asset for _, _, asset in balances}
        return [self._trial_part(asset) for asset in _in_order(assets)]

    def _trial_part(self, asset: int) -> TrialPart:
        balances = self._followed.ledger.balances
        of_asset = {(who, Pocket(p)): n for (who, p, a), n in balances.by_place.items() if a == asset}
        pockets = [pocket for pocket in Pocket if any(p is pocket for _, p in of_asset) or pocket is Pocket.AVAILABLE]
        pockets.sort(key=lambda pocket: (pocket is Pocket.NONE, pocket))
        accounts = sorted({who for who, _ in of_asset}, key=lambda who: (who < 0, abs(who)))
        rows = []
        for who in accounts:
            amounts = [of_asset.get((who, pocket), 0) for pocket in pockets]
            shown = tuple(self.amount(asset, number) for number in amounts)
            rows.append(TrialRow(self.account_name(who), shown, self.amount(asset, sum(amounts))))
        return TrialPart(
            asset=asset,
            name=self.asset_name(asset),
            unit=self.asset_unit(asset),
            columns=tuple(
                Text("counter account", "对方科目") if p is Pocket.NONE else words.POCKET[p] for p in pockets
            ),
            rows=tuple(rows),
            total=self.amount(asset, sum(row.total.integer for row in rows)),
        )

    # -- names and numbers ---------------------------------------------------------------------------------------

    def account_name(self, account: int) -> Text:
        """The name of a participant, or of a counter account."""
        if account < 0:
            return words.COUNTER_ACCOUNT[account]
        view = self._followed.participants.get(account)
        name = view.name if view else str(account)
        return Text(name, name)

    def asset_name(self, asset: int) -> Text:
        """Cash, or the instrument's name."""
        if asset == CASH_ASSET:
            return Text("Cash", "资金")
        name = self._followed.instruments[asset].name
        return Text(name, name)

    def asset_unit(self, asset: int) -> Text:
        """The currency, or t."""
        if asset != CASH_ASSET:
            return Text("t", "吨")
        return Text(self._followed.currency, self._followed.currency)

    def amount(self, asset: int, integer: int) -> Amount:
        """An amount in minor units or lots."""
        if asset == CASH_ASSET:
            return Amount(integer, grouped(money(integer)))
        return Amount(integer, grouped(integer * self._followed.instruments[asset].lot_units))


def _of(places: Places, pocket: Pocket, asset: int) -> int:
    return places.get((pocket, asset), 0)


def _in_order(assets: set[int]) -> Iterator[int]:
    return iter(sorted(assets, key=lambda asset: (asset != CASH_ASSET, asset)))
