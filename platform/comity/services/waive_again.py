"""Council waives notice to a named organization again, before the 30 days after a first waiver are over (G-32).

Each voice is about the date on which notice has to follow, so that a voice for one extension is never one for the next.
"""

from __future__ import annotations

from typing import Final

from comity import policies
from comity.domain import council as rules
from comity.domain import reply
from comity.domain.errors import Conflict, NotAllowed
from comity.domain.record import Record
from comity.domain.reply import ReplyState
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.notice import newest
from comity.services.reply import as_slot, as_stored
from comity.services.step import give_reason, held_record
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.services.withdraw import COUNCIL_SEATS, council, council_votes
from comity.storage import editorial
from comity.storage.editorial import StoredReply

VOICE: Final = "council_waiver"


def waived(unit: Unit, record: Record) -> list[StoredReply]:
    """Slots whose notice was waived and has not followed yet."""
    return [one for one in newest(unit, record) if one.state == ReplyState.WAIVED.value and one.due_at]


def may_speak(unit: Unit, record: Record) -> bool:
    """Is there something to waive again, and does this member of council sit there without an interest in it?"""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles or not waived(unit, record):
        return False
    return unit.viewer.person in council(unit, record)


def vote(unit: Unit, *, ref: str, reason_code: str, text: str, agrees: bool) -> Record:
    """One member's voice. Notice may wait 30 days more from the day on which council agrees; it is counted like any waiver."""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        raise NotAllowed("Council waives notice again.")
    record = held_record(unit, ref)
    slots = waived(unit, record)
    if not slots:
        raise Conflict("No notice about this record was waived, or it has followed by now.")
    check_reason("waiver", reason_code, text)
    due = max(one.due_at for one in slots if one.due_at).isoformat()
    give_reason(
        unit, record, VOICE, reason_code=reason_code, text=text, agrees=agrees, due=due, reason=reason_code
    )
    unit.audit("reply.council_vote", record.ref, audience_id=record.audience_id, agrees=agrees)
    voices = council_votes(unit, record, VOICE, due=due, reason=reason_code)
    if not rules.decide(voices, seats=COUNCIL_SEATS).met:
        return record
    system = unit.acting_as(Viewer.system(unit.node.node_id, "council"))
    return _waive(system, record, slots, reason_code, text)


def _waive(system: Unit, record: Record, slots: list[StoredReply], reason_code: str, text: str) -> Record:
    for stored in slots:
        slot = reply.waive(as_slot(stored), reason_code, system.now, policies.reason_codes(), by_council=True)
        editorial.store(system.db, as_stored(stored, slot))
    give_reason(system, record, "waiver", reason_code=reason_code, text=text, by_council=True)
    system.audit("reply.waive_again", record.ref, audience_id=record.audience_id, reason=reason_code)
    return record
