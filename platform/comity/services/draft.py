"""Start a record and save what its author types. A draft may be incomplete; saving loses nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from comity.domain.canonical import canonical_json
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import Handling
from comity.domain.kinds.base import normalise
from comity.domain.kinds.problems import UNSAVEABLE, draft_problems
from comity.domain.kinds.registry import KINDS, kind
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.source import with_grades_of
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services.settle import audience_for, settle, settle_claims, stage_of
from comity.services.step import refuse_copy
from comity.services.unit import Unit
from comity.services.uuid7 import uuid7
from comity.storage import audiences, records, revisions

_EDITABLE = frozenset({State.DRAFT, State.CHANGES_REQUESTED, State.PUBLISHED})
"""Published means here: a correction that was begun and has not been submitted."""


def start(
    unit: Unit, *, kind_name: str, content: Mapping[str, Any], handling: Handling | None = None
) -> Record:
    """A new draft of the viewer. Without a handling block it begins as TLP:AMBER of the viewer's own organization."""
    unit.need("draft")
    viewer = unit.viewer
    if kind_name not in KINDS or viewer.person is None or viewer.organization is None:
        raise NotFound
    _refuse_unsaveable(kind_name, content)
    handling = handling or Handling(tlp=TLP.AMBER)
    ref = records.new_ref(unit.db, node=unit.node.node_id, code=kind(kind_name).ref_code, year=unit.now.year)
    record = Record(
        id=0,
        uid=str(uuid7(unit.now)),
        ref=ref,
        kind=kind_name,
        subtype=str(content.get("subtype") or ""),
        state=State.DRAFT,
        audience_id=0,
        origin_node=unit.node.node_id,
        organization=viewer.organization,
        sector=viewer.sector.value if viewer.sector else "",
        author=viewer.person,
        created_at=unit.now,
        updated_at=unit.now,
        state_since=unit.now,
    )
    audience_id = audiences.ensure(unit.db, audience_for(unit, record, handling, stage_of(record)))
    record = records.add(unit.db, replace(record, audience_id=audience_id))
    record = new_version(unit, record, content=with_grades_of(content, {}), handling=handling)
    unit.audit("draft.start", record.ref, audience_id=record.audience_id, kind=kind_name)
    return record


def new_version(
    unit: Unit, record: Record, *, content: Mapping[str, Any], handling: Handling, note: str = ""
) -> Record:
    """Give the record a new working version: draft 0.1, 0.2 and so on, until publication numbers it."""
    before = record.working_revision_id
    revision = revisions.add(
        unit.db,
        Revision(
            id=0,
            record_id=record.id,
            major=0,
            minor=revisions.next_number(unit.db, record.id, 0),
            frozen=False,
            audience_id=audiences.ensure(unit.db, audience_for(unit, record, handling, stage_of(record))),
            title="",
            summary="",
            content={},
            handling=handling,
            created_by=unit.viewer.person or "system",
            created_at=unit.now,
            note=note,
        ),
    )
    return _write(
        unit, replace(record, working_revision_id=revision.id), revision, content, handling, before=before
    )


def save(
    unit: Unit,
    *,
    ref: str,
    content: Mapping[str, Any],
    handling: Handling | None = None,
    seen: str | None = None,
) -> Record:
    """Save the working version. `seen` is the content hash the author started from: another one means somebody saved in between."""
    record, revision = working(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author edits a draft. Ask for changes instead.")
    if record.state not in _EDITABLE or revision.id == record.published_revision_id:
        raise Conflict(
            "This is being reviewed or published and cannot be edited. Take it back, or begin a correction."
        )
    if seen is not None and seen != revision.content_hash:
        raise Conflict
    _refuse_unsaveable(record.kind, content)
    handling = handling or revision.handling
    content = with_grades_of(content, full_content(unit, revision))
    if revision.frozen:
        record = new_version(unit, record, content=content, handling=handling)
    else:
        record = _write(unit, record, revision, content, handling)
    unit.audit("draft.save", record.ref, audience_id=record.audience_id)
    return record


def working(unit: Unit, ref: str) -> tuple[Record, Revision]:
    """The record and its working version, held for change, or `NotFound`."""
    record = records.lock(unit.db, unit.viewer, ref)
    revision = revisions.get(unit.db, unit.viewer, record.working_revision_id) if record else None
    if record is None or revision is None:
        raise NotFound
    refuse_copy(unit, record)
    return record, revision


def full_content(unit: Unit, revision: Revision) -> dict[str, Any]:
    """The content of a version with the claims this viewer may read."""
    return {**revision.content, "claims": revisions.claims(unit.db, unit.viewer, revision.id)}


def _write(
    unit: Unit,
    record: Record,
    revision: Revision,
    content: Mapping[str, Any],
    handling: Handling,
    *,
    before: int | None = None,
) -> Record:
    """`before` is the version that a new one follows: claims which this viewer may not read go along unseen."""
    data = normalise(dict(content))
    claims = list(data.pop("claims", None) or [])
    system = unit.acting_as(Viewer.system(unit.node.node_id, "store a version"))
    for position, hidden in revisions.hidden_claims(unit.db, unit.viewer, before or revision.id):
        claims.insert(position, hidden)
    revision = replace(
        revision,
        title=str(data.get("title") or "")[:400],
        summary=str(data.get("summary") or ""),
        content=data,
        handling=handling,
        content_hash=content_hash(data, claims, handling),
    )
    stage = stage_of(replace(record, published_revision_id=None))
    audience_id = audiences.ensure(unit.db, audience_for(unit, record, handling, stage))
    revision = revisions.store(unit.db, replace(revision, audience_id=audience_id))
    settle_claims(system, record, revision, stage, claims)
    subtype = record.subtype if record.is_published else str(data.get("subtype") or "")[:40]
    return settle(unit, replace(record, subtype=subtype))


def content_hash(content: Mapping[str, Any], claims: list[dict[str, Any]], handling: Handling) -> str:
    """SHA-256 of the RFC 8785 form of a version, in hexadecimal."""
    whole: Any = {"content": dict(content), "claims": claims, "handling": handling.model_dump(mode="json")}
    return hashlib.sha256(canonical_json(whole, parsed=True)).hexdigest()


def _refuse_unsaveable(kind_name: str, content: Mapping[str, Any]) -> None:
    refused = [problem for problem in draft_problems(kind(kind_name), content) if problem.code in UNSAVEABLE]
    if refused:
        raise Invalid(refused)
