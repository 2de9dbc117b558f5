"""J-09 on three live nodes with their workers: published here, found there, and nothing that may not leave.

Nobody here calls a pull: pokes, readings and answers happen by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import withdraw
from comity.storage import deliveries, object_pages, pulls
from tests.federation.live import LiveNode, ally, at_work, live_node, wait_for

Nodes = tuple[LiveNode, LiveNode, LiveNode]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("j09")
    with (
        live_node("nordmark", folder / "n") as north,
        live_node("sudland", folder / "s") as south,
        live_node("estmark", folder / "e") as east,
    ):
        ally(north, south, east)
        with at_work(north, south, east):
            yield north, south, east


def states(node: LiveNode, record: Record) -> dict[str, str]:
    with node.unit() as unit:
        return {one.node_id: one.state for one in deliveries.of_record(unit.db, record.id)}


def test_what_is_published_is_found_at_both_allies_and_confirmed(nodes: Nodes) -> None:
    """J-09.2, J-09.6: by itself, with node and sector, and the origin knows."""
    north, south, east = nodes
    record = north.published(title="A conference that travels")
    wait_for(lambda: record.ref in south.hits("researcher") and record.ref in east.hits("researcher"))
    found = south.reading("researcher", record.ref)
    assert (found.record.origin_node, found.record.sector) == ("nordmark", "government")
    assert record.ref not in south.hits("public")
    wait_for(lambda: states(north, record) == {"sudland": "applied", "estmark": "applied"})


def test_what_may_not_leave_stays(nodes: Nodes) -> None:
    """J-09.2: no AMBER, no drafts, no withdrawn bodies; and J-09.5: nobody's name, vote or comment."""
    north, south, _ = nodes
    amber = north.published(tlp=TLP.AMBER, title="A conference behind closed doors")
    drafted = north.story.drafted(title="A conference that is being thought about")
    marker = north.published(tlp=TLP.CLEAR, title="An open conference")
    wait_for(lambda: marker.ref in south.hits("public"))
    for who in ("researcher", "editor", "security_officer"):
        assert not {amber.ref, drafted.ref} & set(south.hits(who))
    with south.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT body FROM foreign_object WHERE body <> ''"))
        bodies = [str(one) for one in rows.scalars()]
    assert bodies
    for body in bodies:
        assert "person-" not in body
        assert not {"votes", "reviewers", "comments", "author", "assigned"} & set(keys(json.loads(body)))


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from keys(one)


def test_what_is_withdrawn_is_gone_at_the_allies(nodes: Nodes) -> None:
    """J-11.1: without anybody there doing anything."""
    north, south, east = nodes
    record = north.published(title="A conference that was a mistake")
    wait_for(lambda: record.ref in south.hits("researcher") and record.ref in east.hits("researcher"))
    with north.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="error", text="It was wrong.")
    with north.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    for ally_ in (south, east):
        wait_for(partial(gone, ally_, record))
        found = ally_.reading("researcher", record.ref)
        assert (found.record.state, found.content) == (State.WITHDRAWN, {})


def gone(node: LiveNode, record: Record) -> bool:
    return record.ref not in node.hits("researcher")


def test_no_ally_passes_on_what_it_was_given(nodes: Nodes) -> None:
    """F-06: the feed of a node holds its own records and no copies."""
    north, south, _ = nodes
    record = north.published(tlp=TLP.CLEAR, title="A conference at its origin")
    wait_for(lambda: record.ref in south.hits("public"))
    with south.unit() as unit:
        feed = object_pages.newer(unit.db, unit.viewer, pulls.feed_id(unit.db), 0)
        of_others = unit.db.scalar(
            sa.text("SELECT count(*) FROM taxii_object WHERE origin_node NOT IN ('sudland', '')")
        )
    assert (of_others, feed) in ((0, True), (0, False))


def test_everything_is_accounted_for_at_every_node(nodes: Nodes) -> None:
    """S24: after all of the above too."""
    for node in nodes:
        with node.unit() as unit:
            for one in pulls.listed(unit.db):
                assert pulls.totals(unit.db, one.node_id).reconciled
                assert one.quarantined == 0
