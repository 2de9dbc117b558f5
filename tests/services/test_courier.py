"""A node without a network has what it may have, by a file: once, whole, answered, and recalled like everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.config import Settings
from comity.domain.errors import Conflict, Invalid, NotFound
from comity.domain.tlp import TLP
from comity.services import courier, find, pause_peer
from comity.services.runtime import Runtime
from comity.storage import deliveries
from comity.storage.pulls import Counts
from tests.story import Story
from tests.two_nodes import ABROAD, HOME, Two, two_nodes


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with two_nodes(tmp_path) as made:
        yield made


def packed(story: Story, to: str, path: Path, since: int = 0) -> courier.Packed:
    with story.unit("system") as unit:
        return courier.write(unit, node_id=to, since=since, path=path)


def taken(story: Story, path: Path) -> Counts:
    runtime = Runtime(Settings(), engine=story.engine, clock=lambda: story.now)
    _, counts = courier.read(runtime, path=path)
    return counts


def found(story: Story, who: str) -> list[str]:
    with story.unit(who, writes=False) as unit:
        query = find.asked(text="conference", filters={}, sort="relevance", page=1, include_ended=False)
        return sorted(one.record.ref for one in find.find(unit, query).items)


def test_there_and_back(two: Two, tmp_path: Path) -> None:
    green, clear = two.home.published(), two.home.published(tlp=TLP.CLEAR)
    amber, draft = two.home.published(tlp=TLP.AMBER), two.home.drafted()
    there, back = tmp_path / "there", tmp_path / "back"
    sent = packed(two.home, ABROAD, there)
    assert sent.objects == 2
    assert amber.ref.encode() not in there.read_bytes()
    assert draft.ref.encode() not in there.read_bytes()
    assert (taken(two.abroad, there).applied, found(two.abroad, "researcher")) == (
        2,
        sorted([green.ref, clear.ref]),
    )
    assert taken(two.abroad, there).unchanged == 2
    packed(two.abroad, HOME, back)
    taken(two.home, back)
    with two.home.unit("system") as unit:
        assert {one.state for one in deliveries.of_record(unit.db, green.id)} == {"applied"}
    packed(two.home, ABROAD, tmp_path / "next", since=sent.until)
    assert b'"type":"report"' not in (tmp_path / "next").read_bytes()


def test_a_file_that_was_changed_is_not_believed_in_any_part(two: Two, tmp_path: Path) -> None:
    two.home.published()
    two.home.published(tlp=TLP.CLEAR)
    there = tmp_path / "there"
    packed(two.home, ABROAD, there)
    lines = there.read_bytes().splitlines(keepends=True)
    for name, changed in (
        ("cut", lines[:-1]),
        ("fewer", [lines[0], *lines[2:]]),
        ("twice", [*lines, lines[-1]]),
    ):
        (tmp_path / name).write_bytes(b"".join(changed))
        with pytest.raises(Invalid):
            taken(two.abroad, tmp_path / name)
    assert found(two.abroad, "researcher") == []


def test_a_file_for_another_node_and_one_of_a_paused_ally_are_refused(two: Two, tmp_path: Path) -> None:
    two.home.published()
    there = tmp_path / "there"
    packed(two.home, ABROAD, there)
    with pytest.raises(Invalid, match="not-for-us"):
        taken(two.home, there)
    with two.abroad.unit("federation_officer") as unit:
        pause_peer.pause(unit, node_id=HOME, reason="We look into something first.")
    with pytest.raises(Conflict):
        taken(two.abroad, there)
    with two.home.unit("system") as unit, pytest.raises(NotFound):
        courier.write(unit, node_id="nowhere", since=0, path=tmp_path / "x")
