"""A node with shelves behind a real server on loopback, for programs that speak HTTP alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from comity.config import ROOT
from comity.domain.tlp import TLP
from comity.services import keep_shelves, tokens
from tests.factories import World, make_database

SCOPES = ("read:records", "write:objects")


@dataclass(frozen=True)
class LiveNode:
    """`shelves` by alias: `both`, `read` and `write` say what `token` may do there; `stranger` may not use `both` at all."""

    url: str
    pid: int
    shelves: dict[str, str]
    token: str
    stranger: str

    @property
    def root(self) -> str:
        return f"{self.url}/taxii2/exchange/"


def basic(token: str) -> str:
    """As a program sends it that knows HTTP Basic alone."""
    return "Basic " + b64encode(f"token:{token}".encode()).decode()


@contextmanager
def live_node(folder: Path, *, url: str = "") -> Iterator[LiveNode]:
    """Everything from nothing. `url` names another database than a new file in `folder`."""
    database = url or f"sqlite:///{folder / 'node.db'}"
    world, now = World(), datetime.now(UTC)
    engine = make_database(database)
    world.put(engine, now=now)
    here, mine = ["node:nordmark"], ["org:uni-north"]
    with world.unit(engine, "federation_officer", now=now) as unit:
        keep_shelves.name_users(unit, alias="records", readers=here)
        shelves = {
            alias: keep_shelves.open_shelf(
                unit, alias=alias, title=alias.title(), tlp=TLP.GREEN, readers=readers, writers=writers
            ).id
            for alias, readers, writers in (("both", mine, mine), ("read", here, []), ("write", [], here))
        }
    secrets = []
    for who in ("researcher", "researcher_south"):
        with world.unit(engine, who, now=now) as unit:
            secrets.append(tokens.issue(unit, name="machine", scopes=SCOPES, days=1).secret)
    engine.dispose()
    with served(folder, database) as (address, pid):
        yield LiveNode(address, pid, shelves, *secrets)


@contextmanager
def served(folder: Path, database: str) -> Iterator[tuple[str, int]]:
    """One server process on a free port of loopback; its address and process id. Ended by its own id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    names = {"COMITY_DATABASE_URL": database, "COMITY_DATA_DIR": str(folder), "COMITY_PUBLIC_URL": address}
    command = [sys.executable, "-m", "uvicorn", "comity.app:create_app", "--factory", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    path = {"PYTHONPATH": str(ROOT / "platform")}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | names | path, stdout=log, stderr=log, cwd=ROOT)
        try:
            _wait(address, process)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start; see server.log")
