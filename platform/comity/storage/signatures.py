"""What stands in the feed, or waits to be sent, and may be signed by certain keys: for the node itself, when one was revoked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.audience import Stage
from comity.storage.feed import ALIAS
from comity.storage.tables.access import AudienceRow
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import OutgoingRow
from comity.storage.tables.taxii import CollectionRow, ObjectRow

_object = table_of(ObjectRow)
_collection = table_of(CollectionRow)
_audience = table_of(AudienceRow)
_outgoing = table_of(OutgoingRow)


@dataclass(frozen=True)
class Served:
    """One version in the feed that is served to somebody."""

    seq: int
    collection_id: str
    stix_id: str
    type: str
    audience_id: int
    record_id: int | None
    revision_id: int | None
    origin_node: str
    body: str


def _names(body: sa.ColumnElement[str], kids: Collection[str]) -> sa.ColumnElement[bool]:
    """Whatever is signed by a key names it; what names it need not be signed by it, such as a list of keys."""
    return sa.or_(sa.false(), *(body.contains(f'"kid":"{kid}"', autoescape=True) for kid in sorted(kids)))


def _served(*wanted: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Of what stands in the feed for somebody."""
    return (
        sa.select(*wanted)
        .join(_collection, _collection.c.id == _object.c.collection_id)
        .join(_audience, _audience.c.id == _object.c.audience_id)
        .where(_collection.c.alias == ALIAS, _audience.c.stage != Stage.SEALED.value)
    )


def objects_naming(db: Session, kids: Collection[str], *, after: str, limit: int) -> list[str]:
    """Ids of objects, behind `after`, of which a version that somebody is served names one of these keys."""
    chosen = _served(_object.c.stix_id).where(_object.c.stix_id > after, _names(_object.c.body, kids))
    return [str(one) for one in db.scalars(chosen.distinct().order_by(_object.c.stix_id).limit(limit))]


def versions(db: Session, stix_id: str) -> Sequence[Served]:
    """Every version of an object that somebody is served, oldest first: one may be a tombstone for some, the next for others."""
    columns = (_object.c[name] for name in Served.__dataclass_fields__)
    chosen = _served(*columns).where(_object.c.stix_id == stix_id).order_by(_object.c.seq)
    return [Served(*row) for row in db.execute(chosen)]


def waiting(db: Session, kids: Collection[str]) -> dict[int, str]:
    """Notices that were not sent yet and name one of these keys, by their number."""
    chosen = sa.select(_outgoing.c.id, _outgoing.c.body).where(
        _outgoing.c.sent_at.is_(None), _names(_outgoing.c.body, kids)
    )
    return {int(number): str(body) for number, body in db.execute(chosen)}


def write_waiting(db: Session, number: int, body: str) -> None:
    """Put another text in the place of one that was not sent."""
    db.execute(sa.update(_outgoing).where(_outgoing.c.id == number).values(body=body))
