"""`jingjia serve` as a process: its ready line, its manners on a signal, and what it says when it cannot start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from services.client import Client, Orders, ParticipantClass, Phase, Retry, Side
from services.server import SERVICE_NAMES
from tests.services.running import QUICK

COMMAND = [sys.executable, "-c", "from services.cli.main import run; run()"]
ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A served venue in a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self._ready_file = data.parent / f"{data.name}.ready"
        arguments = ["serve", "--data", str(data), "--capacity", "small", "--ready-file", str(self._ready_file)]
        self.process = subprocess.Popen(
            [*COMMAND, *arguments, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ready(self, timeout_s: float = 600) -> dict[str, Any]:
        end = time.monotonic() + timeout_s
        while not self._ready_file.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "not ready in time"
            time.sleep(0.02)
        return json.loads(self._ready_file.read_text("utf-8"))

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "journal", "--operator", "venue")
    yield process
    process.end(signal.SIGKILL)


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout, done.stderr


def test_ready_line_health_reflection_and_a_clean_end(served: Process, tmp_path: Path) -> None:
    ready = served.ready()
    assert ready["tls"] is False
    assert ready["pid"] == served.process.pid
    assert ready["operator"] == "venue"
    assert ready["capacity"] == "small"
    assert "synchronous=2" in ready["durability"]
    assert len(ready["digest"]) == 64
    assert ready["journal"] == str(tmp_path / "journal")
    assert "kernel" in ready["kernels"]
    with grpc.insecure_channel(ready["address"]) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", *SERVICE_NAMES):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING, name
        described = ProtoReflectionDescriptorDatabase(channel).get_services()
        assert set(SERVICE_NAMES) <= set(described)
    code, out, err = served.end()
    assert code == 0, err
    assert out.startswith("ready: 127.0.0.1:")
    assert out.count("\n") == 1
    log = [json.loads(line) for line in err.splitlines()]
    assert [entry["event"] for entry in log] == ["without TLS", "starting", "stopping"]
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_loses_nothing_that_was_acknowledged(tmp_path: Path, number: signal.Signals) -> None:
    """Orders are streamed until the server is gone; whatever was answered is there after the next start."""
    process = Process(tmp_path / "journal", "--operator", "venue")
    try:
        ready = process.ready()
        with Client.connect(ready["address"], participant="venue", retry=QUICK) as ops:
            session = ops.open_session("set-up")
            book = session.adopt_rule_book("nz_spot")
            instrument = session.define_instrument("NZU", book, tick_minor=1, lot_units=1)
            alpha = session.register_participant("alpha", ParticipantClass.INSTITUTION)
            session.deposit_cash(alpha, 10**9)
            session.set_phase(instrument, Phase.CONTINUOUS)
        acknowledged: list[int] = []
        port = ready["address"].rsplit(":", 1)[1]
        patient = Retry(for_s=300, longest_pause_s=0.2)
        with Client.connect(ready["address"], participant="alpha", retry=patient) as client:
            trader = client.open_session("load")
            begun = time.monotonic()
            with trader.order_stream() as stream:
                waiting = []
                while time.monotonic() - begun < 0.6:
                    waiting.append(stream.send(Orders(instrument, Side.BUY, [10, 11], 1)))
                stopped = time.monotonic()
                code, _, err = process.end(number)
                assert code == 0, err
                assert time.monotonic() - stopped < 20
                acknowledged = [
                    identity
                    for future in waiting
                    if future.done() and future.exception() is None
                    for identity in future.result().order_ids.tolist()
                ]
                process = Process(tmp_path / "journal", "--port", port)
                again = process.ready()
                answers = [future.result(300) for future in waiting]
            assert acknowledged
            assert again["batches"] >= ready["batches"]
            assert all(answer.accepted.all() for answer in answers)
            assert client.cash().held_minor == 21 * len(answers)
            live = {level: lots for level, lots, _ in _bids(client, instrument)}
            assert live == {10: len(answers), 11: len(answers)}
    finally:
        process.end(signal.SIGKILL)


def _bids(client: Client, instrument: int) -> list[tuple[int, int, int]]:
    bids = client.book(instrument).bids
    return list(zip(bids.price_ticks, bids.quantity_lots, bids.orders, strict=True))


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = run("serve", "--data", str(tmp_path / "journal"), "--port", str(port))
    assert (code, out) == (2, "")
    assert f"jingjia: cannot listen on 127.0.0.1:{port}: the port is in use" in err
    assert "Traceback" not in err


def test_two_servers_on_one_journal_is_said_so(served: Process, tmp_path: Path) -> None:
    served.ready()
    code, out, err = run("serve", "--data", str(tmp_path / "journal"))
    assert (code, out) == (2, "")
    assert "jingjia: --data" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--capacity", "huge"], "--capacity 'huge': allowed is small, medium, large"),
        (["--tls-cert", "x.pem"], "--tls-cert, --tls-key and --client-ca go together"),
        (["--host", "0.0.0.0"], "--host 0.0.0.0 without TLS"),
        (["--port", "70000"], "Input should be less than or equal to 65535"),
        (["--tls-cert", "a", "--tls-key", "b", "--client-ca", "c"], "--tls-key b: No such file or directory"),
    ],
)
def test_what_cannot_be_used_is_said_with_code_2(tmp_path: Path, options: list[str], text: str) -> None:
    code, out, err = run("serve", "--data", str(tmp_path / "journal"), *options)
    assert (code, out) == (2, "")
    assert text in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    code, _, err = run("serve", "--data", str(tmp_path / "file" / "journal"))
    assert code == 2
    assert "jingjia: --data" in err
    assert "Traceback" not in err


def test_metrics_are_served_and_hold_no_orders(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = Process(tmp_path / "journal", "--operator", "venue", "--metrics-port", str(port))
    try:
        ready = process.ready()
        with Client.connect(ready["address"], participant="venue", retry=QUICK) as client:
            client.participants()
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        assert "jingjia_ready 1.0" in text
        assert (
            'jingjia_calls_total{method="/jingjia.reference.v1.ReferenceService/ListParticipants",status="OK"} 1.0'
            in text
        )
        assert "jingjia_durable_batches 1.0" in text
    finally:
        process.end()


def test_a_server_that_is_starting_says_so(tmp_path: Path) -> None:
    """The port answers before kernels are compiled and the journal is replayed: NOT_SERVING, and calls UNAVAILABLE."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"JINGJIA_CACHE_DIR": str(tmp_path / "cold")}
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", str(tmp_path / "journal"), "--capacity", "small", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(60)
            health = health_pb2_grpc.HealthStub(channel)
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
            from services.wire.jingjia.reference.v1 import reference_pb2, reference_pb2_grpc
            from tests.services.test_bad_input import failure

            stub = reference_pb2_grpc.ReferenceServiceStub(channel)
            code, _, _, info = failure(lambda: stub.ListSessions(reference_pb2.ListSessionsRequest(), timeout=5))
            assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "STARTING")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
