"""Ask for access to what one was told of, and the list of those who ask. The answer to asking is one, whatever was named (H-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from comity.domain.errors import Invalid, NotFound
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import ask_access
from comity.web.forms import Field, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/ask", include_in_schema=False)

FORM: Final = (
    Field(
        "about",
        "What is it about?",
        hint="The reference that somebody told you, such as RSI-…, or the subject.",
        max_length=ask_access.ABOUT_CHARACTERS,
    ),
    Field(
        "reason",
        "Why do you need it?",
        "prose",
        "Whoever answers reads this. Do not name private persons.",
        max_length=ask_access.REASON_CHARACTERS,
    ),
)
PASSED_ON: Final = (
    "If there is something that answers this, those who are responsible for it have your request. "
    "They write to you if they can help; no answer tells nothing."
)


@router.get("")
@capability("request_advice")
def form(ctx: Ctx) -> Response:
    """What happens with a request, and the form."""
    return _page(ctx, FORM)


@router.post("")
@capability("request_advice")
def ask(ctx: Ctx, sent: SentForm) -> Response:
    """Pass it on."""
    sent.only(*(field.name for field in FORM))
    try:
        ask_access.ask(ctx.unit, about=sent.one("about"), reason=sent.one("reason"))
    except Invalid as wrong:
        fields = filled(FORM, sent, wrong.problems)
        return _page(ctx, fields, told=general(fields, wrong.problems), status=422)
    return redirect(ctx, "/ask", PASSED_ON)


@router.get("/received")
@capability("signed-in")
def received(ctx: Ctx) -> Response:
    """The requests that one may answer."""
    return page(ctx, "access/received.html", requests=ask_access.waiting(ctx.unit))


@router.post("/received/close")
@capability("signed-in")
def close(ctx: Ctx, sent: SentForm) -> Response:
    """One request is dealt with."""
    sent.only("id")
    chosen = sent.one("id")
    if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 9:
        raise NotFound
    ask_access.close(ctx.unit, request_id=int(chosen))
    return redirect(ctx, "/ask/received", "It is off the list.")


def _page(ctx: Context, fields: Sequence[Field], *, told: Sequence[str] = (), status: int = 200) -> Response:
    return page(ctx, "access/ask.html", status=status, fields=list(fields), general=list(told))
