"""Sharing through the API: releases to allied nodes, requests to pass on, proposed corrections, tear-lines, inputs in doubt.

The same steps as the pages, by the same services, and found by nobody else: a step that is not open to the caller answers as a
record that does not exist (H-04). Every call that changes something needs `write:editorial`. No program releases a record: that is
done by people at a screen, and only what came of it is read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from comity.api.desk import Code, Words, need_scope
from comity.api.drafts import Taken
from comity.api.shapes import RecordHead, Shape
from comity.domain.errors import NotFound
from comity.domain.onward import PASSAGE_CHARACTERS
from comity.domain.proposal import TEXT_CHARACTERS
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import list_releases, onward, propose, release, stand_by, tear
from comity.services.offer import offers
from comity.services.read import find_record

router = new_router(prefix="/records/{ref}", tags=["sharing"])

Long = Annotated[str, StringConstraints(max_length=PASSAGE_CHARACTERS)]
Recipient = Annotated[str, StringConstraints(max_length=140)]
Short = Annotated[str, StringConstraints(max_length=release.CONDITIONS_CHARACTERS)]


class ReasonIn(Taken):
    """Words that whoever asked reads."""

    text: Short


class WordsIn(Taken):
    """Why, for the log of the record."""

    text: Words


class ReleaseOut(Shape):
    """One decision. `reasons` are codes of the release check, or words, when it was refused."""

    id: int
    version: str
    node: str
    organizations: list[str]
    purpose: str
    conditions: str
    state: str = Field(description="asked, agreed, executed or refused.")
    reasons: list[str]
    asked_at: datetime
    executed_at: datetime | None


class Releases(Shape):
    """Newest first."""

    items: list[ReleaseOut]


class OnwardIn(Taken):
    """`recipient` is `any`, `group:…`, `org:…` or `node:…`; an empty passage means the whole record."""

    recipient: Recipient
    purpose: Code
    passage: Long = ""


class AnswerIn(Taken):
    """`text` holds the changed words or the reason for a no; `tear_line` the reference of a tear-line."""

    answer: Literal["yes", "yes_with_changes", "tearline", "no"]
    text: Long = ""
    tear_line: Code = ""


class OnwardOut(Shape):
    """One request. After `due_at` without an answer it is `silent`, which is a no."""

    id: str
    record: str | None
    version: str
    who: str
    recipient: str
    purpose: str
    passage: str
    state: str
    text: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None


class OnwardRequests(Shape):
    """Oldest first."""

    items: list[OnwardOut]


class ProposalIn(Taken):
    """Words, and where there is one a claim with its sources, as in a record."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARACTERS)]
    claim: dict[str, Any] | None = None


class ProposalOut(Shape):
    """One proposed correction."""

    id: str
    record: str | None
    version: str
    who: str
    sector: str
    text: str
    claim: dict[str, Any]
    state: str
    reason: str
    made_at: datetime
    decided_at: datetime | None


class Proposals(Shape):
    """Oldest first."""

    items: list[ProposalOut]


class PassageOut(Shape):
    """One piece that can be torn off."""

    path: str
    label: str
    text: str


class TearLinesOut(Shape):
    """Tear-lines that the caller may read, and for the author what can be torn off."""

    items: list[str]
    passages: list[PassageOut]


class TearIn(Taken):
    """The marking of the new record and the paths of the chosen passages."""

    tlp: Code
    passages: list[Code] = Field(min_length=1, max_length=500)


@router.get("/releases")
@capability("signed-in")
def releases(ctx: Ctx, ref: str) -> Releases:
    """For the originator and those who carry releases out; empty for everybody else."""
    found = list_releases.of_record(ctx.unit, find_record(ctx.unit, ref))
    return Releases(items=[_release(one) for one in found])


@router.get("/onward-requests")
@capability("signed-in")
def onward_requests(ctx: Ctx, ref: str) -> OnwardRequests:
    """All for the originator, those of one's own organization for everybody else."""
    found = onward.of_record(ctx.unit, find_record(ctx.unit, ref))
    return OnwardRequests(items=[_request(one) for one in found])


@router.post("/onward-requests", status_code=201)
@capability("request_advice")
def ask_onward(ctx: Ctx, ref: str, sent: OnwardIn) -> OnwardOut:
    """Ask the originator whether it may go on."""
    need_scope(ctx)
    made = onward.ask(ctx.unit, ref=ref, recipient=sent.recipient, purpose=sent.purpose, passage=sent.passage)
    return _request(onward.line(ctx.unit, made))


@router.post("/onward-requests/{request_id}/answer")
@capability("signed-in")
def answer_onward(ctx: Ctx, ref: str, request_id: str, sent: AnswerIn) -> OnwardOut:
    """The originator's answer. 409 when it was answered or its time is over."""
    need_scope(ctx)
    about = onward.of_record(ctx.unit, find_record(ctx.unit, ref))
    _known((one.request.id for one in about), request_id)
    made = onward.answer(
        ctx.unit, request_id=request_id, answer=sent.answer, text=sent.text, tear_line=sent.tear_line
    )
    return _request(onward.line(ctx.unit, made))


