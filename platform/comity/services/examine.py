"""The desk of those at work on a record: what is worked on, what was said about it and how the count stands.

Nobody else learns that there is work: for them it is `NotFound`, also on a published record that is being corrected. Votes stay
hidden until publication; only how many sectors agree is told, and after a return the author reads every reason (G-09).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Tally
from comity.domain.record import Record, Revision
from comity.domain.roles import Role, Sector
from comity.domain.source import SOURCE_TYPES, SourceType, default_reliability
from comity.services.draft import full_content
from comity.services.hold import current
from comity.services.read import PURPOSES, needs_purpose
from comity.services.reviewers import assigned_reviewers, candidates, count
from comity.services.unit import Unit
from comity.storage import audiences, editorial, openings, records, revisions
from comity.storage.editorial import StoredVote

__all__ = ["Desk", "Said", "SourceLine", "StoredVote", "at_work", "examine", "may_triage", "sources_of"]

_COUNCIL_ONLY: Final = frozenset({
    "council_withdraw", "council_hold", "council_appeal", "council_waiver", "council_asked", "graded", "unassigned", "panel_voice",
    "conflict_entered", "from_outside", "outside_code",
})  # fmt: skip
_COUNTED: Final = frozenset({State.IN_REVIEW, State.APPROVED})


@dataclass(frozen=True)
class Said:
    """A reason that somebody gave: in what part (`editor`, `reviewer`, the sector), never by whom."""

    what: str
    reason_code: str
    text: str
    at: Any
    sector: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Desk:
    """One record as somebody at work on it sees it. `content` is empty while a purpose is still asked for (H-08)."""

    record: Record
    revision: Revision
    tlp: str
    content: Mapping[str, Any]
    is_author: bool
    needs_purpose: bool
    said: Sequence[Said]
    hold: editorial.StoredHold | None
    tally: Tally | None
    asked_sectors: frozenset[Sector]
    own_vote: editorial.StoredVote | None
    replies: Sequence[editorial.StoredReply]
    earlier: Sequence[Revision]


def at_work(unit: Unit, record: Record) -> bool:
    """Is the viewer its author, or was the work given to them or to their role?"""
    names = {str(token) for token in unit.viewer.person_token | unit.viewer.role_tokens}
    return record.author == unit.viewer.person or bool(names & set(record.assigned))


def examine(unit: Unit, *, ref: str, purpose: str = "") -> Desk:
    """The desk of `ref`. `NotFound` for everybody who is not at work on it.

    `purpose` opens what needs one; whoever gives it must also log it by `read.open_with_purpose` before anything is shown.
    """
    record = records.get(unit.db, unit.viewer, ref)
    revision = revisions.get(unit.db, unit.viewer, record.working_revision_id) if record else None
    if record is None or revision is None or not at_work(unit, record):
        raise NotFound
    audience = audiences.load(unit.db, record.audience_id)
    last = openings.last(unit.db, record.id, unit.viewer.person) if unit.viewer.person else None
    closed = needs_purpose(unit, record, audience, last) and purpose not in PURPOSES
    votes = editorial.of_record(unit.db, editorial.StoredVote, record.id)
    return Desk(
        record=record,
        revision=revision,
        tlp=revision.handling.tlp.value,
        content={} if closed else full_content(unit, revision),
        is_author=record.author == unit.viewer.person,
        needs_purpose=closed,
        said=() if closed else _said(unit, record, votes),
        hold=current(unit, record),
        tally=count(unit, record) if record.state in _COUNTED else None,
        asked_sectors=_asked(unit, record),
        own_vote=_own(unit, revision, votes),
        replies=editorial.of_record(unit.db, editorial.StoredReply, record.id),
        earlier=() if closed else _earlier(unit, record, revision, votes),
    )


def _said(unit: Unit, record: Record, votes: Sequence[editorial.StoredVote]) -> list[Said]:
    """Newest first. What single reviewers asked for is told once the review is over, and then all of it (G-09)."""
    found = [
        Said(one.what, one.reason_code, one.text, one.at, one.by_sector, one.details)
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if one.what not in _COUNCIL_ONLY
    ]
    if record.state in (State.CHANGES_REQUESTED, State.REJECTED, State.PUBLISHED):
        told = {(one.reason_code, one.text) for one in found}
        found += [
            Said(f"vote_{vote.decision}", vote.reason_code, vote.comment, vote.at, vote.sector, {})
            for vote in votes
            if vote.decision != "approve" and (vote.reason_code, vote.comment) not in told
        ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _asked(unit: Unit, record: Record) -> frozenset[Sector]:
    asked = assigned_reviewers(record)
    if not asked:
        return frozenset()
    sectors = (one.organization.sector for one in candidates(unit, record) if one.account in asked)
    return frozenset(sector for sector in sectors if sector is not None)


def _own(
    unit: Unit, revision: Revision, votes: Sequence[editorial.StoredVote]
) -> editorial.StoredVote | None:
    mine = (one for one in votes if one.reviewer == unit.viewer.person and one.revision_id == revision.id)
    return next(reversed(list(mine)), None)


def _earlier(
    unit: Unit, record: Record, revision: Revision, votes: Sequence[editorial.StoredVote]
) -> list[Revision]:
    """Versions worth comparing with: the one in force, and those that were voted on. The newest is first."""
    wanted = {record.published_revision_id, *(vote.revision_id for vote in votes)}
    known = revisions.of_record(unit.db, unit.viewer, record.id)
    return [one for one in known if one.id in wanted and one.id != revision.id]


@dataclass(frozen=True)
class SourceLine:
    """One source with where it stands (`claims.1.sources.0`) and the grade that its type usually gets."""

    path: str
    source: Mapping[str, Any]
    usual: str


def sources_of(content: Mapping[str, Any]) -> list[SourceLine]:
    """Every source of a content in the order of the page: those of the record, then those of each claim."""
    lines = list(_lines("sources", content.get("sources")))
    claims = content.get("claims")
    for i, claim in enumerate(claims if isinstance(claims, list) else []):
        if isinstance(claim, Mapping):
            lines += _lines(f"claims.{i}.sources", claim.get("sources"))
    return lines


def _lines(path: str, given: object) -> Sequence[SourceLine]:
    if not isinstance(given, list):
        return []
    return [
        SourceLine(f"{path}.{i}", one, _usual(one)) for i, one in enumerate(given) if isinstance(one, Mapping)
    ]


def _usual(source: Mapping[str, Any]) -> str:
    kind = source.get("type")
    return default_reliability(cast("SourceType", kind)) if kind in SOURCE_TYPES else ""


def may_triage(unit: Unit, desk: Desk) -> bool:
    """Does this viewer handle the desk as an editor?"""
    return Role.EDITOR in unit.viewer.roles and not desk.is_author
