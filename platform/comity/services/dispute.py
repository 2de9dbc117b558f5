"""Appeals: anybody may raise one, a first look marks the record “under dispute”, a panel of others decides (G-35 to G-37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from comity import policies
from comity.domain.conflict import members_among
from comity.domain.dispute import DisputeState, Outcome, PanelMember, clock, panel_problems
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.storage import audiences, editorial, organizations, people, records
from comity.storage.editorial import StoredDispute

__all__ = ["GROUNDS_CHARACTERS", "StoredDispute", "appeals", "decide", "first_look", "raise_appeal"]

GROUNDS_CHARACTERS = 6000


def raise_appeal(
    unit: Unit, *, ref: str, grounds: str, claim_ids: Sequence[str] = (), by: str = ""
) -> editorial.StoredDispute:
    """Put an appeal before the ombudsperson. `by` is who appeals when it is entered for somebody without an account."""
    record = held_record(unit, ref)
    if not unit.viewer.signed_in:
        raise NotAllowed("Write to the ombudsperson, whose address is on the governance page.")
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
            due_at=clock(unit.now, policies.quorum()).first_decision_by,
        ),
    )
    record = _brought_in(unit, record)
    unit.audit("dispute.raise", record.ref, audience_id=record.audience_id)
    unit.emit("dispute.raised", record.id)
    return dispute


def appeals(unit: Unit, *, ref: str) -> list[editorial.StoredDispute]:
    """Every appeal against a record, oldest first, for the ombudsperson."""
    _ombudsperson(unit)
    record = records.get(unit.db, unit.viewer, ref)
    if record is None:
        raise NotFound
    return editorial.of_record(unit.db, editorial.StoredDispute, record.id)


def _brought_in(unit: Unit, record: Record) -> Record:
    """An appeal against an AMBER record gives it to the ombudsperson, who could not read it otherwise (4.1.3: assigned)."""
    tlp = audiences.load(unit.db, record.audience_id).tlp
    role = f"role:{Role.OMBUDSPERSON.value}"
    if tlp not in (TLP.AMBER, TLP.AMBER_STRICT) or role in record.assigned:
        return record
    return settle(unit, replace(record, assigned=(*record.assigned, role)))


def _find(unit: Unit, record: Record, dispute_id: int) -> editorial.StoredDispute:
    for one in editorial.of_record(unit.db, editorial.StoredDispute, record.id):
        if one.id == dispute_id:
            return one
    raise NotFound


def _ombudsperson(unit: Unit) -> None:
    if Role.OMBUDSPERSON not in unit.viewer.roles:
        raise NotAllowed("The ombudsperson handles appeals.")


def first_look(unit: Unit, *, ref: str, dispute_id: int, passes: bool, text: str) -> Record:
    """The first look: passing shows “under dispute” and stops the disputed claims from driving any grade."""
    _ombudsperson(unit)
    record = held_record(unit, ref)
    dispute = _find(unit, record, dispute_id)
    if dispute.state != DisputeState.RECEIVED.value:
        raise Conflict("The first look was taken already.")
    state = DisputeState.OPEN if passes else DisputeState.REFUSED_AT_FIRST_LOOK
    editorial.store(unit.db, replace(dispute, state=state.value, outcome_text="" if passes else text))
    give_reason(unit, record, "first_look", reason_code=state.value, text=text)
    if not passes:
        unit.audit("dispute.refuse", record.ref, audience_id=record.audience_id)
        return record
    return take(unit, record, Verb.OPEN_DISPUTE, Facts(by=Actor.OMBUDSPERSON, appeal_passes_first_look=True))


def decide(unit: Unit, *, ref: str, dispute_id: int, outcome: str, text: str, panel: Sequence[str]) -> Record:
    """Enter the panel's decision. `panel` are account ids: three people of three sectors who did not take part before."""
    _ombudsperson(unit)
    record = held_record(unit, ref)
    dispute = _find(unit, record, dispute_id)
    if dispute.state != DisputeState.OPEN.value:
        raise Conflict("This appeal is not open.")
    check_reason("dispute_outcome", outcome, text)
    problems = panel_problems(
        _panel(unit, panel),
        originator=record.organization,
        involved=_involved(unit, record),
        named=members_among(record.facts.get("named", ()), organizations.listed(unit.db)),
        policy=policies.quorum(),
    )
    if problems:
        raise Invalid([Problem("panel", "unfit", sentence) for sentence in problems])
    done = replace(
        dispute, state=DisputeState.DECIDED.value, outcome=outcome, outcome_text=text, decided_at=unit.now
    )
    editorial.store(unit.db, done)
    give_reason(unit, record, "dispute_outcome", reason_code=outcome, text=text, panel=sorted(panel))
    facts = Facts(by=Actor.OMBUDSPERSON, dispute_decided=True, reason_code=outcome, reason_text=text)
    record = take(unit, record, Verb.CLOSE_DISPUTE, facts) if not _others_open(unit, record) else record
    if Outcome(outcome) is Outcome.RECORD_WITHDRAWN:
        record = _withdraw(unit, record, text)
    return record


def _withdraw(unit: Unit, record: Record, text: str) -> Record:
    facts = Facts(by=Actor.APPEAL_PANEL, reason_code="appeal_upheld", reason_text=text, appeal_upheld=True)
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
        for one in editorial.of_record(unit.db, editorial.StoredDispute, record.id)
    )


def _panel(unit: Unit, panel: Sequence[str]) -> list[PanelMember]:
    members = {one.id: one for one in organizations.listed(unit.db)}
    return [
        PanelMember(
            one.id,
            one.organization,
            members[one.organization].sector if one.organization in members else None,
        )
        for one in people.accounts(unit.db, ids=panel)
        if one.active
    ]


def _involved(unit: Unit, record: Record) -> set[str]:
    voted = {one.reviewer for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)}
    decided = {one.by for one in editorial.of_record(unit.db, editorial.Decision, record.id)}
    return voted | decided | {record.author}
