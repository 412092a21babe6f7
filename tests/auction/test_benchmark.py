"""The benchmark of the clear, run tiny: it checks its results before it prints a figure."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from benchmarks import clearing


@pytest.mark.compiled
def test_it_runs_and_prints_its_figures(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["clearing", "--bids", "300", "--pro-rata", "--json"])
    assert clearing.main() == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["bids"] == 300
    assert {"read_ms", "price_only_ms", "price_only_ratio_to_read", "full_ms", "full_ratio_to_read"} <= set(figures)


def test_a_wrong_price_prints_no_figure(monkeypatch, capsys) -> None:
    monkeypatch.setattr(clearing, "clearing_price", lambda prices, lots, supply: int(np.max(prices)))
    monkeypatch.setattr(sys, "argv", ["clearing", "--bids", "50"])
    assert clearing.main() == 1
    out = capsys.readouterr()
    assert out.out == ""
    assert "prices differ" in out.err
