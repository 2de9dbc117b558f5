"""Callers for the benchmarks: one times single requests, many at once count errors. HTTP/1.1 with kept connections."""

from __future__ import annotations

import asyncio
import http.client
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class Caller:
    """One connection. `get` gives status, body and milliseconds."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = dict(headers)

    def get(self, path: str) -> tuple[int, bytes, float]:
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, body, (time.perf_counter() - began) * 1000


@dataclass
class Crowd:
    """What many readers saw."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def crowd(
    port: int, requests: Sequence[tuple[str, Mapping[str, str]]], *, readers: int, seconds: float
) -> Crowd:
    """`readers` connections that ask without a pause for `seconds`. Anything but 200 is an error."""
    return asyncio.run(_all(port, requests, readers, seconds))


async def _all(
    port: int, requests: Sequence[tuple[str, Mapping[str, str]]], readers: int, seconds: float
) -> Crowd:
    seen, end = Crowd(), time.perf_counter() + seconds
    await asyncio.gather(
        *(_one(port, requests, random.Random(number), end, seen) for number in range(readers))
    )
    return seen


async def _one(
    port: int, requests: Sequence[tuple[str, Mapping[str, str]]], dice: random.Random, end: float, seen: Crowd
) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            path, headers = dice.choice(requests)
            began = time.perf_counter()
            async with asyncio.timeout(60):
                status = await _ask(reader, writer, path, headers)
            seen.milliseconds.append((time.perf_counter() - began) * 1000)
            if status != 200:
                seen.errors.append(f"{status} {path.partition('?')[0]}")
        writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        seen.errors.append(type(error).__name__)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: Mapping[str, str]
) -> int:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(head.split(" ", 2)[1])
