"""When the time set for the conditions of a marking is over, its author is asked to look at them again. Nothing widens by itself.

The end is written down when a version is published that has one, so that the node's clock need not read every handling block.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.handling import Handling
from comity.domain.record import Record
from comity.services.settle import settle
from comity.services.step import give_reason, held_record
from comity.services.unit import Unit
from comity.storage import editorial, records, revisions

SET: Final = "handling_ends"
OVER: Final = "handling_over"
KEPT: Final = "handling_kept"
WAITS: Final = "handling_over"
"""The fact of a record whose conditions wait for its author."""


def note_end(unit: Unit, record: Record, handling: Handling) -> None:
    """Write down until when the conditions of a version that is published now were set."""
    if handling.handling_ends is not None:
        at = handling.handling_ends.astimezone(UTC)
        said = f"Until {at:%Y-%m-%d %H:%M} UTC."
        give_reason(unit, record, SET, reason_code="", text=said, at=at.isoformat())


def ask_due(unit: Unit) -> list[str]:
    """For the node's clock: ask the author of every record whose time is over, once. Returns the references."""
    last = {one.record_id: one for one in editorial.given(unit.db, SET, OVER, KEPT)}
    due = [one for one in last.values() if one.what == SET and _at(one) <= unit.now]
    known = records.by_ids(unit.db, unit.viewer, [one.record_id for one in due])
    return [
        record.ref
        for one in due
        if (record := known.get(one.record_id)) is not None and _ask(unit, record, _at(one))
    ]


def _at(one: editorial.Decision) -> datetime:
    return datetime.fromisoformat(str(one.details["at"]))


def _ask(unit: Unit, found: Record, at: datetime) -> bool:
    shown = revisions.get(unit.db, unit.viewer, found.published_revision_id)
    if found.tombstone is not None or shown is None or shown.handling.handling_ends != at:
        return False
    record = held_record(unit, found.ref)
    said = "The time set for the conditions is over. They hold until its author changes them."
    give_reason(unit, record, OVER, reason_code="", text=said)
    record = settle(unit, _waiting(record, waits=True))
    unit.audit("handling.over", record.ref, audience_id=record.audience_id)
    unit.emit("handling.over", record.id)
    return True


def keep(unit: Unit, *, ref: str, text: str) -> Record:
    """The author has looked at the marking again and leaves it, with a reason that is kept. A correction changes it."""
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Its author looks at the marking again.")
    if not record.facts.get(WAITS):
        raise Conflict("The time set for its conditions is not over, or they were looked at already.")
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Say why the marking stays as it is.")])
    give_reason(unit, record, KEPT, reason_code="", text=text)
    unit.audit("handling.keep", record.ref, audience_id=record.audience_id)
    return settle(unit, _waiting(record, waits=False))


def _waiting(record: Record, *, waits: bool) -> Record:
    return replace(record, facts={**record.facts, WAITS: waits})
