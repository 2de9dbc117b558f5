"""Interests that reviewers declared, and conflicts that were found, for council and auditor (G-24). It never says how they voted.

Only about records that the viewer may know of. Where readers are not told whose a record is, the line of a reviewer who belongs to
its originator does not name their organization either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.attribute import may_know
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.storage import editorial, organizations, people, records
from comity.storage.editorial import StoredVote

MAY: Final = frozenset({Role.COUNCIL_MEMBER, Role.AUDITOR})
MOST: Final = 200


@dataclass(frozen=True)
class Declaration:
    """One reviewer on one record. `counted` says whether anything stood against the vote; `at` is of the last one."""

    ref: str
    reviewer: str
    organization: str
    interests: Sequence[str]
    conflicts: Sequence[str]
    counted: bool
    at: datetime


def may_see(viewer: Viewer) -> bool:
    """Is this viewer of council, or the auditor?"""
    return bool(MAY & viewer.roles)


def of_record(unit: Unit, *, ref: str) -> list[Declaration]:
    """Every reviewer of one record, also those who declared nothing. `NotFound` for everybody who may not see it."""
    record = find_record(unit, ref)
    if not may_see(unit.viewer):
        raise NotFound
    return _declarations(unit, record, editorial.of_record(unit.db, StoredVote, record.id))


def everywhere(unit: Unit) -> list[Declaration]:
    """What was declared or found on the records that were published last, newest first."""
    if not may_see(unit.viewer):
        raise NotFound
    found = records.listing(
        unit.db,
        unit.viewer,
        states=[State.PUBLISHED, State.IN_REVIEW, State.EXPIRED, State.SUPERSEDED],
        sort="published",
        limit=MOST,
    )
    votes = editorial.of_records(unit.db, StoredVote, [one.id for one in found])
    said = [one for record in found for one in _declarations(unit, record, votes.get(record.id, ()))]
    return [one for one in said if one.interests or one.conflicts]


def log_question(unit: Unit, *, ref: str) -> None:
    """That somebody looked at the interests of reviewers is itself in the log."""
    record = find_record(unit, ref)
    unit.audit("audit.interests", record.ref, audience_id=record.audience_id)


def _declarations(unit: Unit, record: Record, votes: Iterable[StoredVote]) -> list[Declaration]:
    last = {one.reviewer: one for one in votes}
    names = {one.id: one.name for one in people.accounts(unit.db, ids=list(last))}
    homes = organizations.names(unit.db, {one.organization for one in last.values()})
    hidden = record.attribution_mode != "organization" and not may_know(unit.viewer, record)
    return [
        Declaration(
            ref=record.ref,
            reviewer=names.get(one.reviewer, one.reviewer) if not own else "",
            organization=homes.get(one.organization, one.organization) if not own else "",
            interests=list(one.interests),
            conflicts=list(one.conflicts),
            counted=not one.conflicts,
            at=one.at,
        )
        for one in last.values()
        for own in (hidden and one.organization == record.organization,)
    ]
