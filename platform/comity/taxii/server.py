"""Who this server is and what it has: discovery, API root, collections and statuses (TAXII 2.1 §4, §5.1, §5.2)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.services import collect
from comity.services.collect import Offered
from comity.taxii.messages import MEDIA, STIX, message, resource
from comity.taxii.route import TaxiiRoute

ROOT: Final = "/taxii2/exchange/"

router = APIRouter(route_class=TaxiiRoute, include_in_schema=False)


@router.get("/taxii2/")
@capability("public")
def discovery(ctx: Ctx) -> Response:
    """§4.1: open to all, for it tells nothing that is not on the front page."""
    root = ctx.settings.public_url.rstrip("/") + ROOT
    said = {"title": "Comity", "default": root, "api_roots": [root]}
    try:
        here = ctx.node
    except LookupError:
        return resource(said)
    contact = {"contact": here.contact} if here.contact else {}
    return resource({**said, "title": here.name, **contact})


@router.get(ROOT)
@capability("public")
def api_root(ctx: Ctx) -> Response:
    """§4.2."""
    collect.offered(ctx.unit)
    return resource(
        {
            "title": f"Exchange of {ctx.node.name}",
            "description": "Signed records for allied nodes and members' machines, and shelves for what machines share.",
            "versions": [MEDIA],
            "max_content_length": ctx.settings.max_body_bytes,
        }
    )


@router.get(ROOT + "collections/")
@capability("public")
def collections(ctx: Ctx) -> Response:
    """§5.1: those that the caller may read or write, and no others."""
    listed = [_shown(one) for one in collect.offered(ctx.unit)]
    return resource({"collections": listed} if listed else {})


@router.get(ROOT + "collections/{collection_id}/")
@capability("public")
def collection(ctx: Ctx, collection_id: str) -> Response:
    """§5.2."""
    return resource(_shown(collect.open_collection(ctx.unit, collection_id)))


@router.get(ROOT + "status/{status_id}/")
@capability("named")
def status(ctx: Ctx, status_id: str) -> Response:
    """§4.3: of a POST of the caller's own."""
    return message(collect.status(ctx.unit, status_id=status_id).encode())


def _shown(offered: Offered) -> dict[str, Any]:
    found = offered.collection
    described = {"description": found.description} if found.description else {}
    return {
        "id": found.id,
        "title": found.title,
        **described,
        "alias": found.alias,
        "can_read": offered.can_read,
        "can_write": offered.can_write,
        "media_types": [STIX],
    }
