"""Take one step of the editorial life: ask the table, write the state, settle audiences, leave an audit entry and an event.

The only module that changes a record's state.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from comity.domain.errors import Conflict, NotFound
from comity.domain.lifecycle import Step, step
from comity.domain.lifecycle_facts import Facts, Overlay, State, Verb
from comity.domain.record import Record
from comity.services.settle import settle
from comity.services.unit import Unit
from comity.storage import editorial, records

LOCAL: Final = frozenset({Verb.HOLD, Verb.RESUME, Verb.RESTRICT, Verb.LIFT_RESTRICTION, Verb.EXPIRE})
"""What may be done here to a copy of another node's record: it is only ever restricted (F-01)."""


def held_record(unit: Unit, ref: str, *, copies: bool = False) -> Record:
    """The record, held for change, or `NotFound`. `copies`: also one that comes from another node, else that is a `Conflict`."""
    record = records.lock(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    if not copies:
        refuse_copy(unit, record)
    return record


def refuse_copy(unit: Unit, record: Record) -> None:
    """Raises `Conflict` naming the origin for a copy that somebody here wants to change. The node itself may keep it in step."""
    if record.is_copy(unit.node.node_id) and not unit.viewer.is_system:
        raise Conflict(
            f"This record comes from the node “{record.origin_node}”, and only that node changes it. "
            "You can propose a correction to it."
        )


def take(unit: Unit, record: Record, verb: Verb, given: Facts, **changes: Any) -> Record:
    """The record after `verb`. Raises `TransitionRefused` naming every obstacle. `changes` are written with it."""
    if verb not in LOCAL:
        refuse_copy(unit, record)
    origin = _state(str(record.facts.get("restricted_from") or ""))
    given = replace(
        given,
        version_in_force=record.is_published,
        held_from=_state(record.held_from),
        restricted_from=origin,
    )
    result: Step = step(record.state, verb, given)
    moved = replace(record, state=result.state, state_since=_since(unit, record, result), **changes)
    if result.sets is Overlay.UNDER_DISPUTE:
        moved = replace(moved, under_dispute=True)
    if result.clears is Overlay.UNDER_DISPUTE:
        moved = replace(moved, under_dispute=False)
    moved = settle(unit, moved)
    unit.audit(f"record.{verb.value}", moved.ref, audience_id=moved.audience_id, state=result.state.value)
    unit.emit(f"record.{verb.value}", moved.id, state=result.state.value)
    return moved


def _since(unit: Unit, record: Record, result: Step) -> datetime:
    return record.state_since if result.state is record.state else unit.now


def _state(name: str) -> State | None:
    return State(name) if name else None


def give_reason(
    unit: Unit, record: Record, what: str, *, reason_code: str, text: str, **details: Any
) -> None:
    """Store a reason that the author can read (G-09)."""
    editorial.add(
        unit.db,
        editorial.Decision(
            record_id=record.id,
            revision_id=record.working_revision_id,
            what=what,
            by=unit.viewer.person or "system",
            by_sector=unit.viewer.sector.value if unit.viewer.sector else "",
            reason_code=reason_code,
            text=text,
            details=details,
            at=unit.now,
        ),
    )
