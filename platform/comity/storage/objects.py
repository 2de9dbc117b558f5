"""Objects as they are put into collections: a row for each version, numbered in the order of becoming visible (exchange rule 1).

`seq` has no gap where nothing was deleted, and the time a row was added is unique and strictly increasing, also inside one
bulk write: both are given out under one lock that is held until the transaction ends, so a reader who saw one number saw all
before it. Pages are read in `storage.object_pages`. Decides nothing about what may be put or who may see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import visible_to
from comity.domain.taxii import micros, read_time, stamp
from comity.domain.viewer import Viewer
from comity.storage import sequences
from comity.storage.audiences import ids_for
from comity.storage.tables.base import table_of
from comity.storage.tables.taxii import ObjectRow

_object = table_of(ObjectRow)
_COUNTER: Final = "taxii"
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class NewObject:
    """A version to be put. `body` is the very text that is served.

    `version` is the text of `modified` or `created`; empty for an object that has neither, which then has the moment it is added.
    """

    stix_id: str
    version: str
    type: str
    body: str
    audience_id: int
    spec_version: str = "2.1"
    record_id: int | None = None
    revision_id: int | None = None
    origin_node: str = ""
    posted_by: str = ""


@dataclass(frozen=True)
class Stored:
    """A version as it stands in a collection."""

    seq: int
    added_us: int
    collection_id: str
    stix_id: str
    version: str
    version_us: int
    type: str
    latest: bool
    audience_id: int
    record_id: int | None
    revision_id: int | None
    posted_by: str
    body: str


_STORED: Final = sa.select(*(_object.c[field.name] for field in fields(Stored)))


def put(db: Session, collection_id: str, stored: Sequence[NewObject], now: datetime) -> list[int]:
    """Put versions into a collection, in this order; returns their `seq`. Needs a writing unit."""
    if not stored:
        return []
    sequences.hold(db, "audit")  # the order of locks that `storage.ledger` keeps too
    first, head = sequences.take(db, _COUNTER, len(stored))
    began = max(micros(now), int(head or 0) + 1)
    sequences.keep_head(db, _COUNTER, str(began + len(stored) - 1))
    rows = [_row(collection_id, one, first + place, began + place) for place, one in enumerate(stored)]
    db.execute(sa.insert(_object), rows)
    _settle_latest(db, collection_id, {one.stix_id for one in stored})
    return [row["seq"] for row in rows]


def _row(collection_id: str, one: NewObject, seq: int, added_us: int) -> dict[str, Any]:
    return asdict(one) | {
        "seq": seq,
        "added_us": added_us,
        "collection_id": collection_id,
        "version": one.version or stamp(added_us),
        "version_us": read_time(one.version) if one.version else added_us,
        "latest": True,
        "size": len(one.body.encode()),
    }


def _settle_latest(db: Session, collection_id: str, stix_ids: Iterable[str]) -> None:
    """Say of each version of these objects whether a later one stands in the collection."""
    later = _object.alias("later")
    after = sa.tuple_(later.c.version_us, later.c.seq) > sa.tuple_(_object.c.version_us, _object.c.seq)
    same = (later.c.collection_id == _object.c.collection_id, later.c.stix_id == _object.c.stix_id)
    newest = ~sa.exists().where(*same, after)
    for ids in _in_parts(sorted(stix_ids)):
        of_these = (_object.c.collection_id == collection_id, _object.c.stix_id.in_(ids))
        wrong = sa.update(_object).where(*of_these, _object.c.latest != newest)
        db.execute(wrong.values(latest=newest))


def _in_parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def of_record(db: Session, viewer: Viewer, record_id: int) -> list[Stored]:
    """What stands in collections of one record, oldest first, as far as the viewer may know of it."""
    seen = _object.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    return _read(db, _object.c.record_id == record_id, seen)


def of_ids(db: Session, viewer: Viewer, collection_id: str, stix_ids: Collection[str]) -> list[Stored]:
    """Every version of these objects in one collection that the viewer may know of, oldest first."""
    seen = _object.c.audience_id.in_(ids_for(db, visible_to(viewer)))
    found: list[Stored] = []
    for ids in _in_parts(sorted(set(stix_ids))):
        found += _read(db, _object.c.collection_id == collection_id, _object.c.stix_id.in_(ids), seen)
    return found


def _read(db: Session, *conditions: sa.ColumnElement[bool]) -> list[Stored]:
    rows = db.execute(_STORED.where(*conditions).order_by(_object.c.seq))
    return [Stored(*row) for row in rows]


def reaudience(db: Session, seqs: Collection[int], audience_id: int) -> None:
    """Change who is served these versions from this transaction on.

    To take away, never to give: whoever has read past a row does not come back to it, so new readers need a new version.
    """
    if seqs:
        change = sa.update(_object).where(_object.c.seq.in_(sorted(seqs)))
        db.execute(change.values(audience_id=audience_id))


def delete(db: Session, collection_id: str, seqs: Collection[int]) -> None:
    """Take versions out of a collection for good. An older version may become the latest again."""
    chosen = (_object.c.collection_id == collection_id, _object.c.seq.in_(sorted(seqs)))
    gone = db.scalars(sa.delete(_object).where(*chosen).returning(_object.c.stix_id)).all()
    _settle_latest(db, collection_id, set(gone))
