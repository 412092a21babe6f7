"""`make long` in stages: which tests are about what, in the order in which they are begun.

The longest come first, so that two workers end at about the same time: what is left at the end is short.
"""

from __future__ import annotations

STAGES: dict[str, tuple[str, ...]] = {
    "Drawn worlds": ("tests/simulation",),
    "Kills, power cuts, disk errors, damage": ("tests/crash", "tests/journal"),
    "The venue beside its slow twins": ("tests/core",),
    "Snapshots in the middle of every test": ("tests/engine/test_snapshot.py",),
    "The order book beside its slow twins": ("tests/orderbook",),
    "Sealed bids beside their slow twins": ("tests/auction", "tests/explain", "tests/whatif", "tests/proof"),
    "Whole days from order logs": ("tests/replay",),
    "Rule books with a slip in them": ("tests/rules",),
    "The same everywhere": ("tests/golden", "tests/engine"),
    "Everything else": ("tests",),
}
"""Each stage and the paths its tests lie under; a test belongs to the first that fits."""


def stage_of(path: str) -> int:
    """The stage, from 0, of the test whose node id or path (from the project's root) is given."""
    return next(at for at, paths in enumerate(STAGES.values()) if path.startswith(paths))
