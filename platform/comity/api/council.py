"""The second appeal and council's own part in it through the API, and council's voice on waiving notice again (G-32, G-35).

Each is offered to the caller, or it is not found, as on the pages (S4, H-04). Council's voice on a withdrawal is given at a screen.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from comity.api.desk import Code, Words, need_scope
from comity.api.drafts import Taken
from comity.api.shapes import RecordHead, Shape
from comity.api.steps import DecisionIn
from comity.domain.errors import NotAllowed, NotFound
from comity.domain.record import Record
from comity.domain.scopes import Scope
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import appeal_again, show_interests, waive_again
from comity.services.dispute import GROUNDS_CHARACTERS
from comity.services.offer import offers
from comity.services.read import find_record

router = new_router(prefix="/records/{ref}", tags=["council"])


class SecondAppealIn(Taken):
    """What is wrong with the first decision. Do not name private persons."""

    grounds: Annotated[str, StringConstraints(min_length=1, max_length=GROUNDS_CHARACTERS)]


class WaiverIn(Taken):
    """May notice to the named organizations wait 30 days more? The reason is one of `waiver`."""

    agrees: bool
    reason_code: Code
    text: Words


class BeforeCouncil(Shape):
    """One appeal as council reads it. Who raised it is not in it."""

    id: int
    grounds: str
    claims: list[str]
    first_outcome: str
    first_reasons: str
    due_at: AwareDatetime


class AppealsBeforeCouncil(Shape):
    """Oldest first."""

    items: list[BeforeCouncil]


@router.post("/appeals/{appeal_id}/council", status_code=201)
@capability("signed-in")
def ask_council(ctx: Ctx, ref: str, appeal_id: int, sent: SecondAppealIn) -> RecordHead:
    """Take a first decision to council, once. 409 when there is none that could be."""
    _offered(ctx, ref, "appeal/council")
    appeal_again.ask(ctx.unit, ref=ref, dispute_id=appeal_id, grounds=sent.grounds)
    return RecordHead.of(find_record(ctx.unit, ref))


@router.get("/appeals/council")
@capability("decide_appeal", "second")
def before_council(ctx: Ctx, ref: str) -> AppealsBeforeCouncil:
    """What waits for council, for its members who may speak on it."""
    record = _offered(ctx, ref, "appeals/council")
    return AppealsBeforeCouncil(
        items=[
            BeforeCouncil(
                id=one.id,
                grounds=appeal_again.grounds_of(ctx.unit, record, one),
                claims=list(one.claim_ids),
                first_outcome=one.outcome,
                first_reasons=one.outcome_text,
                due_at=one.due_at,
            )
            for one in appeal_again.before_council(ctx.unit, record)
        ]
    )


@router.put("/appeals/{appeal_id}/council/voice")
@capability("decide_appeal", "second")
def speak_on_appeal(ctx: Ctx, ref: str, appeal_id: int, sent: DecisionIn) -> RecordHead:
    """A council member's voice for an outcome. The last one counts, and council's decision takes effect by itself."""
    _offered(ctx, ref, "appeals/council")
    record = appeal_again.vote(ctx.unit, ref=ref, dispute_id=appeal_id, outcome=sent.outcome, text=sent.text)
    return RecordHead.of(record)


@router.put("/waiver/council")
@capability("decide_appeal", "second")
def speak_on_waiver(ctx: Ctx, ref: str, sent: WaiverIn) -> RecordHead:
    """A council member's voice on waiving notice again."""
    _offered(ctx, ref, "waive/council")
    record = waive_again.vote(
        ctx.unit, ref=ref, reason_code=sent.reason_code, text=sent.text, agrees=sent.agrees
    )
    return RecordHead.of(record)


class DeclarationOut(Shape):
    """One reviewer of a record. How they voted is not in it."""

    reviewer: str
    organization: str
    interests: list[str]
    conflicts: list[str]
    counted: bool
    at: AwareDatetime


class Declarations(Shape):
    """What reviewers declared and what was found (G-24)."""

    items: list[DeclarationOut]


@router.get("/interests")
@capability("signed-in")
def interests(ctx: Ctx, ref: str) -> Declarations:
    """Interests of the reviewers of a record, for council and auditor with `read:audit`; 404 for everybody else. It is logged."""
    if Scope.READ_AUDIT not in (ctx.viewer.scopes or ()):
        raise NotAllowed("This token has no scope for the audit log.")
    found = show_interests.of_record(ctx.unit, ref=ref)
    ctx.afterwards(partial(show_interests.log_question, ref=ref))
    return Declarations(
        items=[
            DeclarationOut(
                reviewer=one.reviewer,
                organization=one.organization,
                interests=list(one.interests),
                conflicts=list(one.conflicts),
                counted=one.counted,
                at=one.at,
            )
            for one in found
        ]
    )


def _offered(ctx: Context, ref: str, step: str) -> Record:
    need_scope(ctx)
    record = find_record(ctx.unit, ref)
    if step not in offers(ctx.unit, record):
        raise NotFound
    return record
