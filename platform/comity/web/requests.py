"""Requests, proposals and releases of which one is a part: what waits for an answer, and what became of what one asked (4.10.3)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import list_releases, onward, propose
from comity.services.unit import Unit
from comity.web.rendering import page
from comity.web.sharing_view import onward_row, proposal_row, release_row

router = new_router(include_in_schema=False)


@router.get("/requests")
@capability("signed-in")
def lists(ctx: Ctx) -> Response:
    """Both sides: to answer, and asked."""
    return page(ctx, "sharing/requests.html", waiting=_waiting(ctx), groups=_asked(ctx))


def to_answer(unit: Unit) -> int:
    """How many wait for this viewer."""
    return len(list_releases.waiting(unit)) + len(onward.waiting(unit)) + len(propose.waiting(unit))


def _waiting(ctx: Context) -> list[dict[str, Any]]:
    unit = ctx.unit
    rows = [(release_row(one), _release_page(one)) for one in list_releases.waiting(unit)]
    rows += [(onward_row(unit, one), "onward/answer") for one in onward.waiting(unit)]
    rows += [(proposal_row(one), "proposal") for one in propose.waiting(unit)]
    return [{**row, "href": f"/records/{row['ref']}/{path}"} for row, path in rows]


def _release_page(one: list_releases.Line) -> str:
    return "release/execute" if one.decision.state == list_releases.AGREED else "release/agree"


def _asked(ctx: Context) -> list[dict[str, Any]]:
    unit = ctx.unit
    groups = (
        ("onward", "What your organization asked", [onward_row(unit, one) for one in onward.asked(unit)]),
        ("proposals", "What you proposed", [proposal_row(one) for one in propose.mine(unit)]),
        ("releases", "Releases to allied nodes", [release_row(one) for one in list_releases.history(unit)]),
    )
    return [
        {"id": name, "title": title, "rows": [_linked(row) for row in rows]}
        for name, title, rows in groups
        if rows
    ]


def _linked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "href": f"/records/{row['ref']}" if row["ref"] else ""}
