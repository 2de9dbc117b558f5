"""Pause a record before publication: anybody may ask, two sectors must agree, and it ends by itself (G-06, J-07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from comity import policies
from comity.domain import hold as rules
from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.hold import Hold, HoldState
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.quorum import Decision, Vote
from comity.domain.record import Record
from comity.domain.roles import Role, Sector
from comity.domain.viewer import Viewer
from comity.services.publish import advance
from comity.services.reviewers import entitled, found_conflicts
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.services.withdraw import council_votes
from comity.storage import editorial, organizations, records


def ask(unit: Unit, *, ref: str, reason_code: str, text: str, ends_at: datetime) -> Record:
    """Ask for a hold. Raises `Invalid` for a missing reason or an end more than 14 days ahead."""
    unit.need("request_hold")
    record = held_record(unit, ref, copies=True)
    earlier = editorial.of_record(unit.db, editorial.StoredHold, record.id)
    problems = rules.request_problems(
        reason_code=reason_code,
        text=text,
        ends_at=ends_at,
        now=unit.now,
        earlier_holds=len([one for one in earlier if one.state != HoldState.LAPSED.value]),
        policy=policies.quorum(),
        reasons=policies.reason_codes(),
    )
    if problems:
        raise Invalid(problems)
    editorial.add(
        unit.db,
        editorial.StoredHold(
            record_id=record.id,
            state=HoldState.REQUESTED.value,
            requested_by=unit.viewer.person or "",
            sector=unit.viewer.sector.value if unit.viewer.sector else "",
            reason_code=reason_code,
            text=text,
            requested_at=unit.now,
            ends_at=ends_at,
        ),
    )
    give_reason(unit, record, "hold", reason_code=reason_code, text=text, ends_at=ends_at.isoformat())
    unit.audit("hold.ask", record.ref, audience_id=record.audience_id, reason=reason_code)
    unit.emit("hold.asked", record.id)
    return record


def current(unit: Unit, record: Record) -> editorial.StoredHold | None:
    """The hold that is asked for or in force."""
    holds = editorial.of_record(unit.db, editorial.StoredHold, record.id)
    alive = (HoldState.REQUESTED.value, HoldState.IN_FORCE.value)
    return next((one for one in reversed(holds) if one.state in alive), None)


def _must(unit: Unit, record: Record) -> editorial.StoredHold:
    stored = current(unit, record)
    if stored is None:
        raise Conflict("No hold has been asked for.")
    return stored


def agree(unit: Unit, *, ref: str, agrees: bool) -> Record:
    """A reviewer says whether the record should be held. It takes effect by itself when two sectors, one non-government, agree."""
    if Role.REVIEWER not in unit.viewer.roles:
        raise NotAllowed("Reviewers agree to a hold.")
    record = held_record(unit, ref, copies=True)
    stored = _must(unit, record)
    organization = organizations.get(unit.db, unit.viewer.organization or "")
    vote = {
        "by": unit.viewer.person,
        "organization": unit.viewer.organization,
        "sector": unit.viewer.sector.value if unit.viewer.sector else "",
        "majority_government_funded": bool(organization and organization.majority_government_funded),
        "agrees": agrees,
    }
    stored = editorial.store(unit.db, replace(stored, votes=(*stored.votes, vote)))
    unit.audit("hold.vote", record.ref, audience_id=record.audience_id, agrees=agrees)
    return _advance(unit, record, stored)


def _hold(stored: editorial.StoredHold) -> Hold:
    return Hold(
        HoldState(stored.state),
        stored.reason_code,
        stored.requested_by,
        stored.requested_at,
        stored.ends_at,
        stored.renewals,
    )


def _agreed(unit: Unit, record: Record, stored: editorial.StoredHold) -> bool:
    standing = entitled(unit)
    votes = [
        Vote(
            reviewer_id=str(one["by"]),
            organization=str(one["organization"]),
            sector=Sector(one["sector"]) if one["sector"] else None,
            decision=Decision.APPROVE if one["agrees"] else Decision.REJECT,
            revision=0,
            majority_government_funded=bool(one.get("majority_government_funded")),
            conflict=bool(found_conflicts(unit, record, str(one["organization"]))),
            assigned=str(one["by"]) in standing,
        )
        for one in stored.votes
    ]
    found = rules.hold_tally(
        votes,
        _hold(stored),
        originator=record.organization,
        authors=[record.author],
        policy=policies.quorum(),
    )
    return found.met


def _advance(unit: Unit, record: Record, stored: editorial.StoredHold) -> Record:
    agreed = _agreed(unit, record, stored)
    moved = rules.advance(_hold(stored), agreed=agreed, now=unit.now)
    under_order = record.state is State.LEGALLY_RESTRICTED and moved.state is HoldState.ENDED
    if moved.state.value == stored.state or under_order:
        return record  # a hold over which an order came ends after it, or the record would go back to a pause without an end
    editorial.store(unit.db, replace(stored, state=moved.state.value))
    system = unit.acting_as(Viewer.system(unit.node.node_id, "hold"))
    if moved.state is HoldState.IN_FORCE:
        facts = Facts(
            by=Actor.SYSTEM, reason_code=stored.reason_code, reason_text=stored.text, hold_agreed=True
        )
        return take(
            system,
            record,
            Verb.HOLD,
            facts,
            held_from=record.state.value,
            tombstone=_notice(unit, record, stored),
        )
    if moved.state is HoldState.ENDED and record.state is State.HELD:
        resumed = take(
            system, record, Verb.RESUME, Facts(by=Actor.SYSTEM, hold_over=True), held_from="", tombstone=None
        )
        return advance(unit, resumed)
    return record


def _notice(unit: Unit, record: Record, stored: editorial.StoredHold) -> dict[str, str] | None:
    """What readers of a published record see while it is held: that it is, why, and until when."""
    if not record.is_published:
        return None
    return {
        "title": "",
        "held_at": unit.now.isoformat(),
        "until": stored.ends_at.isoformat(),
        "reason_code": stored.reason_code,
        "reason": "Paused for a time. The record returns by itself.",
    }


def end_due(unit: Unit) -> list[str]:
    """For the node's clock: end or lapse every hold whose time is over. Returns the references."""
    moved = []
    for stored in editorial.in_state(
        unit.db, editorial.StoredHold, HoldState.REQUESTED.value, HoldState.IN_FORCE.value
    ):
        record = records.by_ids(unit.db, unit.viewer, [stored.record_id]).get(stored.record_id)
        if record is not None and stored.ends_at <= unit.now:
            _advance(unit, held_record(unit, record.ref), stored)
            moved.append(record.ref)
    return moved


