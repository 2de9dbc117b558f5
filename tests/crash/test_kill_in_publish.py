"""kill -9 in the middle of publishing, again and again: no half-published record, no index entry without its record, no broken
audit chain, no gap in a sequence. On both databases.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.config import Settings
from comity.domain.audit_chain import Intact
from comity.domain.lifecycle_facts import State
from comity.domain.viewer import Viewer
from comity.services import diagnose, reindex
from comity.services.unit import Unit
from comity.services.verify_audit import verify_chain
from comity.storage import records, revisions
from tests.crash.publisher import killed_after, publish_forever
from tests.factories import make_world
from tests.story import Story

ROUNDS = 12


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    where: Path | str = tmp_path / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("crash")
    engine, world = make_world(where)
    yield Story(engine, world)
    engine.dispose()


def test_a_kill_at_any_moment_leaves_everything_whole(story: Story, tmp_path: Path) -> None:
    url = story.engine.url.render_as_string(hide_password=False)
    story.published()
    story.engine.dispose()  # the child must inherit no open connection
    before = 0
    for _ in range(ROUNDS):
        killed_after(random.uniform(0.15, 0.7), partial(publish_forever, url), tmp_path / "said")
        with story.unit("system") as unit:
            settled(unit)
            after = sum(records.counts(unit.db, unit.viewer, "state").values())
        assert after >= before
        before = after
        story.engine.dispose()
    assert before > ROUNDS / 2  # it was killed at work, not before it began
    assert story.published().state is State.PUBLISHED


def settled(unit: Unit) -> None:
    """Everything that a crash could have broken."""
    assert reindex.check(unit).none
    assert isinstance(verify_chain(unit), Intact)
    found = [
        one
        for one in diagnose.diagnose(unit, Settings())
        if one.what in ("audit", "index", "audiences", "people")
    ]
    assert [one for one in found if one.level == "mend"] == []
    for name, table in (("audit", "audit_entry"), ("outbox", "outbox")):
        gap_free(unit, name, table)
    told(unit)
    for record in records.page(unit.db, unit.viewer, after=0, limit=10_000):
        version = revisions.get(unit.db, unit.viewer, record.published_revision_id)
        assert (version is not None) == record.is_published
        assert record.is_published == (record.published_at is not None)
        assert record.is_published == (record.state in (State.PUBLISHED, State.WITHDRAWN))
        if version is not None:
            assert version.frozen
            assert version.published_at is not None
            assert unit.index is not None


def gap_free(unit: Unit, name: str, table: str) -> None:
    numbers = list(unit.db.scalars(sa.text(f"SELECT seq FROM {table} ORDER BY seq")))
    value = unit.db.scalar(sa.text("SELECT value FROM sequence WHERE name = :name"), {"name": name})
    assert numbers == list(range(1, len(numbers) + 1))
    assert value == len(numbers)


def told(unit: Unit) -> None:
    """Each publication has its audit entry and its event, and neither is there without the publication."""
    published = "SELECT count(*) FROM record WHERE published_revision_id IS NOT NULL"
    events = "SELECT count(*) FROM outbox WHERE what = 'record.publish'"
    entries = "SELECT count(*) FROM audit_entry WHERE action = 'record.publish'"
    counts = {unit.db.scalar(sa.text(query)) for query in (published, events, entries)}
    assert len(counts) == 1


def test_the_check_itself_sees_a_half_published_record(story: Story) -> None:
    """What `settled` is for, done by hand: it must fail."""
    story.published()
    with story.unit("system") as unit:
        settled(unit)
        unit.index.remove(
            [one.id for one in records.page(unit.db, Viewer.system("x", "x"), after=0, limit=1)]
        )
        with pytest.raises(AssertionError):
            settled(unit)
        unit.db.rollback()
    with story.unit("system") as unit:
        unit.db.execute(sa.text("UPDATE record SET published_revision_id = NULL"))
        with pytest.raises(AssertionError):
            settled(unit)
        unit.db.rollback()
