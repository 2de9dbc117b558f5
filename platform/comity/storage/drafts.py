"""Take a draft that was never handed in out of every table. Nothing published is ever deleted: the caller sees to that."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import metadata, table_of
from comity.storage.tables.exchange import OutboxRow
from comity.storage.tables.reading import AccessRequestRow
from comity.storage.tables.records import ClaimRow, RecordRow, RevisionRow

_record, _revision, _claim = table_of(RecordRow), table_of(RevisionRow), table_of(ClaimRow)
_KEPT: Final = (table_of(OutboxRow), table_of(AccessRequestRow))
"""Rows that stay without the record: a follower counts events without a gap, and somebody waits for an answer."""


def forget(db: Session, record_id: int) -> None:
    """Delete the record, its versions, claims and whatever else points at it. Files on disk go when they are swept."""
    for table in _KEPT:
        db.execute(sa.update(table).where(table.c.record_id == record_id).values(record_id=None))
    versions = sa.select(_revision.c.id).where(_revision.c.record_id == record_id)
    db.execute(sa.delete(_claim).where(_claim.c.revision_id.in_(versions)))
    for table in reversed(metadata.sorted_tables):
        if table not in (*_KEPT, _record) and _points_at_record(table):
            db.execute(sa.delete(table).where(table.c.record_id == record_id))
    db.execute(sa.delete(_record).where(_record.c.id == record_id))


def _points_at_record(table: sa.Table) -> bool:
    return any(key.column.table is _record for key in table.foreign_keys)
