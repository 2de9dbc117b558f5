"""Pages about the node and the portal that need no record: governance, policies, the TLP legend, accessibility, privacy."""

from __future__ import annotations

from starlette.responses import Response

from comity.domain.tlp import TLP
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.web.rendering import page

router = new_router(include_in_schema=False)


@router.get("/tlp")
@capability("public")
def tlp(ctx: Ctx) -> Response:
    """The five labels and what each lets a reader do."""
    return page(ctx, "about/tlp.html", labels=list(TLP))


@router.get("/accessibility")
@capability("public")
def accessibility(ctx: Ctx) -> Response:
    """What was tested, how, and whom to tell about a barrier."""
    return page(ctx, "about/accessibility.html")
