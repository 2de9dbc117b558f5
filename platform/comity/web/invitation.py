"""Accept an invitation: choose a password, then sign in. A used, ended or made-up link is no address at all."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from comity.domain.errors import Invalid
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import invite
from comity.web.forms import Field, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(include_in_schema=False)

PASSWORD: Final = Field(
    "password",
    "Password",
    widget="password",
    hint="Four words in a row are easy to keep in mind.",
    autocomplete="new-password",
)


def address(public_url: str, secret: str) -> str:
    """The link to hand over."""
    return f"{public_url.rstrip('/')}/invitation?secret={secret}"


@router.get("/invitation")
@capability("public")
def invitation(ctx: Ctx, secret: str = "") -> Response:  # nosec B107  an empty form field
    """For whom it is, and the form."""
    account = invite.invited(ctx.unit, secret=secret)
    response = page(
        ctx, "account/invitation.html", account=account, secret=secret, fields=[PASSWORD], general=[]
    )
    response.headers["cache-control"] = "no-store"
    return response


@router.post("/invitation")
@capability("public")
def accept(ctx: Ctx, sent: SentForm) -> Response:
    """The password is kept and the invitation used up."""
    sent.only("secret", "password")
    secret = sent.one("secret")
    account = invite.invited(ctx.unit, secret=secret)
    try:
        invite.accept(ctx.unit, secret=secret, password=sent.raw("password"))
    except Invalid as wrong:
        fields, told = filled([PASSWORD], sent, wrong.problems), general([PASSWORD], wrong.problems)
        return page(
            ctx,
            "account/invitation.html",
            status=422,
            account=account,
            secret=secret,
            fields=fields,
            general=told,
        )
    return redirect(ctx, "/sign-in", "Your account is ready. Please sign in.")
