"""Propose a correction of a record that is somebody else's, and decide on such a proposal (J-12.1, J-12.2).

A proposal is never an edit. Accepting one begins an ordinary correction with the claim filled in, which its reviewers decide on and
which then travels to every holder. Between nodes both the proposal and the decision are signed notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, TooMany
from comity.domain.notice import Answer, What
from comity.domain.notice import Proposal as ProposalBody
from comity.domain.proposal import TEXT_CHARACTERS, ProposalState, proposal_problems
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services import correct, draft, tell
from comity.services.follow_inputs import version_in_force
from comity.services.onward import answers_for
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.stix.notices import notice_id
from comity.storage import audiences, organizations, people, proposals, records
from comity.storage.proposals import Proposal

__all__ = ["Line", "Proposal", "accept", "decline", "may_propose", "mine", "of_record", "propose", "waiting"]

MOST_A_DAY: Final = 20


@dataclass(frozen=True)
class Line:
    """One proposal as either side sees it. `who` is the organization or the node it came from."""

    proposal: Proposal
    record: Record | None
    who: str


def may_propose(unit: Unit, record: Record) -> bool:
    """Published and in force, and not the viewer's own, who corrects it."""
    mine = record.author == unit.viewer.person
    return record.is_published and record.tombstone is None and not mine and unit.viewer.may("comment")


def propose(unit: Unit, *, ref: str, text: str, claim: Mapping[str, Any] | None = None) -> Proposal:
    """Put a correction before the originator: words, and a claim with its sources where there is one."""
    unit.need("comment")
    record = find_record(unit, ref)
    if not may_propose(unit, record):
        raise Conflict("Only what is published and in force is corrected, and by its author directly.")
    problems = proposal_problems(text, claim)
    if problems:
        raise Invalid(problems)
    day = timedelta(days=1)
    if proposals.since(unit.db, unit.viewer.person or "", unit.now - day) >= MOST_A_DAY:
        raise TooMany(int(day.total_seconds()))
    return _sent(unit, record, text.strip(), dict(claim or {}))


def _sent(unit: Unit, record: Record, text: str, claim: dict[str, Any]) -> Proposal:
    abroad = record.origin_node != unit.node.node_id
    version = version_in_force(_node(unit), record)
    sector = unit.viewer.sector.value if unit.viewer.sector else "none"
    name, made_at = notice_id(uuid4()), unit.now
    if abroad:
        notice = tell.to_inbox(
            unit,
            to=record.origin_node,
            what=What.PROPOSAL,
            body=ProposalBody(uid=record.uid, version=version, text=text, sector=sector, claim=claim),
            tlp=audiences.load(unit.db, record.audience_id).tlp,
            record_uid=record.uid,
        )
        name, made_at = notice.id, notice.at
    proposal = Proposal(
        id=name,
        outward=abroad,
        record_uid=record.uid,
        version=version,
        node_id=record.origin_node,
        sector=sector,
        text=text,
        claim=claim,
        state=ProposalState.OPEN.value,
        made_at=made_at,
        made_by=unit.viewer.person or "",
    )
    proposals.add(unit.db, proposal)
    unit.audit("proposal.make", record.ref, audience_id=record.audience_id)
    if not abroad:
        unit.emit("proposal.made", record.id)
    return proposal


def _node(unit: Unit) -> Unit:
    return unit.acting_as(Viewer.system(unit.node.node_id, "proposed corrections"))


def accept(unit: Unit, *, proposal_id: str, text: str = "") -> Record:
    """The author takes it up: a correction begins with the claim in it, or the one that is under way gets it."""
    proposal, record = _held(unit, proposal_id)
    if record.author != unit.viewer.person:
        raise NotAllowed("The author takes a proposal up, because a correction is the author’s to write.")
    working = record.working_revision_id != record.published_revision_id
    if not working:
        record = correct.begin(unit, ref=record.ref)
    _, revision = draft.working(unit, record.ref)
    content = draft.full_content(unit, revision)
    if proposal.claim:
        content["claims"] = [*content.get("claims", ()), _ours(proposal.claim)]
        record = draft.save(unit, ref=record.ref, content=content, handling=revision.handling)
    _decided(unit, proposal, record, ProposalState.ACCEPTED, text)
    return record


