"""Refuses state changes that another site made the browser send (peers S18), by Fetch Metadata and Origin. No token in any form.

Both headers are set by the browser and out of reach of scripts. A browser too old for `Sec-Fetch-Site` must send a matching Origin;
a request with neither is refused. `same-site` is refused too: a sibling host is not this node. Doors that take tokens alone have no
ambient authority to abuse and are passed.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from comity.http.capability import SAFE_METHODS
from comity.http.identity import takes_tokens

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
REFUSED: Final = (
    "This request came from another site and was not carried out. Please use the portal's own pages."
)


def origins_of(public_url: str) -> frozenset[str]:
    """The origins of this node's own pages. A node on loopback answers to every name of loopback."""
    parts = urlsplit(public_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    hosts = _LOOPBACK if host in _LOOPBACK else (host,)
    return frozenset(f"{parts.scheme}://{name}{port}" for name in hosts)


def came_from_here(headers: Headers, origins: frozenset[str]) -> bool:
    """Did a page of this node make this request?"""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and origin not in origins:
        return False
    return site == "same-origin" if site is not None else origin is not None


class CrossSiteGuard:
    """Pure ASGI: looks at headers only."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self.app = app
        self.origins = origins_of(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and not takes_tokens(scope["path"])
        )
        if guarded and not came_from_here(Headers(scope=scope), self.origins):
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)
