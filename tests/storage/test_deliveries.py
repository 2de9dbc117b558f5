"""Who took which version, and what each node said of it: never forgotten by being fetched again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from comity.domain.notice import Dispute, Notice, Recall, What
from comity.domain.tlp import TLP
from comity.storage import deliveries, notices
from comity.storage.deliveries import Fetched

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ONE = Fetched("report--1", "2026-11-25T09:00:00.000Z", None)
TWO = Fetched("report--1", "2026-11-25T10:00:00.000Z", None)
UID = "3f2b1c4a-1111-4111-8111-1234567890ab"


def recall(number: int = 1, *, to: str = "lorvania", at: datetime = NOW) -> Notice:
    body = Recall(uid=UID, reason_code="error", action="delete", due_at=NOW + timedelta(hours=24))
    name = f"comity-notice--00000000-0000-4000-8000-00000000000{number}"
    return Notice(id=name, what=What.RECALL, origin="nordmark", to=to, tlp=TLP.GREEN, at=at, body=body)


def test_fetching_twice_changes_nothing(db: Session) -> None:
    deliveries.note(db, "lorvania", [ONE, TWO], at=NOW)
    deliveries.note(db, "lorvania", [ONE, TWO], at=LATER)
    found = deliveries.get(db, "lorvania", "report--1")
    assert [(one.version, one.state, one.at) for one in found] == [
        (ONE.version, "fetched", NOW),
        (TWO.version, "fetched", NOW),
    ]


def test_nothing_fetched_is_nothing_written(db: Session) -> None:
    assert deliveries.note(db, "lorvania", [], at=NOW) == frozenset()


def test_what_was_said_weighs_more_than_what_was_seen(db: Session) -> None:
    deliveries.note(db, "lorvania", [ONE, TWO], at=NOW)
    changed = deliveries.answered(
        db,
        "lorvania",
        "report--1",
        ONE.version,
        state="refused",
        at=LATER,
        reason="bad-signature",
        answer="n1",
    )
    assert changed == 1
    deliveries.note(db, "lorvania", [ONE], at=LATER)
    first, second = deliveries.get(db, "lorvania", "report--1")
    assert (first.state, first.reason, first.answer, first.at) == ("refused", "bad-signature", "n1", LATER)
    assert second.state == "fetched"


def test_an_answer_is_about_the_own_copy_alone(db: Session) -> None:
    deliveries.note(db, "lorvania", [ONE], at=NOW)
    deliveries.note(db, "kestria", [ONE], at=NOW)
    assert deliveries.answered(db, "thalassa", "report--1", state="applied", at=NOW) == 0
    assert deliveries.answered(db, "kestria", "report--1", state="applied", at=NOW) == 1
    assert [one.state for one in deliveries.get(db, "lorvania", "report--1")] == ["fetched"]


def test_a_notice_is_kept_once(db: Session) -> None:
    assert notices.add(db, recall(), record_uid=UID, due_at=LATER)
    assert not notices.add(db, recall(), record_uid=UID, due_at=NOW)
    (kept,) = notices.of_record(db, UID)
    assert (kept.due_at, kept.state, kept.to) == (LATER, "open", ("lorvania",))


def test_open_ones_that_are_due_come_first(db: Session) -> None:
    notices.add(db, recall(1), record_uid=UID, due_at=LATER)
    notices.add(db, recall(2, to="kestria"), record_uid=UID, due_at=NOW)
    notices.add(db, recall(3, to="thalassa"), record_uid=UID, due_at=NOW)
    notices.close(db, recall(3).id, "done", at=LATER)
    found = notices.in_state(db, What.RECALL, origin="nordmark", due_before=LATER + timedelta(seconds=1))
    assert [one.to for one in found] == [("kestria",), ("lorvania",)]
    assert [one.to for one in notices.in_state(db, What.RECALL, origin="nordmark", due_before=LATER)] == [
        ("kestria",)
    ]
    assert notices.in_state(db, What.RECALL, origin="elsewhere") == []
    closed = notices.get(db, recall(3).id)
    assert closed is not None
    assert (closed.state, closed.closed_at) == ("done", LATER)


def test_notices_of_one_record_by_kind_and_origin(db: Session) -> None:
    notices.add(db, recall(1), record_uid=UID)
    theirs = Notice(
        id="comity-notice--00000000-0000-4000-8000-000000000009",
        what=What.DISPUTE,
        origin="lorvania",
        to="nordmark",
        tlp=TLP.GREEN,
        at=LATER,
        body=Dispute(uid=UID, open=True),
    )
    notices.add(db, theirs, record_uid=UID)
    assert [one.what for one in notices.of_record(db, UID)] == [What.RECALL, What.DISPUTE]
    assert [one.id for one in notices.of_record(db, UID, What.DISPUTE)] == [theirs.id]
    assert notices.of_record(db, UID, What.DISPUTE, origin="nordmark") == []
    assert [one.id for one in notices.all_of(db, What.DISPUTE, origin="lorvania")] == [theirs.id]
    assert notices.get(db, "comity-notice--nothing") is None
