"""A peer that is whatever a test wants: it speaks HTTP and TAXII with a real key, honestly or not.

By default it serves its feed in pages and takes what is posted. `mischief` may write the answer to any request instead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from comity.domain.signing import Object, SigningKey, sign
from comity.domain.taxii import micros, stamp
from tests.foreign import SUDLAND, text_of
from tests.story import NOW

MEDIA = "application/taxii+json;version=2.1"
FEED = "/taxii2/exchange/collections/records/objects/"
INBOX = "/taxii2/exchange/collections/inbox/objects/"


@dataclass(frozen=True)
class Answer:
    """One answer. `cut` bytes of the body are promised and never sent."""

    status: int
    body: bytes
    media: str = MEDIA
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


Mischief = Callable[[str, str, dict[str, str]], Answer | None]
"""`(method, path, query)` -> the answer, or None to be honest this time."""


class NodeSimulator:
    """`feed` holds texts, oldest first; the time of each is its place. `posted` is what came into the inbox."""

    def __init__(self, key: SigningKey = SUDLAND) -> None:
        self.key = key
        self.feed: list[bytes] = []
        self.posted: list[Object] = []
        self.asked: list[str] = []
        self.page_size = 100
        self.mischief: Mischief = lambda method, path, query: None
        self.released = threading.Event()
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                simulator._serve(self)

            do_GET = do_POST = _any  # noqa: N815

            def log_message(self, *args: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def says(self, *objects: Object | str | bytes) -> None:
        """Objects are signed; texts stand in the feed as they are."""
        for one in objects:
            if isinstance(one, dict):
                self.feed.append(text_of(sign(one, self.key)).encode())
            else:
                self.feed.append(one if isinstance(one, bytes) else one.encode())

    def answered(self) -> dict[str, tuple[str, str]]:
        """STIX id -> result and reason, of all answers that were posted."""
        found = {}
        for obj in self.posted:
            body = obj["body"]
            for one in [body, *body.get("also", [])]:
                found[one["about"]] = (one["result"], one["reason"])
        return found

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(request.headers.get("content-length") or 0)
        posted = request.rfile.read(length)
        self.asked.append(request.path)
        answer = self.mischief(request.command, parts.path, query) or self._honest(parts.path, query, posted)
        request.send_response_only(answer.status)
        request.send_header("Content-Type", answer.media)
        request.send_header("Content-Length", str(len(answer.body) + answer.cut))
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)
        if answer.cut:
            request.close_connection = True

    def _honest(self, path: str, query: dict[str, str], posted: bytes) -> Answer:
        if path == "/federation/v1/token":
            token = {"access_token": "cmp_simulated-token", "token_type": "Bearer", "expires_in": 300}
            return Answer(200, json.dumps(token).encode(), "application/json")
        if path == FEED:
            return self.page(query)
        if path == INBOX and not posted:
            return Answer(200, b"{}")
        if path == INBOX:
            objects = json.loads(posted)["objects"]
            self.posted += objects
            taken = [{"id": one.get("id", ""), "version": one.get("modified", "")} for one in objects]
            return Answer(202, json.dumps({"id": "x", "status": "complete", "successes": taken}).encode())
        return Answer(404, b"{}")

    def page(self, query: dict[str, str], *, size: int | None = None) -> Answer:
        """An honest page."""
        start = self._start(query)
        chosen = self.feed[start : start + (size or self.page_size)]
        if not chosen:
            return Answer(200, b"{}")
        end = start + len(chosen)
        more = end < len(self.feed)
        led = f'"more":true,"next":"{end}",' if more else '"more":false,'
        body = b"{" + led.encode() + b'"objects":[' + b",".join(chosen) + b"]}"
        return Answer(
            200,
            body,
            headers={"X-TAXII-Date-Added-First": added(start), "X-TAXII-Date-Added-Last": added(end - 1)},
        )

    def _start(self, query: dict[str, str]) -> int:
        if "next" in query:
            return int(query["next"])
        after = query.get("added_after")
        return (
            0
            if after is None
            else next((n for n in range(len(self.feed)) if added(n) > after), len(self.feed))
        )


def added(place: int) -> str:
    """When the object at a place was added."""
    return stamp(micros(NOW) + place)


@contextmanager
def simulated(key: SigningKey = SUDLAND) -> Iterator[NodeSimulator]:
    """A simulator that listens as long as the block lasts."""
    made = NodeSimulator(key)
    try:
        yield made
    finally:
        made.close()
