"""Objects of allied nodes that were not taken, each with its reason: kept whole, tried again with growing pauses, never dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import QuarantineRow

_quarantine = table_of(QuarantineRow)


@dataclass(frozen=True)
class Held:
    """One object. `body` is the text as it came; `next_try` is None when trying again cannot help or it was taken since."""

    id: int
    node_id: str
    stix_id: str
    version: str
    reason: str
    detail: str
    body: str
    tries: int
    next_try: datetime | None
    at: datetime
    resolved_at: datetime | None


def _from_row(row: sa.Row[Any]) -> Held:
    return Held(**{name: getattr(row, name) for name in Held.__dataclass_fields__})


def add(
    db: Session,
    *,
    node_id: str,
    stix_id: str,
    version: str,
    reason: str,
    detail: str,
    body: str,
    next_try: datetime | None,
    at: datetime,
) -> bool:
    """Keep one; the same object again renews the reason and the text and keeps the count of tries. True when it is new."""
    same = (
        _quarantine.c.node_id == node_id,
        _quarantine.c.stix_id == stix_id,
        _quarantine.c.version == version,
    )
    values = {
        "reason": reason[:60],
        "detail": detail[:300],
        "body": body,
        "next_try": next_try,
        "resolved_at": None,
    }
    if (
        db.scalar(sa.update(_quarantine).where(*same).values(**values).returning(_quarantine.c.id))
        is not None
    ):
        return False
    key = {"node_id": node_id, "stix_id": stix_id, "version": version}
    db.execute(sa.insert(_quarantine).values(**key, **values, tries=1, at=at))
    return True


def due(db: Session, node_id: str, *, now: datetime, limit: int = 100) -> Sequence[Held]:
    """What is to be tried again now, the oldest first."""
    waiting = (
        _quarantine.c.node_id == node_id,
        _quarantine.c.resolved_at.is_(None),
        _quarantine.c.next_try <= now,
    )
    rows = db.execute(sa.select(_quarantine).where(*waiting).order_by(_quarantine.c.id).limit(limit))
    return [_from_row(row) for row in rows]


def make_due(db: Session, node_id: str, *, reason: str, now: datetime) -> None:
    """What was not taken for `reason` is tried again now: what spoke against it has just changed."""
    of_these = (_quarantine.c.node_id == node_id, _quarantine.c.reason == reason)
    change = sa.update(_quarantine).where(*of_these, _quarantine.c.resolved_at.is_(None))
    db.execute(change.values(next_try=now))


def tried(db: Session, held: Held, *, reason: str, detail: str, next_try: datetime | None) -> None:
    """It was tried once more and not taken."""
    change = sa.update(_quarantine).where(_quarantine.c.id == held.id)
    values = {"reason": reason[:60], "detail": detail[:300], "tries": held.tries + 1, "next_try": next_try}
    db.execute(change.values(**values))


def resolve(db: Session, held_id: int, *, at: datetime) -> None:
    """It was taken after all, or a newer version made it needless. The text goes, the fact stays."""
    change = sa.update(_quarantine).where(_quarantine.c.id == held_id)
    db.execute(change.values(resolved_at=at, next_try=None, body=""))


def forget(db: Session, node_id: str, stix_ids: Collection[str], *, at: datetime) -> None:
    """Versions that wait here of objects that their origin asked to delete: nobody tries them again, and their text goes."""
    mine = (_quarantine.c.node_id == node_id, _quarantine.c.stix_id.in_(sorted(stix_ids)))
    db.execute(sa.update(_quarantine).where(*mine).values(body="", next_try=None, resolved_at=at))


def outlived(db: Session, node_id: str, taken: Mapping[str, str], *, at: datetime) -> None:
    """These versions of objects were taken: what was held of older ones needs no more tries. Newer ones go on waiting."""
    open_ = (_quarantine.c.node_id == node_id, _quarantine.c.resolved_at.is_(None))
    known = sa.select(_quarantine.c.id, _quarantine.c.stix_id, _quarantine.c.version).where(*open_)
    rows = db.execute(known).all() if taken else ()
    for row in rows:
        if row.version < taken.get(row.stix_id, ""):
            resolve(db, row.id, at=at)


def waiting(db: Session, node_id: str = "", *, limit: int = 200) -> Sequence[Held]:
    """What was not taken and still is not, newest first; of one node or of all."""
    chosen = sa.select(_quarantine).where(_quarantine.c.resolved_at.is_(None))
    if node_id:
        chosen = chosen.where(_quarantine.c.node_id == node_id)
    return [_from_row(row) for row in db.execute(chosen.order_by(_quarantine.c.id.desc()).limit(limit))]
