"""The exchange served over TAXII 2.1 beside other servers, by the shared black-box driver: `python -m bench.taxii`.

A node with 100,000 objects of 2 kB on a shelf answers a stock client with a scoped token. Servers take turns in every round, so
that whatever else the machine does meets all of them; ratios are taken round by round, and then the median. The processor time of a
server is beside the clock's, because it survives a busy machine best.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import taxii_peers
from bench.corpus import ROOT
from bench.table import Row
from bench.taxii_peers import Target
from comity.domain.tlp import TLP
from comity.services import keep_shelves, tokens
from comity.services.deposit import deposit
from comity.services.unit import Unit
from tests.factories import World, make_database
from tests.taxii.live_node import SCOPES, served

CHECKS: Final = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared")) / "checks"
HTTPX: Final = "import sys, httpx2\nsys.modules['httpx'] = httpx2\n"
"""The driver speaks through `httpx`; the project has its maintained successor under another name."""
SMALL: Final = 1_000
ENVELOPE: Final = 800
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """One thing that is measured of every server: how the driver does it, the figure, and what is asked of ours.

    `times` the fastest peer, or `least` where no peer could be built: what the fastest did where the bars were set, times that.
    """

    what: str
    unit: str
    command: tuple[str, ...]
    figure: str
    times: float
    least: float


BARS: Final = (
    Bar("full pull, pages of 1,000", "obj/s", ("pull", "--limit", "1000"), "objects_per_s", 8, 50_000),
    Bar("full pull, pages of 100", "obj/s", ("pull", "--limit", "100"), "objects_per_s", 10, 22_700),
    Bar("one object by id, 8 connections", "req/s", ("latency", "--what", "object", "--conc", "8"), "rps", 8, 1_264),
)  # fmt: skip


def measure(
    number: int, *, peer_number: int = 100_000, rounds: int = 3, keep: Path | None = None
) -> Iterator[Row]:
    """Every bar of the exchange that one server and one client can show."""
    if not CHECKS.is_dir():
        print(
            "THE SHARED CHECKS ARE MISSING: set COMITY_SHARED. Nothing of the exchange is measured.",
            flush=True,
        )
        return
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comity-taxii-")))
        (scratch / "httpx.py").write_text(HTTPX)
        ours, small, drop = stack.enter_context(_node(keep or scratch, number))
        peers = list(_peers(stack, scratch, peer_number))
        driver = _Driver(scratch)
        for bar in BARS:
            yield from _compared(driver, bar, ours, peers, rounds)
        yield from _own(driver, ours, small, drop, rounds)


# ---------------------------------------------------------------- servers


@contextmanager
def _node(folder: Path, number: int) -> Iterator[tuple[Target, Target, Target]]:
    """A node with a large shelf, a small one, and one to post to."""
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "taxii.json"
    if not told.exists():
        told.write_text(json.dumps(_filled(folder, number)))
    known = json.loads(told.read_text())
    with served(folder, f"sqlite:///{folder / 'taxii.db'}") as (address, pid):
        large, small, drop = (
            Target("Comity", f"{address}/taxii2/exchange/", known[name], f"Bearer {known['token']}", pid)
            for name in ("large", "small", "drop")
        )
        yield large, small, drop


def _filled(folder: Path, number: int) -> dict[str, str]:
    world, now, shelves = World(), datetime.now(UTC), {}
    engine = make_database(folder / "taxii.db")
    world.put(engine, now=now)
    with world.unit(engine, "federation_officer", now=now) as unit:
        for alias in ("large", "small", "drop"):
            shelves[alias] = keep_shelves.open_shelf(
                unit,
                alias=alias,
                title=alias,
                tlp=TLP.GREEN,
                readers=["node:nordmark"],
                writers=["org:uni-north"],
            ).id
    for alias, count in (("large", number), ("small", SMALL)):
        for start in range(0, count, ENVELOPE):
            with world.unit(engine, "researcher", now=datetime.now(UTC)) as unit:
                _post(unit, shelves[alias], start, min(ENVELOPE, count - start))
    with world.unit(engine, "researcher", now=now) as unit:
        token = tokens.issue(unit, name="bench", scopes=SCOPES, days=90).secret
    engine.dispose()
    return {**shelves, "token": token}


def _post(unit: Unit, shelf: str, start: int, count: int) -> None:
    sys.path.insert(0, str(CHECKS))
    from stixgen import Gen, dumps  # type: ignore[import-not-found]

    sys.path.pop(0)
    raw = dumps({"objects": list(Gen(1).reports(count, start))})
    status = json.loads(deposit(unit, collection_id=shelf, raw=raw))
    if status["failure_count"]:
        raise RuntimeError(status["failures"][0])


def _peers(stack: ExitStack, scratch: Path, number: int) -> Iterator[Target]:
    """Those that run. medallion gets few: what it does grows with the square of what it holds."""
    if taxii_peers.python() is None:
        return
    for start, count in ((taxii_peers.opentaxii, number), (taxii_peers.medallion, min(number, SMALL))):
        folder = scratch / start.__name__
        folder.mkdir()
        target = stack.enter_context(start(folder))
        found = _Driver(scratch)(target, "ingest", "--count", str(count), "--envelope", "100")
        print(
            f"  {target.name}: {count:,} objects posted at {found['objects_per_s']:,.0f} a second", flush=True
        )
        yield target


@dataclass(frozen=True)
class _Driver:
    """Runs one command of the shared driver against one server."""

    scratch: Path

    def __call__(self, target: Target, *command: str) -> Result:
        words = [sys.executable, str(CHECKS / "taxii_bench.py"), "--api-root", target.api_root]
        words += ["--collection", target.collection, "--pid", str(target.pid), "--timeout", "600"]
        words += ["--auth", target.auth] if target.auth else []
        path = {"PYTHONPATH": str(self.scratch), "PYTHONSAFEPATH": ""}
        done = subprocess.run(
            [*words, *command], env=os.environ | path, capture_output=True, text=True, check=True
        )
        found: Result = json.loads(done.stdout)["results"][0]
        if found.get("error") or found.get("missing"):
            raise RuntimeError(f"{target.name} {' '.join(command)}: {found}")
        return found


# ---------------------------------------------------------------- rows


def _compared(driver: _Driver, bar: Bar, ours: Target, peers: list[Target], rounds: int) -> Iterator[Row]:
    """Each server's median, and ours against the fastest other one of the same round."""
    found: dict[str, list[Result]] = {one.name: [] for one in (ours, *peers)}
    for _ in range(rounds):
        for target in (ours, *peers):
            if (
                target.name != "medallion" or not found["medallion"]
            ):  # minutes for a thousand objects: once is enough
                more = ("--count", str(SMALL)) if bar.command[0] == "latency" else ()
                found[target.name].append(driver(target, *bar.command, *more))
    for name, results in found.items():
        alone = None if peers else bar.least
        value = statistics.median(one[bar.figure] for one in results)
        yield Row(f"{bar.what}, {name}", value, bar.unit, alone if name == ours.name else None, at_least=True)
        yield Row("  processor time of the server", _cpu(bar, results), "ms")
    if peers:
        rivals = [[one[bar.figure] for one in found[peer.name]] for peer in peers]
        best = [max(one[min(turn, len(one) - 1)] for one in rivals) for turn in range(rounds)]
        ratios = [one[bar.figure] / other for one, other in zip(found[ours.name], best, strict=True)]
        yield Row(
            "  against the fastest other server", statistics.median(ratios), "times", bar.times, at_least=True
        )
        spent = min(_cpu(bar, found[peer.name]) for peer in peers) / _cpu(bar, found[ours.name])
        yield Row("  the same by processor time", spent, "times")


