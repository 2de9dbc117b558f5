"""Which credential counts at which door: a session cookie on pages, a bearer token on the API, never both.

A page ignores tokens and the API ignores cookies, so a browser's ambient authority never reaches the API, and only pages need the
cross-site guard (peers S18). No header names a viewer (peers S10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from comity.domain.viewer import Viewer
from comity.services import recognize
from comity.services.unit import Unit

TOKEN_PREFIXES: Final = ("/api/",)
"""Doors at which only a token counts. They are exempt from the cross-site guard for that reason."""


@dataclass(frozen=True)
class Identity:
    """Who is asking. `touch` is what keeps their session alive, to be run in a writing unit; None when nothing is due."""

    viewer: Viewer
    display_name: str = ""
    organization_name: str = ""
    touch: Callable[[Unit], object] | None = None


def session_cookie(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this very host over TLS: no sub-domain can set or read it."""
    return "__Host-comity" if secure else "comity"


def takes_tokens(path: str) -> bool:
    """Is this a door of machines?"""
    return path.startswith(TOKEN_PREFIXES)


def identify(request: Request, unit: Unit) -> Identity:
    """Read the credential of this door."""
    found = recognize.public(unit)
    return Identity(found.viewer, found.display_name, found.organization_name)
