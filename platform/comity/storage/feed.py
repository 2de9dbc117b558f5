"""What stands in the feed of one record: its versions and tombstones, without the notices about it.

For the node itself, which makes the feed agree with the record; readers are served by `storage.object_pages` under their own rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.deliveries import Fetched
from comity.storage.tables.base import table_of
from comity.storage.tables.editorial import ReplyRow
from comity.storage.tables.records import RecordRow
from comity.storage.tables.taxii import CollectionRow, ObjectRow

_object = table_of(ObjectRow)
_collection = table_of(CollectionRow)
_record = table_of(RecordRow)
_reply = table_of(ReplyRow)

ALIAS: Final = "records"
NOTICE: Final = "comity-notice"
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Placed:
    """One version in the feed. A tombstone has no `revision_id`."""

    seq: int
    stix_id: str
    version: str
    revision_id: int | None
    audience_id: int


@lru_cache(maxsize=1)
def _of_record() -> sa.Select[Any]:
    columns = (_object.c[name] for name in Placed.__dataclass_fields__)
    chosen = sa.select(*columns).join(_collection, _collection.c.id == _object.c.collection_id)
    own = (_object.c.record_id == sa.bindparam("record"), _object.c.type != NOTICE)
    return chosen.where(_collection.c.alias == ALIAS, *own).order_by(_object.c.seq)


def of_record(db: Session, record_id: int) -> Sequence[Placed]:
    """Every version of a record in the feed, oldest first, whoever is served it."""
    return [Placed(*row) for row in db.execute(_of_record(), {"record": record_id})]


@lru_cache(maxsize=1)
def _notices_of() -> sa.Select[Any]:
    columns = (_object.c[name] for name in Placed.__dataclass_fields__)
    chosen = sa.select(*columns).join(_collection, _collection.c.id == _object.c.collection_id)
    about = (_object.c.record_id == sa.bindparam("record"), _object.c.type == NOTICE)
    return chosen.where(_collection.c.alias == ALIAS, *about).order_by(_object.c.seq)


def notices_of(db: Session, record_id: int) -> Sequence[Placed]:
    """Every notice about a record in the feed, oldest first, whoever is served it."""
    return [Placed(*row) for row in db.execute(_notices_of(), {"record": record_id})]


def text(db: Session, seq: int) -> str:
    """The very text of one version."""
    return str(db.execute(sa.select(_object.c.body).where(_object.c.seq == seq)).scalar_one())


def fetched(db: Session, page: Sequence[tuple[str, str]]) -> list[Fetched]:
    """What was served, with the records it is about. A page is small; each of its objects is found by the index."""
    known: dict[tuple[str, str], int | None] = {}
    ids = sorted({stix_id for stix_id, _ in page})
    columns = sa.select(_object.c.stix_id, _object.c.version, _object.c.record_id)
    for start in range(0, len(ids), _AT_ONCE):
        found = columns.join(_collection, _collection.c.id == _object.c.collection_id).where(
            _collection.c.alias == ALIAS, _object.c.stix_id.in_(ids[start : start + _AT_ONCE])
        )
        known |= {(row.stix_id, row.version): row.record_id for row in db.execute(found)}
    return [Fetched(*one, known[one]) for one in dict.fromkeys(page) if one in known]


def with_words_beside(db: Session, record_ids: Collection[int]) -> frozenset[int]:
    """Those of these records that are under dispute or have a reply: whoever takes them must be told."""
    replied = sa.exists().where(_reply.c.record_id == _record.c.id, _reply.c.text != "")
    found: set[int] = set()
    ordered = sorted(record_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        chosen = sa.select(_record.c.id).where(_record.c.id.in_(ordered[start : start + _AT_ONCE]))
        found |= set(db.scalars(chosen.where(sa.or_(_record.c.under_dispute, replied))))
    return frozenset(found)


def missing(db: Session, record_ids: Collection[int], *, node: str) -> frozenset[int]:
    """Those of these records of `node` whose version in force never stood in the feed."""
    placed = sa.exists().where(
        _object.c.record_id == _record.c.id, _object.c.revision_id == _record.c.published_revision_id
    )
    found: set[int] = set()
    ordered = sorted(record_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        chosen = sa.select(_record.c.id).where(
            _record.c.id.in_(ordered[start : start + _AT_ONCE]),
            _record.c.published_revision_id.is_not(None),
            _record.c.origin_node == node,
            ~placed,
        )
        found |= set(db.scalars(chosen))
    return frozenset(found)
