"""kill -9 in the middle of reading a feed: what was read stays, what was not comes, nothing twice; on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.config import ROOT, Settings
from comity.domain.audit_chain import Intact
from comity.services import pull, reindex
from comity.services import sign as signing
from comity.services.runtime import Runtime
from comity.services.verify_audit import verify_chain
from comity.storage import collections, outgoing, pulls
from tests import allies
from tests.factories import World, make_database
from tests.federation.node_simulator import NodeSimulator, simulated
from tests.foreign import SUDLAND, fallen, said
from tests.story import NOW


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'node.db'}"
    create: Callable[[str], str] = request.getfixturevalue("postgres_database")
    return create("pull")


@pytest.fixture
def peer() -> Iterator[NodeSimulator]:
    with simulated() as made:
        made.page_size = 3
        made.says(*(said(n) for n in range(1, 10)), fallen(2), said(11))
        yield made


def killed(url: str, folder: Path, moment: str, page: int) -> None:
    command = [sys.executable, "-m", "tests.crash.puller", url, str(folder), moment, str(page)]
    path = {"PYTHONPATH": os.pathsep.join((str(ROOT / "platform"), str(ROOT)))}
    done = subprocess.run(
        command, env=os.environ | path, cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def test_a_kill_at_any_page_loses_nothing_and_doubles_nothing(
    url: str, peer: NodeSimulator, tmp_path: Path
) -> None:
    engine = make_database(url)
    world = World().put(engine)
    moment = [NOW]
    settings = Settings(database_url=url, data_dir=tmp_path, outbound_allow="127.0.0.0/8", threads=4)
    runtime = Runtime(settings, engine=engine, clock=lambda: moment[0])
    with runtime.unit(world.viewer("system"), writes=True) as unit:
        collections.ensure(unit.db, "nordmark", NOW)
        signing.ensure_key(unit)
        allies.put(unit.db, allies.known(base_url=peer.url), key=SUDLAND)
    killed(url, tmp_path, "before", 0)
    assert seen(runtime, world) == (0, 0)
    killed(url, tmp_path, "after", 0)
    assert seen(runtime, world) == (3, 3)
    killed(url, tmp_path, "before", 1)
    assert seen(runtime, world) == (6, 6)  # the page after the first, and not the one in which it was killed
    assert pull.pull(runtime, "sudland", "other").error == "leased"
    moment[0] += timedelta(minutes=5)
    done = pull.pull(runtime, "sudland", "other")
    assert done.error == ""
    assert seen(runtime, world) == (10, 11)
    with runtime.unit(world.viewer("system"), writes=True) as unit:
        assert pulls.totals(unit.db, "sudland").reconciled
        assert reindex.check(unit).none
        assert isinstance(verify_chain(unit), Intact)
        assert outgoing.waiting(unit.db) == {"sudland": 4}
    engine.dispose()


def seen(runtime: Runtime, world: World) -> tuple[int, int]:
    """Copies that are here, and objects that were counted."""
    with runtime.unit(world.viewer("system"), writes=False) as unit:
        count = unit.db.scalar(sa.text("SELECT count(*) FROM record WHERE origin_node = 'sudland'"))
        return int(count or 0), pulls.totals(unit.db, "sudland").received
