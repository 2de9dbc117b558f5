"""What an origin says beside its record, applied beside the copy: “under dispute”, and an organization's reply (J-12.4, J-12.5).

Only the origin says it. The words of a reply are stored as they came. Told twice, late, or before the record, it comes to the same:
the newest word of the origin counts. Refuses to judge an appeal, and whether a reply is right.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from comity.domain.dispute import DisputeState
from comity.domain.notice import Dispute, Notice, Outcome, Reply, What
from comity.domain.record import Record
from comity.domain.reply import ReplyState
from comity.services.settle import settle
from comity.services.unit import Unit
from comity.storage import editorial, notices, records
from comity.storage.editorial import StoredDispute, StoredReply

_OPEN: Final = frozenset({DisputeState.OPEN.value, DisputeState.BEFORE_COUNCIL.value})
_KNOWN: Final = Outcome("applied", changed=False)
_TAKEN: Final = Outcome("applied")
_NOT_HELD: Final = Outcome("applied", "not-held", "No copy of it is here.", changed=False)
_SAID: Final = "said"
_SHOWN_FOR: Final = timedelta(days=60)
"""The origin keeps the clock of its appeal; this one is only there because an appeal has a date."""


def obey_dispute(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Show, or end, “under dispute” on the copy. The claims it names stop counting while it is open."""
    body = notice.body
    if not isinstance(body, Dispute) or sender != notice.origin:
        return _foreign()
    if not _keep(unit, notice, body.uid, ""):
        return _KNOWN
    record = _copy(unit, body.uid, sender)
    if record is None:
        return _NOT_HELD
    _dispute(unit, record, body, sender, notice.at)
    return _TAKEN


def obey_reply(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Show an organization's own words beside the copy, unedited."""
    body = notice.body
    if not isinstance(body, Reply) or sender != notice.origin:
        return _foreign()
    if not _keep(unit, notice, body.uid, body.entity_id):
        return _KNOWN
    record = _copy(unit, body.uid, sender)
    if record is None:
        return _NOT_HELD
    _reply(unit, record, body)
    return _TAKEN


def catch_up(unit: Unit, *, origin: str, uids: Collection[str]) -> None:
    """Copies that have just arrived take what their origin had said of them before: in two questions for a page."""
    for said in notices.of_records(unit.db, uids, What.DISPUTE, origin=origin).values():
        record = _copy(unit, said[-1].record_uid, origin)
        if record is not None:
            _dispute(unit, record, Dispute.model_validate(said[-1].body), origin, said[-1].at)
    for said in notices.of_records(unit.db, uids, What.REPLY, origin=origin).values():
        last = {str(one.body.get("entity_id")): one for one in said}
        for one in last.values():
            record = _copy(unit, one.record_uid, origin)
            if record is not None:
                _reply(unit, record, Reply.model_validate(one.body))


def _dispute(unit: Unit, record: Record, body: Dispute, origin: str, at: datetime) -> None:
    under = _write_dispute(unit, record, body, f"node {origin}", at) or body.open
    if under == record.under_dispute:
        return
    moved = settle(unit, replace(record, under_dispute=under))
    unit.audit("dispute.obey", record.ref, audience_id=moved.audience_id, open=body.open)
    what = "record.open_dispute" if under else "record.close_dispute"
    unit.emit(what, record.id, state=moved.state.value)


def _write_dispute(unit: Unit, record: Record, body: Dispute, raised_by: str, at: datetime) -> bool:
    """Keep the origin's word as a dispute of the copy. Returns whether an appeal of this node's own is open beside it."""
    known = editorial.of_record(unit.db, StoredDispute, record.id)
    theirs = [one for one in known if one.raised_by == raised_by and one.state in _OPEN]
    if body.open and theirs:
        editorial.store(unit.db, replace(theirs[-1], claim_ids=body.claim_ids))
    elif body.open:
        fresh = StoredDispute(
            record_id=record.id,
            state=DisputeState.OPEN.value,
            raised_by=raised_by,
            grounds="",
            raised_at=at,
            due_at=at + _SHOWN_FOR,
            claim_ids=body.claim_ids,
        )
        editorial.add(unit.db, fresh)
    for one in () if body.open else theirs:
        ended = DisputeState.DECIDED.value
        editorial.store(unit.db, replace(one, state=ended, outcome=body.outcome, decided_at=at))
    return any(one.raised_by != raised_by and one.state in _OPEN for one in known)


def _reply(unit: Unit, record: Record, body: Reply) -> None:
    known = editorial.of_record(unit.db, StoredReply, record.id)
    same = next((one for one in known if one.entity_id == body.entity_id), None)
    if same is not None and same.text == body.text:
        return
    fresh = StoredReply(
        record_id=record.id,
        entity_id=body.entity_id,
        entity_name=body.entity_name,
        state=ReplyState.RECEIVED.value,
        received_at=body.received_at,
        text=body.text,
    )
    if same is None:
        editorial.add(unit.db, fresh)
    else:
        editorial.store(unit.db, replace(fresh, id=same.id))
    unit.audit("reply.obey", record.ref, audience_id=record.audience_id)
    unit.emit("reply.received", record.id)


def _copy(unit: Unit, uid: str, origin: str) -> Record | None:
    """The copy, held for change. What this node has of others, or of its own, is nobody's business (S36)."""
    record = records.lock(unit.db, unit.viewer, uid)
    return record if record is not None and record.origin_node == origin else None


def _keep(unit: Unit, notice: Notice, uid: str, entity: str) -> bool:
    """Keep the notice; true when nothing newer about the same matter came before it."""
    said = notices.of_record(unit.db, uid, notice.what, origin=notice.origin)
    if not notices.add(unit.db, notice, record_uid=uid, state=_SAID):
        return False
    return all(one.at <= notice.at for one in said if str(one.body.get("entity_id", "")) == entity)


def _foreign() -> Outcome:
    return Outcome.refusal("foreign-origin", "Only the origin of a record says this of it.")
