"""Which credential counts at which door: a session cookie on pages, a bearer token on the API, never both.

A page ignores tokens and the API ignores cookies, so a browser's ambient authority never reaches the API, and only pages need the
cross-site guard (peers S18). No header names a viewer (peers S10).
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from comity.services import recognize
from comity.services.recognize import Recognized
from comity.services.unit import Unit

TOKEN_PREFIXES: Final = ("/api/",)
"""Doors at which only a token counts. They are exempt from the cross-site guard for that reason."""


def session_cookie(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this very host over TLS: no sub-domain can set or read it."""
    return "__Host-comity" if secure else "comity"


def takes_tokens(path: str) -> bool:
    """Is this a door of machines?"""
    return path.startswith(TOKEN_PREFIXES)


def session_secret(request: Request, *, secure: bool) -> str:
    """What the browser's session cookie holds; empty without one."""
    return request.cookies.get(session_cookie(secure=secure), "")


def identify(request: Request, unit: Unit, *, secure: bool) -> Recognized:
    """Read the credential of this door. Raises `SignInNeeded` for a token that does not work."""
    if takes_tokens(request.url.path):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return recognize.public(unit)
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        return recognize.by_token(unit, bearer, address=request.client.host if request.client else "")
    secret = session_secret(request, secure=secure)
    return recognize.by_session(unit, secret) if secret else recognize.public(unit)
