"""The readable difference between two versions of a record, made only of what this viewer may read in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comity import policies
from comity.domain.diff import Change, diff
from comity.domain.errors import NotFound
from comity.domain.kinds.registry import kind
from comity.domain.record import Record, Revision
from comity.services.draft import full_content
from comity.services.examine import at_work
from comity.services.read import find_record, needs_purpose
from comity.services.unit import Unit
from comity.storage import audiences, openings, revisions

_RECIPIENTS: Final = frozenset({"audience", "releasable_to"})


@dataclass(frozen=True)
class Comparison:
    """Two versions and what changed from the older to the newer."""

    record: Record
    old: Revision
    new: Revision
    changes: Sequence[Change]
    handling_changes: Sequence[tuple[str, str, str]]


def compare(unit: Unit, *, ref: str, old: str, new: str) -> Comparison:
    """The difference between versions `old` and `new`, such as `1.0` and `2.0`. `NotFound` where either is not readable."""
    record = find_record(unit, ref)
    audience = audiences.load(unit.db, record.audience_id)
    last = openings.last(unit.db, record.id, unit.viewer.person) if unit.viewer.person else None
    if needs_purpose(unit, record, audience, last):
        raise NotFound
    known = {one.version: one.id for one in revisions.of_record(unit.db, unit.viewer, record.id)}
    before = revisions.get(unit.db, unit.viewer, known.get(old))
    after = revisions.get(unit.db, unit.viewer, known.get(new))
    if before is None or after is None:
        raise NotFound
    vocabularies = policies.taxonomy().vocabularies
    changes = diff(kind(record.kind), full_content(unit, before), full_content(unit, after), vocabularies)
    return Comparison(record, before, after, changes, _handling(before, after, whole=at_work(unit, record)))


def _handling(before: Revision, after: Revision, *, whole: bool) -> list[tuple[str, str, str]]:
    """Which handling fields changed, from what to what. Named readers are shown only as a number. Who else receives it is told to
    those at work on it (`whole`): a reader learns that it was narrowed, and not which organizations it went to.
    """
    old, new = before.handling.model_dump(mode="json"), after.handling.model_dump(mode="json")
    differing = [name for name in old if old[name] != new[name]]
    told = [(name, _words if whole or name not in _RECIPIENTS else _whether) for name in differing]
    return [(name.replace("_", " "), say(old[name]), say(new[name])) for name, say in told]


def _whether(value: object) -> str:
    narrowed = any(value.values()) if isinstance(value, dict) else bool(value)
    return "narrowed" if narrowed else "not narrowed"


def _words(value: object) -> str:
    if isinstance(value, dict):
        named = [
            f"{len(items) if key == 'persons' else ', '.join(items)} {key}"
            for key, items in value.items()
            if items
        ]
        return "; ".join(named) or "not narrowed"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return "none" if value in (None, "") else str(value)
