"""Envelopes, versions, claims and audiences, as readers find them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import visible_to
from comity.domain.audience import Stage
from comity.domain.lifecycle_facts import State
from comity.domain.tlp import TLP
from comity.storage import audiences, records, revisions
from comity.storage.engine import open_session
from tests.factories import NOW
from tests.storage.rows import SYSTEM, WORLD, audience, record, revision

RESEARCHER = WORLD.viewer("researcher")
PUBLIC = WORLD.viewer("public")


def test_an_envelope_comes_back_as_it_was_put(db: Session) -> None:
    put = record(
        db,
        tombstone={"title": "Gone"},
        facts={"names_entity": True, "first_action": {"do": "Ask"}},
        assigned=("role:editor", "person:x"),
        expires_at=NOW + timedelta(days=1),
    )
    assert records.get(db, SYSTEM, put.ref) == put
    changed = records.store(db, replace(put, state=State.EXPIRED, assigned=(), tombstone=None))
    assert records.get(db, SYSTEM, put.uid) == changed


def test_what_one_may_not_see_is_not_found_by_any_door(db: Session) -> None:
    hidden = record(db, audience(TLP.AMBER, organizations=("firm-optics",)))
    open_one = record(db, audience(TLP.CLEAR))
    for viewer in (PUBLIC, WORLD.viewer("researcher_south"), WORLD.viewer("node_admin")):
        assert records.get(db, viewer, hidden.ref) is None
        assert records.get(db, viewer, hidden.uid) is None
        assert records.lock(db, viewer, hidden.ref) is None
        assert set(records.by_ids(db, viewer, [hidden.id, open_one.id])) == {open_one.id}
        assert set(records.cards(db, viewer, [hidden.id, open_one.id])) == {open_one.id}
        assert hidden.id not in {one.id for one in records.listing(db, viewer, limit=500)}
        assert records.counts(db, viewer, "kind") == {"advisory": 1}
    assert records.get(db, WORLD.viewer("contributor"), hidden.ref) == hidden  # a named recipient


def test_a_title_is_hidden_with_its_version(db: Session) -> None:
    one = record(db, audience(TLP.CLEAR))
    stricter = audiences.ensure(db, audience(TLP.RED, persons=("somebody",)))
    version = revision(db, one, audience_id=stricter)
    one = records.store(db, replace(one, published_revision_id=version.id))
    assert records.titles(db, PUBLIC, [one]) == {}
    assert records.titles(db, SYSTEM, [one]) == {one.id: "A lantern"}
    assert revisions.get(db, PUBLIC, version.id) is None
    assert list(revisions.of_record(db, PUBLIC, one.id)) == []


def test_a_claim_under_a_stricter_marking_is_left_out_and_not_lost(db: Session) -> None:
    version = revision(db, record(db, audience(TLP.CLEAR)))
    strict = audiences.ensure(db, audience(TLP.AMBER, organizations=("firm-optics",)))
    revisions.put_claims(
        db, version.id, [({"text": "open"}, version.audience_id), ({"text": "secret"}, strict)]
    )
    assert revisions.claims(db, PUBLIC, version.id) == [{"text": "open"}]
    assert revisions.hidden_claims(db, PUBLIC, version.id) == [(1, {"text": "secret"})]
    assert len(revisions.claims(db, SYSTEM, version.id)) == 2


def test_the_body_behind_a_tombstone_is_nobodys(db: Session) -> None:
    one = record(db, audience(TLP.CLEAR, Stage.TOMBSTONE))
    version = revision(db, one)
    assert records.get(db, PUBLIC, one.ref) == one
    assert records.get(db, PUBLIC, one.ref, body=True) is None
    assert revisions.get(db, PUBLIC, version.id) is None


def test_a_frozen_version_keeps_its_content(db: Session) -> None:
    version = revisions.store(db, replace(revision(db, record(db)), frozen=True))
    revisions.store(db, replace(version, title="Other", content={"body": "Other"}, major=1, minor=0))
    kept = revisions.get(db, SYSTEM, version.id)
    assert kept is not None
    assert (kept.title, kept.content, kept.version) == ("A lantern", {"body": "Text"}, "1.0")


def test_a_walk_over_all_sees_each_record_once(db: Session) -> None:
    put = [record(db).id for _ in range(7)]
    seen, after = [], 0
    while page := records.page(db, SYSTEM, after=after, limit=3):
        seen += [one.id for one in page]
        after = page[-1].id
    assert seen == put
    hidden = record(db, audience(TLP.RED, persons=("somebody",)))
    assert hidden.id not in {one.id for one in records.page(db, PUBLIC, after=0, limit=100)}


def test_a_reference_tells_no_count(db: Session) -> None:
    numbers = {
        records.new_ref(db, node="nordmark", code="ADV", year=2026).rsplit("-", 1)[1] for _ in range(40)
    }
    assert len(numbers) > 35
    assert max(int(one) for one in numbers) - min(int(one) for one in numbers) > 100_000


def test_due_means_published_and_past_its_date(db: Session) -> None:
    due = record(db, expires_at=NOW - timedelta(seconds=1))
    record(db, expires_at=NOW + timedelta(seconds=1))
    record(db, expires_at=NOW - timedelta(days=1), state=State.EXPIRED)
    assert [one.id for one in records.due(db, SYSTEM, now=NOW)] == [due.id]
    assert list(records.due(db, PUBLIC, now=NOW)) == []


def test_unknown_sorts_and_columns_are_refused(db: Session) -> None:
    with pytest.raises(KeyError):
        records.listing(db, SYSTEM, sort="id; DROP TABLE record")
    with pytest.raises(KeyError):
        records.counts(db, SYSTEM, "author")


def test_an_audience_is_kept_once_and_comes_back_whole(db: Session) -> None:
    facts = audience(TLP.AMBER_STRICT, organizations=("firm-optics", "uni-south"), persons=("somebody",))
    first = audiences.ensure(db, facts)
    assert audiences.ensure(db, facts) == first
    assert audiences.load(db, first) == facts
    assert audiences.ensure(db, audience(TLP.CLEAR)) != first


def test_an_audience_that_was_rolled_back_gives_nobody_anything(own_engine: sa.Engine) -> None:
    """Its id may be given out again: an answer remembered from the lost transaction would open another's record."""
    with open_session(own_engine, writes=True) as db:
        lost = audiences.ensure(db, audience(TLP.CLEAR))
        assert lost in audiences.ids_for(db, visible_to(PUBLIC))
        db.rollback()
    with open_session(own_engine, writes=True) as db:
        taken = audiences.ensure(db, audience(TLP.RED, persons=("somebody",)))
        db.commit()
    with open_session(own_engine, writes=False) as db:
        assert taken not in audiences.ids_for(db, visible_to(PUBLIC))
        assert audiences.ids_for(db, visible_to(PUBLIC)) == frozenset()
