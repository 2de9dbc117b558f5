"""What is known of a record's files. Each has an audience of its own; the bytes are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import body_visible_to
from comity.domain.rules import Rule
from comity.domain.viewer import Viewer
from comity.storage.audiences import satisfies
from comity.storage.tables.base import table_of
from comity.storage.tables.records import AttachmentRow

_attachment = table_of(AttachmentRow)


@dataclass(frozen=True)
class Attachment:
    """One file. `malware_state` is unscanned, clean or refused; `size` is in bytes."""

    uid: str
    record_id: int
    audience_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    malware_state: str
    tlp: str
    added_by: str
    added_at: datetime


def _from_row(row: sa.Row[Any]) -> Attachment:
    return Attachment(**{name: getattr(row, name) for name in Attachment.__dataclass_fields__})


def add(db: Session, attachment: Attachment) -> None:
    """Write it down."""
    db.execute(sa.insert(_attachment).values(**asdict(attachment)))


def get(db: Session, viewer: Viewer, uid: str) -> Attachment | None:
    """One file, when the viewer may read it."""
    readable = satisfies(body_visible_to(viewer), _attachment.c.audience_id)
    row = db.execute(sa.select(_attachment).where(_attachment.c.uid == uid, readable)).one_or_none()
    return None if row is None else _from_row(row)


def of_record(db: Session, viewer: Viewer, record_id: int) -> Sequence[Attachment]:
    """The files of a record that the viewer may read, oldest first."""
    rows = db.execute(_of_record(body_visible_to(viewer)), {"record": record_id})
    return [_from_row(row) for row in rows]


@lru_cache(maxsize=1024)
def _of_record(rule: Rule) -> sa.Select[Any]:
    readable = satisfies(rule, _attachment.c.audience_id)
    mine = _attachment.c.record_id == sa.bindparam("record")
    return sa.select(_attachment).where(mine, readable).order_by(_attachment.c.id)


def move(db: Session, uid: str, audience_id: int) -> None:
    """Give a file another audience."""
    db.execute(sa.update(_attachment).where(_attachment.c.uid == uid).values(audience_id=audience_id))


def remove(db: Session, uid: str) -> None:
    """Forget a file of a draft."""
    db.execute(sa.delete(_attachment).where(_attachment.c.uid == uid))


def in_use(db: Session, sha256: str) -> bool:
    """Does any record still have these bytes? For deleting them, never for an answer to anybody."""
    return db.scalar(sa.select(_attachment.c.id).where(_attachment.c.sha256 == sha256).limit(1)) is not None
