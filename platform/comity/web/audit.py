"""The audit log as the viewer may read it, who opened a record, and whether the log is whole."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import audit_view, show_interests
from comity.web.rendering import page

router = new_router(prefix="/audit", include_in_schema=False)

FAMILIES: Final = (
    ("record", "Life of records"),
    ("draft", "Drafts"),
    ("review", "Review"),
    ("hold", "Holds"),
    ("withdraw", "Withdrawals"),
    ("dispute", "Appeals"),
    ("reply", "Replies"),
    ("outside", "Messages without an account"),
    ("personal_data", "Personal-data exceptions"),
    ("attachment", "Files"),
    ("account", "Accounts"),
    ("role", "Roles"),
    ("organization", "Organizations"),
    ("token", "Tokens"),
    ("sign_in", "Sign-ins"),
    ("audit", "Questions to this log"),
)
_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")


@router.get("")
@capability("signed-in")
def log(ctx: Ctx) -> Response:
    """Entries newest first, with filters in the address."""
    asked = _asked(ctx.request.query_params)
    shown = audit_view.view(
        ctx.unit,
        about=asked["about"],
        family=asked["family"],
        mine=asked["mine"] == "1",
        since=_day(asked["since"]),
        until=_after(asked["until"]),
        older_than=asked["older"],
    )
    kept = {name: value for name, value in asked.items() if value and name != "older"}
    more = f"/audit?{urlencode({**kept, 'older': shown.more})}" if shown.more else ""
    whole = shown.reach is audit_view.Reach.ALL
    return page(
        ctx,
        "audit/log.html",
        shown=shown,
        asked=asked,
        families=FAMILIES,
        more=more,
        whole=whole,
        interests=show_interests.may_see(ctx.viewer),
    )


@router.get("/openings/{ref}")
@capability("signed-in")
def openings(ctx: Ctx, ref: str) -> Response:
    """Who opened one record: for its originator and for those who oversee."""
    found = audit_view.who_opened(ctx.unit, ref=ref)
    ctx.afterwards(partial(audit_view.log_question, ref=ref))
    return page(ctx, "audit/openings.html", found=found)


@router.post("/check")
@capability("read_audit_log", "yes", writes=False)
def check(ctx: Ctx) -> Response:
    """Walk the chain now."""
    return page(ctx, "audit/check.html", verdict=audit_view.check(ctx.unit))


def _asked(params: QueryParams) -> dict[str, Any]:
    """What is understood of the address; the rest is dropped."""
    family = params.get("family", "")
    older = params.get("older", "")
    return {
        "about": params.get("about", "").strip()[:120],
        "family": family if family in dict(FAMILIES) else "",
        "mine": "1" if params.get("mine") == "1" else "",
        "since": params.get("since", "") if _day(params.get("since", "")) else "",
        "until": params.get("until", "") if _day(params.get("until", "")) else "",
        "older": older if _HASH.match(older) else "",
    }


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None


def _after(text: str) -> datetime | None:
    found = _day(text)
    return None if found is None or found.date() == date.max else found + timedelta(days=1)
