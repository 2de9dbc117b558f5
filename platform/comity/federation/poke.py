"""`/federation/v1/poke`: a machine of an allied node says that there is something new in its feed.

Nothing is in the request and nothing in the answer. Whoever is no allied node gets what an address that does not exist gives.
"""

from __future__ import annotations

from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import poke

router = new_router(prefix="/federation/v1", include_in_schema=False)


@router.post("/poke", status_code=204)
@capability("public")
def poked(ctx: Ctx) -> Response:
    """The feed of the caller is due."""
    poke.heard(ctx.unit)
    return Response(status_code=204)
