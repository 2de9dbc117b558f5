"""Single steps through the API: hold, withdrawal, appeal, right of reply. Each is offered to the caller, or it is not found.

Whoever may not take a step gets the answer of a record that does not exist, as on the pages (S4, H-04); a step that was taken
already is not offered a second time. Legal orders and council's voice on a withdrawal are done at a screen.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from comity.api.desk import Code, Words, need_scope
from comity.api.drafts import Taken
from comity.api.shapes import RecordHead, Shape
from comity.domain.errors import NotFound
from comity.domain.record import Record
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import decide, dispute, hold, reply, withdraw
from comity.services.offer import offers
from comity.services.read import find_record

router = new_router(prefix="/records/{ref}", tags=["steps"])

Grounds = Annotated[str, StringConstraints(min_length=1, max_length=dispute.GROUNDS_CHARACTERS)]


class HoldIn(Taken):
    """Why publication should pause, and until when: at most 14 days ahead."""

    reason_code: Code
    text: Words
    ends_at: AwareDatetime


class AnswerIn(Taken):
    """A yes or a no."""

    agrees: bool


class RenewalIn(Taken):
    """Council's voice on going on with a hold."""

    agrees: bool
    new_end: AwareDatetime


class WithdrawalIn(Taken):
    """`text` is what readers see on the tombstone; `replacement` the reference of what takes its place."""

    reason_code: Code
    text: Words
    replacement: Code = ""
    action: Literal["", "annotate", "restrict", "replace", "delete"] = Field(
        default="",
        description="What allied nodes that have it are asked to do; empty: what is usual for the reason.",
    )
    hours: Literal[0, 4, 24, 72] = Field(default=0, description="How soon they answer. Give both or neither.")


class AppealIn(Taken):
    """What is wrong, and which claims it is about. Do not name private persons."""

    grounds: Grounds
    claims: list[Code] = Field(default=[], max_length=200)


class FirstLookIn(Taken):
    """The ombudsperson's first look."""

    passes: bool
    text: Words


class PanelIn(Taken):
    """Who decides: account ids of three people of three sectors."""

    panel: list[Code] = Field(max_length=20)


class DecisionIn(Taken):
    """What one member of the panel decided, and why."""

    outcome: Code
    text: Words


class ReplyIn(Taken):
    """An organization's own words, unedited; `words` null when it has said that it will not reply. Where something had to be taken
    out, `redacted` is the reason (personal_data or unlawful_content) and `note` says what it was.
    """

    entity: Code
    words: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] | None
    redacted: Code = ""
    note: Annotated[str, StringConstraints(max_length=400)] = ""


class AppealOut(Shape):
    """One appeal as the ombudsperson, or whoever raised it, sees it. Who raised it is in it for neither."""

    id: int
    state: str
    grounds: str
    claims: list[str]
    raised_at: AwareDatetime
    due_at: AwareDatetime


class Appeals(Shape):
    """Oldest first."""

    items: list[AppealOut]


@router.post("/hold", status_code=201)
@capability("request_hold")
def ask_for_hold(ctx: Ctx, ref: str, sent: HoldIn) -> RecordHead:
    """Ask for a hold. It takes effect when two sectors, one of them non-government, agree, and ends by itself."""
    _offered(ctx, ref, "hold")
    return RecordHead.of(
        hold.ask(ctx.unit, ref=ref, reason_code=sent.reason_code, text=sent.text, ends_at=sent.ends_at)
    )


@router.put("/hold/answer")
@capability("request_hold")
def answer_hold(ctx: Ctx, ref: str, sent: AnswerIn) -> RecordHead:
    """A reviewer's answer to the request. The last one counts, so it may be repeated."""
    _offered(ctx, ref, "hold/agree")
    return RecordHead.of(hold.agree(ctx.unit, ref=ref, agrees=sent.agrees))


@router.put("/hold/renewal")
@capability("request_hold")
def renew_hold(ctx: Ctx, ref: str, sent: RenewalIn) -> RecordHead:
    """A council member's voice on renewing a hold, which is possible once."""
    _offered(ctx, ref, "hold/renew")
    return RecordHead.of(hold.renew(ctx.unit, ref=ref, new_end=sent.new_end, agrees=sent.agrees))


