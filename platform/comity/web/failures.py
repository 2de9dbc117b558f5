"""A failed request as a page: the same for everything that is "not here", and without the database when that may have failed."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from comity.domain.errors import SignInNeeded, StepUpNeeded
from comity.http.context import Context
from comity.http.problems import Failure
from comity.web.chrome import chrome
from comity.web.rendering import environment

PAGE = "errors/error.html"
_DOORS = {SignInNeeded.code: "/sign-in", StepUpNeeded.code: "/second-factor"}


def failure_page(request: Request, failure: Failure) -> Response:
    """The page, or for a reader who only has to sign in, the way there."""
    if failure.code in _DOORS and request.method == "GET":
        return _to_the_door(request, _DOORS[failure.code])
    ctx = Context(request)
    data: dict[str, object] = {
        "status": failure.status,
        "sentence": failure.sentence,
        "problems": [{"text": f"{item.field}: {item.message}"} for item in failure.problems],
        "retry_after": failure.headers.get("Retry-After"),
        "reference": ctx.request_id if failure.status >= 500 else "",
    }
    template = environment(ctx.settings).get_template(PAGE)
    html = template.render(_surroundings(ctx, failure) | data)
    return HTMLResponse(html, failure.status, headers=_without_challenge(failure))


def _to_the_door(request: Request, door: str) -> Response:
    """Sign in and come back. htmx is told to leave the page, or it would put the sign-in form into a corner of it."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"{door}?next={quote(here, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": to})
    return RedirectResponse(to, status_code=303)


def _surroundings(ctx: Context, failure: Failure) -> dict[str, object]:
    """Who is signed in, unless asking could fail again. No path: the page must not repeat what was asked for (H-04)."""
    bare: dict[str, object] = {"nonce": ctx.nonce, "path": "/"}
    if failure.status >= 500:
        return bare
    with ctx.opened(writes=False):
        return chrome(ctx) | bare


def _without_challenge(failure: Failure) -> dict[str, str]:
    """A browser would answer a challenge with a window of its own."""
    return {name: value for name, value in failure.headers.items() if name.lower() != "www-authenticate"}
