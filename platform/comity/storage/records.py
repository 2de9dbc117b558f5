"""Records as their readers may know them: no select begins without a viewer.

What a viewer may not see is not found, by the same statement and with the same work as what does not exist (H-04).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import body_visible_to, visible_to
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.rules import Rule
from comity.domain.viewer import Viewer
from comity.storage.audiences import ids_for, satisfies
from comity.storage.tables.access import AudienceRow
from comity.storage.tables.base import table_of
from comity.storage.tables.records import RecordRow, RevisionRow

_record = table_of(RecordRow)
_revision = table_of(RevisionRow)
_audience = table_of(AudienceRow)
_records = sa.select(_record)
_cards = sa.select(_record, _audience.c.tlp).select_from(
    _record.join(_audience, _record.c.audience_id == _audience.c.id)
)
_FIELDS: Final = tuple(field.name for field in fields(Record))
SORTS: Final[Mapping[str, sa.ColumnElement[Any]]] = {
    "updated": _record.c.updated_at.desc(),
    "published": _record.c.published_at.desc(),
    "waiting": _record.c.state_since.asc(),
    "expiring": _record.c.expires_at.asc(),
}


def from_row(row: sa.Row[Any]) -> Record:
    """The envelope that a row of `record` holds."""
    values = {name: getattr(row, name) for name in _FIELDS}
    values["state"] = State(values["state"])
    values["assigned"] = tuple(values["assigned"])
    return Record(**values)


def _to_row(record: Record) -> dict[str, Any]:
    values = asdict(record)
    values.pop("id")
    values["state"] = record.state.value
    values["assigned"] = list(record.assigned)
    values["tombstone"] = dict(record.tombstone) if record.tombstone is not None else None
    values["facts"] = dict(record.facts)
    return values


def get(db: Session, viewer: Viewer, ref: str, *, body: bool = False) -> Record | None:
    """The record with this `ref` or `uid`, when the viewer may know of it (`body`: may read its content)."""
    rule = body_visible_to(viewer) if body else visible_to(viewer)
    row = db.execute(_one(rule, "ref" if ref.startswith("RSI-") else "uid"), {"key": ref}).one_or_none()
    return None if row is None else from_row(row)


@lru_cache(maxsize=1024)
def _one(rule: Rule, name: str) -> sa.Select[Any]:
    return _records.where(_record.c[name] == sa.bindparam("key"), satisfies(rule, _record.c.audience_id))


def lock(db: Session, viewer: Viewer, ref: str) -> Record | None:
    """As `get`, and nobody else changes it until this transaction ends."""
    key = _record.c.ref if ref.startswith("RSI-") else _record.c.uid
    chosen = _records.where(key == ref, satisfies(visible_to(viewer), _record.c.audience_id))
    row = db.execute(chosen.with_for_update(of=_record)).one_or_none()
    return None if row is None else from_row(row)


def by_ids(db: Session, viewer: Viewer, ids: Sequence[int]) -> dict[int, Record]:
    """Those of `ids` that the viewer may know of: how hits of a search are hydrated."""
    if not ids:
        return {}
    readable = _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    rows = db.execute(_records.where(_record.c.id.in_(ids), readable))
    return {row.id: from_row(row) for row in rows}


@dataclass(frozen=True)
class Card:
    """A record with the marking under which this viewer sees it: enough for a line in a list."""

    record: Record
    tlp: str


def cards(db: Session, viewer: Viewer, ids: Sequence[int]) -> dict[int, Card]:
    """Those of `ids` that the viewer may know of, with their markings: how hits of a search are hydrated."""
    if not ids:
        return {}
    readable = _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    rows = db.execute(_cards.where(_record.c.id.in_(ids), readable))
    return {row.id: Card(from_row(row), str(row.tlp).upper()) for row in rows}


def listing(
    db: Session,
    viewer: Viewer,
    *,
    states: Iterable[State] = (),
    author: str | None = None,
    organization: str | None = None,
    assigned: Iterable[str] = (),
    sort: str = "updated",
    limit: int = 50,
    offset: int = 0,
    rule: Rule | None = None,
) -> Sequence[Record]:
    """Records the viewer may know of, narrowed. Raises `KeyError` for a sort that is not in `SORTS`."""
    chosen = _records.where(_record.c.audience_id.in_(ids_for(db, rule or visible_to(viewer))))
    if wanted := [state.value for state in states]:
        chosen = chosen.where(_record.c.state.in_(wanted))
    if author is not None:
        chosen = chosen.where(_record.c.author == author)
    if organization is not None:
        chosen = chosen.where(_record.c.organization == organization)
    rows = db.execute(chosen.order_by(SORTS[sort], _record.c.id.desc()).limit(limit).offset(offset))
    found = [from_row(row) for row in rows]
    tokens = frozenset(assigned)
    return [record for record in found if not tokens or tokens & set(record.assigned)]


def page(db: Session, viewer: Viewer, *, after: int, limit: int) -> Sequence[Record]:
    """Records the viewer may know of, in the order of their numbers, from the first above `after`. For jobs that walk over all."""
    readable = _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    chosen = _records.where(_record.c.id > after, readable).order_by(_record.c.id).limit(limit)
    return [from_row(row) for row in db.execute(chosen)]


def titles(db: Session, viewer: Viewer, found: Iterable[Record]) -> dict[int, str]:
    """Title of the version each record shows to its readers, by record id."""
    return _titles(db, viewer, {shown_revision(record): record.id for record in found})


def working_titles(db: Session, viewer: Viewer, found: Iterable[Record]) -> dict[int, str]:
    """Title of the version that is worked on, by record id, as far as this viewer may know of it."""
    listed = list(found)
    shown = _titles(db, viewer, {shown_revision(record): record.id for record in listed})
    return shown | _titles(db, viewer, {record.working_revision_id: record.id for record in listed})


def _titles(db: Session, viewer: Viewer, wanted: Mapping[int | None, int]) -> dict[int, str]:
    ids = [revision_id for revision_id in wanted if revision_id is not None]
    if not ids:
        return {}
    readable = _revision.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    rows = db.execute(sa.select(_revision.c.id, _revision.c.title).where(_revision.c.id.in_(ids), readable))
    return {wanted[row.id]: row.title for row in rows}


def shown_revision(record: Record) -> int | None:
    """The published version for readers; the working version for those at work on an unpublished record."""
    return record.published_revision_id or record.working_revision_id


def add(db: Session, record: Record) -> Record:
    """Store a new record; its `id` is given by the database."""
    chosen = sa.insert(_record).values(**_to_row(record)).returning(_record.c.id)
    return _with_id(record, int(db.execute(chosen).scalar_one()))


def _with_id(record: Record, record_id: int) -> Record:
    return Record(**{name: getattr(record, name) for name in _FIELDS if name != "id"}, id=record_id)


def store(db: Session, record: Record) -> Record:
    """Write the envelope back. The caller holds it by `lock`."""
    db.execute(sa.update(_record).where(_record.c.id == record.id).values(**_to_row(record)))
    return record


def new_ref(db: Session, *, node: str, code: str, year: int) -> str:
    """A reference such as `RSI-aurora-ADV-2026-418203`.

    The number is random, not the next one: gaps in a series would tell how many records a reader cannot see (H-04).
    """
    while True:
        ref = f"RSI-{node}-{code}-{year}-{secrets.randbelow(900_000) + 100_000}"
        if db.scalar(sa.select(_record.c.id).where(_record.c.ref == ref)) is None:
            return ref


def due(db: Session, viewer: Viewer, *, now: datetime, limit: int = 100) -> Sequence[Record]:
    """Published records whose expiry date has come. For the node's own clock job."""
    chosen = _records.where(
        _record.c.audience_id.in_(ids_for(db, visible_to(viewer))),
        _record.c.state == State.PUBLISHED.value,
        _record.c.expires_at <= now,
    )
    return [from_row(row) for row in db.execute(chosen.limit(limit))]


