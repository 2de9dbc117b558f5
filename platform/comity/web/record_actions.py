"""The next steps a page offers to this viewer on this record. Offering is a courtesy: each step's service decides again.

Knows states and roles only; refuses to know quorum, conflicts and deadlines, which the page behind the link explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer

_S = State
_WORKED_ON: Final = frozenset({_S.DRAFT, _S.CHANGES_REQUESTED})
_WITH_EDITORS: Final = frozenset({_S.SUBMITTED, _S.TRIAGE})
_LIVE: Final = frozenset({_S.PUBLISHED, _S.EXPIRED, _S.SUPERSEDED})
_HOLDABLE: Final = frozenset({_S.SUBMITTED, _S.TRIAGE, _S.IN_REVIEW, _S.APPROVED, _S.PUBLISHED})


@dataclass(frozen=True)
class Action:
    """A link to a page where the step is explained and taken. `tone` as for buttons."""

    href: str
    label: str
    tone: str = "secondary"


def actions(record: Record, viewer: Viewer) -> list[Action]:
    """In the order of likelihood."""
    if not viewer.signed_in or viewer.scopes is not None:
        return []
    found = [*_for_author(record, viewer), *_for_office(record, viewer), *_for_anyone(record, viewer)]
    return [Action(f"/records/{record.ref}/{step}", label, tone) for step, label, tone in found]


_Step = tuple[str, str, str]


def _for_author(record: Record, viewer: Viewer) -> Iterator[_Step]:
    if record.author != viewer.person:
        return
    if record.state in _WORKED_ON:
        yield "edit", "Edit", "primary"
        yield "submit", "Hand in for review", "secondary"
    elif record.state in _WITH_EDITORS:
        yield "take-back", "Take back", "secondary"
    elif record.state is _S.PUBLISHED and record.working_revision_id != record.published_revision_id:
        yield "edit", "Go on with the correction", "primary"
    elif record.state is _S.PUBLISHED and viewer.may("correct"):
        yield "correct", "Correct", "secondary"
    if record.state in _LIVE and viewer.may("withdraw", "own"):
        yield "withdraw", "Withdraw", "danger"


def _for_office(record: Record, viewer: Viewer) -> Iterator[_Step]:
    if Role.EDITOR in viewer.roles and record.author != viewer.person:
        if record.state in _WITH_EDITORS:
            yield "triage", "Triage", "primary"
        if record.state is _S.PUBLISHED:
            yield "correct", "Mend a small slip", "secondary"
        if record.state in _LIVE and record.facts.get("withdrawal_asked"):
            yield "withdraw", "Acknowledge the withdrawal", "danger"
    asked = Role.REVIEWER in viewer.roles and f"person:{viewer.person}" in record.assigned
    if record.state is _S.IN_REVIEW and asked:
        yield "review", "Review and vote", "primary"
    if record.state in _LIVE and Role.COUNCIL_MEMBER in viewer.roles:
        yield "withdraw", "Council: withdrawal", "quiet"


def _for_anyone(record: Record, viewer: Viewer) -> Iterator[_Step]:
    if record.state in _LIVE and record.tombstone is None:
        yield "appeal", "Appeal", "quiet"
    if record.state in _HOLDABLE and viewer.may("request_hold"):
        yield "hold", "Ask for a hold", "quiet"
    if record.is_published and Role.OMBUDSPERSON in viewer.roles:
        yield "reply", "Enter a reply", "secondary"
