"""Real nodes on loopback: each a service behind a socket in a thread, on a SQLite file of its own, with a clock of its own.

Nodes are made allies by what is in their databases at the end of two admissions; the admissions themselves have tests of their own.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from comity.app import create_app
from comity.config import Settings
from comity.domain.peer import KnownPeer
from comity.domain.record import Record
from comity.domain.trust_group import TrustGroup
from comity.services import describe, find, pull, push, read, sign
from comity.services.pull import Pulled
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import collections, peers, trust_groups
from comity.worker.exchange import Exchange
from tests import allies
from tests.factories import NODE, World, make_database
from tests.story import NOW, Story

COUNTRIES = {"nordmark": "NO", "sudland": "SE", "estmark": "FI"}


@dataclass
class LiveNode:
    """One node. Its clock began at `NOW` and goes on as the world's does; `ahead` moves it."""

    name: str
    url: str
    engine: sa.Engine
    world: World
    runtime: Runtime
    ahead: timedelta = timedelta()
    server: uvicorn.Server | None = field(default=None, repr=False)

    @property
    def now(self) -> datetime:
        return self.runtime.clock()

    def unit(self, who: str = "system", *, writes: bool = True) -> AbstractContextManager[Unit]:
        return self.runtime.unit(self.world.viewer(who), writes=writes)

    @property
    def story(self) -> Story:
        """The steps of the editorial life here, as of now."""
        return LiveStory(self.engine, self.world, self.now, node=self)

    def pull(self, other: LiveNode | str) -> Pulled:
        """Read the other's feed to its end, as the worker does."""
        return pull.pull(
            self.runtime, other if isinstance(other, str) else other.name, f"worker of {self.name}"
        )

    def push(self, other: LiveNode | str) -> push.Pushed:
        return push.push(self.runtime, other if isinstance(other, str) else other.name)

    def hits(self, who: str, text: str = "conference") -> list[str]:
        with self.unit(who, writes=False) as unit:
            query = find.asked(text=text, filters={}, sort="relevance", page=1, include_ended=False)
            return sorted(one.record.ref for one in find.find(unit, query).items)

    def reading(self, who: str, ref: str) -> read.Reading:
        with self.unit(who, writes=False) as unit:
            return read.read(unit, ref=ref)

    def published(self, **more: Any) -> Record:
        return self.story.published(**more)


@dataclass
class LiveStory(Story):
    """As a story, in the node's own units."""

    node: LiveNode | None = None

    def unit(self, who: str, *, writes: bool = True) -> Any:
        assert self.node is not None
        return self.node.unit(who, writes=writes)


@contextmanager
def live_node(name: str, folder: Path) -> Iterator[LiveNode]:
    """A node with a key and its collections, listening."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    engine = make_database(folder / "node.db")
    world = World(
        node=replace(NODE, node_id=name, name=f"{name.title()} Exchange", country=COUNTRIES.get(name, "NO"))
    )
    world.put(engine, now=NOW)
    settings = Settings(
        database_url=str(engine.url), data_dir=folder, public_url=url, outbound_allow="127.0.0.0/8", threads=6
    )
    began = time.monotonic()
    made: list[LiveNode] = []

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - began) + made[0].ahead

    runtime = Runtime(settings, engine=engine, clock=clock)
    node = LiveNode(name, url, engine, world, runtime)
    made.append(node)
    with node.unit() as unit:
        collections.ensure(unit.db, name, unit.now)
        sign.ensure_key(unit)
    app = create_app(settings, runtime=runtime)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", date_header=False, timeout_graceful_shutdown=2)
    )
    node.server = server
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name=f"node {name}")
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield node
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        runtime.close()


def wait_for(true: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Until something is so; a test that waits in vain fails here."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.01)


def ally(*nodes: LiveNode) -> None:
    """Each knows each other one as an admitted ally, with its descriptor, keys and the trust group that all are in."""
    for here in nodes:
        for there in nodes:
            if here is not there:
                know(here, _described(there))
        members = tuple(sorted(one.name for one in nodes))
        with here.unit() as unit:
            trust_groups.put(
                unit.db, TrustGroup("fjord", members[0], 1, members, hidden=False, document="{}", at=NOW)
            )


def _described(there: LiveNode) -> tuple[KnownPeer, list[Any]]:
    with there.unit() as unit:
        said = describe.descriptor(unit)
        keys = sign.keys_of(unit, there.name)
    peer = allies.known(
        there.name, base_url=there.url, descriptor=said, country=COUNTRIES.get(there.name, "NO")
    )
    return peer, keys


def know(here: LiveNode, described: tuple[KnownPeer, list[Any]]) -> None:
    """Put an admitted ally into a node's database."""
    peer, keys = described
    with here.unit() as unit:
        peers.add(unit.db, peer)
        for key in keys:
            peers.put_key(unit.db, key)


def settled(nodes: list[LiveNode], *, rounds: int = 6) -> None:
    """Everybody reads and answers everybody until nothing moves any more."""
    for _ in range(rounds):
        moved = 0
        for here in nodes:
            for there in nodes:
                if here is not there:
                    moved += here.pull(there).counts.applied
                    moved += here.push(there).taken
        if not moved:
            return


@contextmanager
def at_work(*nodes: LiveNode) -> Iterator[None]:
    """The exchange's own workers of these nodes, as long as the block lasts."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=Exchange(one.runtime, f"worker of {one.name}").run, args=(stop,))
        for one in nodes
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
