"""The recorded inputs of a round from files, as the commands that give them to the core.

What is known of participants goes in before the round opens, a hidden reserve sealed; it is revealed, and a draw of
lines recorded, once the round is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from engine.commands import Drawn, Table, rows_of
from engine.rounds.dossier import commitment_of
from engine.words.reserve import ReserveStep
from services.offline.round_files import RoundInputs

Send = Callable[[Table, np.ndarray, bytes, str], None]
"""Applies rows of the operator's; raises BadInput, naming them, when one is refused."""


class RecordedInputs:
    """Sends the inputs of one round."""

    def __init__(
        self, inputs: RoundInputs, numbers: Mapping[str, int], send: Send, *, instrument: int, book: int, number: int
    ) -> None:
        self._inputs, self._numbers, self._send = inputs, numbers, send
        self._instrument, self._book, self._round = instrument, book, number

    def before_opening(self) -> None:
        """The reserve, verified quantities, links, and the hidden reserve under its seal."""
        inputs = self._inputs
        if inputs.reserve_account:
            account = self._numbers[inputs.reserve_account]
            row = {"step": ReserveStep.FOUND, "instrument": self._instrument, "rule_book": self._book}
            self._one(Table.RESERVE_STEPS, {**row, "participant": account}, "reserve")
        for fact in inputs.facts:
            row = {"participant": self._numbers[fact.participant], "instrument": self._instrument, "fact": fact.fact}
            row |= {"year": fact.year, "quantity_lots": fact.quantity_lots}
            self._one(Table.FACTS, row, f"fact of {fact.participant}")
        for group, names in enumerate(inputs.links, start=1):
            for name in names:
                self._one(Table.LINKS, {"participant": self._numbers[name], "link": group}, f"link of {name}")
        if inputs.hidden_reserve is not None:
            self._hidden_reserve(commitment_of(*inputs.hidden_reserve), 0)

    def after_the_close(self) -> None:
        """The hidden reserve revealed, the order of lines recorded."""
        inputs = self._inputs
        if inputs.hidden_reserve is not None:
            price, salt = inputs.hidden_reserve
            self._hidden_reserve(salt, price)
        if inputs.line_order:
            rows = rows_of(Table.DRAWS, len(inputs.line_order))
            rows["round_number"], rows["drawn"], rows["target"] = self._round, Drawn.SUPPLY_LINE, inputs.line_order
            self._send(Table.DRAWS, rows, b"", "draw of lines")

    def _hidden_reserve(self, text: str, price_ticks: int) -> None:
        encoded = text.encode()
        row = {"round_number": self._round, "price_ticks": price_ticks, "text_length": len(encoded)}
        self._one(Table.HIDDEN_RESERVES, row, "hidden reserve", encoded)

    def _one(self, table: Table, row: dict[str, int], what: str, text: bytes = b"") -> None:
        rows = rows_of(table, 1)
        for name, value in row.items():
            rows[name] = value
        self._send(table, rows, text, what)
