"""Tear a line off a restricted record: a new draft of its author with chosen passages and a lower marking, and a review of its own.

The way from the parent to its tear-line is kept beside the parent and shown to those who may read both. Nothing of the new record
leads back: not its content, its numbers, its log entries or its links (J-06.2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.handling import Handling
from comity.domain.kinds.registry import kind
from comity.domain.record import Record, Revision
from comity.domain.tear_line import Passage, lower_markings, passages, torn
from comity.domain.tlp import TLP
from comity.services import draft
from comity.services.read import find_record, marking_of
from comity.services.unit import Unit
from comity.storage import links, records, revisions

__all__ = ["Passage", "choices", "markings", "may_tear", "tear", "tear_lines"]


def may_tear(unit: Unit, record: Record) -> bool:
    """The author of a published record that is for fewer than everybody."""
    mine = record.author == unit.viewer.person and unit.viewer.may("draft")
    live = record.is_published and record.tombstone is None
    return live and mine and bool(lower_markings(marking_of(unit, record)))


def markings(unit: Unit, ref: str) -> Sequence[TLP]:
    """What a tear-line of this record can be marked."""
    return lower_markings(marking_of(unit, find_record(unit, ref)))


def choices(unit: Unit, ref: str) -> Sequence[Passage]:
    """The passages of the version in force, for its author."""
    record, revision = _parent(unit, ref)
    return passages(kind(record.kind), draft.full_content(unit, revision))


def _parent(unit: Unit, ref: str) -> tuple[Record, Revision]:
    record = find_record(unit, ref)
    revision = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    if record.author != unit.viewer.person:
        raise NotAllowed("Its author tears a line off a record.")
    if revision is None or not may_tear(unit, record):
        raise Conflict("A line is torn off a published record that is not for everybody.")
    return record, revision


def tear(unit: Unit, *, ref: str, tlp: str, chosen: Collection[str]) -> Record:
    """The new draft. The author completes it and submits it like any other."""
    unit.need("draft")
    parent, revision = _parent(unit, ref)
    content = draft.full_content(unit, revision)
    known = {one.path for one in passages(kind(parent.kind), content)}
    problems = []
    if tlp not in [one.value for one in lower_markings(revision.handling.tlp)]:
        problems.append(Problem("tlp", "choice", "Choose a marking below that of the record."))
    if not chosen or not set(chosen) <= known:
        problems.append(Problem("passages", "choice", "Choose at least one passage."))
    if problems:
        raise Invalid(problems)
    record = draft.start(
        unit,
        kind_name=parent.kind,
        content=torn(kind(parent.kind), content, chosen),
        handling=Handling(tlp=TLP(tlp)),
    )
    links.add_tear_line(unit.db, parent.id, record.uid)
    unit.audit("tear_line.begin", parent.ref, audience_id=parent.audience_id)
    return record


def tear_lines(unit: Unit, record: Record) -> Sequence[Record]:
    """The tear-lines of a record that this viewer may read too; its author also sees those that are still being worked on."""
    if records.get(unit.db, unit.viewer, record.uid) is None:
        raise NotFound
    found = (
        records.get(unit.db, unit.viewer, link.key)
        for link in links.of_record(unit.db, record.id, links.TEAR_LINE)
    )
    return [one for one in found if one is not None]


def published_tear_lines(unit: Unit, ref: str) -> Sequence[Record]:
    """Those that may be named to others: published and in force."""
    found = tear_lines(unit, find_record(unit, ref))
    return [one for one in found if one.is_published and one.tombstone is None]
