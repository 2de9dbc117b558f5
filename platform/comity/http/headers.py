"""The headers of every answer: what a browser may load, keep and tell others. No route can forget them; none can loosen the CSP.

HTML gets a policy with one nonce for its scripts and Trusted Types; anything else may load nothing. Source: CSP 3, Trusted Types,
Fetch (CORP), HTML (COOP), RFC 6797 (HSTS), RFC 9111 (caching).
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comity.http.identity import session_cookie

_FIXED: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


def page_policy(nonce: str) -> str:
    """The content security policy of an HTML page."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types htmx"
    )


class SecurityHeaders:
    """Pure ASGI. Leaves a fresh `nonce` in `request.state`."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.fixed = _FIXED | ({"strict-transport-security": _HSTS} if secure else {})
        self.cookie = session_cookie(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), Headers(scope=scope), nonce)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _complete(self, answer: MutableHeaders, asked: Headers, nonce: str) -> None:
        answer.update(self.fixed)
        html = answer.get("content-type", "").startswith("text/html")
        answer["content-security-policy"] = page_policy(nonce) if html else _NOTHING
        if "cache-control" not in answer:
            known = self.cookie in asked.get("cookie", "") or "authorization" in asked
            answer["cache-control"] = "no-store" if known else "private, no-cache"
            answer.add_vary_header("Cookie")
            answer.add_vary_header("Authorization")
