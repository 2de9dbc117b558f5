"""Signed objects of allied nodes as they came, and the records that were made of them. For jobs of the node alone.

Versions are compared as text: all are written with milliseconds in UTC, so that text and time have one order. Decides nothing about
which version counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import visible_to
from comity.domain.handling import Handling
from comity.domain.record import Record, Revision
from comity.domain.viewer import Viewer
from comity.storage.audiences import ids_for
from comity.storage.records import from_row
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import ForeignObjectRow
from comity.storage.tables.records import ClaimRow, RecordRow, RevisionRow

_object = table_of(ForeignObjectRow)
_record = table_of(RecordRow)
_revision = table_of(RevisionRow)
_claim = table_of(ClaimRow)
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Arrived:
    """One version as it came. `version` is its `modified`; `record_id` is None for a tombstone of what was never here."""

    stix_id: str
    version: str
    node_id: str
    uid: str
    record_id: int | None
    body: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest(self.body)


@dataclass(frozen=True)
class Seen:
    """The newest version of an object that came, and the digests of all of them by version."""

    newest: str
    digests: Mapping[str, str]


def digest(body: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def seen(db: Session, stix_ids: Collection[str]) -> dict[str, Seen]:
    """What came before of these objects."""
    digests: dict[str, dict[str, str]] = {}
    columns = sa.select(_object.c.stix_id, _object.c.version, _object.c.digest)
    for ids in _parts(stix_ids):
        for row in db.execute(columns.where(_object.c.stix_id.in_(ids))):
            digests.setdefault(row.stix_id, {})[row.version] = row.digest
    return {stix_id: Seen(max(found), found) for stix_id, found in digests.items()}


def _parts(names: Collection[str]) -> list[Sequence[str]]:
    ordered = sorted(set(names))
    return [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]


def put(db: Session, arrived: Sequence[Arrived], *, at: datetime) -> None:
    """Keep versions as they came."""
    rows = [
        {
            "stix_id": one.stix_id,
            "version": one.version,
            "node_id": one.node_id,
            "uid": one.uid,
            "record_id": one.record_id,
            "digest": one.digest,
            "body": one.body,
            "received_at": at,
        }
        for one in arrived
    ]
    if rows:
        db.execute(sa.insert(_object), rows)


def seal(db: Session, stix_id: str) -> None:
    """Forget the text of every version of an object, and keep what it was: id, version, digest."""
    db.execute(sa.update(_object).where(_object.c.stix_id == stix_id).values(body=""))


def forget(db: Session, record_id: int) -> None:
    """The same for every version of a copy that its origin asked to delete."""
    db.execute(sa.update(_object).where(_object.c.record_id == record_id).values(body=""))


def object_ids(db: Session, record_id: int) -> frozenset[str]:
    """The STIX ids under which a copy came."""
    chosen = sa.select(_object.c.stix_id).where(_object.c.record_id == record_id).distinct()
    return frozenset(db.scalars(chosen))


def newest(db: Session, record_id: int) -> str:
    """The `modified` of the newest version of a copy that came, as it is written; empty when none did."""
    chosen = sa.select(sa.func.max(_object.c.version)).where(_object.c.record_id == record_id)
    return db.scalar(chosen) or ""


def refill(db: Session, revision_id: int, again: Revision) -> None:
    """A version that was deleted at its origin's wish came again by its origin's wish."""
    values = {"title": again.title, "summary": again.summary, "content": dict(again.content)}
    db.execute(sa.update(_revision).where(_revision.c.id == revision_id).values(**values))


def body(db: Session, viewer: Viewer, record_id: int, version: str = "") -> str:
    """The text of the newest version, or of a named one, of a copy that the viewer may know of; empty when there is none."""
    readable = sa.select(_record.c.id).where(_record.c.audience_id.in_(ids_for(db, visible_to(viewer))))
    chosen = sa.select(_object.c.body).where(
        _object.c.record_id == record_id, _object.c.record_id.in_(readable)
    )
    if version:
        chosen = chosen.where(_object.c.version == version)
    return db.scalar(chosen.order_by(_object.c.version.desc()).limit(1)) or ""


def by_uids(db: Session, viewer: Viewer, uids: Collection[str]) -> dict[str, Record]:
    """Records with these uids, whosever they are, as far as the viewer may know of them."""
    readable = _record.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    return {
        row.uid: from_row(row)
        for part in _parts(uids)
        for row in db.execute(sa.select(_record).where(_record.c.uid.in_(part), readable))
    }


def taken_refs(db: Session, refs: Collection[str]) -> dict[str, str]:
    """Which of these references stand for a record here, and for which uid."""
    return {
        row.ref: row.uid
        for part in _parts(refs)
        for row in db.execute(sa.select(_record.c.ref, _record.c.uid).where(_record.c.ref.in_(part)))
    }


def rehandle(db: Session, revision_id: int, handling: Handling) -> None:
    """The origin changed who may read a version whose words stay as they are."""
    values = {"handling": handling.model_dump(mode="json")}
    db.execute(sa.update(_revision).where(_revision.c.id == revision_id).values(**values))


def add_claims(db: Session, claims: Sequence[tuple[int, int, int, Mapping[str, Any]]]) -> None:
    """Claims of new versions: revision id, position, audience id and content, in one statement."""
    rows = [
        {
            "revision_id": revision_id,
            "position": position,
            "audience_id": audience_id,
            "content": dict(content),
        }
        for revision_id, position, audience_id, content in claims
    ]
    if rows:
        db.execute(sa.insert(_claim), rows)


def count(db: Session, node_id: str) -> int:
    """How many records of a node are here, also those that were taken down since."""
    return int(db.scalar(sa.select(sa.func.count()).where(_record.c.origin_node == node_id)) or 0)
