"""Appeals: anybody may raise one, a first look marks the record “under dispute”, others decide (`decide`, G-35 to G-37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from comity import policies
from comity.domain.dispute import DisputeState, Outcome, clock
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.domain.working_days import end_of_working_days
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.storage import audiences, editorial, records
from comity.storage.editorial import StoredDispute

__all__ = [
    "GROUNDS_CHARACTERS",
    "TO_CORRECT",
    "StoredDispute",
    "appeals",
    "brought_in",
    "conclude",
    "find",
    "first_look",
    "need_ombudsperson",
    "passed_first_look",
    "raise_appeal",
]

GROUNDS_CHARACTERS = 6000
TO_CORRECT = "to_correct"
"""The fact of a record of which an appeal decided that it is corrected: the outcome, and until when."""


def raise_appeal(
    unit: Unit, *, ref: str, grounds: str, claim_ids: Sequence[str] = (), by: str = ""
) -> editorial.StoredDispute:
    """Put an appeal before the ombudsperson. `by` is who appeals when it is entered for somebody without an account."""
    record = held_record(unit, ref)
    if not unit.viewer.signed_in:
        raise NotAllowed("Without an account, use the page for appeals and replies: /respond.")
    if not grounds.strip() or len(grounds) > GROUNDS_CHARACTERS:
        raise Invalid(
            [Problem("grounds", "length", f"Say what is wrong, in up to {GROUNDS_CHARACTERS} characters.")]
        )
    if not record.is_published:
        raise Conflict("Only what was published can be appealed.")
    dispute = editorial.add(
        unit.db,
        editorial.StoredDispute(
            record_id=record.id,
            state=DisputeState.RECEIVED.value,
            raised_by=by or unit.viewer.organization or "a member",
            grounds=grounds,
            claim_ids=tuple(claim_ids),
            raised_at=unit.now,
            due_at=clock(unit.now, policies.quorum(), policies.holidays()).first_decision_by,
        ),
    )
    record = brought_in(unit, record)
    unit.audit("dispute.raise", record.ref, audience_id=record.audience_id)
    unit.emit("dispute.raised", record.id)
    return dispute


def appeals(unit: Unit, *, ref: str) -> list[editorial.StoredDispute]:
    """Every appeal against a record, oldest first, for the ombudsperson."""
    need_ombudsperson(unit)
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    return editorial.of_record(unit.db, editorial.StoredDispute, record.id)


def brought_in(unit: Unit, record: Record, who: Role = Role.OMBUDSPERSON) -> Record:
    """An appeal against an AMBER record gives it to those who deal with it and could not read it otherwise (4.1.3: assigned)."""
    tlp = audiences.load(unit.db, record.audience_id).tlp
    role = f"role:{who.value}"
    if tlp not in (TLP.AMBER, TLP.AMBER_STRICT) or role in record.assigned:
        return record
    return settle(unit, replace(record, assigned=(*record.assigned, role)))


def passed_first_look(dispute: StoredDispute) -> bool:
    """May readers hear of it? One that was refused stays with those who deal with it, also before council."""
    if dispute.state == DisputeState.BEFORE_COUNCIL.value:
        return dispute.decided_at is not None
    return dispute.state in (DisputeState.OPEN.value, DisputeState.DECIDED.value, DisputeState.CLOSED.value)


def find(unit: Unit, record: Record, dispute_id: int) -> editorial.StoredDispute:
    """One appeal against the record, or `NotFound`."""
    for one in editorial.of_record(unit.db, editorial.StoredDispute, record.id):
        if one.id == dispute_id:
            return one
    raise NotFound


def need_ombudsperson(unit: Unit) -> None:
    """Only the ombudsperson handles appeals."""
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotAllowed("The ombudsperson handles appeals.")


def first_look(unit: Unit, *, ref: str, dispute_id: int, passes: bool, text: str) -> Record:
    """The first look: passing shows “under dispute” and stops the disputed claims from driving any grade."""
    need_ombudsperson(unit)
    record = held_record(unit, ref)
    dispute = find(unit, record, dispute_id)
    if dispute.state != DisputeState.RECEIVED.value:
        raise Conflict("The first look was taken already.")
    state = DisputeState.OPEN if passes else DisputeState.REFUSED_AT_FIRST_LOOK
    editorial.store(unit.db, replace(dispute, state=state.value, outcome_text="" if passes else text))
    give_reason(unit, record, "first_look", reason_code=state.value, text=text)
    if not passes:
        unit.audit("dispute.refuse", record.ref, audience_id=record.audience_id)
        return record
    return take(unit, record, Verb.OPEN_DISPUTE, Facts(by=Actor.OMBUDSPERSON, appeal_passes_first_look=True))


def conclude(
    unit: Unit, record: Record, dispute: StoredDispute, *, outcome: Outcome, text: str, by: Actor
) -> Record:
    """Put a decision into effect: its reasons are stored, the mark goes when no other appeal is open, a record may come down, and
    its author is asked for the correction that was decided. What council decides is closed for good.
    """
    final = DisputeState.CLOSED if by is Actor.COUNCIL else DisputeState.DECIDED
    done = replace(
        dispute,
        state=final.value,
        outcome=outcome.value,
        outcome_text=text,
        decided_at=unit.now,
    )
    editorial.store(unit.db, done)
    give_reason(unit, record, "dispute_outcome", reason_code=outcome.value, text=text)
    if record.under_dispute and not _others_open(unit, record):
        record = _unmark(
            unit, record, Facts(by=by, dispute_decided=True, reason_code=outcome, reason_text=text)
        )
    else:
        record = settle(unit, record)  # allied nodes hear which claims are still disputed
    if outcome is Outcome.RECORD_WITHDRAWN and record.state is not State.WITHDRAWN:
        record = _withdraw(unit, record, text, by)
    if outcome in (Outcome.CORRECTED, Outcome.CLAIM_WITHDRAWN):
        record = _to_correct(unit, record, outcome)
    unit.emit("dispute.decided", record.id)
    return record


def _to_correct(unit: Unit, record: Record, outcome: Outcome) -> Record:
    """A task for the author, until a new version is published. Readers see at once that one is due (4.2.4)."""
    level = policies.service_levels().services["correction_version"]
    due = end_of_working_days(unit.now, level.amount, policies.holidays())
    asked = {"outcome": outcome.value, "due": due.isoformat()}
    record = settle(unit, replace(record, facts={**record.facts, TO_CORRECT: asked}))
    unit.audit("dispute.correction_due", record.ref, audience_id=record.audience_id, outcome=outcome.value)
    unit.emit("dispute.correction_due", record.id)
    return record


def _unmark(unit: Unit, record: Record, facts: Facts) -> Record:
    """While a correction is in review, or after a withdrawal, there is no step to take; the mark goes all the same."""
    if record.state is State.PUBLISHED:
        return take(unit, record, Verb.CLOSE_DISPUTE, facts)
    return settle(unit, replace(record, under_dispute=False))


def _withdraw(unit: Unit, record: Record, text: str, by: Actor) -> Record:
    facts = Facts(
        by=by, reason_code="appeal_upheld", reason_text=text, appeal_upheld=True, council_agrees=True
    )
    tombstone = {
        "title": "",
        "withdrawn_at": unit.now.isoformat(),
        "reason_code": "appeal_upheld",
        "reason": text,
    }
    return take(
        unit, record, Verb.WITHDRAW, facts, tombstone=tombstone, facts={**record.facts, "body_sealed": True}
    )


def _others_open(unit: Unit, record: Record) -> bool:
    return any(
        one.state == DisputeState.OPEN.value
        or (one.state == DisputeState.BEFORE_COUNCIL.value and one.decided_at is not None)
        for one in editorial.of_record(unit.db, editorial.StoredDispute, record.id)
    )
