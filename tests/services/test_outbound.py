"""Class S15 and S16: the outbound client against redirects, inner networks in all spellings, rebinding, and bodies without end."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import httpcore2
import pytest

from comity.config import Settings
from comity.domain.reach import Address, networks
from comity.services import outbound
from comity.services.outbound import Client, Limits, Unreachable

LOOPBACK = networks("127.0.0.0/8")
Act = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A real HTTP server on loopback whose every answer is written by the test."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.acts: dict[str, Act] = {}
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append((self.command, self.path, headers))
                outer.acts[self.path](self)

            do_GET = do_POST = _any  # noqa: N815

            def log_message(self, *args: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def answer(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return act


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Unreachable) as caught:
        act()
    assert caught.value.code in outbound.CODES
    return caught.value.code


# ---------------------------------------------------------------- addresses


class Opener(httpcore2.NetworkBackend):
    """Opens nothing; remembers what it was asked to open."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def connect_tcp(
        self, host: str, port: int, timeout: Any = None, local_address: Any = None, socket_options: Any = None
    ) -> httpcore2.NetworkStream:
        self.asked.append((host, port))
        raise httpcore2.ConnectError("nothing is opened here")


def names(*answers: Sequence[str]) -> Callable[[str, int], Sequence[Address]]:
    """A resolver that gives another answer each time it is asked."""
    left = list(answers)
    return lambda name, port: [ip_address(text) for text in (left.pop(0) if len(left) > 1 else left[0])]


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "fe80::1", "224.0.0.1", "0.0.0.0"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_called(inside: str) -> None:
    opener = Opener()
    client = Client("https://ally.example/", resolver=names([inside]), opener=opener)
    assert refusal(lambda: client.get("x")) == "network"
    mixed = Client("https://ally.example/", resolver=names(["93.184.216.34", inside]), opener=opener)
    assert refusal(lambda: mixed.get("x")) == "network"
    assert opener.asked == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::ffff:7f00:1]", "[::1]", "localhost"]
)
def test_loopback_in_other_spellings_is_judged_by_its_address(host: str) -> None:
    opener = Opener()
    assert refusal(lambda: Client(f"https://{host}/", opener=opener).get("x")) in (
        "network",
        "name",
        "address",
    )
    assert opener.asked == []


def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    """Rebinding: the second answer of the name is never asked for, let alone used."""
    opener = Opener()
    resolver = names(["93.184.216.34"], ["127.0.0.1"])
    client = Client("https://ally.example:8443/", resolver=resolver, opener=opener)
    assert refusal(lambda: client.get("x")) == "connect"
    assert opener.asked == [("93.184.216.34", 8443)]
    assert refusal(lambda: client.get("x")) == "network"
    assert opener.asked == [("93.184.216.34", 8443)]


def test_without_tls_only_an_allowed_network_is_called() -> None:
    opener = Opener()
    assert (
        refusal(
            lambda: Client("http://ally.example/", resolver=names(["93.184.216.34"]), opener=opener).get("x")
        )
        == "network"
    )
    client = Client("http://ally.example/", allowed=LOOPBACK, resolver=names(["127.0.0.9"]), opener=opener)
    assert refusal(lambda: client.get("x")) == "connect"
    assert opener.asked == [("127.0.0.9", 80)]


def test_a_name_without_an_answer() -> None:
    def fails(name: str, port: int) -> Sequence[Address]:
        raise OSError

    assert refusal(lambda: Client("https://ally.example/", resolver=fails).get("x")) == "name"
    assert refusal(lambda: Client("https://ally.example/", resolver=names([])).get("x")) == "name"


def test_a_resolver_that_never_answers_ends_at_the_deadline() -> None:
    forever = threading.Event()

    def waits(name: str, port: int) -> Sequence[Address]:
        forever.wait()
        return []

    client = Client("https://ally.example/", resolver=waits, limits=Limits(seconds=0.05))
    assert refusal(lambda: client.get("x")) == "timeout"
    forever.set()


@pytest.mark.parametrize(
    "url",
    ["ftp://ally.example/", "file:///etc/passwd", "https://", "https://user@ally.example/", "https://a:b@ally.example/", "//x/",
     "https://ally.example:99999/", "https://ally .example/", "https://ally.example\\@inside/", "https://[fe80::1%25eth0]/",
     "https://ally.example:0/", "https://аlly.example/"],
)  # fmt: skip
def test_what_is_no_address_of_a_node(url: str) -> None:
    assert refusal(lambda: Client(url)) == "address"


@pytest.mark.parametrize(
    "path",
    ["https://other.example/x", "//other.example/x", "http://ally.example/x", "https://ally.example:444/x"],
)
def test_a_client_knows_one_node_only_so_no_credentials_go_to_another(path: str) -> None:
    opener = Opener()
    client = Client("https://ally.example/", resolver=names(["93.184.216.34"]), opener=opener)
    assert refusal(lambda: client.get(path, headers={"authorization": "Bearer x"})) == "address"
    assert opener.asked == []


# ---------------------------------------------------------------- answers


