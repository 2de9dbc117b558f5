"""Open a record: what it says, why this viewer may read it, and what happened to it since.

AMBER and stricter open only with a purpose, which is logged (H-08). A tombstone has no body. A version, a file, a claim or a reply
is handed out only under the viewer's own rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from comity import policies
from comity.domain.access import why_readable
from comity.domain.audience import Audience
from comity.domain.errors import Invalid, NotFound, Problem
from comity.domain.node import Organization
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP
from comity.services.attribute import known_originator, originator
from comity.services.draft import full_content
from comity.services.notice import of_what_is_shown
from comity.services.unit import Unit
from comity.storage import attachments, audiences, editorial, openings, records, revisions

PURPOSES: Final[Mapping[str, str]] = {
    "protect_own_institution": "Protect my own institution",
    "assess_a_proposal": "Assess a proposed collaboration",
    "review_or_edit": "Review or edit this record",
    "answer_a_request": "Answer a request for advice or information",
    "oversight": "Oversight or audit",
}
"""The short list of H-08, in the order shown."""

OPEN_FOR: Final = timedelta(hours=12)
"""An opening with a purpose counts this long."""


@dataclass(frozen=True)
class Reading:
    """One record as one viewer may read it. `revision` is None for a tombstone and where a purpose is still needed.

    `originator` is whom readers are told it is from, `known_originator` whom this viewer knows it to be from although they are not.
    """

    record: Record
    audience: Audience
    revision: Revision | None
    content: Mapping[str, Any]
    why: Sequence[str]
    versions: Sequence[Revision]
    files: Sequence[attachments.Attachment]
    replies: Sequence[editorial.StoredReply]
    disputes: Sequence[editorial.StoredDispute]
    dissent: Sequence[editorial.StoredVote]
    votes_by_sector: Mapping[str, int]
    originator: Organization | None
    known_originator: Organization | None = None
    needs_purpose: bool = False
    last_opened: openings.Opening | None = None
    replaced_by: Record | None = None


def find_record(unit: Unit, ref: str) -> Record:
    """The record by its `ref` or `uid`, or `NotFound`."""
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    return record


def marking_of(unit: Unit, record: Record) -> TLP:
    """The marking under which the record stands now."""
    return audiences.load(unit.db, record.audience_id).tlp


def read(
    unit: Unit, *, ref: str, version: str | None = None, as_of: datetime | None = None, purpose: str = ""
) -> Reading:
    """The record, at its shown version, at a named `version`, or as it stood at a time.

    `purpose` opens what needs one; whoever gives it must also log it by `open_with_purpose` before anything is shown.
    """
    record = _with_own_replacement(unit, find_record(unit, ref))
    audience = audiences.load(unit.db, record.audience_id)
    last = openings.last(unit.db, record.id, unit.viewer.person) if unit.viewer.person else None
    if needs_purpose(unit, record, audience, last) and purpose not in PURPOSES:
        return _closed(unit, record, audience, last)
    revision = _choose(unit, record, version, as_of)
    if revision is None and (version is not None or as_of is not None or record.tombstone is None):
        raise NotFound
    return _open(unit, record, audience, revision, last)


def _with_own_replacement(unit: Unit, record: Record) -> Record:
    """A tombstone names what takes its place to those only who may know of that too (H-04)."""
    named = str((record.tombstone or {}).get("replacement") or "")
    if not named or records.get(unit.db, unit.viewer, named) is not None:
        return record
    return replace(record, tombstone={**(record.tombstone or {}), "replacement": ""})


def needs_purpose(unit: Unit, record: Record, audience: Audience, last: openings.Opening | None) -> bool:
    """AMBER and stricter, unless the reader gave a purpose lately, wrote it, or is a job of the node."""
    if audience.tlp.restriction < TLP.AMBER.restriction or unit.viewer.is_system:
        return False
    if record.author == unit.viewer.person and not record.is_published:
        return False
    return last is None or not last.purpose or unit.now - last.at > OPEN_FOR


def open_with_purpose(unit: Unit, *, ref: str, purpose: str) -> Record:
    """Log that the viewer opens the record, and why. Raises `Invalid` for a purpose that is not on the list."""
    record = find_record(unit, ref)
    if purpose not in PURPOSES:
        raise Invalid([Problem("purpose", "choice", "Choose why you open this record.")])
    openings.add(
        unit.db,
        openings.Opening(
            record_id=record.id,
            revision_id=record.published_revision_id or record.working_revision_id or 0,
            account_id=unit.viewer.person or "",
            organization=unit.viewer.organization or "",
            sector=unit.viewer.sector.value if unit.viewer.sector else "",
            purpose=purpose,
            at=unit.now,
        ),
    )
    unit.audit("record.open", record.ref, purpose=purpose, audience_id=record.audience_id)
    return record


def _choose(unit: Unit, record: Record, version: str | None, as_of: datetime | None) -> Revision | None:
    if as_of is not None:
        return revisions.published_as_of(unit.db, unit.viewer, record.id, as_of)
    if version is not None:
        known = revisions.of_record(unit.db, unit.viewer, record.id)
        chosen = next((one.id for one in known if one.version == version), None)
        return revisions.get(unit.db, unit.viewer, chosen)
    return revisions.get(unit.db, unit.viewer, records.shown_revision(record))


def _closed(unit: Unit, record: Record, audience: Audience, last: openings.Opening | None) -> Reading:
    return Reading(
        record,
        audience,
        None,
        {},
        why_readable(unit.viewer, audience),
        (),
        (),
        (),
        (),
        (),
        {},
        None,
        needs_purpose=True,
        last_opened=last,
    )


def _open(
    unit: Unit, record: Record, audience: Audience, revision: Revision | None, last: openings.Opening | None
) -> Reading:
    published = record.is_published
    there = editorial.present(unit.db, record.id)
    voted = published and editorial.StoredVote in there
    cast = editorial.of_record(unit.db, editorial.StoredVote, record.id) if voted else []
    versions = revisions.of_record(unit.db, unit.viewer, record.id)
    counted = [vote for vote in cast if vote.revision_id in _agreed_with(record, versions)]
    replaced = records.get(unit.db, unit.viewer, record.superseded_by) if record.superseded_by else None
    return Reading(
        record=record,
        audience=audience,
        revision=revision,
        content=full_content(unit, revision) if revision else {},
        why=why_readable(unit.viewer, audience),
        versions=versions,
        files=attachments.of_record(unit.db, unit.viewer, record.id),
        replies=of_what_is_shown(unit, record, versions) if editorial.StoredReply in there else (),
        disputes=editorial.of_record(unit.db, editorial.StoredDispute, record.id)
        if editorial.StoredDispute in there
        else (),
        dissent=[vote for vote in counted if vote.dissent],
        votes_by_sector=_approvals(counted),
        originator=originator(unit, record),
        known_originator=known_originator(unit, record),
        last_opened=last,
        replaced_by=replaced,
    )


def _agreed_with(record: Record, versions: Sequence[Revision]) -> frozenset[int]:
    """The version in force and those it differs from by minor corrections only: they rest on the same votes."""
    current = next((one for one in versions if one.id == record.published_revision_id), None)
    return frozenset(one.id for one in versions if current is not None and one.major == current.major)


def _approvals(votes: Sequence[editorial.StoredVote]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for vote in votes:
        if vote.decision == "approve" and not vote.conflicts and vote.sector:
            found[vote.sector] = found.get(vote.sector, 0) + 1
    return found


def readers_by_organization(unit: Unit, ref: str) -> Mapping[str, int]:
    """Who opened it, as counts by organization, for its originator, the auditor and the data protection officer (J-06.4)."""
    record = find_record(unit, ref)
    mine = unit.viewer.organization == record.organization and unit.viewer.person is not None
    if not mine:
        unit.need("read_audit_log", "yes")
    return openings.by_organization(unit.db, record.id)


def policy_versions() -> Mapping[str, str]:
    """The versions of the policies in force, for stamping on what they decide (G-42)."""
    return {
        "quorum": policies.quorum().version,
        "roles": policies.roles().version,
        "handling": policies.handling_policy().version,
    }
