"""The second appeal: whoever does not accept a first decision asks council, which decides within 40 working days (G-35).

Council decides as elsewhere: half of its seats and three sectors speak, a majority of both for one outcome. Whoever took part
before has no voice that counts. A record that was taken down is not brought back, so there is no second appeal against that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from comity import policies
from comity.domain import council as rules
from comity.domain.council import CouncilVote
from comity.domain.dispute import DisputeState, Outcome, second_decision_by
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role, Sector
from comity.domain.viewer import Viewer
from comity.services.decide import involved
from comity.services.dispute import GROUNDS_CHARACTERS, StoredDispute, brought_in, conclude, find
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.services.withdraw import COUNCIL_SEATS, council
from comity.storage import editorial, records

VOICE: Final = "council_appeal"
_COUNCIL: Final = frozenset({VOICE, "council_withdraw", "council_hold", "council_waiver"})
"""Speaking in council on a record is no part in what was decided about it before."""


def open_to_council(unit: Unit, record: Record) -> list[StoredDispute]:
    """First decisions that this viewer may take to council: those that readers see, and a refusal that they got themselves. The
    ombudsperson does it for whoever has no account.
    """
    if not unit.viewer.signed_in or not record.is_published or record.tombstone is not None:
        return []
    return [
        one
        for one in editorial.of_record(unit.db, StoredDispute, record.id)
        if one.state == DisputeState.DECIDED.value
        or (
            one.state == DisputeState.REFUSED_AT_FIRST_LOOK.value
            and (one.raised_by == unit.viewer.organization or Role.OMBUDSPERSON in unit.viewer.roles)
        )
    ]


def ask(unit: Unit, *, ref: str, dispute_id: int, grounds: str) -> StoredDispute:
    """Take one decision to council, once. The record shows “under dispute” again if the appeal had passed a first look (G-36)."""
    record = held_record(unit, ref)
    dispute = find(unit, record, dispute_id)
    if dispute.id not in {one.id for one in open_to_council(unit, record)}:
        raise Conflict("There is no first decision on this appeal that could be taken to council.")
    if not grounds.strip() or len(grounds) > GROUNDS_CHARACTERS:
        said = f"Say what is wrong with the decision, in up to {GROUNDS_CHARACTERS} characters."
        raise Invalid([Problem("grounds", "length", said)])
    passed = dispute.decided_at is not None
    dispute = editorial.store(
        unit.db,
        replace(
            dispute,
            state=DisputeState.BEFORE_COUNCIL.value,
            due_at=second_decision_by(unit.now, policies.quorum(), policies.holidays()),
        ),
    )
    give_reason(unit, record, "council_asked", reason_code="", text=grounds, dispute=dispute.id)
    record = brought_in(unit, record, Role.COUNCIL_MEMBER)
    if passed and not record.under_dispute:
        record = _marked(unit, record)
    unit.audit("dispute.ask_council", record.ref, audience_id=record.audience_id)
    unit.emit("dispute.council_asked", record.id)
    return dispute


def _marked(unit: Unit, record: Record) -> Record:
    if record.state is State.PUBLISHED:
        system = unit.acting_as(Viewer.system(unit.node.node_id, "second appeal"))
        facts = Facts(by=Actor.OMBUDSPERSON, appeal_passes_first_look=True)
        return take(system, record, Verb.OPEN_DISPUTE, facts)
    return settle(unit, replace(record, under_dispute=True))


def before_council(unit: Unit, record: Record) -> list[StoredDispute]:
    """Appeals against this record that wait for council, for its members who may speak on them."""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        return []
    return [
        one
        for one in editorial.of_record(unit.db, StoredDispute, record.id)
        if one.state == DisputeState.BEFORE_COUNCIL.value and unit.viewer.person in _seated(unit, record)
    ]


def grounds_of(unit: Unit, record: Record, dispute: StoredDispute) -> str:
    """What council is asked to look at: the grounds of the second appeal after those of the first."""
    asked = [
        one.text
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if one.what == "council_asked" and one.details.get("dispute") == dispute.id
    ]
    return "\n\n".join([dispute.grounds, *asked])


def vote(unit: Unit, *, ref: str, dispute_id: int, outcome: str, text: str) -> Record:
    """One council member's voice for an outcome, with its reasons. Their last word counts until council has decided."""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        raise NotAllowed("Council decides second appeals.")
    record = held_record(unit, ref)
    dispute = find(unit, record, dispute_id)
    if dispute.state != DisputeState.BEFORE_COUNCIL.value:
        raise Conflict("This appeal is not before council.")
    check_reason("dispute_outcome", outcome, text)
    if unit.viewer.person not in _seated(unit, record):
        raise NotFound
    give_reason(unit, record, VOICE, reason_code=outcome, text=text, dispute=dispute_id)
    unit.audit("dispute.council_vote", record.ref, audience_id=record.audience_id)
    spoken = _spoken(unit, record, dispute)
    if not _agreed(unit, record, spoken, outcome):
        return record
    reasons = "\n\n".join(one.text for one in spoken.values() if one.reason_code == outcome)
    system = unit.acting_as(Viewer.system(unit.node.node_id, "council"))
    return conclude(system, record, dispute, outcome=Outcome(outcome), text=reasons, by=Actor.COUNCIL)


def _agreed(
    unit: Unit,
    record: Record,
    spoken: Mapping[str, editorial.Decision],
    outcome: str,
) -> bool:
    seated = _seated(unit, record)
    votes = [CouncilVote(who, seated[who], one.reason_code == outcome) for who, one in spoken.items()]
    return rules.decide(
        votes, seats=COUNCIL_SEATS, sectors=policies.quorum().actions.appeal_second.sectors
    ).met


def _seated(unit: Unit, record: Record) -> Mapping[str, Sector]:
    """Members of council against whom no interest stands and who took no part in what is appealed against."""
    before = involved(unit, record, lambda one: one.what in _COUNCIL)
    return {who: sector for who, sector in council(unit, record).items() if who not in before}


def _spoken(unit: Unit, record: Record, dispute: StoredDispute) -> Mapping[str, editorial.Decision]:
    """The last word of each member whose voice counts."""
    seated = _seated(unit, record)
    return {
        one.by: one
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if one.what == VOICE and one.details.get("dispute") == dispute.id and one.by in seated
    }


def waiting(unit: Unit) -> Sequence[int]:
    """Numbers of records with an appeal on which this member of council may speak."""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        return []
    stored = editorial.in_state(unit.db, StoredDispute, DisputeState.BEFORE_COUNCIL.value)
    found = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in stored}))
    return [record.id for record in found.values() if before_council(unit, record)]
