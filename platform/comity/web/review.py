"""The reviewer's page: the text, what changed, the sources and their grades, and the vote. Other people's votes stay hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import review, triage
from comity.services.compare import compare
from comity.services.examine import Desk, StoredVote, examine, sources_of
from comity.services.publish import awaits_confirmation
from comity.services.reviewers import assigned_reviewers, found_conflicts, rule_of
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.quorum_words import conditions
from comity.web.rendering import page
from comity.web.wording import text_of
from comity.web.work import about, purpose_page

router = new_router(prefix="/records/{ref}/review", include_in_schema=False)

DECISIONS: Final = (
    (Decision.APPROVE.value, "Agree that it is published"),
    (Decision.REQUEST_CHANGES.value, "Ask for changes"),
    (Decision.REJECT.value, "Advise against taking it up"),
)
_MISMATCH: Final = "Choose a reason that goes with your vote."


@router.get("")
@capability("vote")
def look(ctx: Ctx, ref: str) -> Response:
    """Text, difference, sources, overrides and the ballot."""
    desk = _desk(ctx, ref)
    return purpose_page(ctx, desk, "review") if desk.needs_purpose else _page(ctx, desk)


@router.post("")
@capability("vote")
def vote(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Cast or replace one's vote; the machine then looks whether the quorum is met."""
    desk = _desk(ctx, ref)
    sent.only("seen", *(field.name for field in ballot_fields(desk)))
    if desk.needs_purpose:
        raise NotFound
    if sent.one("seen") != desk.revision.content_hash:
        changed = Problem(
            "", "changed", "The text has changed since you opened it. Read it again before you vote."
        )
        return _page(ctx, desk, sent=sent, problems=[changed], status=409)
    try:
        record = review.vote(ctx.unit, ref=ref, ballot=_ballot(sent))
    except Invalid as wrong:
        return _page(ctx, desk, sent=sent, problems=_home(wrong.problems), status=422)
    except Conflict as conflict:
        return _page(ctx, desk, sent=sent, problems=[Problem("", "conflict", conflict.sentence)], status=409)
    return redirect(ctx, *_after(record.ref, record.state))


def _after(ref: str, state: State) -> tuple[str, str]:
    match state:
        case State.PUBLISHED:
            return f"/records/{ref}", "Your vote is recorded. The quorum is met, and the record is published."
        case State.APPROVED:
            return (
                "/work",
                "Your vote is recorded. The quorum is met; it is published when notice and embargo are over.",
            )
        case State.IN_REVIEW:
            return (
                f"/records/{ref}/review",
                "Your vote is recorded. You may change it while the review is open.",
            )
        case _:
            return "/work", "Your vote is recorded. The record went back to its author with the reasons."


def _desk(ctx: Context, ref: str) -> Desk:
    desk = examine(ctx.unit, ref=ref)
    asked = ctx.viewer.person in assigned_reviewers(desk.record)
    open_ = desk.record.state is State.IN_REVIEW or awaits_confirmation(desk.record)
    if not asked or desk.is_author or not open_:
        raise NotFound
    return desk


def _ballot(sent: Sent) -> review.Ballot:
    if sent.one("decision") not in Decision._value2member_map_:
        raise Invalid([Problem("decision", "missing", "Choose what you say.")])
    decision = Decision(sent.one("decision"))
    wanted, _, code = sent.one("reason_code").partition(".")
    if decision is not Decision.APPROVE and wanted != ("reject" if decision is Decision.REJECT else "return"):
        raise Invalid([Problem("reason_code", "mismatch", _MISMATCH)])
    return review.Ballot(
        decision=decision,
        reason_code="" if decision is Decision.APPROVE else code,
        comment=sent.one("comment"),
        dissent=sent.one("dissent"),
        interests=[line.strip() for line in sent.one("interests").split("\n") if line.strip()],
        devils_advocate=sent.ticked("devils_advocate"),
        innocent_explanation=sent.one("innocent_explanation"),
    )


def _home(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(one, field="comment") if one.field == "text" else one for one in problems]


def ballot_fields(desk: Desk) -> list[Field]:
    """The ballot, filled with one's last vote on this version."""
    last = desk.own_vote
    values = _last_words(last) if last else {}
    return [replace(field, value=values.get(field.name, field.value)) for field in _BALLOT]


def _last_words(last: StoredVote) -> dict[str, str | bool]:
    group = {Decision.REQUEST_CHANGES.value: "return", Decision.REJECT.value: "reject"}.get(last.decision)
    return {
        "interests": "\n".join(last.interests),
        "decision": last.decision,
        "reason_code": f"{group}.{last.reason_code}" if group else "",
        "comment": last.comment,
        "dissent": last.dissent,
        "devils_advocate": last.devils_advocate,
        "innocent_explanation": last.innocent_explanation,
    }


def _reasons() -> tuple[tuple[str, str], ...]:
    """Both lists in one, so that the page needs no script: `return.missing_source`."""
    changes = [(f"return.{key}", f"Changes: {label}") for key, label in triage.reasons_for("return").items()]
    against = [(f"reject.{key}", f"Against: {label}") for key, label in triage.reasons_for("reject").items()]
    return (*changes, *against)


_BALLOT: Final = (
    Field(
        "interests",
        "Interests to declare",
        "lines",
        "Ties to the originator, to an organization named or to a source; one a line. Such a vote is kept and not counted.",
        required=False,
    ),
    Field("decision", "Your vote", "choice", options=DECISIONS),
    Field("reason_code", "Reason", "choice", "Needed unless you agree.", required=False, options=_reasons()),
    Field(
        "comment",
        "Comment",
        "prose",
        "The author reads it, without your name, once the review is over.",
        required=False,
        max_length=2000,
    ),
    Field(
        "dissent",
        "Dissent",
        "prose",
        f"Up to {review.DISSENT_WORDS} words. They are published with the record, at the same marking.",
        required=False,
        max_length=3000,
    ),
    Field(
        "devils_advocate",
        "I sign as devil’s advocate",
        "check",
        "The signature says that the best innocent explanation was looked for. It does not decide.",
        required=False,
    ),
    Field("innocent_explanation", "The best innocent explanation", "prose", required=False, max_length=3000),
)


def _page(
    ctx: Context,
    desk: Desk,
    *,
    sent: Sent | None = None,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    fields = ballot_fields(desk)
    fields = filled(fields, sent, problems) if sent else fields
    record = desk.record
    return page(
        ctx,
        "review/review.html",
        status=status,
        sections=text_of(record.kind, desk.content),
        difference=_difference(ctx, desk),
        sources=[line.source for line in sources_of(desk.content)],
        overrides=[one for one in desk.said if one.what == "language_override"],
        conflicts=found_conflicts(ctx.unit, record, ctx.viewer.organization or ""),
        fields=fields,
        general=general(fields, problems),
        seen=desk.revision.content_hash,
        voted=desk.own_vote,
        rule=conditions(rule_of(ctx.unit, record)),
        needs_advocate=bool(rule_of(ctx.unit, record).needs.devils_advocate),
        **about(ctx, desk),
    )


def _difference(ctx: Context, desk: Desk) -> dict[str, Any] | None:
    """What changed since the version in force, or the one that was voted on last."""
    if not desk.earlier:
        return None
    old = desk.earlier[0]
    found = compare(ctx.unit, ref=desk.record.ref, old=old.version, new=desk.revision.version)
    return {
        "since": old.version,
        "sections": [{"label": one.label, "parts": one.parts} for one in found.changes],
        "handling": [
            {"name": name, "old": before, "new": after} for name, before, after in found.handling_changes
        ],
    }
