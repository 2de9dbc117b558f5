"""The one client for everything that goes out: bound to one node, TLS verified, address pinned, bounded in bytes and in time.

Decides what may be called and what of an answer is read. There is no switch for the verification of TLS, no redirect is followed,
no proxy of the environment is used, and what is sent to one node (a token too) can go to no other, since a client knows one node
only. Refuses to know what is asked for. Every failure is one of `CODES`; its words never quote an answer.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2

from comity.config import Settings
from comity.domain.reach import Network
from comity.services.pin import Deadline, Pinned, Resolve, Unpinned, resolve

CODES: Final = frozenset(
    {"address", "name", "network", "connect", "tls", "timeout", "too-large", "content-type", "redirect", "protocol"}
)  # fmt: skip
"""Why a call came to nothing. An answer with a status of its own, such as 404, is an `Answer`."""

AGENT: Final = "comity"
_ENCODINGS: Final = frozenset({"", "identity", "gzip"})


class Unreachable(Exception):
    """The call came to nothing; `code` is one of `CODES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Limits:
    """Bytes of one answer, on the wire and unpacked; seconds for one call as a whole, and for any one wait in it."""

    most_bytes: int = 32_000_000
    seconds: float = 60.0
    wait: float = 15.0


@dataclass(frozen=True)
class Answer:
    """What the node said. `headers` have names in small letters; `media_type` is without its parameters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """`application/taxii+json`, or empty."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def well(self) -> bool:
        """A success status."""
        return 200 <= self.status < 300


def to_node(settings: Settings, base_url: str, limits: Limits | None = None) -> Client:
    """A client for the node at `base_url` under this node's settings. Raises `Unreachable("address")` for what is no address."""
    return Client(base_url, allowed=settings.outbound_networks, limits=limits or Limits())


@cache
def _verifying() -> ssl.SSLContext:
    """Certificates of the system, names checked, TLS 1.2 or newer. Made once: reading the certificates takes time."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Client:
    """Talks to one node, one call at a time. A context manager; also usable for a single call."""

    def __init__(
        self,
        base_url: str,
        *,
        allowed: Sequence[Network] = (),
        limits: Limits | None = None,
        resolver: Resolve = resolve,
        opener: httpcore2.NetworkBackend | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self.base_url = _checked(base_url)
        self.limits = limits or Limits()
        self._origin = _origin(self.base_url)
        self._deadline = Deadline()
        context = trusted or _verifying()
        if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
            raise ValueError("TLS is always verified")
        pinned = Pinned(allowed, self._origin[0] == "https", self._deadline, resolver)
        if opener is not None:
            pinned.opener = opener
        self._http = httpx2.Client(
            transport=_Transport(pinned, context), trust_env=False, follow_redirects=False, timeout=self.limits.wait
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give connections back."""
        self._http.close()

    def get(
        self, path: str, *, accept: Sequence[str] = ("application/json",), headers: Mapping[str, str] | None = None
    ) -> Answer:  # fmt: skip
        """GET `path` (or an address of the same node). A success of another media type than `accept` is `content-type`."""
        return self._call("GET", path, accept, dict(headers or {}), None)

    def post(
        self,
        path: str,
        content: bytes,
        *,
        content_type: str,
        accept: Sequence[str] = ("application/json",),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST `content`; as `get` otherwise."""
        return self._call("POST", path, accept, {**(headers or {}), "content-type": content_type}, content)

    def _call(
        self, method: str, path: str, accept: Sequence[str], headers: dict[str, str], content: bytes | None
    ) -> Answer:
        url = urljoin(self.base_url, path)
        if _origin(_checked(url)) != self._origin:
            raise Unreachable("address")
        sent = {
            **headers,
            "accept": ", ".join(accept),
            "accept-encoding": "gzip",
            "user-agent": AGENT,
        }
        self._deadline.at = time.monotonic() + self.limits.seconds
        try:
            with self._http.stream(method, url, headers=sent, content=content) as response:
                return self._read(response, accept)
        except Unpinned as refused:
            raise Unreachable(refused.code) from refused
        except (httpx2.TimeoutException, httpcore2.TimeoutException) as late:
            raise Unreachable("timeout") from late
        except (httpx2.ConnectError, httpcore2.ConnectError) as failed:
            raise Unreachable("tls" if _of_tls(failed) else "connect") from failed
        except httpx2.InvalidURL as bad:
            raise Unreachable("address") from bad
        except (
            httpx2.HTTPError,
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
        ) as broken:
            raise Unreachable("protocol") from broken
        finally:
            self._http.cookies.clear()

    def _read(self, response: httpx2.Response, accept: Sequence[str]) -> Answer:
        if 300 <= response.status_code < 400:
            raise Unreachable("redirect")
        if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise Unreachable("protocol")
        headers = {name.lower(): value for name, value in response.headers.items()}
        if _declared(headers) > self.limits.most_bytes:
            raise Unreachable("too-large")
        found = Answer(response.status_code, headers, b"")
        wanted = {one.partition(";")[0].strip().lower() for one in accept}
        if found.well and response.status_code != 204 and found.media_type not in wanted:
            raise Unreachable("content-type")
        return Answer(found.status, headers, self._body(response))

    def _body(self, response: httpx2.Response) -> bytes:
        """The body, read piece by piece: unpacked pieces are bounded too, so that a small answer cannot become a large one."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if max(size, response.num_bytes_downloaded) > self.limits.most_bytes:
                raise Unreachable("too-large")
            parts.append(part)
            self._deadline.left()
        return b"".join(parts)


class _Transport(httpx2.BaseTransport):
    """httpx2 over connections that are pinned. One connection is enough: a client makes one call at a time."""

    def __init__(self, pinned: Pinned, context: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, network_backend=pinned, max_connections=2, keepalive_expiry=30.0
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        found = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream if isinstance(request.stream, httpx2.SyncByteStream) else None,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(found.status, headers=found.headers, stream=_Body(found))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, found: httpcore2.Response) -> None:
        self._found = found

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield from self._found.iter_stream()

    def close(self) -> None:
        self._found.close()


def _checked(url: str) -> str:
    """`url` when it is an address of a node: http or https, a host, no user, no fragment, printable ASCII."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as bad:
        raise Unreachable("address") from bad
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if (
        not plain
        or parts.scheme not in ("http", "https")
        or not host
        or "@" in parts.netloc
        or "%" in host
        or port == 0
    ):
        raise Unreachable("address")
    return url.partition("#")[0]


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _declared(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdigit() and len(length) < 19 else 0


def _of_tls(error: BaseException) -> bool:
    """Did the handshake fail, rather than the connection?"""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
