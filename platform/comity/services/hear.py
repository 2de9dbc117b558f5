"""The ombudsperson's side of what comes in without an account: hand out a code to a verified contact, check, enter or put aside.

Once a message is dealt with, its words and the sender's contact are blotted out: the reply or the appeal has what was entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.services import dispute, reply
from comity.services.mint import digest, mint
from comity.services.notice import newest
from comity.services.reply import Redaction
from comity.services.respond import CODE, MESSAGE
from comity.services.step import held_record
from comity.services.unit import Unit
from comity.storage import editorial, records
from comity.storage.editorial import Decision, StoredReply

LASTS: Final = timedelta(days=60)
"""Longer than notice before publication and a holiday together; for a late reply another code is given."""


@dataclass(frozen=True)
class Code:
    """`secret` is shown once, to be handed to the contact; only its hash is kept."""

    secret: str
    name: str
    ends_at: datetime


@dataclass(frozen=True)
class Message:
    """One message that waits. `name` is the organization whose code it carried; empty for an appeal without one."""

    id: int
    kind: str
    words: str
    contact: str
    name: str
    at: datetime


def named(unit: Unit, *, ref: str) -> list[StoredReply]:
    """The organizations of a record that can be given a code."""
    return newest(unit, _record(unit, ref))


def hand_out(unit: Unit, *, ref: str, entity_id: str) -> Code:
    """A fresh code for the verified contact of one named organization. Earlier ones that were not used end with it."""
    record = held_record(unit, _record(unit, ref).ref)
    slot = next((one for one in newest(unit, record) if one.entity_id == entity_id), None)
    if slot is None:
        raise Invalid([Problem("entity", "unknown", "Choose an organization that the record names.")])
    for one in _of(unit, record, CODE):
        if one.details["entity"] == entity_id and not one.details["used"]:
            editorial.store(unit.db, replace(one, details={**one.details, "used": True}))
    secret, ends = mint(), unit.now + LASTS
    details = {
        "hash": digest(secret),
        "entity": entity_id,
        "name": slot.entity_name,
        "ends": ends.isoformat(),
        "used": False,
    }
    by = unit.viewer.person or ""
    editorial.add(unit.db, Decision(record_id=record.id, what=CODE, by=by, details=details, at=unit.now))
    unit.audit("outside.code", record.ref, audience_id=record.audience_id)
    return Code(secret, slot.entity_name, ends)


def messages(unit: Unit, *, ref: str) -> list[Message]:
    """What waits on one record, oldest first."""
    return [_message(one) for one in _waiting(unit, _record(unit, ref))]


def enter(unit: Unit, *, ref: str, message_id: int, words: str, redaction: Redaction | None = None) -> Record:
    """Enter it under the sender's name after checking who sent it: a reply beside the record, an appeal for a first look.

    The words stand as they came. What had to be taken out of a reply needs a `redaction`; an appeal is never changed.
    """
    record = held_record(unit, _record(unit, ref).ref)
    kept = _find(unit, record, message_id)
    if words.split() != kept.text.split() and (redaction is None or kept.reason_code != "reply"):
        said = (
            "The words were changed. Only personal data and unlawful content are taken out, and it is said."
        )
        raise Invalid([Problem("words", "changed", said)])
    if kept.reason_code == "reply":
        entity = str(kept.details["entity"])
        record = reply.receive(unit, ref=ref, entity_id=entity, words=words, redaction=redaction)
    else:
        by = str(kept.details["name"])[:200] or "somebody without an account"
        dispute.raise_appeal(unit, ref=ref, grounds=kept.text, by=by)
    return _done(unit, record, kept, "entered")


def put_aside(unit: Unit, *, ref: str, message_id: int, text: str) -> Record:
    """It is not what it says, or not for here. The reason is kept."""
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Say why it is put aside.")])
    record = held_record(unit, _record(unit, ref).ref)
    return _done(unit, record, _find(unit, record, message_id), text.strip())


def to_check(unit: Unit) -> Sequence[int]:
    """Numbers of records on which something waits, for the ombudsperson."""
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        return []
    return sorted({one.record_id for one in editorial.given(unit.db, MESSAGE) if one.details.get("open")})


def _record(unit: Unit, ref: str) -> Record:
    record = records.get(unit.db, unit.viewer, ref)
    if record is None or Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotFound
    return record


def _of(unit: Unit, record: Record, what: str) -> list[Decision]:
    return [one for one in editorial.of_record(unit.db, Decision, record.id) if one.what == what]


def _waiting(unit: Unit, record: Record) -> list[Decision]:
    return [one for one in _of(unit, record, MESSAGE) if one.details.get("open")]


def _find(unit: Unit, record: Record, message_id: int) -> Decision:
    found = next((one for one in _of(unit, record, MESSAGE) if one.id == message_id), None)
    if found is None:
        raise NotFound
    if not found.details.get("open"):
        raise Conflict("This message was dealt with already.")
    return found


def _message(one: Decision) -> Message:
    return Message(
        one.id, one.reason_code, one.text, str(one.details["contact"]), str(one.details["name"]), one.at
    )


def _done(unit: Unit, record: Record, kept: Decision, how: str) -> Record:
    details = {"open": False, "name": kept.details["name"], "entity": kept.details["entity"], "how": how}
    editorial.store(unit.db, replace(kept, text="", details=details))
    unit.audit("outside.done", record.ref, audience_id=record.audience_id)
    return record
