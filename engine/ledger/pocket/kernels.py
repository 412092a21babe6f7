"""Putting cash or units into one pocket, compiled: the only lines that write to a pocket.

Each returns what it put in (taking out is putting in a negative amount), and a posting adds up what its calls return:
what they come to is counted on the control account of the asset.
"""

from __future__ import annotations

from typing import Any

from engine.jit import helper


@helper
def free_cash(account: Any, amount_minor: int) -> int:
    """Put cash into the free pocket (negative: take it out); returns what was put in."""
    account.available_minor += amount_minor
    return amount_minor


@helper
def held_cash(account: Any, amount_minor: int) -> int:
    """Put cash into the pocket of what is held."""
    account.held_minor += amount_minor
    return amount_minor


@helper
def unsettled_cash(account: Any, amount_minor: int) -> int:
    """Put cash into the pocket of what is not settled."""
    account.unsettled_minor += amount_minor
    return amount_minor


@helper
def free_units(holding: Any, lots: int) -> int:
    """Put units into the free pocket."""
    holding.available_lots += lots
    return lots


@helper
def held_units(holding: Any, lots: int) -> int:
    """Put units into the pocket of what is held."""
    holding.held_lots += lots
    return lots


@helper
def unsettled_units(holding: Any, lots: int) -> int:
    """Put units into the pocket of what is not settled."""
    holding.unsettled_lots += lots
    return lots


@helper
def all_units(holding: Any) -> int:
    """All units of a holding, whatever pocket they lie in."""
    return (
        holding.available_lots
        + holding.held_lots
        + holding.locked_lots
        + holding.unsettled_lots
        + holding.pledged_lots
        + holding.compliance_lots
    )


@helper
def balance(x: Any, asset: int, put_in: int) -> None:
    """Count what a posting put into pockets, all in all: 0, which the compiler proves of a posting that is right."""
    if put_in != 0:
        x.control[asset] += put_in
