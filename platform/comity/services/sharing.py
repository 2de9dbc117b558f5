"""How one record stands to others and to those outside: what it rests on, which tear-lines it has, who disagrees, where it was
released to, and who asked what about it. Each part under this viewer's own rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comity.domain.record import Record
from comity.services import list_releases, onward, propose, tear
from comity.services.follow_inputs import doubts
from comity.services.unit import Unit
from comity.storage import links, records

DISAGREES = "disagrees_with"


@dataclass(frozen=True)
class Sharing:
    """`doubts` are inputs in doubt as `(reference or "", why)`; `terms` what came with a release from another node."""

    doubts: Sequence[tuple[str, str]]
    disagreeing: Sequence[Record]
    terms: Mapping[str, Any]
    tear_lines: Sequence[Record] = ()
    releases: Sequence[list_releases.Line] = ()
    onward: Sequence[onward.Line] = ()
    proposals: Sequence[propose.Line] = ()


def sharing(unit: Unit, record: Record, content: Mapping[str, Any]) -> Sharing:
    """For a record that this viewer can open. `content` is what they may read of it."""
    if not record.is_published:
        return Sharing((), (), {})
    seen = Sharing(
        doubts=doubts(unit, record),
        disagreeing=_disagreeing(unit, record, content),
        terms=record.facts.get("release") or {},
    )
    if unit.viewer.person is None:
        return seen
    return Sharing(
        doubts=seen.doubts,
        disagreeing=seen.disagreeing,
        terms=seen.terms,
        tear_lines=tear.tear_lines(unit, record),
        releases=list_releases.of_record(unit, record),
        onward=onward.of_record(unit, record),
        proposals=propose.of_record(unit, record),
    )


def _disagreeing(unit: Unit, record: Record, content: Mapping[str, Any]) -> list[Record]:
    """Records on either side of a disagreement, as far as this viewer may know of them (4.10.8)."""
    named = [
        records.get(unit.db, unit.viewer, str(row.get("ref")).strip())
        for row in content.get("related") or ()
        if isinstance(row, Mapping) and row.get("relation") == DISAGREES and row.get("ref")
    ]
    pointing = links.to_record(unit.db, {record.ref, record.uid}, DISAGREES)
    known = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in pointing}))
    found = [one for one in (*named, *known.values()) if one is not None and one.id != record.id]
    shown = [one for one in found if one.is_published and one.tombstone is None]
    return list({one.id: one for one in shown}.values())