def test_an_answer_and_what_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    server.acts["/in?a=1"] = answer(b"{}", Set_Cookie="a=b")
    with Client(server.url, allowed=LOOPBACK) as client:
        found = client.get("in?a=1", headers={"authorization": "Bearer abc"})
        again = client.post("/in?a=1", b"[1]", content_type="application/json")
    assert (found.status, found.body, found.media_type, again.status) == (200, b"{}", "application/json", 200)
    (_, _, first), (method, _, second) = server.seen
    assert first["host"] == f"127.0.0.1:{server.port}"
    assert first["authorization"] == "Bearer abc"
    assert method == "POST"
    assert "cookie" not in second
    assert "authorization" not in second


def test_an_error_status_is_an_answer(server: Server) -> None:
    server.acts["/gone"] = answer(b"no", status=410, kind="text/plain")
    with Client(server.url, allowed=LOOPBACK) as client:
        assert client.get("gone").status == 410


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: Server, status: int) -> None:
    server.acts["/go"] = answer(b"", status=status, Location="/there")
    server.acts["/there"] = answer(b"{}")
    with Client(server.url, allowed=LOOPBACK) as client:
        assert refusal(lambda: client.get("go", headers={"authorization": "Bearer x"})) == "redirect"
    assert [path for _, path, _ in server.seen] == ["/go"]


def test_another_media_type_is_refused(server: Server) -> None:
    server.acts["/page"] = answer(b"<html>", kind="text/html; charset=utf-8")
    with Client(server.url, allowed=LOOPBACK) as client:
        assert refusal(lambda: client.get("page")) == "content-type"


def test_a_body_that_says_it_is_too_large_is_not_read(server: Server) -> None:
    server.acts["/large"] = answer(b"x" * 5_000)
    with Client(server.url, allowed=LOOPBACK, limits=Limits(most_bytes=4_000)) as client:
        assert refusal(lambda: client.get("large")) == "too-large"


def test_a_body_in_pieces_without_end_is_cut_off(server: Server) -> None:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while not server.released.is_set():
                handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        except OSError:
            return

    server.acts["/endless"] = act
    with Client(server.url, allowed=LOOPBACK, limits=Limits(most_bytes=100_000)) as client:
        assert refusal(lambda: client.get("endless")) == "too-large"


def test_a_small_answer_that_unpacks_to_a_large_one_is_cut_off(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    server.acts["/bomb"] = answer(bomb, Content_Encoding="gzip")
    with Client(server.url, allowed=LOOPBACK, limits=Limits(most_bytes=1_000_000)) as client:
        assert refusal(lambda: client.get("bomb")) == "too-large"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate"])
def test_only_one_way_of_packing_is_taken(server: Server, encoding: str) -> None:
    server.acts["/packed"] = answer(b"{}", Content_Encoding=encoding)
    with Client(server.url, allowed=LOOPBACK) as client:
        assert refusal(lambda: client.get("packed")) == "protocol"


def test_a_broken_packing_is_a_broken_answer(server: Server) -> None:
    server.acts["/packed"] = answer(b"not gzip at all", Content_Encoding="gzip")
    server.acts["/short"] = answer(gzip.compress(b"{}" * 500)[:20], Content_Encoding="gzip")
    with Client(server.url, allowed=LOOPBACK) as client:
        assert refusal(lambda: client.get("packed")) == "protocol"


def test_a_body_that_ends_early_is_no_answer(server: Server) -> None:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"{}")
        handler.close_connection = True

    server.acts["/cut"] = act
    with Client(server.url, allowed=LOOPBACK) as client:
        assert refusal(lambda: client.get("cut")) == "protocol"


@pytest.mark.parametrize("where", ["head", "body"])
def test_an_answer_that_drips_ends_at_the_deadline(server: Server, where: str) -> None:
    """Each single byte comes in time; all together do not."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if where == "body":
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        else:
            handler.flush_headers()
        try:
            while not server.released.wait(0.01):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            return

    server.acts["/slow"] = act
    with Client(server.url, allowed=LOOPBACK, limits=Limits(seconds=0.2, wait=5.0)) as client:
        assert refusal(lambda: client.get("slow")) == "timeout"


def test_nobody_listens(server: Server) -> None:
    server.close()
    assert refusal(lambda: Client(server.url, allowed=LOOPBACK).get("x")) == "connect"


# ---------------------------------------------------------------- TLS and settings


def test_there_is_no_switch_for_tls() -> None:
    lax = ssl.create_default_context()
    lax.check_hostname = False
    with pytest.raises(ValueError, match="always verified"):
        Client("https://ally.example/", trusted=lax)
    lax.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="always verified"):
        Client("https://ally.example/", trusted=lax)
    assert not [
        name for name in Settings.model_fields if "tls" in name or "verify" in name or "insecure" in name
    ]


def test_a_server_without_a_certificate_is_not_talked_to(server: Server) -> None:
    url = server.url.replace("http://", "https://")
    assert refusal(lambda: Client(url, allowed=LOOPBACK).get("x")) in ("tls", "protocol")
    assert server.seen == []


def test_the_setting_is_read_and_checked() -> None:
    settings = Settings(outbound_allow="127.0.0.0/8, fd00::/8")
    assert settings.outbound_networks == networks("127.0.0.0/8 fd00::/8")
    assert Settings().outbound_networks == ()
    with pytest.raises(ValueError, match="outbound_allow"):
        Settings(outbound_allow="127.0.0.1/8")
    assert outbound.to_node(settings, "http://127.0.0.1:1/").base_url == "http://127.0.0.1:1/"
