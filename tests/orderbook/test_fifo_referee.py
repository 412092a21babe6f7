"""The exporter for the FIFO referee: reports written out by hand, flows packed or not, and files that are none."""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fifo_referee as referee
from engine.capacity import MEDIUM, SMALL

FLOW = [
    # type, side, ioc, quantity, order id, price
    (0, 0, 0, 5, 900, 100),
    (0, 1, 0, 3, 7, 100),
    (0, 1, 0, 4, 8, 101),
    (2, 1, 0, 2, 8, 99),
    (1, 0, 0, 0, 900, 0),
    (2, 0, 0, 5, 900, 100),
    (0, 0, 1, 9, 11, 500),
    (1, 0, 0, 0, 12, 0),
]
REPORTS = [
    "0,1,0,900,100,5",
    "0,2,1,7,100,3",
    "1,2,100,3,900,7",
    "0,3,1,8,101,4",
    "1,4,100,2,900,8",
    "3,4,1,8,99,2",
    "4,5,900",
    "5,6,900",
    "0,7,0,11,500,9",
    "2,7,0,11,500",
    "4,8,12",
]
"""In the order of (sequence, type): the bid of 5 is met by 3 and by a modify of 2, so that the rest is refused."""


def content_of(flow: list[tuple[int, int, int, int, int, int]]) -> bytes:
    records = np.zeros(len(flow), referee.RECORD)
    for name, column in zip(
        ("type", "side", "ioc", "quantity", "order_id", "price"), zip(*flow, strict=True), strict=True
    ):
        records[name] = column
    records["sequence"] = np.arange(1, len(flow) + 1)
    header = np.array([(b"100_WBEM", 1, len(flow))], referee.HEADER)
    return header.tobytes() + records.tobytes()


def printed(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict:
    monkeypatch.setattr(sys, "argv", ["fifo_referee", str(path), "--json"])
    referee.main()
    found: dict = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.compiled
@pytest.mark.parametrize("packed", [False, True])
def test_the_reports_of_a_flow_are_those_written_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], packed: bool
) -> None:
    content = content_of(FLOW)
    path = tmp_path / "flow.bin"
    path.write_bytes(lzma.compress(content) if packed else content)
    found = printed(path, monkeypatch, capsys)
    assert found["report_sha256"] == hashlib.sha256("\n".join(REPORTS).encode()).hexdigest()
    assert (found["messages"], found["capacity"]) == (len(FLOW), "medium")


@pytest.mark.compiled
def test_a_flow_that_is_too_much_for_one_class_goes_through_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referee, "MEDIUM", SMALL)
    monkeypatch.setattr(referee, "LARGE", MEDIUM)
    records = np.frombuffer(
        content_of([(0, 0, 0, 1, n, 50) for n in range(1, SMALL.orders + 3)]), referee.RECORD, offset=16
    )
    rows = referee.rows_of_flow(records)
    digest, capacity = referee.report_hash(records, rows)
    assert capacity is MEDIUM
    lines = "\n".join(f"0,{n},0,{n},50,1" for n in range(1, SMALL.orders + 3))
    assert digest == hashlib.sha256(lines.encode()).hexdigest()
    monkeypatch.setattr(referee, "LARGE", SMALL)
    with pytest.raises(ValueError, match="no class of book holds"):
        referee.report_hash(records, rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "0 bytes; a flow begins with a header of 16"),
        (content_of(FLOW)[:-1], "319 bytes behind the header; its 8 records take 320"),
        (lzma.compress(content_of(FLOW))[:-9], "the xz is damaged"),
        (content_of([(9, 0, 0, 1, 1, 1)]), r"types \[9\]; 0 \(new\), 1 \(cancel\) and 2 \(modify\) are known"),
    ],
)
def test_what_is_no_flow_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "flow.bin").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        referee.read_flow(tmp_path / "flow.bin")
