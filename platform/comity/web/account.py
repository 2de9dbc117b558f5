"""A person's own page: who they are here, password, second factor, sign-ins. Nobody else's can be reached from it (peers S12)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Invalid, SignInNeeded
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import second_factor, sign_out
from comity.services.change_password import change_password
from comity.services.change_profile import change_profile
from comity.web.forms import Field, SentForm, filled, general, with_values
from comity.web.notices import redirect
from comity.web.rendering import page
from comity.web.sign_in import with_session

router = new_router(prefix="/account", include_in_schema=False)

PASSWORDS: Final = (
    Field("old", "Present password", widget="password", autocomplete="current-password"),
    Field(
        "password",
        "New password",
        widget="password",
        autocomplete="new-password",
        hint="Four words in a row are easy to keep in mind.",
    ),
)
CODE: Final = Field(
    "code", "Six-digit code", hint="From the app on your phone.", autocomplete="one-time-code"
)
NAME: Final = Field(
    "name",
    "Name",
    hint="Shown to those you work with here, never beside a record.",
    max_length=120,
    autocomplete="name",
)
REMOVAL: Final = (Field("password", "Password", widget="password", autocomplete="current-password"), CODE)


@router.get("")
@capability("signed-in")
def overview(ctx: Ctx) -> Response:
    """Name, organization, roles and what each role may do; sign-ins."""
    sessions = sign_out.open_sessions(ctx.unit, current=ctx.session_secret)
    return page(ctx, "account/overview.html", **_person(ctx), sessions=sessions)


@router.get("/profile")
@capability("signed-in")
def profile_form(ctx: Ctx) -> Response:
    """The name that others see."""
    return _profile(ctx, with_values([NAME], {"name": _person(ctx)["account"].name}))


@router.post("/profile")
@capability("signed-in")
def profile(ctx: Ctx, sent: SentForm) -> Response:
    """Change it. The language of the pages stays: there is one, and no form offers what does not exist."""
    sent.only("name")
    kept = str(_person(ctx)["account"].preferences.get("language") or "")
    kept = kept if kept in ctx.node.languages else ""
    try:
        change_profile(ctx.unit, name=sent.one("name"), language=kept)
    except Invalid as wrong:
        return _profile(ctx, filled([NAME], sent, wrong.problems), status=422)
    return redirect(ctx, "/account", "Your name is changed.")


@router.get("/password")
@capability("signed-in")
def password_form(ctx: Ctx) -> Response:
    """The form."""
    return page(ctx, "account/password.html", fields=list(PASSWORDS), general=[])


@router.post("/password")
@capability("signed-in")
def password(ctx: Ctx, sent: SentForm) -> Response:
    """Change it; every other sign-in and all tokens end."""
    sent.only("old", "password")
    try:
        change_password(ctx.unit, old=sent.raw("old"), new=sent.raw("password"), current=ctx.session_secret)
    except Invalid as wrong:
        fields = filled(PASSWORDS, sent, wrong.problems)
        told = general(PASSWORDS, wrong.problems)
        return page(ctx, "account/password.html", status=422, fields=fields, general=told)
    return redirect(ctx, "/account", "Your password was changed. Other sign-ins and your tokens have ended.")


@router.get("/second-factor")
@capability("signed-in")
def factor(ctx: Ctx) -> Response:
    """On or off, and the form to change that."""
    return _factor(ctx)


@router.post("/second-factor/begin")
@capability("signed-in")
def begin_factor(ctx: Ctx) -> Response:
    """Show the secret to scan. It counts only after a first right code."""
    offer = second_factor.begin(ctx.unit)
    drawing = f"data:image/svg+xml;base64,{b64encode(offer.svg.encode()).decode()}"
    response = _factor(ctx, offered=True, secret=offer.secret, drawing=drawing)
    response.headers["cache-control"] = "no-store"
    return response


@router.post("/second-factor/enable")
@capability("signed-in")
def enable_factor(ctx: Ctx, sent: SentForm) -> Response:
    """The first right code turns it on and renews this sign-in."""
    sent.only("code")
    try:
        result = second_factor.enable(ctx.unit, code=sent.one("code"), current=ctx.session_secret)
    except Invalid as wrong:
        return _factor(ctx, status=422, offered=True, fields=filled([CODE], sent, wrong.problems))
    return with_session(ctx, redirect(ctx, "/account", "Your second factor is on."), result)


@router.post("/second-factor/remove")
@capability("signed-in")
def remove_factor(ctx: Ctx, sent: SentForm) -> Response:
    """Password and code turn it off. All sign-ins end, this one too."""
    sent.only("password", "code")
    try:
        second_factor.remove(ctx.unit, password=sent.raw("password"), code=sent.one("code"))
    except Invalid as wrong:
        return _factor(ctx, status=422, fields=filled(REMOVAL, sent, wrong.problems))
    return redirect(ctx, "/sign-in", "Your second factor is off. Please sign in again.")


@router.post("/sessions/end")
@capability("signed-in")
def end_session(ctx: Ctx, sent: SentForm) -> Response:
    """End one other sign-in of one's own."""
    sign_out.sign_out_one(ctx.unit, name=sent.one("name"))
    return redirect(ctx, "/account", "That sign-in has ended.")


@router.post("/sessions/end-all")
@capability("signed-in")
def end_sessions(ctx: Ctx) -> Response:
    """End all sign-ins but this one."""
    ended = sign_out.sign_out_everywhere(ctx.unit, but=ctx.session_secret)
    return redirect(ctx, "/account", f"Other sign-ins ended: {ended}.")


def _person(ctx: Context) -> dict[str, Any]:
    account, home = ctx.identity.account, ctx.identity.organization
    if account is None:
        raise SignInNeeded
    return {"account": account, "organization": home}


def _profile(ctx: Context, fields: list[Field], *, status: int = 200) -> Response:
    return page(ctx, "account/profile.html", status=status, fields=fields, general=[], **_person(ctx))


def _factor(
    ctx: Context,
    *,
    status: int = 200,
    offered: bool = False,
    secret: str = "",
    drawing: str = "",
    fields: list[Field] | None = None,
) -> Response:
    person = _person(ctx)
    asked = fields if fields is not None else [CODE] if offered else list(REMOVAL)
    known: dict[str, Any] = {"offered": offered, "secret": secret, "drawing": drawing, "fields": asked}
    return page(ctx, "account/factor.html", status=status, **person, **known)
