"""A loaded node behind a real server process: search through the HTTP API beside the bare engine, record pages, a crowd, memory.

The reader is signed in and filtered: about a third of the documents are not theirs. Engine and HTTP answer the same queries, one
after the other, in the same run.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.corpus import abstracts
from bench.node import READER, Loaded, Server, credentials, load, serving
from bench.readers import Caller, crowd
from bench.table import Row
from comity.domain.access import indexed_for
from comity.search.port import Query
from comity.search.query import _STOP
from comity.services.find import SHOWN_FACETS
from comity.services.runtime import Runtime
from comity.storage import audiences
from tests.factories import World

QUERIES = 200
READERS = 100
Asked = tuple[str, bool]
"""Text, and whether its last word is being typed."""


def measure(number: int, *, keep: Path | None, seconds: float) -> Iterator[Row]:
    """Every bar of the issue. `keep` names a folder that is used again."""
    with _folder(keep) as folder:
        loaded = load(folder, number)
        if loaded.seconds:
            rate = (loaded.documents + loaded.refused) / loaded.seconds
            yield Row(f"import, indexed ({loaded.documents:,} documents)", rate, "docs/s", 500, at_least=True)
        runtime = loaded.runtime()
        token, session = credentials(runtime)
        with serving(loaded) as server:
            yield from _searches(runtime, server, token)
            yield from _records(server, token, session)
            yield from _crowd(server, token, session, seconds)
            now, private = server.memory()
            yield Row("memory of the server, resident", now, "MB", 300)
            yield Row("  of it not shared with files", private, "MB")
        runtime.close()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="comity-bench-") as made:
            yield Path(made)


def queries(number: int) -> list[Asked]:
    """What readers type: 40% one word, 20% two, 15% an unfinished one, 10% with a slip, 10% a phrase, 5% nothing at all."""
    dice, known = random.Random(5), abstracts()

    def words(count: int) -> list[str]:
        while True:
            found = [
                w
                for w in dice.choice(known)[1].split()
                if w.isalpha() and w.lower() not in _STOP and len(w) > 3
            ]
            if len(found) > count:
                start = dice.randrange(len(found) - count)
                return found[start : start + count]

    def slip() -> str:
        word = next(w for _ in range(500) if len(w := words(1)[0]) >= 7)
        place = dice.randrange(1, len(word) - 1)
        return word[:place] + word[place + 1 :]

    makers: Sequence[Callable[[], Asked]] = (
        lambda: (words(1)[0], False),
        lambda: (" ".join(words(2)), False),
        lambda: (next(w for _ in range(500) if len(w := words(1)[0]) >= 6)[: dice.randint(3, 5)], True),
        lambda: (slip(), False),
        lambda: (f'"{" ".join(words(2))}"', False),
        lambda: ("", False),
    )
    return [dice.choices(makers, (40, 20, 15, 10, 10, 5))[0]() for _ in range(number)]


def _searches(runtime: Runtime, server: Server, token: str) -> Iterator[Row]:
    caller = Caller(server.port, {"authorization": f"Bearer {token}"})
    with runtime.unit(World().viewer(READER), writes=False) as unit:
        readable = audiences.ids_for(unit.db, indexed_for(unit.viewer))
    for label, facets in (("", ()), (", all facets counted", SHOWN_FACETS)):
        engine: list[float] = []
        through: list[float] = []
        for place, (text, typing) in enumerate(queries(QUERIES + 20)):
            asked = Query(text, readable, typing=typing, facets=facets)
            path = "/api/v1/records?" + urlencode({"q": text, "typing": typing, "facets": bool(facets)})
            bare, (status, body, spent) = _bare(runtime, asked), caller.get(path)
            if status != 200:
                raise RuntimeError(f"{status} {body[:300]!r}")
            if place >= 20:  # both have met the facets and filled their caches by then
                engine.append(bare)
                through.append(spent)
        yield Row(f"bare engine{label}, p50", statistics.median(engine), "ms")
        yield Row(f"bare engine{label}, p95", _p95(engine), "ms")
        yield Row(f"search through the API{label}, p50", statistics.median(through), "ms", 15)
        yield Row(f"search through the API{label}, p95", _p95(through), "ms", 60)
        share = statistics.median(through) / statistics.median(engine)
        yield Row(f"  against the bare engine{label}", share, "times", 2)


def _bare(runtime: Runtime, asked: Query) -> float:
    with runtime.unit(writes=False) as unit:
        index = unit.index
        began = time.perf_counter()
        index.search(asked)
        return (time.perf_counter() - began) * 1000


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def _refs(server: Server, token: str) -> list[str]:
    caller = Caller(server.port, {"authorization": f"Bearer {token}"})
    found: list[str] = []
    for page in range(1, 4):
        _, body, _ = caller.get(f"/api/v1/records?sort=newest&limit=100&page={page}")
        items = json.loads(body)["items"]
        found += [item["ref"] for item in items if item["tlp"] in ("CLEAR", "GREEN")]
    return found


def _records(server: Server, token: str, session: str) -> Iterator[Row]:
    refs = _refs(server, token)
    for label, prefix, headers in (
        ("record page", "/records/", {"cookie": f"comity={session}", "accept": "text/html"}),
        ("record through the API", "/api/v1/records/", {"authorization": f"Bearer {token}"}),
    ):
        caller = Caller(server.port, headers)
        for ref in refs[:30]:
            caller.get(prefix + ref)
        first, _ = _read_all(server, caller, prefix, refs[30:])
        yield Row(f"{label}, CPU of the first request for it", first, "ms")
        again, spent = _read_all(server, caller, prefix, refs[30:])
        yield Row(f"{label}, CPU a request", again, "ms", 5)
        yield Row(f"{label}, p50", statistics.median(spent), "ms")


def _read_all(
    server: Server, caller: Caller, prefix: str, refs: Sequence[str]
) -> tuple[float, Sequence[float]]:
    """Each record once: the server's CPU a request, and the times the reader waited, in milliseconds."""
    before, spent = server.cpu(), []
    for ref in refs:
        status, body, milliseconds = caller.get(prefix + ref)
        if status != 200:
            raise RuntimeError(f"{prefix}{ref}: {status} {re.sub(rb'<[^>]+>', b'', body)[:300]!r}")
        spent.append(milliseconds)
    return (server.cpu() - before) * 1000 / len(refs), spent


def _crowd(server: Server, token: str, session: str, seconds: float) -> Iterator[Row]:
    bearer = {"authorization": f"Bearer {token}"}
    cookie = {"cookie": f"comity={session}", "accept": "text/html"}
    requests: list[tuple[str, Mapping[str, str]]] = []
    for ref in _refs(server, token):
        requests += [(f"/records/{ref}", cookie), (f"/api/v1/records/{ref}", bearer)]
    for text, typing in queries(QUERIES):
        requests.append(("/api/v1/records?" + urlencode({"q": text, "typing": typing}), bearer))
    seen = crowd(server.port, requests, readers=READERS, seconds=seconds)
    for what, times in Counter(seen.errors).most_common(5):
        print(f"  {times} x {what}")
    yield Row(f"{READERS} readers for {seconds:.0f} s, errors", len(seen.errors), "", 0)
    yield Row("  answers", len(seen.milliseconds) / seconds, "a second")
    yield Row("  p50", statistics.median(seen.milliseconds or [0.0]), "ms")
    yield Row("  p95", _p95(seen.milliseconds or [0.0, 0.0]), "ms")


__all__ = ["Loaded", "measure"]
