"""The desk through the API: read the version under review, vote, grade, ask reviewers, begin the review, send back.

The same steps as the pages, by the same services, and found by nobody else: a step that is not open to the caller answers as a
record that does not exist (H-04). Every call needs `write:editorial`, which a person gives a program knowingly (`domain.scopes`).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Header, Query, Response
from pydantic import Field, StringConstraints

from comity.api.drafts import Taken
from comity.api.shapes import RecordHead, Shape, handling_shown, head
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.domain.roles import Role
from comity.domain.scopes import Scope
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import read, review, triage
from comity.services.examine import Desk, examine, may_triage
from comity.services.offer import offers
from comity.services.publish import awaits_confirmation
from comity.services.reviewers import assigned_reviewers, candidates

router = new_router(prefix="/records/{ref}/desk", tags=["desk"])

Words = Annotated[str, StringConstraints(max_length=2000)]
Long = Annotated[str, StringConstraints(max_length=3000)]
Code = Annotated[str, StringConstraints(max_length=80)]
Seen = Annotated[
    str,
    Header(alias="If-Match", description="The ETag of the desk: the version that was read before voting."),
]
Purpose = Annotated[
    str, Query(max_length=40, description="Why an AMBER or stricter record is opened. It is logged.")
]


class BallotIn(Taken):
    """A vote. Unless it approves, it needs a reason code and words. `interests` are declared for this record (G-20)."""

    decision: Decision
    reason_code: Code = ""
    comment: Words = ""
    dissent: Long = ""
    interests: list[Words] = Field(default=[], max_length=50)
    devils_advocate: bool = False
    innocent_explanation: Long = ""


class GradeIn(Taken):
    """One source, by where it stands: `sources.0`, `claims.1.sources.0`."""

    path: Annotated[
        str, StringConstraints(max_length=80, pattern=r"^(claims\.[0-9]{1,4}\.)?sources\.[0-9]{1,4}$")
    ]
    reliability: Literal["A", "B", "C", "D", "E", "F"]
    credibility: Literal["1", "2", "3", "4", "5", "6"]
    reason: Words = ""


class GradesIn(Taken):
    """The grades of a second person."""

    grades: list[GradeIn] = Field(min_length=1, max_length=500)


class ReviewersIn(Taken):
    """Accounts to ask, besides those who were asked already."""

    reviewers: list[Code] = Field(min_length=1, max_length=50)


class ReasonIn(Taken):
    """Why, for the log of the record."""

    text: Words


class SendBackIn(Taken):
    """`reject` refuses the record; otherwise its author may mend it and hand it in again."""

    reason_code: Code
    text: Words
    reject: bool = False


class CandidateOut(Shape):
    """A reviewer who could be asked, with what stands in the way."""

    account: str
    organization: str
    sector: str | None
    conflicts: list[str]
    asked: bool


class DeskOut(RecordHead):
    """The version that is worked on. `candidates` is for the editor alone; other people's votes are in it for nobody."""

    version: str
    content: dict[str, Any]
    content_hash: str
    tlp: str
    handling: dict[str, Any]
    steps: list[str] = Field(description="What the caller can do next.")
    own_decision: str | None
    candidates: list[CandidateOut] | None


@router.get("")
@capability("signed-in")
def look(ctx: Ctx, ref: str, response: Response, purpose: Purpose = "") -> DeskOut:
    """The version under work, with its ETag, for those it was given to. 404 for everybody else."""
    need_scope(ctx)
    if purpose and purpose not in read.PURPOSES:
        raise Invalid([_purpose("choice")])
    desk = examine(ctx.unit, ref=ref, purpose=purpose)
    if desk.needs_purpose:
        raise Invalid([_purpose("missing")])
    if purpose:
        ctx.afterwards(partial(read.open_with_purpose, ref=ref, purpose=purpose))
    return _desk(ctx, desk, response)


@router.put("/vote")
@capability("vote")
def vote(ctx: Ctx, ref: str, sent: BallotIn, if_match: Seen) -> RecordHead:
    """Cast or replace one's vote on the version that was read. 409 when the text has changed since. It may be repeated."""
    need_scope(ctx)
    desk = _opened(ctx, ref)
    asked = ctx.viewer.person in assigned_reviewers(desk.record)
    open_ = desk.record.state is State.IN_REVIEW or awaits_confirmation(desk.record)
    if not asked or desk.is_author or not open_:
        raise NotFound
    if if_match.strip().removeprefix("W/").strip('"') != desk.revision.content_hash:
        raise Conflict("The text has changed since you opened it. Read it again before you vote.")
    ballot = review.Ballot(**{**sent.model_dump(), "decision": sent.decision})
    try:
        return RecordHead.of(review.vote(ctx.unit, ref=ref, ballot=ballot))
    except Invalid as wrong:
        raise renamed(wrong, text="comment") from None


