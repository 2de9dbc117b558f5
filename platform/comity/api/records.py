"""One record: what it says, how it may be handled, why the caller may read it, its versions, claims and differences.

AMBER and stricter open with `?purpose=`, which is logged before anything is shown (H-08). Absent and not for the caller are one
answer (H-04).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from comity.api.shapes import (
    OrganizationOut,
    RecordHead,
    Shape,
    VersionOut,
    content_shown,
    handling_shown,
    head,
)
from comity.domain.errors import Invalid, NotFound, Problem
from comity.domain.tlp import TLP
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import compare as comparing
from comity.services import read as reading
from comity.services.dispute import passed_first_look
from comity.services.read import PURPOSES, Reading
from comity.services.spell_out import spell_out

router = new_router(prefix="/records/{ref}", tags=["records"])

Purpose = Annotated[str, Query(max_length=40, description="Why an AMBER or stricter record is opened.")]
Version = Annotated[str, Query(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$", description="Such as 1.0.")]


class ReplyOut(Shape):
    """The right of reply of one named organization, in its own words."""

    entity: str
    state: str
    text: str
    edited_note: str
    received_at: datetime | None


class DisputeOut(Shape):
    """An appeal that passed the first look."""

    state: str
    claim_ids: list[str]
    raised_at: datetime
    outcome: str
    outcome_text: str
    decided_at: datetime | None


class FileOut(Shape):
    """One attachment; it is fetched under its own rule."""

    uid: str
    name: str
    media_type: str
    size: int
    tlp: str


class RecordOut(RecordHead):
    """A record as this caller may read it. `content` is null for a tombstone."""

    version: str | None
    title: str
    summary: str
    content: dict[str, Any] | None
    content_hash: str
    tlp: str
    handling: dict[str, Any] | None
    handling_says: list[str] = Field(description="What the handling asks of a reader, in sentences (H-06).")
    why: list[str] = Field(description="Why this caller may read it, in sentences.")
    attribution_mode: str = Field(
        description="Whom readers are told it is from: organization, sector_only, anonymous_via_secretariat or public_source."
    )
    originator: OrganizationOut | None
    votes_by_sector: dict[str, int]
    dissent: list[str]
    replies: list[ReplyOut]
    disputes: list[DisputeOut]
    files: list[FileOut]
    versions: list[VersionOut]
    replaced_by: str | None


class Versions(Shape):
    """Newest first."""

    items: list[VersionOut]


class Claims(Shape):
    """The claims of the shown version that this caller may read."""

    items: list[dict[str, Any]]


class ChangePart(Shape):
    """`equal` and `delete` parts make the old text, `equal` and `insert` the new one."""

    operation: str
    text: str


class ChangeOut(Shape):
    """One field that differs."""

    field: str
    label: str
    parts: list[ChangePart]


class HandlingChange(Shape):
    """One part of the handling block that differs."""

    field: str
    old: str
    new: str


class ComparisonOut(Shape):
    """What changed from the older version to the newer."""

    old: str
    new: str
    changes: list[ChangeOut]
    handling: list[HandlingChange]


@router.get("")
@capability("public")
def read(ctx: Ctx, ref: str, purpose: Purpose = "", as_of: datetime | None = None) -> RecordOut:
    """The version in force, or the one that was in force at `as_of`."""
    if as_of is not None and as_of.tzinfo is None:
        raise Invalid([Problem("as_of", "time-zone", "Give the time zone, such as 2026-12-01T09:00Z.")])
    return _shown(ctx, opened(ctx, ref, purpose, as_of=as_of))


@router.get("/versions")
@capability("public")
def versions(ctx: Ctx, ref: str, purpose: Purpose = "") -> Versions:
    """The versions this caller may know of."""
    return Versions(items=[VersionOut.of(one) for one in opened(ctx, ref, purpose).versions])


@router.get("/versions/{version}")
@capability("public")
def version(ctx: Ctx, ref: str, version: str, purpose: Purpose = "") -> RecordOut:
    """One version as it was."""
    return _shown(ctx, opened(ctx, ref, purpose, version=version))


@router.get("/compare")
@capability("public")
def compare(ctx: Ctx, ref: str, old: Version, new: Version) -> ComparisonOut:
    """The readable difference. An AMBER record must have been opened with a purpose before."""
    found = comparing.compare(ctx.unit, ref=ref, old=old, new=new)
    return ComparisonOut(
        old=found.old.version,
        new=found.new.version,
        changes=[
            ChangeOut(
                field=one.field,
                label=one.label,
                parts=[ChangePart(operation=operation, text=text) for operation, text in one.parts],
            )
            for one in found.changes
        ],
        handling=[HandlingChange(field=f, old=old, new=new) for f, old, new in found.handling_changes],
    )


@router.get("/claims")
@capability("public")
def claims(ctx: Ctx, ref: str, purpose: Purpose = "") -> Claims:
    """Each claim passes its own marking, whatever the record's."""
    return Claims(items=[dict(one) for one in opened(ctx, ref, purpose).content.get("claims", ())])


