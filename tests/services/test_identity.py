"""Who is calling: the certificate where there is TLS, and nothing that a message says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from services.client import CallFailed, Client, ParticipantClass, Tls
from services.errors import BadInput
from services.identity import METADATA_KEY, METADATA_KEY_BINARY
from services.server import Config, Server, TlsFiles
from services.wire.jingjia.accounts.v1 import accounts_pb2, accounts_pb2_grpc
from services.wire.jingjia.reference.v1 import reference_pb2, reference_pb2_grpc
from tests.services.certificates import Authority, Pair
from tests.services.running import OPERATOR, QUICK, Market, Running
from tests.services.test_bad_input import failure


@dataclass
class Secured:
    """A server with TLS, its authority, and certificates of the operator and of alpha."""

    running: Running
    authority: Authority
    operator: Pair
    alpha: Pair

    def client(self, pair: Pair) -> Client:
        tls = Tls(self.authority.certificate, pair.certificate, pair.key)
        return Client.connect(self.running.address, tls=tls, retry=QUICK)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    server, operator, alpha = (authority.issue(name) for name in ("venue", OPERATOR, "阿尔法"))
    files = TlsFiles(server.certificate, server.key, authority.certificate)
    running = Running(folder / "journal", tls=files, host="0.0.0.0")
    running.address = running.address.replace("0.0.0.0", "127.0.0.1")
    found = Secured(running, authority, operator, alpha)
    with found.client(operator) as client:
        client.open_session("s").register_participant("阿尔法", ParticipantClass.INSTITUTION)
    yield found
    running.stop()


def test_the_certificate_names_the_caller(secured: Secured) -> None:
    with secured.client(secured.alpha) as client:
        assert client.cash().participant == 2
        assert client.open_session("mine").number
        with pytest.raises(CallFailed) as caught:
            client.cash(1)
    assert caught.value.code is grpc.StatusCode.PERMISSION_DENIED
    with secured.client(secured.operator) as client:
        assert client.cash(2).participant == 2


def test_metadata_names_nobody_where_there_is_tls(secured: Secured) -> None:
    """alpha's certificate with the operator's name in the metadata: still alpha."""
    credentials = grpc.ssl_channel_credentials(
        secured.authority.certificate.read_bytes(),
        secured.alpha.key.read_bytes(),
        secured.alpha.certificate.read_bytes(),
    )
    with grpc.secure_channel(secured.running.address, credentials) as channel:
        stub = accounts_pb2_grpc.AccountServiceStub(channel)
        metadata = ((METADATA_KEY_BINARY, OPERATOR.encode()),)
        answer = stub.GetCash(accounts_pb2.GetCashRequest(), metadata=metadata, timeout=5)
    assert answer.participant == 2


def test_a_certificate_of_nobody_is_refused(secured: Secured) -> None:
    with secured.client(secured.authority.issue("unregistered")) as client, pytest.raises(CallFailed) as caught:
        client.cash()
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_REGISTERED")
    assert "'unregistered'" in caught.value.text
    with secured.client(secured.authority.issue(None)) as client, pytest.raises(CallFailed) as caught:
        client.cash()
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNIDENTIFIED")


def test_a_certificate_of_another_authority_does_not_connect(secured: Secured, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "another authority").issue(OPERATOR)
    tls = Tls(secured.authority.certificate, stranger.certificate, stranger.key)
    credentials = grpc.ssl_channel_credentials(
        tls.server_authority.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
    )
    with grpc.secure_channel(secured.running.address, credentials) as channel:
        stub = accounts_pb2_grpc.AccountServiceStub(channel)
        code, _, _, _ = failure(lambda: stub.GetCash(accounts_pb2.GetCashRequest(), timeout=3))
    assert code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("metadata", "code", "reason", "text"),
    [
        ((), grpc.StatusCode.UNAUTHENTICATED, "UNIDENTIFIED", "names 0 participants"),
        (((METADATA_KEY, ""),), grpc.StatusCode.UNAUTHENTICATED, "UNIDENTIFIED", "names 1 participants"),
        (
            ((METADATA_KEY, "alpha"), (METADATA_KEY, "beta")),
            grpc.StatusCode.UNAUTHENTICATED,
            "UNIDENTIFIED",
            "names 2 participants",
        ),
        (((METADATA_KEY_BINARY, b"\xff"),), grpc.StatusCode.UNAUTHENTICATED, "UNIDENTIFIED", "does not hold UTF-8"),
        (((METADATA_KEY, "nobody"),), grpc.StatusCode.PERMISSION_DENIED, "NOT_REGISTERED", "'nobody'"),
    ],
)
def test_without_tls_the_metadata_names_one_registered_participant(
    market: Market, metadata: tuple[tuple[str, str | bytes], ...], code: grpc.StatusCode, reason: str, text: str
) -> None:
    before = market.running.digest()
    with grpc.insecure_channel(market.running.address) as channel:
        stub = reference_pb2_grpc.ReferenceServiceStub(channel)
        request = reference_pb2.OpenSessionRequest(name="x")
        found, said, _, info = failure(lambda: stub.OpenSession(request, metadata=metadata, timeout=5))
    assert (found, info.reason) == (code, reason)
    assert text in said
    assert market.running.digest() == before


def test_accounts_of_others_are_the_operators_to_see(market: Market) -> None:
    with market.client("alpha") as client:
        for read in (client.cash, client.holdings):
            with pytest.raises(CallFailed) as caught:
                read(market.beta)
            assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")
        assert client.cash(market.alpha).participant == market.alpha
        assert {session.name for session in client.sessions()} <= {"x"}
    with market.client() as client:
        assert client.cash(market.beta).available_minor == 10**9


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "venue.example"])
def test_without_tls_only_loopback_is_listened_on(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadInput, match="--tls-cert"):
        Server(Config(data=tmp_path, host=host))
    assert list(tmp_path.iterdir()) == [], "refused before anything was made"


def test_tls_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    with pytest.raises(BadInput) as caught:
        files.credentials()
    assert [problem.split()[0] for problem in caught.value.problems] == ["--tls-cert", "--tls-key", "--client-ca"]
