"""The audit chain as rows. Appending is part of the transaction that did what the entry says; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import marked_for, visible_to
from comity.domain.audit_chain import GENESIS, Entry, Link, Unreadable, entry_hash, read_link, stamp
from comity.domain.viewer import Viewer
from comity.storage import sequences
from comity.storage.audiences import ids_for
from comity.storage.tables.base import table_of
from comity.storage.tables.exchange import AuditRow
from comity.storage.tables.records import RecordRow

_audit = table_of(AuditRow)
_record = table_of(RecordRow)


def append(
    db: Session,
    *,
    at: datetime,
    actor: str,
    organization: str,
    action: str,
    about: str,
    purpose: str,
    details: Mapping[str, Any],
    audience_id: int | None,
) -> Link:
    """One more entry at the end of the chain. The end is locked until the transaction is over, so entries never fork."""
    seq, head = sequences.advance(db, "audit")
    previous = head or GENESIS
    entry = Entry(
        seq=seq,
        at=stamp(at),
        actor=actor,
        organization=organization,
        action=action,
        object=about,
        purpose=purpose,
        details=dict(details),
        audience_id=audience_id,
    )
    link = Link(entry, previous, entry_hash(previous, entry))
    db.execute(sa.insert(_audit).values(**entry.model_dump(), previous=link.previous, hash=link.hash))
    sequences.keep_head(db, "audit", link.hash)
    return link


def _link(row: sa.Row[Any]) -> Link:
    values = {name: getattr(row, name) for name in Entry.model_fields}
    return Link(Entry(**values), row.previous, row.hash)


def chain(db: Session, *, batch: int = 1000) -> Iterator[Link | Unreadable]:
    """Every stored row in order, in batches, for verification. A row that is no entry any more is `Unreadable`."""
    seq = 0
    while True:
        rows = db.execute(
            sa.select(_audit).where(_audit.c.seq > seq).order_by(_audit.c.seq).limit(batch)
        ).all()
        if not rows:
            return
        for row in rows:
            fields = {name: getattr(row, name) for name in Entry.model_fields}
            yield read_link(fields, previous=row.previous, own_hash=row.hash)
        seq = rows[-1].seq


def head(db: Session) -> tuple[int, str]:
    """How long the chain should be, and its last hash."""
    return sequences.current(db, "audit")


def hash_at(db: Session, seq: int) -> str | None:
    """The hash of one entry; None when there is no such entry."""
    return db.scalar(sa.select(_audit.c.hash).where(_audit.c.seq == seq))


def links(
    db: Session,
    viewer: Viewer,
    *,
    actor: str | None = None,
    organization: str | None = None,
    about: str | None = None,
    family: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    without_objects: bool = False,
    limit: int = 100,
    older_than: str = "",
) -> list[Link]:
    """Entries newest first. One about a record is there only for those who may know of it now (class S8), and for its actor.

    `older_than` is the hash of an entry: a place in the list that tells nobody how many entries they do not see.
    """
    chosen = sa.select(_audit).where(_known(db, viewer))
    for column, wanted in (
        (_audit.c.actor, actor),
        (_audit.c.organization, organization),
        (_audit.c.object, about),
    ):
        if wanted is not None:
            chosen = chosen.where(column == wanted)
    if family:
        chosen = chosen.where(
            sa.or_(_audit.c.action == family, _audit.c.action.startswith(f"{family}.", autoescape=True))
        )
    if since is not None:
        chosen = chosen.where(_audit.c.at >= stamp(since))
    if until is not None:
        chosen = chosen.where(_audit.c.at < stamp(until))
    if without_objects:
        chosen = chosen.where(
            sa.or_(_audit.c.audience_id.is_(None), _audit.c.actor == (viewer.person or "-"))
        )
    if older_than:
        place = sa.select(_audit.c.seq).where(_audit.c.hash == older_than).scalar_subquery()
        chosen = chosen.where(_audit.c.seq < place)
    return [_link(row) for row in db.execute(chosen.order_by(_audit.c.seq.desc()).limit(limit))]


def _known(db: Session, viewer: Viewer) -> sa.ColumnElement[bool]:
    """May the viewer know of the entry: by the audience it was written with, and by the one its record has now.

    What was written while a record was being made is known, once it is published, to those who may read both markings.
    """
    readable = ids_for(db, visible_to(viewer))
    its_record = _record.c.ref == _audit.c.object
    hidden_now = sa.exists().where(its_record, _record.c.audience_id.not_in(readable))
    published_now = sa.exists().where(its_record, _record.c.published_revision_id.is_not(None))
    then = _audit.c.audience_id
    marked = sa.and_(then.in_(ids_for(db, marked_for(viewer))), published_now)
    return sa.or_(
        then.is_(None),
        sa.and_(sa.or_(then.in_(readable), marked), sa.not_(hidden_now)),
        _audit.c.actor == (viewer.person or "-"),
    )


def tally(db: Session, *, since: datetime) -> Mapping[str, int]:
    """How often each action was taken since a time: for the transparency report, which names nobody."""
    counted = (
        sa.select(_audit.c.action, sa.func.count())
        .where(_audit.c.at >= stamp(since))
        .group_by(_audit.c.action)
    )
    return {str(action): int(count) for action, count in db.execute(counted)}