@router.get("/proposals")
@capability("signed-in")
def proposals(ctx: Ctx, ref: str) -> Proposals:
    """All for the originator and the editors, one's own for everybody else."""
    found = propose.of_record(ctx.unit, find_record(ctx.unit, ref))
    return Proposals(items=[_proposal(one) for one in found])


@router.post("/proposals", status_code=201)
@capability("comment")
def make_proposal(ctx: Ctx, ref: str, sent: ProposalIn) -> ProposalOut:
    """Put a correction before the originator."""
    need_scope(ctx)
    return _proposal(
        propose.line(ctx.unit, propose.propose(ctx.unit, ref=ref, text=sent.text, claim=sent.claim))
    )


@router.post("/proposals/{proposal_id}/acceptance")
@capability("correct", "own")
def accept_proposal(ctx: Ctx, ref: str, proposal_id: str) -> RecordHead:
    """The author takes it up: a correction begins with the claim in it."""
    _about_proposal(ctx, ref, proposal_id)
    return RecordHead.of(propose.accept(ctx.unit, proposal_id=proposal_id))


@router.post("/proposals/{proposal_id}/refusal")
@capability("signed-in")
def decline_proposal(ctx: Ctx, ref: str, proposal_id: str, sent: ReasonIn) -> ProposalOut:
    """The originator does not take it up, and says why."""
    _about_proposal(ctx, ref, proposal_id)
    return _proposal(
        propose.line(ctx.unit, propose.decline(ctx.unit, proposal_id=proposal_id, text=sent.text))
    )


@router.get("/tear-lines")
@capability("signed-in")
def tear_lines(ctx: Ctx, ref: str) -> TearLinesOut:
    """From the stricter record to its tear-lines; there is no way back."""
    record = find_record(ctx.unit, ref)
    pieces = tear.choices(ctx.unit, ref) if tear.may_tear(ctx.unit, record) else ()
    return TearLinesOut(
        items=[one.ref for one in tear.tear_lines(ctx.unit, record)],
        passages=[PassageOut(path=one.path, label=one.label, text=one.text) for one in pieces],
    )


@router.post("/tear-lines", status_code=201)
@capability("draft")
def tear_line(ctx: Ctx, ref: str, sent: TearIn) -> RecordHead:
    """A new draft with the chosen passages."""
    _offered(ctx, ref, "tear-line")
    return RecordHead.of(tear.tear(ctx.unit, ref=ref, tlp=sent.tlp, chosen=sent.passages))


@router.post("/inputs/review")
@capability("signed-in")
def review_inputs(ctx: Ctx, ref: str, sent: WordsIn) -> RecordHead:
    """The author stands by a record although something it rests on was taken down."""
    _offered(ctx, ref, "inputs")
    return RecordHead.of(stand_by.stand_by(ctx.unit, ref=ref, text=sent.text))


def _offered(ctx: Context, ref: str, step: str) -> None:
    need_scope(ctx)
    if step not in offers(ctx.unit, find_record(ctx.unit, ref)):
        raise NotFound


def _about_proposal(ctx: Context, ref: str, proposal_id: str) -> None:
    need_scope(ctx)
    record = find_record(ctx.unit, ref)
    if onward.answers_for(ctx.unit, record):
        _known((one.proposal.id for one in propose.of_record(ctx.unit, record)), proposal_id)
        return
    raise NotFound


def _known(ids: Iterable[str], asked: str) -> None:
    if asked not in set(ids):
        raise NotFound


def _release(one: list_releases.Line) -> ReleaseOut:
    decision = one.decision
    return ReleaseOut(
        id=decision.id,
        version=one.version,
        node=decision.node_id,
        organizations=list(decision.organizations),
        purpose=decision.purpose,
        conditions=decision.conditions,
        state=decision.state,
        reasons=list(decision.reasons),
        asked_at=decision.asked_at,
        executed_at=decision.executed_at,
    )


def _request(one: onward.Line) -> OnwardOut:
    request = one.request
    return OnwardOut(
        id=request.id,
        record=one.record.ref if one.record else None,
        version=request.version,
        who=one.who,
        recipient=request.recipient,
        purpose=request.purpose,
        passage=request.passage,
        state=request.state,
        text=request.text,
        asked_at=request.asked_at,
        due_at=request.due_at,
        answered_at=request.answered_at,
    )


def _proposal(one: propose.Line) -> ProposalOut:
    proposal = one.proposal
    return ProposalOut(
        id=proposal.id,
        record=one.record.ref if one.record else None,
        version=proposal.version,
        who=one.who,
        sector=proposal.sector,
        text=proposal.text,
        claim=dict(proposal.claim),
        state=proposal.state,
        reason=proposal.reason,
        made_at=proposal.made_at,
        decided_at=proposal.decided_at,
    )
