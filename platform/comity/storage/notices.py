"""Notices to and from allied nodes, kept for as long as somebody must act on them or prove that they did.

Children of a record or of a peer: whoever asks has read the record under the viewer's rule, or looks after the exchange.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.notice import Notice, What
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import NoticeRow

_notice = table_of(NoticeRow)

OPEN = "open"
"""Nobody has answered it yet."""

_AT_ONCE: Final = 500
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class StoredNotice:
    """`state` is open, or what the answer said, or how it ended by itself. `to` are node ids."""

    id: str
    what: What
    origin: str
    to: tuple[str, ...]
    record_uid: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    state: str = OPEN
    due_at: datetime | None = None
    closed_at: datetime | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)


def _from_row(row: sa.Row[Any]) -> StoredNotice:
    return StoredNotice(
        id=row.id,
        what=What(row.what),
        origin=row.origin,
        to=tuple(row.to),
        record_uid=row.record_uid,
        at=row.at,
        body=row.body,
        state=row.state,
        due_at=row.due_at,
        closed_at=row.closed_at,
        answer=row.answer,
    )


def add(
    db: Session,
    notice: Notice,
    *,
    record_uid: str = "",
    due_at: datetime | None = None,
    state: str = OPEN,
    answer: Mapping[str, Any] = NOTHING,
) -> bool:
    """Keep it. False when it was kept before, for a notice may arrive twice."""
    if db.scalar(sa.select(_notice.c.id).where(_notice.c.id == notice.id)) is not None:
        return False
    values = {
        "id": notice.id,
        "what": notice.what.value,
        "origin": notice.origin,
        "to": [notice.to],
        "record_uid": record_uid,
        "body": notice.body.model_dump(mode="json"),
        "state": state,
        "due_at": due_at,
        "at": notice.at,
        "closed_at": None if state == OPEN else notice.at,
        "answer": dict(answer),
    }
    try:
        with db.begin_nested():
            db.execute(sa.insert(_notice).values(**values))
    except sa.exc.IntegrityError:  # two workers took in the same one at once
        return False
    return True


def get(db: Session, notice_id: str) -> StoredNotice | None:
    """The notice with this STIX id."""
    row = db.execute(sa.select(_notice).where(_notice.c.id == notice_id)).one_or_none()
    return None if row is None else _from_row(row)


def of_record(db: Session, record_uid: str, *what: What, origin: str = "") -> Sequence[StoredNotice]:
    """The notices about a record, oldest first, narrowed to kinds and to the node that made them."""
    chosen = sa.select(_notice).where(_notice.c.record_uid == record_uid)
    if what:
        chosen = chosen.where(_notice.c.what.in_([one.value for one in what]))
    if origin:
        chosen = chosen.where(_notice.c.origin == origin)
    return [_from_row(row) for row in db.execute(chosen.order_by(_notice.c.at, _notice.c.id))]


def of_records(
    db: Session, record_uids: Collection[str], what: What, *, origin: str
) -> dict[str, list[StoredNotice]]:
    """Notices of one kind that `origin` made about any of these records, by record, oldest first."""
    found: dict[str, list[StoredNotice]] = {}
    ordered = sorted(set(record_uids))
    for start in range(0, len(ordered), _AT_ONCE):
        chosen = sa.select(_notice).where(
            _notice.c.record_uid.in_(ordered[start : start + _AT_ONCE]),
            _notice.c.what == what.value,
            _notice.c.origin == origin,
        )
        for row in db.execute(chosen.order_by(_notice.c.at, _notice.c.id)):
            found.setdefault(row.record_uid, []).append(_from_row(row))
    return found


def in_state(
    db: Session, what: What, state: str = OPEN, *, origin: str, due_before: datetime | None = None
) -> Sequence[StoredNotice]:
    """All of one kind that stand in a state, made by `origin`, those due first; only those due before a moment when it is given."""
    chosen = sa.select(_notice).where(
        _notice.c.what == what.value, _notice.c.state == state, _notice.c.origin == origin
    )
    if due_before is not None:
        chosen = chosen.where(_notice.c.due_at < due_before)
    return [_from_row(row) for row in db.execute(chosen.order_by(_notice.c.due_at, _notice.c.id))]


def all_of(db: Session, what: What, *, origin: str, limit: int = 500) -> Sequence[StoredNotice]:
    """All of one kind that `origin` made, newest first."""
    chosen = sa.select(_notice).where(_notice.c.what == what.value, _notice.c.origin == origin)
    rows = db.execute(chosen.order_by(_notice.c.at.desc(), _notice.c.id).limit(limit))
    return [_from_row(row) for row in rows]


def close(
    db: Session, notice_id: str, state: str, *, at: datetime, answer: Mapping[str, Any] = NOTHING
) -> None:
    """It was answered, or ended in another way. `answer` is what was said, with the id of the signed notice that says it."""
    chosen = sa.update(_notice).where(_notice.c.id == notice_id)
    db.execute(chosen.values(state=state, closed_at=at, answer=dict(answer)))


def forget(db: Session, record_uid: str, *, origin: str) -> None:
    """Take the record out of the releases it came in, as its origin asked; that they were made stays."""
    chosen = (_notice.c.record_uid == record_uid, _notice.c.origin == origin)
    releases = (*chosen, _notice.c.what == What.RELEASE.value)
    for row in db.execute(sa.select(_notice.c.id, _notice.c.body).where(*releases)).all():
        kept = {name: said for name, said in row.body.items() if name != "record"}
        db.execute(sa.update(_notice).where(_notice.c.id == row.id).values(body=kept))
