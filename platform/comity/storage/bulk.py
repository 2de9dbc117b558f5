"""Many records of one import in few statements: the same rows that `records`, `revisions`, `audit` and `outbox` write one by one.

Rows are built by those modules' own builders; a test holds both ways to the same result. Runs in the caller's transaction, so
that a batch is there whole, with its index, its audit entries and its events, or not at all. For jobs of the node only.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import visible_to
from comity.domain.audit_chain import GENESIS, Entry, entry_hash, stamp
from comity.domain.record import Record, Revision
from comity.domain.viewer import Viewer
from comity.storage import sequences
from comity.storage.audiences import ids_for
from comity.storage.records import from_row as record_from_row
from comity.storage.revisions import to_row as revision_row
from comity.storage.tables.base import table_of
from comity.storage.tables.exchange import AuditRow, OutboxRow
from comity.storage.tables.records import RecordRow, RevisionRow

_record = table_of(RecordRow)
_revision = table_of(RevisionRow)
_audit = table_of(AuditRow)
_outbox = table_of(OutboxRow)

_FIELDS: Final = tuple(one.name for one in fields(Record) if one.name != "id")

Stored = tuple[Record, Revision]


@dataclass(frozen=True)
class Noted:
    """What the log says about one record of the batch."""

    object: str
    audience_id: int
    details: Mapping[str, Any]


def known(db: Session, viewer: Viewer, foreign_ids: Sequence[str]) -> dict[str, Record]:
    """Records that an earlier import made of these documents, by foreign id."""
    if not foreign_ids:
        return {}
    chosen = sa.select(_record).where(
        _record.c.foreign_id.in_(foreign_ids), _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    )
    return {str(row.foreign_id): record_from_row(row) for row in db.execute(chosen)}


def new_refs(db: Session, *, node: str, code: str, year: int, count: int) -> list[str]:
    """As `records.new_ref`, for a batch: random numbers, so that gaps tell nothing."""
    found: dict[str, None] = {}
    while len(found) < count:
        numbers = (secrets.randbelow(900_000) + 100_000 for _ in range(count - len(found)))
        drawn = [f"RSI-{node}-{code}-{year}-{number}" for number in numbers]
        taken = set(db.scalars(sa.select(_record.c.ref).where(_record.c.ref.in_(drawn))))
        found |= dict.fromkeys(ref for ref in drawn if ref not in taken)
    return list(found)


def add_published(db: Session, batch: Sequence[Stored]) -> list[Stored]:
    """Store new records, each with its only version, which is the one in force. Ids are given by the database."""
    if not batch:
        return []
    inserting = sa.insert(_record).returning(_record.c.id, _record.c.uid)
    ids = {row.uid: int(row.id) for row in db.execute(inserting, [record_row(record) for record, _ in batch])}
    placed = [(replace(r, id=ids[r.uid]), replace(v, record_id=ids[r.uid])) for r, v in batch]
    versions = _add_versions(db, [version for _, version in placed])
    db.execute(
        sa.update(_record)
        .where(_record.c.id == sa.bindparam("the_id"))
        .values(published_revision_id=sa.bindparam("version"), working_revision_id=sa.bindparam("version")),
        [{"the_id": record.id, "version": versions[record.id].id} for record, _ in placed],
    )
    return [_in_force(record, versions[record.id]) for record, _ in placed]


def add_versions(db: Session, batch: Sequence[Stored]) -> list[Stored]:
    """Give known records a new version each, which is then the one in force. The envelopes are written as they are given."""
    if not batch:
        return []
    versions = _add_versions(db, [version for _, version in batch])
    stored = [_in_force(record, versions[record.id]) for record, _ in batch]
    for record, _ in stored:
        db.execute(sa.update(_record).where(_record.c.id == record.id).values(**record_row(record)))
    return stored


def _add_versions(db: Session, versions: Sequence[Revision]) -> dict[int, Revision]:
    inserting = sa.insert(_revision).returning(_revision.c.id, _revision.c.record_id)
    ids = {
        row.record_id: int(row.id) for row in db.execute(inserting, [revision_row(one) for one in versions])
    }
    return {one.record_id: replace(one, id=ids[one.record_id]) for one in versions}


def record_row(record: Record) -> dict[str, Any]:
    """As `records` writes an envelope, without its deep copy of every time and text; a test holds the two together."""
    values = {name: getattr(record, name) for name in _FIELDS}
    tombstone = record.tombstone
    return values | {
        "state": record.state.value,
        "assigned": list(record.assigned),
        "tombstone": None if tombstone is None else dict(tombstone),
        "facts": dict(record.facts),
    }


def _in_force(record: Record, version: Revision) -> Stored:
    return replace(record, published_revision_id=version.id, working_revision_id=version.id), version


def note(db: Session, viewer: Viewer, *, action: str, noted: Sequence[Noted], at: datetime) -> None:
    """One audit entry for each, in order, as `audit.append` would chain them."""
    if not noted:
        return
    first, head = sequences.take(db, "audit", len(noted))
    previous = head or GENESIS
    rows = []
    for seq, one in enumerate(noted, start=first):
        entry = Entry(
            seq=seq,
            at=stamp(at),
            actor=f"system:{viewer.system_reason}",
            action=action,
            object=one.object,
            details=dict(one.details),
            audience_id=one.audience_id,
        )
        link = entry_hash(previous, entry)
        rows.append({**entry.model_dump(), "previous": previous, "hash": link})
        previous = link
    db.execute(sa.insert(_audit), rows)
    sequences.keep_head(db, "audit", previous)


def emit(
    db: Session, *, what: str, record_ids: Sequence[int], payload: Mapping[str, Any], at: datetime
) -> None:
    """One outbox event for each record, gap-free and in order."""
    if not record_ids:
        return
    first, _ = sequences.take(db, "outbox", len(record_ids))
    rows = [
        {"seq": seq, "what": what, "record_id": record_id, "payload": dict(payload), "at": at}
        for seq, record_id in enumerate(record_ids, start=first)
    ]
    db.execute(sa.insert(_outbox), rows)
