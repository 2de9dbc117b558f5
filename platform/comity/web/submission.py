"""Handing in: the one page on which an author sees exactly who will be able to read the record, who must agree, and who is told.

Nothing is handed in that was not shown: the page carries the hash of what it showed. A refused one links to the field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response

from comity import policies
from comity.domain.errors import Invalid, Problem
from comity.domain.kinds.registry import kind
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import submit
from comity.services.check_inputs import ASK_ORIGINATOR
from comity.services.examine import Desk
from comity.services.foresee import Foreseen, foresee
from comity.services.offer import editable
from comity.services.preflight import preflight
from comity.web import audience, findings, forms
from comity.web.editor import own_desk
from comity.web.forms import Field, Sent, SentForm, filled
from comity.web.notices import redirect
from comity.web.quorum_words import conditions
from comity.web.rendering import page

router = new_router(include_in_schema=False)

_CHOSEN_HERE: Final = frozenset({"urgent", "supersedes", "lowering.reason_code", "lowering.text"})
"""Fields of this page; every other one is on the page of the draft."""

WHY: Final = "_why."
CHANGED: Final = "The draft has changed since this page was shown. Look at it again before you hand it in."
UNSEEN: Final = "Confirm that you have seen who will be able to read it."


@router.get("/records/{ref}/submit")
@capability("submit")
def confirm(ctx: Ctx, ref: str) -> Response:
    """Readers, rule, notice and what is still in the way."""
    desk = own_desk(ctx, ref)
    if not editable(desk.record):
        return redirect(ctx, f"/records/{ref}/work", "This is handed in already.", level="info")
    return _page(ctx, desk, foresee(ctx.unit, ref=ref))


@router.post("/records/{ref}/submit")
@capability("submit")
def hand_in(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """Hand in what was shown."""
    desk = own_desk(ctx, ref)
    ahead = foresee(ctx.unit, ref=ref, urgent=sent.ticked("urgent"))
    sent.only("seen", "confirmed", *_CHOSEN_HERE, *_reason_fields(ahead))
    told = []
    if sent.one("seen") != ahead.content_hash:
        told.append(CHANGED)
    if not sent.ticked("confirmed"):
        told.append(UNSEEN)
    if told:
        return _page(ctx, desk, ahead, sent=sent, general=told, status=409 if told[0] == CHANGED else 422)
    try:
        record = submit.submit(
            ctx.unit,
            ref=ref,
            overrides=_reasons(ahead, sent),
            urgent=sent.ticked("urgent"),
            supersedes=sent.one("supersedes") or None,
            lowering=submit.Lowering(sent.one("lowering.reason_code"), sent.one("lowering.text")),
        )
    except Invalid as wrong:
        return _page(ctx, desk, ahead, sent=sent, problems=wrong.problems, status=422)
    return redirect(
        ctx, f"/records/{record.ref}/work", "Handed in. An editor looks at form and sources next."
    )


def _reason_fields(ahead: Foreseen) -> list[str]:
    return [f"{WHY}{findings.key_of(one)}" for one in ahead.checked.language]


def _reasons(ahead: Foreseen, sent: Sent | None) -> dict[str, str]:
    if sent is None:
        return {}
    return {name.removeprefix(WHY): sent.one(name) for name in _reason_fields(ahead)}


def _page(
    ctx: Context,
    desk: Desk,
    ahead: Foreseen,
    *,
    sent: Sent | None = None,
    general: Sequence[str] = (),
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    record, model = desk.record, kind(desk.record.kind)
    found = preflight(ctx.unit, ref=record.ref)
    readers = audience.drawn(found, node_name=ctx.node.name, published=record.is_published)
    reasons = _reasons(ahead, sent)
    standing = problems or ahead.checked.problems
    chosen = [one for one in problems if one.field in _CHOSEN_HERE]
    options = _options(ahead, record.is_published)
    options = filled(options, sent, chosen) if sent else options
    return page(
        ctx,
        "editor/submit.html",
        status=status,
        ref=record.ref,
        record_title=desk.revision.title,
        kind_label=model.label,
        tlp=desk.tlp,
        marking={"tlp": desk.tlp, "text": None},
        readers=readers,
        rule=conditions(ahead.rule),
        rule_name=ahead.rule.action,
        policy_version=ahead.rule.policy_version,
        names_entity=ahead.names_entity,
        told=ahead.told,
        wording=findings.wording(model, desk.content, ahead.checked),
        reasons=reasons,
        personal=[] if ahead.excepted else findings.personal(model, desk.content, ahead.checked),
        links=[
            _link(record.ref, one)
            for one in standing
            if not one.code.startswith(("language:", "personal-data")) and one.field not in _CHOSEN_HERE
        ],
        general=[*general, *_unanswered(problems), *forms.general(options, chosen)],
        options=options,
        seen=ahead.content_hash,
        confirmed=sent.ticked("confirmed") if sent else False,
    )


def _unanswered(problems: Sequence[Problem]) -> list[str]:
    return [one.message for one in problems if one.code.startswith(("language:", "personal-data"))]


def _link(ref: str, problem: Problem) -> Mapping[str, str]:
    """To the field; where an originator has to be asked, to the page on which one asks (J-06.3)."""
    asked = problem.code.partition(ASK_ORIGINATOR)[2]
    return {
        "href": f"/records/{asked}/onward"
        if asked
        else f"/records/{ref}/edit?check=1#f-{problem.field.replace('.', '-')}",
        "text": problem.message,
    }


def _options(ahead: Foreseen, published: bool) -> list[Field]:
    urgent = Field(
        "urgent",
        "Urgent: harm would happen within the time of an ordinary review",
        "check",
        "Two sectors agree within hours, and it ends by itself after 14 days unless the ordinary rule is met.",
        required=False,
        value=False,
    )
    older = Field(
        "supersedes",
        "It takes the place of",
        "line",
        "Reference of an older record of your organization, such as RSI-…; leave it empty if there is none.",
        required=False,
    )
    lowering = _lowering() if ahead.lowers else []
    return [*lowering, *([urgent] if ahead.can_be_urgent else []), *([] if published else [older])]


def _lowering() -> list[Field]:
    """Asked for when the marking becomes less strict than that of the version in force (G-09)."""
    reasons = policies.reason_codes().reasons["downgrade"]
    return [
        Field(
            "lowering.reason_code",
            "Why the marking is lowered",
            "choice",
            options=tuple((code, reason.label) for code, reason in reasons.items()),
        ),
        Field(
            "lowering.text",
            "In your own words",
            "prose",
            "Reviewers read it. Everybody who gains access is shown above.",
            max_length=2000,
        ),
    ]
