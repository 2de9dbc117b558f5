"""A reviewer votes. Whatever the vote, the machine then looks whether the quorum is met; nobody presses “publish”."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.quorum import Decision, Tally
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.services.draft import working
from comity.services.publish import advance, awaits_confirmation
from comity.services.reviewers import assigned_reviewers, count, count_returns, found_conflicts
from comity.services.step import give_reason, take
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.storage import editorial, organizations

DISSENT_WORDS = 300


@dataclass(frozen=True)
class Ballot:
    """What a reviewer hands in. `interests` are declared for this item (G-20); `dissent` is published with the record (G-10)."""

    decision: Decision
    reason_code: str = ""
    comment: str = ""
    dissent: str = ""
    interests: Sequence[str] = ()
    devils_advocate: bool = False
    innocent_explanation: str = ""


def vote(unit: Unit, *, ref: str, ballot: Ballot) -> Record:
    """Cast or replace one's vote on the version under review. Raises `Invalid` naming the field."""
    unit.need("vote")
    record, revision = working(unit, ref)
    _may_vote(unit, record)
    _check(ballot)
    organization = organizations.get(unit.db, unit.viewer.organization or "")
    if organization is None or unit.viewer.person is None:
        raise NotFound
    conflicts = found_conflicts(
        unit, record, organization.id, [one for one in ballot.interests if one.strip()]
    )
    editorial.add(
        unit.db,
        editorial.StoredVote(
            record_id=record.id,
            revision_id=revision.id,
            reviewer=unit.viewer.person,
            organization=organization.id,
            sector=organization.sector.value if organization.sector else "",
            majority_government_funded=organization.majority_government_funded,
            decision=ballot.decision.value,
            devils_advocate=ballot.devils_advocate,
            innocent_explanation=ballot.innocent_explanation,
            interests=tuple(ballot.interests),
            conflicts=tuple(conflicts),
            reason_code=ballot.reason_code,
            comment=ballot.comment,
            dissent=ballot.dissent,
            at=unit.now,
        ),
    )
    unit.audit(
        "review.vote",
        record.ref,
        audience_id=record.audience_id,
        decision=ballot.decision.value,
        conflict=bool(conflicts),
    )
    record = _returned(unit, record, ballot)
    return advance(unit, record)


def _may_vote(unit: Unit, record: Record) -> None:
    if Role.REVIEWER not in unit.viewer.roles or unit.viewer.person not in assigned_reviewers(record):
        raise NotAllowed("Only reviewers who were asked vote on a record.")
    if record.author == unit.viewer.person:
        raise NotAllowed("Nobody votes on their own record.")
    if record.state is not State.IN_REVIEW and not awaits_confirmation(record):
        raise Conflict("This record is not being reviewed.")


def _check(ballot: Ballot) -> None:
    problems = []
    if ballot.decision is not Decision.APPROVE:
        check_reason(
            "reject" if ballot.decision is Decision.REJECT else "return", ballot.reason_code, ballot.comment
        )
    if len(ballot.dissent.split()) > DISSENT_WORDS:
        problems.append(Problem("dissent", "too-long", f"A dissent has at most {DISSENT_WORDS} words."))
    if ballot.devils_advocate and not ballot.innocent_explanation.strip():
        problems.append(Problem("innocent_explanation", "missing", "Write the best innocent explanation."))
    if problems:
        raise Invalid(problems)


def _returned(unit: Unit, record: Record, ballot: Ballot) -> Record:
    """One voice returns nothing; the rule `return_to_author` does (no veto, G-41)."""
    if ballot.decision is Decision.APPROVE or record.state is not State.IN_REVIEW:
        return record
    rejecting = count_returns(unit, record, reject_only=True).met
    if not rejecting and not count_returns(unit, record).met:
        return record
    facts = Facts(
        by=Actor.REVIEWER,
        reason_code=ballot.reason_code,
        reason_text=ballot.comment,
        return_quorum_met=True,
        reject_quorum_met=rejecting,
    )
    give_reason(
        unit, record, "reject" if rejecting else "return", reason_code=ballot.reason_code, text=ballot.comment
    )
    return take(unit, record, Verb.REJECT if rejecting else Verb.REQUEST_CHANGES, facts)


def standing(unit: Unit, record: Record) -> Tally:
    """The count as the queue shows it to those at work on the record."""
    return count(unit, record)
