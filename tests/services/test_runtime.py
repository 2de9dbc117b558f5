"""The door to the database: what it commits, what it forgets, and that it answers when there is no room."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.config import Settings
from comity.domain.errors import Busy, Conflict
from comity.services.runtime import NOBODY, Runtime
from comity.services.unit import Unit
from tests.factories import NOW, make_database, make_world

ADD = sa.text("INSERT INTO throttle (key, failures, since) VALUES ('k', 1, '2026-01-01 00:00:00')")


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    engine, _ = make_world(tmp_path / "node.db")
    return Runtime(Settings(data_dir=tmp_path), engine=engine, clock=lambda: NOW)


def rows(runtime: Runtime) -> int:
    with runtime.unit(writes=False) as unit:
        return int(unit.db.scalar(sa.text("SELECT count(*) FROM throttle")) or 0)


def test_a_unit_commits_when_it_ends_well_and_only_then(runtime: Runtime) -> None:
    def fail(unit: Unit) -> None:
        unit.db.execute(ADD)
        raise Conflict

    with pytest.raises(Conflict), runtime.unit(writes=True) as unit:
        fail(unit)
    assert rows(runtime) == 0
    with runtime.unit(writes=True) as unit:
        unit.db.execute(ADD)
        runtime.undo(unit)
    assert rows(runtime) == 0
    with runtime.unit(writes=True) as unit:
        unit.db.execute(ADD)
        assert unit.now == NOW
    assert rows(runtime) == 1


def test_what_was_kept_outlives_a_failure(runtime: Runtime) -> None:
    def keep_and_fail(unit: Unit) -> None:
        unit.db.execute(ADD)
        runtime.keep(unit)
        raise Conflict

    with pytest.raises(Conflict), runtime.unit(writes=True) as unit:
        keep_and_fail(unit)
    assert rows(runtime) == 1


def test_nobody_has_no_power_and_the_system_says_why(runtime: Runtime) -> None:
    assert not NOBODY.powers
    with runtime.unit(writes=False) as unit:
        assert unit.viewer is NOBODY
    with runtime.system_unit("nightly expiry", writes=False) as unit:
        assert (unit.viewer.system_reason, unit.viewer.node) == ("nightly expiry", "nordmark")
    with pytest.raises(ValueError, match="reason"), runtime.system_unit(""):
        pass


def test_no_free_connection_is_busy_and_not_an_error(tmp_path: Path) -> None:
    make_database(tmp_path / "small.db").dispose()
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'small.db'}", pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    small = Runtime(Settings(data_dir=tmp_path), engine=engine)
    with engine.connect(), pytest.raises(Busy), small.unit(writes=False) as unit:
        unit.db.execute(sa.text("SELECT 1"))
    small.close()


def test_a_lock_held_too_long_is_busy(tmp_path: Path) -> None:
    holder = make_database(tmp_path / "locked.db")
    other = sa.create_engine(f"sqlite:///{tmp_path / 'locked.db'}", connect_args={"timeout": 0.05})
    waiting = Runtime(Settings(data_dir=tmp_path), engine=other)
    with holder.begin() as connection:
        connection.execute(ADD)
        with pytest.raises(Busy), waiting.unit(writes=True) as unit:
            unit.db.execute(ADD)
    waiting.close()
    holder.dispose()


def test_before_set_up_there_is_no_node(tmp_path: Path) -> None:
    empty = Runtime(Settings(data_dir=tmp_path), engine=make_database(tmp_path / "empty.db"))
    assert empty.node() is None
    assert empty.schema().current is None
    empty.ping()
    empty.close()


@pytest.mark.parametrize("asked", ["node", "index"])
def test_a_unit_that_waits_for_the_lock_holds_up_nobody_who_has_it(runtime: Runtime, asked: str) -> None:
    waiting, given_up = threading.Event(), threading.Event()

    def wait() -> None:
        with suppress(Busy), runtime.unit(writes=True) as unit:
            waiting.set()
            getattr(unit, asked)
        given_up.set()

    second = threading.Thread(target=wait)
    with runtime.unit(writes=True) as unit:
        unit.db.execute(ADD)
        second.start()
        waiting.wait()
        time.sleep(0.2)  # the second stands at the lock by now
        getattr(unit, asked)
        assert not given_up.is_set()
    second.join()
