"""Open a connection to an address that was looked up once, judged, and is the one connected to: a name cannot change in between.

The name goes on standing in the `Host` header and in the TLS handshake, against which the certificate is checked. Every wait ends
at the deadline of the request. Refuses to know what is asked and answered.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import httpcore2

from comity.domain.reach import Address, Network, may_call

Resolve = Callable[[str, int], Sequence[Address]]
"""`(name, port)` -> every address of it. Raises `OSError` for a name that has none."""

Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Unpinned(Exception):
    """No connection was opened. `code` is name, network or timeout."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def resolve(name: str, port: int) -> Sequence[Address]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))


@dataclass
class Deadline:
    """When the request that is under way must be over, in seconds of `time.monotonic()`."""

    at: float = 0.0

    def left(self, most: float | None = None) -> float:
        """Seconds left, at most `most`. Raises `Unpinned` when there are none."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise Unpinned("timeout")
        return seconds if most is None else min(seconds, most)


@dataclass
class Pinned(httpcore2.NetworkBackend):
    """Connects only to what `may_call` lets through. One refused address refuses the whole name."""

    allowed: Sequence[Network]
    tls: bool
    deadline: Deadline
    resolve: Resolve = resolve
    opener: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._looked_up(host, port)
        if not all(may_call(address, self.allowed, tls=self.tls) for address in addresses):
            raise Unpinned("network")
        failed: Exception = Unpinned("name")
        for address in addresses[:4]:
            try:
                left = self.deadline.left(timeout)
                return _Timed(self.opener.connect_tcp(str(address), port, left), self.deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Option] | None = None
    ) -> httpcore2.NetworkStream:
        raise Unpinned("network")

    def _looked_up(self, host: str, port: int) -> Sequence[Address]:
        """Every address of `host`, waited for no longer than the deadline: the system's resolver knows no time limit."""
        answers: list[Sequence[Address]] = []

        def ask() -> None:
            try:
                answers.append(self.resolve(host, port))
            except (OSError, ValueError):
                answers.append(())

        asking = threading.Thread(target=ask, name="resolve", daemon=True)
        asking.start()
        asking.join(self.deadline.left(10.0))
        if not answers:
            raise Unpinned("timeout")
        if not answers[0]:
            raise Unpinned("name")
        return answers[0]


@dataclass
class _Timed(httpcore2.NetworkStream):
    """A stream whose every wait also ends at the deadline, so that a body that drips is no way around it."""

    inner: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self.deadline.left(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self.inner.start_tls(ssl_context, server_hostname, self.deadline.left(timeout))
        return _Timed(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)
