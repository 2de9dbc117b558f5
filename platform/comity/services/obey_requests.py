"""Take up what an allied node asks or answers about records: a release for organizations here, a question about onward use, a
proposed correction, and the answers to our own.

Handlers of `services.obey`: each is given a notice whose signature and addressee were checked, is idempotent by its id, and says
what became of it. A node that does not hold a record learns nothing of it: absent and not for it are one answer (H-04).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from comity.domain.notice import Answer, Answered, Body, Notice, Onward, Outcome, Proposal, Release
from comity.domain.onward import PURPOSES, OnwardState, due_at, in_time, recipient_problems
from comity.domain.proposal import ProposalState, proposal_problems
from comity.domain.record import Record
from comity.domain.signing import Refused, verify_object
from comity.services.deliver import take_answer
from comity.services.held_abroad import ours_held_by
from comity.services.settle import follow_agreement
from comity.services.sign import key_of
from comity.services.take_in import take_in
from comity.services.unit import Unit
from comity.stix.vocabulary import EXTENSION_ID
from comity.storage import onward, organizations, proposals, records, revisions
from comity.storage.onward import OnwardRequest
from comity.storage.proposals import Proposal as StoredProposal

MOST_OPEN: Final = 500
"""Open requests that are kept for one record; a node that asks more is refused."""

TAKEN: Final = Outcome("applied")
_KNOWN_ALREADY: Final = Outcome("applied", changed=False)
_UNKNOWN: Final = Outcome.refusal("unknown-record", "This node has no such record for you.")
_ANSWERS: Final = frozenset(
    {OnwardState.YES, OnwardState.YES_WITH_CHANGES, OnwardState.TEARLINE, OnwardState.NO}
)
_B = TypeVar("_B", bound=Body)


def _body(notice: Notice, kind: type[_B]) -> _B:
    if not isinstance(notice.body, kind):
        raise TypeError(f"{notice.what} with the body of another kind")
    return notice.body


# ---------------------------------------------------------------- a release for organizations here


def obey_release(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Take in the one version inside, for exactly the organizations it names; all of them must be members here (J-10)."""
    body = _body(notice, Release)
    try:
        verified = verify_object(body.record, key_of(unit), now=unit.now)
    except Refused as refused:
        return Outcome.refusal(refused.reason, "The record inside is not what its origin signed.")
    extra = body.record.get("extensions", {}).get(EXTENSION_ID)
    said = (extra.get("uid"), extra.get("record_version")) if isinstance(extra, dict) else ()
    if said != (body.uid, body.version):
        return Outcome.refusal("malformed", "The release names another record than it holds.")
    unknown = [name for name in body.organizations if not _is_member(unit, name)]
    if unknown:
        return Outcome.refusal("unknown-organization", f"Not a member here: {', '.join(unknown)[:200]}.")
    outcome = take_in(unit, verified, sender=sender, release=body)
    if outcome.changed and not outcome.refused:
        _keep_conditions(unit, body)
    return outcome


def _is_member(unit: Unit, name: str) -> bool:
    """By its id here, which another node may also write with this node's name before it."""
    found = organizations.get(unit.db, name.removeprefix(f"{unit.node.node_id}."))
    return found is not None and found.verified


def _keep_conditions(unit: Unit, body: Release) -> None:
    """What the origin asks of the readers stands on the copy."""
    record = records.lock(unit.db, unit.viewer, body.uid)
    if record is not None:
        given = {"purpose": body.purpose, "conditions": body.conditions, "version": body.version}
        records.store(unit.db, replace(record, facts={**record.facts, "release": given}))


# ---------------------------------------------------------------- what others ask of us


