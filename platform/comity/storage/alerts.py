"""Alerts as rows: who is to hear of which event, and whether they have. They hold no words: those are made when shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import visible_to
from comity.domain.viewer import Viewer
from comity.storage.audiences import ids_for
from comity.storage.tables.base import table_of
from comity.storage.tables.reading import AlertRow
from comity.storage.tables.records import RecordRow

_alert = table_of(AlertRow)
_record = table_of(RecordRow)


@dataclass(frozen=True)
class Alert:
    """One line for one person. `why` is named, saved_search, followed, opened, author or work; `event_id` is of the outbox."""

    account_id: str
    record_id: int
    event_id: int
    what: str
    why: str
    period: str
    created_at: datetime
    by_mail: bool = True
    subscription_id: int | None = None
    tries: int = 0
    try_after: datetime | None = None
    mailed_at: datetime | None = None
    read_at: datetime | None = None
    id: int = 0


def _from_row(row: sa.Row[Any]) -> Alert:
    return Alert(**{name: getattr(row, name) for name in Alert.__dataclass_fields__})


def add(db: Session, made: Iterable[Alert]) -> int:
    """Store those that are new. One person has one alert for one event, however often the event is followed."""
    added = 0
    for alert in made:
        told = (_alert.c.account_id == alert.account_id, _alert.c.event_id == alert.event_id)
        if db.scalar(sa.select(_alert.c.id).where(*told)) is None:
            values = asdict(alert)
            del values["id"]
            db.execute(sa.insert(_alert).values(**values))
            added += 1
    return added


def told_of(db: Session, record_id: int) -> dict[str, Alert]:
    """The newest alert of each person about a record as a reader of it: those hear of what happens to it afterwards."""
    readers = _alert.c.why.in_(("named", "saved_search", "followed", "opened"))
    chosen = sa.select(_alert).where(_alert.c.record_id == record_id, readers).order_by(_alert.c.id)
    return {row.account_id: _from_row(row) for row in db.execute(chosen)}


def listed(db: Session, viewer: Viewer, *, limit: int = 100, unread: bool = False) -> Sequence[Alert]:
    """The viewer's own alerts about records they may know of now, newest first. The others leave no gap."""
    chosen = _own(viewer).order_by(_alert.c.id.desc()).limit(limit)
    if unread:
        chosen = chosen.where(_alert.c.read_at.is_(None))
    return [_from_row(row) for row in db.execute(chosen.where(_known(db, viewer)))]


def unread(db: Session, viewer: Viewer) -> int:
    """How many of those are new."""
    mine = sa.select(sa.func.count()).select_from(_alert.join(_record, _alert.c.record_id == _record.c.id))
    own = (_alert.c.account_id == (viewer.person or "-"), _alert.c.read_at.is_(None))
    return int(db.scalar(mine.where(*own, _known(db, viewer))) or 0)


def _own(viewer: Viewer) -> sa.Select[Any]:
    joined = _alert.join(_record, _alert.c.record_id == _record.c.id)
    return sa.select(_alert).select_from(joined).where(_alert.c.account_id == (viewer.person or "-"))


def _known(db: Session, viewer: Viewer) -> sa.ColumnElement[bool]:
    return _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))


def mark_read(db: Session, account_id: str, *, now: datetime, only: int | None = None) -> None:
    """All of a person's alerts, or one of them. Somebody else's is left alone without a word."""
    chosen = sa.update(_alert).where(_alert.c.account_id == account_id, _alert.c.read_at.is_(None))
    if only is not None:
        chosen = chosen.where(_alert.c.id == only)
    db.execute(chosen.values(read_at=now))


def to_mail(db: Session, *, now: datetime) -> list[Alert]:
    """Everything not sent yet that may be tried now, by person and age."""
    waiting = (_alert.c.by_mail.is_(True), _alert.c.mailed_at.is_(None))
    ripe = sa.or_(_alert.c.try_after.is_(None), _alert.c.try_after <= now)
    rows = db.execute(sa.select(_alert).where(*waiting, ripe).order_by(_alert.c.account_id, _alert.c.id))
    return [_from_row(row) for row in rows]


def mailed(db: Session, ids: Collection[int], *, now: datetime) -> None:
    """These need no mail any more."""
    db.execute(sa.update(_alert).where(_alert.c.id.in_(sorted(ids))).values(mailed_at=now))


def failed(db: Session, ids: Collection[int], *, try_after: datetime) -> None:
    """Sending did not work: try again later."""
    chosen = sa.update(_alert).where(_alert.c.id.in_(sorted(ids)))
    db.execute(chosen.values(tries=_alert.c.tries + 1, try_after=try_after))
