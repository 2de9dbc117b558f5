"""The worker: every job in its own unit, one worker at a time, no job stopped by another's failure, and an orderly end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from comity.config import Settings
from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.services import clock, read
from comity.services.runtime import Runtime
from comity.services.step import held_record
from comity.services.unit import Unit
from comity.worker.loop import JOBS, Job, Worker
from tests.factories import make_world
from tests.story import Story


class Node:
    """A story with a runtime on the same database and a clock that a test moves."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        settings = Settings(database_url=str(story.engine.url), data_dir=folder, smtp_url="")
        self.runtime = Runtime(settings, engine=story.engine, clock=self.now)

    def now(self) -> datetime:
        return self.story.now


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    engine, world = make_world(tmp_path / "node.db")
    yield Node(Story(engine, world), tmp_path)
    engine.dispose()


def test_a_record_expires_by_itself(node: Node) -> None:
    record = node.story.published()
    worker = Worker(node.runtime)
    assert worker.turn() == len(JOBS)
    assert state(node, record.ref) is State.PUBLISHED
    node.story.now += timedelta(days=400)
    Worker(node.runtime, name="another").turn()
    assert state(node, record.ref) is State.EXPIRED


def state(node: Node, ref: str) -> State:
    with node.story.unit("system", writes=False) as unit:
        return read.find_record(unit, ref).state


def test_a_failing_job_stops_no_other_and_leaves_nothing(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def fails(unit: Unit, _worker: str) -> None:
        unit.audit("demo.people")
        raise RuntimeError("the words of a record")

    worker = Worker(
        node.runtime, jobs=(Job("bad", 0, fails), Job("good", 0, lambda unit, _: done.append(unit.viewer)))
    )
    assert worker.turn() == 1
    assert [viewer.system_reason for viewer in done] == ["good"]
    told = capsys.readouterr()
    assert "RuntimeError" in told.err + told.out
    assert "the words of a record" not in told.err + told.out
    with node.story.unit("system", writes=False) as unit:
        from comity.storage import audit

        assert audit.links(unit.db, unit.viewer) == []


def test_one_worker_at_a_time(node: Node) -> None:
    done: list[str] = []
    jobs = (Job("count", 0, lambda _unit, worker: done.append(worker)),)
    one, two = Worker(node.runtime, jobs=jobs, name="one"), Worker(node.runtime, jobs=jobs, name="two")
    assert (one.turn(), two.turn(), one.turn()) == (1, 0, 1)
    node.story.now += timedelta(minutes=5)  # the first was killed: its lease ends by itself
    assert two.turn() == 1
    assert done == ["one", "one", "two"]


def test_a_job_waits_its_turn(node: Node) -> None:
    done: list[str] = []
    worker = Worker(node.runtime, jobs=(Job("seldom", 3600, lambda _unit, name: done.append(name)),))
    assert (worker.turn(), worker.turn()) == (1, 0)


def test_it_ends_when_told(node: Node) -> None:
    stop, begun = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=Worker(node.runtime, jobs=(Job("x", 0, lambda *_: begun.set()),)).run, args=(stop,)
    )
    thread.start()
    assert begun.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_one_bad_record_stops_no_other(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = node.story.published(), node.story.published()
    node.story.now += timedelta(days=400)
    real = held_record

    def broken(unit: Unit, ref: str) -> Record:
        held = real(unit, ref)
        return (
            replace(held, published_revision_id=None, working_revision_id=None) if ref == first.ref else held
        )

    monkeypatch.setattr(clock, "held_record", broken)
    with node.story.unit("system") as unit:
        ticked = clock.tick(unit)
    assert (list(ticked.expired), list(ticked.failed)) == ([second.ref], [first.ref])
    assert state(node, first.ref) is State.PUBLISHED
    monkeypatch.undo()
    with node.story.unit("system") as unit:
        assert list(clock.tick(unit).expired) == [first.ref]
        with pytest.raises(NotFound):
            read.find_record(unit, "RSI-nothing")
