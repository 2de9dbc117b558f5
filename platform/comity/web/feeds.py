"""Feeds of what the reader may see, with the filters of search (issue items 6 and 8). For programs that only fetch.

A feed reader brings a token of the scope `read:feed` as password of HTTP Basic (any user name) or as bearer; a browser its session;
nobody gets the CLEAR feed. Never in the address: addresses end in logs and histories (peers S34).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from comity.domain.errors import SignInNeeded
from comity.domain.scopes import Scope
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services.syndicate import Entry, syndicate
from comity.web.feed_format import Feed, atom, json_feed
from comity.web.query import Address
from comity.web.rendering import page

router = new_router(prefix="/feeds", include_in_schema=False)

_FRESH: Final = "private, max-age=300"


@router.get("")
@capability("public")
def feeds(ctx: Ctx) -> Response:
    """What there is to follow, and how a feed reader signs in."""
    return page(ctx, "search/feeds.html", base=ctx.settings.public_url.rstrip("/"))


@router.get("/latest.atom")
@capability("public")
def latest_atom(ctx: Ctx) -> Response:
    """Atom."""
    return _feed(ctx, "/feeds/latest.atom", "application/atom+xml; charset=utf-8", atom)


@router.get("/latest.json")
@capability("public")
def latest_json(ctx: Ctx) -> Response:
    """JSON Feed."""

    def written(feed: Feed, entries: list[Entry]) -> bytes:
        return json.dumps(json_feed(feed, entries), ensure_ascii=False).encode()

    return _feed(ctx, "/feeds/latest.json", "application/feed+json; charset=utf-8", written)


def _feed(ctx: Context, path: str, media_type: str, write: Callable[[Feed, list[Entry]], bytes]) -> Response:
    try:
        viewer = ctx.viewer
    except SignInNeeded:
        return _refused()
    if viewer.scopes is not None and Scope.READ_FEED not in viewer.scopes:
        return _refused()
    address = Address.read(ctx.request.query_params).at_page(1)
    feed = Feed(
        title=f"{ctx.node.name}: {address.text}" if address.text else ctx.node.name,
        base=ctx.settings.public_url.rstrip("/"),
        self_href=address.href(path),
        page_href=address.href(),
        node=ctx.node.name,
    )
    body = write(feed, list(syndicate(ctx.unit, address.asked())))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": _FRESH, "vary": "Cookie, Authorization"}
    if ctx.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _refused() -> Response:
    """A feed reader asks its user for the token."""
    text = "This token does not work for feeds."
    return Response(
        text, 401, headers={"www-authenticate": 'Basic realm="Comity feeds", charset="UTF-8"', "cache-control": "no-store"}
    )  # fmt: skip
