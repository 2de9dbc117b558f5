"""Imports, and records older than the node's key, come into the feed by the worker: each once, resumable, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.domain.tlp import TLP
from comity.services import carry_missing, sign, withdraw
from comity.stix.record import from_stix
from tests.factories import make_world
from tests.feed import EVERY, open_exchange, records_served
from tests.place import Place
from tests.services.test_import_records import sample, samples, take
from tests.story import Story

A = "lorvania"


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Story]:
    engine, world = make_world(tmp_path / "node.db")
    yield Story(engine, world)
    engine.dispose()


def follow(story: Story) -> int:
    dealt_with = 0
    while True:
        with story.unit("system") as unit:
            found = carry_missing.carry_missing(unit, worker="w")
        if not found:
            return dealt_with
        dealt_with += found


def refs(story: Story) -> list[str]:
    return sorted(from_stix([one]).facts.ref for one in records_served(story, A))


def test_an_import_is_carried_by_the_worker_and_its_next_version_too(quick: Story, tmp_path: Path) -> None:
    open_exchange(quick, A)
    place = Place(quick.engine, quick.world)
    take(place, samples(tmp_path, [sample(number) for number in range(3)]), now=quick.now)
    assert records_served(quick, A) == []
    follow(quick)
    first = records_served(quick, A)
    assert len(first) == 3
    take(
        place,
        samples(tmp_path, [sample(0, summary="Another summary of the sample."), sample(1)], "b.jsonl"),
        now=quick.now,
    )
    follow(quick)
    follow(quick)
    assert len(records_served(quick, A, EVERY)) == 4
    assert sorted(from_stix([one]).facts.version for one in records_served(quick, A)) == ["1.0", "1.0", "1.1"]


def test_records_older_than_the_key_come_when_there_is_one(quick: Story) -> None:
    old = quick.published(tlp=TLP.GREEN)
    gone = quick.published(tlp=TLP.GREEN)
    work = quick.drafted(tlp=TLP.GREEN)
    with quick.unit("liaison") as unit:
        withdraw.ask(unit, ref=gone.ref, reason_code="error", text="Wrong.")
    with quick.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=gone.ref)
    assert follow(quick) == 0
    open_exchange(quick, A)
    follow(quick)
    assert refs(quick) == [old.ref]
    assert work.ref not in str(records_served(quick, A, EVERY))


def test_it_makes_nothing_twice_and_leaves_alone_what_was_carried(quick: Story) -> None:
    open_exchange(quick, A)
    quick.published(tlp=TLP.GREEN)
    before = records_served(quick, A, EVERY)
    follow(quick)
    assert records_served(quick, A, EVERY) == before


def test_without_a_key_it_waits(quick: Story) -> None:
    quick.published(tlp=TLP.GREEN)
    with quick.unit("system") as unit:
        assert sign.signing_key(unit) is None
    assert follow(quick) == 0
