"""The first page: for a visitor what this is and the newest CLEAR records, for a member what waits for them and what is new.

Everything on it comes through the reader's own rule; it adds no list of its own.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from comity.domain.kinds.registry import KINDS
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import alerts, find, subscribe, worklist
from comity.web.cards import card_of, marking_of_list
from comity.web.query import Address
from comity.web.rendering import page

router = new_router(include_in_schema=False)

NEWEST: Final = 6
TAKEN_OVER: Final = 5
SHOWN_ALERTS: Final = 5
SHOWN_SAVED: Final = 10
_WAITING: Final = (
    ("mine", "Yours, not finished", "/work#mine"),
    ("triage", "To triage", "/work#triage"),
    ("to_review", "To review", "/work#to_review"),
    ("withdrawals", "Withdrawals asked for", "/work#withdrawals"),
    ("disputes", "Appeals", "/work#disputes"),
    ("replies", "Organizations to tell and hear", "/work#replies"),
    ("holds", "Holds", "/work#holds"),
)
"""List of the worklist -> its words and its place on the work page, in the order shown."""


@router.get("/")
@capability("public")
def home(ctx: Ctx) -> Response:
    """By role."""
    reviewed, taken_over = _newest(ctx, "reviewed", NEWEST), _newest(ctx, "taken_over", TAKEN_OVER)
    shared: dict[str, Any] = {
        "own_search": True,
        "cards": reviewed,
        "taken_over": taken_over,
        "marking": marking_of_list([*reviewed, *taken_over]),
        "kinds": [{"name": one.name, "label": one.label} for one in KINDS.values()],
    }
    if not ctx.viewer.signed_in:
        return page(ctx, "home/visitor.html", **shared)
    own: dict[str, Any] = {"waiting": _waiting(ctx), "alerts": _alerts(ctx), "saved": _saved(ctx)}
    return page(ctx, "home/member.html", may_draft=ctx.viewer.may("draft"), **own, **shared)


def _newest(ctx: Context, provenance: str, limit: int) -> list[dict[str, Any]]:
    """What members agreed to comes first; public documents that were taken over would otherwise drown it by their number."""
    filters = {"provenance": [provenance]}
    asked = find.asked(text="", filters=filters, sort="newest", page=1, include_ended=False)
    found = find.find(ctx.unit, asked, facets=(), limit=limit)
    return [card_of(item, ctx.node, ctx.now) for item in found.items]


def _waiting(ctx: Context) -> list[dict[str, Any]]:
    lists = worklist.worklist(ctx.unit)
    counted = {name: list(getattr(lists, name)) for name, _, _ in _WAITING}
    counted["mine"] = [one for one in counted["mine"] if one.waiting_for]
    return [
        {"label": label, "href": href, "count": len(counted[name])}
        for name, label, href in _WAITING
        if counted[name]
    ]


def _alerts(ctx: Context) -> list[dict[str, Any]]:
    """The newest that were not read, in the words of this moment: above GREEN without a title."""
    return [
        {
            "text": line.title or line.sentence,
            "says": line.sentence,
            "href": f"/records/{line.ref}",
            "at": line.at,
        }
        for line in alerts.listed(ctx.unit, limit=SHOWN_ALERTS, unread=True)
    ]


def _saved(ctx: Context) -> list[dict[str, str]]:
    """Saved searches and followed topics, each as the search it is."""
    found = [one.subscription for one in subscribe.listed(ctx.unit) if one.subscription.record_id is None]
    return [
        {"name": one.name, "href": Address.saved(one.text, one.filters or {}).href()}
        for one in found[:SHOWN_SAVED]
    ]
