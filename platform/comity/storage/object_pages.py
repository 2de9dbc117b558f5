"""Pages of a collection, in the order in which versions were added, for one viewer: no row is counted or read that is not theirs.

A page is one aggregated value: the database joins the stored texts, and Python never touches an object. Before it is read, the
index alone says how many there are and how large they are together, so that a page is bounded in number and in bytes.

What is last is last among what this viewer may see: the stored flag answers at once where no later version stands there at all;
otherwise no later version may be visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from comity.domain.access import fetchable_by
from comity.domain.taxii import LAST, Match, Versions
from comity.domain.viewer import Viewer
from comity.storage.audiences import ids_for
from comity.storage.tables.base import table_of
from comity.storage.tables.taxii import ObjectRow

_object = table_of(ObjectRow)
_other = _object.alias("other")
MOST_BYTES: Final = 8_000_000
"""A page stops before it would get longer than this; one object always fits."""


@dataclass(frozen=True)
class Page:
    """`body` holds the objects as they were stored, with commas between them; empty when there are none."""

    body: bytes
    count: int
    first_us: int
    last_us: int
    more: bool


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one version."""

    stix_id: str
    added_us: int
    version: str


@dataclass(frozen=True)
class _Shape:
    """What a statement depends on beside its values."""

    one_id: bool
    ids: bool
    types: bool
    spec_versions: bool
    every: bool
    first: bool
    last: bool
    exact: bool


def objects(db: Session, viewer: Viewer, collection_id: str, match: Match, *, after: int, limit: int) -> Page:
    """At most `limit` objects that were added after the moment `after`."""
    audiences = _listed(ids_for(db, fetchable_by(viewer)))
    asked = {**_asked(collection_id, match, after), "most": MOST_BYTES}
    shape = _shape(match)
    joined = _joined(shape, audiences, db.get_bind().dialect.name)
    found = db.execute(joined, {**asked, "limit": limit, "one_more": limit + 1}).one()
    if found.available and not found.number:  # together they are too large: as many as fit, and one at least
        within = db.execute(_fitting(shape, audiences), {**asked, "limit": limit}).scalar_one()
        limit = max(1, within)
        asked["most"] = found.bytes
        found = db.execute(joined, {**asked, "limit": limit, "one_more": limit + 1}).one()
    if not found.number:
        return Page(b"", 0, 0, 0, more=False)
    body = found.texts.encode() if isinstance(found.texts, str) else found.texts
    return Page(body, found.number, found.first, found.last, found.available > found.number)


def entries(
    db: Session, viewer: Viewer, collection_id: str, match: Match, *, after: int, limit: int
) -> tuple[Sequence[Entry], bool]:
    """The same versions that `objects` would give, without their content, and whether there are more."""
    audiences = _listed(ids_for(db, fetchable_by(viewer)))
    asked = {**_asked(collection_id, match, after), "limit": limit + 1}
    found = [Entry(*row) for row in db.execute(_entries(_shape(match), audiences), asked)]
    return found[:limit], len(found) > limit


def exists(db: Session, viewer: Viewer, collection_id: str, stix_id: str) -> bool:
    """Is there any version of this object that the viewer may fetch?"""
    every = Match(ids=(stix_id,), versions=Versions(every=True))
    return bool(entries(db, viewer, collection_id, every, after=-1, limit=1)[0])


def last_moment(db: Session, viewer: Viewer, collection_id: str) -> int:
    """When the newest object was added that the viewer may fetch, in microseconds; 0 where there is none."""
    newest = sa.select(sa.func.max(_object.c.added_us)).where(
        _object.c.collection_id == collection_id, _object.c.audience_id.in_(ids_for(db, fetchable_by(viewer)))
    )
    return int(db.scalar(newest) or 0)


# ---------------------------------------------------------------- statements, each made once for its shape and audiences


@lru_cache(maxsize=512)
def _listed(ids: frozenset[int]) -> str:
    """Numbers of audiences as SQL. They come from the database and are integers: nothing typed is among them."""
    return ", ".join(str(int(number)) for number in sorted(ids)) or "NULL"


def _asked(collection_id: str, match: Match, after: int) -> dict[str, Any]:
    filters = {
        "ids": match.ids[0] if len(match.ids) == 1 else match.ids,
        "types": match.types,
        "spec_versions": match.spec_versions,
        "exact": match.versions.exact,
    }
    chosen = {name: values for name, values in filters.items() if values}
    return {"collection": collection_id, "after": after, **chosen}


@lru_cache(maxsize=64)
def _shape(match: Match) -> _Shape:
    version = match.versions
    return _Shape(
        len(match.ids) == 1,
        bool(match.ids),
        bool(match.types),
        bool(match.spec_versions),
        version.every,
        version.first,
        version.last,
        bool(version.exact),
    )


def _seen(row: sa.FromClause, audiences: str) -> sa.ColumnElement[bool]:
    return sa.literal_column(f"{row.name}.audience_id IN ({audiences})", sa.Boolean)  # type: ignore[attr-defined]