def _cpu(bar: Bar, results: list[Result]) -> float:
    """Milliseconds a page of that many objects, or a request."""
    name = "server_cpu_ms_per_object" if bar.command[0] == "pull" else "server_cpu_ms_per_request"
    size = int(bar.command[2]) if bar.command[0] == "pull" else 1
    return float(statistics.median(one[name] for one in results)) * size


def _own(driver: _Driver, ours: Target, small: Target, drop: Target, rounds: int) -> Iterator[Row]:
    page = ("latency", "--what", "page", "--limit", "100", "--duration", "3")
    waits = [(driver(ours, *page), driver(small, *page)) for _ in range(rounds)]
    slower = statistics.median(large["ms"]["p50"] / few["ms"]["p50"] for large, few in waits)
    yield Row(f"page of 100, p50, among {SMALL:,}", waits[-1][1]["ms"]["p50"], "ms")
    yield Row("  among all objects, against that", slower, "times", 1.2)
    new = driver(drop, "incremental", "--repeat", "30")
    yield Row("pull of one new object, p50", new["get_added_after_ms"]["p50"], "ms", 20)
    posted = driver(drop, "ingest", "--count", "5000", "--envelope", "100", "--seed", "7")
    yield Row("posting envelopes of 100", posted["objects_per_s"], "obj/s")
    pulled = [driver(ours, "pull", "--limit", "1000") for _ in range(2)][-1]
    yield Row("memory of the server", pulled["mem_after_mb"], "MB", 300)
    yield Row(
        "  grown while a client pulled everything", pulled["mem_after_mb"] - pulled["mem_before_mb"], "MB", 10
    )


def main() -> int:
    choices = argparse.ArgumentParser(description=__doc__)
    choices.add_argument("--objects", type=int, default=100_000)
    choices.add_argument("--peer-objects", type=int, default=100_000)
    choices.add_argument("--rounds", type=int, default=3)
    choices.add_argument("--keep", type=Path, help="folder of a filled node, made when it is not there")
    asked = choices.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {asked.objects:,} objects", flush=True
    )
    missed = 0
    rows = measure(asked.objects, peer_number=asked.peer_objects, rounds=asked.rounds, keep=asked.keep)
    for row in rows:
        print(row, flush=True)
        missed += not row.met
    print(f"load {os.getloadavg()[0]:.1f} after; {missed} bars missed" if missed else "every bar met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