def obey_onward(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Put the question before the originator. The answer comes later, as a notice of its own; silence is no on both sides."""
    body = _body(notice, Onward)
    if onward.get(unit.db, notice.id) is not None:
        return _KNOWN_ALREADY
    record = ours_held_by(unit, body.uid, sender)
    if record is None or not _was_published(unit, record, body.version):
        return _UNKNOWN
    if recipient_problems(body.recipient) or body.purpose not in PURPOSES:
        return Outcome.refusal("malformed", "The recipient or the purpose is not one that can be asked for.")
    due = due_at(notice.at)
    if due <= unit.now:
        return Outcome.refusal("too-late", "The ten working days were over when it arrived: that is a no.")
    if sum(one.state == OnwardState.OPEN for one in onward.of_record(unit.db, record.uid)) >= MOST_OPEN:
        return Outcome.refusal("too-many", "Too many requests about this record are open.")
    request = OnwardRequest(
        id=notice.id,
        outward=False,
        record_uid=record.uid,
        version=body.version,
        node_id=sender,
        recipient=_at(sender, body.recipient),
        purpose=body.purpose,
        passage=body.passage,
        state=OnwardState.OPEN.value,
        asked_at=notice.at,
        due_at=due,
    )
    onward.add(unit.db, request)
    unit.audit("onward.asked_of_us", record.ref, audience_id=record.audience_id, node=sender)
    unit.emit("onward.asked", record.id)
    return TAKEN


def _was_published(unit: Unit, record: Record, version: str) -> bool:
    known = revisions.of_record(unit.db, unit.viewer, record.id)
    return any(one.version == version and one.published_at is not None for one in known)


def _at(sender: str, recipient: str) -> str:
    """An organization that a node names is one of its own: none of its names is ever taken for a member here."""
    head, _, name = recipient.partition(":")
    return f"org:{sender}.{name.removeprefix(f'{sender}.')}"[:140] if head == "org" else recipient


def obey_proposal(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Put a proposed correction before the originator. Never an edit; refused where a member here could not propose it either."""
    body = _body(notice, Proposal)
    if proposals.get(unit.db, notice.id) is not None:
        return _KNOWN_ALREADY
    record = ours_held_by(unit, body.uid, sender)
    if record is None or not _was_published(unit, record, body.version):
        return _UNKNOWN
    if found := proposal_problems(body.text, body.claim):
        return Outcome.refusal("invalid-content", f"{found[0].field}: {found[0].message}"[:300])
    if sum(one.state == ProposalState.OPEN for one in proposals.of_record(unit.db, record.uid)) >= MOST_OPEN:
        return Outcome.refusal("too-many", "Too many proposals about this record are open.")
    proposal = StoredProposal(
        id=notice.id,
        outward=False,
        record_uid=record.uid,
        version=body.version,
        node_id=sender,
        sector=body.sector[:20],
        text=body.text,
        claim=dict(body.claim),
        state=ProposalState.OPEN.value,
        made_at=notice.at,
    )
    proposals.add(unit.db, proposal)
    unit.audit("proposal.received", record.ref, audience_id=record.audience_id, node=sender)
    unit.emit("proposal.made", record.id)
    return TAKEN


# ---------------------------------------------------------------- what others answer us


def obey_answer(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """What became of what we asked or sent. One notice may speak of a whole page; each part is taken for itself."""
    outcomes = [_answered(unit, notice, one, sender) for one in _body(notice, Answer).each]
    return next((one for one in outcomes if one.changed), outcomes[0])


def _answered(unit: Unit, notice: Notice, one: Answered, sender: str) -> Outcome:
    """Where the matter is a request of ours its own rules decide; what was sent is written down in either case."""
    alone = notice.model_copy(update={"body": Answer.model_validate(one.model_dump(exclude={"also"}))})
    found = answered_request(unit, alone, sender)
    if found is not None and found.refused:
        return found
    noted = take_answer(unit, alone, sender)
    return noted if found is None else found


def answered_request(unit: Unit, notice: Notice, sender: str) -> Outcome | None:
    """An answer to an onward request or a proposal of ours. None when it is about something else, such as a delivery."""
    body = _body(notice, Answer)
    request = onward.lock(unit.db, body.about)
    if request is not None and request.outward:
        return _answered_onward(unit, request, body, notice, sender)
    proposal = proposals.lock(unit.db, body.about)
    if proposal is not None and proposal.outward:
        return _answered_proposal(unit, proposal, body, notice, sender)
    return None


def _answered_onward(
    unit: Unit, request: OnwardRequest, body: Answer, notice: Notice, sender: str
) -> Outcome | None:
    if request.node_id != sender:
        return Outcome.refusal("foreign-origin", "Only the node that was asked answers.")
    if body.result == "refused":
        return _close_onward(unit, request, OnwardState.NO, body.text or body.reason, notice)
    if body.result not in _ANSWERS:
        return None  # that the request arrived
    late = request.state == OnwardState.SILENT and not in_time(notice.at, request.due_at)
    if late or request.state not in (OnwardState.OPEN, OnwardState.SILENT):
        return _KNOWN_ALREADY
    if not in_time(notice.at, request.due_at):
        return Outcome.refusal("too-late", "The ten working days were over: that is a no.")
    return _close_onward(unit, request, OnwardState(body.result), body.text, notice)


def _close_onward(
    unit: Unit, request: OnwardRequest, state: OnwardState, text: str, notice: Notice
) -> Outcome:
    onward.store(unit.db, replace(request, state=state.value, text=text, answered_at=notice.at))
    copy = records.get(unit.db, unit.viewer, request.record_uid)
    if copy is not None:
        follow_agreement(unit, copy)
    _tell(unit, request.record_uid, "onward.answered", request.asked_by)
    return TAKEN


def _answered_proposal(
    unit: Unit, proposal: StoredProposal, body: Answer, notice: Notice, sender: str
) -> Outcome | None:
    if proposal.node_id != sender:
        return Outcome.refusal("foreign-origin", "Only the node that was asked answers.")
    states = {
        "accepted": ProposalState.ACCEPTED,
        "declined": ProposalState.DECLINED,
        "refused": ProposalState.DECLINED,
    }
    state = states.get(body.result)
    if state is None:
        return None
    if proposal.state != ProposalState.OPEN:
        return _KNOWN_ALREADY
    done = replace(proposal, state=state.value, reason=body.text or body.reason, decided_at=notice.at)
    proposals.store(unit.db, done)
    _tell(unit, proposal.record_uid, "proposal.decided", proposal.made_by)
    return TAKEN


def _tell(unit: Unit, uid: str, what: str, account: str) -> None:
    record = records.get(unit.db, unit.viewer, uid)
    if record is not None:
        unit.audit(f"{what}_to_us", record.ref, audience_id=record.audience_id)
        unit.emit(what, record.id, accounts=[account])