def past_review(db: Session, viewer: Viewer, *, now: datetime) -> Sequence[Record]:
    """Published records of this node's own authors whose review date has come."""
    chosen = _records.where(
        _record.c.audience_id.in_(ids_for(db, visible_to(viewer))),
        _record.c.state == State.PUBLISHED.value,
        _record.c.foreign_id.is_(None),
        _record.c.review_due <= now,
    )
    return [from_row(row) for row in db.execute(chosen)]


def standing_since(
    db: Session, viewer: Viewer, *, states: Iterable[State], until: datetime, limit: int = 500
) -> Sequence[Record]:
    """Records that have stood in one of these states since `until` or longer."""
    chosen = _records.where(
        _record.c.audience_id.in_(ids_for(db, visible_to(viewer))),
        _record.c.state.in_([state.value for state in states]),
        _record.c.state_since <= until,
    )
    return [from_row(row) for row in db.execute(chosen.order_by(_record.c.id).limit(limit))]


def counts(db: Session, viewer: Viewer, column: str) -> Mapping[str, int]:
    """How many records the viewer may know of, by `kind`, `sector` or `state`."""
    if column not in ("kind", "sector", "state", "organization"):
        raise KeyError(column)
    readable = _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    grouped = sa.select(_record.c[column], sa.func.count()).where(readable).group_by(_record.c[column])
    return {str(value): int(count) for value, count in db.execute(grouped)}
