"""The emulator's clients: reached directly and as its root user, whatever this machine is set up for."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from local_cloud import aws


class Recorder(BaseHTTPRequestHandler):
    """Answers everything with nothing and keeps the Authorization headers."""

    seen: list[str]

    def do_POST(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Not to the test's output."""


@pytest.fixture
def emulator() -> Iterator[tuple[str, list[str]]]:
    """Its URL, and the Authorization headers that reached it."""
    seen: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Handler", (Recorder,), {"seen": seen})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that does not exist, a broken configuration file, a proxy that nobody answers at."""
    (tmp_path / "config").write_text("[default\n")
    for name, value in {
        "AWS_PROFILE": "production",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    aws.botocore_session.cache_clear()
    aws._session.cache_clear()


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("make", "authorization"), [(aws.client, "AWS4-HMAC-SHA256 Credential=test/"), (aws.anonymous_client, "")]
)
def test_nothing_of_this_machines_configuration_applies(
    emulator: tuple[str, list[str]], make: Callable[..., object], authorization: str
) -> None:
    """H1. Neither a real account's credentials nor a company's proxy may come between."""
    endpoint, seen = emulator
    client: object = make("cognito-idp", endpoint, "us-east-1")
    client.list_user_pools(MaxResults=1)  # type: ignore[attr-defined]
    assert [header[: len(authorization)] if authorization else header for header in seen] == [authorization]


@pytest.mark.parametrize("service", ["s3", "dynamodb", "ec2"])
def test_a_service_may_have_clients_in_two_regions(service: str) -> None:
    """H1. boto3 adds methods of its own to these services' clients, once per session."""
    made = [aws.client(service, "http://127.0.0.1:9", region) for region in ("us-east-1", "eu-west-3")]
    assert [client.meta.region_name for client in made] == ["us-east-1", "eu-west-3"]
