"""A node with many documents for the benchmarks, and its server as a process of its own. Loopback only.

The people are those of the tests' world. After the import the records are spread over some hundred audiences, so that the
reader's access filter has something to filter; the embedded index is moved with them.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.corpus import ROOT, files
from comity.config import Settings
from comity.domain.audience import Stage, audience_of
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.roles import Sector
from comity.domain.tlp import TLP
from comity.log import set_up
from comity.services import tokens
from comity.services.import_records import import_file
from comity.services.mint import digest, mint
from comity.services.runtime import Runtime
from comity.storage import audiences, sessions
from comity.storage.engine import open_engine
from tests.factories import NODE, ORGANIZATIONS, World, make_database, person_id

READER = "researcher"


@dataclass(frozen=True)
class Loaded:
    """A database with documents. `seconds` is the time of the import, 0 when it was kept from an earlier run."""

    folder: Path
    documents: int
    seconds: float
    refused: int

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'node.db'}"

    def runtime(self) -> Runtime:
        """The database opened in this process."""
        settings = Settings(data_dir=self.folder, database_url=self.url, threads=4)
        return Runtime(settings, engine=open_engine(self.url, pool_size=4))


def load(folder: Path, number: int) -> Loaded:
    """Import `number` documents into a new database in `folder`, or take the one that is there."""
    set_up(as_json=True)
    database = folder / "node.db"
    if database.exists():
        return Loaded(folder, _count(database), 0.0, 0)
    folder.mkdir(parents=True, exist_ok=True)
    World().put(make_database(database), now=datetime.now(UTC))
    loaded = Loaded(folder, 0, 0.0, 0)
    runtime = loaded.runtime()
    refused, began = 0, time.perf_counter()
    for one in files(number, folder):
        report = import_file(
            lambda writes: runtime.system_unit("benchmark", writes=writes),
            path=one.path,
            format_name=one.format_name,
            source=one.source,
        )
        refused += len(report.refused)
        print(f"  {one.path.name}: {report.added} taken over, {len(report.refused)} refused", flush=True)
    seconds = time.perf_counter() - began
    _spread(runtime)
    runtime.close()
    return Loaded(folder, _count(database), seconds, refused)


def _count(database: Path) -> int:
    with sa.create_engine(f"sqlite:///{database}").connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM search_entry")).scalar_one())


def _spread(runtime: Runtime) -> None:
    """60% stay CLEAR; the rest becomes GREEN or AMBER for changing circles of organizations."""
    dice = random.Random(17)
    members = [one.id for one in ORGANIZATIONS if one.kind == "member"]
    with runtime.system_unit("benchmark") as unit:
        ids = list(unit.db.scalars(sa.text("SELECT id FROM record ORDER BY id")))
        dice.shuffle(ids)
        hidden = ids[: int(len(ids) * 0.4)]
        circles = 400
        for circle in range(circles):
            choice = AudienceChoice(
                organizations=tuple(sorted(dice.sample(members, dice.randint(1, 4)))),
                sectors=tuple(sorted(dice.sample(list(Sector), dice.randint(1, 4)))),
            )
            handling = Handling(tlp=dice.choice((TLP.GREEN, TLP.AMBER)), audience=choice)
            audience = audience_of(
                handling,
                stage=Stage.LIVE,
                node=NODE.node_id,
                organization=dice.choice(members),
                author=f"author-{circle}",
                assigned=frozenset(),
                trust_group=NODE.trust_group,
            )
            audience_id = audiences.ensure(unit.db, audience)
            part = hidden[circle::circles]
            for table, column in (("record", "id"), ("revision", "record_id")):
                change = sa.text(f"UPDATE {table} SET audience_id = :audience WHERE {column} IN :ids")
                unit.db.execute(
                    change.bindparams(sa.bindparam("ids", expanding=True)),
                    {"audience": audience_id, "ids": part},
                )
            unit.index.move(part, audience_id)


def credentials(runtime: Runtime) -> tuple[str, str]:
    """A token and a session of the reader."""
    secret, now = mint(), datetime.now(UTC)
    with runtime.system_unit("benchmark") as unit:
        sessions.add(
            unit.db,
            sessions.SignIn(digest(secret), person_id(READER), True, now, now, now + timedelta(hours=12)),
        )
        viewer = World().viewer(READER)
        issued = tokens.issue(
            unit.acting_as(viewer), name=f"bench {secret[:8]}", scopes=("read:records", "read:amber"), days=1
        )
    return issued.secret, secret


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its highest, in MB, without pages that merely map files."""
        status = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
            if ":" in line
        )
        return _mb(status["VmRSS"]), _mb(status["RssAnon"])


def _mb(value: str) -> float:
    return int(value.split(maxsplit=1)[0]) / 1024


@contextmanager
def serving(loaded: Loaded) -> Iterator[Server]:
    """One server process on a free port of loopback, ended by its own id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {
        "COMITY_DATABASE_URL": loaded.url,
        "COMITY_DATA_DIR": str(loaded.folder),
        "COMITY_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "uvicorn", "comity.app:create_app", "--factory", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    with (loaded.folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | names, stdout=log, stderr=log, cwd=ROOT)
        try:
            _wait(port, process)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start; see server.log")
