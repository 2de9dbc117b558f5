"""One sentence that survives one redirect: "Your password was changed." Kept in the reader's own cookie, shown once, escaped."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from starlette.responses import RedirectResponse, Response

from comity.http.context import Context

LEVELS: Final = ("good", "info", "warn", "bad")
_LONGEST: Final = 300
_SECONDS: Final = 120


def redirect(ctx: Context, to: str, notice: str = "", *, level: str = "good") -> Response:
    """303 to an address of this node, with a notice for the page after it. Never put a record's content into a notice."""
    if not to.startswith("/") or to.startswith(("//", "/\\")):
        raise ValueError("a redirect stays on this node")
    response = RedirectResponse(to, status_code=303)
    if notice:
        value = quote(f"{level}:{notice[:_LONGEST]}", safe="")
        response.set_cookie(
            _name(ctx),
            value,
            max_age=_SECONDS,
            secure=ctx.settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response


def read(ctx: Context) -> list[dict[str, str]]:
    """Notices for this page: `[{level, text}]`."""
    level, colon, text = unquote(ctx.request.cookies.get(_name(ctx), "")).partition(":")
    return [{"level": level, "text": text[:_LONGEST]}] if colon and level in LEVELS else []


def clear(ctx: Context, response: Response) -> None:
    """Shown once."""
    if _name(ctx) in ctx.request.cookies:
        response.delete_cookie(_name(ctx), secure=ctx.settings.secure_cookies, httponly=True, samesite="lax")


def _name(ctx: Context) -> str:
    return "__Host-comity-notice" if ctx.settings.secure_cookies else "comity-notice"
