"""What stands in collections: numbers and times without a tie, the latest version, and pages of what is the viewer's alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.audience import Stage
from comity.domain.collection import Kind
from comity.domain.peer import Peer
from comity.domain.taxii import EVERY, Match, Versions, micros, read_time
from comity.domain.tlp import TLP
from comity.domain.tokens import token
from comity.domain.viewer import Viewer
from comity.storage import audiences, collections, object_pages, objects
from comity.storage.engine import open_session
from comity.storage.objects import NewObject
from tests.factories import NODE, NOW
from tests.storage.rows import SYSTEM, WORLD, audience, record

V1, V2, V3 = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"
NAMES = [f"report--00000000-0000-4000-8000-{number:012}" for number in range(100)]
READER = WORLD.viewer("reader")
PUBLIC = WORLD.viewer("public")
ALLY = Viewer.allied(NODE.node_id, Peer("kestria", frozenset({"fjord"}), TLP.GREEN))


@pytest.fixture
def feed(db: Session) -> str:
    collections.ensure(db, NODE.node_id, NOW)
    found = collections.by_alias(db, "records")
    assert found is not None
    return found.id


def an_object(db: Session, name: str, version: str = V1, *, tlp: TLP = TLP.CLEAR, **more: Any) -> NewObject:
    stage = more.pop("stage", Stage.LIVE)
    body = json.dumps({"id": name, "modified": version, "text": "Ålesund 岸"}, ensure_ascii=False)
    given = {"stix_id": name, "version": version, "type": "report", "body": body}
    return NewObject(**{**given, "audience_id": audiences.ensure(db, audience(tlp, stage)), **more})


def put(db: Session, feed: str, *new: NewObject) -> list[int]:
    return objects.put(db, feed, new, NOW)


def page(
    db: Session, feed: str, viewer: Viewer = READER, match: Match | None = None, **more: int
) -> object_pages.Page:
    return object_pages.objects(db, viewer, feed, match or Match(), **{"after": -1, "limit": 100, **more})


def shown(found: object_pages.Page) -> list[tuple[str, str]]:
    return [(one["id"], one["modified"]) for one in json.loads(b"[" + found.body + b"]")]


def test_numbers_have_no_gap_and_times_no_tie_inside_one_write_and_between_writes(
    db: Session, feed: str
) -> None:
    first = put(db, feed, *(an_object(db, name) for name in NAMES[:5]))
    second = put(db, feed, *(an_object(db, name) for name in NAMES[5:8]))
    assert first + second == list(range(first[0], first[0] + 8))
    times = [one.added_us for one in objects.of_ids(db, SYSTEM, feed, NAMES)]
    assert len(set(times)) == 8
    assert times == sorted(times)
    assert times[0] >= micros(NOW)


def test_a_clock_that_was_put_back_does_not_put_back_the_times(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0]))
    objects.put(db, feed, [an_object(db, NAMES[1])], NOW - timedelta(days=1))
    early, late = objects.of_ids(db, SYSTEM, feed, NAMES[:2])
    assert early.added_us < late.added_us


@pytest.mark.parametrize("order", [(V1, V2, V3), (V3, V1, V2), (V2, V3, V1)])
def test_the_latest_is_the_newest_version_in_whatever_order_they_came(
    db: Session, feed: str, order: tuple[str, ...]
) -> None:
    for version in order[:2]:
        put(db, feed, an_object(db, NAMES[0], version))
    put(db, feed, an_object(db, NAMES[0], order[2]), an_object(db, NAMES[1], V1))
    flags = {one.version: one.latest for one in objects.of_ids(db, SYSTEM, feed, NAMES[:1])}
    assert flags == {V1: False, V2: False, V3: True}
    assert shown(page(db, feed, match=Match(ids=(NAMES[0],)))) == [(NAMES[0], V3)]


def test_several_versions_in_one_write(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0], V2), an_object(db, NAMES[0], V3), an_object(db, NAMES[0], V1))
    assert shown(page(db, feed)) == [(NAMES[0], V3)]
    every = page(db, feed, match=Match(versions=EVERY))
    assert [version for _, version in shown(every)] == [V2, V3, V1]


def test_an_object_without_a_version_has_the_moment_it_was_added(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0], ""))
    (found,) = objects.of_ids(db, SYSTEM, feed, NAMES[:1])
    assert read_time(found.version) == found.version_us == found.added_us


def test_after_is_exclusive_and_a_page_says_whether_there_is_more(db: Session, feed: str) -> None:
    put(db, feed, *(an_object(db, name) for name in NAMES[:5]))
    first = page(db, feed, limit=2)
    assert (first.count, first.more, len(shown(first))) == (2, True, 2)
    second = page(db, feed, limit=3, after=first.last_us)
    assert shown(second) == [(name, V1) for name in NAMES[2:5]]
    assert not second.more
    assert page(db, feed, after=second.last_us).body == b""
    assert shown(page(db, feed, after=second.last_us - 1)) == [(NAMES[4], V1)]


def test_the_stored_text_is_served_as_it_is(db: Session, feed: str) -> None:
    odd = '{"id":"x","b":1,  "a":1.50,"é":"\\u00e9"}'
    put(db, feed, an_object(db, NAMES[0], body=odd))
    assert page(db, feed).body == odd.encode()


def test_nobody_sees_counts_or_dates_what_is_not_theirs(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0]), an_object(db, NAMES[1], tlp=TLP.GREEN))
    put(db, feed, an_object(db, NAMES[2], tlp=TLP.AMBER), an_object(db, NAMES[3], stage=Stage.ADDRESSED))
    for viewer, theirs in ((PUBLIC, 1), (READER, 2), (ALLY, 2)):
        found = page(db, feed, viewer)
        assert [name for name, _ in shown(found)] == NAMES[:theirs]
        assert not page(db, feed, viewer, limit=theirs).more
        listed, more = object_pages.entries(db, viewer, feed, Match(), after=-1, limit=theirs)
        assert [one.stix_id for one in listed] == NAMES[:theirs]
        assert not more
        assert found.last_us == listed[-1].added_us
    assert not object_pages.exists(db, ALLY, feed, NAMES[2])
    assert object_pages.exists(db, ALLY, feed, NAMES[1])


def test_a_notice_is_seen_by_the_node_it_is_addressed_to_alone(db: Session, feed: str) -> None:
    to = replace(
        audience(TLP.GREEN, Stage.ADDRESSED),
        releasable=frozenset({token("node:kestria")}),
        organizations=frozenset(),
    )
    put(db, feed, an_object(db, NAMES[0], audience_id=audiences.ensure(db, to)))
    other = Viewer.allied(NODE.node_id, Peer("lumen", frozenset({"fjord"}), TLP.AMBER))
    assert [page(db, feed, viewer).count for viewer in (ALLY, other, READER, PUBLIC)] == [1, 0, 0, 0]


def test_what_is_last_and_first_is_told_by_what_the_viewer_may_see(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0], V1, stage=Stage.SEALED), an_object(db, NAMES[0], V2))
    put(db, feed, an_object(db, NAMES[0], V3, tlp=TLP.GREEN))
    assert shown(page(db, feed, PUBLIC)) == [(NAMES[0], V2)]
    assert shown(page(db, feed, READER)) == [(NAMES[0], V3)]
    first = Match(versions=Versions(first=True))
    assert shown(page(db, feed, READER, first)) == [(NAMES[0], V2)]
    both = Match(versions=Versions(first=True, last=True))
    assert shown(page(db, feed, READER, both)) == [(NAMES[0], V2), (NAMES[0], V3)]


def test_filters_or_within_and_and_across(db: Session, feed: str) -> None:
    put(db, feed, an_object(db, NAMES[0]), an_object(db, NAMES[1], type="note"), an_object(db, NAMES[2], V2))
    put(db, feed, an_object(db, NAMES[3], spec_version="2.0"))
    for match, found in (
        (Match(ids=(NAMES[0], NAMES[2])), [0, 2]),
        (Match(types=("note",)), [1]),
        (Match(types=("note", "report")), [0, 1, 2, 3]),
        (Match(ids=(NAMES[0], NAMES[1]), types=("report",)), [0]),
        (Match(spec_versions=("2.0",)), [3]),
        (Match(versions=Versions(exact=(read_time(V2),))), [2]),
        (Match(types=("note",), spec_versions=("2.0",)), []),
    ):
        assert [name for name, _ in shown(page(db, feed, match=match))] == [NAMES[one] for one in found]


def test_a_page_ends_before_it_gets_too_long(db: Session, feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(db, feed, *(an_object(db, name, body=f'{{"id":"{name}","modified":"{V1}"}}') for name in NAMES[:5]))
    size = len(page(db, feed, limit=1).body)
    monkeypatch.setattr(object_pages, "MOST_BYTES", 2 * size + 1)
    first = page(db, feed)
    assert (first.count, first.more) == (2, True)
    monkeypatch.setattr(object_pages, "MOST_BYTES", 10)
    one = page(db, feed, after=first.last_us)
    assert (shown(one), one.more) == ([(NAMES[2], V1)], True)
    assert not page(db, feed, after=page(db, feed, after=one.last_us).last_us).more


def test_a_sealed_version_is_served_no_more_and_an_older_one_is_not_taken_for_it(
    db: Session, feed: str
) -> None:
    seqs = put(db, feed, an_object(db, NAMES[0], V1), an_object(db, NAMES[0], V2))
    objects.reaudience(db, seqs, audiences.ensure(db, audience(TLP.CLEAR, Stage.SEALED)))
    put(db, feed, an_object(db, NAMES[0], V3, stage=Stage.TOMBSTONE))
    assert shown(page(db, feed, match=Match(versions=EVERY))) == [(NAMES[0], V3)]


def test_the_versions_of_a_record_are_found_by_it(db: Session, feed: str) -> None:
    of = record(db)
    put(db, feed, an_object(db, NAMES[0], V1, record_id=of.id, revision_id=7), an_object(db, NAMES[1]))
    (found,) = objects.of_record(db, SYSTEM, of.id)
    assert (found.stix_id, found.revision_id, found.collection_id) == (NAMES[0], 7, feed)
    assert objects.of_record(db, WORLD.viewer("node_admin"), of.id) == [found]
    objects.reaudience(db, [found.seq], audiences.ensure(db, audience(TLP.AMBER)))
    assert objects.of_record(db, WORLD.viewer("node_admin"), of.id) == []


def test_what_is_deleted_is_gone_and_the_version_before_is_the_latest_again(db: Session, feed: str) -> None:
    _, second = put(db, feed, an_object(db, NAMES[0], V1), an_object(db, NAMES[0], V2))
    objects.delete(db, feed, [second])
    (left,) = objects.of_ids(db, SYSTEM, feed, NAMES[:1])
    assert (left.version, left.latest) == (V1, True)


def test_the_feed_and_the_inbox_are_made_once_and_the_secret_stays(db: Session, feed: str) -> None:
    before, secret = collections.listed(db), collections.cursor_secret(db)
    collections.ensure(db, NODE.node_id, NOW)
    assert collections.listed(db) == before
    assert [one.alias for one in before] == ["records", "inbox"]
    assert collections.cursor_secret(db) == secret
    assert len(secret) == 32


def test_a_collection_goes_with_its_objects_and_no_others(db: Session, feed: str) -> None:
    shelf = replace(collections.listed(db)[0], id=NAMES[0][-36:], alias="shelf", kind=Kind.SHELF)
    collections.add(db, shelf)
    collections.save(db, replace(shelf, title="A shelf", writers=("org:uni-north",)))
    assert collections.get(db, shelf.id) == replace(shelf, title="A shelf", writers=("org:uni-north",))
    put(db, feed, an_object(db, NAMES[1]))
    objects.put(db, shelf.id, [an_object(db, NAMES[1], V2)], NOW)
    assert shown(page(db, feed)) == [(NAMES[1], V1)]
    assert collections.remove(db, shelf.id) == 1
    assert (collections.get(db, shelf.id), page(db, feed).count) == (None, 1)


def test_the_second_of_two_writers_waits_for_the_first(own_engine: sa.Engine) -> None:
    """Numbers are given out under a lock that is held until the end, so nothing earlier ever appears later."""
    with open_session(own_engine, writes=True) as db:
        collections.ensure(db, NODE.node_id, NOW)
        feed = collections.listed(db)[0].id
        db.commit()
    with open_session(own_engine, writes=True) as first:
        put(first, feed, an_object(first, NAMES[0]))
        with open_session(own_engine, writes=True) as late:
            if own_engine.dialect.name == "postgresql":
                late.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            else:
                late.connection(execution_options={"comity_writes": False})
                late.execute(sa.text("PRAGMA busy_timeout = 50"))
            with pytest.raises(sa.exc.OperationalError):
                put(late, feed, an_object(late, NAMES[1]))
        first.commit()
