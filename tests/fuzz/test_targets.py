"""Any bytes, and good inputs with any bytes spliced in, at every place where bytes come in from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

EDITS = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 20), st.binary(max_size=12)), min_size=1, max_size=4)


def spliced(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, piece in edits:
        place %= len(data) + 1
        data = data[:place] + piece + data[place + length :]
    return data


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=400))
def test_any_bytes(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@given(choice=st.integers(0, 2), edits=EDITS)
def test_good_input_with_anything_spliced_in(target: str, choice: int, edits: list[tuple[int, int, bytes]]) -> None:
    good = seeds(target)
    TARGETS[target](spliced(good[choice % len(good)], edits))


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_are_taken(target: str) -> None:
    for data in seeds(target):
        TARGETS[target](data)