def renew(unit: Unit, *, ref: str, new_end: datetime, agrees: bool) -> Record:
    """A council member's voice on renewing a hold, which is possible once and needs two non-government sectors."""
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        raise NotAllowed("Only council renews a hold.")
    record = held_record(unit, ref, copies=True)
    stored = _must(unit, record)
    ends = new_end.astimezone(UTC).isoformat()
    give_reason(
        unit, record, "council_hold", reason_code=stored.reason_code, text="", agrees=agrees, new_end=ends
    )
    voices = council_votes(unit, record, "council_hold", new_end=ends)
    agreeing = [one.sector for one in voices if one.agrees]
    problems = rules.renewal_problems(
        _hold(stored), new_end=new_end, council_sectors=agreeing, now=unit.now, policy=policies.quorum()
    )
    waiting = [one for one in problems if one.startswith("Council renews")]
    if len(problems) > len(waiting):
        raise Invalid([Problem("new_end", "not-renewable", one) for one in problems if one not in waiting])
    unit.audit("hold.renew_vote", record.ref, audience_id=record.audience_id, agrees=agrees)
    if not waiting:
        held = rules.renewed(_hold(stored), new_end)
        editorial.store(unit.db, replace(stored, ends_at=held.ends_at, renewals=held.renewals))
    return record
