"""How the suite runs: the counts of generated examples, the JIT switch, and where the reference data lies.

- `make test` draws the same examples every time (profile `suite`): a red run is red again when repeated.
- `make long` draws new ones in large numbers (profile `long`) and prints how to repeat a failure.
- With the kernels interpreted (`NUMBA_DISABLE_JIT=1`, profile `interpreted`) only counts shrink, not what is compared;
  a test marked `compiled` is about compilation itself, or hopelessly slow without it, and is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numba
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("interpreted", settings.get_profile("suite"), max_examples=15)
settings.register_profile(
    "long", deadline=None, print_blob=True, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if numba.config.DISABLE_JIT:
        skip = pytest.mark.skip(reason="needs compiled kernels")
        for item in items:
            if "compiled" in item.keywords:
                item.add_marker(skip)


Seen = Callable[[str, int], None]
"""Says what a test has done without a fault, and how often: `make long` adds it up (`tests.long.figures`)."""


@pytest.fixture
def seen(record_property: Callable[[str, object], None]) -> Seen:
    return lambda what, count: record_property("seen", (what, int(count)))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of published data that may not ship with the project; the test is skipped where it is absent."""
    folder = Path(os.environ.get("JINGJIA_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip(f"reference data not found at {folder}; set JINGJIA_SHARED to the folder that holds data/")
    return folder
