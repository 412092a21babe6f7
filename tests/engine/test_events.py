"""Events as rows: packed, readable, and written by name."""

from __future__ import annotations

import numpy as np
import pytest

from engine.events import EVENT, MEANING, EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder


def test_an_event_is_72_bytes_without_a_hole() -> None:
    assert EVENT.itemsize == 72
    assert EVENT.itemsize == sum(EVENT.fields[name][0].itemsize for name in EVENT.names)


def test_every_wide_column_lies_on_its_own_boundary() -> None:
    assert [name for name in EVENT.names if EVENT.fields[name][1] % EVENT.fields[name][0].itemsize] == []


def test_events_survive_as_bytes() -> None:
    events = np.zeros(2, EVENT)
    for name in EVENT.names:
        events[name] = [1, 2]
    again = np.frombuffer(events.tobytes(), EVENT)
    assert [again[name].tolist() for name in EVENT.names] == [[1, 2]] * len(EVENT.names)


def test_the_meaning_of_a_kind_names_real_columns() -> None:
    """Words that look like columns are columns: the table cannot drift from the dtype."""
    for kind, text in MEANING.items():
        words = {word.strip(".,;:()") for word in text.replace(";", " ; ").split()}
        looks_like_one = {word for word in words if "_" in word and word.islower()}
        assert looks_like_one - set(EVENT.names) == set(), kind.name


def test_the_recorder_keeps_order_and_leaves_the_rest_zero() -> None:
    recorder = Recorder()
    recorder.add(EventKind.CASH_DEPOSITED, 0, participant=3, amount_minor=500)
    recorder.refuse(1, Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE, order_id=9)
    events = recorder.array()
    assert events["kind"].tolist() == [EventKind.CASH_DEPOSITED, EventKind.REFUSED]
    assert events["row"].tolist() == [0, 1]
    assert (events[0]["participant"], events[0]["amount_minor"], events[0]["price_ticks"]) == (3, 500, 0)
    assert (events[1]["outcome"], events[1]["parameter"], events[1]["order_id"]) == (608, 204, 9)


def test_a_column_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TypeError, match="events have no column colour"):
        Recorder().add(EventKind.TRADE, 0, colour=1)
