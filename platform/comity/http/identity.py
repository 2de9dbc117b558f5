"""Which credential counts at which door: a session cookie on pages, a bearer token on the API, never both.

A page ignores tokens and the API ignores cookies, so a browser's ambient authority never reaches the API, and only pages need the
cross-site guard (peers S18). No header names a viewer (peers S10).
"""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from starlette.requests import Request

from comity.domain.errors import Invalid, Problem
from comity.services import recognize
from comity.services.authorize_peer import PREFIX as PEER_TOKEN
from comity.services.recognize import Recognized
from comity.services.unit import Unit

FEEDS: Final = "/feeds/"
"""Read by browsers with their session and by feed readers with a token: nothing can be changed there."""

TAXII: Final = "/taxii2/"
"""Read by programs of others, many of which speak HTTP Basic alone: the token is then the password."""
EXCHANGE: Final = (TAXII, "/federation/")
"""Doors of the exchange: the only ones at which the token of an allied node counts (peers S11)."""
TOKEN_PREFIXES: Final = ("/api/", "/.well-known/", *EXCHANGE)
"""Doors at which only a token counts. They are exempt from the cross-site guard for that reason."""
IN_ADDRESS: Final = frozenset({"token", "access_token", "api_key", "apikey", "key", "auth", "authorization"})
"""Names under which programs put a secret into an address, where logs and histories keep it (RFC 6750 §5.3)."""


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
    """Read the credential of this door. Raises `SignInNeeded` for a token that does not work, `Invalid` for one in the address."""
    path = request.url.path
    if takes_tokens(path) or (path.startswith(FEEDS) and "authorization" in request.headers):
        return _by_token(request, unit)
    if path.startswith(FEEDS):
        _refuse_in_address(request)
    secret = session_secret(request, secure=secure)
    return recognize.by_session(unit, secret) if secret else recognize.public(unit)


def _by_token(request: Request, unit: Unit) -> Recognized:
    _refuse_in_address(request)
    if "authorization" not in request.headers:
        return recognize.public(unit)
    path = request.url.path
    secret = _secret(request, basic=path.startswith((TAXII, FEEDS)))
    if secret.startswith(PEER_TOKEN) and path.startswith(EXCHANGE):
        return recognize.by_peer_token(unit, secret)
    return recognize.by_token(unit, secret, address=request.client.host if request.client else "")


def _refuse_in_address(request: Request) -> None:
    for name in request.query_params:
        if name.lower() in IN_ADDRESS:
            said = (
                "Send the token in the Authorization header. One that stood in an address should be revoked."
            )
            raise Invalid([Problem(name.lower(), "token-in-address", said)])


def _secret(request: Request, *, basic: bool) -> str:
    """What a program brought: a bearer token, or the token as the password of HTTP Basic. Empty when it cannot be read."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if not basic or scheme.lower() != "basic":
        return ""
    try:
        return b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
