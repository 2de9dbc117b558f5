"""The audit chain, the outbox and the counters under them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.audit_chain import GENESIS, Broken, Entry, Intact
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.services.verify_audit import verify_chain
from comity.storage import audiences, audit, outbox, sequences
from tests.factories import NOW
from tests.storage.rows import SYSTEM, WORLD, audience

MINUTE = timedelta(minutes=1)


def entry(db: Session, action: str = "record.publish", **more: Any) -> None:
    given: dict[str, Any] = {
        "actor": "ann",
        "organization": "uni-north",
        "about": "RSI-1",
        "purpose": "",
        "audience_id": None,
    }
    audit.append(db, at=NOW, action=action, details={"n": 1, "list": ["a"]}, **{**given, **more})


def entries(db: Session, viewer: Viewer, **narrowed: Any) -> list[Entry]:
    return [link.entry for link in audit.links(db, viewer, **narrowed)]


def verdict(db: Session, **checkpoint: Any) -> Intact | Broken:
    return verify_chain(Unit(db=db, viewer=SYSTEM, now=NOW), **checkpoint)


def test_an_empty_chain_is_whole(db: Session) -> None:
    assert verdict(db) == Intact(0, GENESIS)


def test_entries_follow_each_other(db: Session) -> None:
    for _ in range(5):
        entry(db)
    assert verdict(db) == Intact(5, audit.head(db)[1])


@pytest.mark.parametrize(
    ("damage", "at"),
    [
        ("UPDATE audit_entry SET actor = 'bo' WHERE seq = 3", 3),
        ("UPDATE audit_entry SET action = 'NOT AN ACTION' WHERE seq = 2", 2),
        ('UPDATE audit_entry SET details = \'{"title": "x"}\' WHERE seq = 4', 4),
        ("DELETE FROM audit_entry WHERE seq = 1", 1),
        ("DELETE FROM audit_entry WHERE seq = 3", 3),
        ("DELETE FROM audit_entry WHERE seq = 5", 5),
        ("DELETE FROM audit_entry", 1),
        ("UPDATE sequence SET value = 4 WHERE name = 'audit'", 5),
    ],
)
def test_every_damage_is_told_with_its_place(db: Session, damage: str, at: int) -> None:
    for _ in range(5):
        entry(db)
    db.execute(sa.text(damage.replace(":", "\\:")))
    found = verdict(db)
    assert isinstance(found, Broken)
    assert found.at == at


def test_a_chain_rewritten_with_its_counter_is_caught_by_a_checkpoint(db: Session) -> None:
    """Whoever owns the database can make it agree with itself; not with what was written down elsewhere."""
    for _ in range(3):
        entry(db)
    whole = verdict(db)
    assert isinstance(whole, Intact)
    entry(db)
    assert isinstance(verdict(db, length=whole.n, head=whole.head), Intact)
    db.execute(sa.text("DELETE FROM audit_entry"))
    db.execute(sa.text("UPDATE sequence SET value = 0, head = '' WHERE name = 'audit'"))
    for _ in range(4):
        entry(db, "record.withdraw")
    assert isinstance(verdict(db), Intact)
    assert isinstance(verdict(db, length=whole.n, head=whole.head), Broken)
    assert isinstance(verdict(db, length=9), Broken)


def test_an_entry_about_a_record_is_there_for_its_readers_only(db: Session) -> None:
    """S8: the log obeys the same markings as the page."""
    hidden = audiences.ensure(db, audience(TLP.AMBER, organizations=("firm-optics",)))
    entry(db, about="RSI-hidden", audience_id=hidden)
    entry(db, about="RSI-open", audience_id=audiences.ensure(db, audience(TLP.CLEAR)))
    entry(db, "session.begun", about="", actor="bo")
    seen = [one.entry.object for one in audit.links(db, WORLD.viewer("auditor"))]
    assert seen == ["", "RSI-open"]
    assert "RSI-hidden" in [one.entry.object for one in audit.links(db, SYSTEM)]
    assert [one.entry.object for one in audit.links(db, SYSTEM, actor="bo")] == [""]
    assert [one.entry.object for one in audit.links(db, SYSTEM, without_objects=True)] == [""]


def test_the_outbox_is_read_on_from_where_one_stopped(db: Session) -> None:
    for number in range(4):
        outbox.append(db, what="record.publish", record_id=None, payload={"n": number}, at=NOW)
    assert [event.seq for event in outbox.after(db, 0)] == [1, 2, 3, 4]
    assert [event.payload["n"] for event in outbox.after(db, 2)] == [2, 3]
    assert outbox.claim(db, "mail", worker="one", now=NOW, lease=MINUTE) == 0
    outbox.advance(db, "mail", 3)
    assert outbox.lag(db) == {"mail": 1}


def test_one_worker_at_a_time_and_never_for_ever(db: Session) -> None:
    take: Callable[..., int | None] = outbox.claim
    assert take(db, "mail", worker="one", now=NOW, lease=MINUTE) == 0
    outbox.advance(db, "mail", 7)
    assert take(db, "mail", worker="two", now=NOW + MINUTE / 2, lease=MINUTE) is None
    assert take(db, "mail", worker="one", now=NOW + MINUTE / 2, lease=MINUTE) == 7
    assert take(db, "mail", worker="two", now=NOW + 2 * MINUTE, lease=MINUTE) == 7
    assert take(db, "mail", worker="one", now=NOW + 2 * MINUTE, lease=MINUTE) is None
    assert outbox.lease_ends(db)["mail"] == NOW + 3 * MINUTE


def test_counters_do_not_mix(db: Session) -> None:
    assert [sequences.advance(db, "a")[0] for _ in range(3)] == [1, 2, 3]
    assert sequences.advance(db, "b") == (1, "")
    sequences.keep_head(db, "a", "head")
    assert sequences.current(db, "a") == (3, "head")
    assert sequences.current(db, "c") == (0, "")
