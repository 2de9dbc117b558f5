"""The signed descriptor at its well-known address (RFC 8615): public, so that a node can be proposed as a peer by its address."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from comity.domain.canonical import canonical_json
from comity.domain.errors import NotFound
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import describe

router = new_router(include_in_schema=False)

ADDRESS: Final = "/.well-known/comity.json"


@router.get(ADDRESS)
@capability("public")
def descriptor(ctx: Ctx) -> Response:
    """Who this node is: signed now, in canonical bytes."""
    try:
        said = describe.descriptor(ctx.unit)
    except LookupError:
        raise NotFound from None
    return Response(
        canonical_json(said), media_type="application/json", headers={"cache-control": "no-cache"}
    )
