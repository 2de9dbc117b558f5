"""Sign in, give the second factor, sign out. Refusals read the same for every cause; the services do the work (peers S19, S30)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.identity import session_cookie
from comity.http.route import new_router
from comity.services import second_factor
from comity.services.sign_in import Refused, SignedIn
from comity.services.sign_in import sign_in as begin_session
from comity.services.sign_out import sign_out as end_session
from comity.web.forms import Field, SentForm, local_path
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(include_in_schema=False)

EMAIL: Final = Field("email", "E-mail address", widget="email", autocomplete="username")
PASSWORD: Final = Field("password", "Password", widget="password", autocomplete="current-password")
CODE: Final = Field(
    "code", "Six-digit code", hint="From the app on your phone.", autocomplete="one-time-code"
)


@router.get("/sign-in")
@capability("public")
def sign_in_form(ctx: Ctx, next: str = "/") -> Response:  # noqa: A002  the name in the address
    """The form. Whoever is signed in already goes on."""
    if ctx.viewer.signed_in:
        return redirect(ctx, local_path(next))
    return page(ctx, "account/sign_in.html", fields=[EMAIL, PASSWORD], general=[], next=local_path(next))


@router.post("/sign-in")
@capability("public")
def sign_in(ctx: Ctx, sent: SentForm) -> Response:
    """A new session, or the form again with one sentence."""
    onward = local_path(sent.one("next"))
    email, password = sent.one("email"), sent.raw("password")
    result = begin_session(
        ctx.unit, email=email, password=password, address=ctx.address, current=ctx.session_secret
    )
    if isinstance(result, Refused):
        fields = [replace(EMAIL, value=email), PASSWORD]
        return _refused(ctx, "account/sign_in.html", fields, result, onward)
    if result.awaiting_second_factor:
        return with_session(ctx, _ask_code(ctx, onward), result)
    return with_session(ctx, redirect(ctx, onward), result)


@router.get("/second-factor")
@capability("public")
def code_form(ctx: Ctx, next: str = "/") -> Response:  # noqa: A002  the name in the address
    """Ask for the code, or say how to get a second factor."""
    onward = local_path(next)
    if ctx.identity.awaiting_second_factor:
        return page(ctx, "account/second_factor.html", fields=[CODE], general=[], next=onward)
    if not ctx.viewer.signed_in:
        return redirect(ctx, "/sign-in")
    if ctx.viewer.second_factor:
        return redirect(ctx, onward)
    text = "Records at TLP:AMBER and above need a second factor. Turn yours on here."
    return redirect(ctx, "/account/second-factor", text, level="info")


@router.post("/second-factor")
@capability("public")
def give_code(ctx: Ctx, sent: SentForm) -> Response:
    """A right code opens the session under a new secret."""
    onward = local_path(sent.one("next"))
    result = second_factor.confirm(ctx.unit, secret=ctx.session_secret, code=sent.one("code"))
    if isinstance(result, Refused):
        return _refused(ctx, "account/second_factor.html", [CODE], result, onward)
    return with_session(ctx, redirect(ctx, onward), result)


@router.post("/sign-out")
@capability("public")
def sign_out(ctx: Ctx) -> Response:
    """End the session here and on the server."""
    end_session(ctx.unit, secret=ctx.session_secret)
    return without_session(ctx, redirect(ctx, "/", "You are signed out."))


def with_session(ctx: Context, response: Response, signed_in: SignedIn) -> Response:
    """Hand the browser its session."""
    secure = ctx.settings.secure_cookies
    response.set_cookie(
        session_cookie(secure=secure),
        signed_in.secret,
        max_age=max(1, int((signed_in.ends_at - ctx.now).total_seconds())),
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    response.headers["cache-control"] = "no-store"
    return response


def without_session(ctx: Context, response: Response) -> Response:
    """Take the session away from the browser, with whatever it kept of this node's pages."""
    secure = ctx.settings.secure_cookies
    response.delete_cookie(session_cookie(secure=secure), secure=secure, httponly=True, samesite="lax")
    response.headers["clear-site-data"] = '"cache"'
    return response


def _ask_code(ctx: Context, onward: str) -> Response:
    return redirect(ctx, f"/second-factor?next={quote(onward, safe='')}")


def _refused(ctx: Context, template: str, fields: list[Field], refused: Refused, onward: str) -> Response:
    status = 429 if refused.retry_after else 422
    response = page(ctx, template, status=status, fields=fields, general=[refused.sentence], next=onward)
    if refused.retry_after:
        response.headers["retry-after"] = str(refused.retry_after)
    return response
