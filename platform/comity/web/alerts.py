"""What happened among the things one follows or works on. The words come from the service, made at this moment."""

from __future__ import annotations

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import alerts
from comity.web.cards import marking_of_list
from comity.web.forms import SentForm
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/alerts", include_in_schema=False)


@router.get("")
@capability("signed-in")
def listed(ctx: Ctx) -> Response:
    """One's own alerts, newest first."""
    lines = alerts.listed(ctx.unit)
    marking = marking_of_list([{"tlp": line.tlp} for line in lines if line.title])
    return page(ctx, "alerts/list.html", lines=lines, marking=marking)


@router.post("/read")
@capability("signed-in")
def read(ctx: Ctx, sent: SentForm) -> Response:
    """Mark one as read, or all."""
    sent.only("id")
    chosen = sent.one("id")
    alerts.mark_read(
        ctx.unit, only=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else None
    )
    return redirect(ctx, "/alerts", "Marked as read.")
