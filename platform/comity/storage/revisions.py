"""Versions of content, and their claims, each under its own audience: a child never becomes visible because its parent is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.access import body_visible_to, visible_to
from comity.domain.handling import Handling
from comity.domain.record import Revision
from comity.domain.rules import Rule
from comity.domain.viewer import Viewer
from comity.storage.audiences import satisfies
from comity.storage.tables.base import table_of
from comity.storage.tables.records import ClaimRow, RevisionRow

_revision = table_of(RevisionRow)
_claim = table_of(ClaimRow)
_revisions = sa.select(_revision)


def _from_row(row: sa.Row[Any]) -> Revision:
    return Revision(
        id=row.id,
        record_id=row.record_id,
        major=row.major,
        minor=row.minor,
        frozen=row.frozen,
        audience_id=row.audience_id,
        title=row.title,
        summary=row.summary,
        content=row.content,
        handling=Handling.model_validate(row.handling),
        created_by=row.created_by,
        created_at=row.created_at,
        content_hash=row.content_hash,
        note=row.note,
        published_at=row.published_at,
    )


def get(db: Session, viewer: Viewer, revision_id: int | None) -> Revision | None:
    """One version, when the viewer may read its content."""
    if revision_id is None:
        return None
    row = db.execute(_one(body_visible_to(viewer)), {"revision": revision_id}).one_or_none()
    return None if row is None else _from_row(row)


@lru_cache(maxsize=1024)
def _one(rule: Rule) -> sa.Select[Any]:
    readable = satisfies(rule, _revision.c.audience_id)
    return _revisions.where(_revision.c.id == sa.bindparam("revision"), readable)


def of_record(db: Session, viewer: Viewer, record_id: int) -> Sequence[Revision]:
    """All versions that the viewer may know of, newest first."""
    rows = db.execute(_all(visible_to(viewer)), {"record": record_id})
    return [_from_row(row) for row in rows]


@lru_cache(maxsize=1024)
def _all(rule: Rule) -> sa.Select[Any]:
    readable = satisfies(rule, _revision.c.audience_id)
    newest_first = (_revision.c.major.desc(), _revision.c.minor.desc())
    return _revisions.where(_revision.c.record_id == sa.bindparam("record"), readable).order_by(*newest_first)


def claims(db: Session, viewer: Viewer, revision_id: int) -> list[dict[str, Any]]:
    """The claims of one version that the viewer may read, in their order."""
    found = db.scalars(_claims(body_visible_to(viewer)), {"revision": revision_id})
    return [dict(content) for content in found]


@lru_cache(maxsize=1024)
def _claims(rule: Rule) -> sa.Select[Any]:
    readable = satisfies(rule, _claim.c.audience_id)
    mine = _claim.c.revision_id == sa.bindparam("revision")
    return sa.select(_claim.c.content).where(mine, readable).order_by(_claim.c.position)


def hidden_claims(db: Session, viewer: Viewer, revision_id: int) -> list[tuple[int, dict[str, Any]]]:
    """Claims that `viewer` may not read, with their places, so that an edit by them loses nothing. Never shown to them."""
    hidden = sa.not_(satisfies(body_visible_to(viewer), _claim.c.audience_id))
    chosen = sa.select(_claim.c.position, _claim.c.content).where(_claim.c.revision_id == revision_id, hidden)
    return [(row.position, dict(row.content)) for row in db.execute(chosen.order_by(_claim.c.position))]


def claim_markings(db: Session, revision_id: int) -> Sequence[int]:
    """The audience ids of a version's claims, for moving them with it."""
    return list(db.scalars(sa.select(_claim.c.audience_id).where(_claim.c.revision_id == revision_id)))


def add(db: Session, revision: Revision) -> Revision:
    """Store a new version; its `id` is given by the database."""
    new_id = db.execute(
        sa.insert(_revision).values(**to_row(revision)).returning(_revision.c.id)
    ).scalar_one()
    return replace(revision, id=int(new_id))


def store(db: Session, revision: Revision) -> Revision:
    """Write a version back. The content of a frozen one is never written again: only its audience, number and publication time."""
    values = to_row(revision)
    frozen = db.scalar(sa.select(_revision.c.frozen).where(_revision.c.id == revision.id))
    if frozen:
        values = {name: values[name] for name in ("audience_id", "published_at", "frozen", "major", "minor")}
    db.execute(sa.update(_revision).where(_revision.c.id == revision.id).values(**values))
    return revision


def to_row(revision: Revision) -> dict[str, Any]:
    """The columns of `revision`, without its id."""
    return {
        "record_id": revision.record_id,
        "major": revision.major,
        "minor": revision.minor,
        "frozen": revision.frozen,
        "audience_id": revision.audience_id,
        "title": revision.title,
        "summary": revision.summary,
        "content": dict(revision.content),
        "handling": revision.handling.model_dump(mode="json"),
        "created_by": revision.created_by,
        "created_at": revision.created_at,
        "content_hash": revision.content_hash,
        "note": revision.note,
        "published_at": revision.published_at,
    }


def next_number(db: Session, record_id: int, major: int) -> int:
    """The next free minor number under `major`; major 0 counts the drafts."""
    of_major = (_revision.c.record_id == record_id, _revision.c.major == major)
    highest = db.scalar(sa.select(sa.func.max(_revision.c.minor)).where(*of_major))
    return 1 if highest is None and major == 0 else 0 if highest is None else int(highest) + 1


def put_claims(db: Session, revision_id: int, claims: Sequence[tuple[Mapping[str, Any], int]]) -> None:
    """Replace the claims of a working version by `(content, audience id)` in their order."""
    db.execute(sa.delete(_claim).where(_claim.c.revision_id == revision_id))
    rows = [
        {
            "revision_id": revision_id,
            "position": position,
            "audience_id": audience_id,
            "content": dict(content),
        }
        for position, (content, audience_id) in enumerate(claims)
    ]
    if rows:
        db.execute(sa.insert(_claim), rows)


def move_claims(db: Session, revision_id: int, audiences: Mapping[int, int]) -> None:
    """Give claims new audiences, from old id to new id."""
    for old, new in audiences.items():
        db.execute(
            sa.update(_claim)
            .where(_claim.c.revision_id == revision_id, _claim.c.audience_id == old)
            .values(audience_id=new)
        )


def forget(db: Session, record_id: int) -> None:
    """Erase what every version of a copy says, as its origin asked. Numbers, dates and hashes stay."""
    mine = _revision.c.record_id == record_id
    versions = sa.select(_revision.c.id).where(mine)
    db.execute(sa.delete(_claim).where(_claim.c.revision_id.in_(versions)))
    db.execute(sa.update(_revision).where(mine).values(title="", summary="", content={}, note=""))


def published_as_of(db: Session, viewer: Viewer, record_id: int, at: datetime) -> Revision | None:
    """The version that was in force at a time (as-of view)."""
    readable = satisfies(body_visible_to(viewer), _revision.c.audience_id)
    row = db.execute(
        _revisions.where(_revision.c.record_id == record_id, _revision.c.published_at <= at, readable)
        .order_by(_revision.c.published_at.desc(), _revision.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _from_row(row)