@router.put("/grades")
@capability("publish", "trigger")
def grade(ctx: Ctx, ref: str, sent: GradesIn) -> RecordHead:
    """Grade sources as a second person. It makes a new version that differs in nothing else."""
    _triaged(ctx, ref)
    grades = [triage.Grade(one.path, one.reliability, one.credibility, one.reason) for one in sent.grades]
    return RecordHead.of(triage.grade_sources(ctx.unit, ref=ref, grades=grades))


@router.post("/reviewers")
@capability("publish", "trigger")
def ask(ctx: Ctx, ref: str, sent: ReviewersIn) -> RecordHead:
    """Ask these reviewers too. It may be repeated: who was asked stays asked."""
    _triaged(ctx, ref)
    return RecordHead.of(triage.assign(ctx.unit, ref=ref, reviewers=sent.reviewers))


@router.post("/reviewers/{account}/release")
@capability("publish", "trigger")
def release(ctx: Ctx, ref: str, account: str, sent: ReasonIn) -> RecordHead:
    """Take a reviewer off who has not voted. 409 for one who has."""
    _triaged(ctx, ref)
    return RecordHead.of(triage.unassign(ctx.unit, ref=ref, reviewer=account, text=sent.text))


@router.post("/begin")
@capability("publish", "trigger")
def begin(ctx: Ctx, ref: str) -> RecordHead:
    """Open the review. 409 names whatever is not ready."""
    _triaged(ctx, ref)
    return RecordHead.of(triage.begin_review(ctx.unit, ref=ref))


@router.post("/send-back")
@capability("publish", "trigger")
def send_back(ctx: Ctx, ref: str, sent: SendBackIn) -> RecordHead:
    """Return it to its author, or refuse it, with a reason that the author reads."""
    _triaged(ctx, ref)
    record = triage.send_back(
        ctx.unit, ref=ref, reason_code=sent.reason_code, text=sent.text, reject=sent.reject
    )
    return RecordHead.of(record)


def need_scope(ctx: Context) -> None:
    """A role alone is not enough for a program. Asked before any record is looked for."""
    if Scope.WRITE_EDITORIAL not in (ctx.viewer.scopes or ()):
        raise NotAllowed("This token has no scope for steps of the desk.")


def renamed(wrong: Invalid, **fields: str) -> Invalid:
    """The same problems under the names that this body has for its fields."""
    return Invalid(
        [Problem(fields.get(one.field, one.field), one.code, one.message) for one in wrong.problems]
    )


def _opened(ctx: Context, ref: str) -> Desk:
    desk = examine(ctx.unit, ref=ref)
    if desk.needs_purpose:
        raise Invalid([_purpose("missing")])
    return desk


def _triaged(ctx: Context, ref: str) -> None:
    need_scope(ctx)
    desk = examine(ctx.unit, ref=ref)
    if not may_triage(ctx.unit, desk) or desk.record.state not in (State.TRIAGE, State.IN_REVIEW):
        raise NotFound
    if desk.needs_purpose:
        raise Invalid([_purpose("missing")])


def _purpose(code: str) -> Problem:
    said = f"Open it first with GET …/desk?purpose=, and one of: {', '.join(read.PURPOSES)}."
    return Problem("purpose", code, said)


def _desk(ctx: Context, desk: Desk, response: Response) -> DeskOut:
    response.headers["etag"] = f'"{desk.revision.content_hash}"'
    editor = Role.EDITOR in ctx.viewer.roles and may_triage(ctx.unit, desk)
    return DeskOut(
        **head(desk.record),
        version=desk.revision.version,
        content=dict(desk.content),
        content_hash=desk.revision.content_hash,
        tlp=desk.tlp,
        handling=handling_shown(desk.revision.handling, to_author=desk.is_author),
        steps=list(offers(ctx.unit, desk.record)),
        own_decision=desk.own_vote.decision if desk.own_vote else None,
        candidates=_candidates(ctx, desk) if editor else None,
    )


def _candidates(ctx: Context, desk: Desk) -> list[CandidateOut]:
    asked = assigned_reviewers(desk.record)
    return [
        CandidateOut(
            account=one.account,
            organization=one.organization.id,
            sector=one.organization.sector.value if one.organization.sector else None,
            conflicts=list(one.conflicts),
            asked=one.account in asked,
        )
        for one in candidates(ctx.unit, desk.record)
    ]
