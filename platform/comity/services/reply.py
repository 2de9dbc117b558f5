"""The right of reply: invite the named organizations, take in their words, waive with a reason (G-30 to G-34)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from comity import policies
from comity.domain import reply
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.record import Record
from comity.domain.reply import ReplySlot, ReplyState
from comity.domain.roles import Role
from comity.services.notice import newest, note_what_is_told, untold
from comity.services.settle import settle
from comity.services.step import give_reason, held_record
from comity.services.unit import Unit
from comity.storage import editorial, records

_NOT_ANSWERED: Final = (ReplyState.INVITED, ReplyState.NOT_APPLICABLE)


def slots_of(unit: Unit, record: Record) -> list[ReplySlot]:
    """The slots of a record as the rules read them."""
    return [as_slot(one) for one in editorial.of_record(unit.db, editorial.StoredReply, record.id)]


def invited(unit: Unit, *, ref: str) -> list[editorial.StoredReply]:
    """The newest slot of each organization that a record names, for the ombudsperson who enters replies."""
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotAllowed("Replies are entered by the ombudsperson.")
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    return newest(unit, record)


def as_slot(stored: editorial.StoredReply) -> ReplySlot:
    """`due_at` of a stored slot is when its window closes or, after a waiver, when notice has to follow."""
    state = ReplyState(stored.state)
    waived = state is ReplyState.WAIVED
    return ReplySlot(
        state,
        stored.invited_at,
        None if waived else stored.due_at,
        stored.received_at,
        stored.waiver_reason,
        stored.due_at if waived else None,
    )


def as_stored(stored: editorial.StoredReply, slot: ReplySlot) -> editorial.StoredReply:
    """The row with what the rules made of its slot."""
    return replace(
        stored,
        state=slot.state.value,
        invited_at=slot.invited_at,
        due_at=slot.follow_up_by if slot.state is ReplyState.WAIVED else slot.due_at,
        received_at=slot.received_at,
        waiver_reason=slot.waiver_reason,
    )


def invite_subjects(unit: Unit, record: Record) -> Sequence[editorial.StoredReply]:
    """Open a slot for every organization that is the subject of a claim and was not told of every claim of the working version;
    the ombudsperson is asked to tell it. Safe to repeat.
    """
    made = _open_slots(unit, record)
    if made:
        unit.audit("reply.invite", record.ref, audience_id=record.audience_id, organizations=len(made))
        unit.emit("reply.invited", record.id, slots=[one.id for one in made])
    return made


def _open_slots(unit: Unit, record: Record) -> list[editorial.StoredReply]:
    made = []
    for subject in untold(unit, record):
        slot = reply.invite(ReplySlot(), unit.now, policies.holidays())
        fresh = editorial.StoredReply(record.id, subject["id"], subject["name"], slot.state.value)
        made.append(editorial.add(unit.db, as_stored(fresh, slot)))
    if made:
        note_what_is_told(unit, record, made)
    return made


def follow_up(unit: Unit) -> list[str]:
    """For the node's clock: a waiver's 30 days are over, so notice follows now (G-32). Returns the references."""
    moved = []
    for stored in editorial.in_state(unit.db, editorial.StoredReply, ReplyState.WAIVED.value):
        if not reply.follow_up_overdue(as_slot(stored), unit.now):
            continue
        record = records.by_ids(unit.db, unit.viewer, [stored.record_id]).get(stored.record_id)
        if record is None or record.tombstone is not None:
            continue
        slot = reply.invite(as_slot(stored), unit.now, policies.holidays())
        editorial.store(unit.db, as_stored(stored, slot))
        unit.audit("reply.invite", record.ref, audience_id=record.audience_id, organizations=1)
        unit.emit("reply.invited", record.id, slots=[stored.id])
        moved.append(record.ref)
    return moved


def waive(unit: Unit, *, ref: str, reason_code: str, text: str) -> Record:
    """Go on without prior notice, for a listed reason; notice follows within 30 days. The editor decides, the author and all
    reviewers see it, and it is counted.
    """
    if Role.EDITOR not in unit.viewer.roles:
        raise NotAllowed("Only an editor waives prior notice, with a reason.")
    record = held_record(unit, ref)
    _open_slots(unit, record)
    for stored in newest(unit, record):
        slot = as_slot(stored)
        if slot.state in _NOT_ANSWERED and not reply.reply_window_over(slot, unit.now):
            slot = reply.waive(slot, reason_code, unit.now, policies.reason_codes())
            editorial.store(unit.db, as_stored(stored, slot))
    give_reason(unit, record, "waiver", reason_code=reason_code, text=text)
    unit.audit("reply.waive", record.ref, audience_id=record.audience_id, reason=reason_code)
    return record


REDACTIONS: Final = ("personal_data", "unlawful_content")
"""All that is ever taken out of a reply (G-33)."""


@dataclass(frozen=True)
class Redaction:
    """That something was taken out: one of `REDACTIONS`, and what it was in words that tell nothing of it."""

    reason_code: str
    note: str


def redacted(reason_code: str, note: str) -> Redaction | None:
    """What was typed about it; None when nothing was."""
    return Redaction(reason_code, note) if reason_code or note.strip() else None


def receive(
    unit: Unit, *, ref: str, entity_id: str, words: str, redaction: Redaction | None = None
) -> Record:
    """The ombudsperson enters an organization's own words, unedited, after checking who sent them. What had to be taken out is said
    beside them, with its reason, and counted.
    """
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotAllowed("Replies are entered by the ombudsperson.")
    record = held_record(unit, ref)
    note = _said(redaction) if redaction else ""
    for stored in newest(unit, record):
        if stored.entity_id == entity_id:
            slot = reply.receive(as_slot(stored), words, unit.now)
            editorial.store(unit.db, replace(as_stored(stored, slot), text=words, edited_note=note))
            if redaction:
                give_reason(unit, record, "redact", reason_code=redaction.reason_code, text=redaction.note)
            unit.audit("reply.receive", record.ref, audience_id=record.audience_id)
            unit.emit("reply.received", record.id)
            return settle(unit, record)
    raise NotFound


def _said(redaction: Redaction) -> str:
    reason = policies.reason_codes().find("redact", redaction.reason_code)
    problems = []
    if reason is None or redaction.reason_code not in REDACTIONS:
        problems.append(
            Problem("redacted", "unknown-reason", "Only personal data and unlawful content are taken out.")
        )
    if not redaction.note.strip():
        problems.append(Problem("note", "missing", "Say what was taken out, without repeating it."))
    if reason is None or problems:
        raise Invalid(problems)
    return f"{reason.label}: {redaction.note.strip()}"


def decline(unit: Unit, *, ref: str, entity_id: str) -> Record:
    """The organization has said that it will not reply."""
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotAllowed("Replies are entered by the ombudsperson.")
    record = held_record(unit, ref)
    for stored in newest(unit, record):
        if stored.entity_id == entity_id:
            editorial.store(unit.db, as_stored(stored, reply.decline(as_slot(stored))))
            return record
    raise Conflict("No invitation was sent to that organization.")