def opened(
    ctx: Context, ref: str, purpose: str, *, version: str | None = None, as_of: datetime | None = None
) -> Reading:
    """The reading; the opening is logged after it and before the answer leaves. `Invalid` names a missing or unknown purpose."""
    if purpose and purpose not in PURPOSES:
        raise Invalid([_purpose("choice")])
    found = reading.read(ctx.unit, ref=ref, version=version, as_of=as_of, purpose=purpose)
    if found.needs_purpose:
        raise Invalid([_purpose("missing")])
    marked = found.audience.tlp.restriction >= TLP.AMBER.restriction
    if purpose and marked and ctx.viewer.person is not None:
        ctx.afterwards(partial(reading.open_with_purpose, ref=ref, purpose=purpose))
    return found


def _purpose(code: str) -> Problem:
    return Problem("purpose", code, f"Say why you open this record, with one of: {', '.join(PURPOSES)}.")


def _shown(ctx: Context, found: Reading) -> RecordOut:
    record, revision = found.record, found.revision
    if revision is None and record.tombstone is None:
        raise NotFound
    own = record.author == ctx.viewer.person
    readable = {str(claim.get("claim_id")) for claim in found.content.get("claims", ())}
    return RecordOut(
        **{**head(record), "tombstone": record.tombstone},
        version=revision.version if revision else None,
        title=revision.title if revision else str((record.tombstone or {}).get("title") or ""),
        summary=revision.summary if revision else "",
        content=content_shown(found.content) if revision else None,
        content_hash=revision.content_hash if revision else "",
        tlp=found.audience.tlp.value,
        handling=handling_shown(revision.handling, to_author=own) if revision else None,
        handling_says=list(spell_out(revision.handling, ctx.now)) if revision else [],
        why=list(found.why),
        attribution_mode=record.attribution_mode,
        originator=OrganizationOut.of(found.originator) if found.originator else None,
        votes_by_sector=dict(found.votes_by_sector),
        dissent=[one.dissent for one in found.dissent],
        replies=[
            ReplyOut(
                entity=one.entity_name,
                state=one.state,
                text=one.text,
                edited_note=one.edited_note,
                received_at=one.received_at,
            )
            for one in found.replies
            if revision
        ],
        disputes=[
            DisputeOut(
                state=one.state,
                claim_ids=[name for name in one.claim_ids if name in readable],
                raised_at=one.raised_at,
                outcome=one.outcome,
                outcome_text=one.outcome_text,
                decided_at=one.decided_at,
            )
            for one in found.disputes
            if revision and passed_first_look(one)
        ],
        files=[
            FileOut(uid=one.uid, name=one.name, media_type=one.media_type, size=one.size, tlp=one.tlp)
            for one in found.files
        ],
        versions=[VersionOut.of(one) for one in found.versions],
        replaced_by=found.replaced_by.ref if found.replaced_by else None,
    )
