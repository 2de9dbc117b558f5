"""The originator has looked again at a record that rests on something taken down: it stands without it, and why (H-01, 4.10.3).

Not enough where an input was tightened: there the record is corrected, or the originator of the input says yes.
"""

from __future__ import annotations

from dataclasses import replace

from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.record import Record
from comity.services.follow_inputs import FLAGGED, REVIEWED, TAKEN_DOWN
from comity.services.settle import settle
from comity.services.step import give_reason, held_record
from comity.services.unit import Unit

TEXT_CHARACTERS = 2000


def may_stand_by(unit: Unit, record: Record) -> bool:
    """Its author, while something it rests on is gone."""
    flags = (record.facts.get(FLAGGED) or {}).values()
    return record.author == unit.viewer.person and any(one.get("why") == TAKEN_DOWN for one in flags)


def stand_by(unit: Unit, *, ref: str, text: str) -> Record:
    """The record counts as looked at, for these inputs and for as long as nothing new happens to them."""
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Its author looks at it again.")
    if not text.strip() or len(text) > TEXT_CHARACTERS:
        raise Invalid([Problem("text", "missing", "Say why it stands without what it rested on.")])
    flags = record.facts.get(FLAGGED) or {}
    causes = [str(one["cause"]) for one in flags.values() if one.get("why") == TAKEN_DOWN]
    if not causes:
        raise Conflict("Nothing that it rests on was taken down.")
    give_reason(unit, record, "inputs_reviewed", reason_code="", text=text.strip())
    reviewed = [*dict.fromkeys([*(record.facts.get(REVIEWED) or ()), *causes])]
    record = settle(unit, replace(record, facts={**record.facts, REVIEWED: reviewed}))
    unit.audit("inputs.review", record.ref, audience_id=record.audience_id)
    return record