def _ours(claim: Mapping[str, Any]) -> dict[str, Any]:
    """The claim without its number and without grades and markings, which are given here anew."""
    sources = [
        {
            name: value
            for name, value in one.items()
            if name not in ("reliability", "credibility", "grading_reason")
        }
        for one in claim.get("sources", ())
    ]
    dropped = ("claim_id", "tlp", "reply_ref")
    return {**{name: value for name, value in claim.items() if name not in dropped}, "sources": sources}


def decline(unit: Unit, *, proposal_id: str, text: str) -> Proposal:
    """The originator does not take it up, and says why (G-09). Whoever made it may still appeal."""
    proposal, record = _held(unit, proposal_id)
    if not text.strip() or len(text) > TEXT_CHARACTERS:
        raise Invalid([Problem("text", "missing", "Say why not: whoever proposed it reads it.")])
    return _decided(unit, proposal, record, ProposalState.DECLINED, text)


def _held(unit: Unit, proposal_id: str) -> tuple[Proposal, Record]:
    proposal = proposals.lock(unit.db, proposal_id)
    record = records.get(unit.db, unit.viewer, proposal.record_uid) if proposal else None
    if proposal is None or record is None or proposal.outward or not answers_for(unit, record):
        raise NotFound
    if proposal.state != ProposalState.OPEN.value:
        raise Conflict("This was decided already.")
    return proposal, record


def _decided(unit: Unit, proposal: Proposal, record: Record, state: ProposalState, text: str) -> Proposal:
    done = replace(
        proposal,
        state=state.value,
        reason=text.strip(),
        decided_by=unit.viewer.person or "",
        decided_at=unit.now,
    )
    proposals.store(unit.db, done)
    unit.audit(f"proposal.{state.verb}", record.ref, audience_id=record.audience_id)
    if done.node_id == unit.node.node_id:
        unit.emit("proposal.decided", record.id, accounts=[done.made_by])
        return done
    tell.to_inbox(
        unit,
        to=done.node_id,
        what=What.ANSWER,
        body=Answer.model_validate({"about": done.id, "result": state.value, "text": done.reason}),
        tlp=audiences.load(unit.db, record.audience_id).tlp,
        record_uid=record.uid,
    )
    return done


def waiting(unit: Unit) -> Sequence[Line]:
    """Open proposals that this viewer may decide on, oldest first, under their own rule."""
    if unit.viewer.person is None:
        return []
    found = _lines(unit, proposals.to_decide(unit.db))
    return [line for line in found if line.record and answers_for(unit, line.record)]


def open_for(unit: Unit, record: Record) -> list[Proposal]:
    """The open proposals about one record that this viewer may decide on."""
    if not answers_for(unit, record):
        return []
    return [
        one
        for one in proposals.of_record(unit.db, record.uid)
        if one.state == ProposalState.OPEN and not one.outward
    ]


def waiting_of(unit: Unit, ref: str) -> Sequence[Line]:
    """As `open_for`, with words for a page."""
    return _lines(unit, open_for(unit, find_record(unit, ref)))


def mine(unit: Unit) -> Sequence[Line]:
    """What the viewer proposed, newest first."""
    return _lines(unit, proposals.made_by(unit.db, {unit.viewer.person or "-"}))[::-1]


def of_record(unit: Unit, record: Record) -> Sequence[Line]:
    """The proposals about one record: all of them for its originator and the editors, one's own for everybody else (S9)."""
    if unit.viewer.person is None:
        return []
    found = proposals.of_record(unit.db, record.uid)
    ours = record.origin_node == unit.node.node_id and record.organization == unit.viewer.organization
    if not (ours or answers_for(unit, record) or Role.EDITOR in unit.viewer.roles):
        found = [one for one in found if one.made_by == unit.viewer.person]
    return _lines(unit, found)


def line(unit: Unit, proposal: Proposal) -> Line:
    """One proposal in words."""
    return _lines(unit, [proposal])[0]


def _lines(unit: Unit, found: Sequence[Proposal]) -> list[Line]:
    accounts = {
        one.id: one for one in people.accounts(unit.db, ids={one.made_by for one in found if one.made_by})
    }
    names = organizations.names(unit.db, {one.organization for one in accounts.values()})
    known = {uid: records.get(unit.db, unit.viewer, uid) for uid in {one.record_uid for one in found}}
    return [
        Line(
            one,
            known[one.record_uid],
            names.get(accounts[one.made_by].organization, "") if one.made_by in accounts else one.node_id,
        )
        for one in found
    ]
