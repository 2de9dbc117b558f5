"""An appeal or a reply without an account, and the ombudsperson's page for what came in that way (4.1.3, G-35).

The answer to sending is one, whatever was named (H-04). A code is shown once, on a page that is not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Conflict, Invalid, Problem
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import hear, reply, respond, triage
from comity.services.read import find_record, marking_of
from comity.services.respond import Letter
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(include_in_schema=False)

FORM: Final = (
    Field(
        "kind",
        "What do you send?",
        "choice",
        options=(
            ("appeal", "An appeal: something in a record is wrong"),
            ("reply", "A reply of an organization that a record names"),
        ),
    ),
    Field("about", "Which record", hint="Its reference, such as RSI-…", max_length=80),
    Field(
        "code",
        "Code",
        hint="From the ombudsperson. A reply needs one; an appeal about a record that anybody can read does not.",
        required=False,
        max_length=200,
        autocomplete="off",
    ),
    Field(
        "words",
        "Your words",
        "prose",
        "A reply of up to 1,000 words is shown unedited. Do not name private persons.",
        max_length=respond.REPLY_CHARACTERS,
    ),
    Field(
        "contact",
        "How the ombudsperson reaches you",
        hint="Name and address. It is not shown, and blotted out when your message was dealt with.",
        max_length=respond.CONTACT_CHARACTERS,
    ),
)
TAKEN_IN: Final = (
    "Thank you. If the record is one that you can appeal about, or the code is right, the ombudsperson has your "
    "message and writes to you within three working days. If you hear nothing, check the reference and the code."
)


@router.get("/respond")
@capability("public")
def form(ctx: Ctx, about: str = "") -> Response:
    """What happens with it, and the form."""
    fields = [one if one.name != "about" else _with(one, about[:80]) for one in FORM]
    return page(ctx, "respond/form.html", fields=fields, general=[])


@router.post("/respond")
@capability("public")
def send(ctx: Ctx, sent: SentForm) -> Response:
    """Take it in."""
    sent.only(*(field.name for field in FORM))
    letter = Letter(
        sent.one("kind"), sent.one("about"), sent.one("words"), sent.one("contact"), sent.one("code")
    )
    try:
        respond.respond(ctx.unit, letter=letter, address=ctx.address)
    except Invalid as wrong:
        fields = filled(FORM, sent, wrong.problems)
        told = general(FORM, wrong.problems)
        return page(ctx, "respond/form.html", status=422, fields=fields, general=told)
    return redirect(ctx, "/respond", TAKEN_IN)


@router.get("/records/{ref}/contact")
@capability("signed-in")
def desk(ctx: Ctx, ref: str) -> Response:
    """Codes to hand out, and what came in."""
    return _desk(ctx, ref)


@router.post("/records/{ref}/contact/code")
@capability("signed-in")
def code(ctx: Ctx, ref: str, sent: SentForm) -> Response:
    """A code, shown once."""
    sent.only("entity")
    try:
        made = hear.hand_out(ctx.unit, ref=ref, entity_id=sent.one("entity"))
    except Invalid as wrong:
        return _desk(ctx, ref, problems=wrong.problems, status=422)
    where = f"{ctx.settings.public_url.rstrip('/')}/respond?about={ref}"
    response = page(ctx, "respond/code.html", code=made, ref=ref, where=where, **_marking(ctx, ref))
    response.headers["cache-control"] = "no-store"
    return response


@router.post("/records/{ref}/contact/{message_id}/enter")
@capability("signed-in")
def enter(ctx: Ctx, ref: str, message_id: int, sent: SentForm) -> Response:
    """Enter what was checked."""
    sent.only("words", "redacted", "note")
    redaction = reply.redacted(sent.one("redacted"), sent.one("note"))
    try:
        hear.enter(ctx.unit, ref=ref, message_id=message_id, words=sent.one("words"), redaction=redaction)
    except Invalid as wrong:
        return _desk(ctx, ref, at=message_id, sent=sent, problems=wrong.problems, status=422)
    except Conflict as conflict:
        told = [Problem("", "conflict", conflict.sentence)]
        return _desk(ctx, ref, at=message_id, sent=sent, problems=told, status=409)
    return redirect(ctx, f"/records/{ref}/contact", "It is entered.")


@router.post("/records/{ref}/contact/{message_id}/put-aside")
@capability("signed-in")
def put_aside(ctx: Ctx, ref: str, message_id: int, sent: SentForm) -> Response:
    """It is not entered."""
    sent.only("text")
    try:
        hear.put_aside(ctx.unit, ref=ref, message_id=message_id, text=sent.one("text"))
    except Invalid as wrong:
        return _desk(ctx, ref, problems=wrong.problems, status=422)
    return redirect(ctx, f"/records/{ref}/contact", "It is put aside.")


def _desk(
    ctx: Context,
    ref: str,
    *,
    at: int = 0,
    sent: Sent | None = None,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    named = hear.named(ctx.unit, ref=ref)
    options = tuple((one.entity_id, one.entity_name) for one in named)
    waiting = [
        {"message": one, "fields": _fields(one, sent if one.id == at else None, problems)}
        for one in hear.messages(ctx.unit, ref=ref)
    ]
    return page(
        ctx,
        "respond/desk.html",
        status=status,
        ref=ref,
        organizations=[Field("entity", "Organization", "choice", options=options)] if options else [],
        waiting=waiting,
        aside=[Field("text", "Why it is put aside", max_length=400)],
        general=[one.message for one in problems if not at or one.field == ""],
        **_marking(ctx, ref),
    )


def _fields(one: hear.Message, sent: Sent | None, problems: Sequence[Problem]) -> list[Field]:
    """An appeal stands as it came. Of a reply, personal data and unlawful content are taken out, and it is said."""
    found = [Field("words", "As it came", "prose", value=one.words, max_length=respond.REPLY_CHARACTERS)]
    if one.kind == "reply":
        reasons = triage.reasons_for("redact")
        options = tuple((code, reasons[code]) for code in reply.REDACTIONS)
        hint = "Shown beside the reply. Do not repeat it."
        found += [
            Field("redacted", "Why something was taken out", "choice", required=False, options=options),
            Field("note", "What was taken out", hint=hint, required=False, max_length=400),
        ]
    return filled(found, sent, problems) if sent else found


def _marking(ctx: Context, ref: str) -> dict[str, Any]:
    tlp = marking_of(ctx.unit, find_record(ctx.unit, ref)).value
    return {"tlp": tlp, "marking": {"tlp": tlp, "text": None}}


def _with(field: Field, value: str) -> Field:
    return replace(field, value=value)
