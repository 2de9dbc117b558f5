"""Nodes in one process whose logs watch each other: each a whole service on a database of its own, called without a socket."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.services import set_up, sign_head, witness
from comity.services.notarize import notarize
from comity.services.outbound import Answer, Client, Unreachable
from comity.services.runtime import Runtime
from comity.services.sign import keys_of
from comity.services.witness import Watched
from comity.storage import peers
from comity.storage.engine import open_engine
from tests.allies import known
from tests.factories import NODE, NOW, World, make_database


@dataclass
class LogNode:
    """One node. `calls` are the addresses it asked others for."""

    name: str
    engine: sa.Engine
    runtime: Runtime
    client: TestClient
    calls: list[str] = field(default_factory=list)

    def writes(self, count: int, *, signed: bool = True, what: str = "release") -> None:
        """So many more leaves."""
        with self.runtime.system_unit("test") as unit:
            for _ in range(count):
                notarize(unit, what, entry={"by": self.name})
            if signed:
                sign_head.sign_head(unit)

    def audited(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text("SELECT action FROM audit_entry ORDER BY seq")).scalars())


@dataclass
class Moment:
    """The clock of all nodes."""

    now: datetime = NOW


class ToNode(Client):
    """The outbound client, with the nodes of the test where the network would be."""

    def __init__(self, net: Net, caller: str, address: str) -> None:
        super().__init__(address)
        self._net, self._caller = net, caller

    def _call(
        self, method: str, path: str, accept: Sequence[str], headers: dict[str, str], content: bytes | None
    ) -> Answer:
        host = urlsplit(self.base_url).hostname or ""
        name = host.removesuffix(".example")
        self._net.nodes[self._caller].calls.append(f"{name}{path}")
        shown = self._net.shown.get((self._caller, name), self._net.nodes.get(name))
        if shown is None:
            raise Unreachable("connect")
        answer = shown.client.request(method, path, headers=headers, content=content)
        return Answer(answer.status_code, dict(answer.headers), self._net.bent(name, path, answer.content))


@dataclass
class Net:
    """`shown` lets a node be another one for one caller: that is how a log is split."""

    place: Path
    moment: Moment = field(default_factory=Moment)
    nodes: dict[str, LogNode] = field(default_factory=dict)
    shown: dict[tuple[str, str], LogNode] = field(default_factory=dict)
    bends: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def bent(self, name: str, path: str, body: bytes) -> bytes:
        """What arrives of an answer."""
        return self.bends.get((name, path.partition("?")[0].rpartition("/")[2]), body)

    def add(self, name: str) -> LogNode:
        """A node that has its key and a first signed head."""
        engine = make_database(self.place / f"{name}.db")
        World(node=replace(NODE, node_id=name)).put(engine)
        node = self.nodes[name] = self._running(name, engine)
        with node.runtime.system_unit("test") as unit:
            set_up.open_to_others(unit)
            sign_head.sign_head(unit)
        return node

    def fork(self, name: str) -> LogNode:
        """The same node with the same key on a copy of its database: what a node has that keeps two logs."""
        self.nodes[name].engine.dispose()
        copied = self.place / f"{name}-other.db"
        shutil.copy(self.place / f"{name}.db", copied)
        return self._running(name, open_engine(f"sqlite:///{copied}", pool_size=4))

    def _running(self, name: str, engine: sa.Engine) -> LogNode:
        settings = Settings(data_dir=self.place, threads=4, public_url=f"https://{name}.example")
        runtime = Runtime(settings, engine=engine, clock=lambda: self.moment.now)
        client = TestClient(
            create_app(settings, runtime=runtime, propagate=True), base_url=settings.public_url
        )
        return LogNode(name, engine, runtime, client)

    def ally(self, *names: str) -> None:
        """All of them know each other and are admitted."""
        for here in names:
            others = [name for name in names if name != here]
            with self.nodes[here].runtime.system_unit("test") as unit:
                for other in others:
                    peers.add(unit.db, known(other))
            for other in others:
                self.introduce(here, other)

    def introduce(self, here: str, other: str) -> None:
        """`here` knows the keys that `other` has now."""
        with self.nodes[other].runtime.system_unit("test", writes=False) as theirs:
            keys = keys_of(theirs, other)
        with self.nodes[here].runtime.system_unit("test") as unit:
            for key in keys:
                peers.put_key(unit.db, key)

    def watch(self, name: str) -> Watched:
        """One round of one node."""
        found = witness.watch(
            self.nodes[name].runtime, worker="test", open_client=lambda address: ToNode(self, name, address)
        )
        assert isinstance(found.failed, Mapping)
        return found

    def close(self) -> None:
        for node in (*self.nodes.values(), *self.shown.values()):
            node.client.close()
            node.engine.dispose()