@router.post("/withdrawal", status_code=201)
@capability("withdraw", "own")
def ask_to_withdraw(ctx: Ctx, ref: str, sent: WithdrawalIn) -> RecordHead:
    """The originator asks. The record stays up until an editor acknowledges."""
    _offered(ctx, ref, "withdraw")
    record = withdraw.ask(
        ctx.unit,
        ref=ref,
        reason_code=sent.reason_code,
        text=sent.text,
        replacement=sent.replacement,
        action=sent.action,
        hours=sent.hours,
    )
    return RecordHead.of(record)


@router.post("/withdrawal/acknowledgement")
@capability("withdraw", "ack")
def acknowledge_withdrawal(ctx: Ctx, ref: str) -> RecordHead:
    """An editor acknowledges what the originator asked for; the tombstone is put up now."""
    _offered(ctx, ref, "withdraw/acknowledge")
    return RecordHead.of(withdraw.acknowledge(ctx.unit, ref=ref))


@router.post("/appeals", status_code=201)
@capability("signed-in")
def appeal(ctx: Ctx, ref: str, sent: AppealIn) -> AppealOut:
    """Put an appeal before the ombudsperson."""
    _offered(ctx, ref, "appeal")
    return _appeal(dispute.raise_appeal(ctx.unit, ref=ref, grounds=sent.grounds, claim_ids=sent.claims))


@router.get("/appeals")
@capability("signed-in")
def appeals(ctx: Ctx, ref: str) -> Appeals:
    """Every appeal against a record, for the ombudsperson; for a member of a panel those that they decide."""
    record = _offered(ctx, ref, "appeals", "appeals/decide")
    mine = decide.before_me(ctx.unit, record)
    return Appeals(items=[_appeal(one) for one in mine or dispute.appeals(ctx.unit, ref=ref)])


@router.post("/appeals/{appeal_id}/first-look")
@capability("decide_appeal", "first_panel_chair")
def first_look(ctx: Ctx, ref: str, appeal_id: int, sent: FirstLookIn) -> RecordHead:
    """Passing shows “under dispute”. 409 when the look was taken already."""
    _offered(ctx, ref, "appeals")
    return RecordHead.of(
        dispute.first_look(ctx.unit, ref=ref, dispute_id=appeal_id, passes=sent.passes, text=sent.text)
    )


@router.put("/appeals/{appeal_id}/panel")
@capability("decide_appeal", "first_panel_chair")
def name_panel(ctx: Ctx, ref: str, appeal_id: int, sent: PanelIn) -> RecordHead:
    """Name who decides. 422 says why a panel does not fit; 409 when the appeal is not open."""
    _offered(ctx, ref, "appeals")
    return RecordHead.of(decide.name_panel(ctx.unit, ref=ref, dispute_id=appeal_id, panel=sent.panel))


@router.put("/appeals/{appeal_id}/decision")
@capability("signed-in")
def enter_decision(ctx: Ctx, ref: str, appeal_id: int, sent: DecisionIn) -> RecordHead:
    """A member of the panel enters their own decision. The outcome takes effect by itself when the panel agrees."""
    _offered(ctx, ref, "appeals/decide")
    record = decide.enter(ctx.unit, ref=ref, dispute_id=appeal_id, outcome=sent.outcome, text=sent.text)
    return RecordHead.of(record)


@router.put("/replies")
@capability("decide_appeal", "first_panel_chair")
def enter_reply(ctx: Ctx, ref: str, sent: ReplyIn) -> RecordHead:
    """The ombudsperson enters the words of a named organization, after checking who sent them."""
    _offered(ctx, ref, "reply")
    if sent.words is None:
        return RecordHead.of(reply.decline(ctx.unit, ref=ref, entity_id=sent.entity))
    taken_out = reply.redacted(sent.redacted, sent.note)
    record = reply.receive(ctx.unit, ref=ref, entity_id=sent.entity, words=sent.words, redaction=taken_out)
    return RecordHead.of(record)


def _offered(ctx: Context, ref: str, *steps: str) -> Record:
    need_scope(ctx)
    record = find_record(ctx.unit, ref)
    if not set(steps) & set(offers(ctx.unit, record)):
        raise NotFound
    return record


def _appeal(one: dispute.StoredDispute) -> AppealOut:
    return AppealOut(
        id=one.id,
        state=one.state,
        grounds=one.grounds,
        claims=list(one.claim_ids),
        raised_at=one.raised_at,
        due_at=one.due_at,
    )
