"""One bid's way to its award, as ordered steps of integers; and its award derived again from those steps alone.

`entry` are the steps at the bid's arrival, `trace` those of the clear, `margin` the one where bids share. A trace is
checked by `reference_award`, which reads nothing else and shares no code with any of it.
"""

from engine.auction.explain.arrays import RoundArrays
from engine.auction.explain.entry import EntryFacts, trace_entry
from engine.auction.explain.steps import Step
from engine.auction.explain.trace import trace_clear

__all__ = ["EntryFacts", "RoundArrays", "Step", "trace_clear", "trace_entry"]