def _chosen(shape: _Shape, audiences: str) -> sa.Select[Any]:
    # Where objects are named, the plus keeps a planner from walking the whole collection in its order instead of looking them up.
    moment = sa.literal_column("+taxii_object.added_us") if shape.ids else _object.c.added_us
    chosen = sa.select(_object).where(
        _object.c.collection_id == sa.bindparam("collection"),
        moment > sa.bindparam("after"),
        _seen(_object, audiences),
    )
    if shape.one_id:
        chosen = chosen.where(_object.c.stix_id == sa.bindparam("ids"))
    elif shape.ids:
        chosen = chosen.where(_object.c.stix_id.in_(sa.bindparam("ids", expanding=True)))
    if shape.types:
        chosen = chosen.where(_object.c.type.in_(sa.bindparam("types", expanding=True)))
    if shape.spec_versions:
        chosen = chosen.where(_object.c.spec_version.in_(sa.bindparam("spec_versions", expanding=True)))
    if not shape.every:
        chosen = chosen.where(sa.or_(*_versions(shape, audiences)))
    return chosen.order_by(moment).limit(sa.bindparam("limit"))


def _versions(shape: _Shape, audiences: str) -> list[sa.ColumnElement[bool]]:
    mine = sa.tuple_(_object.c.version_us, _object.c.seq)
    theirs = sa.tuple_(_other.c.version_us, _other.c.seq)
    ways: list[sa.ColumnElement[bool]] = []
    if shape.last:
        ways += [_object.c.latest, ~_another(audiences, theirs > mine)]
    if shape.first:
        ways.append(~_another(audiences, theirs < mine))
    if shape.exact:
        ways.append(_object.c.version_us.in_(sa.bindparam("exact", expanding=True)))
    return ways


def _another(audiences: str, compared: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Is there another version of the same object that the viewer may see?"""
    same = (_other.c.collection_id == _object.c.collection_id, _other.c.stix_id == _object.c.stix_id)
    return sa.exists().where(*same, compared, _seen(_other, audiences)).correlate(_object)


@lru_cache(maxsize=256)
def _fitting(shape: _Shape, audiences: str) -> sa.Select[Any]:
    """How many of the first objects are within the limit of bytes."""
    page = _chosen(shape, audiences).with_only_columns(_object.c.size, _object.c.added_us).subquery("page")
    so_far = sa.func.sum(page.c.size).over(order_by=page.c.added_us).label("so_far")
    sums = sa.select(so_far).subquery("sums")
    return sa.select(sa.func.count()).where(sums.c.so_far <= sa.bindparam("most"))


@lru_cache(maxsize=256)
def _joined(shape: _Shape, audiences: str, dialect: str) -> sa.Select[Any]:
    """`available` and `bytes` of one object more than the page may have, and the page itself, if it is not too large."""
    chosen = _chosen(shape, audiences)
    ahead = chosen.with_only_columns(_object.c.size).limit(sa.bindparam("one_more")).subquery("ahead")
    size = sa.func.coalesce(sa.func.sum(ahead.c.size), 0)
    measured = (
        sa.select(sa.func.count().label("available"), size.label("bytes")).select_from(ahead).cte("measured")
    )
    available, in_all = (sa.select(one).scalar_subquery() for one in (measured.c.available, measured.c.bytes))
    fits = sa.case(
        (in_all <= sa.bindparam("most", type_=sa.BigInteger), sa.bindparam("limit", type_=sa.Integer)),
        else_=0,
    )
    page = chosen.with_only_columns(_object.c.body, _object.c.added_us).limit(fits).subquery("page")
    added = page.c.added_us
    texts: sa.ColumnElement[Any]
    if (
        dialect == "sqlite"
    ):  # it joins in the order of the ordered page; bytes spare a decoding and an encoding
        texts = sa.cast(sa.func.group_concat(page.c.body, ","), sa.LargeBinary)
    else:
        texts = sa.func.string_agg(page.c.body, aggregate_order_by(sa.literal_column("','"), added))
    return sa.select(
        texts.label("texts"),
        sa.func.count().label("number"),
        sa.func.min(added).label("first"),
        sa.func.max(added).label("last"),
        available.label("available"),
        in_all.label("bytes"),
    ).select_from(page)


@lru_cache(maxsize=256)
def _entries(shape: _Shape, audiences: str) -> sa.Select[Any]:
    return _chosen(shape, audiences).with_only_columns(
        _object.c.stix_id, _object.c.added_us, _object.c.version
    )


__all__ = ["LAST", "MOST_BYTES", "Entry", "Page", "entries", "exists", "objects"]


def newer(db: Session, viewer: Viewer, collection_id: str, seq: int) -> bool:
    """Is there anything after `seq` that the viewer may fetch?"""
    readable = _object.c.audience_id.in_(ids_for(db, fetchable_by(viewer)))
    found = sa.select(_object.c.seq).where(
        _object.c.collection_id == collection_id, _object.c.seq > seq, readable
    )
    return db.scalar(found.limit(1)) is not None
