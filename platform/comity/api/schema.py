"""The description of the API itself (OpenAPI 3.1), read off the routes."""

from __future__ import annotations

from starlette.responses import JSONResponse

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router

router = new_router(include_in_schema=False)


@router.get("/openapi.json")
@capability("public")
def openapi(ctx: Ctx) -> JSONResponse:
    """Every resource, its fields and its errors. Pages are not in it."""
    return JSONResponse(ctx.request.app.openapi())
