"""docs/api.md: its grpcurl lines are requests of the contract, and work in their order; its table is the table."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2

from services.identity import METADATA_KEY
from services.server import MESSAGE_BYTES_MAX
from services.status import STATUS
from services.wire.jingjia.common.v1 import common_pb2
from tests.services.running import Running

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
assert health_pb2.DESCRIPTOR.name


def commands() -> list[tuple[str, str, str]]:
    """(participant, method, JSON) of every call on the page, in order."""
    participant, found = "", []
    for line in TEXT.splitlines():
        if named := re.fullmatch(r"as_\w+='jingjia-participant: (\w+)'", line):
            participant = named[1]
        if line.startswith("grpcurl") and " -d " in line:
            words = shlex.split(line)
            found.append((participant, words[-1], words[words.index("-d") + 1]))
    return found


def test_every_line_works_against_a_new_venue(tmp_path: Path) -> None:
    running = Running(tmp_path / "journal", operator="operator")
    calls = commands()
    assert len(calls) >= 12
    try:
        with grpc.insecure_channel(running.address) as channel:
            for participant, method, text in calls:
                service, _, name = method.rpartition("/")
                described = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
                request_type = message_factory.GetMessageClass(described.input_type)
                response_type = message_factory.GetMessageClass(described.output_type)
                request = json_format.Parse(text, request_type())
                metadata = ((METADATA_KEY, participant),) if participant else ()
                path = f"/{method}"
                coders = {
                    "request_serializer": request_type.SerializeToString,
                    "response_deserializer": response_type.FromString,
                }
                if described.server_streaming:
                    stream = channel.unary_stream(path, **coders)(request, metadata=metadata, timeout=5)
                    assert next(stream).first_sequence == 1
                    stream.cancel()
                    continue
                answer = channel.unary_unary(path, **coders)(request, metadata=metadata, timeout=5)
                if "receipt" in response_type.DESCRIPTOR.fields_by_name:
                    assert answer.receipt.status == common_pb2.ROW_STATUS_ACCEPTED, (method, answer)
                if name == "GetBook":
                    assert list(answer.bids.price_ticks) == [4350, 4349]
    finally:
        running.stop()


@pytest.mark.parametrize(("code", "reason"), sorted({(code.name, reason) for code, reason in STATUS.values()}))
def test_every_status_is_on_the_page(code: str, reason: str) -> None:
    assert any(line.startswith(f"| {code} |") and f"`{reason}`" in line for line in TEXT.splitlines())


def test_the_limit_on_the_page_is_the_limit() -> None:
    assert f"{MESSAGE_BYTES_MAX // 2**20} MiB" in TEXT
