"""The search page and its suggestions (product 4.12). The page works as a plain form; htmx only answers while one types.

It shows nothing that does not come from `services.find` under the reader's own rule, and keeps no log of what was searched.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import find
from comity.web.cards import card_of, marking_of_list
from comity.web.query import SORTS, Address, chips, facet_groups, pager_of
from comity.web.rendering import block, page

router = new_router(include_in_schema=False)

PAGE = "search/search.html"


@router.get("/search")
@capability("public")
def search(ctx: Ctx) -> Response:
    """Results with their facets: the page, or while typing the two parts of it that change."""
    address = Address.read(ctx.request.query_params)
    if not _while_typing(ctx):
        response: Response = page(ctx, PAGE, **_found(ctx, address, typing=False))
    else:
        response = block(ctx, PAGE, "answer", **_found(ctx, address, typing=True))
        response.headers["hx-replace-url"] = address.href()
    response.headers["vary"] = "HX-Request, Cookie"
    return response


@router.get("/search/suggest")
@capability("public")
def suggest(ctx: Ctx) -> Response:
    """Titles and names that go with what is being typed, for the list under the box."""
    typed = ctx.request.query_params.get("q", "").strip()
    found = find.suggest(ctx.unit, typed) if len(typed) > 1 else ()
    return block(ctx, PAGE, "suggested", suggestions=found)


def _while_typing(ctx: Context) -> bool:
    """A page that the browser goes back to is asked for whole."""
    return ctx.by_htmx and "hx-history-restore-request" not in ctx.request.headers


def _found(ctx: Context, address: Address, *, typing: bool) -> dict[str, Any]:
    answer = find.find(ctx.unit, address.asked(typing=typing))
    if answer.total and not answer.items and address.page > 1:
        address = address.at_page(1)
        answer = find.find(ctx.unit, address.asked(typing=typing))
    cards = [card_of(item, ctx.node, ctx.now) for item in answer.items]
    return {
        "address": address,
        "answer": answer,
        "cards": cards,
        "marking": marking_of_list(cards),
        "groups": facet_groups(address, answer, ctx.node),
        "chips": chips(address, ctx.node),
        "pager_data": pager_of(address, answer, find.PAGE),
        "sorts": list(SORTS.items()),
        "suggestions": (),
        "own_search": True,
        "by_typing": typing,
        "feed": address.at_page(1).href("/feeds/latest.atom"),
    }
